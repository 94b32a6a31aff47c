//! The format of a flat file.

use model::{DataType, Span};

use crate::codes::numbered;

/// The format of a flat file. It, not the columns of a source, says how text is parsed.
#[derive(Clone, Debug)]
pub struct FlatFileFormat {
    /// How columns end.
    pub format: FlatFileKind,
    /// Windows locale of numbers and dates; `None` takes the package's.
    pub locale_id: Option<u32>,
    /// Windows code page; it does not count when `unicode` is set.
    pub code_page: u32,
    /// Whether the file is UTF-16, little endian.
    pub unicode: bool,
    /// Ends a header row; `_xHHHH_` escapes resolved, as in all texts here.
    pub header_row_delimiter: String,
    /// Rows before the column names.
    pub header_rows_to_skip: u32,
    /// Rows behind the column names.
    pub data_rows_to_skip: u32,
    /// Whether the first row that is not skipped holds the column names.
    pub column_names_in_first_data_row: bool,
    /// Ends a row of a ragged right file; often empty for delimited ones, whose rows end with the
    /// last column's delimiter.
    pub row_delimiter: String,
    /// Surrounds qualified text; `None` for none.
    pub text_qualifier: Option<String>,
    /// Whether a row delimiter ends a row that has too few columns.
    pub always_check_for_row_delimiters: bool,
    /// What the path leads to.
    pub usage: crate::FileUsage,
    /// The columns, in the order of the file.
    pub columns: Vec<FlatFileColumn>,
}

impl Default for FlatFileFormat {
    fn default() -> Self {
        Self {
            format: FlatFileKind::Delimited,
            locale_id: None,
            code_page: 1252,
            unicode: false,
            header_row_delimiter: String::new(),
            header_rows_to_skip: 0,
            data_rows_to_skip: 0,
            column_names_in_first_data_row: false,
            row_delimiter: String::new(),
            text_qualifier: None,
            always_check_for_row_delimiters: true,
            usage: crate::FileUsage::ExistingFile,
            columns: Vec::new(),
        }
    }
}

/// A column of a flat file.
#[derive(Clone, Debug)]
pub struct FlatFileColumn {
    /// The column's name.
    pub name: String,
    /// `{GUID}`.
    pub id: String,
    /// Whether it ends with a delimiter or has a width.
    pub kind: FlatFileColumnKind,
    /// Ends the column.
    pub delimiter: String,
    /// Characters in the file, for a column of fixed width.
    pub width: u32,
    /// Characters at most (`OutputColumnWidth`).
    pub maximum_width: u32,
    /// The type that its text is parsed to.
    pub data_type: DataType,
    /// Whether it may be surrounded by the text qualifier.
    pub text_qualified: bool,
    /// Where it is in the document.
    pub span: Span,
}

numbered! {
    /// How columns end.
    FlatFileKind {
        /// With delimiters.
        #[default]
        Delimited = 0, "Delimited";
        /// After a number of characters; rows too.
        FixedWidth = 1, "FixedWidth";
        /// After a number of characters; the last one with a delimiter.
        RaggedRight = 2, "RaggedRight";
        /// Each as it says.
        Mixed = 3, "Mixed";
    }
    /// How one column ends.
    FlatFileColumnKind {
        /// With its delimiter.
        #[default]
        Delimited = 0, "Delimited";
        /// After its width.
        FixedWidth = 1, "FixedWidth";
    }
}
