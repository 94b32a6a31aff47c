//! Why bytes are not a message, and why a message cannot become bytes.
//!
//! Not the errors a client sees: those are [`crate::token::ServerMessage`] tokens.

/// Bytes that are not the message they should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The bytes end inside a field.
    #[error("{what} is cut off: {missing} more bytes were announced")]
    Truncated {
        /// The field.
        what: &'static str,
        /// Bytes that are not there.
        missing: u64,
    },

    /// A field has a value that the protocol does not know.
    #[error("{what} has an unknown value: {value:#X}")]
    Invalid {
        /// The field.
        what: &'static str,
        /// What was there.
        value: u64,
    },

    /// Text that is announced as UTF-16 and is not.
    #[error("{what} is not UTF-16")]
    Utf16 {
        /// The field.
        what: &'static str,
    },

    /// Text that is not in the code page of its collation.
    #[error("{what} is not text in code page {code_page}")]
    CodePage {
        /// The field.
        what: &'static str,
        /// The code page that the collation names, such as 1252.
        code_page: u16,
    },

    /// More than we take in one piece.
    #[error("{what} is over the limit of {limit}")]
    OverLimit {
        /// The field.
        what: &'static str,
        /// The largest value that is taken.
        limit: u64,
    },

    /// Correct, and not something this server does.
    #[error("{what} is not supported")]
    Unsupported {
        /// What was asked for.
        what: &'static str,
    },
}

/// A value that does not fit the type or the field it is written as.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// The value is of another type than its column.
    #[error("a value of type {value} cannot be sent as {type_name}")]
    Mismatch {
        /// What the value is.
        value: &'static str,
        /// What the column is.
        type_name: &'static str,
    },

    /// The value is outside what the type can hold.
    #[error("the value is out of range for {type_name}")]
    OutOfRange {
        /// What the column is.
        type_name: &'static str,
    },

    /// Longer than the column or the field.
    #[error("{what} is longer than {limit}")]
    TooLong {
        /// The column's type or the field.
        what: &'static str,
        /// In bytes.
        limit: u64,
    },

    /// A NULL in a column that has no way to say so.
    #[error("{type_name} cannot be NULL")]
    Null {
        /// What the column is.
        type_name: &'static str,
    },

    /// Text whose code page cannot be written.
    #[error("text cannot be written in code page {code_page}")]
    CodePage {
        /// The code page that the collation names.
        code_page: u16,
    },

    /// A row whose number of values is not the number of columns.
    #[error("a row of {values} values for {columns} columns")]
    Columns {
        /// In the row.
        values: usize,
        /// In the result set.
        columns: usize,
    },
}
