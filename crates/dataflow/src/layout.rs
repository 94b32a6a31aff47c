//! The pipeline as the engine sees it: integer ids, which path joins what, the order in which
//! rows flow, and for each path the columns that somebody further on needs.
//!
//! A column that nobody needs is never made, copied or filtered: batches on a path hold exactly
//! the needed columns, in the order in which their outputs declare them.
//!
//! # Invariants
//!
//! * Every column of the layout has an integer id that is unique in the pipeline, and its
//!   lineage id is that same integer, as ErrorColumn values need it.
//! * After [`Graph::read`] without problems, `order` holds every component after all components
//!   that send rows to it.

mod ids;
mod live;
mod sync;

pub(crate) use ids::{Ids, column_map};
pub(crate) use live::Liveness;

use std::collections::HashMap;

use model::{DataType, dts};
use package::{Output, Pipeline};

use crate::Message;

/// Number of a component, its place in the document.
pub(crate) type ComponentIndex = usize;

/// An input or output of a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Port {
    pub(crate) component: ComponentIndex,
    pub(crate) port: usize,
}

/// An output column, somewhere in the pipeline.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub(crate) id: i32,
    pub(crate) name: String,
    pub(crate) data_type: DataType,
    pub(crate) output: Port,
    pub(crate) lineage: String,
    /// `Source.Outputs[Main].Columns[Amount]`.
    pub(crate) identification: String,
    /// Place in the order of sorted rows, as its output declares it.
    pub(crate) sort_key_position: i32,
    pub(crate) comparison_flags: i32,
}

/// Number of a column in [`Graph::columns`].
pub(crate) type ColumnIndex = usize;

/// Paths, columns and order of a pipeline.
pub(crate) struct Graph<'p> {
    pub(crate) pipeline: &'p Pipeline,
    pub(crate) ids: Ids,
    pub(crate) columns: Vec<Column>,
    by_lineage: HashMap<&'p str, ColumnIndex>,
    /// Path that starts at an output.
    starts: HashMap<Port, usize>,
    /// Path that ends at an input.
    ends: HashMap<Port, usize>,
    /// Both ends of each path; `None` for a path that leads nowhere.
    path_ports: Vec<Option<(Port, Port)>>,
    /// Components, senders first.
    pub(crate) order: Vec<ComponentIndex>,
}

impl<'p> Graph<'p> {
    /// Reads the graph; what is wrong with it goes to `problems`, and the graph is then good for
    /// looking things up only.
    pub(crate) fn read(pipeline: &'p Pipeline, problems: &mut Vec<Message>) -> Self {
        let ids = Ids::assign(pipeline);
        let mut graph = Self {
            pipeline,
            columns: Vec::new(),
            by_lineage: HashMap::new(),
            starts: HashMap::new(),
            ends: HashMap::new(),
            path_ports: Vec::new(),
            order: Vec::new(),
            ids,
        };
        graph.read_columns(problems);
        graph.read_paths(problems);
        graph.check_names(problems);
        graph.sort(problems);
        graph
    }

    fn read_columns(&mut self, problems: &mut Vec<Message>) {
        let pipeline = self.pipeline;
        for (component, configured) in pipeline.components.iter().enumerate() {
            for (port, output) in configured.outputs.iter().enumerate() {
                for number in 0..output.columns.len() {
                    self.read_column(Port { component, port }, number, problems);
                }
            }
        }
    }

    fn read_column(&mut self, output: Port, number: usize, problems: &mut Vec<Message>) {
        let pipeline = self.pipeline;
        let component = &pipeline.components[output.component];
        let configured = &component.outputs[output.port];
        let column = &configured.columns[number];
        let identification =
            format!("{}.Outputs[{}].Columns[{}]", component.name, configured.name, column.name);
        if self.by_lineage.insert(&column.lineage_id, self.columns.len()).is_some() {
            let text = format!("{identification} has a lineage ID that another column has too.");
            problems.push(Message::new(dts::DTS_E_INVALIDOUTPUTLINEAGEID, text));
        }
        self.columns.push(Column {
            id: self.ids.output_column(output.component, output.port, number),
            name: column.name.clone(),
            data_type: column.data_type,
            output,
            lineage: column.lineage_id.clone(),
            identification,
            sort_key_position: column.sort_key_position,
            comparison_flags: column.comparison_flags,
        });
    }

    fn read_paths(&mut self, problems: &mut Vec<Message>) {
        let (mut outputs, mut inputs) = (HashMap::new(), HashMap::new());
        for (component, configured) in self.pipeline.components.iter().enumerate() {
            for (port, output) in configured.outputs.iter().enumerate() {
                outputs.insert(output.ref_id.as_str(), Port { component, port });
            }
            for (port, input) in configured.inputs.iter().enumerate() {
                inputs.insert(input.ref_id.as_str(), Port { component, port });
            }
        }
        for (number, path) in self.pipeline.paths.iter().enumerate() {
            let (start, end) = (outputs.get(path.start.as_str()), inputs.get(path.end.as_str()));
            let (Some(&start), Some(&end)) = (start, end) else {
                let text =
                    format!("The path \"{}\" does not lead from an output to an input.", path.name);
                problems.push(Message::new(dts::DTS_E_INVALIDOBJECTID, text));
                self.path_ports.push(None);
                continue;
            };
            self.path_ports.push(Some((start, end)));
            let taken = self.starts.insert(start, number).is_some()
                | self.ends.insert(end, number).is_some();
            if taken {
                let text = format!(
                    "The path \"{}\" joins an output or input that another path joins already.",
                    path.name
                );
                problems.push(Message::new(dts::DTS_E_ALREADYATTACHED, text));
            }
        }
    }

    fn check_names(&self, problems: &mut Vec<Message>) {
        let mut seen = HashMap::new();
        for component in &self.pipeline.components {
            if seen.insert(component.name.as_str(), ()).is_some() {
                let text = format!(
                    "The package contains two objects with the duplicate name of \"{0}\" and \"{0}\".",
                    component.name
                );
                problems.push(Message::new(dts::DTS_E_DUPLICATENAMESINCOLLECTION, text));
            }
        }
    }

    /// Kahn's order; whoever is left over stands in a circle.
    fn sort(&mut self, problems: &mut Vec<Message>) {
        let count = self.pipeline.components.len();
        let mut waiting_for = vec![0usize; count];
        for (_, end) in self.path_ports.iter().flatten() {
            waiting_for[end.component] += 1;
        }
        let mut ready: Vec<_> = (0..count).rev().filter(|&c| waiting_for[c] == 0).collect();
        while let Some(component) = ready.pop() {
            self.order.push(component);
            let ends = self.path_ports.iter().flatten();
            for (_, end) in ends.filter(|(start, _)| start.component == component) {
                waiting_for[end.component] -= 1;
                if waiting_for[end.component] == 0 {
                    ready.push(end.component);
                }
            }
        }
        if self.order.len() < count {
            let stuck = (0..count).find(|&c| waiting_for[c] > 0).unwrap_or_default();
            let text = format!(
                "The data flow has a cycle: rows that leave \"{}\" come back to it.",
                self.pipeline.components[stuck].name
            );
            problems.push(Message::new(dts::DTS_E_CYCLEINEXECUTIONTREE, text));
        }
    }

    /// The column with this lineage id.
    pub(crate) fn column_of(&self, lineage: &str) -> Option<ColumnIndex> {
        self.by_lineage.get(lineage).copied()
    }

    /// The path that starts at this output.
    pub(crate) fn path_from(&self, output: Port) -> Option<usize> {
        self.starts.get(&output).copied()
    }

    /// The path that ends at this input.
    pub(crate) fn path_to(&self, input: Port) -> Option<usize> {
        self.ends.get(&input).copied()
    }

    /// Both ends of a path.
    pub(crate) fn ends_of(&self, path: usize) -> Option<(Port, Port)> {
        self.path_ports.get(path).copied().flatten()
    }

    /// IdentificationString of a path: `Paths[Source.Output]`.
    pub(crate) fn id_string(&self, path: usize) -> String {
        let start = self.ends_of(path).map(|ends| ends.0);
        start.map_or_else(String::new, |start| {
            let component = &self.pipeline.components[start.component].name;
            format!("Paths[{component}.{}]", self.output(start).name)
        })
    }

    /// The output as configured.
    pub(crate) fn output(&self, port: Port) -> &'p Output {
        &self.pipeline.components[port.component].outputs[port.port]
    }

    /// Number of the first column of an output; its others follow.
    pub(crate) fn first_column(&self, output: Port) -> ColumnIndex {
        self.columns.iter().position(|column| column.output == output).unwrap_or(self.columns.len())
    }

    /// The input whose rows an output passes on.
    pub(crate) fn synchronous_input(&self, output: Port) -> Option<Port> {
        sync::input_of(self.pipeline, output)
    }
}
