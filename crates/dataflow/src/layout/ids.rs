//! Integer ids of the objects of a pipeline.
//!
//! Packages since 2012 name their objects by paths; the engine numbers them when it starts, and
//! messages, `ErrorColumn` and the DiagnosticEx column map speak in those numbers.

use std::fmt::Write as _;

use package::Pipeline;

/// The first id; 1 is the pipeline itself.
const FIRST: i32 = 2;

/// Ids in document order: each component, then its inputs with their columns, then its outputs
/// with theirs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ids {
    components: Vec<ComponentIds>,
    paths: Vec<i32>,
}

#[derive(Clone, Debug, Default)]
struct ComponentIds {
    id: i32,
    inputs: Vec<(i32, Vec<i32>)>,
    outputs: Vec<(i32, Vec<i32>)>,
}

impl Ids {
    pub(super) fn assign(pipeline: &Pipeline) -> Self {
        let mut next = FIRST;
        let mut take = || {
            next += 1;
            next - 1
        };
        let mut ids = Self::default();
        for component in &pipeline.components {
            let mut own = ComponentIds { id: take(), ..ComponentIds::default() };
            for input in &component.inputs {
                let id = take();
                own.inputs.push((id, input.columns.iter().map(|_| take()).collect()));
            }
            for output in &component.outputs {
                let id = take();
                own.outputs.push((id, output.columns.iter().map(|_| take()).collect()));
            }
            ids.components.push(own);
        }
        ids.paths = pipeline.paths.iter().map(|_| take()).collect();
        ids
    }

    pub(crate) fn component(&self, component: usize) -> i32 {
        self.components.get(component).map_or(0, |ids| ids.id)
    }

    pub(crate) fn input(&self, component: usize, input: usize) -> i32 {
        self.components.get(component).and_then(|ids| ids.inputs.get(input)).map_or(0, |ids| ids.0)
    }

    pub(crate) fn output(&self, component: usize, output: usize) -> i32 {
        let found = self.components.get(component).and_then(|ids| ids.outputs.get(output));
        found.map_or(0, |ids| ids.0)
    }

    pub(crate) fn output_column(&self, component: usize, output: usize, column: usize) -> i32 {
        let found = self.components.get(component).and_then(|ids| ids.outputs.get(output));
        found.and_then(|ids| ids.1.get(column)).copied().unwrap_or(0)
    }

    pub(crate) fn path(&self, path: usize) -> i32 {
        self.paths.get(path).copied().unwrap_or(0)
    }
}

/// The column map that the DiagnosticEx event carries: which column an ErrorColumn value means.
pub(crate) fn column_map<'a>(task: &str, columns: impl Iterator<Item = (i32, &'a str)>) -> String {
    let mut xml = format!(
        "<DTS:PipelineColumnMap xmlns:DTS=\"www.microsoft.com/SqlServer/Dts\"><DTS:Pipeline DTS:Path=\"{}\">",
        escape(task)
    );
    for (id, identification) in columns {
        // Writing to a String cannot fail.
        let written = write!(
            xml,
            "<DTS:Column DTS:ID=\"{id}\" DTS:IdentificationString=\"{}\"/>",
            escape(identification)
        );
        debug_assert!(written.is_ok());
    }
    xml.push_str("</DTS:Pipeline></DTS:PipelineColumnMap>");
    xml
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
