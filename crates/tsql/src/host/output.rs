//! What the engine gives to the client.

use super::Column;
use crate::types::SqlType;
use crate::value::{SqlError, SqlValue};

/// What a client is told, in order.
pub trait Output {
    /// A result begins: rows with these columns follow, until [`Output::statement_done`].
    fn columns(&mut self, columns: &[Column]) -> Result<(), Stopped>;

    /// A row of the result.
    fn row(&mut self, row: &[SqlValue]) -> Result<(), Stopped>;

    /// A statement has ended, well or not.
    fn statement_done(&mut self, done: StatementDone) -> Result<(), Stopped>;

    /// A procedure that the batch or the client called has ended.
    fn procedure_done(&mut self, status: i32, depth: u32) -> Result<(), Stopped>;

    /// The last value of an OUTPUT parameter that the client bound.
    fn output_value(&mut self, value: &OutputValue) -> Result<(), Stopped>;

    /// A message or an error.
    fn message(&mut self, message: &Message) -> Result<(), Stopped>;

    /// Something of the session changed that clients keep track of.
    fn changed(&mut self, change: &SessionChange) -> Result<(), Stopped>;

    /// What was said so far must reach the client now: it is followed by a wait.
    fn flush(&mut self) -> Result<(), Stopped>;
}

/// The client is gone, or does not want to hear more: the batch ends here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped;

/// The end of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatementDone {
    /// How many rows it gave or changed, where that is told (`SET NOCOUNT`).
    pub count: Option<u64>,
    /// How many procedures it stands in: 0 for a statement of a batch.
    pub depth: u32,
    /// What it was.
    pub command: Command,
    /// Whether it ended with an error.
    pub failed: bool,
}

/// What a statement was, as clients are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    /// `SELECT`.
    Select,
    /// `SELECT ... INTO`.
    SelectInto,
    /// `INSERT`.
    Insert,
    /// `UPDATE`.
    Update,
    /// `DELETE`.
    Delete,
    /// `MERGE`.
    Merge,
    /// `EXEC`.
    Execute,
    /// Anything else.
    Other,
}

/// The last value of an OUTPUT parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputValue {
    /// Which parameter of the call, from 0.
    pub ordinal: u16,
    /// Its name as the client gave it; may be empty.
    pub name: String,
    /// Its type.
    pub data_type: SqlType,
    /// Its value.
    pub value: SqlValue,
}

/// A message (severity 0 to 10) or an error (11 and more).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Number, severity, state and text.
    pub error: SqlError,
    /// The line of the batch or procedure, from 1.
    pub line: u32,
    /// The procedure it happened in; empty in a batch.
    pub procedure: String,
}

/// A change that clients keep track of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionChange {
    /// `USE`.
    Database {
        /// The new one.
        new: String,
        /// The one before.
        old: String,
    },
    /// `SET LANGUAGE`.
    Language {
        /// The new one.
        new: String,
        /// The one before.
        old: String,
    },
    /// A transaction began; this is its number.
    Begun(u64),
    /// The transaction with this number was committed.
    Committed(u64),
    /// The transaction with this number was rolled back.
    RolledBack(u64),
}
