//! The texts of the engine's own log entries.

use model::Timestamp;

use super::outbox::PathNames;
use super::{Shared, Who};
use crate::{DataFlowEvent, LogEntry, Phase};

/// Rows arrived at an input.
pub(crate) fn rows_sent(shared: &Shared<'_>, path: &PathNames, rows: usize) {
    let to = &path.destination;
    shared.log(
        LogEntry::OnPipelineRowsSent,
        format!(
            "Rows were provided to a data flow component as input. :  : {} : {} : {} : {} : {} : {} : {rows}",
            path.id, path.name, to.id, to.name, path.input_id, path.input_name
        ),
    );
    shared.environment.event(DataFlowEvent::RowsSent {
        path_id: path.id_string.clone(),
        path_name: path.name.clone(),
        source: path.source.clone(),
        destination: to.name.clone(),
        rows: rows as u64,
    });
}

/// A component came back from a call, which lasted between these times.
pub(crate) fn phase(
    shared: &Shared<'_>,
    who: &Who,
    phase: Phase,
    (start, end): (Timestamp, Timestamp),
) {
    let component = who.name.clone();
    shared.environment.event(DataFlowEvent::Phase { component, phase, start, end });
}

/// The time so much later. What a component does in a call is told without what the components
/// behind it do in the same call, so that the times of all components add up.
pub(crate) fn after(start: Timestamp, spent: std::time::Duration) -> Timestamp {
    Timestamp(start.0.saturating_add(i64::try_from(spent.as_micros()).unwrap_or(i64::MAX)))
}

/// How long a component took in a phase, all calls together.
pub(crate) fn component_time(
    shared: &Shared<'_>,
    who: &Who,
    phase: Phase,
    spent: std::time::Duration,
) {
    shared.log(
        LogEntry::PipelineComponentTime,
        format!(
            "The component \"{}\" ({}) spent {} milliseconds in {}.",
            who.name,
            who.id,
            spent.as_millis(),
            phase.name()
        ),
    );
}

/// How long a source or asynchronous component took to fill the batches of an output.
pub(crate) fn prime_time(
    shared: &Shared<'_>,
    who: &Who,
    output: (&str, i32),
    spent: std::time::Duration,
) {
    shared.log(
        LogEntry::PipelineComponentTime,
        format!(
            "The component \"{}\" ({}) spent {} milliseconds in PrimeOutput filling buffers on output \"{}\" ({}).",
            who.name,
            who.id,
            spent.as_millis(),
            output.0,
            output.1
        ),
    );
}

/// `entry` about a component and one of its inputs.
pub(crate) fn end_of_rowset(shared: &Shared<'_>, entry: LogEntry, path: &PathNames) {
    let to = &path.destination;
    let what = if entry == LogEntry::OnPipelinePreEndOfRowset {
        "A component will be given the end of rowset signal."
    } else {
        "A component has finished processing all of its rows."
    };
    let text =
        format!("{what} : {} : {} : {} : {}", to.id, to.name, path.input_id, path.input_name);
    shared.log(entry, text);
}

/// Before and after PrimeOutput.
pub(crate) fn prime_output(shared: &Shared<'_>, entry: LogEntry, who: &Who) {
    let what = if entry == LogEntry::OnPipelinePrePrimeOutput {
        "PrimeOutput will be called on a component."
    } else {
        "A component has returned from its PrimeOutput call."
    };
    shared.log(entry, format!("{what} : {} : {}", who.id, who.name));
}
