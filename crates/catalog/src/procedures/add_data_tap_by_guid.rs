//! `catalog.add_data_tap_by_guid`.

use model::ExecutionId;
use uuid::Uuid;

use super::add_data_tap::{DataTap, check, insert};
use super::refusal;
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::store::{Tx, params};

/// As `add_data_tap`, for the Data Flow Task with this id.
pub fn add_data_tap_by_guid(
    tx: &mut dyn Tx,
    caller: &Caller,
    execution: ExecutionId,
    dataflow_task_guid: Uuid,
    tap: &DataTap<'_>,
) -> Result<i64, CatalogError> {
    check(tx, caller, execution, tap)?;
    let guid = dataflow_task_guid.as_hyphenated().to_string();
    let sql = "SELECT 1 FROM execution_data_taps
               WHERE execution_id = ?1 AND dataflow_task_guid = ?2
                 AND dataflow_path_id_string = ?3";
    let same = params![execution, &guid, tap.dataflow_path_id_string];
    if tx.query_opt(sql, &same)?.is_some() {
        return Err(refusal::data_tap_exists_by_guid(guid, execution));
    }
    insert(tx, execution, (None, Some(&guid)), tap)
}
