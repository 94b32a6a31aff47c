//! Runs the data flows of one package by themselves, one after the other, for measurements and
//! profiles: `cargo run --release -p dataflow --example flow PACKAGE.dtsx [MEGABYTES]`.
//!
//! There is no control flow, no catalog and no expression on a connection manager; paths are
//! taken as they stand. MEGABYTES is the memory budget of the package.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for people")]

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use dataflow::{
    Caches, Cancel, DataFlow, DataFlowEvent, Environment, OutsideError, Settings, VariableValue,
};
use model::{Ticks, Timestamp, Value};
use package::{ConnectionManager, Package, TaskKind};

struct World {
    package: Package,
    caches: Arc<Caches>,
    settings: Settings,
}

impl Environment for World {
    fn connection(&self, reference: &str) -> Option<Arc<ConnectionManager>> {
        self.package.connection(reference).cloned().map(Arc::new)
    }
    fn resolve_path(&self, path: &str) -> Result<PathBuf, OutsideError> {
        Ok(PathBuf::from(path))
    }
    fn variable(&self, _: &str) -> Option<VariableValue> {
        None
    }
    fn set_variable(&self, name: &str, _: Value) -> Result<(), OutsideError> {
        Err(format!("there is no variable {name}").into())
    }
    fn caches(&self, _: &ConnectionManager) -> Option<Arc<Caches>> {
        Some(Arc::clone(&self.caches))
    }
    fn event(&self, event: DataFlowEvent) {
        if let DataFlowEvent::Error { message, .. } | DataFlowEvent::Warning { message, .. } = event
        {
            eprintln!("{:08X} {}", message.code, message.text);
        }
    }
    fn now(&self) -> Timestamp {
        Timestamp(0)
    }
    fn now_local(&self) -> Ticks {
        Ticks(0)
    }
    fn locale_id(&self) -> u32 {
        1033
    }
    fn task_name(&self) -> &str {
        "Data Flow Task"
    }
    fn settings(&self) -> Settings {
        self.settings
    }
}

fn run(file: &str, megabytes: Option<&str>) -> Result<(), String> {
    let bytes = std::fs::read(file).map_err(|error| format!("{file}: {error}"))?;
    let options = package::ReadOptions::default();
    let (package, _) =
        Package::from_bytes(file, &bytes, &options).map_err(|error| error.to_string())?;
    let mut settings = Settings::default();
    if let Some(megabytes) = megabytes {
        let megabytes: usize = megabytes.parse().map_err(|_| "MEGABYTES is no number")?;
        settings.memory_budget = megabytes << 20;
    }
    let world = World { package, caches: Arc::default(), settings };
    for task in world.package.executables() {
        let Some(TaskKind::DataFlow(pipeline)) = task.task() else { continue };
        let start = Instant::now();
        let prepared = DataFlow::validate(pipeline, &world).map_err(|error| error.to_string())?;
        let summary = prepared.run(&world, &Cancel::new()).map_err(|error| error.to_string())?;
        let seconds = start.elapsed().as_secs_f64();
        println!("{}: {} rows read, {seconds:.2} s", task.name, summary.rows_read);
    }
    Ok(())
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(file) = arguments.next() else {
        eprintln!("flow PACKAGE.dtsx [MEGABYTES]");
        return ExitCode::FAILURE;
    };
    match run(&file, arguments.next().as_deref()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{file}: {error}");
            ExitCode::FAILURE
        }
    }
}
