//! Runs a package of a project, or only validates it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;

use model::{ExecutionResult, MessageSourceType, MessageType, ObjectType, Value, dts};
use package::{ConnectionManager, SetPropertyError};

use crate::configuration::{Configured, Note, Surroundings};
use crate::evaluate::chain;
use crate::frame::Frame;
use crate::package_run::PackageRun;
use crate::parameters::{Given, ParameterError};
use crate::runner::Runner;
use crate::scope::Cell;
use crate::task::data_flow::{performance, tap};
use crate::{
    Cancel, Event, ParameterValue, RunOptions, RunResult, Sink, Source, checkpoint, clock, execute,
    log_provider, validation,
};

/// Stack of the thread that runs a package: packages in packages and containers in containers all
/// stand on it.
const STACK_BYTES: usize = 32 << 20;

/// A package cannot be started.
#[derive(Debug, thiserror::Error)]
enum SetUpError {
    #[error("the project `{project}` has no package `{package}`")]
    NoPackage { project: String, package: String },
    #[error("a parameter has no usable value")]
    Parameter(#[source] ParameterError),
    #[error("the property override `{path}` cannot be applied")]
    Property {
        path: String,
        #[source]
        source: SetPropertyError,
    },
    #[error("there is no connection manager `{name}` to give a connection string to")]
    NoConnection { name: String },
    #[error(
        "the file `{file}` of a data tap is not in the folder for them; name it relative to it"
    )]
    DataTapFile { file: String },
    #[error("MaxConcurrentExecutables is {value}; it must be -1 or more than 0")]
    MaxConcurrent { value: i32 },
}

impl SetUpError {
    const fn code(&self) -> u32 {
        match self {
            Self::NoPackage { .. } => dts::DTS_E_OPENPACKAGEFILE,
            Self::NoConnection { .. } => dts::DTS_E_CONNECTIONNOTFOUND,
            Self::Parameter(_)
            | Self::Property { .. }
            | Self::DataTapFile { .. }
            | Self::MaxConcurrent { .. } => dts::DTS_E_GENERICERROR,
        }
    }
}

/// Runs a package and everything in it. Everything it says goes to `sink`; a request by `cancel`
/// ends it soon, with the result Canceled.
pub fn run(options: RunOptions, sink: Arc<dyn Sink>, cancel: Cancel) -> RunResult {
    start(options, sink, cancel, |run| package(run, None))
}

/// Validates a package and everything in it, and runs nothing.
pub fn validate(options: RunOptions, sink: Arc<dyn Sink>, cancel: Cancel) -> RunResult {
    start(options, sink, cancel, |run| {
        let frame = Frame::of_package(run, None);
        say(&frame, &run.notes);
        result_of(&frame, validation::tree(&frame))
    })
}

fn start(
    options: RunOptions,
    sink: Arc<dyn Sink>,
    cancel: Cancel,
    work: impl FnOnce(&Arc<PackageRun>) -> ExecutionResult + Send,
) -> RunResult {
    let (runner, run) = set_up(options, sink, cancel);
    let result = match run {
        Ok(run) => on_large_stack(|| work(&run)),
        Err(error) => {
            runner.event(&refusal(&runner, &error), Vec::new);
            ExecutionResult::Failure
        }
    };
    runner.end_leftovers();
    performance::end_all(&runner);
    let counters = &runner.counters;
    RunResult {
        result,
        rows_read: counters.rows_read.load(Ordering::Relaxed),
        rows_written: counters.rows_written.load(Ordering::Relaxed),
        errors: counters.errors.load(Ordering::Relaxed),
        first_error: runner.first_error(),
    }
}

fn on_large_stack(work: impl FnOnce() -> ExecutionResult + Send) -> ExecutionResult {
    thread::scope(|threads| {
        let builder = thread::Builder::new().name("package".to_owned()).stack_size(STACK_BYTES);
        match builder.spawn_scoped(threads, work) {
            // A panic is a mistake of ours, not of the package; it goes on to the caller.
            Ok(thread) => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            Err(error) => {
                tracing::error!(%error, "no thread for the package");
                ExecutionResult::Failure
            }
        }
    })
}

/// One run of one package, from validation to its end: the started one, or a child.
pub(crate) fn package(run: &Arc<PackageRun>, parent: Option<Arc<Frame>>) -> ExecutionResult {
    let frame = Frame::of_package(run, parent);
    let logs = log_provider::open_all(&frame, &run.log_providers);
    // A run starts once.
    drop(run.logs.set(logs));
    custom(&frame, "PackageStart", dts::DTS_I_PACKAGESTART, "Beginning of package execution.");
    say(&frame, &run.notes);
    log_provider::warn_of_unsupported(&frame, &run.log_providers);
    let starts = validation::tree(&frame) && checkpoint::begin(&frame);
    let result = if starts { execute::run(&frame) } else { result_of(&frame, false) };
    checkpoint::end(&frame, result);
    if frame.parent.is_none() && !frame.is_cancelled() {
        tap::warn_of_unused(&frame);
    }
    custom(&frame, "PackageEnd", dts::DTS_I_PACKAGEEND, "End of package execution.");
    log_provider::close_all(&frame);
    result
}

fn say(frame: &Arc<Frame>, notes: &[Note]) {
    for note in notes {
        frame.say(note.kind, note.code, note.text.clone());
    }
}

fn result_of(frame: &Frame, is_sound: bool) -> ExecutionResult {
    match is_sound {
        _ if frame.is_cancelled() => ExecutionResult::Canceled,
        true => ExecutionResult::Success,
        false => ExecutionResult::Failure,
    }
}

fn custom(frame: &Arc<Frame>, name: &str, code: u32, text: &str) {
    let mut event = frame.event(MessageType::Custom, code, text.to_owned());
    name.clone_into(&mut event.name);
    frame.raise(event);
}

/// The parameters of the project, with the values that they have in this run.
pub(crate) fn project_cells(runner: &Runner) -> Result<Vec<Cell>, ParameterError> {
    let options = &runner.options;
    Given::of(ObjectType::Project, &options.parameters).cells(&options.project.parameters)
}

fn set_up(
    mut options: RunOptions,
    sink: Arc<dyn Sink>,
    cancel: Cancel,
) -> (Arc<Runner>, Result<Arc<PackageRun>, SetUpError>) {
    take_parameters_from_paths(&mut options);
    let project = Arc::clone(&options.project);
    let mut connections = project.connections.clone();
    let prepared = prepare(&options, &mut connections);
    let runner = Runner::new(options, connections, sink, cancel);
    let run = prepared.and_then(|(file_name, mut configured)| {
        let options = &runner.options;
        let package = &configured.package;
        let own = Given::of(ObjectType::Package, &options.parameters).cells(&package.parameters);
        let mut cells = own.map_err(SetUpError::Parameter)?;
        cells.extend(project_cells(&runner).map_err(SetUpError::Parameter)?);
        configured.configure(&Surroundings { runner: &runner, parent: None, parameters: &cells });
        let of_package = configured.package.max_concurrent_executables;
        let most = options.max_concurrent.unwrap_or(of_package);
        if let Some(file) = tap::unusable_file(&options.data_taps) {
            return Err(SetUpError::DataTapFile { file: file.to_owned() });
        }
        if most == 0 || most < -1 {
            return Err(SetUpError::MaxConcurrent { value: most });
        }
        Ok(PackageRun::new(&runner, &file_name, configured, cells, 0))
    });
    (runner, run)
}

/// The package with everything applied that the caller set, and the project's connections too.
fn prepare(
    options: &RunOptions,
    connections: &mut [ConnectionManager],
) -> Result<(String, Configured), SetUpError> {
    let found = options.project.package(&options.package).ok_or_else(|| SetUpError::NoPackage {
        project: options.project.name.clone(),
        package: options.package.clone(),
    })?;
    let mut configured = Configured::new(found.package.clone());
    configured.take_files(options);
    let package = &mut configured.package;
    let given = |scope| Given::of(scope, &options.parameters);
    given(ObjectType::Project).apply_to(connections).map_err(SetUpError::Parameter)?;
    given(ObjectType::Package).apply_to(&mut package.connections).map_err(SetUpError::Parameter)?;
    for replaced in &options.connections {
        let mut all = package.connections.iter_mut().chain(connections.iter_mut());
        let connection = all
            .find(|connection| connection.answers_to(&replaced.connection))
            .ok_or_else(|| SetUpError::NoConnection { name: replaced.connection.clone() })?;
        let value = Value::text(replaced.connection_string.as_str());
        connection
            .set_property("ConnectionString", &value)
            .map_err(|source| SetUpError::Property { path: replaced.connection.clone(), source })?;
        connection
            .property_expressions
            .retain(|expression| !expression.property.eq_ignore_ascii_case("ConnectionString"));
    }
    for set in &options.property_overrides {
        package
            .set_property(&set.path, &Value::text(set.value.as_str()))
            .map_err(|source| SetUpError::Property { path: set.path.clone(), source })?;
    }
    Ok((found.file_name.clone(), configured))
}

/// `\Package.Variables[$Project::Name].Value` among the overrides means a parameter, which is how
/// dtexec sets one of a project file.
fn take_parameters_from_paths(options: &mut RunOptions) {
    let overrides = std::mem::take(&mut options.property_overrides);
    for set in overrides {
        match parameter_of(&set.path) {
            Some((scope, name)) => options.parameters.push(ParameterValue {
                scope,
                name: name.to_owned(),
                value: Value::text(set.value),
            }),
            None => options.property_overrides.push(set),
        }
    }
}

fn parameter_of(path: &str) -> Option<(ObjectType, &str)> {
    let (_, rest) = path.split_once(".Variables[$")?;
    let (name, _) = rest.split_once(']')?;
    let (scope, name) = name.split_once("::")?;
    match scope {
        "Project" => Some((ObjectType::Project, name)),
        "Package" => Some((ObjectType::Package, name)),
        _ => None,
    }
}

/// What is said about a package that could not be started.
fn refusal(runner: &Runner, error: &SetUpError) -> Event {
    let options = &runner.options;
    let found = options.project.package(&options.package).map(|found| &found.package.root);
    Event {
        time: clock::now(),
        kind: MessageType::Error,
        name: MessageType::Error.name().to_owned(),
        code: error.code(),
        description: format!("The package cannot be started: {}.", chain(error)),
        source: Source {
            kind: MessageSourceType::Package,
            name: found.map_or_else(|| options.package.clone(), |root| root.name.clone()),
            id: found.map(|root| root.id.clone()).unwrap_or_default(),
            description: String::new(),
            package_name: options.package.clone(),
            package_path: "\\Package".to_owned(),
            execution_path: "\\Package".to_owned(),
        },
        subcomponent: String::new(),
        percent: None,
        elapsed_ms: None,
        thread_id: clock::thread_id(),
    }
}
