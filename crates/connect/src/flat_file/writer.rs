//! Writes columns of text as a flat file.
//!
//! # Invariants
//!
//! * The file grows by whole rows: rows are collected and written together, and when writing
//!   fails the file is cut back to the last whole row, so that a failed run leaves no torn one.
//! * Nothing is written in place of what cannot be: a character without a match in the code
//!   page, or text wider than its column, is an error that names row and column.
//!
//! Rules: data-flow facts 3.3. A NULL is written as an empty value.

use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use arrow_array::{Array, StringArray};
use fs_err::{File, OpenOptions};

use super::{Format, Layout};
use crate::code_page::{CodePage, NoMatch};

mod error;

pub use error::WriteError;

/// Rows are written when they are this many bytes together.
const BUFFER_BYTES: usize = 1 << 20;

/// The properties of a Flat File Destination that say how a file is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteOptions {
    /// `Overwrite`: whether an existing file is emptied; else rows go behind what it has.
    pub overwrite: bool,
    /// `Header`: text before everything else.
    pub header: String,
    /// `EscapeQualifier`: whether qualifiers inside qualified values are doubled.
    pub escape_qualifier: bool,
}

impl Default for WriteOptions {
    fn default() -> Self {
        Self { overwrite: true, header: String::new(), escape_qualifier: false }
    }
}

/// Writes one flat file.
#[derive(Debug)]
pub struct Writer {
    path: PathBuf,
    file: File,
    columns: Vec<Rule>,
    names: Vec<String>,
    code_page: CodePage,
    /// Whole rows, encoded.
    buffer: Vec<u8>,
    /// The row that is being made, as text.
    line: String,
    /// Length of the file up to the last row that is in it.
    length: u64,
    /// Rows in the file.
    rows_written: u64,
    /// Rows in the file and in the buffer.
    rows: u64,
}

/// How a column is written.
#[derive(Debug)]
struct Rule {
    layout: Layout,
    /// Empty when the column is not qualified.
    qualifier: String,
    /// What stands for a qualifier inside a qualified value.
    escaped: String,
}

/// A value that a column cannot take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BadCell {
    TooWide { width: usize, text_width: usize },
    NoMatch(NoMatch),
}

impl Writer {
    /// Opens a file, and writes the header and the names of the columns where the format says so.
    pub fn create(
        path: &Path,
        format: &Format,
        options: &WriteOptions,
    ) -> Result<Self, WriteError> {
        format.check().map_err(|source| WriteError::Format { path: path.to_owned(), source })?;
        let open = |source| WriteError::Open { path: path.to_owned(), source };
        let mut open_options = OpenOptions::new();
        open_options.write(true).create(true).truncate(options.overwrite);
        let mut file = open_options.open(path).map_err(open)?;
        let length = file.seek(SeekFrom::End(0)).map_err(open)?;
        let mut writer = Self {
            path: path.to_owned(),
            file,
            columns: format.columns.iter().map(|column| rule(column, format, options)).collect(),
            names: format.columns.iter().map(|column| column.name.clone()).collect(),
            code_page: format.code_page,
            buffer: Vec::new(),
            line: String::new(),
            length,
            rows_written: 0,
            rows: 0,
        };
        writer.start(format, &options.header)?;
        Ok(writer)
    }

    /// Mark, header, names.
    fn start(&mut self, format: &Format, header: &str) -> Result<(), WriteError> {
        if self.length == 0 && self.code_page == CodePage::UTF16 {
            self.buffer.extend_from_slice(&[0xFF, 0xFE]);
        }
        if !header.is_empty() {
            self.line.push_str(header);
            if !header.ends_with(format.header_delimiter()) {
                self.line.push_str(format.header_delimiter());
            }
            self.end_line()
                .map_err(|source| WriteError::Header { path: self.path.clone(), source })?;
        }
        if format.column_names_in_first_data_row {
            for column in 0..self.names.len() {
                let name = std::mem::take(&mut self.names[column]);
                let made = self.cell(column, Some(&name));
                self.names[column] = name;
                made.map_err(|problem| self.bad_cell(column, 0, problem))?;
            }
            self.end_line()
                .map_err(|source| WriteError::Header { path: self.path.clone(), source })?;
        }
        self.flush()
    }

    /// Writes rows: one array for each column of the format, all of one length.
    pub fn write(&mut self, columns: &[&StringArray]) -> Result<(), WriteError> {
        let n_rows = columns.first().map_or(0, |column| column.len());
        if columns.len() != self.columns.len() || columns.iter().any(|each| each.len() != n_rows) {
            return Err(WriteError::Columns { path: self.path.clone(), n: columns.len() });
        }
        for row in 0..n_rows {
            self.write_row(|column| {
                let array = columns[column];
                array.is_valid(row).then(|| array.value(row))
            })?;
        }
        Ok(())
    }

    /// Writes one row; `cell` gives the text of each column by its number, `None` for NULL.
    pub fn write_row<'a>(
        &mut self,
        cell: impl Fn(usize) -> Option<&'a str>,
    ) -> Result<(), WriteError> {
        let row = self.rows + 1;
        self.line.clear();
        for column in 0..self.columns.len() {
            let made = self.cell(column, cell(column));
            made.map_err(|problem| self.bad_cell(column, row, problem))?;
        }
        if let Err(source) = self.end_line() {
            let column = (0..self.columns.len())
                .find(|&column| cell(column).is_some_and(|text| text.contains(source.character)));
            return Err(self.bad_cell(column.unwrap_or(0), row, BadCell::NoMatch(source)));
        }
        self.rows = row;
        if BUFFER_BYTES <= self.buffer.len() { self.flush() } else { Ok(()) }
    }

    /// Writes what is left and returns how many rows were written.
    pub fn finish(mut self) -> Result<u64, WriteError> {
        self.flush()?;
        Ok(self.rows)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds a cell with its delimiter to the line.
    fn cell(&mut self, column: usize, text: Option<&str>) -> Result<(), BadCell> {
        let text = text.unwrap_or_default();
        let rule = &self.columns[column];
        match &rule.layout {
            Layout::Delimited(delimiter) => {
                self.line.push_str(&rule.qualifier);
                if rule.escaped.is_empty() || !text.contains(&rule.qualifier) {
                    self.line.push_str(text);
                } else {
                    self.line.push_str(&text.replace(&rule.qualifier, &rule.escaped));
                }
                self.line.push_str(&rule.qualifier);
                self.line.push_str(delimiter);
            }
            Layout::Fixed(width) => {
                let width = usize::try_from(*width).unwrap_or(usize::MAX);
                let text_width = self.code_page.width(text);
                let Some(padding) = width.checked_sub(text_width) else {
                    return Err(BadCell::TooWide { width, text_width });
                };
                self.line.push_str(text);
                self.line.extend(std::iter::repeat_n(' ', padding));
            }
        }
        Ok(())
    }

    /// Moves the line to the buffer, or nothing of it.
    fn end_line(&mut self) -> Result<(), NoMatch> {
        let before = self.buffer.len();
        let encoded = self.code_page.encode(&self.line, &mut self.buffer);
        if encoded.is_err() {
            self.buffer.truncate(before);
        }
        self.line.clear();
        encoded
    }

    fn flush(&mut self) -> Result<(), WriteError> {
        if let Err(source) = self.file.write_all(&self.buffer) {
            return Err(self.cut_back(source));
        }
        self.length += u64::try_from(self.buffer.len()).unwrap_or(0);
        self.rows_written = self.rows;
        self.buffer.clear();
        Ok(())
    }

    /// Takes away what the failed write left behind; only rows that are wholly there stay.
    fn cut_back(&mut self, source: io::Error) -> WriteError {
        self.buffer.clear();
        let row = self.rows_written + 1;
        // When even this fails, the first error is the one to tell.
        let torn = self.file.set_len(self.length).is_err();
        WriteError::Write { path: self.path.clone(), row, torn, source }
    }

    fn bad_cell(&self, column: usize, row: u64, problem: BadCell) -> WriteError {
        let name = self.names[column].clone();
        let path = self.path.clone();
        match problem {
            BadCell::TooWide { width, text_width } => {
                WriteError::TooWide { path, row, column, name, width, text_width }
            }
            BadCell::NoMatch(source) => WriteError::NoMatch { path, row, column, name, source },
        }
    }
}

/// Rows that were taken are written even when whatever made them fails later.
impl Drop for Writer {
    fn drop(&mut self) {
        if let Err(error) = self.flush() {
            tracing::warn!(error = %error, "rows of an unfinished file are lost");
        }
    }
}

fn rule(column: &super::Column, format: &Format, options: &WriteOptions) -> Rule {
    let qualifier = match (&column.layout, column.text_qualified) {
        (Layout::Delimited(_), true) => format.text_qualifier.clone(),
        _ => String::new(),
    };
    let escaped = if options.escape_qualifier { qualifier.repeat(2) } else { String::new() };
    Rule { layout: column.layout.clone(), qualifier, escaped }
}

#[cfg(test)]
mod tests;
