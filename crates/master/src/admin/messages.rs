//! What executions and other operations said, also while they are still talking.

use axum::Json;
use axum::extract::State;
use catalog::{Caller, CatalogError, Topic, Tx, reads};
use model::{MessageSourceType, MessageType, OperationId, OperationStatus};

use crate::api::{MessageRow, Messages, MessagesQuery};
use crate::error::ApiError;
use crate::server::{InPath, Parsed, Person};
use crate::shared::Shared;
use crate::wait::Waiter;

/// How many messages one answer has unless the query says otherwise, and at most.
const LIMIT_DEFAULT: u32 = 1000;
const LIMIT_MAX: u32 = 10_000;

/// `GET /api/operations/{id}/messages`, and the same of an execution, which is an operation too.
pub(crate) async fn of_operation(
    State(shared): State<Shared>,
    Person(caller): Person,
    InPath(id): InPath<i64>,
    Parsed(query): Parsed<MessagesQuery>,
) -> Result<Json<Messages>, ApiError> {
    let limit = query.limit.unwrap_or(LIMIT_DEFAULT).clamp(1, LIMIT_MAX);
    let after = query.after.unwrap_or_default();
    let filter = reads::MessageFilter { after, at_least_type: None, limit };
    let wait_ms = query.wait_ms.unwrap_or_default();
    let mut waiter = Waiter::new(&shared.catalog, Topic::Messages, &shared.stopping, wait_ms);
    loop {
        waiter.look();
        let by = caller.clone();
        let read = shared.catalog.read(move |tx| look(tx, &by, (id, filter)));
        let (status, messages) = read.await?;
        let Some(status) = status else { return Err(no_operation(id)) };
        if !messages.is_empty() || status.is_final() || !waiter.again().await {
            let messages = messages.into_iter().map(row).collect();
            return Ok(Json(Messages { messages, status }));
        }
    }
}

/// The status is read first: when it is final, no message follows those that are read after it.
fn look(
    tx: &mut dyn Tx,
    caller: &Caller,
    (id, filter): (i64, reads::MessageFilter),
) -> Result<(Option<OperationStatus>, Vec<reads::MessageRow>), CatalogError> {
    let operation = reads::operation(tx, caller, OperationId(id))?;
    let messages = reads::messages(tx, caller, OperationId(id), &filter)?;
    Ok((operation.map(|operation| operation.status), messages))
}

fn no_operation(id: i64) -> ApiError {
    ApiError::not_found(format!("there is no operation {id}: `packhorse executions` lists some"))
}

fn row(message: reads::MessageRow) -> MessageRow {
    let event = message.event.as_ref();
    let part = |part: fn(&reads::EventPart) -> &String| event.map(|event| part(event).clone());
    let message_type = MessageType::try_from(i32::from(message.message_type));
    let source_type = MessageSourceType::try_from(i32::from(message.source_type));
    MessageRow {
        id: message.id,
        time: message.time,
        message_type: message_type.unwrap_or(MessageType::Unknown),
        source_type: source_type.unwrap_or(MessageSourceType::EntryApi),
        package_name: part(|event| &event.package_name),
        event_name: part(|event| &event.event_name),
        source_name: part(|event| &event.source_name),
        subcomponent_name: part(|event| &event.subcomponent_name),
        execution_path: part(|event| &event.execution_path),
        message_code: event.map(|event| event.message_code),
        message: message.message,
        attempt: message.attempt,
    }
}
