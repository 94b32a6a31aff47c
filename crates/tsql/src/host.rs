//! What the engine asks of the server around it, and what it gives to the client.
//!
//! ```text
//!   client ◀── Output ── Session (batches, procedures, queries) ──▶ Host: views, procedures, …
//! ```
//!
//! A [`Host`] stands for one connection: it knows who is logged in. The engine knows the
//! language; which databases, views and procedures there are, only the host knows. Everything
//! here is synchronous: a session runs on a thread that may wait.

mod output;

pub use output::{Command, Message, Output, OutputValue, SessionChange, StatementDone, Stopped};

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::collation::Collation;
use crate::types::SqlType;
use crate::value::{OffsetValue, SqlError, SqlValue};

/// A row: one value for each column.
pub type Row = Vec<SqlValue>;

/// A column of a relation or of a result.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its name; empty where it has none.
    pub name: String,
    /// Its type.
    pub data_type: SqlType,
    /// Whether it can be NULL.
    pub nullable: bool,
    /// How its texts compare.
    pub collation: Collation,
}

impl Column {
    /// A column that can be NULL.
    pub fn new(name: impl Into<String>, data_type: SqlType) -> Self {
        Self { name: name.into(), data_type, nullable: true, collation: Collation::CI_AS }
    }

    /// The same column, whose texts compare like this.
    pub fn collated(self, collation: Collation) -> Self {
        Self { collation, ..self }
    }

    /// The same column, never NULL.
    pub fn not_null(self) -> Self {
        Self { nullable: false, ..self }
    }
}

/// A temporary table, as views of `tempdb` show it.
#[derive(Clone, Debug, PartialEq)]
pub struct TemporaryTable {
    /// What `OBJECT_ID` gives for it.
    pub id: i32,
    /// Its name, filled up to 128 characters where it is one session's own.
    pub name: String,
    /// Its columns.
    pub columns: Vec<Column>,
}

/// The full name of an object: the database is filled in, the schema where it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QualifiedName {
    /// The linked server, where one was named.
    pub server: Option<String>,
    /// The database: the named one, else the current one.
    pub database: String,
    /// The schema, where one was named; otherwise the host looks in `dbo` and `sys`.
    pub schema: Option<String>,
    /// The object.
    pub name: String,
}

/// The server around a session.
pub trait Host: Send + Sync {
    /// The database with this name, as it is spelt there, if the login may use it.
    fn database(&self, name: &str) -> Result<Option<String>, SqlError>;

    /// The table or view with this name. Temporary tables are the engine's own.
    fn relation(&self, name: &QualifiedName) -> Result<Option<RelationSource>, SqlError>;

    /// The function with this name that gives rows.
    fn table_function(&self, name: &QualifiedName)
    -> Result<Option<TableFunctionSource>, SqlError>;

    /// The function of a schema with this name that gives one value.
    fn scalar_function(
        &self,
        name: &QualifiedName,
    ) -> Result<Option<ScalarFunctionSource>, SqlError>;

    /// The procedure with this name.
    fn procedure(&self, name: &QualifiedName) -> Result<Option<ProcedureSource>, SqlError>;

    /// The columns of the table type with this name.
    fn table_type(&self, name: &QualifiedName) -> Result<Option<Arc<[Column]>>, SqlError>;

    /// The table type with this name that a user made (`CREATE TYPE ... AS TABLE`): asked first,
    /// because its text also has keys, defaults and checks.
    fn user_table_type(&self, _name: &QualifiedName) -> Result<Option<Arc<Module>>, SqlError> {
        Ok(None)
    }

    /// The value of a built-in function that is about the server or its objects
    /// (`SERVERPROPERTY`, `OBJECT_ID`, `IS_MEMBER`, ...; the name in upper case), in `database`.
    fn metadata(
        &self,
        function: &str,
        arguments: &[SqlValue],
        database: &str,
    ) -> Result<SqlValue, SqlError>;

    /// The session's temporary tables, told before views of `tempdb` are asked for.
    fn temporary_tables(&self, _tables: Vec<TemporaryTable>) {}

    /// Who is logged in, where, and since when.
    fn identity(&self) -> Identity;

    /// The time now, with the server's offset.
    fn now(&self) -> OffsetValue;

    /// A new random id.
    fn new_id(&self) -> [u8; 16];

    /// Begins a transaction: what procedures change from now on stays, or goes, as a whole.
    fn begin(&self) -> Result<(), SqlError>;

    /// Keeps what was changed since [`Host::begin`].
    fn commit(&self) -> Result<(), SqlError>;

    /// Takes back what was changed since [`Host::begin`].
    fn rollback(&self) -> Result<(), SqlError>;

    /// A mark that [`Host::rollback_to`] can go back to.
    fn savepoint(&self) -> Result<u64, SqlError>;

    /// Takes back what was changed since the mark.
    fn rollback_to(&self, mark: u64) -> Result<(), SqlError>;

    /// Keeps a user's procedure, function, view or table type.
    fn define(&self, module: Module, mode: DefineMode) -> Result<(), SqlError>;

    /// Drops a user's procedure, function, view or table type. `false` if there is none.
    fn drop_module(&self, name: &QualifiedName, kind: ModuleKind) -> Result<bool, SqlError>;

    /// Makes or changes logins, users, roles and permissions: one of the statements of
    /// [`crate::ast`]'s `secure` part, in `database`.
    fn administer(
        &self,
        statement: &crate::ast::StatementKind,
        database: &str,
    ) -> Result<(), SqlError>;

    /// Runs as somebody else until [`Host::revert`]: `EXECUTE AS LOGIN` or `USER`.
    fn execute_as(&self, name: &str, is_login: bool) -> Result<(), SqlError>;

    /// Ends the last [`Host::execute_as`]. `false` if there is none.
    fn revert(&self) -> Result<bool, SqlError>;

    /// Ends another session (`KILL`).
    fn kill(&self, session: i64) -> Result<(), SqlError>;

    /// The `##tables` that its sessions share; a host of one session need not say.
    fn global_tables(&self) -> Arc<crate::session::GlobalTables> {
        Arc::default()
    }

    /// The bytes of a file that `OPENROWSET(BULK ...)` names, if the login may read files.
    fn read_file(&self, path: &str) -> Result<Vec<u8>, SqlError>;
}

/// Who is logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The login, as `SUSER_SNAME()` shows it now.
    pub login: String,
    /// The login that connected, as `ORIGINAL_LOGIN()` shows it.
    pub original_login: String,
    /// The user in SSISDB, as `USER_NAME()` shows it.
    pub user: String,
    /// The login's id, as `SUSER_SID()` shows it.
    pub sid: Vec<u8>,
    /// The session's number, `@@SPID`.
    pub session: i16,
    /// The client's machine, as `HOST_NAME()` shows it.
    pub host_name: String,
    /// The client's program, as `APP_NAME()` shows it.
    pub program: String,
    /// The server's name, `@@SERVERNAME`.
    pub server_name: String,
    /// What `@@VERSION` shows.
    pub version: String,
}

/// Where the rows of a name come from.
#[derive(Clone)]
pub enum RelationSource {
    /// From outside the engine.
    Relation(Arc<dyn Relation>),
    /// From a query: the text of a `CREATE VIEW`.
    View(Arc<Module>),
}

/// What runs when a procedure is called.
#[derive(Clone)]
pub enum ProcedureSource {
    /// Code outside the engine.
    Native(Arc<dyn Procedure>),
    /// The text of a `CREATE PROCEDURE`.
    Module(Arc<Module>),
}

/// Where the rows of a function come from.
#[derive(Clone)]
pub enum TableFunctionSource {
    /// From outside the engine.
    Native(Arc<dyn TableFunction>),
    /// The text of a `CREATE FUNCTION` that returns a table.
    Module(Arc<Module>),
}

/// What runs when a function of a schema is called.
#[derive(Clone)]
pub enum ScalarFunctionSource {
    /// Code outside the engine.
    Native(Arc<dyn ScalarFunction>),
    /// The text of a `CREATE FUNCTION`.
    Module(Arc<Module>),
}

/// A user's procedure, function, view or table type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// Its name; the schema is filled in.
    pub name: QualifiedName,
    /// What it is.
    pub kind: ModuleKind,
    /// The text of the batch that made it.
    pub text: String,
    /// `SET QUOTED_IDENTIFIER` when it was made.
    pub quoted_identifiers: bool,
}

/// What a [`Module`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ModuleKind {
    /// A procedure.
    Procedure,
    /// A function that gives one value.
    ScalarFunction,
    /// A function that gives rows.
    TableFunction,
    /// A view.
    View,
    /// A table type.
    TableType,
}

/// What [`Host::define`] does where the name is taken, or is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DefineMode {
    /// `CREATE`: refused where it is taken (error 2714).
    Create,
    /// `ALTER`: refused where it is not (error 208).
    Alter,
    /// `CREATE OR ALTER`.
    CreateOrAlter,
}

/// Rows with columns, from outside the engine.
pub trait Relation: Send + Sync {
    /// Its columns, in the order of `SELECT *`.
    fn columns(&self) -> &[Column];

    /// Begins to read.
    fn scan(&self, scan: &Scan) -> Result<Scanned, SqlError>;
}

/// What a query wants of a relation. All of it but `columns` is help that a relation may leave:
/// the engine filters and sorts again.
#[derive(Clone, Debug, Default)]
pub struct Scan {
    /// Which columns are looked at; in the others a relation may leave NULL.
    pub columns: Vec<bool>,
    /// What holds for every row that is wanted; all of them together.
    pub restrictions: Vec<Restriction>,
    /// The wanted order, most important column first.
    pub order: Vec<ScanOrder>,
    /// How many rows are wanted at most, of those that meet all restrictions, in `order`. A
    /// relation that leaves out a restriction or the order must not stop at this number.
    pub limit: Option<u64>,
}

/// A condition on one column. `column` counts from 0.
#[derive(Clone, Debug, PartialEq)]
pub enum Restriction {
    /// `column operator value`; the value is not NULL and of the column's type or one that
    /// compares with it.
    Compare {
        /// Which column.
        column: usize,
        /// How.
        operator: crate::ast::CompareOp,
        /// With what.
        value: SqlValue,
    },
    /// `column IN (values)`; none is NULL.
    In {
        /// Which column.
        column: usize,
        /// The values.
        values: Vec<SqlValue>,
    },
    /// `column IS [NOT] NULL`.
    IsNull {
        /// Which column.
        column: usize,
        /// Whether `NOT` was said.
        negated: bool,
    },
}

/// One column of an order. NULL comes first, or last when descending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScanOrder {
    /// Which column, from 0.
    pub column: usize,
    /// Greatest first.
    pub descending: bool,
}

/// Rows on their way.
pub struct Scanned {
    /// The rows.
    pub rows: Box<dyn RowSource>,
    /// Whether they come in the wanted order.
    pub ordered: bool,
}

/// Rows that come in portions.
pub trait RowSource: Send {
    /// The next rows; `None` at the end. A portion is not empty, and at most some thousand rows.
    fn next(&mut self) -> Result<Option<Vec<Row>>, SqlError>;
}

/// Rows that are all there.
pub struct Ready(Option<Vec<Row>>);

impl Ready {
    /// These rows.
    pub fn new(rows: Vec<Row>) -> Self {
        Self(Some(rows))
    }
}

impl RowSource for Ready {
    fn next(&mut self) -> Result<Option<Vec<Row>>, SqlError> {
        Ok(self.0.take().filter(|rows| !rows.is_empty()))
    }
}

/// A function that gives rows, from outside the engine.
pub trait TableFunction: Send + Sync {
    /// The types of its arguments, in order; all have to be given.
    fn arguments(&self) -> &[SqlType];

    /// Its columns.
    fn columns(&self) -> &[Column];

    /// The rows for these arguments.
    fn call(&self, arguments: &[SqlValue]) -> Result<Box<dyn RowSource>, SqlError>;
}

/// A function of a schema that gives one value, from outside the engine.
pub trait ScalarFunction: Send + Sync {
    /// The types of its arguments, in order.
    fn arguments(&self) -> &[SqlType];

    /// The type of its value.
    fn result(&self) -> SqlType;

    /// The value for these arguments.
    fn call(&self, arguments: &[SqlValue]) -> Result<SqlValue, SqlError>;
}

/// A procedure from outside the engine.
pub trait Procedure: Send + Sync {
    /// Its parameters, in order.
    fn parameters(&self) -> &[ProcedureParameter];

    /// Which parameter the argument at this position belongs to, both from 0. Only a procedure
    /// whose parameters once stood in another order has to say something here.
    fn position(&self, argument: usize, _is_output: bool) -> usize {
        argument
    }

    /// The parameter that may also be called `name`, where `name` is none of [`Self::parameters`].
    fn renamed(&self, _name: &str) -> Option<&'static str> {
        None
    }

    /// The return status of a call that failed with `error`, for a caller that does not catch it.
    fn failed_status(&self, _error: &SqlError) -> i32 {
        1
    }

    /// Runs it. The arguments stand in the order of the parameters, converted to their types,
    /// with defaults filled in; it changes those of OUTPUT parameters. Gives the return status.
    fn call(
        &self,
        arguments: &mut [ProcedureArgument],
        output: &mut dyn Output,
        cancel: &Cancel,
    ) -> Result<i32, SqlError>;
}

/// A parameter of a procedure.
#[derive(Clone, Debug, PartialEq)]
pub struct ProcedureParameter {
    /// With its sign.
    pub name: String,
    /// What it takes.
    pub kind: ParameterKind,
    /// Its value where it is left out; `None` if it has to be given.
    pub default: Option<SqlValue>,
    /// Whether the caller can have its value back.
    pub output: bool,
}

/// What a parameter takes.
#[derive(Clone, Debug, PartialEq)]
pub enum ParameterKind {
    /// A value of this type.
    Scalar(SqlType),
    /// A table with these columns.
    Table(Arc<[Column]>),
}

/// An argument of a procedure.
#[derive(Clone, Debug, PartialEq)]
pub enum ProcedureArgument {
    /// A value.
    Scalar(SqlValue),
    /// The rows of a table.
    Table(Arc<Vec<Row>>),
}

/// Stops a running batch from another thread. Clones share it.
#[derive(Clone, Default)]
pub struct Cancel(Arc<(Mutex<bool>, Condvar)>);

impl Cancel {
    /// Asks the batch to stop.
    pub fn cancel(&self) {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.1.notify_all();
    }

    /// Whether the batch is to stop.
    pub fn is_cancelled(&self) -> bool {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits, or less if the batch is to stop. Gives whether it is to stop.
    pub fn wait(&self, time: Duration) -> bool {
        let end = Instant::now() + time;
        let mut stop = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if *stop || left.is_zero() {
                return *stop;
            }
            let woken = self.0.1.wait_timeout(stop, left);
            stop = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}
