//! Why a flat file cannot be written.

use std::io;
use std::path::PathBuf;

use model::dts;

use crate::code_page::NoMatch;
use crate::flat_file::FormatError;

/// Why a flat file cannot be written, or not any further.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// It could not be opened.
    #[error("cannot open the data file `{}` for writing", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The format is none.
    #[error("cannot write file `{}`", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: FormatError,
    },
    /// The caller's columns are not those of the format.
    #[error("cannot write {n} columns to file `{}`, which has others", path.display())]
    Columns {
        /// The file.
        path: PathBuf,
        /// How many the caller has.
        n: usize,
    },
    /// The header or the names of the columns have a character that the code page does not have.
    #[error("cannot write the header of file `{}`", path.display())]
    Header {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: NoMatch,
    },
    /// The operating system refused: a full disk, a quota, a lost file system.
    #[error(
        "cannot write file `{}` from row {row} on; the rows before are there{}",
        path.display(),
        if *torn { ", and a part of that row" } else { "" }
    )]
    Write {
        /// The file.
        path: PathBuf,
        /// The first row that is not in the file, from 1.
        row: u64,
        /// Whether the file could not be cut back to a whole row.
        torn: bool,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A value is wider than its fixed width column.
    #[error(
        "column `{name}` of file `{}` is {width} wide, and its value in row {row} {text_width}",
        path.display()
    )]
    TooWide {
        /// The file.
        path: PathBuf,
        /// The row, from 1; 0 for the names of the columns.
        row: u64,
        /// Number of the column.
        column: usize,
        /// Its name.
        name: String,
        /// Its width, in characters of the file.
        width: usize,
        /// The width of the value.
        text_width: usize,
    },
    /// A value has a character that the code page does not have.
    #[error(
        "cannot write the value of column `{name}` in row {row} to file `{}`",
        path.display()
    )]
    NoMatch {
        /// The file.
        path: PathBuf,
        /// The row, from 1; 0 for the names of the columns.
        row: u64,
        /// Number of the column.
        column: usize,
        /// Its name.
        name: String,
        /// Which character.
        #[source]
        source: NoMatch,
    },
}

impl WriteError {
    /// The SSIS code.
    pub fn code(&self) -> u32 {
        match self {
            Self::Open { .. } => dts::DTS_E_CANNOTOPENDATAFILE,
            Self::Format { .. } => dts::DTS_E_FAILEDTOINITIALIZEFLATFILEPARSER,
            Self::Header { .. } => dts::DTS_E_FAILEDTOWRITEOUTHEADER,
            Self::Write { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                dts::DTS_E_FILEWRITEERR_DISKFULL
            }
            Self::Columns { .. } | Self::Write { .. } => dts::DTS_E_CANNOTWRITETODATAFILE,
            Self::TooWide { .. } | Self::NoMatch { .. } => {
                dts::DTS_E_FAILEDCOLUMNDATACONVERSIONSTATUS
            }
        }
    }

    /// The message as SSIS words it, for events.
    pub fn message(&self) -> String {
        match self {
            Self::Open { path, .. } => format!("Cannot open the datafile \"{}\".", path.display()),
            Self::TooWide { name, .. } | Self::NoMatch { name, .. } => format!(
                "Data conversion failed. The data conversion for column \"{name}\" returned status \
                 value 4 and status text \"Text was truncated or one or more characters had no \
                 match in the target code page.\"."
            ),
            Self::Format { .. }
            | Self::Columns { .. }
            | Self::Header { .. }
            | Self::Write { .. } => self.to_string(),
        }
    }
}
