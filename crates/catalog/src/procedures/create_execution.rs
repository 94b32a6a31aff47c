//! `catalog.create_execution`.
//!
//! Where the original can run a package in the database server's own process host, there is none
//! here: an execution that was not created for Scale Out runs on any worker too, once.

pub(super) mod values;

use model::{ExecutionId, ObjectType, OperationStatus, OperationType, PermissionType};

use super::names::fold;
use super::operation::{self, Subject};
use super::{lookup, properties, refusal};
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::permissions;
use crate::store::{Topic, Tx, params};

/// What to execute, and how.
#[derive(Clone, Debug)]
pub struct CreateExecution<'a> {
    /// The project's folder.
    pub folder_name: &'a str,
    /// The project.
    pub project_name: &'a str,
    /// The package's file name, with `.dtsx`.
    pub package_name: &'a str,
    /// The environment whose variables parameters refer to.
    pub reference_id: Option<i64>,
    /// Recorded; a package runs the same either way.
    pub use32bitruntime: bool,
    /// `None` for DEFAULT_EXECUTION_MODE.
    pub run_in_scale_out: Option<bool>,
    /// Whether any worker may run it; otherwise those that `add_execution_worker` names.
    pub use_any_worker: bool,
}

impl<'a> CreateExecution<'a> {
    /// With the documented defaults.
    pub fn new(folder_name: &'a str, project_name: &'a str, package_name: &'a str) -> Self {
        Self {
            folder_name,
            project_name,
            package_name,
            reference_id: None,
            use32bitruntime: false,
            run_in_scale_out: None,
            use_any_worker: true,
        }
    }
}

/// Creates an instance of execution, in status created.
pub fn create_execution(
    tx: &mut dyn Tx,
    caller: &Caller,
    request: &CreateExecution<'_>,
) -> Result<ExecutionId, CatalogError> {
    let project = lookup::project(tx, caller, request.folder_name, request.project_name)?;
    let package = entry_point(tx, &project, request.package_name)?;
    let scale_out = match request.run_in_scale_out {
        Some(scale_out) => scale_out,
        None => properties::truth(tx, "DEFAULT_EXECUTION_MODE")?,
    };
    let may_execute = permissions::has(tx, caller, project.id, PermissionType::Execute)?;
    if !may_execute || (scale_out && !caller.may_run_in_scale_out()) {
        return Err(refusal::may_not_execute(request.project_name));
    }
    let environment = match request.reference_id {
        Some(reference) => Some(values::environment(tx, caller, &project, reference)?),
        None => None,
    };
    let subject = Subject {
        object_type: Some(ObjectType::Project),
        id: Some(project.id.0),
        name: Some(&project.name),
    };
    let (kind, status) = (OperationType::Execution, OperationStatus::Created);
    let id = ExecutionId(operation::insert(tx, caller, kind, status, subject)?.0);
    let reference = environment.as_ref().map(|environment| &environment.reference);
    let job = scale_out.then(|| tx.new_guid().as_hyphenated().to_string());
    let level = properties::number(tx, "SERVER_LOGGING_LEVEL", 1)?;
    let sql = "INSERT INTO executions (execution_id, folder_name, project_name, package_name,
                   project_id, project_lsn, reference_id, reference_type,
                   environment_folder_name, environment_name, executed_as_name, executed_as_sid,
                   use32bitruntime, run_in_scale_out, use_any_worker, job_id, logging_level)
               VALUES (?1, (SELECT name FROM folders WHERE name_key = ?2), ?3, ?4, ?5, ?6, ?7,
                       ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)";
    tx.execute(
        sql,
        &params![
            id,
            fold(request.folder_name),
            &project.name,
            &package,
            project.id,
            project.object_version_lsn,
            request.reference_id,
            reference.map(|reference| reference.reference_type.as_str()),
            reference.and_then(|reference| reference.folder_name.as_deref()),
            reference.map(|reference| reference.environment_name.as_str()),
            &caller.name,
            caller.sid.as_ref(),
            request.use32bitruntime,
            scale_out,
            request.use_any_worker || !scale_out,
            job.as_deref(),
            level,
        ],
    )?;
    if let Some(job) = &job {
        insert_job(tx, job, id, request.use_any_worker)?;
    }
    values::insert(tx, id, &project, (&package, environment.as_ref()))?;
    values::insert_system(tx, id, level)?;
    tx.notify(Topic::Executions);
    Ok(id)
}

/// The package's name as deployed.
fn entry_point(
    tx: &mut dyn Tx,
    project: &lookup::ProjectRow,
    package: &str,
) -> Result<String, CatalogError> {
    let sql = "SELECT name, entry_point FROM packages WHERE project_id = ?1 AND name_key = ?2";
    let row = tx.query_opt(sql, &params![project.id, fold(package)])?;
    let row = row.ok_or_else(|| refusal::package_not_found(package))?;
    if row.get(1)? {
        return row.get(0);
    }
    let message = format!(
        "the package '{package}' is not an entry point of its project, and so cannot be executed \
         by itself"
    );
    Err(CatalogError::procedure(27146, message))
}

/// The job that will hold the execution's task.
pub(super) fn insert_job(
    tx: &mut dyn Tx,
    job: &str,
    execution: ExecutionId,
    use_any_worker: bool,
) -> Result<(), CatalogError> {
    let sql = "INSERT INTO jobs (JobId, execution_id, use_any_worker, created_time)
               VALUES (?1, ?2, ?3, ?4)";
    tx.execute(sql, &params![job, execution, use_any_worker, tx.now()])?;
    Ok(())
}
