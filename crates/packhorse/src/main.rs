//! `packhorse`: SQL Server Integration Services projects on Linux, in Scale Out.
//!
//! The edge of the program: reads the command line, starts a command, prints its error. Each
//! command is a file in `command/`; what it says to people goes through `output`.

mod cli;
mod command;
mod data_dir;
mod doctor;
mod exec;
mod one_box;
mod output;
mod probe;
mod secret_input;
mod session;
mod signals;
mod sources;
mod supervise;
mod values;
mod watch;
mod worker_settings;

use std::ffi::OsString;
use std::future::Future;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;

use crate::cli::{Access, Cli, Command};
use crate::command::{
    deploy, execute, executions, explain, login, masters, messages, stop, workers,
};
use crate::data_dir::DataDir;
use crate::session::Session;

fn main() -> ExitCode {
    // A child is started for every package, so it takes the shortest way.
    let mut words = std::env::args_os().skip(1);
    match words.next() {
        Some(word) if word == "exec" => {
            let words = words.map(|word| word.to_string_lossy().into_owned());
            return exec(&words.collect::<Vec<_>>());
        }
        Some(word) if word == "launch" => return launch(words.collect()),
        // Beside the help on commands.
        Some(word) if word == "help" => {
            if let Some(code) =
                words.next().filter(|word| command::help::is_code(&word.to_string_lossy()))
            {
                return command::help::run(&code.to_string_lossy());
            }
        }
        _ => {}
    }
    let cli = Cli::parse();
    match run(cli) {
        Ok(code) => code,
        Err(error) => {
            if !output::is_closed(&error) {
                output::error(&error);
            }
            ExitCode::FAILURE
        }
    }
}

/// `packhorse exec`, which has a command line of its own.
fn exec(words: &[String]) -> ExitCode {
    let is_template = words.iter().any(|word| word == "--template");
    if is_template || words.iter().any(|word| word == "--child") {
        let run = || {
            if is_template {
                exec::template::become_children()?;
            }
            exec::child::run()
        };
        return match run() {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                output::error(&error);
                ExitCode::FAILURE
            }
        };
    }
    ExitCode::from(exec::once::run(words) as u8)
}

/// `packhorse launch PROGRAM ...`: becomes the program, which then ends with this process's
/// parent. Execute Process Tasks start programs this way.
fn launch(mut words: Vec<OsString>) -> ExitCode {
    if words.is_empty() {
        return ExitCode::from(LAUNCH_FAILED);
    }
    let program = words.remove(0);
    let error = runtime::launch(&program, &words);
    output::note(&format!("cannot start `{}`: {error}", program.display()));
    ExitCode::from(LAUNCH_FAILED)
}

/// What shells give for a program that cannot be started.
const LAUNCH_FAILED: u8 = 126;

fn run(cli: Cli) -> Result<ExitCode> {
    let Cli { global, command } = cli;
    let dir = DataDir::at(global.data_dir.as_deref())?;
    let (json, access) = (global.json, &global.access);
    if let Some(option) = access.given().filter(|_| !command.asks_a_master()) {
        anyhow::bail!(
            "{option} is for the commands that ask a master (deploy, execute, executions, \
             messages, stop, explain, workers, masters, login), and this is none of them"
        );
    }
    let at = (&dir, access);
    match command {
        Command::Exec(args) => Ok(exec(&args.words)),
        Command::Check(args) => command::check::run(&args, json),
        Command::Run(args) => on_one_thread(command::run::run(&dir, &args, json)),
        Command::Init(args) => on_one_thread(command::init::run(&dir, &args, json)),
        Command::Up(args) => on_one_thread(command::up::run(&dir, &args)),
        Command::Master(args) => on_threads(command::master::run(&dir, &args)),
        Command::Worker(args) => on_threads(command::worker::run(&dir, &args)),
        Command::Catalog(args) => on_one_thread(command::catalog::run(&dir, &args, json)),
        Command::Upgrade(args) => on_one_thread(command::upgrade::run(&dir, &args, json)),
        Command::Masters => ask(at, async |on| masters::run(on, json).await),
        Command::Deploy(args) => ask(at, async |on| deploy::run(on, &args, json).await),
        Command::Execute(args) => ask(at, async |on| execute::run(on, &args, json).await),
        Command::Executions(args) => ask(at, async |on| executions::run(on, &args, json).await),
        Command::Messages(args) => ask(at, async |on| messages::run(on, &args, json).await),
        Command::Stop(args) => ask(at, async |on| stop::run(on, &args, json).await),
        Command::Explain(args) => ask(at, async |on| explain::run(on, &args, json).await),
        Command::Cert(args) => on_one_thread(command::cert::run(&dir, &args, json)),
        Command::Doctor(args) => on_one_thread(command::doctor::run(&dir, &args, json)),
        Command::Join(args) => on_one_thread(command::join::run(&dir, &args, json)),
        Command::Workers(args) => ask(at, async |on| workers::run(on, &args, json).await),
        Command::Login(args) => ask(at, async |on| login::run(on, &args, json).await),
    }
}

/// A command that asks a master.
fn ask(
    (dir, access): (&DataDir, &Access),
    command: impl AsyncFnOnce(&Session) -> Result<ExitCode>,
) -> Result<ExitCode> {
    on_one_thread(async {
        let session = Session::open(dir, access).await?;
        let result = command(&session).await;
        session.close().await;
        result
    })
}

/// Runs a command on this thread. Commands that start processes need it: the kernel ties a
/// child to the thread that started it.
fn on_one_thread<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.context("cannot start the program's runtime")?.block_on(work)
}

/// Threads of a master or worker that wait for the network.
const NETWORK_THREADS: usize = 2;

fn on_threads<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(NETWORK_THREADS)
        .enable_all()
        .build();
    runtime.context("cannot start the program's runtime")?.block_on(work)
}
