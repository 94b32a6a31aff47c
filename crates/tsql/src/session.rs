//! A session: the batches and calls of one connection, with all that lives from one to the next.
//!
//! ```text
//!   batch, call ──▶ parse ─▶ check ─▶ Interpreter ── statement by statement ──▶ Output
//!                                        └─ bind, run: queries, against this session
//! ```
//!
//! Statements are bound when they run, so that a batch can use what it makes. The interpreter
//! (`session/interpreter.rs`) has one file per group of statements; a [`Session`] is what they
//! share, and what names and variables in queries are asked of (`session/names.rs`).
//!
//! # Invariants
//!
//! * Between two requests no scope is open.
//! * A user's function runs in a session of its own, which shares the host and nothing else, so
//!   that a query can call it.
//!
//! Read `session/interpreter.rs` first.

mod administer;
mod alter;
mod assign;
mod batch;
mod bulk;
mod call;
mod check;
mod cursor;
mod delete;
mod drop;
mod execute;
mod failure;
mod flow;
mod function;
mod global;
mod insert;
mod interpreter;
mod merge;
mod module;
mod names;
mod native;
mod options;
mod output;
mod output_clause;
mod procedure;
mod put;
mod query;
mod raise;
mod request;
mod scope;
mod select_into;
mod set;
mod shape;
mod syntax;
mod system;
mod table;
mod target;
mod transaction;
mod update;

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::Arc;

use crate::ast::InsertBulk;
use crate::function::Rand;
use crate::host::{Cancel, Host, Output, Stopped};
use crate::value::SqlValue;

use cursor::CursorHandle;
use failure::Caught;
use global::GlobalSession;
use interpreter::Interpreter;
use module::ModuleCache;
use options::Options;
use scope::Scope;
use system::Prepared;
use table::Table;
use transaction::Transaction;

pub use bulk::BulkRows;
pub use global::GlobalTables;
pub use request::{RemoteArgument, RemoteCall, RemoteParameter, TransactionCommand};
pub use shape::{Shape, ShapeParameter, shape};
pub use system::describe_columns;

/// How a session begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionSettings {
    /// The database.
    pub database: String,
    /// The language of messages and dates.
    pub language: String,
    /// How many bytes the rows of temporary tables and table variables may take.
    pub table_bytes: usize,
    /// How many bytes of rows one query may hold.
    pub query_bytes: u64,
}

impl Default for SessionSettings {
    fn default() -> Self {
        Self {
            database: "master".to_owned(),
            language: "us_english".to_owned(),
            table_bytes: 256 << 20,
            query_bytes: crate::run::Budget::DEFAULT_BYTES,
        }
    }
}

/// A temporary table and the scope that made it.
#[derive(Clone)]
struct TempTable {
    /// How many scopes were open; 0 for tables of the session itself.
    depth: usize,
    table: Table,
}

/// What the last statement left.
#[derive(Clone, Debug, PartialEq)]
struct Last {
    /// `@@ERROR`.
    error: i32,
    /// `@@ROWCOUNT`.
    row_count: u64,
    /// `@@FETCH_STATUS`.
    fetch_status: i32,
    /// `@@IDENTITY`.
    identity: SqlValue,
    /// `@@CURSOR_ROWS`.
    cursor_rows: i32,
}

impl Default for Last {
    fn default() -> Self {
        Self { error: 0, row_count: 0, fetch_status: 0, identity: SqlValue::Null, cursor_rows: 0 }
    }
}

/// One connection's state.
pub struct Session {
    host: Arc<dyn Host>,
    settings: SessionSettings,
    options: Options,
    database: String,
    scopes: Vec<Scope>,
    /// The depths of the scopes whose TRY blocks are open, outermost first.
    tries: Vec<usize>,
    /// The errors whose CATCH blocks run, outermost first.
    caught: Vec<Caught>,
    last: Last,
    temp: Vec<TempTable>,
    globals: GlobalSession,
    /// Global cursors by name.
    cursors: HashMap<String, CursorHandle>,
    transaction: Transaction,
    prepared: HashMap<i32, Prepared>,
    next_handle: i32,
    /// `sp_set_session_context`: value, and whether it is read-only.
    context: HashMap<String, (SqlValue, bool)>,
    /// `SET CONTEXT_INFO`.
    context_info: SqlValue,
    rand: Cell<Rand>,
    /// Whether an aggregate of the running statement left out a NULL.
    null_left_out: Cell<bool>,
    next_row_version: u64,
    /// How deep this session stands in functions that call each other.
    nested: usize,
    /// How many statements stand around the running one.
    level: usize,
    /// The `INSERT BULK` whose rows have not come yet.
    bulk: Option<Box<InsertBulk>>,
    /// The rows that have come for it.
    arriving: Option<BulkRows>,
    /// Whether an INSERT ... EXEC runs.
    capturing: bool,
    /// Whether the session is reset when the request has ended: `sp_reset_connection`, by which
    /// pools ask for what others ask in the header of the next request.
    resets: bool,
    modules: Arc<ModuleCache>,
    cancel: Cancel,
}

impl Session {
    /// A session that has done nothing.
    pub fn new(host: Arc<dyn Host>, settings: SessionSettings) -> Self {
        let seed = i32::from_le_bytes(std::array::from_fn(|at| host.new_id()[at])) & i32::MAX;
        let globals = GlobalSession::new(host.global_tables());
        Self {
            host,
            options: Options::new(&settings.language),
            database: settings.database.clone(),
            settings,
            scopes: Vec::new(),
            tries: Vec::new(),
            caught: Vec::new(),
            last: Last::default(),
            temp: Vec::new(),
            globals,
            cursors: HashMap::new(),
            transaction: Transaction::default(),
            prepared: HashMap::new(),
            next_handle: 1,
            context: HashMap::new(),
            context_info: SqlValue::Null,
            rand: Cell::new(Rand::seeded(seed)),
            null_left_out: Cell::new(false),
            next_row_version: 2001,
            nested: 0,
            level: 0,
            bulk: None,
            arriving: None,
            capturing: false,
            resets: false,
            modules: Arc::default(),
            cancel: Cancel::default(),
        }
    }

    /// Runs a batch. Errors go to the client as messages; [`Stopped`] means that the connection
    /// has to end.
    pub fn batch(
        &mut self,
        text: &str,
        output: &mut dyn Output,
        cancel: &Cancel,
    ) -> Result<(), Stopped> {
        self.bulk = None;
        self.request(output, cancel, |interpreter| interpreter.batch(text))
    }

    /// Puts rows into the table that the batch before has named with `INSERT BULK`.
    pub fn bulk_load(
        &mut self,
        rows: BulkRows,
        output: &mut dyn Output,
        cancel: &Cancel,
    ) -> Result<(), Stopped> {
        self.request(output, cancel, |interpreter| interpreter.bulk_load(rows))
    }

    /// Runs a procedure that the client called.
    pub fn call(
        &mut self,
        call: &RemoteCall,
        output: &mut dyn Output,
        cancel: &Cancel,
    ) -> Result<(), Stopped> {
        self.bulk = None;
        self.request(output, cancel, |interpreter| interpreter.remote_call(call))
    }

    /// Does what the client asks of the transaction.
    pub fn transaction(
        &mut self,
        command: &TransactionCommand,
        output: &mut dyn Output,
    ) -> Result<(), Stopped> {
        let cancel = Cancel::default();
        self.request(output, &cancel, |interpreter| interpreter.transaction_command(command))
    }

    /// Forgets all but the connection, as a pool asks between two users of it. Temporary tables,
    /// cursors, prepared statements and options go; the transaction too, unless it is kept.
    pub fn reset(&mut self, keep_transaction: bool) {
        let fresh = Self::new(Arc::clone(&self.host), self.settings.clone());
        let old = std::mem::replace(self, fresh);
        let Self { mut transaction, .. } = old;
        if keep_transaction {
            self.transaction = transaction;
        } else if transaction.is_open() {
            // Nobody waits for an answer that could carry the error; the host drops a transaction
            // that it cannot roll back with the connection.
            self.host.rollback().unwrap_or_default();
            transaction.end();
        }
        while matches!(self.host.revert(), Ok(true)) {}
    }

    /// The number of the open transaction, 0 without one.
    pub fn transaction_id(&self) -> u64 {
        self.transaction.id()
    }

    /// The current database.
    pub fn database(&self) -> &str {
        &self.database
    }

    fn request(
        &mut self,
        output: &mut dyn Output,
        cancel: &Cancel,
        run: impl FnOnce(&mut Interpreter<'_>) -> Result<(), failure::Trouble>,
    ) -> Result<(), Stopped> {
        self.cancel = cancel.clone();
        let mut interpreter = Interpreter { session: self, output, cancel, sent: None };
        let result = run(&mut interpreter);
        let result = interpreter.finish_request(result);
        self.scopes.clear();
        self.tries.clear();
        self.caught.clear();
        self.capturing = false;
        self.arriving = None;
        self.level = 0;
        if self.resets {
            self.reset(false);
        }
        result
    }
}
