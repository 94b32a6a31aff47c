//! What several tests of this crate need.

use model::record::{EventMessage, Record};
use model::{MessageSourceType, MessageType, Timestamp};

/// An event with this message.
pub(crate) fn event(message_type: MessageType, message: &str) -> Record {
    Record::EventMessage(EventMessage {
        time: Timestamp(1_763_718_600_000_000),
        message_type,
        source_type: MessageSourceType::Package,
        message: message.to_owned(),
        package_name: "Load.dtsx".to_owned(),
        event_name: message_type.name().to_owned(),
        source_name: "Load".to_owned(),
        source_id: "{00000000-0000-0000-0000-000000000001}".to_owned(),
        subcomponent_name: String::new(),
        package_path: r"\Package".to_owned(),
        execution_path: r"\Package".to_owned(),
        thread_id: 1,
        message_code: 0,
        context: Vec::new(),
    })
}
