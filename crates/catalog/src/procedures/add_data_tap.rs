//! `catalog.add_data_tap`, and what it shares with `add_data_tap_by_guid`.

use model::{ExecutionId, OperationStatus, PermissionType};

use super::{lookup, refusal};
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::store::{Tx, params};

/// The columns of path and file name are `nvarchar(4000)`.
const TEXT_MAX: usize = 4000;

/// Where rows are copied from, and to.
#[derive(Clone, Copy, Debug)]
pub struct DataTap<'a> {
    /// The path's IdentificationString: `Paths[OLE DB Source.OLE DB Source Output]`.
    pub dataflow_path_id_string: &'a str,
    /// A name in the worker's `DataDumps` folder.
    pub data_filename: &'a str,
    /// How many rows at most; `None` for all.
    pub max_rows: Option<i32>,
}

/// Taps a path of the Data Flow Task at `task_package_path` (`\Package\Load`, case-sensitive), in
/// an execution that was not started yet, and returns the tap's id. Whether there is such a task
/// and path is seen when the package runs.
pub fn add_data_tap(
    tx: &mut dyn Tx,
    caller: &Caller,
    execution: ExecutionId,
    task_package_path: &str,
    tap: &DataTap<'_>,
) -> Result<i64, CatalogError> {
    check(tx, caller, execution, tap)?;
    if task_package_path.is_empty() {
        return Err(refusal::parameter_is_empty("task_package_path"));
    }
    let sql = "SELECT 1 FROM execution_data_taps
               WHERE execution_id = ?1 AND package_path = ?2 AND dataflow_path_id_string = ?3";
    let same = params![execution, task_package_path, tap.dataflow_path_id_string];
    if tx.query_opt(sql, &same)?.is_some() {
        return Err(refusal::data_tap_exists(execution));
    }
    insert(tx, execution, (Some(task_package_path), None), tap)
}

/// What must be true of every new tap.
pub(super) fn check(
    tx: &mut dyn Tx,
    caller: &Caller,
    execution: ExecutionId,
    tap: &DataTap<'_>,
) -> Result<(), CatalogError> {
    let row = lookup::execution_for(tx, caller, execution, &[PermissionType::Modify])?;
    if row.status != OperationStatus::Created {
        return Err(refusal::data_tap_after_start());
    }
    if tap.max_rows.is_some_and(|rows| rows < 0) {
        return Err(refusal::rows_negative());
    }
    for (name, text) in [
        ("dataflow_path_id_string", tap.dataflow_path_id_string),
        ("data_filename", tap.data_filename),
    ] {
        if text.is_empty() {
            return Err(refusal::parameter_is_empty(name));
        }
        if TEXT_MAX < text.encode_utf16().count() {
            return Err(refusal::parameter_not_valid(name));
        }
    }
    // The file lies in one folder of the worker, whatever the name says.
    let name = tap.data_filename;
    if name.contains(['/', '\\', ':', '\0']) || name == "." || name == ".." {
        return Err(refusal::parameter_not_valid("data_filename"));
    }
    Ok(())
}

/// Writes a tap: the task is named by its path or by its GUID.
pub(super) fn insert(
    tx: &mut dyn Tx,
    execution: ExecutionId,
    (path, guid): (Option<&str>, Option<&str>),
    tap: &DataTap<'_>,
) -> Result<i64, CatalogError> {
    tx.insert(
        ("execution_data_taps", "data_tap_id"),
        "execution_id, package_path, dataflow_task_guid, dataflow_path_id_string, filename,
         max_rows",
        &params![
            execution,
            path,
            guid,
            tap.dataflow_path_id_string,
            tap.data_filename,
            tap.max_rows,
        ],
    )
}
