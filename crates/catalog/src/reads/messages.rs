//! `catalog.operation_messages` and `catalog.event_messages`, after an id, oldest first.

use model::{OperationId, Timestamp};
use serde::Serialize;

use super::visible;
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::store::{Row, Tx, params};

/// Which messages of an operation to list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MessageFilter {
    /// Behind this one; 0 from the start. Ids rise in the order in which messages were stored.
    pub after: i64,
    /// Only of this `message_type` and those above it: 110 for warnings and errors.
    pub at_least_type: Option<i16>,
    /// How many at most.
    pub limit: u32,
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MessageRow {
    /// `operation_message_id`, and `event_message_id` too for an event.
    pub id: i64,
    /// When.
    pub time: Timestamp,
    /// `message_type`.
    pub message_type: i16,
    /// `message_source_type`.
    pub source_type: i16,
    /// The message.
    pub message: String,
    /// The attempt that said it; `None` for the catalog's own.
    pub attempt: Option<u32>,
    /// The rest of an event message; `None` for a message of the catalog's own.
    pub event: Option<EventPart>,
}

/// What an event message has besides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EventPart {
    /// The package's file name.
    pub package_name: String,
    /// For example `OnError`.
    pub event_name: String,
    /// Who raised it.
    pub source_name: String,
    /// Its id.
    pub source_id: String,
    /// The data flow component.
    pub subcomponent_name: String,
    /// Place of the executable.
    pub package_path: String,
    /// The same with iterations.
    pub execution_path: String,
    /// The SSIS code, signed.
    pub message_code: i32,
}

/// Messages of one operation; empty when there is no operation that the caller may see.
pub fn messages(
    tx: &mut dyn Tx,
    caller: &Caller,
    operation: OperationId,
    filter: &MessageFilter,
) -> Result<Vec<MessageRow>, CatalogError> {
    let sql = format!(
        "SELECT m.operation_message_id, m.message_time, m.message_type,
                      m.message_source_type, m.message, m.attempt, m.event_name, m.package_name,
                      m.message_source_name, m.message_source_id, m.subcomponent_name,
                      m.package_path, m.execution_path, m.message_code
               FROM operation_messages m
               WHERE m.operation_id = ?1 AND ?2 < m.operation_message_id
                 AND (CAST(?3 AS BIGINT) IS NULL OR ?3 <= m.message_type)
                 AND EXISTS (SELECT 1 FROM operations o WHERE o.operation_id = ?1 AND {})
               ORDER BY m.operation_message_id LIMIT ?4",
        visible(caller, "o.operation_id")
    );
    let params = params![operation, filter.after, filter.at_least_type, filter.limit];
    tx.query(&sql, &params)?.iter().map(from_row).collect()
}

fn from_row(row: &Row) -> Result<MessageRow, CatalogError> {
    let event = match row.get::<Option<String>>(6)? {
        None => None,
        Some(event_name) => Some(EventPart {
            event_name,
            package_name: row.get(7)?,
            source_name: row.get(8)?,
            source_id: row.get(9)?,
            subcomponent_name: row.get(10)?,
            package_path: row.get(11)?,
            execution_path: row.get(12)?,
            message_code: row.get(13)?,
        }),
    };
    Ok(MessageRow {
        id: row.get(0)?,
        time: row.get(1)?,
        message_type: row.get(2)?,
        source_type: row.get(3)?,
        message: row.get(4)?,
        attempt: row.get(5)?,
        event,
    })
}
