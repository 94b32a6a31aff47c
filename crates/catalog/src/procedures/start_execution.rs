//! `catalog.start_execution`.

use std::collections::BTreeSet;

use model::{ExecutionId, OperationStatus, PermissionType, TaskId};
use scaleout::{Allowed, Task};

use super::create_execution::insert_job;
use super::lookup::{self, ExecutionRow};
use super::{environment_reference, logging_level, properties, refusal};
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::permissions;
use crate::scale_out::task_row;
use crate::store::{Topic, Tx, params};

/// An execution that waits for a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StartedExecution {
    /// The scale-out task that carries it.
    pub task: TaskId,
    /// Whether SYNCHRONIZED was set: the caller then waits for the end of the execution.
    pub synchronized: bool,
}

/// Starts an execution: from now on it waits for a worker. Each of `retry_count` retries follows
/// an attempt that failed or was lost; without Scale Out there are none.
pub fn start_execution(
    tx: &mut dyn Tx,
    caller: &Caller,
    execution: ExecutionId,
    retry_count: i32,
) -> Result<StartedExecution, CatalogError> {
    let row = lookup::execution(tx, caller, execution)?;
    if row.status != OperationStatus::Created {
        return Err(refusal::already_started());
    }
    let retries = u32::try_from(retry_count);
    let retries = retries.map_err(|_| refusal::parameter_not_valid("retry_count"))?;
    let retries = if row.run_in_scale_out { retries } else { 0 };
    check_permission(tx, caller, &row)?;
    check_version(tx, &row)?;
    check_reference(tx, caller, &row)?;
    check_values(tx, execution)?;
    let synchronized = check_system(tx, execution)?;
    let job = match &row.job {
        Some(job) => job.clone(),
        None => make_job(tx, execution)?,
    };
    let allowed = allowed(tx, &row, &job)?;
    let task = Task::new(TaskId(tx.new_guid()), execution, retries, allowed);
    task_row::insert(tx, &job, &task)?;
    let sql = "UPDATE operations SET status = ?2 WHERE operation_id = ?1";
    tx.execute(sql, &params![execution, task.status()])?;
    let sql = "UPDATE executions SET retry_count = ?2, job_id = ?3 WHERE execution_id = ?1";
    tx.execute(sql, &params![execution, retries, job])?;
    tx.notify(Topic::Tasks);
    tx.notify(Topic::Executions);
    Ok(StartedExecution { task: task.id, synchronized })
}

/// The project must be one that the caller may still read and execute.
fn check_permission(
    tx: &mut dyn Tx,
    caller: &Caller,
    row: &ExecutionRow,
) -> Result<(), CatalogError> {
    let needed = [PermissionType::Read, PermissionType::Execute];
    if permissions::has_all(tx, caller, row.project, &needed)? {
        return Ok(());
    }
    Err(refusal::may_not_execute(&row.project_name))
}

/// The project must still be at the version that the execution was created for.
fn check_version(tx: &mut dyn Tx, row: &ExecutionRow) -> Result<(), CatalogError> {
    let sql = "SELECT object_version_lsn FROM projects WHERE project_id = ?1";
    match tx.scalar::<i64>(sql, &params![row.project])? {
        None => Err(refusal::project_not_found(&row.project_name)),
        Some(current) if current != row.project_lsn => Err(refusal::project_changed()),
        Some(_) => Ok(()),
    }
}

/// The environment that the execution was created with must still be there.
fn check_reference(
    tx: &mut dyn Tx,
    caller: &Caller,
    row: &ExecutionRow,
) -> Result<(), CatalogError> {
    let Some(reference) = row.reference else { return Ok(()) };
    let reference = environment_reference::of_project(tx, row.project, reference)?;
    reference.resolve(tx, caller).map(drop)
}

/// Every required parameter needs a value; all that have none are named.
fn check_values(tx: &mut dyn Tx, execution: ExecutionId) -> Result<(), CatalogError> {
    let sql = "SELECT parameter_name FROM execution_parameter_values
               WHERE execution_id = ?1 AND required = 1 AND value_set = 0
               ORDER BY execution_parameter_id";
    let missing = tx.query(sql, &params![execution])?;
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = missing.iter().map(|row| row.get(0)).collect::<Result<_, _>>()?;
    Err(refusal::required_values_missing(names.join(", ")))
}

/// Looks at the system parameters that a caller has set. True when SYNCHRONIZED is among them.
fn check_system(tx: &mut dyn Tx, execution: ExecutionId) -> Result<bool, CatalogError> {
    let sql = "SELECT parameter_key, parameter_value FROM execution_parameter_values
               WHERE execution_id = ?1 AND object_type = 50 AND value_set = 1";
    let (mut level, mut customized, mut synchronized) = (String::new(), None, false);
    for row in tx.query(sql, &params![execution])? {
        let (key, value): (String, Option<String>) = (row.get(0)?, row.get(1)?);
        let value = value.unwrap_or_default();
        match key.as_str() {
            "logging_level" => level = value,
            "customized_logging_level" => customized = Some(value),
            "synchronized" => synchronized = value == "True",
            _ => {}
        }
    }
    if level == "100" {
        fix_level(tx, execution, customized)?;
    }
    Ok(synchronized)
}

/// Keeps the masks of the customized level: the execution's own, or else the server's.
fn fix_level(
    tx: &mut dyn Tx,
    execution: ExecutionId,
    customized: Option<String>,
) -> Result<(), CatalogError> {
    let name = match customized.filter(|name| !name.is_empty()) {
        Some(name) => Some(name),
        None => properties::text(tx, "SERVER_CUSTOMIZED_LOGGING_LEVEL")?,
    };
    let name = name.ok_or_else(|| refusal::customized_level_needed(100))?;
    let masks = logging_level::masks(tx, &name)?;
    let sql = "INSERT INTO execution_logging (execution_id, profile_value, events_value)
               VALUES (?1, ?2, ?3)";
    tx.execute(sql, &params![execution, masks.profile, masks.events])?;
    Ok(())
}

/// Executions that were not created for Scale Out get their job now.
fn make_job(tx: &mut dyn Tx, execution: ExecutionId) -> Result<String, CatalogError> {
    let job = tx.new_guid().as_hyphenated().to_string();
    insert_job(tx, &job, execution, true)?;
    Ok(job)
}

fn allowed(tx: &mut dyn Tx, row: &ExecutionRow, job: &str) -> Result<Allowed, CatalogError> {
    if row.use_any_worker {
        return Ok(Allowed::AnyWorker);
    }
    let sql = "SELECT WorkerAgentId FROM job_worker_agents WHERE JobId = ?1";
    let agents = tx.query(sql, &params![job])?;
    let agents = agents.iter().map(|row| row.get(0)).collect::<Result<BTreeSet<_>, _>>()?;
    if agents.is_empty() {
        return Err(refusal::no_worker_chosen());
    }
    Ok(Allowed::Only(agents))
}
