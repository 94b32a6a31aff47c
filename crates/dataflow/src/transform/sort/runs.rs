//! Rows that do not fit into memory: sorted runs in files, merged at the end.
//!
//! A run is a file without a name, so nothing is left behind however the process ends. Runs are
//! merged at most [`RUNS_MAX`] at once; while that happens, a part of each is in memory, all
//! together a quarter of what was in memory when the largest run was written.
//!
//! # Invariant
//!
//! Runs are in the order in which their rows came in: of equal keys the earlier run's come first.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use arrow_array::RecordBatch;
use arrow_select::interleave::interleave_record_batch;
use fs_err::File;

use super::{Rows, Sort};
use crate::gather::Place;
use crate::raw::{RawReader, RawWriter};
use crate::sort_key::{KeyColumn, Keys};
use crate::spill::{self, broken, finish};
use crate::{Context, Outbox, Stop};

/// Runs that are merged at once; each takes an open file.
const RUNS_MAX: usize = 64;

/// Rows in a part of a run at most.
const PART_ROWS_MAX: usize = 8192;

/// Takes rows that have been put in order.
type Sink<'s> = dyn FnMut(&[RecordBatch], &[Place]) -> Result<(), Stop> + 's;

/// The runs of a Sort.
pub(super) struct Runs<'a> {
    sort: &'a Sort,
    files: Vec<File>,
    /// Bytes of the rows of the largest run in memory.
    largest: usize,
    /// Rows in a part of the next run.
    part_rows: usize,
    /// Batches that were set aside.
    spooled: i64,
}

impl<'a> Runs<'a> {
    pub(super) const fn new(sort: &'a Sort) -> Self {
        Self { sort, files: Vec::new(), largest: 0, part_rows: 1, spooled: 0 }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Writes the rows in memory as a run, and gives their memory back.
    pub(super) fn set_aside(&mut self, rows: &mut Rows, context: &Context<'_>) -> Result<(), Stop> {
        let Rows { batches, keys, kept } = std::mem::take(rows);
        let places = self.sort.order(&batches, &keys);
        drop(keys);
        self.part_rows = (places.len() / (4 * RUNS_MAX)).clamp(1, PART_ROWS_MAX);
        let mut run = self.begin()?;
        for places in places.chunks(self.part_rows) {
            context.check()?;
            write(&mut run, &batches, places)?;
            self.spooled += 1;
            context.spooled(1);
        }
        self.files.push(finish(run)?);
        self.largest = self.largest.max(kept);
        drop(batches);
        context.release(kept);
        tracing::debug!(component = context.name(), runs = self.files.len(), "set rows aside");
        if self.files.len() < RUNS_MAX {
            return Ok(());
        }
        let (files, mut merged) = (std::mem::take(&mut self.files), self.begin()?);
        self.merge(files, self.part_rows, context, &mut |batches, places| {
            write(&mut merged, batches, places)
        })?;
        self.files.push(finish(merged)?);
        Ok(())
    }

    /// Sends all rows in order.
    pub(super) fn send(mut self, out: &mut Outbox<'_>) -> Result<(), Stop> {
        let files = std::mem::take(&mut self.files);
        let (rows, context) = (out.batch_rows(), out.context());
        let sort = self.sort;
        self.merge(files, rows, &context, &mut |batches, places| sort.send(batches, places, out))?;
        context.spooled(-self.spooled);
        Ok(())
    }

    fn begin(&self) -> Result<RawWriter, Stop> {
        self.sort.spill.begin()
    }

    /// Hands the rows of runs on in order, so many at once.
    fn merge(
        &self,
        files: Vec<File>,
        rows: usize,
        context: &Context<'_>,
        sink: &mut Sink<'_>,
    ) -> Result<(), Stop> {
        let reserved = self.largest / 4;
        context.reserve(reserved)?;
        let mut merge = Merge::new(&self.sort.keys, files)?;
        let mut last: Option<Vec<u8>> = None;
        while let Some(Reverse((key, number))) = merge.queue.pop() {
            let is_duplicate = self.sort.eliminate_duplicates && last.as_ref() == Some(&key);
            if !is_duplicate {
                merge.take(number);
                last = self.sort.eliminate_duplicates.then(|| key.clone());
            }
            merge.advance(number, key)?;
            if merge.places.len() == rows {
                context.check()?;
                merge.hand_on(sink)?;
            }
        }
        merge.hand_on(sink)?;
        context.release(reserved);
        Ok(())
    }
}

fn write(run: &mut RawWriter, batches: &[RecordBatch], places: &[Place]) -> Result<(), Stop> {
    let batches: Vec<&RecordBatch> = batches.iter().collect();
    let batch = interleave_record_batch(&batches, places)?;
    Ok(run.write(batch).map_err(|error| broken(&error))?)
}

/// A run that is read.
struct Run {
    reader: RawReader,
    part: RecordBatch,
    keys: Keys,
    row: usize,
    /// Place of the part among the batches of the rows that were taken.
    slot: Option<usize>,
}

/// Runs on their way into one.
struct Merge<'a> {
    columns: &'a [KeyColumn],
    runs: Vec<Run>,
    /// The key of the next row of each run, least first.
    queue: BinaryHeap<Reverse<(Vec<u8>, usize)>>,
    batches: Vec<RecordBatch>,
    places: Vec<Place>,
}

impl<'a> Merge<'a> {
    fn new(columns: &'a [KeyColumn], files: Vec<File>) -> Result<Self, Stop> {
        let (mut runs, mut queue) = (Vec::new(), BinaryHeap::new());
        for file in files {
            let mut reader = spill::read(file)?;
            let Some(part) = reader.next().map_err(|error| broken(&error))? else { continue };
            let keys = Keys::of(&part, columns);
            queue.push(Reverse((keys.row(0).to_vec(), runs.len())));
            runs.push(Run { reader, part, keys, row: 0, slot: None });
        }
        Ok(Self { columns, runs, queue, batches: Vec::new(), places: Vec::new() })
    }

    /// Takes the next row of a run.
    fn take(&mut self, number: usize) {
        let run = &mut self.runs[number];
        let batches = &mut self.batches;
        let slot = *run.slot.get_or_insert_with(|| {
            batches.push(run.part.clone());
            batches.len() - 1
        });
        self.places.push((slot, run.row));
    }

    /// Goes on to the next row of a run. `key` is used again for its key.
    fn advance(&mut self, number: usize, mut key: Vec<u8>) -> Result<(), Stop> {
        let run = &mut self.runs[number];
        run.row += 1;
        if run.row == run.part.num_rows() {
            let next = run.reader.next().map_err(|error| broken(&error))?;
            let Some(part) = next else { return Ok(()) };
            run.keys = Keys::of(&part, self.columns);
            (run.part, run.row, run.slot) = (part, 0, None);
        }
        key.clear();
        key.extend_from_slice(run.keys.row(run.row));
        self.queue.push(Reverse((key, number)));
        Ok(())
    }

    /// Hands on the rows that were taken.
    fn hand_on(&mut self, sink: &mut Sink<'_>) -> Result<(), Stop> {
        if !self.places.is_empty() {
            sink(&self.batches, &self.places)?;
        }
        self.places.clear();
        self.batches.clear();
        self.runs.iter_mut().for_each(|run| run.slot = None);
        Ok(())
    }
}
