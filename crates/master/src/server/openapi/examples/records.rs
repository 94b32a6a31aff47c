//! One example of every record that a running package sends.

use model::record::{
    ComponentPhase, DataStatistics, EventMessage, Executable, ExecutableStatistics, MessageContext,
    PerformanceCounters, Record,
};
use model::{ExecutionResult, MessageSourceType, MessageType};

use super::{Examples, TIME, add, text};

pub(super) fn executable() -> Executable {
    Executable {
        executable_id: 1,
        name: text("Load"),
        guid: text("{...}"),
        package_name: text("Load.dtsx"),
        package_path: text(r"\Package\Load"),
    }
}

fn context() -> MessageContext {
    MessageContext {
        depth: 1,
        package_path: text(r"\Package"),
        context_type: 10,
        source_name: text("Load"),
        source_id: text("{...}"),
        property_name: text("RetainSameConnection"),
        property_value: text("False"),
    }
}

fn event_message() -> EventMessage {
    EventMessage {
        time: TIME,
        message_type: MessageType::Error,
        source_type: MessageSourceType::Task,
        message: text("it failed"),
        package_name: text("Load.dtsx"),
        event_name: text("OnError"),
        source_name: text("Load"),
        source_id: text("{...}"),
        subcomponent_name: text("Source"),
        package_path: text(r"\Package\Load"),
        execution_path: text(r"\Package\Load"),
        thread_id: 1,
        message_code: -1_073_450_910,
        context: vec![context()],
    }
}

pub(super) fn records(all: &mut Examples) {
    let statistics = ExecutableStatistics {
        executable_id: 1,
        execution_path: text(r"\Package\Load"),
        start_time: TIME,
        end_time: TIME,
        duration_ms: 0,
        result: ExecutionResult::Success,
        value: Some(text("3")),
    };
    let phase = ComponentPhase {
        package_name: text("Load.dtsx"),
        task_name: text("Load"),
        subcomponent_name: text("Source"),
        phase: text("Validate"),
        start_time: TIME,
        end_time: TIME,
        execution_path: text(r"\Package\Load"),
    };
    let rows = DataStatistics {
        package_name: text("Load.dtsx"),
        task_name: text("Load"),
        path_id: text("Paths[Source.Output]"),
        path_name: text("Output"),
        source_component: text("Source"),
        destination_component: text("Destination"),
        rows_sent: 10,
        time: TIME,
        execution_path: text(r"\Package\Load"),
    };
    add(all, "Record", Record::EventMessage(event_message()));
    add(all, "Record", Record::Executable(executable()));
    add(all, "Record", Record::ExecutableStatistics(statistics));
    add(all, "Record", Record::ComponentPhase(phase));
    add(all, "Record", Record::DataStatistics(rows));
    add(all, "Record", Record::PerformanceCounters(PerformanceCounters::default()));
    add(all, "MessageContext", context());
}
