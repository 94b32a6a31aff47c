//! A component inside an execution tree: it takes batches on the tree's thread and hands them on.

use std::time::{Duration, Instant};

use arrow_array::RecordBatch;

use super::outbox::{Branch, Outbox, PathNames};
use super::report::after;
use super::{Shared, Who, failure, report};
use crate::{Destination, LogEntry, Phase, Stop, Transform};

/// What a stage does with a batch.
pub(crate) enum Work {
    Transform(Box<dyn Transform>),
    Destination(Box<dyn Destination>),
}

/// A synchronous transformation or a destination with what is behind it.
pub(crate) struct Stage {
    pub(crate) index: usize,
    pub(crate) who: Who,
    pub(crate) work: Work,
    pub(crate) branches: Vec<Branch>,
    /// Time in ProcessInput.
    pub(crate) spent: Duration,
}

impl Stage {
    /// Takes a batch.
    pub(crate) fn process(
        &mut self,
        shared: &Shared<'_>,
        path: &PathNames,
        batch: RecordBatch,
    ) -> Result<(), Stop> {
        report::rows_sent(shared, path, batch.num_rows());
        self.call(shared, path, Some(batch))
    }

    /// Takes the end of the rows, and passes it on.
    pub(crate) fn end(&mut self, shared: &Shared<'_>, path: &PathNames) -> Result<(), Stop> {
        report::end_of_rowset(shared, LogEntry::OnPipelinePreEndOfRowset, path);
        self.call(shared, path, None)?;
        report::end_of_rowset(shared, LogEntry::OnPipelinePostEndOfRowset, path);
        report::component_time(shared, &self.who, Phase::ProcessInput, self.spent);
        let ways = self.branches.iter_mut().filter_map(|branch| branch.way.as_mut());
        for way in ways {
            way.end(shared)?;
        }
        Ok(())
    }

    fn call(
        &mut self,
        shared: &Shared<'_>,
        path: &PathNames,
        batch: Option<RecordBatch>,
    ) -> Result<(), Stop> {
        let (start, clock) = (shared.environment.now(), Instant::now());
        let mut out = Outbox::of_stage(&mut self.branches, shared, &self.who);
        let result = self.work.call(batch, &mut out);
        let spent = clock.elapsed().saturating_sub(out.away);
        self.spent += spent;
        report::phase(shared, &self.who, Phase::ProcessInput, (start, after(start, spent)));
        match result {
            Err(Stop::Failed(failure)) => {
                let input = (path.input_name.as_str(), path.input_id);
                failure::process_input(shared, &self.who, &failure, input);
                Err(Stop::Stopped)
            }
            result => result,
        }
    }

    /// Rows written, of a destination.
    pub(crate) fn rows_written(&self) -> Option<u64> {
        match &self.work {
            Work::Transform(_) => None,
            Work::Destination(destination) => Some(destination.rows_written()),
        }
    }
}

impl Work {
    fn call(&mut self, batch: Option<RecordBatch>, out: &mut Outbox<'_>) -> Result<(), Stop> {
        match (self, batch) {
            (Self::Transform(transform), Some(batch)) => transform.process(batch, out),
            (Self::Transform(transform), None) => transform.end(out),
            (Self::Destination(destination), batch) => {
                let before = destination.rows_written();
                let result = match batch {
                    Some(batch) => {
                        out.context.shared.counters.offered(batch.num_rows() as u64);
                        destination.write(batch, out)
                    }
                    None => destination.end(out),
                };
                let written = destination.rows_written().saturating_sub(before);
                out.context.shared.counters.wrote(written);
                result
            }
        }
    }
}
