//! What a client asks of a session besides a batch: calls of procedures, and transactions by
//! request of the protocol instead of by statement.

use crate::ast::IsolationLevel;
use crate::host::{Column, Row};
use crate::types::SqlType;
use crate::value::SqlValue;

/// A call of a procedure by name or number (RPC).
#[derive(Clone, Debug, PartialEq)]
pub struct RemoteCall {
    /// The name as the client wrote it, or that of the numbered procedure (`sp_executesql`, ...).
    pub procedure: String,
    /// The arguments.
    pub parameters: Vec<RemoteParameter>,
    /// Whether the names of the procedure's own parameters are ignored: so it is for procedures
    /// that are called by number, where clients name them as they like. (The parameters of the
    /// statement that `sp_executesql` and its like run still go by name.)
    pub by_position: bool,
}

/// One argument of a [`RemoteCall`].
#[derive(Clone, Debug, PartialEq)]
pub struct RemoteParameter {
    /// With its sign; empty for an argument by position.
    pub name: String,
    /// Whether the client wants the last value back.
    pub output: bool,
    /// Whether the procedure's default stands for it.
    pub default: bool,
    /// What is given.
    pub argument: RemoteArgument,
}

/// What a [`RemoteParameter`] gives.
#[derive(Clone, Debug, PartialEq)]
pub enum RemoteArgument {
    /// A value.
    Scalar {
        /// Its type.
        data_type: SqlType,
        /// The value.
        value: SqlValue,
    },
    /// The rows of a table-valued parameter.
    Table {
        /// The table type, as the client named it.
        type_name: String,
        /// The columns that it sent.
        columns: Vec<Column>,
        /// The rows.
        rows: Vec<Row>,
    },
}

/// What is asked of the transaction by request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransactionCommand {
    /// Begins one.
    Begin {
        /// Its name; may be empty.
        name: String,
        /// How far it sees others, where that changes.
        isolation: Option<IsolationLevel>,
    },
    /// Keeps what it did.
    Commit {
        /// Its name; may be empty.
        name: String,
        /// Whether the next one begins at once.
        begin_again: bool,
    },
    /// Takes back what it did, or what was done since a savepoint.
    Rollback {
        /// The name of the transaction or savepoint; may be empty.
        name: String,
        /// Whether the next one begins at once.
        begin_again: bool,
    },
    /// Makes a savepoint.
    Save {
        /// Its name.
        name: String,
    },
}
