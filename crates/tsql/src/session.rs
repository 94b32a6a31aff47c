//! A session: batches and calls of one connection, with all that lives from one to the next.

mod request;

use std::sync::Arc;

use crate::host::{Cancel, Host, Message, Output, Stopped};
use crate::parse::{ParseOptions, parse};
use crate::value::SqlError;

pub use request::{RemoteArgument, RemoteCall, RemoteParameter, TransactionCommand};

/// How a session begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionSettings {
    /// The database.
    pub database: String,
    /// The language of messages and dates.
    pub language: String,
}

impl Default for SessionSettings {
    fn default() -> Self {
        Self { database: "master".to_owned(), language: "us_english".to_owned() }
    }
}

/// One connection's state.
pub struct Session {
    host: Arc<dyn Host>,
    settings: SessionSettings,
}

impl Session {
    /// A session that has done nothing.
    pub fn new(host: Arc<dyn Host>, settings: SessionSettings) -> Self {
        Self { host, settings }
    }

    /// Runs a batch.
    pub fn batch(
        &mut self,
        text: &str,
        output: &mut dyn Output,
        cancel: &Cancel,
    ) -> Result<(), Stopped> {
        let (_, _) = (&self.host, cancel);
        if let Err(errors) = parse(text, &ParseOptions::default()) {
            for error in errors {
                let number = i32::try_from(error.number).unwrap_or(102);
                let shown = SqlError::new(number, error.severity, error.state, error.message);
                let (line, procedure) = (error.line, String::new());
                output.message(&Message { error: shown, line, procedure })?;
            }
            return Ok(());
        }
        refuse("batch", output)
    }

    /// Runs a procedure that the client called.
    pub fn call(
        &mut self,
        call: &RemoteCall,
        output: &mut dyn Output,
        cancel: &Cancel,
    ) -> Result<(), Stopped> {
        let (_, _) = (&self.host, cancel);
        refuse(&call.procedure, output)
    }

    /// Does what the client asks of the transaction.
    pub fn transaction(
        &mut self,
        command: &TransactionCommand,
        output: &mut dyn Output,
    ) -> Result<(), Stopped> {
        refuse(&format!("{command:?}"), output)
    }

    /// Forgets all but the connection, as a pool asks between two users of it. Temporary tables,
    /// cursors, prepared statements and options go; the transaction too, unless it is kept.
    pub fn reset(&mut self, keep_transaction: bool) {
        let _: bool = keep_transaction;
    }

    /// The number of the open transaction, 0 without one.
    pub fn transaction_id(&self) -> u64 {
        0
    }

    /// The current database.
    pub fn database(&self) -> &str {
        &self.settings.database
    }
}

fn refuse(what: &str, output: &mut dyn Output) -> Result<(), Stopped> {
    let error = SqlError::unsupported(what);
    output.message(&Message { error, line: 1, procedure: String::new() })
}
