//! One call of a procedure: its arguments, and the way into the catalog.

use std::sync::Arc;

use catalog::{Caller, CatalogError, Tx};
use model::{AgentId, Value};
use tsql::host::{
    Cancel, Column, Command, Message, Output, ProcedureArgument, Row, StatementDone, Stopped,
};
use tsql::value::{SqlError, SqlValue};

use super::Definition;
use crate::connection::Inside;
use crate::value::to_model;

/// A running call.
pub(super) struct Call<'a> {
    pub(super) connection: &'a Inside,
    definition: &'static Definition,
    arguments: &'a mut [ProcedureArgument],
    output: &'a mut dyn Output,
    pub(super) cancel: &'a Cancel,
}

/// Why a call that waits ended early.
pub(super) fn stopped(_: Stopped) -> SqlError {
    SqlError::new(3617, 16, 1, "The client ended the call.")
}

impl<'a> Call<'a> {
    pub(super) fn new(
        connection: &'a Inside,
        definition: &'static Definition,
        arguments: &'a mut [ProcedureArgument],
        (output, cancel): (&'a mut dyn Output, &'a Cancel),
    ) -> Self {
        Self { connection, definition, arguments, output, cancel }
    }

    fn value(&self, at: usize) -> &SqlValue {
        match self.arguments.get(at) {
            Some(ProcedureArgument::Scalar(value)) => value,
            Some(ProcedureArgument::Table(_)) | None => &SqlValue::Null,
        }
    }

    /// The documented refusal of a NULL that may not be.
    fn null(&self, at: usize) -> SqlError {
        let name = self.definition.parameters.get(at).map_or("", |parameter| parameter.name);
        let name = name.trim_start_matches('@');
        let text =
            format!("The input parameter '{name}' cannot be null. Provide a valid value for it.");
        SqlError::new(27100, 16, 1, text)
    }

    /// A text that may be NULL.
    pub(super) fn text_or_null(&self, at: usize) -> Option<String> {
        self.value(at).as_str().map(str::to_owned)
    }

    /// A text.
    pub(super) fn text(&self, at: usize) -> Result<String, SqlError> {
        self.text_or_null(at).ok_or_else(|| self.null(at))
    }

    /// A whole number that may be NULL.
    pub(super) fn number_or_null(&self, at: usize) -> Option<i64> {
        self.value(at).as_i64()
    }

    /// A whole number.
    pub(super) fn number(&self, at: usize) -> Result<i64, SqlError> {
        self.number_or_null(at).ok_or_else(|| self.null(at))
    }

    /// A whole number of the parameter's own type.
    pub(super) fn int(&self, at: usize) -> Result<i32, SqlError> {
        i32::try_from(self.number(at)?).map_err(|_| SqlError::overflow_expression("int"))
    }

    /// A truth value that may be NULL.
    pub(super) fn bit_or_null(&self, at: usize) -> Option<bool> {
        self.number_or_null(at).map(|number| number != 0)
    }

    /// A truth value.
    pub(super) fn bit(&self, at: usize) -> Result<bool, SqlError> {
        self.bit_or_null(at).ok_or_else(|| self.null(at))
    }

    /// The id of a worker agent.
    pub(super) fn agent(&self, at: usize) -> Result<AgentId, SqlError> {
        self.guid(at).map(AgentId)
    }

    /// A GUID.
    pub(super) fn guid(&self, at: usize) -> Result<uuid::Uuid, SqlError> {
        let SqlValue::Guid(bytes) = self.value(at) else { return Err(self.null(at)) };
        Ok(uuid::Uuid::from_bytes(*bytes))
    }

    /// The bytes of a binary.
    pub(super) fn bytes(&self, at: usize) -> Result<Vec<u8>, SqlError> {
        self.value(at).as_bytes().map(<[u8]>::to_vec).ok_or_else(|| self.null(at))
    }

    /// A `sql_variant`; NULL is a value of it.
    pub(super) fn variant(&self, at: usize) -> Result<Value, SqlError> {
        to_model(self.value(at))
    }

    /// The rows of a table.
    pub(super) fn table(&self, at: usize) -> Arc<Vec<Row>> {
        match self.arguments.get(at) {
            Some(ProcedureArgument::Table(rows)) => Arc::clone(rows),
            Some(ProcedureArgument::Scalar(_)) | None => Arc::default(),
        }
    }

    /// Gives an OUTPUT parameter its value.
    pub(super) fn set(&mut self, at: usize, value: SqlValue) {
        if let Some(argument) = self.arguments.get_mut(at) {
            *argument = ProcedureArgument::Scalar(value);
        }
    }

    /// Changes the catalog as the caller.
    pub(super) fn write<T, F>(&self, job: F) -> Result<T, SqlError>
    where
        T: Clone + PartialEq + Send + Sync + 'static,
        F: Fn(&mut dyn Tx, &Caller) -> Result<T, CatalogError> + Send + Sync + 'static,
    {
        let caller = self.connection.caller();
        self.connection.work.write(move |tx| job(tx, &caller))
    }

    /// Changes the catalog as the caller, beside other such changes: creating and starting
    /// executions, which clusters do all the time.
    pub(super) fn write_beside<T, F>(&self, job: F) -> Result<T, SqlError>
    where
        T: Clone + PartialEq + Send + Sync + 'static,
        F: Fn(&mut dyn Tx, &Caller) -> Result<T, CatalogError> + Send + Sync + 'static,
    {
        let caller = self.connection.caller();
        self.connection.work.write_beside(move |tx| job(tx, &caller))
    }

    /// Reads the catalog as the caller.
    pub(super) fn read<T, F>(&self, job: F) -> Result<T, SqlError>
    where
        T: Send + 'static,
        F: Fn(&mut dyn Tx, &Caller) -> Result<T, CatalogError> + Send + 'static,
    {
        let caller = self.connection.caller();
        self.connection.work.read(move |tx| job(tx, &caller))
    }

    /// Gives a result set.
    pub(super) fn result(&mut self, columns: &[Column], rows: &[Row]) -> Result<(), SqlError> {
        self.output.columns(columns).map_err(stopped)?;
        for row in rows {
            self.output.row(row).map_err(stopped)?;
        }
        let done = StatementDone {
            count: Some(rows.len() as u64),
            depth: 1,
            command: Command::Select,
            failed: false,
        };
        self.output.statement_done(done).map_err(stopped)
    }

    /// Says something to the client that is no error.
    pub(super) fn tell(&mut self, what: SqlError) -> Result<(), SqlError> {
        let procedure = self.definition.name.to_owned();
        self.output.message(&Message { error: what, line: 1, procedure }).map_err(stopped)
    }

    /// What was said so far reaches the client before a wait.
    pub(super) fn flush(&mut self) -> Result<(), SqlError> {
        self.output.flush().map_err(stopped)
    }
}
