//! Wires built components into execution trees.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use model::DataType;

use super::inbox::Inbox;
use super::outbox::{Branch, PathNames, Target, Way};
use super::stage::{Stage, Work};
use super::{Who, sizing};
use crate::build::OutputLayout;
use crate::layout::{Graph, Liveness, Port};
use crate::tap::Tapping;
use crate::{Combine, Runnable, Source, Tap};

/// A component with a thread of its own, and the trees of its outputs.
pub(crate) struct Root {
    pub(crate) index: usize,
    pub(crate) who: Who,
    pub(crate) work: RootWork,
    pub(crate) branches: Vec<Branch>,
    pub(crate) batch_rows: usize,
}

/// What a root does on its thread.
pub(crate) enum RootWork {
    Source(Box<dyn Source>),
    Combine { combine: Box<dyn Combine>, inbox: Arc<Inbox>, paths: Vec<Option<PathNames>> },
}

/// A component that was built, with the layouts of its outputs.
pub(crate) struct Built {
    pub(crate) runnable: Runnable,
    pub(crate) outputs: Vec<OutputLayout>,
}

/// Takes components one by one out of the built ones and wires them up.
pub(crate) struct Wiring<'a> {
    graph: &'a Graph<'a>,
    live: &'a Liveness,
    built: Vec<Option<Built>>,
    inboxes: HashMap<usize, Arc<Inbox>>,
    /// By path.
    taps: Vec<Option<Tap>>,
}

/// A batch would be larger than configured: number of the buffer type, rows.
pub(crate) type Tuning = (usize, usize);

impl<'a> Wiring<'a> {
    /// `built` has an entry for each component, `None` for those that do not run; `taps` has one
    /// for each path.
    pub(crate) fn new(
        graph: &'a Graph<'a>,
        live: &'a Liveness,
        built: Vec<Option<Built>>,
        taps: Vec<Option<Tap>>,
    ) -> Self {
        let mut inboxes = HashMap::new();
        for (index, built) in built.iter().enumerate() {
            if matches!(built, Some(Built { runnable: Runnable::Combine(_), .. })) {
                let inputs = graph.pipeline.components[index].inputs.len();
                let folders = &graph.pipeline.buffer_temp_storage_path;
                inboxes.insert(index, Arc::new(Inbox::new(inputs, folders)));
            }
        }
        Self { graph, live, built, inboxes, taps }
    }

    /// All roots, in document order, and which of them have smaller batches than configured.
    pub(crate) fn roots(mut self, batch_rows: Option<usize>) -> (Vec<Root>, Vec<Tuning>) {
        let (mut roots, mut tunings) = (Vec::new(), Vec::new());
        for index in 0..self.built.len() {
            let is_root = matches!(
                &self.built[index],
                Some(Built { runnable: Runnable::Source(_) | Runnable::Combine(_), .. })
            );
            if !is_root {
                continue;
            }
            let Some(built) = self.built[index].take() else { continue };
            let (rows, tuned) =
                sizing::rows(self.graph.pipeline, self.row_width(index, &built.outputs));
            if tuned && batch_rows.is_none() {
                tunings.push((roots.len(), rows));
            }
            let branches = self.branches(index, &built.outputs);
            let work = match built.runnable {
                Runnable::Source(source) => RootWork::Source(source),
                Runnable::Combine(combine) => self.combine(index, combine),
                Runnable::Transform(_) | Runnable::Destination(_) => continue,
            };
            roots.push(Root {
                index,
                who: self.who(index),
                work,
                branches,
                batch_rows: batch_rows.unwrap_or(rows).max(1),
            });
        }
        (roots, tunings)
    }

    fn combine(&self, index: usize, combine: Box<dyn Combine>) -> RootWork {
        let inbox = Arc::clone(&self.inboxes[&index]);
        let mut paths = Vec::new();
        for port in 0..self.graph.pipeline.components[index].inputs.len() {
            let input = Port { component: index, port };
            let path = self.graph.path_to(input);
            let start = path.and_then(|path| self.graph.ends_of(path)).map(|ends| ends.0);
            paths.push(match (path, start) {
                (Some(path), Some(start)) => Some(self.path_names(path, start, input)),
                _ => {
                    inbox.finish(port);
                    None
                }
            });
        }
        RootWork::Combine { combine, inbox, paths }
    }

    fn who(&self, index: usize) -> Who {
        let name = self.graph.pipeline.components[index].name.clone();
        Who { name, id: self.graph.ids.component(index) }
    }

    fn branches(&mut self, index: usize, outputs: &[OutputLayout]) -> Vec<Branch> {
        let numbered = outputs.iter().enumerate();
        numbered
            .map(|(port, layout)| self.branch(Port { component: index, port }, layout))
            .collect()
    }

    fn branch(&mut self, output: Port, layout: &OutputLayout) -> Branch {
        let configured = self.graph.output(output);
        let special = |flag: i32| {
            let at = configured.columns.iter().position(|column| column.special_flags == flag)?;
            layout.columns[at].position
        };
        let is_source = self.graph.synchronous_input(output).is_none()
            && self.graph.pipeline.components[output.component].inputs.is_empty();
        let is_long = |data_type| {
            matches!(data_type, DataType::Text { .. } | DataType::NText | DataType::Image)
        };
        let long = layout.columns.iter().filter(|column| is_long(column.data_type));
        Branch {
            long_columns: long.filter_map(|column| column.position).collect(),
            id: layout.id,
            name: configured.name.clone(),
            schema: Arc::clone(&layout.schema),
            rows: 0,
            counts_as_read: is_source && !configured.is_error_output,
            error_code: special(1),
            error_column: special(2),
            way: self.way(output),
        }
    }

    fn way(&mut self, output: Port) -> Option<Way> {
        let path = self.graph.path_from(output)?;
        let (_, input) = self.graph.ends_of(path)?;
        let target = match self.inboxes.get(&input.component) {
            Some(inbox) => Target::Inbox(Arc::clone(inbox), input.port),
            None => Target::Stage(Box::new(self.stage(input.component)?)),
        };
        let tap = self.taps.get_mut(path).and_then(Option::take);
        let columns = || {
            let columns = self.live.at_input(input).iter().map(|&at| &self.graph.columns[at]);
            columns.map(|column| (column.name.clone(), column.data_type)).collect()
        };
        let tap = tap.map(|tap| Tapping::new(tap, columns()));
        let path = self.path_names(path, output, input);
        Some(Way { projection: self.projection(output, input), target, path, tap })
    }

    fn stage(&mut self, index: usize) -> Option<Stage> {
        let built = self.built[index].take()?;
        let branches = self.branches(index, &built.outputs);
        let work = match built.runnable {
            Runnable::Transform(transform) => Work::Transform(transform),
            Runnable::Destination(destination) => Work::Destination(destination),
            Runnable::Source(_) | Runnable::Combine(_) => return None,
        };
        Some(Stage { index, who: self.who(index), work, branches, spent: Duration::ZERO })
    }

    fn path_names(&self, path: usize, output: Port, input: Port) -> PathNames {
        let components = &self.graph.pipeline.components;
        PathNames {
            id: self.graph.ids.path(path),
            name: self.graph.pipeline.paths[path].name.clone(),
            id_string: self.graph.id_string(path),
            source: components[output.component].name.clone(),
            destination: self.who(input.component),
            input_id: self.graph.ids.input(input.component, input.port),
            input_name: components[input.component].inputs[input.port].name.clone(),
        }
    }

    /// Which columns of what an output sends arrive at the input; `None` for all of them.
    fn projection(&self, output: Port, input: Port) -> Option<Vec<usize>> {
        let sent = sent_columns(self.graph, self.live, output);
        let wanted = self.live.at_input(input);
        if sent == wanted {
            return None;
        }
        let place = |column| sent.iter().position(|sent| sent == column);
        Some(wanted.iter().filter_map(place).collect())
    }

    /// Bytes of a row with all columns that exist anywhere in the trees of a root.
    fn row_width(&self, index: usize, outputs: &[OutputLayout]) -> u64 {
        let own = outputs.iter().flat_map(|output| &output.columns);
        let own = own.filter(|column| column.position.is_some());
        let mut width: u64 = own.map(|column| sizing::width(column.data_type)).sum();
        for port in 0..outputs.len() {
            width += self.width_behind(Port { component: index, port });
        }
        width
    }

    fn width_behind(&self, output: Port) -> u64 {
        let end = self.graph.path_from(output).and_then(|path| self.graph.ends_of(path));
        let Some((_, input)) = end else { return 0 };
        let Some(Some(built)) = self.built.get(input.component) else { return 0 };
        if self.inboxes.contains_key(&input.component) {
            return 0;
        }
        self.row_width(input.component, &built.outputs)
    }
}

/// The columns of the batches that a component sends to an output.
pub(crate) fn sent_columns(graph: &Graph<'_>, live: &Liveness, output: Port) -> Vec<usize> {
    let mut sent = match graph.synchronous_input(output) {
        Some(input) => live.at_input(input).to_vec(),
        None => Vec::new(),
    };
    let needed = live.needed_from(graph, output);
    let first = graph.first_column(output);
    let own = first..first + graph.output(output).columns.len();
    sent.extend(own.filter(|column| needed.contains(column)));
    sent
}
