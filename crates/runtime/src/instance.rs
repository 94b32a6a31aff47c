//! An executable with its variables.
//!
//! One instance serves all runs of an executable in one run of its package: variables keep their
//! values from one iteration of a loop to the next. Event handlers get an instance of their own
//! for each event, so that two of them can run side by side.

use std::sync::Arc;

use model::{TypeCode, Value};
use package::Executable;

use crate::node::Node;
use crate::scope::{Cell, Scope};

/// An executable with its variables.
#[derive(Debug)]
pub(crate) struct Instance {
    /// What it is.
    pub(crate) node: Arc<Node>,
    /// Its variables.
    pub(crate) scope: Arc<Scope>,
    /// The executables in it.
    pub(crate) children: Vec<Arc<Instance>>,
}

impl Instance {
    /// An instance whose scope lies in `parent` and has these variables besides its own.
    pub(crate) fn new(node: &Arc<Node>, parent: Option<&Arc<Scope>>, more: Vec<Cell>) -> Arc<Self> {
        let executable = &node.executable;
        let mut cells: Vec<Cell> = executable.variables.iter().map(Cell::of_variable).collect();
        let known = |cell: &Cell, cells: &[Cell]| {
            cells.iter().any(|own| own.namespace == cell.namespace && own.name == cell.name)
        };
        for cell in more.into_iter().chain(system_cells(executable, node.is_task())) {
            if !known(&cell, &cells) {
                cells.push(cell);
            }
        }
        let scope = Scope::new(parent.cloned(), cells);
        let children = node.children.iter();
        let children = children.map(|child| Self::new(child, Some(&scope), Vec::new())).collect();
        Arc::new(Self { node: Arc::clone(node), scope, children })
    }
}

/// The system variables of every executable, and those of tasks.
fn system_cells(executable: &Executable, is_task: bool) -> Vec<Cell> {
    let text = |name, value: &str| Cell::system(name, TypeCode::String, Value::text(value));
    let mut cells = vec![Cell::system("ContainerStartTime", TypeCode::DateTime, Value::Null)];
    if let Some(locale) = executable.locale_id.and_then(|locale| i32::try_from(locale).ok()) {
        cells.push(Cell::system("LocaleID", TypeCode::Int32, Value::I4(locale)));
    }
    if is_task {
        let transaction = Value::I4(executable.transaction_option.number());
        cells.push(text("CreationName", &executable.creation_name));
        cells.push(text("TaskID", &executable.id));
        cells.push(text("TaskName", &executable.name));
        cells.push(Cell::system("TaskTransactionOption", TypeCode::Int32, transaction));
    }
    cells
}
