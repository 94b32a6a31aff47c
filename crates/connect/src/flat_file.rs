//! Flat files: what the flat file connection manager describes, read and written.
//!
//! A [`Format`] mirrors the connection manager. A [`Reader`] turns a file into columns of text, a
//! [`Writer`] columns of text into a file; turning text into typed values and back is the
//! business of the components, because their rules (FastParse, locale, dispositions) are theirs.
//!
//! Delimiters and qualifiers are plain text here; `_x000D_` escapes are undone by whoever read
//! the package.

use crate::code_page::CodePage;

mod reader;
mod writer;

pub use reader::{Block, ReadError, Reader, Stage, Wanted, Warning};
pub use writer::{WriteError, WriteOptions, Writer};

/// How a flat file is laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Format {
    /// [`CodePage::UTF16`] when `Unicode` is True, else `CodePage`.
    pub code_page: CodePage,
    /// `HeaderRowDelimiter`: what ends each row that `header_rows_to_skip` counts. Empty means
    /// the row delimiter.
    pub header_row_delimiter: String,
    /// `HeaderRowsToSkip`: rows before the column names.
    pub header_rows_to_skip: u64,
    /// `DataRowsToSkip`: rows behind the column names.
    pub data_rows_to_skip: u64,
    /// `ColumnNamesInFirstDataRow`.
    pub column_names_in_first_data_row: bool,
    /// `TextQualifier`; empty for `<none>`.
    pub text_qualifier: String,
    /// `AlwaysCheckForRowDelimiters`: a row delimiter ends a row that has too few columns.
    pub always_check_for_row_delimiters: bool,
    /// In the order of the file.
    pub columns: Vec<Column>,
}

/// One column of a flat file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name, as the row with column names has it.
    pub name: String,
    /// Where it ends.
    pub layout: Layout,
    /// `TextQualified`: whether it may stand between text qualifiers.
    pub text_qualified: bool,
}

/// Where a column ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Layout {
    /// At this delimiter; that of the last column ends the row.
    Delimited(String),
    /// After this many characters (UTF-16 units when the file is Unicode, else bytes).
    Fixed(u32),
}

/// A format that no file can have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// There are no columns.
    #[error("the flat file connection has no columns")]
    NoColumns,
    /// A delimited column without a delimiter.
    #[error("column `{column}` of the flat file connection has no delimiter")]
    NoDelimiter {
        /// The column.
        column: String,
    },
    /// A fixed width column of no width.
    #[error("column `{column}` of the flat file connection has no width")]
    NoWidth {
        /// The column.
        column: String,
    },
}

impl Format {
    /// Whether a file can have this format.
    pub fn check(&self) -> Result<(), FormatError> {
        if self.columns.is_empty() {
            return Err(FormatError::NoColumns);
        }
        for column in &self.columns {
            let name = || column.name.clone();
            match &column.layout {
                Layout::Delimited(text) if text.is_empty() => {
                    return Err(FormatError::NoDelimiter { column: name() });
                }
                Layout::Fixed(0) => return Err(FormatError::NoWidth { column: name() }),
                Layout::Delimited(_) | Layout::Fixed(_) => {}
            }
        }
        Ok(())
    }

    /// What ends a row: the delimiter of the last column, where it has one.
    pub fn row_delimiter(&self) -> Option<&str> {
        match &self.columns.last()?.layout {
            Layout::Delimited(delimiter) => Some(delimiter),
            Layout::Fixed(_) => None,
        }
    }

    /// What ends a header row.
    fn header_delimiter(&self) -> &str {
        if self.header_row_delimiter.is_empty() {
            self.row_delimiter().unwrap_or("\r\n")
        } else {
            &self.header_row_delimiter
        }
    }
}

/// A comma-separated format for tests: one letter a column.
#[cfg(test)]
fn csv(names: &[&str]) -> Format {
    let column = |(at, name): (usize, &&str)| Column {
        name: (*name).to_owned(),
        layout: Layout::Delimited(if at + 1 == names.len() { "\r\n" } else { "," }.to_owned()),
        text_qualified: true,
    };
    Format {
        code_page: CodePage::WINDOWS_1252,
        header_row_delimiter: "\r\n".to_owned(),
        header_rows_to_skip: 0,
        data_rows_to_skip: 0,
        column_names_in_first_data_row: false,
        text_qualifier: "\"".to_owned(),
        always_check_for_row_delimiters: true,
        columns: names.iter().enumerate().map(column).collect(),
    }
}
