//! Components that do nothing for anybody: left out of the run, with warnings.
//!
//! Rule: RunInOptimizedMode. A component stays when rows that reach it do something (it writes,
//! counts, executes), or when one of its outputs leads to a component that stays. A component
//! with inputs none of which has a path gets no rows and is left out in any case.

use model::dts;

use super::Raised;
use crate::class;
use crate::layout::{Graph, Port};

/// For each component whether it is left out.
pub(super) fn removed(graph: &Graph<'_>, tapped: &[bool], events: &Raised<'_>) -> Vec<bool> {
    let pipeline = graph.pipeline;
    let mut removed = vec![false; pipeline.components.len()];
    for &index in &graph.order {
        removed[index] = is_cut_off(graph, index, &removed);
    }
    if pipeline.run_in_optimized_mode {
        for &index in graph.order.iter().rev() {
            removed[index] |=
                is_useless(graph, index, &removed) && !is_tapped(graph, index, tapped);
        }
    }
    for (index, component) in pipeline.components.iter().enumerate().filter(|(i, _)| removed[*i]) {
        let id = graph.ids.component(index);
        if component.inputs.is_empty() {
            events.warning(
                dts::DTS_W_SOURCEREMOVED,
                format!("Source \"{}\" ({id}) will not be read because none of its data ever becomes visible outside the Data Flow Task.", component.name),
            );
        } else {
            events.warning(
                dts::DTS_W_COMPONENTREMOVED,
                format!("Component \"{}\" ({id}) has been removed from the Data Flow task because its output is not used and its inputs either have no side effects or are not connected to outputs of other components.", component.name),
            );
        }
    }
    removed
}

/// No rows can ever reach it.
fn is_cut_off(graph: &Graph<'_>, index: usize, removed: &[bool]) -> bool {
    let inputs = graph.pipeline.components[index].inputs.len();
    let reached = |port| {
        let path = graph.path_to(Port { component: index, port });
        let ends = path.and_then(|path| graph.ends_of(path));
        ends.is_some_and(|(start, _)| !removed[start.component])
    };
    0 < inputs && !(0..inputs).any(reached)
}

/// Its rows can be seen in the file of a data tap.
fn is_tapped(graph: &Graph<'_>, index: usize, tapped: &[bool]) -> bool {
    let inputs = 0..graph.pipeline.components[index].inputs.len();
    let mut paths = inputs.filter_map(|port| graph.path_to(Port { component: index, port }));
    paths.any(|path| tapped.get(path) == Some(&true))
}

/// Nothing of what it does can be seen outside.
fn is_useless(graph: &Graph<'_>, index: usize, removed: &[bool]) -> bool {
    let component = &graph.pipeline.components[index];
    let leads_on = |port| {
        let path = graph.path_from(Port { component: index, port });
        let ends = path.and_then(|path| graph.ends_of(path));
        ends.is_some_and(|(_, end)| !removed[end.component])
    };
    !class::has_side_effects(component) && !(0..component.outputs.len()).any(leads_on)
}
