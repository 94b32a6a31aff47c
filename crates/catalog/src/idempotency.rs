//! Requests with a key of their sender's choice: sent again, they do nothing again.
//!
//! A client that lost the answer to `create_execution` must be able to ask again. The key is
//! written in the transaction that does the work, so either both are there or neither.

use crate::caller::Caller;
use crate::error::CatalogError;
use crate::store::{Tx, params};

/// Runs `work` unless this caller's `operation` with this key was done before; then its result.
///
/// A key that was used for another operation, or by somebody else, is refused with 27101.
pub fn once(
    tx: &mut dyn Tx,
    caller: &Caller,
    (operation, key): (&str, &str),
    work: impl FnOnce(&mut dyn Tx) -> Result<i64, CatalogError>,
) -> Result<i64, CatalogError> {
    let sql = "SELECT caller_name, operation, result FROM idempotency_keys WHERE request_key = ?1";
    if let Some(row) = tx.query_opt(sql, &params![key])? {
        let (by, what): (String, String) = (row.get(0)?, row.get(1)?);
        if by == caller.name && what == operation {
            return row.get(2);
        }
        let message = format!("the request key '{key}' was used for another request");
        return Err(CatalogError::procedure(27101, message));
    }
    let result = work(tx)?;
    let sql = "INSERT INTO idempotency_keys (request_key, caller_name, operation, result,
                                             created_time)
               VALUES (?1, ?2, ?3, ?4, ?5)";
    tx.execute(sql, &params![key, &caller.name, operation, result, tx.now()])?;
    Ok(result)
}
