//! What `validate_package` and `validate_project` share.
//!
//! A validation is an operation whose task goes to a worker, as that of an execution does. The
//! values of all parameters are resolved at the call, so what can be refused is refused there;
//! the worker then validates each package with them: what each task and component says of
//! itself, connections and files included. The outcome is the operation's status, and its messages
//! tell what is not valid.

use model::{
    ExecutionId, ObjectType, OperationId, OperationStatus, OperationType, PermissionType, TaskId,
};
use scaleout::message::PackageCheck;
use scaleout::{Allowed, Task};

use super::create_execution::insert_job;
use super::create_execution::values::{self, Environment};
use super::lookup::ProjectRow;
use super::operation::{self, Subject};
use super::{lookup, properties, refusal};
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::scale_out::task_row;
use crate::sealed;
use crate::store::{Topic, Tx, params};

/// VALIDATION_TIMEOUT when the property is absent, in seconds.
const TIMEOUT_DEFAULT: i64 = 300;

/// Which environments a validation takes its values from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnvironmentScope {
    /// `A`: each that the project refers to, one after the other.
    All,
    /// `S`: that of one reference.
    Single(i64),
    /// `D`: none.
    DefaultsOnly,
}

impl EnvironmentScope {
    /// From `@environment_scope` and `@reference_id`; 27101 for others, and for `S` without a
    /// reference.
    pub fn from_arguments(scope: &str, reference: Option<i64>) -> Result<Self, CatalogError> {
        match (scope.to_ascii_uppercase().as_str(), reference) {
            ("A", _) => Ok(Self::All),
            ("S", Some(reference)) => Ok(Self::Single(reference)),
            ("S", None) => Err(refusal::parameter_not_valid("reference_id")),
            ("D", _) => Ok(Self::DefaultsOnly),
            _ => Err(refusal::parameter_not_valid("environment_scope")),
        }
    }

    fn letter(self) -> &'static str {
        match self {
            Self::All => "A",
            Self::Single(_) => "S",
            Self::DefaultsOnly => "D",
        }
    }

    fn reference(self) -> Option<i64> {
        if let Self::Single(reference) = self { Some(reference) } else { None }
    }
}

/// What both procedures are asked for.
#[derive(Clone, Copy, Debug)]
pub struct ValidationRequest<'a> {
    /// The project's folder.
    pub folder_name: &'a str,
    /// The project.
    pub project_name: &'a str,
    /// Recorded; a package is validated the same either way.
    pub use32bitruntime: bool,
    /// Where values come from.
    pub scope: EnvironmentScope,
}

/// What is validated: the kind of operation, the object's type and name.
pub(super) struct Target<'a> {
    pub(super) kind: OperationType,
    pub(super) object_type: ObjectType,
    pub(super) name: &'a str,
}

/// The project, which the caller must be able to read.
pub(super) fn project(
    tx: &mut dyn Tx,
    caller: &Caller,
    request: &ValidationRequest<'_>,
) -> Result<ProjectRow, CatalogError> {
    let place = (request.folder_name, request.project_name);
    lookup::project_for(tx, caller, place, &[PermissionType::Read])
}

/// The checks of these packages, each with each environment of the scope.
pub(super) fn checks(
    tx: &mut dyn Tx,
    caller: &Caller,
    (project, scope): (&ProjectRow, EnvironmentScope),
    packages: &[String],
) -> Result<Vec<PackageCheck>, CatalogError> {
    let references = match scope {
        EnvironmentScope::DefaultsOnly => Vec::new(),
        EnvironmentScope::Single(reference) => vec![reference],
        EnvironmentScope::All => {
            let sql = "SELECT reference_id FROM environment_references WHERE project_id = ?1
                       ORDER BY reference_id";
            let rows = tx.query(sql, &params![project.id])?;
            rows.iter().map(|row| row.get(0)).collect::<Result<_, _>>()?
        }
    };
    let mut environments = Vec::new();
    for reference in references {
        environments.push(Some(values::environment(tx, caller, project, reference)?));
    }
    if environments.is_empty() {
        environments.push(None);
    }
    let mut all = Vec::new();
    for environment in &environments {
        for package in packages {
            all.push(check(tx, project, package, environment.as_ref())?);
        }
    }
    Ok(all)
}

fn check(
    tx: &mut dyn Tx,
    project: &ProjectRow,
    package: &str,
    environment: Option<&Environment>,
) -> Result<PackageCheck, CatalogError> {
    let name = environment.map(|found| found.reference.environment_name.clone());
    let resolved = values::resolved(tx, project, (package, environment));
    let resolved = resolved.map_err(|error| match (error.number(), &name) {
        (Some(27186), Some(name)) => refusal::variables_missing_in(name, error),
        _ => error,
    })?;
    let missing: Vec<&str> = resolved
        .iter()
        .filter(|one| one.required && one.value.value.is_none())
        .map(|one| one.value.name.as_str())
        .collect();
    if !missing.is_empty() {
        return Err(refusal::validation_values_missing(missing.join(", ")));
    }
    // Properties of connection managers that nobody has set are what the project says already.
    let set = resolved
        .into_iter()
        .filter(|one| !(one.by_design && one.value.name.to_ascii_lowercase().starts_with("cm.")));
    let parameters = set.map(|one| one.value).filter(|value| value.value.is_some()).collect();
    Ok(PackageCheck { package: package.to_owned(), environment: name, parameters })
}

/// Writes the validation and its task, which waits for a worker from now on.
pub(super) fn start(
    tx: &mut dyn Tx,
    caller: &Caller,
    (request, project): (&ValidationRequest<'_>, &ProjectRow),
    (target, checks): (&Target<'_>, &[PackageCheck]),
) -> Result<OperationId, CatalogError> {
    let subject = Subject {
        object_type: Some(target.object_type),
        id: Some(project.id.0),
        name: Some(target.name),
    };
    let id = operation::insert(tx, caller, target.kind, OperationStatus::Pending, subject)?;
    let text =
        serde_json::to_string(checks).map_err(|_| refusal::parameter_not_valid("project_name"))?;
    let place = sealed::validation_checks(id.0);
    let sealed = tx.key().seal(&place, text.as_bytes()).map_err(CatalogError::Seal)?;
    let seconds = properties::number(tx, "VALIDATION_TIMEOUT", TIMEOUT_DEFAULT)?;
    tx.execute(
        "INSERT INTO validations (validation_id, environment_scope, validate_type, folder_name,
             project_name, project_lsn, use32bitruntime, reference_id, sealed_checks, timeout_ms)
         VALUES (?1, ?2, 'F', (SELECT f.name FROM folders f JOIN projects p
                               ON p.folder_id = f.folder_id WHERE p.project_id = ?3),
                 ?4, ?5, ?6, ?7, ?8, ?9)",
        &params![
            id,
            request.scope.letter(),
            project.id,
            &project.name,
            project.object_version_lsn,
            request.use32bitruntime,
            request.scope.reference(),
            sealed,
            seconds.saturating_mul(1000),
        ],
    )?;
    list_packages(tx, id, request.scope.reference(), checks)?;
    let job = tx.new_guid().as_hyphenated().to_string();
    let execution = ExecutionId(id.0);
    insert_job(tx, &job, execution, true)?;
    let task = Task::new(TaskId(tx.new_guid()), execution, 0, Allowed::AnyWorker);
    task_row::insert(tx, &job, &task)?;
    tx.notify(Topic::Tasks);
    tx.notify(Topic::Executions);
    Ok(id)
}

/// A row for each package, which its messages refer to (`extended_info_id`).
fn list_packages(
    tx: &mut dyn Tx,
    id: OperationId,
    reference: Option<i64>,
    checks: &[PackageCheck],
) -> Result<(), CatalogError> {
    let mut names: Vec<&str> = Vec::new();
    for check in checks {
        if !names.contains(&check.package.as_str()) {
            names.push(&check.package);
        }
    }
    let (kind, status, now) =
        (ObjectType::Package.number(), OperationStatus::Pending.number(), tx.now());
    let row = |name: &&str| params![id, (*name).to_owned(), kind, reference, status, now].to_vec();
    let rows: Vec<_> = names.iter().map(row).collect();
    tx.execute_many(
        "INSERT INTO extended_operation_info
             (operation_id, object_name, object_type, reference_id, status, start_time)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        &rows,
    )
}
