//! Validation: from a pipeline as configured to one that can run, with SSIS's errors and warnings
//! on the way.

mod build_all;
mod optimize;
mod taps;
mod texts;
mod warnings;

use std::sync::Arc;

use model::{Timestamp, dts};
use package::Pipeline;

use crate::engine::{Flow, Shared, Wiring};
use crate::layout::{Graph, Liveness};
use crate::{
    Build, Cancel, Counters, DataFlowEvent, Environment, Invalid, LogEntry, Message, Runnable,
    Subcomponent, class,
};

/// Makes components.
pub(crate) type Factory<'a> = &'a dyn Fn(&Build<'_>) -> Result<Runnable, Invalid>;

/// The way into this crate.
#[derive(Clone, Copy, Debug)]
pub struct DataFlow;

/// A validated data flow, wired up and ready to run once.
pub struct Prepared {
    flow: Flow,
    counters: Arc<Counters>,
    column_map: String,
    trees: String,
    plan: String,
    initialization: Vec<String>,
    /// What is wrong with taps; a tap is looked at only when the data flow runs.
    unknown_taps: Vec<Message>,
}

/// Validation found errors. They have been raised as events.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the data flow did not pass validation: {}", .first.text)]
pub struct ValidationFailed {
    /// The first error.
    pub first: Message,
}

/// A data flow did not run to its end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DataFlowFailed {
    /// Somebody asked it to stop.
    #[error("the data flow was cancelled")]
    Cancelled,
    /// Something failed. The errors have been raised as events.
    #[error("the data flow failed: {}", .first.text)]
    Failed {
        /// The first error.
        first: Message,
    },
}

/// What a data flow did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunSummary {
    /// For each path that carried rows or could have.
    pub paths: Vec<PathRows>,
    /// Rows that sources sent, without those with errors.
    pub rows_read: u64,
    /// Rows that destinations wrote.
    pub rows_written: u64,
    /// When it began and ended.
    pub times: (Timestamp, Timestamp),
}

/// Rows that went along a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathRows {
    /// The path's name.
    pub path: String,
    /// The component at its start.
    pub source: String,
    /// The component at its end.
    pub destination: String,
    /// How many.
    pub rows: u64,
}

impl DataFlow {
    /// Builds the components and says what is wrong with them: errors and warnings as events.
    pub fn validate(
        pipeline: &Pipeline,
        environment: &dyn Environment,
    ) -> Result<Prepared, ValidationFailed> {
        Self::validate_with(pipeline, environment, &class::build)
    }

    /// The same with somebody else's components.
    pub(crate) fn validate_with(
        pipeline: &Pipeline,
        environment: &dyn Environment,
        factory: Factory<'_>,
    ) -> Result<Prepared, ValidationFailed> {
        let events = Raised { environment };
        events.information(dts::DTS_I_EXECUTIONPHASE_VALIDATE, "Validation phase is beginning.");
        events.progress(0);
        let mut problems = Vec::new();
        let graph = Graph::read(pipeline, &mut problems);
        events.finish(
            problems,
            dts::DTS_E_VALIDATIONFAILED,
            "The layout and one or more components failed validation.",
        )?;
        if pipeline.components.is_empty() {
            events.warning(
                dts::DTS_W_EMPTYDATAFLOW,
                "The DataFlow task has no components.".to_owned(),
            );
        }
        let (taps, unknown_taps) = taps::by_path(&graph, environment.taps());
        let tapped: Vec<bool> = taps.iter().map(Option::is_some).collect();
        let removed = optimize::removed(&graph, &tapped, &events);
        let mut problems = Vec::new();
        let live = Liveness::of(&graph, &removed, &tapped, &mut problems);
        events.finish(
            problems,
            dts::DTS_E_VALIDATIONFAILED,
            "The layout and one or more components failed validation.",
        )?;
        warnings::raise(&graph, &live, &removed, &events);
        let built = build_all::build(&graph, &live, &removed, (environment, factory))?;
        events.progress(100);
        let trees = texts::execution_trees(&graph, &removed);
        let wiring = Wiring::new(&graph, &live, built, taps);
        let (roots, tunings) = wiring.roots(environment.settings().batch_rows);
        let source_threads = usize::try_from(pipeline.engine_threads).unwrap_or(usize::MAX).max(3);
        let flow = Flow { roots, tunings, source_threads };
        Ok(Prepared {
            plan: texts::execution_plan(&graph, &flow),
            flow,
            counters: Arc::new(Counters::new(pipeline.default_buffer_size)),
            unknown_taps,
            column_map: texts::column_map(&graph, environment.task_name()),
            trees,
            initialization: texts::initialization(pipeline),
        })
    }
}

impl Prepared {
    /// Rows read and written, to look at while it runs.
    pub fn counters(&self) -> Arc<Counters> {
        Arc::clone(&self.counters)
    }

    /// Moves the rows, on threads of its own, and returns when all have ended.
    pub fn run(
        mut self,
        environment: &dyn Environment,
        cancel: &Cancel,
    ) -> Result<RunSummary, DataFlowFailed> {
        let start = environment.now();
        let counters = Arc::clone(&self.counters);
        let shared = Shared::new(environment, cancel, &counters);
        for text in self.initialization.drain(..) {
            shared.log(LogEntry::PipelineInitialization, text);
        }
        for (entry, text) in [
            (LogEntry::DiagnosticEx, &self.column_map),
            (LogEntry::PipelineExecutionTrees, &self.trees),
            (LogEntry::PipelineExecutionPlan, &self.plan),
        ] {
            shared.log(entry, text.clone());
        }
        for problem in self.unknown_taps.drain(..) {
            shared.error(Subcomponent::Pipeline, problem);
        }
        if !shared.has_failed() {
            self.flow.run(&shared);
        }
        if let Some(first) = shared.first_error() {
            return Err(DataFlowFailed::Failed { first });
        }
        if cancel.is_cancelled() {
            return Err(DataFlowFailed::Cancelled);
        }
        Ok(RunSummary {
            paths: self.flow.path_rows(),
            rows_read: counters.rows_read(),
            rows_written: counters.rows_written(),
            times: (start, environment.now()),
        })
    }
}

/// Raises the engine's events at validation.
pub(crate) struct Raised<'a> {
    environment: &'a dyn Environment,
}

impl Raised<'_> {
    fn information(&self, code: u32, text: &str) {
        let message = Message::new(code, text);
        let subcomponent = Subcomponent::Pipeline;
        self.environment.event(DataFlowEvent::Information { subcomponent, message });
    }

    fn progress(&self, percent: u8) {
        let description = "Validating".to_owned();
        self.environment.event(DataFlowEvent::Progress { description, percent });
    }

    fn warning(&self, code: u32, text: String) {
        let message = Message::new(code, text);
        let subcomponent = Subcomponent::Pipeline;
        self.environment.event(DataFlowEvent::Warning { subcomponent, message });
    }

    /// Raises errors and, behind them, the one that sums them up.
    fn finish(
        &self,
        problems: Vec<Message>,
        code: u32,
        text: &str,
    ) -> Result<(), ValidationFailed> {
        let Some(first) = problems.first().cloned() else { return Ok(()) };
        for message in problems.into_iter().chain([Message::new(code, text)]) {
            let subcomponent = Subcomponent::Pipeline;
            self.environment.event(DataFlowEvent::Error { subcomponent, message });
        }
        Err(ValidationFailed { first })
    }
}
