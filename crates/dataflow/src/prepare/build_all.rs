//! Builds all components of a pipeline, in document order.

use std::sync::Arc;
use std::time::Instant;

use arrow_schema::{Field, Schema, SchemaRef};
use expression::array::field;
use model::dts;

use super::{Factory, ValidationFailed};
use crate::build::{Arriving, Build, InputLayout, Leaving, OutputLayout};
use crate::engine::{Built, sent_columns};
use crate::layout::{Graph, Liveness, Port};
use crate::{DataFlowEvent, Environment, LogEntry, Message, Phase, Subcomponent};

/// Builds what is not removed; every error of every component is raised before it fails.
pub(super) fn build(
    graph: &Graph<'_>,
    live: &Liveness,
    removed: &[bool],
    outside: (&dyn Environment, Factory<'_>),
) -> Result<Vec<Option<Built>>, ValidationFailed> {
    let (mut all, mut first) = (Vec::new(), None);
    for (index, &removed) in removed.iter().enumerate() {
        if removed {
            all.push(None);
            continue;
        }
        match build_one(graph, live, index, outside) {
            Ok(built) => all.push(Some(built)),
            Err(error) => {
                first.get_or_insert(error);
                all.push(None);
            }
        }
    }
    let Some(first) = first else { return Ok(all) };
    let text = "One or more component failed validation.";
    raise(
        outside.0,
        Subcomponent::Pipeline,
        Message::new(dts::DTS_E_VALIDATIONFAILEDONCOMPONENTS, text),
    );
    Err(ValidationFailed { first })
}

fn raise(environment: &dyn Environment, subcomponent: Subcomponent, message: Message) {
    environment.event(DataFlowEvent::Error { subcomponent, message });
}

fn build_one(
    graph: &Graph<'_>,
    live: &Liveness,
    index: usize,
    (environment, factory): (&dyn Environment, Factory<'_>),
) -> Result<Built, Message> {
    let component = &graph.pipeline.components[index];
    let id = graph.ids.component(index);
    let inputs =
        (0..component.inputs.len()).map(|port| input(graph, live, Port { component: index, port }));
    let outputs = (0..component.outputs.len())
        .map(|port| output(graph, live, Port { component: index, port }));
    let build = Build {
        component,
        environment,
        id,
        temp_folders: &graph.pipeline.buffer_temp_storage_path,
        inputs: inputs.collect(),
        outputs: outputs.collect(),
    };
    let (start, clock) = (environment.now(), Instant::now());
    let result = factory(&build);
    environment.event(DataFlowEvent::Phase {
        component: component.name.clone(),
        phase: Phase::Validate,
        start,
        end: environment.now(),
    });
    environment.event(DataFlowEvent::Log {
        entry: LogEntry::PipelineComponentTime,
        text: format!(
            "The component \"{}\" ({id}) spent {} milliseconds in Validate.",
            component.name,
            clock.elapsed().as_millis()
        ),
    });
    match result {
        Ok(runnable) => Ok(Built { runnable, outputs: build.outputs }),
        Err(invalid) => {
            let name = component.name.clone();
            let subcomponent = Subcomponent::Component { name, id };
            let last = invalid.status.message(&component.name);
            let first = invalid.errors.first().unwrap_or(&last).clone();
            for message in invalid.errors {
                raise(environment, subcomponent.clone(), message);
            }
            raise(environment, Subcomponent::Pipeline, last);
            Err(first)
        }
    }
}

fn schema(graph: &Graph<'_>, columns: &[usize]) -> SchemaRef {
    let fields = columns.iter().map(|&column| {
        let column = &graph.columns[column];
        field(column.name.as_str(), &column.data_type, true)
    });
    Arc::new(Schema::new(fields.collect::<Vec<Field>>()))
}

fn input(graph: &Graph<'_>, live: &Liveness, port: Port) -> InputLayout {
    let columns = live.at_input(port);
    let arriving = columns.iter().map(|&index| {
        let column = &graph.columns[index];
        Arriving {
            lineage: column.lineage.clone(),
            id: column.id,
            name: column.name.clone(),
            source: graph.pipeline.components[column.output.component].name.clone(),
            data_type: column.data_type,
            sort_key_position: sort_key(graph, port, index),
            comparison_flags: column.comparison_flags,
        }
    });
    InputLayout {
        id: graph.ids.input(port.component, port.port),
        schema: schema(graph, columns),
        columns: arriving.collect(),
        attached: graph.path_to(port).is_some(),
        sorted: sorted(graph, port),
    }
}

/// Whether the rows at an input are said to be sorted: the output that made its buffer says it.
fn sorted(graph: &Graph<'_>, input: Port) -> bool {
    let mut at = input;
    loop {
        let start = graph.path_to(at).and_then(|path| graph.ends_of(path)).map(|ends| ends.0);
        let Some(start) = start else { return false };
        match graph.synchronous_input(start) {
            Some(input) => at = input,
            None => return graph.output(start).is_sorted,
        }
    }
}

fn sort_key(graph: &Graph<'_>, input: Port, column: usize) -> i32 {
    if sorted(graph, input) { graph.columns[column].sort_key_position } else { 0 }
}

fn output(graph: &Graph<'_>, live: &Liveness, port: Port) -> OutputLayout {
    let sent = sent_columns(graph, live, port);
    let first = graph.first_column(port);
    let own = first..first + graph.output(port).columns.len();
    let leaving = own.clone().map(|index| {
        let column = &graph.columns[index];
        Leaving {
            id: column.id,
            name: column.name.clone(),
            data_type: column.data_type,
            position: sent.iter().position(|&sent| sent == index),
        }
    });
    OutputLayout {
        id: graph.ids.output(port.component, port.port),
        attached: graph.path_from(port).is_some(),
        schema: schema(graph, &sent),
        columns: leaving.collect(),
        passed: sent.iter().filter(|column| !own.contains(column)).count(),
    }
}
