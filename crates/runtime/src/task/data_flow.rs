//! Data Flow Task: what the data flow engine needs from a package, and what its events become.

pub(crate) mod performance;
pub(crate) mod tap;

use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use connect::database::Retained;
use dataflow::{
    Caches, Counters, DataFlow, DataFlowEvent, DataFlowFailed, Environment, LogEntry, Message,
    OutsideError, Subcomponent, VariableValue,
};
use model::record::{ComponentPhase, DataStatistics};
use model::{ExecutionResult, MessageType, Ticks, Timestamp, Value};
use package::{ConnectionManager, Pipeline};

use crate::execute::Outcome;
use crate::frame::Frame;
use crate::task::execute_sql::{self, Trouble};
use crate::transaction::{Transaction, takes_part};
use crate::{clock, evaluate, property};

/// How often watchers are told how far a data flow is.
const PROGRESS_INTERVAL_MS: i64 = 200;

/// Moves the rows.
pub(crate) fn run(frame: &Arc<Frame>, pipeline: &Pipeline) -> Outcome {
    // Validation ran just before, in this frame.
    let prepared = match frame.prepared.lock().unwrap_or_else(PoisonError::into_inner).take() {
        Some(prepared) => prepared,
        None => match DataFlow::validate(pipeline, &Task::new(frame)) {
            Ok(prepared) => prepared,
            Err(_) => return Outcome::FAILURE,
        },
    };
    let task = Task { live: Some(prepared.counters()), ..Task::new(frame) };
    let cancel = frame.run.runner.cancel.of_data_flow();
    let runner = &frame.run.runner;
    let (counters, live) = (&runner.counters, prepared.counters());
    tap::note_used(frame);
    performance::begin(runner, Arc::clone(&live));
    let result = prepared.run(&task, &cancel);
    performance::end(runner, &live);
    match result {
        Ok(summary) => {
            counters.rows_read.fetch_add(summary.rows_read, Ordering::Relaxed);
            counters.rows_written.fetch_add(summary.rows_written, Ordering::Relaxed);
            frame.run.runner.progress(&frame.source.execution_path);
            Outcome::SUCCESS
        }
        Err(DataFlowFailed::Cancelled) => {
            Outcome { result: ExecutionResult::Canceled, value: None }
        }
        Err(DataFlowFailed::Failed { .. }) => Outcome::FAILURE,
    }
}

/// Lets the databases of the data flow take part in the transaction around it.
fn join(frame: &Arc<Frame>, pipeline: &Pipeline) -> ExecutionResult {
    let references = pipeline.components.iter().flat_map(|component| &component.connections);
    for reference in references {
        let key = &reference.connection_manager;
        let manager = frame.run.connection(key);
        if !manager.is_some_and(takes_part) {
            continue;
        }
        match execute_sql::acquire::connection(frame, key) {
            Ok(_) => {}
            Err(Trouble::Canceled) => return ExecutionResult::Canceled,
            Err(Trouble::Mistake(mistake)) => {
                mistake.raise(frame);
                return ExecutionResult::Failure;
            }
        }
    }
    ExecutionResult::Success
}

/// Raises what is wrong with the data flow.
pub(crate) fn validate(frame: &Arc<Frame>, pipeline: &Pipeline) -> bool {
    if Transaction::around(frame).is_some() && join(frame, pipeline) != ExecutionResult::Success {
        return false;
    }
    match DataFlow::validate(pipeline, &Task::new(frame)) {
        Ok(prepared) => {
            *frame.prepared.lock().unwrap_or_else(PoisonError::into_inner) = Some(prepared);
            true
        }
        Err(_) => false,
    }
}

/// The task as the engine sees it.
struct Task<'a> {
    frame: &'a Arc<Frame>,
    /// Rows of a data flow that runs.
    live: Option<Arc<Counters>>,
    /// When watchers were last told how far it is.
    told: Mutex<Timestamp>,
}

impl<'a> Task<'a> {
    fn new(frame: &'a Arc<Frame>) -> Self {
        Self { frame, live: None, told: Mutex::default() }
    }

    /// Tells watchers how far it is, now and then.
    fn tell_progress(&self) {
        let Some(live) = &self.live else { return };
        let now = clock::now();
        {
            let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
            if now.ms_since(*told) < PROGRESS_INTERVAL_MS {
                return;
            }
            *told = now;
        }
        let runner = &self.frame.run.runner;
        let read = runner.counters.rows_read.load(Ordering::Relaxed) + live.rows_read();
        let written = runner.counters.rows_written.load(Ordering::Relaxed) + live.rows_written();
        runner.log.progress(&self.frame.source.execution_path, read, written);
    }

    fn raise(&self, kind: MessageType, subcomponent: &Subcomponent, message: Message) {
        let mut event = self.frame.event(kind, message.code, message.text);
        event.subcomponent = subcomponent.to_string();
        self.frame.raise(event);
    }

    fn log(&self, entry: LogEntry, text: String) {
        let kind = match entry {
            LogEntry::DiagnosticEx => MessageType::DiagnosticEx,
            LogEntry::BufferSizeTuning
            | LogEntry::PipelineInitialization
            | LogEntry::OnPipelinePrePrimeOutput
            | LogEntry::OnPipelinePostPrimeOutput
            | LogEntry::OnPipelineRowsSent
            | LogEntry::OnPipelinePreEndOfRowset
            | LogEntry::OnPipelinePostEndOfRowset
            | LogEntry::PipelineComponentTime
            | LogEntry::PipelineExecutionTrees
            | LogEntry::PipelineExecutionPlan => MessageType::Custom,
        };
        let mut event = self.frame.event(kind, 0, text);
        entry.name().clone_into(&mut event.name);
        self.frame.raise(event);
    }

    fn progress(&self, description: String, percent: u8) {
        let mut event = self.frame.event(MessageType::Progress, 0, description);
        event.percent = Some(percent);
        self.frame.raise(event);
    }
}

impl Environment for Task<'_> {
    fn connection(&self, reference: &str) -> Option<Arc<ConnectionManager>> {
        match property::connection(self.frame, reference) {
            Ok(found) => found.map(|mut manager| {
                // In a transaction all use one connection.
                manager.retain |= takes_part(&manager) && Transaction::around(self.frame).is_some();
                Arc::new(manager)
            }),
            Err(mistake) => {
                mistake.raise(self.frame);
                None
            }
        }
    }

    fn resolve_path(&self, path: &str) -> Result<PathBuf, OutsideError> {
        Ok(self.frame.run.runner.options.path_map.resolve(path)?)
    }

    fn variable(&self, name: &str) -> Option<VariableValue> {
        let (owner, cell) = self.frame.scope().find_written(name)?;
        let value = evaluate::value_of(&owner, &cell, 0).unwrap_or_else(|error| {
            self.frame.error(error.code, error.message);
            Value::Null
        });
        let read_only = cell.read_only || cell.expression.is_some();
        Some(VariableValue { data_type: cell.type_code.data_type(), value, read_only })
    }

    fn set_variable(&self, name: &str, value: Value) -> Result<(), OutsideError> {
        let set = evaluate::set_variable(self.frame, name, &value);
        set.map_err(|mistake| mistake.text().to_owned().into())
    }

    fn caches(&self, manager: &ConnectionManager) -> Option<Arc<Caches>> {
        let run = &self.frame.run;
        Some(Arc::clone(if manager.is_project_level { &run.runner.caches } else { &run.caches }))
    }

    fn retained(&self, manager: &ConnectionManager) -> Option<Arc<Retained>> {
        match Transaction::around(self.frame).filter(|_| takes_part(manager)) {
            Some(transaction) => Some(Arc::clone(transaction.connections())),
            None => Some(Arc::clone(&self.frame.run.retained)),
        }
    }

    fn taps(&self) -> Vec<dataflow::Tap> {
        tap::of_task(self.frame)
    }

    fn event(&self, event: DataFlowEvent) {
        let source = &self.frame.source;
        let log = &self.frame.run.runner.log;
        match event {
            DataFlowEvent::Error { subcomponent, message } => {
                self.raise(MessageType::Error, &subcomponent, message);
            }
            DataFlowEvent::Warning { subcomponent, message } => {
                self.raise(MessageType::Warning, &subcomponent, message);
            }
            DataFlowEvent::Information { subcomponent, message } => {
                self.raise(MessageType::Information, &subcomponent, message);
            }
            DataFlowEvent::Progress { description, percent } => {
                self.progress(description, percent);
            }
            DataFlowEvent::Log { entry, text } => self.log(entry, text),
            DataFlowEvent::Phase { component, phase, start, end } => log.phase(|| ComponentPhase {
                package_name: source.package_name.clone(),
                task_name: source.name.clone(),
                subcomponent_name: component,
                phase: phase.name().to_owned(),
                start_time: start,
                end_time: end,
                execution_path: source.execution_path.clone(),
            }),
            DataFlowEvent::RowsSent { path_id, path_name, source: from, destination, rows } => {
                self.tell_progress();
                log.rows_sent(|| DataStatistics {
                    package_name: source.package_name.clone(),
                    task_name: source.name.clone(),
                    path_id,
                    path_name,
                    source_component: from,
                    destination_component: destination,
                    rows_sent: i64::try_from(rows).unwrap_or(i64::MAX),
                    time: clock::now(),
                    execution_path: source.execution_path.clone(),
                });
            }
        }
    }

    fn now(&self) -> Timestamp {
        clock::now()
    }

    fn now_local(&self) -> Ticks {
        clock::local_ticks()
    }

    fn locale_id(&self) -> u32 {
        evaluate::locale_id(self.frame.scope())
    }

    fn task_name(&self) -> &str {
        &self.frame.source.name
    }
}
