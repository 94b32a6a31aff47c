//! `packhorse exec` for people: loads, validates and runs one package, and ends as dtexec does.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use model::{ExecutionResult, ObjectType, Value};
use package::Project;
use runtime::{Cancel, ConnectionOverride, Dumps, ParameterValue, PropertyOverride, RunOptions};

use super::child::now;
use super::console::{self, Console};
use super::dtexec::{self, Options};
use super::{Exit, job};
use crate::data_dir::{DataDir, machine_name, user_name};
use crate::{output, sources};

/// What `/Help` prints.
const HELP: &str = "\
Runs one package in this process, with dtexec's options and exit codes.

usage: packhorse exec PACKAGE [OPTION]...

  PACKAGE or /F[ile] PATH        a .dtsx
  /Proj[ect] PATH /Pack[age] N   a package of an .ispac or project folder
  /Set PATH;VALUE                set a property, for example \\Package.Variables[User::x].Value;5
  /Par[ameter] NAME[(TYPE)];V    set a parameter: NAME, $Project::NAME or $Package::NAME
  /Conn[ection] NAME;STRING      set a connection string
  /Conf[igFile] PATH             a .dtsConfig file
  /CheckP[ointing] on|off, /CheckF[ile] PATH, /Res[tart] deny|ifPossible|force
  /M[axConcurrent] N             executables that run at once; -1 is processors + 2
  /Rep[orting] LEVELS[;EVENT]    of N E W I C D P V [default: EWP]; events that are not printed
  /DumpOnError, /Dump CODE;CODE  write the package's state into ErrorDumps at an error, or at
                                 events with these codes
  /Va[lidate]                    validate and stop
  /W[arnAsError]                 warnings of validation fail the package
  --map-path FROM=TO             where a Windows path is here: 'C:\\Data\\=/srv/data/'
  --password-file FILE           the password that the package is encrypted with
  --json                         events and result as JSON, one a line

exit codes: 0 success, 1 failure, 3 canceled, 4 not found, 5 not loaded, 6 usage";

/// Does what the words after `exec` say.
pub(crate) fn run(words: &[String]) -> Exit {
    let options = match dtexec::parse(words) {
        Ok(options) => options,
        Err(sentence) => {
            output::note(&format!("error: {sentence}"));
            return Exit::Usage;
        }
    };
    if options.help {
        return match output::line(HELP) {
            Ok(()) => Exit::Success,
            Err(_) => Exit::Usage,
        };
    }
    match start(&options) {
        Ok(exit) => exit,
        Err((exit, error)) => {
            output::error(&error);
            exit
        }
    }
}

fn start(options: &Options) -> Result<Exit, (Exit, anyhow::Error)> {
    let run = prepare(options)?;
    let console = Arc::new(Console::new(options.reporting.clone(), options.json));
    let cancel = Cancel::new();
    stop_on_signals(&cancel).map_err(|error| (Exit::Usage, error))?;
    let started = now();
    let sink = Arc::clone(&console) as Arc<dyn runtime::Sink>;
    let result = if options.validate_only {
        runtime::validate(run, sink, cancel)
    } else if options.warn_as_error {
        validate_strictly(&run, &console, &sink, &cancel)
    } else {
        runtime::run(run, sink, cancel)
    };
    let (exit, text) = match result.result {
        ExecutionResult::Success | ExecutionResult::Completion => {
            (Exit::Success, "DTSER_SUCCESS (0)")
        }
        ExecutionResult::Failure => (Exit::Failure, "DTSER_FAILURE (1)"),
        ExecutionResult::Canceled => (Exit::Canceled, "DTSER_CANCELED (3)"),
    };
    let closing = if options.json {
        serde_json::json!({
            "result": result.result.name(),
            "rows_read": result.rows_read,
            "rows_written": result.rows_written,
            "errors": result.errors,
            "duration_ms": now().ms_since(started),
        })
        .to_string()
    } else {
        console::closing(text, started, now())
    };
    output::line(&closing).map_err(|error| (exit, error))?;
    Ok(exit)
}

/// `/WarnAsError`: a warning of validation is a failure, and nothing runs.
fn validate_strictly(
    run: &RunOptions,
    console: &Console,
    sink: &Arc<dyn runtime::Sink>,
    cancel: &Cancel,
) -> runtime::RunResult {
    let mut validated = runtime::validate(run.clone(), Arc::clone(sink), cancel.clone());
    if validated.result != ExecutionResult::Success || console.counts().warnings > 0 {
        validated.result = ExecutionResult::Failure;
        return validated;
    }
    runtime::run(run.clone(), Arc::clone(sink), cancel.clone())
}

fn prepare(options: &Options) -> Result<RunOptions, (Exit, anyhow::Error)> {
    let path = options.project.as_ref().or(options.file.as_ref());
    let path = path.context("no package given; `packhorse exec /Help` says how");
    let path = path.map_err(|error| (Exit::Usage, error))?;
    if !path.exists() {
        return Err((Exit::NotFound, anyhow::anyhow!("cannot find `{}`", path.display())));
    }
    let (project, package) = load(options, path).map_err(|error| (Exit::NotLoaded, error))?;
    if project.package(&package).is_none() {
        let error = anyhow::anyhow!("`{}` has no package `{package}`", path.display());
        return Err((Exit::NotFound, error));
    }
    configure(options, project, package).map_err(|error| (Exit::Usage, error))
}

fn load(options: &Options, path: &Path) -> Result<(Project, String)> {
    let read = sources::read_options(options.password_file.as_deref())?;
    let source = sources::load(path, &read)?;
    let package = match &options.package {
        Some(package) => package.clone(),
        None => match source.entry_points().as_slice() {
            [one] => one.clone(),
            _ => anyhow::bail!("`{}` has several packages; name one with /Package", path.display()),
        },
    };
    if let Some(diagnostic) = source.first_error() {
        anyhow::bail!("{diagnostic}");
    }
    Ok((source.project, package))
}

fn configure(options: &Options, project: Project, package: String) -> Result<RunOptions> {
    let parameters = options
        .parameters
        .iter()
        .map(|typed| parameter(typed, &project, &package))
        .collect::<Result<_>>()?;
    let mut run = RunOptions::new(Arc::new(project), package);
    run.parameters = parameters;
    run.property_overrides = options
        .set
        .iter()
        .map(|(path, value)| PropertyOverride { path: path.clone(), value: value.clone() })
        .collect();
    run.configuration_files = options.configuration_files.clone();
    run.connections = options
        .connections
        .iter()
        .map(|(connection, text)| ConnectionOverride {
            connection: connection.clone(),
            connection_string: text.clone(),
        })
        .collect();
    let folder = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
    run.path_map = job::path_map(&job::parse_mappings(&options.path_mappings)?, &folder);
    run.dumps = Dumps {
        folder: PathBuf::new(),
        on_error: options.dump_on_error,
        on_event: false,
        event_codes: options.dump_codes.clone(),
    };
    if run.dumps.are_wanted() {
        let data = std::env::var_os("PACKHORSE_DATA_DIR").map(PathBuf::from);
        run.dumps.folder = DataDir::at(data.as_deref())?.root().join("ErrorDumps");
    }
    run.launcher = job::launcher();
    run.max_concurrent = options.max_concurrent;
    run.machine_name = machine_name();
    run.user_name = user_name();
    Ok(run)
}

/// A parameter as typed: without a scope it is the package's, else the project's.
fn parameter(
    typed: &dtexec::Parameter,
    project: &Project,
    package: &str,
) -> Result<ParameterValue> {
    let of_package = project.package(package).is_some_and(|package| {
        package.package.parameters.iter().any(|p| p.name.eq_ignore_ascii_case(&typed.name))
    });
    let scope = match typed.scope.as_deref().map(str::to_lowercase).as_deref() {
        Some("$package") => ObjectType::Package,
        Some("$project") => ObjectType::Project,
        Some(scope) => anyhow::bail!("`{scope}::` is not $Package:: or $Project::"),
        None if of_package || typed.name.starts_with("CM.") => ObjectType::Package,
        None => ObjectType::Project,
    };
    Ok(ParameterValue { scope, name: typed.name.clone(), value: Value::text(typed.value.as_str()) })
}

/// Ctrl-C and SIGTERM stop the package; a second one ends the process.
fn stop_on_signals(cancel: &Cancel) -> Result<()> {
    let cancel = cancel.clone();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot listen for signals")?;
    // The thread lives as long as the process: a signal can come at any time.
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            runtime.block_on(async {
                if crate::signals::stop().await.is_ok() {
                    cancel.cancel();
                    if crate::signals::stop().await.is_ok() {
                        std::process::exit(3);
                    }
                }
            });
        })
        .context("cannot start a thread")?;
    Ok(())
}
