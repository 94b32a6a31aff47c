//! The phases of a run, and its threads.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use model::{Value, dts};

use super::inbox::Inputs;
use super::outbox::{Branch, Outbox, Target};
use super::report::after;
use super::stage::{Stage, Work};
use super::tree::{Root, RootWork, Tuning};
use super::{Context, Shared, Who, failure, report};
use crate::prepare::PathRows;
use crate::tap::Tapping;
use crate::{Failure, Lifecycle, LogEntry, Message, Phase, Stop, Subcomponent};

/// A wired-up data flow.
pub(crate) struct Flow {
    pub(crate) roots: Vec<Root>,
    pub(crate) tunings: Vec<Tuning>,
    /// Threads for sources; SSIS has at least 3.
    pub(crate) source_threads: usize,
}

/// A component of the flow, to call from outside of the flow of rows.
struct Visit<'f> {
    index: usize,
    who: &'f Who,
    lifecycle: &'f mut dyn Lifecycle,
    written: Option<u64>,
}

impl Flow {
    /// Moves all rows. What goes wrong is in `shared` afterwards.
    pub(crate) fn run(&mut self, shared: &Shared<'_>) {
        if self.before(shared).is_ok() {
            inform(shared, dts::DTS_I_EXECUTIONPHASE_EXECUTE, "Execute phase is beginning.");
            self.execute(shared);
        }
        self.after(shared);
    }

    fn before(&mut self, shared: &Shared<'_>) -> Result<(), Stop> {
        inform(
            shared,
            dts::DTS_I_EXECUTIONPHASE_PREPAREFOREXECUTE,
            "Prepare for Execute phase is beginning.",
        );
        shared.progress("Prepare for Execute", 0);
        for (number, rows) in &self.tunings {
            shared.log(
                LogEntry::BufferSizeTuning,
                format!("Rows in buffer type {number} would cause a buffer size greater than the configured maximum. There will be only {rows} rows in buffers of this type."),
            );
        }
        shared.progress("Prepare for Execute", 100);
        inform(shared, dts::DTS_I_EXECUTIONPHASE_PREEXECUTE, "Pre-Execute phase is beginning.");
        for tap in self.taps() {
            if let Err(failure) = tap.open() {
                failure.errors.into_iter().for_each(|e| shared.error(Subcomponent::Pipeline, e));
                return Err(Stop::Stopped);
            }
        }
        let mut visits = self.visits();
        let count = visits.len();
        for (number, visit) in visits.iter_mut().enumerate() {
            shared.progress("Pre-Execute", percent(number, count));
            visit.call(shared, Phase::PreExecute)?;
        }
        shared.progress("Pre-Execute", 100);
        Ok(())
    }

    fn execute(&mut self, shared: &Shared<'_>) {
        let (mut sources, mut combines) = (VecDeque::new(), Vec::new());
        for root in &mut self.roots {
            match root.work {
                RootWork::Source(_) => sources.push_back((sources.len(), root)),
                RootWork::Combine { .. } => combines.push(root),
            }
        }
        let threads = sources.len().min(self.source_threads);
        let sources = Mutex::new(sources);
        let drain = || {
            while let Some((number, root)) = next(&sources) {
                root.guarded(shared, &format!("SourceThread{number}"));
            }
        };
        thread::scope(|scope| {
            for (number, root) in combines.into_iter().enumerate() {
                scope.spawn(move || root.guarded(shared, &format!("WorkThread{number}")));
            }
            for _ in 0..threads {
                scope.spawn(drain);
            }
        });
    }

    fn after(&mut self, shared: &Shared<'_>) {
        inform(shared, dts::DTS_I_EXECUTIONPHASE_POSTEXECUTE, "Post Execute phase is beginning.");
        let mut visits = self.visits();
        let count = visits.len();
        for (number, visit) in visits.iter_mut().enumerate() {
            shared.progress("Post Execute", percent(number, count));
            // After a failure nothing is finished; dropping a component cleans it up.
            if shared.check().is_ok() && visit.call(shared, Phase::PostExecute).is_err() {
                break;
            }
        }
        for visit in &visits {
            if let Some(rows) = visit.written {
                let text = format!("\"{}\" wrote {rows} rows.", visit.who.name);
                inform(shared, dts::DTS_I_ROWS_WRITTEN, &text);
            }
        }
        shared.progress("Post Execute", 100);
        drop(visits);
        if shared.check().is_ok() {
            self.write_variables(shared);
        }
        inform(shared, dts::DTS_I_EXECUTIONPHASE_CLEANUP, "Cleanup phase is beginning.");
        shared.progress("Cleanup", 100);
    }

    fn write_variables(&mut self, shared: &Shared<'_>) {
        for visit in self.visits() {
            for (name, value) in visit.lifecycle.variables() {
                write_variable(shared, visit.who, &name, value);
            }
        }
    }

    fn visits(&mut self) -> Vec<Visit<'_>> {
        let mut visits = Vec::new();
        for root in &mut self.roots {
            let lifecycle: &mut dyn Lifecycle = match &mut root.work {
                RootWork::Source(source) => source.as_mut(),
                RootWork::Combine { combine, .. } => combine.as_mut(),
            };
            visits.push(Visit { index: root.index, who: &root.who, lifecycle, written: None });
            visit_behind(&mut root.branches, &mut visits);
        }
        visits.sort_by_key(|visit| visit.index);
        visits
    }

    /// The taps on all paths.
    fn taps(&mut self) -> Vec<&mut Tapping> {
        fn collect<'f>(branches: &'f mut [Branch], taps: &mut Vec<&'f mut Tapping>) {
            for way in branches.iter_mut().filter_map(|branch| branch.way.as_mut()) {
                taps.extend(&mut way.tap);
                if let Target::Stage(stage) = &mut way.target {
                    collect(&mut stage.branches, taps);
                }
            }
        }
        let mut taps = Vec::new();
        self.roots.iter_mut().for_each(|root| collect(&mut root.branches, &mut taps));
        taps
    }

    /// Rows sent along each path.
    pub(crate) fn path_rows(&self) -> Vec<PathRows> {
        fn collect(branches: &[Branch], rows: &mut Vec<(i32, PathRows)>) {
            for branch in branches {
                let Some(way) = &branch.way else { continue };
                let path = &way.path;
                rows.push((
                    path.id,
                    PathRows {
                        path: path.name.clone(),
                        source: path.source.clone(),
                        destination: path.destination.name.clone(),
                        rows: branch.rows,
                    },
                ));
                if let Target::Stage(stage) = &way.target {
                    collect(&stage.branches, rows);
                }
            }
        }
        let mut rows = Vec::new();
        for root in &self.roots {
            collect(&root.branches, &mut rows);
        }
        rows.sort_by_key(|row| row.0);
        rows.into_iter().map(|row| row.1).collect()
    }
}

fn visit_behind<'f>(branches: &'f mut [Branch], visits: &mut Vec<Visit<'f>>) {
    for branch in branches {
        let Some(way) = &mut branch.way else { continue };
        let Target::Stage(stage) = &mut way.target else { continue };
        let written = stage.rows_written();
        let Stage { index, who, work, branches, .. } = stage.as_mut();
        let lifecycle: &mut dyn Lifecycle = match work {
            Work::Transform(transform) => transform.as_mut(),
            Work::Destination(destination) => destination.as_mut(),
        };
        visits.push(Visit { index: *index, who, lifecycle, written });
        visit_behind(branches, visits);
    }
}

fn next<T>(queue: &Mutex<VecDeque<T>>) -> Option<T> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
}

fn percent(number: usize, count: usize) -> u8 {
    u8::try_from(number * 100 / count.max(1)).unwrap_or(100)
}

fn inform(shared: &Shared<'_>, code: u32, text: &str) {
    shared.information(Subcomponent::Pipeline, code, text.to_owned());
}

fn write_variable(shared: &Shared<'_>, who: &Who, name: &str, value: Value) {
    if let Err(error) = shared.environment.set_variable(name, value) {
        let text = format!("The variable \"{name}\" could not be written: {error}.");
        shared.error(who.subcomponent(), Message::new(dts::DTS_E_LOCKVARIABLEFORWRITE, text));
    }
}

impl Visit<'_> {
    fn call(&mut self, shared: &Shared<'_>, phase: Phase) -> Result<(), Stop> {
        let context = Context { shared, who: self.who };
        let (start, clock) = (shared.environment.now(), Instant::now());
        let (result, code, name) = if phase == Phase::PreExecute {
            let code = dts::DTS_E_INDIVIDUALPREEXECUTEFAILED;
            (self.lifecycle.open(&context), code, "pre-execute")
        } else {
            let code = dts::DTS_E_INDIVIDUALPOSTEXECUTEFAILED;
            (self.lifecycle.close(&context), code, "post-execute")
        };
        report::phase(shared, self.who, phase, (start, shared.environment.now()));
        report::component_time(shared, self.who, phase, clock.elapsed());
        if let Err(Stop::Failed(failure)) = &result {
            failure::phase(shared, self.who, failure, code, name);
        }
        result
    }
}

impl Root {
    /// Runs on its thread; a bug in a component fails the data flow and not the process.
    fn guarded(&mut self, shared: &Shared<'_>, thread: &str) {
        let outcome = catch_unwind(AssertUnwindSafe(|| self.run(shared)));
        let result = outcome.unwrap_or_else(|_| {
            let text = format!(
                "An internal error occurred in the component \"{}\" or behind it.",
                self.who.name
            );
            Err(Stop::Failed(Failure::new(dts::DTS_E_THREADFAILED, text)))
        });
        match result {
            Ok(()) => {}
            Err(Stop::Failed(failure)) => self.failed(shared, thread, &failure),
            Err(Stop::Stopped) if !shared.has_failed() => {}
            Err(Stop::Stopped) if !shared.failed_here() => {
                failure::thread_cancelled(shared, thread)
            }
            Err(Stop::Stopped) => {
                let code = match self.work {
                    RootWork::Source(_) => {
                        failure::add_row(shared, &self.who);
                        dts::DTS_E_PRIMEOUTPUTFAILED
                    }
                    RootWork::Combine { .. } => dts::DTS_E_PROCESSINPUTFAILED,
                };
                failure::thread(shared, thread, code);
            }
        }
    }

    fn failed(&self, shared: &Shared<'_>, thread: &str, failure: &Failure) {
        match &self.work {
            RootWork::Source(_) => {
                failure::prime_output(shared, &self.who, failure);
                failure::thread(shared, thread, dts::DTS_E_PRIMEOUTPUTFAILED);
            }
            RootWork::Combine { paths, .. } => {
                let input = paths.iter().flatten().next();
                let input = input.map_or(("", 0), |path| (path.input_name.as_str(), path.input_id));
                failure::process_input(shared, &self.who, failure, input);
                failure::thread(shared, thread, dts::DTS_E_PROCESSINPUTFAILED);
            }
        }
    }

    fn run(&mut self, shared: &Shared<'_>) -> Result<(), Stop> {
        shared.check()?;
        let (start, clock) = (shared.environment.now(), Instant::now());
        report::prime_output(shared, LogEntry::OnPipelinePrePrimeOutput, &self.who);
        let mut out = Outbox::new(&mut self.branches, shared, &self.who, self.batch_rows);
        let (result, waited, phase) = match &mut self.work {
            RootWork::Source(source) => (source.read(&mut out), Duration::ZERO, Phase::PrimeOutput),
            RootWork::Combine { combine, inbox, paths } => {
                let (who, waited) = (&self.who, Duration::ZERO);
                let mut inputs = Inputs { inbox, shared, who, paths, waited, call: None };
                let result = combine.run(&mut inputs, &mut out);
                inputs.end_of_call();
                (result, inputs.waited, Phase::ProcessInput)
            }
        };
        let spent = clock.elapsed().saturating_sub(out.away).saturating_sub(waited);
        // An asynchronous component made its rows while it took others; its calls were told.
        let end = after(start, if phase == Phase::PrimeOutput { spent } else { Duration::ZERO });
        report::phase(shared, &self.who, Phase::PrimeOutput, (start, end));
        result?;
        report::prime_output(shared, LogEntry::OnPipelinePostPrimeOutput, &self.who);
        if phase == Phase::PrimeOutput {
            let output = self.branches.first();
            let output = output.map_or(("", 0), |branch| (branch.name.as_str(), branch.id));
            report::prime_time(shared, &self.who, output, spent);
        } else {
            report::component_time(shared, &self.who, phase, spent);
        }
        for branch in &mut self.branches {
            if let Some(way) = &mut branch.way {
                way.end(shared)?;
            }
        }
        Ok(())
    }
}
