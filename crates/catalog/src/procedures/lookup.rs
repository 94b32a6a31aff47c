//! Finds what procedures name, or refuses as documented.

use model::{AgentId, ExecutionId, FolderId, ObjectType, OperationStatus, ProjectId};

use super::names::fold;
use super::refusal;
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::store::{Tx, params};

/// A project, as procedures need it.
pub(super) struct ProjectRow {
    pub(super) id: ProjectId,
    pub(super) name: String,
    pub(super) object_version_lsn: i64,
}

/// An execution, as procedures need it.
pub(super) struct ExecutionRow {
    pub(super) status: OperationStatus,
    pub(super) project: ProjectId,
    pub(super) project_name: String,
    pub(super) project_lsn: i64,
    pub(super) run_in_scale_out: bool,
    pub(super) use_any_worker: bool,
    pub(super) job: Option<String>,
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

pub(super) fn folder(
    tx: &mut dyn Tx,
    caller: &Caller,
    name: &str,
) -> Result<FolderId, CatalogError> {
    let sql = "SELECT folder_id FROM folders WHERE name_key = ?1";
    let found = tx.scalar(sql, &params![fold(name)])?;
    found.filter(|_| caller.is_admin()).ok_or_else(|| refusal::folder_not_found(name))
}

pub(super) fn project(
    tx: &mut dyn Tx,
    caller: &Caller,
    folder_name: &str,
    name: &str,
) -> Result<ProjectRow, CatalogError> {
    let folder = folder(tx, caller, folder_name)?;
    find_project(tx, folder, name)?.ok_or_else(|| refusal::project_not_found(name))
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

pub(super) fn execution(
    tx: &mut dyn Tx,
    caller: &Caller,
    id: ExecutionId,
) -> Result<ExecutionRow, CatalogError> {
    let sql = "SELECT o.status, e.project_id, e.project_name, e.project_lsn, e.run_in_scale_out,
                      e.use_any_worker, e.job_id, o.caller_name
               FROM executions e JOIN operations o ON o.operation_id = e.execution_id
               WHERE e.execution_id = ?1";
    let row = tx.query_opt(sql, &params![id])?;
    let row = row.ok_or_else(|| refusal::execution_not_found(id))?;
    let created_by: String = row.get(7)?;
    if !caller.is_admin() && created_by != caller.name {
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

pub(super) fn object_parameter(
    tx: &mut dyn Tx,
    caller: &Caller,
    name: &ObjectParameterName<'_>,
) -> Result<ParameterRow, CatalogError> {
    let project = project(tx, caller, name.folder_name, name.project_name)?;
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
