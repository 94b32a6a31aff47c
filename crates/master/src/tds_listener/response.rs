//! What the engine says, as tokens on their way to the client.
//!
//! ```text
//!   engine's thread: Output ──▶ tokens ──▶ chunks ──(bounded queue)──▶ connection's loop
//! ```
//!
//! A DONE is held back until it is known whether anything follows it, because it says so. An
//! error that no statement's end has reported marks the next DONE.
//!
//! Source: [MS-TDS] 2.2.7.6 to 2.2.7.8 and 3.3.5.
//!
//! # Invariants
//!
//! * Holds at most one chunk and one row, however many rows there are.
//! * A response has at least one DONE, and the last says that none follows.

use tds::token::{
    ColMetadata, ColumnFlags, Done, DoneKind, EnvChange, ReturnStatus, ReturnValue, RowEncoder,
    ServerMessage, TransactionDescriptor,
};
use tds::{EncodeError, Value, Version, token};
use tokio::sync::mpsc;
use tsql::host::{
    Column, Command, Message, Output, OutputValue, SessionChange, StatementDone, Stopped,
};
use tsql::value::{SqlError, SqlValue};

use super::types::type_info;
use super::values::to_wire;

/// How many bytes of tokens go to the connection at once: enough that the hand-over costs
/// nothing beside them.
const CHUNK: usize = 32 * 1024;

/// How many chunks may wait for the connection.
pub(super) const CHUNKS_MAX: usize = 2;

/// From this severity on the connection ends.
const FATAL: u8 = 20;

/// Bytes of a response.
pub(super) struct Chunk {
    /// The bytes.
    pub(super) bytes: Vec<u8>,
    /// Where it ends.
    pub(super) end: ChunkEnd,
    /// Whether the client shall have it now.
    pub(super) flush: bool,
}

/// Where a chunk ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChunkEnd {
    /// Inside a token.
    Inside,
    /// Behind a token: a response can be cut off here.
    Token,
    /// Behind the last token of the response.
    Response,
}

/// What a response needs to know of its connection.
#[derive(Clone, Debug)]
pub(super) struct Manner {
    /// What the client speaks.
    pub(super) version: Version,
    /// What messages are signed with.
    pub(super) server_name: String,
    /// Whether a transaction is open.
    pub(super) in_transaction: bool,
}

/// A response that is being made.
pub(super) struct Response {
    manner: Manner,
    chunks: mpsc::Sender<Chunk>,
    tokens: Vec<u8>,
    /// The last DONE, until something follows it or nothing does.
    held: Option<Done>,
    /// An error was told, and no DONE has been marked with it.
    failed: bool,
    /// A message was so severe that the connection must end.
    fatal: bool,
    /// The connection takes no more.
    cut_off: bool,
    /// The columns of the result that is being sent.
    rows: Option<RowEncoder>,
    /// The current row.
    values: Vec<Value>,
    /// What is known of the called procedure's end, in the response to a call.
    call: Option<CallEnd>,
}

#[derive(Default)]
struct CallEnd {
    status: Option<i32>,
    values: Vec<OutputValue>,
}

impl Response {
    /// A response of which nothing has been said.
    pub(super) fn new(manner: Manner, chunks: mpsc::Sender<Chunk>) -> Response {
        Response {
            manner,
            chunks,
            tokens: Vec::new(),
            held: None,
            failed: false,
            fatal: false,
            cut_off: false,
            rows: None,
            values: Vec::new(),
            call: None,
        }
    }

    /// What follows is the response to a call.
    pub(super) fn begin_call(&mut self) {
        self.call = Some(CallEnd::default());
    }

    /// Ends the response to a call: its status, OUTPUT values and DONEPROC.
    pub(super) fn end_call(&mut self) -> Result<(), Stopped> {
        let Some(end) = self.call.take() else { return Ok(()) };
        if let Some(status) = end.status {
            ReturnStatus(status).encode(self.next_token());
        }
        for value in &end.values {
            self.put_output_value(value)?;
        }
        self.done(DoneKind::Proc, None, Command::Execute)
    }

    /// Ends the response.
    pub(super) fn finish(mut self) -> Result<Ended, Stopped> {
        if self.held.is_none() || self.failed {
            self.done(DoneKind::Done, None, Command::Other)?;
        }
        if let Some(done) = self.held.take() {
            done.encode(self.manner.version, &mut self.tokens);
        }
        self.send_up_to(ChunkEnd::Response)?;
        Ok(Ended { fatal: self.fatal })
    }

    /// Whether the connection takes no more.
    pub(super) fn is_cut_off(&self) -> bool {
        self.cut_off
    }

    /// Whether an error was told that no DONE has been marked with.
    pub(super) fn has_failed(&self) -> bool {
        self.failed
    }

    /// Tells an error that did not come from the engine.
    pub(super) fn error(&mut self, error: SqlError) -> Result<(), Stopped> {
        self.message(&Message { error, line: 1, procedure: String::new() })
    }

    /// Where the next token goes.
    fn next_token(&mut self) -> &mut Vec<u8> {
        if let Some(done) = self.held.take() {
            Done { more: true, ..done }.encode(self.manner.version, &mut self.tokens);
        }
        &mut self.tokens
    }

    fn done(&mut self, kind: DoneKind, rows: Option<u64>, command: Command) -> Result<(), Stopped> {
        let done = Done {
            kind,
            rows,
            error: std::mem::take(&mut self.failed),
            in_transaction: self.manner.in_transaction,
            command: number_of(command),
            ..Done::default()
        };
        self.next_token();
        self.held = Some(done);
        self.send_if_full()
    }

    /// Whether the last that was told is the end of a procedure: that is the end of its EXEC, too.
    fn ends_with_procedure(&self) -> bool {
        let procedure = |done: &Done| done.kind == DoneKind::Proc;
        !self.failed && self.call.is_none() && self.held.as_ref().is_some_and(procedure)
    }

    fn send_if_full(&mut self) -> Result<(), Stopped> {
        if self.tokens.len() < CHUNK { Ok(()) } else { self.send_up_to(ChunkEnd::Token) }
    }

    /// Hands over what there is. A row of many megabytes goes in pieces, so that it is not held
    /// once more for each step to the client.
    fn send_up_to(&mut self, end: ChunkEnd) -> Result<(), Stopped> {
        let tokens = std::mem::take(&mut self.tokens);
        if tokens.len() <= 2 * CHUNK {
            return if tokens.is_empty() { Ok(()) } else { self.give(tokens, end, false) };
        }
        let mut pieces = tokens.chunks(CHUNK).peekable();
        while let Some(piece) = pieces.next() {
            let end = if pieces.peek().is_none() { end } else { ChunkEnd::Inside };
            self.give(piece.to_vec(), end, false)?;
        }
        Ok(())
    }

    fn give(&mut self, bytes: Vec<u8>, end: ChunkEnd, flush: bool) -> Result<(), Stopped> {
        let given = self.chunks.blocking_send(Chunk { bytes, end, flush });
        self.cut_off |= given.is_err();
        given.map_err(|_| Stopped)
    }

    fn put_output_value(&mut self, output: &OutputValue) -> Result<(), Stopped> {
        let version = self.manner.version;
        let encoded = ReturnValue {
            ordinal: output.ordinal,
            name: output.name.clone(),
            of_function: false,
            type_info: type_info(output.data_type),
            value: to_wire(&output.value),
        }
        .encode(version, self.next_token());
        match encoded {
            Ok(()) => self.send_if_full(),
            Err(error) => self.error(unsendable(&error)),
        }
    }
}

/// How a response ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ended {
    /// The connection must end.
    pub(super) fatal: bool,
}

/// A value that is not of its column's type, or larger than the protocol can say.
fn unsendable(error: &EncodeError) -> SqlError {
    SqlError::new(7886, 16, 1, format!("The result cannot be sent to the client: {error}."))
}

/// The severity that clients are told. 10 is told as 0: documented in "Database Engine Error
/// Severities", and clients that take 10 for an error (DB-Library's) depend on it.
fn class_of(severity: u8) -> u8 {
    if severity == 10 { 0 } else { severity }
}

/// What DONE calls a statement. [MS-TDS] leaves the numbers to the server; these are SQL
/// Server's.
fn number_of(command: Command) -> u16 {
    match command {
        Command::Select | Command::SelectInto => 0xC1,
        Command::Insert => 0xC3,
        Command::Delete => 0xC4,
        Command::Update => 0xC5,
        Command::Merge => 0x117,
        Command::Execute => 0xE0,
        Command::Other => 0,
    }
}

fn column_of(column: &Column) -> token::Column {
    let nullable = if column.nullable { ColumnFlags::NULLABLE } else { ColumnFlags::default() };
    token::Column {
        flags: nullable.with(ColumnFlags::UPDATABLE_UNKNOWN),
        ..token::Column::new(&column.name, type_info(column.data_type))
    }
}

impl Output for Response {
    fn columns(&mut self, columns: &[Column]) -> Result<(), Stopped> {
        let metadata = ColMetadata { columns: columns.iter().map(column_of).collect() };
        let version = self.manner.version;
        if let Err(error) = metadata.encode(version, self.next_token()) {
            self.error(unsendable(&error))?;
            return Err(Stopped);
        }
        self.rows = Some(RowEncoder::new(&metadata, version));
        self.send_if_full()
    }

    fn row(&mut self, row: &[SqlValue]) -> Result<(), Stopped> {
        self.values.clear();
        self.values.extend(row.iter().map(to_wire));
        self.next_token();
        let Some(rows) = &self.rows else { return Err(Stopped) };
        match rows.encode(&self.values, &mut self.tokens) {
            Ok(()) => self.send_if_full(),
            Err(error) => {
                self.error(unsendable(&error))?;
                Err(Stopped)
            }
        }
    }

    fn statement_done(&mut self, done: StatementDone) -> Result<(), Stopped> {
        self.rows = None;
        self.failed |= done.failed;
        if done.command == Command::Execute && self.ends_with_procedure() {
            return Ok(());
        }
        let in_procedure = 0 < done.depth || self.call.is_some();
        let kind = if in_procedure { DoneKind::InProc } else { DoneKind::Done };
        self.done(kind, done.count, done.command)
    }

    /// Of procedures that other procedures called, clients hear nothing.
    fn procedure_done(&mut self, status: i32, depth: u32) -> Result<(), Stopped> {
        if 0 < depth {
            return Ok(());
        }
        if let Some(call) = &mut self.call {
            call.status = Some(status);
            return Ok(());
        }
        ReturnStatus(status).encode(self.next_token());
        self.done(DoneKind::Proc, None, Command::Execute)
    }

    fn output_value(&mut self, value: &OutputValue) -> Result<(), Stopped> {
        match &mut self.call {
            Some(call) => call.values.push(value.clone()),
            None => self.put_output_value(value)?,
        }
        Ok(())
    }

    fn message(&mut self, message: &Message) -> Result<(), Stopped> {
        let error = &message.error;
        let token = ServerMessage {
            number: error.number,
            state: error.state,
            class: class_of(error.severity),
            text: error.message.clone(),
            server: self.manner.server_name.clone(),
            procedure: message.procedure.clone(),
            line: message.line,
        };
        self.failed |= token.is_error();
        self.fatal |= FATAL <= error.severity;
        let version = self.manner.version;
        token.encode(version, self.next_token());
        self.send_if_full()
    }

    fn changed(&mut self, change: &SessionChange) -> Result<(), Stopped> {
        let change = match change {
            SessionChange::Database { new, old } => {
                EnvChange::Database { new: new.clone(), old: old.clone() }
            }
            SessionChange::Language { new, old } => {
                EnvChange::Language { new: new.clone(), old: old.clone() }
            }
            SessionChange::Begun(id) => EnvChange::BeginTransaction(TransactionDescriptor(*id)),
            SessionChange::Committed(id) => {
                EnvChange::CommitTransaction(TransactionDescriptor(*id))
            }
            SessionChange::RolledBack(id) => {
                EnvChange::RollbackTransaction(TransactionDescriptor(*id))
            }
        };
        match &change {
            EnvChange::BeginTransaction(_) => self.manner.in_transaction = true,
            EnvChange::CommitTransaction(_) | EnvChange::RollbackTransaction(_) => {
                self.manner.in_transaction = false;
            }
            EnvChange::Database { .. }
            | EnvChange::Language { .. }
            | EnvChange::CharacterSet { .. }
            | EnvChange::PacketSize { .. }
            | EnvChange::Collation { .. }
            | EnvChange::ResetConnection
            | EnvChange::Routing { .. }
            | EnvChange::Other { .. } => {}
        }
        let version = self.manner.version;
        match change.encode(version, self.next_token()) {
            Ok(()) => self.send_if_full(),
            Err(error) => self.error(unsendable(&error)),
        }
    }

    fn flush(&mut self) -> Result<(), Stopped> {
        let tokens = std::mem::take(&mut self.tokens);
        self.give(tokens, ChunkEnd::Token, true)
    }
}
