//! Rows of `catalog.operations` and their messages.

use model::{
    MessageSourceType, MessageType, ObjectType, OperationId, OperationStatus, OperationType,
};

use crate::caller::Caller;
use crate::error::CatalogError;
use crate::permissions;
use crate::store::{Tx, params};

/// What an operation is about.
#[derive(Clone, Copy, Default)]
pub(crate) struct Subject<'a> {
    pub(crate) object_type: Option<ObjectType>,
    pub(crate) id: Option<i64>,
    pub(crate) name: Option<&'a str>,
}

/// Adds an operation, on which the caller gets all permissions. One that is over already has
/// start and end times. Its server is the one that the masters say SSISDB is on, else a
/// master's machine; there is none before a master has been online.
pub(crate) fn insert(
    tx: &mut dyn Tx,
    caller: &Caller,
    operation_type: OperationType,
    status: OperationStatus,
    subject: Subject<'_>,
) -> Result<OperationId, CatalogError> {
    let now = tx.now();
    let over = status.is_final().then_some(now);
    let server = "SELECT property_value FROM master_properties
                  WHERE property_name IN ('CLUSTER_LOGDB_SERVER', 'MACHINE_NAME')
                    AND property_value <> '' ORDER BY property_name";
    let server: Option<String> = tx.scalar(server, &[])?;
    let id = tx.insert(
        ("operations", "operation_id"),
        "operation_type, created_time, object_type, object_id, object_name, status, start_time,
         end_time, caller_name, caller_sid, server_name",
        &params![
            operation_type,
            now,
            subject.object_type,
            subject.id,
            subject.name,
            status,
            over,
            over,
            &caller.name,
            caller.sid.as_ref(),
            server.as_deref(),
        ],
    )?;
    let id = OperationId(id);
    permissions::grant_creator(tx, caller, id)?;
    Ok(id)
}

/// Adds a message of the catalog itself.
pub(crate) fn say(
    tx: &mut dyn Tx,
    operation: OperationId,
    message_type: MessageType,
    message: &str,
) -> Result<(), CatalogError> {
    tx.execute(
        "INSERT INTO operation_messages (operation_id, message_time, message_type,
                                         message_source_type, message)
         VALUES (?1, ?2, ?3, ?4, ?5)",
        &params![
            operation,
            tx.now(),
            message_type.number(),
            MessageSourceType::EntryApi.number(),
            message,
        ],
    )?;
    Ok(())
}
