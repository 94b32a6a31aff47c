//! Performance counters of the data flows of a run, told to the catalog while the run lasts.
//!
//! Totals go on from one data flow to the next; what data flows hold is that of those that run.
//! Source: the performance counters page and `catalog.dm_execution_performance_counters`.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use dataflow::Counters;
use model::record::PerformanceCounters;

use crate::runner::Runner;

/// How often counters are told. A reader sees them within a second.
const EVERY: Duration = Duration::from_millis(500);

/// The counters of a run.
#[derive(Debug, Default)]
pub(crate) struct Performance {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Totals of data flows that have ended.
    ended: PerformanceCounters,
    running: Vec<Arc<Counters>>,
    is_over: bool,
    /// Tells the counters; there is one from the first data flow on.
    teller: Option<JoinHandle<()>>,
}

impl Performance {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A data flow starts.
pub(crate) fn begin(runner: &Arc<Runner>, counters: Arc<Counters>) {
    let mut state = runner.performance.lock();
    state.running.push(counters);
    if state.teller.is_none() {
        let telling = Arc::clone(runner);
        let builder = std::thread::Builder::new().name("counters".to_owned());
        match builder.spawn(move || tell(&telling)) {
            Ok(teller) => state.teller = Some(teller),
            Err(error) => tracing::warn!(%error, "no thread for performance counters"),
        }
    }
}

/// A data flow has ended.
pub(crate) fn end(runner: &Runner, counters: &Arc<Counters>) {
    let mut state = runner.performance.lock();
    state.running.retain(|running| !Arc::ptr_eq(running, counters));
    let totals = counters.performance();
    let totals = PerformanceCounters {
        rows_read: totals.rows_read,
        rows_written: totals.rows_written,
        blob_bytes_read: totals.blob_bytes_read,
        blob_bytes_written: totals.blob_bytes_written,
        ..PerformanceCounters::default()
    };
    state.ended = sum(&state.ended, &totals);
}

/// The run is over: nothing is told any more.
pub(crate) fn end_all(runner: &Runner) {
    let teller = {
        let mut state = runner.performance.lock();
        state.is_over = true;
        state.teller.take()
    };
    runner.performance.changed.notify_all();
    if teller.is_some_and(|teller| teller.join().is_err()) {
        tracing::error!("the thread that tells performance counters has failed");
    }
}

fn tell(runner: &Runner) {
    let performance = &runner.performance;
    let mut told = PerformanceCounters::default();
    loop {
        let state = performance.lock();
        let waited = performance.changed.wait_timeout_while(state, EVERY, |state| !state.is_over);
        let state = waited.unwrap_or_else(PoisonError::into_inner).0;
        if state.is_over {
            return;
        }
        let running = state.running.iter().map(|counters| counters.performance());
        let now = running.fold(state.ended, |all, one| sum(&all, &one));
        drop(state);
        if now != told {
            told = now;
            runner.log.counters(now);
        }
    }
}

fn sum(a: &PerformanceCounters, b: &PerformanceCounters) -> PerformanceCounters {
    PerformanceCounters {
        blob_bytes_read: a.blob_bytes_read.saturating_add(b.blob_bytes_read),
        blob_bytes_written: a.blob_bytes_written.saturating_add(b.blob_bytes_written),
        blob_files_in_use: a.blob_files_in_use.saturating_add(b.blob_files_in_use),
        buffer_memory: a.buffer_memory.saturating_add(b.buffer_memory),
        buffers_in_use: a.buffers_in_use.saturating_add(b.buffers_in_use),
        buffers_spooled: a.buffers_spooled.saturating_add(b.buffers_spooled),
        flat_buffer_memory: a.flat_buffer_memory.saturating_add(b.flat_buffer_memory),
        flat_buffers_in_use: a.flat_buffers_in_use.saturating_add(b.flat_buffers_in_use),
        private_buffer_memory: a.private_buffer_memory.saturating_add(b.private_buffer_memory),
        private_buffers_in_use: a.private_buffers_in_use.saturating_add(b.private_buffers_in_use),
        rows_read: a.rows_read.saturating_add(b.rows_read),
        rows_written: a.rows_written.saturating_add(b.rows_written),
    }
}
