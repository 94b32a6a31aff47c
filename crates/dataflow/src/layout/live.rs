//! Which columns arrive at an input, and which of them anybody needs from there on.

use model::dts;
use package::ColumnUsage;

use super::{ColumnIndex, Graph, Port};
use crate::Message;

/// For each input the columns of the batches that arrive there.
pub(crate) struct Liveness {
    /// By component and input: everything that could arrive.
    available: Vec<Vec<Vec<ColumnIndex>>>,
    /// By component and input: what somebody needs, a subsequence of `available`.
    needed: Vec<Vec<Vec<ColumnIndex>>>,
}

impl Liveness {
    /// Follows the columns of a graph in order. `removed` components need nothing; on a `tapped`
    /// path every column is needed.
    pub(crate) fn of(
        graph: &Graph<'_>,
        removed: &[bool],
        tapped: &[bool],
        problems: &mut Vec<Message>,
    ) -> Self {
        let shape = || -> Vec<Vec<Vec<ColumnIndex>>> {
            let inputs = graph.pipeline.components.iter().map(|c| vec![Vec::new(); c.inputs.len()]);
            inputs.collect()
        };
        let mut live = Self { available: shape(), needed: shape() };
        for &component in &graph.order {
            live.arrive(graph, component);
            live.check(graph, component, problems);
        }
        for &component in graph.order.iter().rev() {
            if !removed.get(component).copied().unwrap_or(false) {
                live.need(graph, component, tapped);
            }
        }
        live
    }

    fn arrive(&mut self, graph: &Graph<'_>, component: usize) {
        for port in 0..graph.pipeline.components[component].inputs.len() {
            let Some(path) = graph.path_to(Port { component, port }) else { continue };
            let Some((start, _)) = graph.ends_of(path) else { continue };
            let mut columns = match graph.synchronous_input(start) {
                Some(input) => self.available[input.component][input.port].clone(),
                None => Vec::new(),
            };
            let first = graph.first_column(start);
            columns.extend(first..first + graph.output(start).columns.len());
            self.available[component][port] = columns;
        }
    }

    /// A column that an input uses must arrive there.
    fn check(&self, graph: &Graph<'_>, component: usize, problems: &mut Vec<Message>) {
        let configured = &graph.pipeline.components[component];
        for (port, input) in configured.inputs.iter().enumerate() {
            if graph.path_to(Port { component, port }).is_none() {
                continue;
            }
            for column in &input.columns {
                let found = graph.column_of(&column.lineage_id);
                if found.is_some_and(|index| self.available[component][port].contains(&index)) {
                    continue;
                }
                problems.push(Message::new(
                    dts::DTS_E_INVALIDINPUTLINEAGEID,
                    format!(
                        "The {}.Inputs[{}].Columns[{}] has lineage ID {} that was not previously used in the Data Flow task.",
                        configured.name, input.name, column.name, column.lineage_id
                    ),
                ));
            }
        }
    }

    fn need(&mut self, graph: &Graph<'_>, component: usize, tapped: &[bool]) {
        let configured = &graph.pipeline.components[component];
        for (port, input) in configured.inputs.iter().enumerate() {
            let here = Port { component, port };
            let used = input.columns.iter().filter(|column| column.usage != ColumnUsage::Ignored);
            let mut wanted: Vec<_> =
                used.filter_map(|column| graph.column_of(&column.lineage_id)).collect();
            for output in 0..configured.outputs.len() {
                let output = Port { component, port: output };
                if graph.synchronous_input(output) == Some(here) {
                    wanted.extend_from_slice(self.needed_from(graph, output));
                }
            }
            let available = &self.available[component][port];
            if graph.path_to(here).is_some_and(|path| tapped.get(path) == Some(&true)) {
                wanted.clone_from(available);
            }
            self.needed[component][port] =
                available.iter().copied().filter(|column| wanted.contains(column)).collect();
        }
    }

    /// What batches hold that arrive at an input.
    pub(crate) fn at_input(&self, input: Port) -> &[ColumnIndex] {
        &self.needed[input.component][input.port]
    }

    /// What those behind an output need; nothing when no path starts there.
    pub(crate) fn needed_from(&self, graph: &Graph<'_>, output: Port) -> &[ColumnIndex] {
        let end = graph.path_from(output).and_then(|path| graph.ends_of(path));
        end.map_or(&[], |(_, end)| self.at_input(end))
    }
}
