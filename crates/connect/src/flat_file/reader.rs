//! Reads a flat file as blocks of text columns, in bounded memory.
//!
//! ```text
//!   file ──bytes──▶ Source ──decoded text──▶ Plan::row ──cells──▶ Sink ──▶ Block
//! ```
//!
//! `Source` holds a window of decoded text; `Plan` finds the cells of one row in it, or says that
//! the row is not there completely; then the window grows and the row is looked at again.
//!
//! Rules: data-flow facts 2.2 (`DTS_E_COLUMNDELIMITERNOTFOUND`, `DTS_E_TEXTQUALIFIERNOTFOUND`,
//! `DTS_W_PARTIALROWFOUNDATENDOFFILE`, `DTS_W_ENDOFFILEREACHWHILEREADINGHEADERROWS`).

use std::path::{Path, PathBuf};

use super::Format;

mod error;
mod plan;
mod sink;
mod source;

pub use error::{ReadError, Stage, Warning};
pub use sink::Block;

use plan::{Plan, Problem, Step};
use sink::Sink;
use source::Source;

/// Text of a row and rest of the window together stay below this: a missing closing qualifier
/// would otherwise read the whole file into memory.
const ROW_BYTES_MAX: usize = 256 << 20;

/// A block ends when it has consumed this much text, however few rows that is.
const BLOCK_BYTES_MAX: usize = 16 << 20;

/// Which parts of the rows a reader hands out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Numbers of columns, as in [`Format::columns`]; a block has them in this order.
    pub columns: Vec<usize>,
    /// Whether blocks have the text of whole rows, as error outputs need it.
    pub rows: bool,
}

/// Reads one flat file.
pub struct Reader {
    path: PathBuf,
    source: Source,
    plan: Plan,
    sink: Sink,
    /// Data rows read so far, skipped ones included.
    row: u64,
    stage: Stage,
    /// An error behind the rows of the last block.
    pending: Option<ReadError>,
    warnings: Vec<Warning>,
    done: bool,
}

impl Reader {
    /// Opens a file and skips what its format says to skip.
    pub fn open(path: &Path, format: &Format, wanted: &Wanted) -> Result<Self, ReadError> {
        format.check().map_err(|source| ReadError::Format { path: path.to_owned(), source })?;
        let source = Source::open(path, format.code_page)?;
        let mut reader = Self {
            path: path.to_owned(),
            source,
            plan: Plan::new(format),
            sink: Sink::new(format.columns.len(), &Wanted::default()),
            row: 0,
            stage: Stage::Header,
            pending: None,
            warnings: Vec::new(),
            done: false,
        };
        reader.skip(format)?;
        reader.stage = Stage::Data;
        reader.sink = Sink::new(format.columns.len(), wanted);
        Ok(reader)
    }

    /// The next rows, at most `rows_max` of them; `None` at the end. Rows before a bad one are
    /// handed out before its error, and after an error there is nothing more.
    pub fn next_block(&mut self, rows_max: usize) -> Result<Option<Block>, ReadError> {
        let first_row = self.row + 1;
        let mut consumed = 0;
        while !self.done && self.sink.rows() < rows_max.max(1) && consumed < BLOCK_BYTES_MAX {
            match self.read_row() {
                Ok(length) => consumed += length,
                Err(error) => {
                    self.pending = Some(error);
                    self.done = true;
                }
            }
        }
        if 0 < self.sink.rows() {
            return self.sink.take_block(first_row).map(Some).map_err(|source| ReadError::Block {
                path: self.path.clone(),
                row: first_row,
                source,
            });
        }
        self.pending.take().map_or(Ok(None), Err)
    }

    /// What was strange but no error, since the last call.
    pub fn take_warnings(&mut self) -> Vec<Warning> {
        std::mem::take(&mut self.warnings)
    }

    /// Data rows read so far, skipped ones included.
    pub const fn rows_read(&self) -> u64 {
        self.row
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn skip(&mut self, format: &Format) -> Result<(), ReadError> {
        for _ in 0..format.header_rows_to_skip {
            if !self.skip_to(format.header_delimiter())? {
                self.warnings.push(Warning::EndInHeader);
                self.done = true;
                return Ok(());
            }
        }
        if format.column_names_in_first_data_row && !self.done {
            self.read_row()?;
            self.row = 0;
        }
        self.stage = Stage::Skipped;
        for _ in 0..format.data_rows_to_skip {
            if self.done {
                break;
            }
            self.read_row()?;
        }
        Ok(())
    }

    /// Goes behind the next `delimiter`; `false` when the file ends before.
    fn skip_to(&mut self, delimiter: &str) -> Result<bool, ReadError> {
        loop {
            let rest = &self.source.window()[self.source.at..];
            if let Some(found) = memchr::memmem::find(rest.as_bytes(), delimiter.as_bytes()) {
                self.source.at += found + delimiter.len();
                return Ok(true);
            }
            if self.source.is_at_end() {
                return Ok(false);
            }
            // Only what may be the start of a delimiter is kept.
            let keep = rest.len().saturating_sub(delimiter.len());
            self.source.at += rest.floor_char_boundary(keep);
            self.refill()?;
        }
    }

    /// Reads one row into the sink and returns how much text it was; sets `done` at the end.
    fn read_row(&mut self) -> Result<usize, ReadError> {
        loop {
            let Source { at, .. } = self.source;
            let at_end = self.source.is_at_end();
            let text = self.source.window();
            match self.plan.row(&text[at..], at_end, &mut self.sink) {
                Ok(Step::Row { length }) => {
                    self.source.at += length;
                    self.row += 1;
                    return Ok(length);
                }
                Ok(Step::End { partial }) => {
                    self.sink.roll_back();
                    if partial {
                        self.warnings.push(Warning::PartialRow { row: self.row + 1 });
                    }
                    self.done = true;
                    return Ok(0);
                }
                Ok(Step::Incomplete) => self.sink.roll_back(),
                Err(problem) => {
                    self.sink.roll_back();
                    return Err(self.problem(problem));
                }
            }
            if ROW_BYTES_MAX < text.len() - at {
                return Err(ReadError::RowTooLong { path: self.path.clone(), row: self.row + 1 });
            }
            self.refill()?;
        }
    }

    fn refill(&mut self) -> Result<(), ReadError> {
        let row = self.row + 1;
        self.source.refill().map_err(|source| ReadError::Read {
            path: self.path.clone(),
            row,
            source,
        })
    }

    fn problem(&self, problem: Problem) -> ReadError {
        let (path, row, stage) = (self.path.clone(), self.row + 1, self.stage);
        let name = |column| self.plan.column_name(column).to_owned();
        match problem {
            Problem::Delimiter { column } => {
                ReadError::Delimiter { path, row, stage, column, name: name(column) }
            }
            Problem::Qualifier { column } => {
                ReadError::Qualifier { path, row, stage, column, name: name(column) }
            }
        }
    }
}

#[cfg(test)]
mod tests;
