//! What a worker needs to run a task it was given.

use model::record::DataTap;
use model::{ExecutionId, LoggingLevel};
use scaleout::Task;
use scaleout::message::{
    Assignment, CustomizedLevel, PackageCheck, ParameterValue, PropertyOverride, Validation,
};

use crate::error::CatalogError;
use crate::sealed::{self, Stored};
use crate::store::{Row, Tx, params};

/// The assignment of a task that has just been granted.
pub(super) fn of(tx: &mut dyn Tx, task: &Task, lease_ms: u64) -> Result<Assignment, CatalogError> {
    if let Some(assignment) = of_validation(tx, task, lease_ms)? {
        return Ok(assignment);
    }
    let sql = "SELECT e.folder_name, e.project_name, e.package_name, v.hash, e.logging_level,
                      o.caller_name
               FROM executions e
               JOIN operations o ON o.operation_id = e.execution_id
               JOIN object_versions v ON v.object_version_lsn = e.project_lsn
               WHERE e.execution_id = ?1";
    let missing = CatalogError::UnexpectedCell { column: 0, expected: "a row of this execution" };
    let row = tx.query_opt(sql, &params![task.execution])?.ok_or(missing)?;
    Ok(Assignment {
        task: task.id,
        execution: task.execution,
        attempt: task.attempt,
        fence: task.fence,
        lease_ms,
        folder: row.get(0)?,
        project: row.get(1)?,
        package: row.get(2)?,
        project_hash: row.get(3)?,
        parameters: parameters(tx, task.execution)?,
        property_overrides: property_overrides(tx, task.execution)?,
        logging_level: row.get(4)?,
        customized_level: customized_level(tx, task.execution)?,
        data_taps: data_taps(tx, task.execution)?,
        validation: None,
        caller: row.get(5)?,
    })
}

/// The assignment of a task that carries a validation. It names no package to run.
fn of_validation(
    tx: &mut dyn Tx,
    task: &Task,
    lease_ms: u64,
) -> Result<Option<Assignment>, CatalogError> {
    let sql = "SELECT s.folder_name, s.project_name, v.hash, o.caller_name, s.timeout_ms,
                      s.sealed_checks
               FROM validations s
               JOIN operations o ON o.operation_id = s.validation_id
               JOIN object_versions v ON v.object_version_lsn = s.project_lsn
               WHERE s.validation_id = ?1";
    let Some(row) = tx.query_opt(sql, &params![task.execution])? else { return Ok(None) };
    let place = sealed::validation_checks(task.execution.0);
    let opened = tx.key().open_text(&place, &row.get::<Vec<u8>>(5)?);
    let what = || format!("what validation {} checks", task.execution);
    let text = opened.map_err(|source| CatalogError::Sealed { what: what(), source })?;
    let unread = |_| CatalogError::UnexpectedCell { column: 5, expected: "a list of checks" };
    let checks: Vec<PackageCheck> = serde_json::from_str(&text).map_err(unread)?;
    Ok(Some(Assignment {
        task: task.id,
        execution: task.execution,
        attempt: task.attempt,
        fence: task.fence,
        lease_ms,
        folder: row.get(0)?,
        project: row.get(1)?,
        package: String::new(),
        project_hash: row.get(2)?,
        parameters: Vec::new(),
        property_overrides: Vec::new(),
        logging_level: LoggingLevel::Basic.number(),
        customized_level: None,
        data_taps: Vec::new(),
        validation: Some(Validation { timeout_ms: row.get(4)?, checks }),
        caller: row.get(3)?,
    }))
}

fn customized_level(
    tx: &mut dyn Tx,
    execution: ExecutionId,
) -> Result<Option<CustomizedLevel>, CatalogError> {
    let sql = "SELECT profile_value, events_value FROM execution_logging WHERE execution_id = ?1";
    let row = tx.query_opt(sql, &params![execution])?;
    row.map(|row| Ok(CustomizedLevel { profile: row.get(0)?, events: row.get(1)? })).transpose()
}

fn data_taps(tx: &mut dyn Tx, execution: ExecutionId) -> Result<Vec<DataTap>, CatalogError> {
    let sql = "SELECT package_path, dataflow_task_guid, dataflow_path_id_string, max_rows, filename
               FROM execution_data_taps WHERE execution_id = ?1 ORDER BY data_tap_id";
    let one = |row: &Row| {
        Ok(DataTap {
            package_path: row.get(0)?,
            task_guid: row.get(1)?,
            path_id: row.get(2)?,
            max_rows: row.get(3)?,
            file_name: row.get(4)?,
        })
    };
    tx.query(sql, &params![execution])?.iter().map(one).collect()
}

/// Every parameter with a value. Properties of connection managers that nobody has set are what
/// the project says already, and are left out: setting all of them would break each other.
fn parameters(
    tx: &mut dyn Tx,
    execution: ExecutionId,
) -> Result<Vec<ParameterValue>, CatalogError> {
    let sql = "SELECT object_type, parameter_name, parameter_data_type, parameter_value,
                      sealed_value, sensitive, parameter_key
               FROM execution_parameter_values
               WHERE execution_id = ?1 AND value_set = 1
                 AND NOT (value_source = 'D' AND parameter_key LIKE 'cm.%')
               ORDER BY execution_parameter_id";
    let rows = tx.query(sql, &params![execution])?;
    rows.iter().map(|row| parameter(tx, execution, row)).collect()
}

fn parameter(
    tx: &dyn Tx,
    execution: ExecutionId,
    row: &Row,
) -> Result<ParameterValue, CatalogError> {
    let (name, key): (String, String) = (row.get(1)?, row.get(6)?);
    let place = sealed::execution_parameter(execution.0, row.get(0)?, &key);
    let stored = Stored { text: row.get(3)?, sealed: row.get(4)? };
    let what = || format!("parameter `{name}` of execution {execution}");
    Ok(ParameterValue {
        object_type: row.get(0)?,
        value: sealed::reveal(tx, &place, stored, what)?,
        name,
        data_type: row.get(2)?,
        sensitive: row.get(5)?,
    })
}

fn property_overrides(
    tx: &mut dyn Tx,
    execution: ExecutionId,
) -> Result<Vec<PropertyOverride>, CatalogError> {
    let sql = "SELECT property_path, property_value, sealed_value, sensitive
               FROM execution_property_override_values WHERE execution_id = ?1
               ORDER BY property_id";
    let rows = tx.query(sql, &params![execution])?;
    let one = |row: &Row| {
        let path: String = row.get(0)?;
        let place = sealed::property_override(execution.0, &path);
        let stored = Stored { text: row.get(1)?, sealed: row.get(2)? };
        let what = || format!("property override `{path}` of execution {execution}");
        let value = sealed::reveal(tx, &place, stored, what)?.unwrap_or_default();
        Ok(PropertyOverride { path, value, sensitive: row.get(3)? })
    };
    rows.iter().map(one).collect()
}
