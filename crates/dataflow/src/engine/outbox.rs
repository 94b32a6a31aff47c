//! Where a component puts its batches: the components behind it run at once, on the same thread,
//! or the batch waits at the input of an asynchronous component.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, BooleanArray, Int32Array, RecordBatch, UInt32Array};
use arrow_schema::SchemaRef;
use arrow_select::filter::{FilterBuilder, filter_record_batch};
use arrow_select::take::take;

use super::inbox::Inbox;
use super::stage::Stage;
use super::{Context, Shared, Who};
use crate::build::batch;
use crate::tap::Tapping;
use crate::{Failure, RowError, Stop, Subcomponent};

/// One output of a component, as the engine wired it up.
pub(crate) struct Branch {
    /// Integer id and name of the output.
    pub(crate) id: i32,
    pub(crate) name: String,
    /// What the component sends here.
    pub(crate) schema: SchemaRef,
    /// Whether its rows count as rows read.
    pub(crate) counts_as_read: bool,
    /// Which columns of what is sent hold long values.
    pub(crate) long_columns: Vec<usize>,
    /// Rows sent here so far.
    pub(crate) rows: u64,
    /// Where ErrorCode and ErrorColumn go, of an error output; those that somebody needs.
    pub(crate) error_code: Option<usize>,
    pub(crate) error_column: Option<usize>,
    /// Where the rows go; `None` when no path starts here.
    pub(crate) way: Option<Way>,
}

/// A path, with what is behind it.
pub(crate) struct Way {
    /// Columns to keep; `None` keeps all.
    pub(crate) projection: Option<Vec<usize>>,
    pub(crate) target: Target,
    pub(crate) path: PathNames,
    /// Where copies of the rows go.
    pub(crate) tap: Option<Tapping>,
}

/// A path as events name it.
#[derive(Clone, Debug)]
pub(crate) struct PathNames {
    pub(crate) id: i32,
    pub(crate) name: String,
    /// IdentificationString.
    pub(crate) id_string: String,
    pub(crate) source: String,
    pub(crate) destination: Who,
    pub(crate) input_id: i32,
    pub(crate) input_name: String,
}

/// What is at the end of a path.
pub(crate) enum Target {
    /// A component of the same tree.
    Stage(Box<Stage>),
    /// An input of an asynchronous component.
    Inbox(Arc<Inbox>, usize),
}

/// The outputs of a running component, numbered as in the package.
pub struct Outbox<'a> {
    pub(crate) branches: &'a mut [Branch],
    pub(crate) context: Context<'a>,
    pub(crate) batch_rows: usize,
    /// Time spent behind the outputs.
    pub(crate) away: Duration,
    /// Whether the batches are the component's own, not those that it was given.
    makes_batches: bool,
}

impl<'a> Outbox<'a> {
    pub(crate) fn new(
        branches: &'a mut [Branch],
        shared: &'a Shared<'a>,
        who: &'a Who,
        batch_rows: usize,
    ) -> Self {
        let context = Context { shared, who };
        Self { branches, context, batch_rows, away: Duration::ZERO, makes_batches: true }
    }

    /// The outputs of a component that passes on what it is given.
    pub(crate) fn of_stage(
        branches: &'a mut [Branch],
        shared: &'a Shared<'a>,
        who: &'a Who,
    ) -> Self {
        Self { makes_batches: false, ..Self::new(branches, shared, who, usize::MAX) }
    }

    /// What the component may ask of the engine.
    pub fn context(&self) -> Context<'a> {
        self.context
    }

    /// Rows that a source or asynchronous component puts into one batch.
    pub fn batch_rows(&self) -> usize {
        self.batch_rows
    }

    /// An error when the component must come back now.
    pub fn check(&self) -> Result<(), Stop> {
        self.context.check()
    }

    /// Whether rows sent to this output arrive anywhere. Rows that do not need not be made.
    pub fn wants(&self, output: usize) -> bool {
        self.branches.get(output).is_some_and(|branch| branch.way.is_some())
    }

    /// Rows sent to this output so far, whether they arrived anywhere or not.
    pub fn rows_sent(&self, output: usize) -> u64 {
        self.branches.get(output).map_or(0, |branch| branch.rows)
    }

    /// Sends a batch, which has the schema of the output's layout. Empty ones are dropped.
    pub fn send(&mut self, output: usize, batch: RecordBatch) -> Result<(), Stop> {
        let Some(branch) = self.branches.get_mut(output) else { return Ok(()) };
        branch.count(self.context.shared, batch.num_rows());
        branch.count_long(self.context.shared, &batch);
        let Some(way) = &mut branch.way else { return Ok(()) };
        if batch.num_rows() == 0 {
            return Ok(());
        }
        let batch = match &way.projection {
            Some(columns) => batch.project(columns)?,
            None => batch,
        };
        let start = Instant::now();
        let result = way.hand_on(self.context.shared, self.makes_batches, batch);
        self.away += start.elapsed();
        result
    }

    /// Sends the rows of a batch where `keep` is true and not NULL. Only the columns that
    /// somebody needs are copied.
    pub fn send_filtered(
        &mut self,
        output: usize,
        batch: &RecordBatch,
        keep: &BooleanArray,
    ) -> Result<(), Stop> {
        let kept = keep.true_count();
        if kept == batch.num_rows() {
            return self.send(output, batch.clone());
        }
        let Some(branch) = self.branches.get_mut(output) else { return Ok(()) };
        branch.count(self.context.shared, kept);
        let Some(way) = &mut branch.way else { return Ok(()) };
        if kept == 0 {
            return Ok(());
        }
        let filtered = match &way.projection {
            Some(columns) => filter_record_batch(&batch.project(columns)?, keep)?,
            None => filter_record_batch(batch, keep)?,
        };
        let start = Instant::now();
        let result = way.hand_on(self.context.shared, self.makes_batches, filtered);
        self.away += start.elapsed();
        result
    }

    /// Sends rows of a synchronous component's input to its error output, each with its code and
    /// column. `errors` are in row order, one per row.
    pub fn redirect(
        &mut self,
        output: usize,
        input: &RecordBatch,
        errors: &[RowError],
    ) -> Result<(), Stop> {
        let Some(branch) = self.branches.get_mut(output) else { return Ok(()) };
        if branch.way.is_none() {
            branch.count(self.context.shared, errors.len());
            return Ok(());
        }
        let rows = UInt32Array::from_iter_values(errors.iter().map(|error| error.row));
        let mut columns = Vec::with_capacity(branch.schema.fields().len());
        for column in input.columns() {
            columns.push(take(column.as_ref(), &rows, None)?);
        }
        let mut specials: Vec<(usize, ArrayRef)> = Vec::new();
        if let Some(at) = branch.error_code {
            let codes = errors.iter().map(|error| error.code.cast_signed());
            specials.push((at, Arc::new(Int32Array::from_iter_values(codes))));
        }
        if let Some(at) = branch.error_column {
            let ids = errors.iter().map(|error| error.column);
            specials.push((at, Arc::new(Int32Array::from_iter_values(ids))));
        }
        specials.sort_by_key(|special| special.0);
        columns.extend(specials.into_iter().map(|special| special.1));
        let batch = batch(&branch.schema, columns, errors.len())?;
        self.send(output, batch)
    }

    /// The rows of a batch that are not among `errors`, which are in row order.
    pub fn without(batch: RecordBatch, errors: &[RowError]) -> Result<RecordBatch, Stop> {
        if errors.is_empty() {
            return Ok(batch);
        }
        let mut keep = vec![true; batch.num_rows()];
        for error in errors {
            if let Some(kept) = keep.get_mut(error.row as usize) {
                *kept = false;
            }
        }
        let filter = FilterBuilder::new(&BooleanArray::from(keep)).optimize().build();
        Ok(filter.filter_record_batch(&batch)?)
    }
}

impl Branch {
    fn count(&mut self, shared: &Shared<'_>, rows: usize) {
        self.rows += rows as u64;
        if self.counts_as_read {
            shared.counters.read(rows as u64);
        }
    }

    /// Counts the bytes of the long values that a source sends.
    fn count_long(&self, shared: &Shared<'_>, batch: &RecordBatch) {
        if self.counts_as_read {
            let columns = self.long_columns.iter().filter_map(|&at| batch.columns().get(at));
            let bytes: u64 = columns.map(long_bytes).sum();
            shared.counters.read_long(bytes);
        }
    }
}

impl Way {
    /// Delivers a batch. The counters know of a new one as long as its tree works on it, or it
    /// waits in a queue.
    fn hand_on(
        &mut self,
        shared: &Shared<'_>,
        is_new: bool,
        batch: RecordBatch,
    ) -> Result<(), Stop> {
        let held = is_new && matches!(self.target, Target::Stage(_));
        let bytes = if held { batch.get_array_memory_size() } else { 0 };
        if held {
            shared.counters.hold(bytes);
        }
        let result = self.deliver(shared, batch);
        if held {
            shared.counters.let_go(bytes);
        }
        result
    }

    fn deliver(&mut self, shared: &Shared<'_>, batch: RecordBatch) -> Result<(), Stop> {
        shared.check()?;
        if let Some(tap) = &mut self.tap {
            tap.copy(&batch).map_err(|failure| tap_failed(shared, &failure))?;
        }
        match &mut self.target {
            Target::Stage(stage) => stage.process(shared, &self.path, batch),
            Target::Inbox(inbox, input) => inbox.push(shared, *input, batch),
        }
    }

    /// Nothing more comes along this path.
    pub(crate) fn end(&mut self, shared: &Shared<'_>) -> Result<(), Stop> {
        if let Some(tap) = &mut self.tap {
            tap.finish().map_err(|failure| tap_failed(shared, &failure))?;
        }
        match &mut self.target {
            Target::Stage(stage) => stage.end(shared, &self.path),
            Target::Inbox(inbox, input) => {
                inbox.finish(*input);
                Ok(())
            }
        }
    }
}

/// A tap whose file cannot be written stops the data flow, as documented.
fn tap_failed(shared: &Shared<'_>, failure: &Failure) -> Stop {
    for message in &failure.errors {
        shared.error(Subcomponent::Pipeline, message.clone());
    }
    Stop::Stopped
}

/// Bytes of the values of a text or binary column.
fn long_bytes(column: &ArrayRef) -> u64 {
    let offsets = if let Some(text) = column.as_string_opt::<i32>() {
        text.value_offsets()
    } else if let Some(bytes) = column.as_binary_opt::<i32>() {
        bytes.value_offsets()
    } else {
        return 0;
    };
    let ends = offsets.first().zip(offsets.last());
    ends.map_or(0, |(first, last)| u64::try_from(last - first).unwrap_or(0))
}
