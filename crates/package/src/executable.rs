//! Executables: the package, containers, tasks and event handlers.

use model::{ExecutionResult, Span, Value};

use crate::codes::numbered;
use crate::{ForEachEnumerator, PropertyExpression, TaskKind, Variable};

/// What packages, containers, tasks and event handlers have in common, and what each one is.
#[derive(Clone, Debug)]
pub struct Executable {
    /// Path of the object: `Package\Sequence\Task`. Compared exactly; never taken apart.
    pub ref_id: String,
    /// `{GUID}`.
    pub id: String,
    /// Unique among its siblings.
    pub name: String,
    /// The author's words about it.
    pub description: String,
    /// The type as the document names it.
    pub creation_name: String,
    /// Whether it is skipped.
    pub disabled: bool,
    /// Whether it is validated only when it runs.
    pub delay_validation: bool,
    /// Errors that it survives plus one; 0 is no limit.
    pub max_error_count: u32,
    /// Whether its failure fails the package.
    pub fail_package_on_failure: bool,
    /// Whether its failure fails its parent.
    pub fail_parent_on_failure: bool,
    /// The result that it reports whatever happens (`ForceExecutionResult`).
    pub force_result: Option<ExecutionResult>,
    /// The execution value that it reports whatever happens (`ForceExecutionValue`).
    pub forced_value: Option<Value>,
    /// Variable that receives the execution value; empty for none.
    pub exec_value_variable: String,
    /// Whether it takes part in a transaction.
    pub transaction_option: TransactionOption,
    /// Isolation level of a transaction that starts here, as .NET numbers it.
    pub isolation_level: i32,
    /// Whether its event handlers do not run.
    pub disable_event_handlers: bool,
    /// What it logs, and where to.
    pub logging: LoggingOptions,
    /// Windows locale; `None` takes the parent's.
    pub locale_id: Option<u32>,
    /// Its variables.
    pub variables: Vec<Variable>,
    /// Expressions that set its properties.
    pub property_expressions: Vec<PropertyExpression>,
    /// Its event handlers.
    pub event_handlers: Vec<EventHandler>,
    /// What it is.
    pub kind: ExecutableKind,
    /// Where it is in the document.
    pub span: Span,
}

impl Executable {
    /// An executable of this kind with the documented default of every property.
    pub fn new(ref_id: impl Into<String>, kind: ExecutableKind) -> Self {
        Self {
            ref_id: ref_id.into(),
            id: String::new(),
            name: String::new(),
            description: String::new(),
            creation_name: String::new(),
            disabled: false,
            delay_validation: false,
            max_error_count: 1,
            fail_package_on_failure: false,
            fail_parent_on_failure: false,
            force_result: None,
            forced_value: None,
            exec_value_variable: String::new(),
            transaction_option: TransactionOption::default(),
            isolation_level: 1_048_576,
            disable_event_handlers: false,
            logging: LoggingOptions::default(),
            locale_id: None,
            variables: Vec::new(),
            property_expressions: Vec::new(),
            event_handlers: Vec::new(),
            kind,
            span: Span::default(),
        }
    }

    /// Its place as the catalog shows it: `\Package\Sequence\Task`.
    pub fn package_path(&self) -> String {
        format!("\\{}", self.ref_id)
    }

    /// What it contains, if it is a container.
    pub fn container(&self) -> Option<&Container> {
        match &self.kind {
            ExecutableKind::Package(container)
            | ExecutableKind::Sequence(container)
            | ExecutableKind::EventHandler(container) => Some(container),
            ExecutableKind::ForLoop(each) => Some(&each.container),
            ExecutableKind::ForEach(each) => Some(&each.container),
            ExecutableKind::Task(_) => None,
        }
    }

    /// What it contains, if it is a container, to change it.
    pub fn container_mut(&mut self) -> Option<&mut Container> {
        match &mut self.kind {
            ExecutableKind::Package(container)
            | ExecutableKind::Sequence(container)
            | ExecutableKind::EventHandler(container) => Some(container),
            ExecutableKind::ForLoop(each) => Some(&mut each.container),
            ExecutableKind::ForEach(each) => Some(&mut each.container),
            ExecutableKind::Task(_) => None,
        }
    }

    /// The executables directly in it; none for a task.
    pub fn children(&self) -> &[Executable] {
        self.container().map_or(&[], |container| &container.executables)
    }

    /// The task, if it is one.
    pub fn task(&self) -> Option<&TaskKind> {
        if let ExecutableKind::Task(task) = &self.kind { Some(task) } else { None }
    }
}

/// What an executable is.
#[derive(Clone, Debug)]
pub enum ExecutableKind {
    /// The package itself.
    Package(Container),
    /// A Sequence container.
    Sequence(Container),
    /// A For Loop container.
    ForLoop(ForLoop),
    /// A Foreach Loop container.
    ForEach(Box<ForEachLoop>),
    /// An event handler.
    EventHandler(Container),
    /// A task.
    Task(TaskKind),
}

/// Executables and the constraints between them.
#[derive(Clone, Debug, Default)]
pub struct Container {
    /// In document order, which means nothing for the order in which they run.
    pub executables: Vec<Executable>,
    /// What orders them.
    pub precedence_constraints: Vec<PrecedenceConstraint>,
}

/// A For Loop container.
#[derive(Clone, Debug, Default)]
pub struct ForLoop {
    /// Evaluated once, before the first iteration; may be empty.
    pub init: String,
    /// Evaluated before each iteration; the loop ends when it is false.
    pub eval: String,
    /// Evaluated after each iteration; may be empty.
    pub assign: String,
    /// What it repeats.
    pub container: Container,
}

/// A Foreach Loop container.
#[derive(Clone, Debug)]
pub struct ForEachLoop {
    /// What it goes through.
    pub enumerator: ForEachEnumerator,
    /// Where the values go.
    pub mappings: Vec<VariableMapping>,
    /// What it repeats.
    pub container: Container,
}

/// Which value of an item goes to which variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariableMapping {
    /// `User::File`.
    pub variable: String,
    /// Number of the value in the item, from 0; negative ones are an error at run time.
    pub value_index: i32,
    /// Where it is in the document.
    pub span: Span,
}

/// An event handler: a container that runs when its event reaches the object that holds it.
#[derive(Clone, Debug)]
pub struct EventHandler {
    /// For example `OnError`.
    pub event: String,
    /// What runs; its kind is [`ExecutableKind::EventHandler`]. A saved `System::Propagate` is
    /// among its variables.
    pub body: Executable,
}

/// When the executable at the end may run after the one at the start.
#[derive(Clone, Debug)]
pub struct PrecedenceConstraint {
    /// Path of the constraint.
    pub ref_id: String,
    /// `{GUID}`.
    pub id: String,
    /// The constraint's name.
    pub name: String,
    /// refId of the executable that finishes.
    pub from: String,
    /// refId of the executable that may then run.
    pub to: String,
    /// The result that the constraint waits for.
    pub value: ExecutionResult,
    /// Whether the result, the expression or both count.
    pub eval_op: EvalOp,
    /// The expression; empty for none.
    pub expression: String,
    /// Whether all constraints of `to` must hold, or one is enough.
    pub logical_and: bool,
    /// Where it is in the document.
    pub span: Span,
}

/// What an executable logs through the package's log providers.
#[derive(Clone, Debug, Default)]
pub struct LoggingOptions {
    /// Whether it has settings of its own.
    pub mode: LoggingMode,
    /// Whether `event_filter` lists what is logged or what is not.
    pub filter_kind: FilterKind,
    /// Names of events.
    pub event_filter: Vec<String>,
    /// Which columns each event logs.
    pub column_filters: Vec<ColumnFilter>,
    /// Ids of the log providers that it writes to.
    pub selected_log_providers: Vec<String>,
}

/// The columns that an event logs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnFilter {
    /// Name of the event.
    pub event: String,
    /// Names of the columns that are logged: Computer, Operator, SourceName, SourceID,
    /// ExecutionID, MessageText, DataBytes.
    pub columns: Vec<String>,
}

numbered! {
    /// Whether an executable takes part in a transaction.
    TransactionOption {
        /// Neither starts nor joins one.
        NotSupported = 0, "NotSupported";
        /// Joins its parent's.
        #[default]
        Supported = 1, "Supported";
        /// Joins its parent's or starts one.
        Required = 2, "Required";
    }
    /// Whether an executable logs by settings of its own.
    LoggingMode {
        /// The parent's settings hold.
        #[default]
        UseParentSetting = 0, "UseParentSetting";
        /// Its own settings hold.
        Enabled = 1, "Enabled";
        /// It logs nothing.
        Disabled = 2, "Disabled";
    }
    /// What an event filter lists.
    FilterKind {
        /// What is logged.
        Inclusion = 0, "ByInclusion" | "Inclusion";
        /// What is not logged.
        #[default]
        Exclusion = 1, "ByExclusion" | "Exclusion";
    }
    /// What a precedence constraint looks at.
    EvalOp {
        /// The expression only.
        Expression = 1, "Expression";
        /// The result only.
        #[default]
        Constraint = 2, "Constraint";
        /// Both must hold.
        ExpressionAndConstraint = 3, "ExpressionAndConstraint";
        /// One must hold.
        ExpressionOrConstraint = 4, "ExpressionOrConstraint";
    }
}
