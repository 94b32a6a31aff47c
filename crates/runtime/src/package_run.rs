//! One run of one package: the started one, or a child that an Execute Package Task runs.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use connect::database::Retained;
use model::record::MessageContext;
use model::{TypeCode, Value};
use package::{ConnectionManager, LogProvider, Package, PropertyExpression};
use uuid::Uuid;

use crate::checkpoint::Checkpoints;
use crate::configuration::{Configured, Note};
use crate::evaluate::Mistake;
use crate::instance::Instance;
use crate::log_provider::Log;
use crate::node::Node;
use crate::property;
use crate::runner::Runner;
use crate::scope::{Cell, Scope};
use crate::slots::Slots;
use crate::{clock, log};

/// One run of one package.
pub(crate) struct PackageRun {
    /// The run that it is part of.
    pub(crate) runner: Arc<Runner>,
    /// For example `Load.dtsx`.
    pub(crate) file_name: String,
    /// The package itself, with its variables.
    pub(crate) root: Arc<Instance>,
    /// The package's own connection managers.
    pub(crate) connections: Vec<ConnectionManager>,
    /// `executable_id` of the package.
    pub(crate) first_number: i64,
    /// Places for its tasks.
    pub(crate) slots: Slots,
    /// Connections that its tasks share.
    pub(crate) retained: Arc<Retained>,
    /// Caches that its data flows share.
    pub(crate) caches: Arc<dataflow::Caches>,
    /// How many packages are around it.
    pub(crate) depth: u32,
    /// The package's log providers.
    pub(crate) log_providers: Vec<LogProvider>,
    /// Those that are open, from the start of its run.
    pub(crate) logs: OnceLock<Vec<Log>>,
    /// What is wrong with property expressions that only a package can have.
    pub(crate) mistakes: Vec<Mistake>,
    /// Its checkpoint file, if it has one.
    pub(crate) checkpoints: Option<Checkpoints>,
    /// What its configurations have to say before it starts.
    pub(crate) notes: Vec<Note>,
    /// What was true before it ran, until a message has carried it.
    initial_context: Mutex<Vec<MessageContext>>,
}

impl PackageRun {
    /// A run of `package`, whose parameters have these values.
    pub(crate) fn new(
        runner: &Arc<Runner>,
        file_name: &str,
        configured: Configured,
        parameters: Vec<Cell>,
        depth: u32,
    ) -> Arc<Self> {
        let Configured { mut package, mut notes, values, failed } = configured;
        let mut mistakes = apply_own_expressions(runner, &mut package, &parameters);
        let checkpoints = Checkpoints::open(&runner.options, &package, &values);
        let checkpoints = checkpoints.unwrap_or_else(|mistake| {
            mistakes.push(mistake);
            None
        });
        if let Some(checkpoints) = &checkpoints {
            checkpoints.configure(&mut package);
            notes.extend(checkpoints.notes());
        }
        let mut cells = system_cells(runner, &package, &failed.join(", "));
        cells.extend(parameters);
        let empty = package::Executable::new("", package::ExecutableKind::Package(<_>::default()));
        let root = Node::new(std::mem::replace(&mut package.root, empty));
        let wanted = runner.options.max_concurrent.filter(|_| depth == 0);
        let instance = Instance::new(&root, None, cells);
        if let Some(checkpoints) = &checkpoints {
            checkpoints.restore(&instance);
        }
        let initial_context = if runner.log.keeps_contexts() {
            let connections = package.connections.iter().chain(&runner.connections);
            log::context::of_start(&instance.scope, &root.executable.package_path(), connections)
        } else {
            Vec::new()
        };
        Arc::new(Self {
            initial_context: Mutex::new(initial_context),
            first_number: runner.number_of(file_name, &root),
            slots: Slots::new(wanted.unwrap_or(package.max_concurrent_executables)),
            root: instance,
            checkpoints,
            log_providers: package.log_providers.clone(),
            logs: OnceLock::new(),
            mistakes,
            notes,
            runner: Arc::clone(runner),
            file_name: file_name.to_owned(),
            connections: package.connections,
            retained: Arc::default(),
            caches: Arc::default(),
            depth,
        })
    }

    /// The connection manager that a task or component means, its property expressions not yet
    /// applied: the package's own before the project's.
    pub(crate) fn connection(&self, key: &str) -> Option<&ConnectionManager> {
        self.all_connections().find(|connection| connection.answers_to(key))
    }

    /// The package's own connection managers, then the project's.
    pub(crate) fn all_connections(&self) -> impl Iterator<Item = &ConnectionManager> {
        self.connections.iter().chain(&self.runner.connections)
    }

    /// What was true before it ran; nothing from the second time on.
    pub(crate) fn take_initial_context(&self) -> Vec<MessageContext> {
        std::mem::take(&mut *self.initial_context.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Property expressions for properties that only a package has, such as
/// MaxConcurrentExecutables: they count before anything of the package exists.
fn apply_own_expressions(
    runner: &Runner,
    package: &mut Package,
    parameters: &[Cell],
) -> Vec<Mistake> {
    let expressions = package.root.property_expressions.iter();
    let own: Vec<PropertyExpression> =
        expressions.filter(|e| property::is_of_package(&e.property)).cloned().collect();
    if own.is_empty() {
        return Vec::new();
    }
    let scope = design_scope(runner, package, parameters);
    own.iter()
        .filter_map(|expression| {
            let set = |value: &Value| package.set_own_property(&expression.property, value);
            property::apply_in(&scope, expression, set).err()
        })
        .collect()
}

/// A package's variables before there is a run of it.
pub(crate) fn design_scope(runner: &Runner, package: &Package, parameters: &[Cell]) -> Arc<Scope> {
    let mut cells = system_cells(runner, package, "");
    cells.extend(package.root.variables.iter().map(Cell::of_variable));
    cells.extend(parameters.iter().map(Cell::copy));
    Scope::new(None, cells)
}

/// The system variables of a package.
fn system_cells(runner: &Runner, package: &Package, failed_configurations: &str) -> Vec<Cell> {
    let options = &runner.options;
    let text = |name, value: &str| Cell::system(name, TypeCode::String, Value::text(value));
    let number = |name, value: i32| Cell::system(name, TypeCode::Int32, Value::I4(value));
    let time = |name, value| Cell::system(name, TypeCode::DateTime, value);
    let truth = |name, value| Cell::system(name, TypeCode::Boolean, Value::Bool(value));
    let created = TypeCode::DateTime.parse(&package.creation.date).unwrap_or_default();
    let instance = format!("{{{}}}", Uuid::new_v4().as_hyphenated()).to_uppercase();
    let locale = package.root.locale_id.and_then(|id| i32::try_from(id).ok()).unwrap_or(1033);
    vec![
        number("CancelEvent", 0),
        time("CreationDate", created),
        text("CreatorComputerName", &package.creation.computer),
        text("CreatorName", &package.creation.creator),
        text("ExecutionInstanceGUID", &instance),
        text("FailedConfigurations", failed_configurations),
        truth("IgnoreConfigurationsOnLoad", false),
        truth("InteractiveMode", false),
        number("LocaleID", locale),
        number("LocaleId", locale),
        text("MachineName", &options.machine_name),
        truth("OfflineMode", false),
        text("PackageID", package.id()),
        text("PackageName", package.name()),
        Cell::system("ServerExecutionID", TypeCode::Int64, Value::I8(options.execution_id.0)),
        time("StartTime", clock::local_now()),
        text("UserName", &options.user_name),
        number("VersionBuild", package.version.build),
        text("VersionComments", &package.version.comments),
        text("VersionComment", &package.version.comments),
        text("VersionGUID", &package.version.guid),
        number("VersionMajor", package.version.major),
        number("VersionMinor", package.version.minor),
    ]
}
