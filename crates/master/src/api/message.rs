//! What executions and other operations said.

use model::{MessageSourceType, MessageType, OperationStatus, Timestamp};
use serde::{Deserialize, Serialize};

/// Query of `GET /api/executions/{id}/messages` and `GET /api/operations/{id}/messages`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MessagesQuery {
    /// Only messages with larger ids: the next page, when given the last id of this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<i64>,
    /// At most so many (default 1000, at most 10000).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Wait so long, in milliseconds, for a message, unless the execution has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_ms: Option<u64>,
}

/// Answer to `GET /api/executions/{id}/messages`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Messages {
    /// In the order in which they were said.
    pub messages: Vec<MessageRow>,
    /// The operation's status, read before the messages: when it is final, the messages up to
    /// the first empty answer are all there are.
    pub status: OperationStatus,
}

/// A row of `catalog.operation_messages`, and of `catalog.event_messages` if it is an event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MessageRow {
    /// `operation_message_id`.
    pub id: i64,
    /// When it was said.
    pub time: Timestamp,
    /// Which event.
    pub message_type: MessageType,
    /// What kind of object said it.
    pub source_type: MessageSourceType,
    /// What it said.
    pub message: String,
    /// The attempt that said it; `null` for what the catalog itself says.
    #[serde(default)]
    pub attempt: Option<u32>,
    /// File name of the package.
    pub package_name: Option<String>,
    /// For example `OnError`.
    pub event_name: Option<String>,
    /// The executable.
    pub source_name: Option<String>,
    /// The data flow component.
    pub subcomponent_name: Option<String>,
    /// Place in the package, with the iterations of loops.
    pub execution_path: Option<String>,
    /// SSIS code as a signed number.
    pub message_code: Option<i32>,
}
