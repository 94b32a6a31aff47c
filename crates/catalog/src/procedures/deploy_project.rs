//! `catalog.deploy_project`.

use model::{
    FolderId, MessageType, ObjectType, OperationId, OperationStatus, OperationType, PermissionType,
    ProjectId,
};

use super::names::{self, fold};
use super::operation::{self, Subject};
use super::parameters::{self, Overrides};
use super::project_file::{self, ProjectFile, Reading};
use super::{lookup, refusal, versions};
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::permissions;
use crate::store::{Topic, Tx, params};

/// "Failed to deploy project."
const NUMBER: i32 = 27203;

/// The only format of projects that there is.
const PROJECT_FORMAT_VERSION: i64 = 1;

/// What a deployment did. Its operation is in the catalog also when it failed, so a failure is
/// not an error of the transaction: ask [`Deployment::into_project`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Deployment {
    /// The row of `catalog.operations`, with its messages.
    pub operation: OperationId,
    /// The project, or what is wrong with the file, one sentence each.
    pub project: Result<DeployedProject, Vec<String>>,
    /// The documented number of a failure: 27203, or 27231 of packages.
    pub number: i32,
}

/// A project as it was deployed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeployedProject {
    /// The project.
    pub id: ProjectId,
    /// Its new current version.
    pub object_version_lsn: i64,
    /// SHA-256 of the file.
    pub hash: String,
    /// File names of the packages that can be started by themselves.
    pub entry_points: Vec<String>,
}

impl Deployment {
    /// The project, or the documented error with the first thing that is wrong.
    pub fn into_project(self) -> Result<DeployedProject, CatalogError> {
        let (operation, number) = (self.operation, self.number);
        self.project.map_err(|problems| {
            let first = problems.first().map_or("the file cannot be read", String::as_str);
            let message = format!(
                "the project was not deployed: {first} (all messages: operation {operation})"
            );
            CatalogError::procedure(number, message)
        })
    }
}

/// Deploys a project: makes it, or makes the file its new current version. Values that were set
/// on the server stay.
pub fn deploy_project(
    tx: &mut dyn Tx,
    caller: &Caller,
    folder_name: &str,
    project_name: &str,
    file: &ProjectFile,
) -> Result<Deployment, CatalogError> {
    let folder = target(tx, caller, folder_name, project_name)?;
    names::check(project_name, |name| refusal::project_name_not_valid(name))?;
    match readable(file, project_name) {
        Err(problems) => {
            let failure = Failure { id: None, name: project_name, number: NUMBER, problems };
            fail(tx, caller, failure)
        }
        Ok(reading) => {
            let id = upsert_project(tx, caller, (folder, project_name), reading)?;
            succeed(tx, caller, id, (file, reading))
        }
    }
}

/// The folder: a new project needs CREATE_OBJECTS on it, one that is there MODIFY on itself. To
/// whoever may neither see the folder nor make projects in it, it does not exist.
fn target(
    tx: &mut dyn Tx,
    caller: &Caller,
    folder_name: &str,
    project_name: &str,
) -> Result<FolderId, CatalogError> {
    let folder = lookup::find_folder(tx, folder_name)?;
    let folder = folder.ok_or_else(|| refusal::folder_not_found(folder_name))?;
    let may_create = permissions::has(tx, caller, folder, PermissionType::CreateObjects)?;
    let may = match lookup::find_project(tx, folder, project_name)? {
        Some(project) => permissions::has(tx, caller, project.id, PermissionType::Modify)?,
        None => may_create,
    };
    if may {
        return Ok(folder);
    }
    if may_create || permissions::has(tx, caller, folder, PermissionType::Read)? {
        return Err(refusal::may_not_deploy(folder_name));
    }
    Err(refusal::folder_not_found(folder_name))
}

/// The name given must be the one inside the file, as documented.
fn readable<'f>(file: &'f ProjectFile, project_name: &str) -> Result<&'f Reading, Vec<String>> {
    let reading = file.project()?;
    let inside = &reading.project.name;
    if fold(inside) != fold(project_name) {
        return Err(vec![format!(
            "the project inside the file is named `{inside}`, not `{project_name}`"
        )]);
    }
    Ok(reading)
}

/// A deployment that came to nothing.
pub(super) struct Failure<'a> {
    pub(super) id: Option<ProjectId>,
    pub(super) name: &'a str,
    pub(super) number: i32,
    pub(super) problems: Vec<String>,
}

/// Records it, with its reasons.
pub(super) fn fail(
    tx: &mut dyn Tx,
    caller: &Caller,
    failure: Failure<'_>,
) -> Result<Deployment, CatalogError> {
    let subject = Subject {
        object_type: Some(ObjectType::Project),
        id: failure.id.map(|id| id.0),
        name: Some(failure.name),
    };
    let (kind, status) = (OperationType::DeployProject, OperationStatus::Failed);
    let operation = operation::insert(tx, caller, kind, status, subject)?;
    for problem in &failure.problems {
        operation::say(tx, operation, MessageType::Error, problem)?;
    }
    tx.notify(Topic::Executions);
    Ok(Deployment { operation, project: Err(failure.problems), number: failure.number })
}

fn upsert_project(
    tx: &mut dyn Tx,
    caller: &Caller,
    (folder, name): (FolderId, &str),
    reading: &Reading,
) -> Result<ProjectId, CatalogError> {
    let now = tx.now();
    let key = fold(name);
    let (by, sid) = (&caller.name, caller.sid.as_ref());
    let id = tx.insert_unless(
        ("projects", "project_id"),
        "folder_id, name, name_key, description, project_format_version, deployed_by_name,
         deployed_by_sid, last_deployed_time, created_time, object_version_lsn",
        &params![
            folder,
            name,
            &key,
            &reading.project.description,
            PROJECT_FORMAT_VERSION,
            by,
            sid,
            now,
            now,
            0
        ],
        "folder_id, name_key",
    )?;
    if let Some(id) = id.map(ProjectId) {
        permissions::grant_creator(tx, caller, id)?;
        return Ok(id);
    }
    let sql = "UPDATE projects SET description = ?3, deployed_by_name = ?4, deployed_by_sid = ?6,
                      last_deployed_time = ?5, validation_status = 'N',
                      last_validation_time = NULL
               WHERE folder_id = ?1 AND name_key = ?2
               RETURNING project_id";
    let description = &reading.project.description;
    let id = tx.scalar(sql, &params![folder, key, description, by, now, sid])?;
    id.ok_or_else(|| refusal::project_not_found(name))
}

/// Makes the file the project's current version.
pub(super) fn succeed(
    tx: &mut dyn Tx,
    caller: &Caller,
    id: ProjectId,
    (file, reading): (&ProjectFile, &Reading),
) -> Result<Deployment, CatalogError> {
    let project = &reading.project;
    project_file::store(tx, file)?;
    let object_version_lsn = tx.insert(
        ("object_versions", "object_version_lsn"),
        "object_id, object_type, object_name, description, created_by, created_time, hash",
        &params![
            id,
            ObjectType::Project,
            &project.name,
            &project.description,
            &caller.name,
            tx.now(),
            &file.hash
        ],
    )?;
    let sql = "UPDATE projects SET object_version_lsn = ?2 WHERE project_id = ?1";
    tx.execute(sql, &params![id, object_version_lsn])?;
    let n_parameters = parameters::replace(tx, id, project, Overrides::Keep)?;
    versions::clean_up(tx, id)?;
    let subject = Subject {
        object_type: Some(ObjectType::Project),
        id: Some(id.0),
        name: Some(&project.name),
    };
    let (kind, status) = (OperationType::DeployProject, OperationStatus::Succeeded);
    let operation = operation::insert(tx, caller, kind, status, subject)?;
    for diagnostic in &reading.diagnostics {
        let text = project_file::text_of(diagnostic);
        operation::say(tx, operation, MessageType::Warning, &text)?;
    }
    let n_packages = project.packages.len();
    let done = format!(
        "the project `{}` was deployed: {n_packages} packages, {n_parameters} parameters",
        project.name
    );
    operation::say(tx, operation, MessageType::Information, &done)?;
    let packages = project.packages.iter().filter(|package| package.entry_point);
    let entry_points = packages.map(|package| package.file_name.clone()).collect();
    let hash = file.hash.clone();
    let project = DeployedProject { id, object_version_lsn, hash, entry_points };
    Ok(Deployment { operation, project: Ok(project), number: NUMBER })
}
