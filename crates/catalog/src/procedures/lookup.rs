//! Finds what procedures name, or refuses as documented.

use model::{
    AgentId, ExecutionId, FolderId, ObjectType, OperationStatus, PermissionType, ProjectId,
};

use super::names::fold;
use super::refusal;
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::permissions;
use crate::store::{Tx, params};

/// A project, as procedures need it.
pub(super) struct ProjectRow {
    pub(super) id: ProjectId,
    pub(super) name: String,
    pub(super) object_version_lsn: i64,
}

/// Names a project.
#[derive(Clone, Copy, Debug)]
pub struct ProjectName<'a> {
    /// The folder.
    pub folder_name: &'a str,
    /// The project.
    pub project_name: &'a str,
}

impl<'a> ProjectName<'a> {
    /// Folder and project.
    pub(super) fn place(&self) -> (&'a str, &'a str) {
        (self.folder_name, self.project_name)
    }
}

/// An execution, as procedures need it.
pub(crate) struct ExecutionRow {
    pub(super) status: OperationStatus,
    pub(super) project: ProjectId,
    pub(super) project_name: String,
    pub(super) project_lsn: i64,
    pub(super) run_in_scale_out: bool,
    pub(super) use_any_worker: bool,
    pub(super) job: Option<String>,
    pub(super) reference: Option<i64>,
}

/// Names one parameter of a deployed project.
#[derive(Clone, Copy, Debug)]
pub struct ObjectParameterName<'a> {
    /// 20 project or 30 package.
    pub object_type: ObjectType,
    /// The project's folder.
    pub folder_name: &'a str,
    /// The project.
    pub project_name: &'a str,
    /// The package's file name, for a package parameter.
    pub object_name: Option<&'a str>,
    /// The parameter.
    pub parameter_name: &'a str,
}

/// What most procedures that change something ask for.
pub(super) const READ_AND_MODIFY: &[PermissionType] =
    &[PermissionType::Read, PermissionType::Modify];

/// A folder that the caller may read.
pub(super) fn folder(
    tx: &mut dyn Tx,
    caller: &Caller,
    name: &str,
) -> Result<FolderId, CatalogError> {
    folder_for(tx, caller, name, &[PermissionType::Read])
}

/// A folder on which the caller has all of these permissions.
pub(super) fn folder_for(
    tx: &mut dyn Tx,
    caller: &Caller,
    name: &str,
    needed: &[PermissionType],
) -> Result<FolderId, CatalogError> {
    match find_folder(tx, name)? {
        Some(folder) if permissions::has_all(tx, caller, folder, needed)? => Ok(folder),
        _ => Err(refusal::folder_not_found(name)),
    }
}

/// The folder that something is moved to, on which the caller has these permissions: told what
/// `refuse` says when it sees the folder and lacks them, 27115 when it does not see it.
pub(super) fn target_folder(
    tx: &mut dyn Tx,
    caller: &Caller,
    name: &str,
    (needed, refuse): (&[PermissionType], fn(&str) -> CatalogError),
) -> Result<FolderId, CatalogError> {
    match find_folder(tx, name)? {
        Some(folder) if permissions::has_all(tx, caller, folder, needed)? => Ok(folder),
        Some(folder) if permissions::has(tx, caller, folder, PermissionType::Read)? => {
            Err(refuse(name))
        }
        _ => Err(refusal::target_folder_not_found(name)),
    }
}

/// A folder, whoever asks.
pub(super) fn find_folder(tx: &mut dyn Tx, name: &str) -> Result<Option<FolderId>, CatalogError> {
    let sql = "SELECT folder_id FROM folders WHERE name_key = ?1";
    tx.scalar(sql, &params![fold(name)])
}

/// A project that the caller may read.
pub(super) fn project(
    tx: &mut dyn Tx,
    caller: &Caller,
    folder_name: &str,
    name: &str,
) -> Result<ProjectRow, CatalogError> {
    project_for(tx, caller, (folder_name, name), &[PermissionType::Read])
}

/// A project on which the caller has all of these permissions. No permission on its folder is
/// needed; whoever has none on either is told that there is no such folder.
pub(super) fn project_for(
    tx: &mut dyn Tx,
    caller: &Caller,
    (folder_name, name): (&str, &str),
    needed: &[PermissionType],
) -> Result<ProjectRow, CatalogError> {
    let folder = find_folder(tx, folder_name)?;
    let folder = folder.ok_or_else(|| refusal::folder_not_found(folder_name))?;
    if let Some(project) = find_project(tx, folder, name)? {
        if permissions::has_all(tx, caller, project.id, needed)? {
            return Ok(project);
        }
        if permissions::has(tx, caller, project.id, PermissionType::Read)? {
            return Err(refusal::project_not_found(name));
        }
    }
    if permissions::has(tx, caller, folder, PermissionType::Read)? {
        return Err(refusal::project_not_found(name));
    }
    Err(refusal::folder_not_found(folder_name))
}

pub(super) fn find_project(
    tx: &mut dyn Tx,
    folder: FolderId,
    name: &str,
) -> Result<Option<ProjectRow>, CatalogError> {
    let sql = "SELECT project_id, name, object_version_lsn FROM projects
               WHERE folder_id = ?1 AND name_key = ?2";
    let Some(row) = tx.query_opt(sql, &params![folder, fold(name)])? else { return Ok(None) };
    Ok(Some(ProjectRow { id: row.get(0)?, name: row.get(1)?, object_version_lsn: row.get(2)? }))
}

/// An execution that the caller may read and change.
pub(crate) fn execution(
    tx: &mut dyn Tx,
    caller: &Caller,
    id: ExecutionId,
) -> Result<ExecutionRow, CatalogError> {
    execution_for(tx, caller, id, READ_AND_MODIFY)
}

/// An execution on which the caller has all of these permissions.
pub(super) fn execution_for(
    tx: &mut dyn Tx,
    caller: &Caller,
    id: ExecutionId,
    needed: &[PermissionType],
) -> Result<ExecutionRow, CatalogError> {
    let sql = "SELECT o.status, e.project_id, e.project_name, e.project_lsn, e.run_in_scale_out,
                      e.use_any_worker, e.job_id, e.reference_id
               FROM executions e JOIN operations o ON o.operation_id = e.execution_id
               WHERE e.execution_id = ?1";
    let row = tx.query_opt(sql, &params![id])?;
    let row = row.ok_or_else(|| refusal::execution_not_found(id))?;
    if !permissions::has_all(tx, caller, id, needed)? {
        return Err(refusal::execution_not_found(id));
    }
    Ok(ExecutionRow {
        status: row.get(0)?,
        project: row.get(1)?,
        project_name: row.get(2)?,
        project_lsn: row.get(3)?,
        run_in_scale_out: row.get(4)?,
        use_any_worker: row.get(5)?,
        job: row.get(6)?,
        reference: row.get(7)?,
    })
}

/// Whether the worker is enabled.
pub(super) fn agent(tx: &mut dyn Tx, agent: AgentId) -> Result<bool, CatalogError> {
    let sql = "SELECT IsEnabled FROM worker_agents WHERE WorkerAgentId = ?1";
    tx.scalar(sql, &params![agent])?.ok_or_else(|| refusal::agent_not_found(agent))
}

/// A parameter of a deployed project.
pub(super) struct ParameterRow {
    pub(super) id: i64,
    pub(super) project: ProjectId,
    pub(super) object_key: String,
    pub(super) key: String,
    pub(super) data_type: String,
    pub(super) sensitive: bool,
}

/// A parameter of a project that the caller may read and change.
pub(super) fn object_parameter(
    tx: &mut dyn Tx,
    caller: &Caller,
    name: &ObjectParameterName<'_>,
) -> Result<ParameterRow, CatalogError> {
    let place = (name.folder_name, name.project_name);
    let project = project_for(tx, caller, place, READ_AND_MODIFY)?;
    let object_key = match name.object_type {
        ObjectType::Project => fold(&project.name),
        ObjectType::Package => {
            let package = name.object_name.filter(|package| !package.is_empty());
            let package = package.ok_or_else(|| refusal::parameter_not_valid("object_name"))?;
            let sql = "SELECT name_key FROM packages WHERE project_id = ?1 AND name_key = ?2";
            let found = tx.scalar(sql, &params![project.id, fold(package)])?;
            found.ok_or_else(|| refusal::package_not_found(package))?
        }
        ObjectType::Folder | ObjectType::Environment | ObjectType::Execution => {
            return Err(refusal::parameter_not_valid("object_type"));
        }
    };
    let sql = "SELECT parameter_id, parameter_key, data_type, sensitive FROM object_parameters
               WHERE project_id = ?1 AND object_type = ?2 AND object_key = ?3
                 AND parameter_key = ?4";
    let key = fold(name.parameter_name);
    let row = tx.query_opt(sql, &params![project.id, name.object_type, &object_key, key])?;
    let row = row.ok_or_else(|| refusal::parameter_not_found(name.parameter_name))?;
    Ok(ParameterRow {
        id: row.get(0)?,
        project: project.id,
        object_key,
        key: row.get(1)?,
        data_type: row.get(2)?,
        sensitive: row.get(3)?,
    })
}
