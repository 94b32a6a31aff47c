//! What went wrong at the server or on the way to it, and what can be done about it.
//!
//! | SQLSTATE | what it is | then |
//! |---|---|---|
//! | none, 08xxx, 57P01 to 57P03, 25P03, 26000 | the connection is gone | connect, run the job again |
//! | 25006 in a write, 0A000 | the server is no primary any more, or its schema has changed | the same |
//! | 40001, 40P01, 55P03, 53300 | others were in the way | run the job again |
//! | 23505 beside other writes | another write was faster | run the job again, alone |
//! | 53100 | the disk is full | tell the caller |
//! | all else | a bug, or no permission | tell the caller |

use tokio::sync::watch;
use tokio_postgres::error::SqlState;

use crate::error::{ServerSaid, StoreError};
use crate::store::WriteMode;

/// How much of a failed statement an error shows, in bytes.
const STATEMENT_SHOWN: usize = 120;

/// What follows from a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remedy {
    /// The connection is of no use any more.
    Reconnect,
    /// The same again may succeed.
    Again,
    /// The same again succeeds when nobody else writes.
    Alone,
    /// Nothing helps.
    None,
}

/// A failure of one statement.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub(super) remedy: Remedy,
    pub(super) error: StoreError,
}

/// What the catalog knows about where a statement ran.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) place: &'a str,
    /// `None` while reading.
    pub(super) mode: Option<WriteMode>,
    /// Changes when the server has stopped answering.
    pub(super) silences: &'a watch::Receiver<u64>,
}

impl Context<'_> {
    /// What `error`, which `statement` gave, means.
    pub(super) fn failure(self, statement: &str, error: &tokio_postgres::Error) -> Failure {
        let remedy = self.remedy(error);
        let (place, source) = (self.place.to_owned(), said(error));
        let error = match (remedy, error.code()) {
            (Remedy::Reconnect, _) => StoreError::Unreachable { place, source },
            (Remedy::Again, _) => StoreError::Contended { place, source },
            (Remedy::None, Some(&SqlState::DISK_FULL)) => StoreError::ServerFull { place, source },
            (Remedy::Alone | Remedy::None, _) => {
                StoreError::ServerStatement { statement: beginning(statement), source }
            }
        };
        Failure { remedy, error }
    }

    /// The server says nothing.
    pub(super) fn silence(self) -> Failure {
        let message = "no answer in time".to_owned();
        let source = ServerSaid { sqlstate: None, message };
        let error = StoreError::Unreachable { place: self.place.to_owned(), source };
        Failure { remedy: Remedy::Reconnect, error }
    }

    fn remedy(self, error: &tokio_postgres::Error) -> Remedy {
        let Some(code) = error.code() else {
            let is_ours = error.to_string().contains("serializing parameter")
                || error.to_string().contains("deserializing column");
            return if is_ours { Remedy::None } else { Remedy::Reconnect };
        };
        match code.code() {
            "57P01" | "57P02" | "57P03" | "25P03" | "26000" | "0A000" => Remedy::Reconnect,
            "25006" if self.mode.is_some() => Remedy::Reconnect,
            code if code.starts_with("08") => Remedy::Reconnect,
            "40001" | "40P01" | "55P03" | "53300" => Remedy::Again,
            "23505" if self.mode == Some(WriteMode::Beside) => Remedy::Alone,
            _ => Remedy::None,
        }
    }
}

/// Code and sentence of the server. Not its details, which show values of rows.
pub(super) fn said(error: &tokio_postgres::Error) -> ServerSaid {
    if let Some(answer) = error.as_db_error() {
        let sqlstate = Some(answer.code().code().to_owned());
        return ServerSaid { sqlstate, message: answer.message().to_owned() };
    }
    let mut message = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        message.push_str(&format!(": {inner}"));
        cause = inner.source();
    }
    ServerSaid { sqlstate: None, message }
}

pub(super) fn beginning(statement: &str) -> String {
    let words = statement.split_whitespace().collect::<Vec<_>>().join(" ");
    let end = words.floor_char_boundary(STATEMENT_SHOWN);
    words[..end].to_owned()
}
