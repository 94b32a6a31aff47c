//! Collects the cells of rows into columns.

use std::sync::Arc;

use arrow_array::StringArray;
use arrow_buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::ArrowError;

use super::Wanted;

/// Rows of a flat file, as text.
#[derive(Clone, Debug)]
pub struct Block {
    /// The wanted columns. A cell is null when its row ended before it; an empty cell is "".
    pub columns: Vec<Arc<StringArray>>,
    /// The text of each row without its row delimiter, where that was wanted.
    pub rows: Option<Arc<StringArray>>,
    /// Number of the first row among the data rows of the file, from 1.
    pub first_row: u64,
    /// How many rows.
    pub n_rows: usize,
}

pub(super) struct Sink {
    /// Which of `cells` a column of the file goes to.
    slots: Vec<Option<usize>>,
    cells: Vec<Cells>,
    /// The same column may be wanted twice: (of, copy).
    order: Vec<usize>,
    raw: Option<Cells>,
    rows: usize,
}

struct Cells {
    bytes: Vec<u8>,
    /// Ends of the cells, with a 0 before the first.
    ends: Vec<i32>,
    /// Rows whose cell is absent.
    absent: Vec<usize>,
}

impl Sink {
    pub(super) fn new(n_columns: usize, wanted: &Wanted) -> Self {
        let mut slots = vec![None; n_columns];
        let mut order = Vec::new();
        let mut n_slots = 0;
        for &column in &wanted.columns {
            let Some(slot) = slots.get_mut(column) else { continue };
            order.push(*slot.get_or_insert_with(|| {
                n_slots += 1;
                n_slots - 1
            }));
        }
        let cells = (0..n_slots).map(|_| Cells::new()).collect();
        Self { slots, cells, order, raw: wanted.rows.then(Cells::new), rows: 0 }
    }

    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Adds text to the cell that is being made.
    #[inline]
    pub(super) fn piece(&mut self, column: usize, text: &[u8]) {
        if let Some(slot) = self.slots[column] {
            self.cells[slot].bytes.extend_from_slice(text);
        }
    }

    /// The cell that is being made is complete.
    #[inline]
    pub(super) fn end_cell(&mut self, column: usize) {
        if let Some(slot) = self.slots[column] {
            self.cells[slot].end();
        }
    }

    #[inline]
    pub(super) fn cell(&mut self, column: usize, text: &[u8]) {
        if let Some(slot) = self.slots[column] {
            let cells = &mut self.cells[slot];
            cells.bytes.extend_from_slice(text);
            cells.end();
        }
    }

    /// The row ended before these columns.
    pub(super) fn absent_from(&mut self, column: usize) {
        for slot in self.slots[column..].iter().flatten() {
            let cells = &mut self.cells[*slot];
            cells.absent.push(self.rows);
            cells.end();
        }
    }

    #[inline]
    pub(super) fn end_row(&mut self, text: &[u8]) {
        if let Some(raw) = &mut self.raw {
            raw.bytes.extend_from_slice(text);
            raw.end();
        }
        self.rows += 1;
    }

    /// Forgets the cells of a row that was not complete.
    pub(super) fn roll_back(&mut self) {
        for cells in &mut self.cells {
            cells.truncate(self.rows);
        }
    }

    pub(super) fn take_block(&mut self, first_row: u64) -> Result<Block, ArrowError> {
        let n_rows = std::mem::take(&mut self.rows);
        let made: Result<Vec<_>, _> =
            self.cells.iter_mut().map(|cells| cells.take(n_rows)).collect();
        let made = made?;
        let columns = self.order.iter().map(|&slot| Arc::clone(&made[slot])).collect();
        let rows = self.raw.as_mut().map(|cells| cells.take(n_rows)).transpose()?;
        Ok(Block { columns, rows, first_row, n_rows })
    }
}

impl Cells {
    fn new() -> Self {
        Self { bytes: Vec::new(), ends: vec![0], absent: Vec::new() }
    }

    /// A block has less than 2 GB: `ROW_BYTES_MAX` and `BLOCK_BYTES_MAX` see to that.
    #[inline]
    fn end(&mut self) {
        self.ends.push(i32::try_from(self.bytes.len()).unwrap_or(i32::MAX));
    }

    fn truncate(&mut self, rows: usize) {
        self.ends.truncate(rows + 1);
        let end = self.ends.last().copied().unwrap_or(0);
        self.bytes.truncate(usize::try_from(end).unwrap_or(0));
        self.absent.retain(|&row| row < rows);
    }

    fn take(&mut self, n_rows: usize) -> Result<Arc<StringArray>, ArrowError> {
        let capacity = (self.bytes.len(), self.ends.len());
        let bytes = std::mem::replace(&mut self.bytes, Vec::with_capacity(capacity.0));
        let mut first = Vec::with_capacity(capacity.1);
        first.push(0);
        let ends = std::mem::replace(&mut self.ends, first);
        let absent = std::mem::take(&mut self.absent);
        let nulls = (!absent.is_empty()).then(|| {
            let mut valid = vec![true; n_rows];
            absent.iter().for_each(|&row| valid[row] = false);
            NullBuffer::from(valid)
        });
        let offsets = OffsetBuffer::new(ScalarBuffer::from(ends));
        StringArray::try_new(offsets, Buffer::from_vec(bytes), nulls).map(Arc::new)
    }
}
