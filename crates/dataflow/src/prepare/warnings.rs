//! Warnings about the layout: columns that nobody uses, error outputs that do not match their
//! dispositions, sort flags without keys.

use model::dts;
use package::{Component, Disposition, Dispositions};

use super::Raised;
use crate::layout::{Graph, Liveness, Port};
use crate::{DataFlowEvent, Message, Subcomponent};

/// Raises them all.
pub(super) fn raise(graph: &Graph<'_>, live: &Liveness, removed: &[bool], events: &Raised<'_>) {
    for (index, component) in graph.pipeline.components.iter().enumerate() {
        if removed[index] {
            continue;
        }
        for port in 0..component.outputs.len() {
            let output = Port { component: index, port };
            unused_columns(graph, live, output, events);
            sort_keys(graph, output, events);
        }
        error_outputs(graph, index, component, events);
    }
}

fn unused_columns(graph: &Graph<'_>, live: &Liveness, output: Port, events: &Raised<'_>) {
    let configured = graph.output(output);
    if configured.is_error_output && graph.path_from(output).is_none() {
        return;
    }
    let component = &graph.pipeline.components[output.component];
    let needed = live.needed_from(graph, output);
    let first = graph.first_column(output);
    for index in first..first + configured.columns.len() {
        if needed.contains(&index) {
            continue;
        }
        let column = &graph.columns[index];
        events.warning(
            dts::DTS_W_UNUSEDOUTPUTDATA,
            format!(
                "The output column \"{}\" ({}) on output \"{}\" ({}) and component \"{}\" ({}) is not subsequently used in the Data Flow task.",
                column.name,
                column.id,
                configured.name,
                graph.ids.output(output.component, output.port),
                component.name,
                graph.ids.component(output.component)
            ),
        );
    }
}

fn sort_keys(graph: &Graph<'_>, output: Port, events: &Raised<'_>) {
    let configured = graph.output(output);
    if configured.is_sorted && configured.columns.iter().all(|column| column.sort_key_position == 0)
    {
        let component = &graph.pipeline.components[output.component];
        events.warning(
            dts::DTS_W_SORTEDOUTPUTHASNOSORTKEYPOSITIONS,
            format!(
                "The IsSorted property of {}.Outputs[{}] is set to TRUE, but all of its output columns' SortKeyPositions are set to zero.",
                component.name, configured.name
            ),
        );
    }
}

fn error_outputs(graph: &Graph<'_>, index: usize, component: &Component, events: &Raised<'_>) {
    let outputs = component.outputs.iter().enumerate().filter(|(_, output)| output.is_error_output);
    let ports: Vec<_> = outputs.map(|(port, _)| Port { component: index, port }).collect();
    if ports.is_empty() {
        return;
    }
    let attached = ports.iter().any(|&port| graph.path_from(port).is_some());
    let (code, text) = match (redirects(component), attached) {
        (true, false) => (
            dts::DTS_W_REDIRECTWITHNOATTACHEDERROROUTPUTS,
            "Rows sent to the error output(s) will be lost.",
        ),
        (false, true) => (
            dts::DTS_W_NOREDIRECTWITHATTACHEDERROROUTPUTS,
            "No rows will be sent to error output(s).",
        ),
        _ => return,
    };
    let subcomponent =
        Subcomponent::Component { name: component.name.clone(), id: graph.ids.component(index) };
    let message = Message::new(code, text);
    events.environment.event(DataFlowEvent::Warning { subcomponent, message });
}

/// Whether any disposition of the component redirects rows.
fn redirects(component: &Component) -> bool {
    let redirect = |dispositions: &Dispositions| {
        dispositions.error == Disposition::RedirectRow
            || dispositions.truncation == Disposition::RedirectRow
    };
    let mut inputs = component.inputs.iter();
    let mut outputs = component.outputs.iter();
    inputs.any(|input| {
        redirect(&input.dispositions) || input.columns.iter().any(|c| redirect(&c.dispositions))
    }) || outputs.any(|output| {
        redirect(&output.dispositions) || output.columns.iter().any(|c| redirect(&c.dispositions))
    })
}
