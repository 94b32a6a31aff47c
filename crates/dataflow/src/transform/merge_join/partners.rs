//! The rows of the right input with the key that is being joined: in memory, or in a file when
//! the budget has no room for them.
//!
//! In a file they are read again for every row of the left input with that key.

use std::io::{Seek, SeekFrom};
use std::sync::Arc;

use arrow_array::RecordBatch;
use fs_err::File;

use super::Side;
use super::side::Place;
use crate::raw::{RawError, RawWriter};
use crate::spill::{self, Spill, broken, finish};
use crate::{Context, Inputs, Stop};

/// About what a part takes beside its rows.
const PART_BYTES: usize = 64;

/// Rows of one key.
pub(super) struct Partners<'a> {
    context: Context<'a>,
    spill: &'a Spill,
    /// Rows next to each other: batch, first row, number of rows.
    parts: Vec<(Arc<RecordBatch>, usize, usize)>,
    /// Bytes that the parts took from the budget.
    kept: usize,
    writer: Option<RawWriter>,
    file: Option<File>,
    /// Batches in the file.
    spooled: i64,
}

impl<'a> Partners<'a> {
    pub(super) fn new(context: Context<'a>, spill: &'a Spill) -> Self {
        let (parts, kept, spooled) = (Vec::new(), 0, 0);
        Self { context, spill, parts, kept, writer: None, file: None, spooled }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.parts.is_empty() && self.writer.is_none() && self.file.is_none()
    }

    /// Takes all rows of a side with a key.
    pub(super) fn take(
        &mut self,
        side: &mut Side<'_>,
        key: &[u8],
        inputs: &mut Inputs<'_>,
    ) -> Result<(), Stop> {
        while side.key() == Some(key) {
            let Place { batch, row } = side.take(inputs)?;
            match self.parts.last_mut() {
                Some((last, first, rows)) if Arc::ptr_eq(last, &batch) && *first + *rows == row => {
                    *rows += 1;
                }
                Some(_) | None => self.begin(batch, row)?,
            }
        }
        let Some(mut writer) = self.writer.take() else { return Ok(()) };
        self.set_aside(&mut writer)?;
        self.file = Some(finish(writer)?);
        Ok(())
    }

    /// Begins a part with one row.
    fn begin(&mut self, batch: Arc<RecordBatch>, row: usize) -> Result<(), Stop> {
        let bytes = batch.get_array_memory_size() + PART_BYTES;
        if self.writer.is_none() && self.context.reserve(bytes).is_ok() {
            self.kept += bytes;
        } else {
            let mut writer = match self.writer.take() {
                Some(writer) => writer,
                None => self.spill.begin()?,
            };
            self.set_aside(&mut writer)?;
            self.writer = Some(writer);
        }
        self.parts.push((batch, row, 1));
        Ok(())
    }

    fn set_aside(&mut self, writer: &mut RawWriter) -> Result<(), Stop> {
        for (batch, first, rows) in self.parts.drain(..) {
            self.context.check()?;
            writer.write(batch.slice(first, rows)).map_err(|error| broken(&error))?;
            self.spooled += 1;
            self.context.spooled(1);
        }
        self.context.release(std::mem::take(&mut self.kept));
        Ok(())
    }

    /// Calls `join` with each row, in order.
    pub(super) fn each(&self, join: &mut dyn FnMut(Place) -> Result<(), Stop>) -> Result<(), Stop> {
        for (batch, first, rows) in &self.parts {
            for row in *first..first + rows {
                join(Place { batch: Arc::clone(batch), row })?;
            }
        }
        let Some(file) = &self.file else { return Ok(()) };
        let mut again = file.try_clone().map_err(|error| broken(&RawError::Open(error)))?;
        let back = again.seek(SeekFrom::Start(0));
        back.map_err(|error| broken(&RawError::Open(error)))?;
        let mut reader = spill::read(again)?;
        while let Some(batch) = reader.next().map_err(|error| broken(&error))? {
            self.context.check()?;
            let batch = Arc::new(batch);
            for row in 0..batch.num_rows() {
                join(Place { batch: Arc::clone(&batch), row })?;
            }
        }
        Ok(())
    }
}

impl Drop for Partners<'_> {
    fn drop(&mut self) {
        self.context.release(self.kept);
        self.context.spooled(-self.spooled);
    }
}
