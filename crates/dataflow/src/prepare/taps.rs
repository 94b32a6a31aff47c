//! Which path each data tap means.

use model::dts;

use crate::layout::Graph;
use crate::{Message, Tap};

/// The taps by path, and what is wrong with those that mean no path.
pub(super) fn by_path(graph: &Graph<'_>, taps: Vec<Tap>) -> (Vec<Option<Tap>>, Vec<Message>) {
    let paths = graph.pipeline.paths.len();
    let mut found: Vec<Option<Tap>> = vec![None; paths];
    let mut problems = Vec::new();
    for tap in taps {
        let path = (0..paths).find(|&path| graph.id_string(path) == tap.path_id);
        let free = path.and_then(|path| found.get_mut(path)).filter(|found| found.is_none());
        match free {
            Some(free) => *free = Some(tap),
            None => {
                let id = &tap.path_id;
                let text = if path.is_some() {
                    format!("There are two data taps on the path \"{id}\".")
                } else {
                    format!("The data flow has no path \"{id}\" for a data tap.")
                };
                problems.push(Message::new(dts::DTS_E_ELEMENTNOTFOUND, text));
            }
        }
    }
    (found, problems)
}
