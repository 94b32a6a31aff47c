//! Texts of the log entries that describe a pipeline before it runs.

use package::Pipeline;

use crate::engine::{Flow, RootWork};
use crate::layout::{Graph, Port, column_map as map_xml};

/// PipelineInitialization.
pub(super) fn initialization(pipeline: &Pipeline) -> Vec<String> {
    let mut texts = Vec::new();
    if pipeline.blob_temp_storage_path.is_empty() {
        texts.push("No temporary BLOB data storage locations were provided. The buffer manager will consider the directories in the TEMP and TMP environment variables.".to_owned());
    }
    texts.push(format!("The default buffer size is {} bytes.", pipeline.default_buffer_size));
    texts.push(format!("Buffers will have {} rows by default", pipeline.default_buffer_max_rows));
    if !pipeline.run_in_optimized_mode {
        texts.push("The data flow will not remove unused components because its RunInOptimizedMode property is set to false.".to_owned());
    }
    texts
}

/// PipelineExecutionTrees: each tree with its outputs and inputs, roots first.
pub(super) fn execution_trees(graph: &Graph<'_>, removed: &[bool]) -> String {
    let mut lines = Vec::new();
    let mut number = 0;
    for (component, configured) in graph.pipeline.components.iter().enumerate() {
        for port in 0..configured.outputs.len() {
            let output = Port { component, port };
            if removed[component] || graph.synchronous_input(output).is_some() {
                continue;
            }
            lines.push(format!("begin execution tree {number}"));
            tree(graph, output, 1, &mut lines);
            lines.push(format!("end execution tree {number}"));
            number += 1;
        }
    }
    lines.join("\n")
}

fn tree(graph: &Graph<'_>, output: Port, depth: usize, lines: &mut Vec<String>) {
    let indent = "   ".repeat(depth);
    let id = graph.ids.output(output.component, output.port);
    lines.push(format!("{indent}output \"{}\" ({id})", graph.output(output).name));
    let end = graph.path_from(output).and_then(|path| graph.ends_of(path));
    let Some((_, input)) = end else { return };
    let component = &graph.pipeline.components[input.component];
    let id = graph.ids.input(input.component, input.port);
    lines.push(format!("{indent}input \"{}\" ({id})", component.inputs[input.port].name));
    for port in 0..component.outputs.len() {
        let next = Port { component: input.component, port };
        if graph.synchronous_input(next) == Some(input) {
            tree(graph, next, depth + 1, lines);
        }
    }
}

/// PipelineExecutionPlan: the threads, and what each of them drives.
pub(super) fn execution_plan(graph: &Graph<'_>, flow: &Flow) -> String {
    let mut lines = vec!["Begin output plan".to_owned()];
    let (mut sources, mut workers) = (0, 0);
    for (kind, root) in flow.roots.iter().enumerate() {
        let thread = match root.work {
            RootWork::Source(_) => {
                sources += 1;
                format!("SourceThread{}", sources - 1)
            }
            RootWork::Combine { .. } => {
                workers += 1;
                format!("WorkThread{}", workers - 1)
            }
        };
        lines.push(format!("   Begin {thread}"));
        lines.push(format!("      Drives: {}", root.who.id));
        if let RootWork::Combine { paths, .. } = &root.work {
            for path in paths.iter().flatten() {
                lines.push(format!(
                    "      Input Work list, input ID {} (1 EORs Expected)",
                    path.input_id
                ));
                lines.push(format!("         CallProcessInput on input ID {} on component \"{}\" ({}) for view type {kind}", path.input_id, root.who.name, root.who.id));
            }
            lines.push("      End Input Work list".to_owned());
        }
        lines.push("      Output Work List".to_owned());
        for port in 0..graph.pipeline.components[root.index].outputs.len() {
            let id = graph.ids.output(root.index, port);
            lines.push(format!("         CreatePrimeBuffer of type {kind} for output ID {id}."));
        }
        lines.push(format!(
            "         CallPrimeOutput on component \"{}\" ({})",
            root.who.name, root.who.id
        ));
        lines.push("      End Output Work List".to_owned());
        lines.push(format!("   End {thread}"));
    }
    lines.push("End output plan".to_owned());
    lines.join("\n")
}

/// The column map of DiagnosticEx.
pub(super) fn column_map(graph: &Graph<'_>, task: &str) -> String {
    let columns = graph.columns.iter().map(|column| (column.id, column.identification.as_str()));
    let task_path = graph.pipeline.components.first().and_then(|component| {
        let path = component.ref_id.strip_suffix(component.name.as_str())?;
        path.strip_suffix('\\').map(|path| format!("\\{path}"))
    });
    map_xml(task_path.as_deref().unwrap_or(task), columns)
}
