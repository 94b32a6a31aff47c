//! What can be wrong with a flat file.

use std::io;
use std::path::PathBuf;

use arrow_schema::ArrowError;
use model::dts;

use crate::flat_file::FormatError;

/// What the reader was reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The row with the column names.
    Header,
    /// Data rows that are to be skipped.
    Skipped,
    /// Data rows.
    Data,
}

/// Why a flat file cannot be read, or not any further.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It could not be opened.
    #[error("cannot open the data file `{}`", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It could not be read any further.
    #[error("cannot read file `{}` at data row {row}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The data row, from 1.
        row: u64,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The format is none.
    #[error("cannot read file `{}`", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: FormatError,
    },
    /// It begins with the byte order mark of UTF-16 big endian.
    #[error("file `{}` is UTF-16 big endian, which is not supported", path.display())]
    BigEndian {
        /// The file.
        path: PathBuf,
    },
    /// Unicode is True, and the file begins with the mark of UTF-8.
    #[error(
        "file `{}` is UTF-8, which is not supported as Unicode; set Unicode to False and the \
         code page to 65001",
        path.display()
    )]
    Utf8AsUnicode {
        /// The file.
        path: PathBuf,
    },
    /// Something else than a delimiter stands behind a closing qualifier.
    #[error(
        "the column delimiter for column `{name}` was not found in file `{}` on data row {row}",
        path.display()
    )]
    Delimiter {
        /// The file.
        path: PathBuf,
        /// The data row, from 1.
        row: u64,
        /// What was being read.
        stage: Stage,
        /// Number of the column.
        column: usize,
        /// Its name.
        name: String,
    },
    /// The file ends inside a qualified value.
    #[error(
        "the text qualifier for column `{name}` was not found in file `{}` on data row {row}",
        path.display()
    )]
    Qualifier {
        /// The file.
        path: PathBuf,
        /// The data row, from 1.
        row: u64,
        /// What was being read.
        stage: Stage,
        /// Number of the column.
        column: usize,
        /// Its name.
        name: String,
    },
    /// A row is longer than can be held.
    #[error(
        "data row {row} of file `{}` is longer than 256 MB; a delimiter or a closing text \
         qualifier may be missing",
        path.display()
    )]
    RowTooLong {
        /// The file.
        path: PathBuf,
        /// The data row, from 1.
        row: u64,
    },
    /// The columns of a block could not be made.
    #[error("cannot hold the rows of file `{}` from data row {row} on", path.display())]
    Block {
        /// The file.
        path: PathBuf,
        /// The first data row of the block, from 1.
        row: u64,
        /// Why.
        #[source]
        source: ArrowError,
    },
}

impl ReadError {
    /// The SSIS code.
    pub const fn code(&self) -> u32 {
        match self {
            Self::Open { .. } => dts::DTS_E_CANNOTOPENDATAFILE,
            Self::Read { .. } | Self::RowTooLong { .. } | Self::Block { .. } => {
                dts::DTS_E_ERRORWHILEREADINGDATAROWS
            }
            Self::Format { .. } => dts::DTS_E_FAILEDTOINITIALIZEFLATFILEPARSER,
            Self::BigEndian { .. } => dts::DTS_E_UTF16BIGENDIANFORMATNOTSUPPORTED,
            Self::Utf8AsUnicode { .. } => dts::DTS_E_UTF8FORMATNOTSUPPORTEDASUNICODE,
            Self::Delimiter { .. } => dts::DTS_E_COLUMNDELIMITERNOTFOUND,
            Self::Qualifier { .. } => dts::DTS_E_TEXTQUALIFIERNOTFOUND,
        }
    }

    /// The message as SSIS words it, for events.
    pub fn message(&self) -> String {
        match self {
            Self::Open { path, .. } => format!("Cannot open the datafile \"{}\".", path.display()),
            Self::BigEndian { .. } => {
                "The file format of UTF-16 big endian is not supported. Only UTF-16 little endian \
                 format is supported."
                    .to_owned()
            }
            Self::Utf8AsUnicode { .. } => {
                "The file format of UTF-8 is not supported as Unicode.".to_owned()
            }
            Self::Delimiter { name, .. } => {
                format!("The column delimiter for column \"{name}\" was not found.")
            }
            Self::Qualifier { name, .. } => {
                format!("The text qualifier for column \"{name}\" not found.")
            }
            Self::Read { .. }
            | Self::Format { .. }
            | Self::RowTooLong { .. }
            | Self::Block { .. } => self.to_string(),
        }
    }

    /// The data row that it is about, from 1, and what was being read.
    pub const fn row(&self) -> Option<(u64, Stage)> {
        match self {
            Self::Delimiter { row, stage, .. } | Self::Qualifier { row, stage, .. } => {
                Some((*row, *stage))
            }
            Self::Read { row, .. } | Self::RowTooLong { row, .. } | Self::Block { row, .. } => {
                Some((*row, Stage::Data))
            }
            Self::Open { .. }
            | Self::Format { .. }
            | Self::BigEndian { .. }
            | Self::Utf8AsUnicode { .. } => None,
        }
    }
}

/// Something strange in a flat file that does not stop it from being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Warning {
    /// The file ends inside a row; the row is not handed out.
    PartialRow {
        /// The data row, from 1.
        row: u64,
    },
    /// The file ends inside the header rows.
    EndInHeader,
}

impl Warning {
    /// The SSIS code.
    pub const fn code(self) -> u32 {
        match self {
            Self::PartialRow { .. } => dts::DTS_W_PARTIALROWFOUNDATENDOFFILE,
            Self::EndInHeader => dts::DTS_W_ENDOFFILEREACHWHILEREADINGHEADERROWS,
        }
    }

    /// The message as SSIS words it.
    pub const fn message(self) -> &'static str {
        match self {
            Self::PartialRow { .. } => "There is a partial row at the end of the file.",
            Self::EndInHeader => {
                "The end of the data file was reached while reading header rows. Make sure the \
                 header row delimiter and the number of header rows to skip are correct."
            }
        }
    }
}
