//! SQLite: a file, opened in this process.
//!
//! SQLite's columns hold values of any type; what a value is decides what comes out. Dates and
//! times are texts, as its ODBC driver writes them.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use model::{DataType, RowSet, TICKS_PER_SECOND, Value};
use rusqlite::fallible_iterator::FallibleIterator as _;
use rusqlite::types::{ToSqlOutput, Value as Stored, ValueRef};
use rusqlite::{Batch, ErrorCode, OpenFlags, ToSql};

use super::{
    BulkInsert, Column, Database, DatabaseError, Direction, Kind, Limits, Outcome, Parameter,
    Product, RowSink, STOP_POLL, Statement, quoted_column,
};

/// How long a lock of another program is waited for.
const BUSY: Duration = Duration::from_secs(30);
/// Instructions of SQLite's machine between two looks at the clock.
const INSTRUCTIONS: i32 = 10_000;

/// An open file.
pub(super) struct Connection(rusqlite::Connection);

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connection(SQLite)")
    }
}

impl Connection {
    /// Opens a file; makes it unless it is to be read only.
    pub(super) fn open(path: &Path, read_only: bool) -> Result<Self, DatabaseError> {
        let flags = if read_only {
            OpenFlags::SQLITE_OPEN_READ_ONLY
        } else {
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE
        };
        let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let opened = rusqlite::Connection::open_with_flags(path, flags);
        let opened = opened.and_then(|file| file.busy_timeout(BUSY).map(|()| file));
        opened.map(Self).map_err(|error| {
            let text = format!("cannot open the SQLite file `{}`: {error}", path.display());
            DatabaseError::new(Kind::Connection, text)
        })
    }

    /// Does something as long as it is wanted.
    fn within<T>(
        &mut self,
        limits: &Limits<'_>,
        work: impl FnOnce(&rusqlite::Connection) -> Result<T, DatabaseError>,
    ) -> Result<T, DatabaseError> {
        let watch = Watch::new(limits);
        // The handler may borrow nothing of the caller's: it reads a flag, which a thread beside
        // the statement sets.
        let flag = Arc::clone(&watch.stop);
        let handler = move || flag.load(Ordering::Relaxed);
        self.0.progress_handler(INSTRUCTIONS, Some(handler)).map_err(|error| failed(&error))?;
        let result = thread::scope(|scope| {
            let watcher = scope.spawn(|| watch.until_done());
            let result = work(&self.0);
            watch.done.store(true, Ordering::SeqCst);
            watcher.thread().unpark();
            result
        });
        drop(self.0.progress_handler(0, None::<fn() -> bool>));
        result.map_err(|error| {
            if error.kind == Kind::Stopped && !(limits.stopped)() && watch.is_late() {
                return DatabaseError::timed_out(
                    limits.time_max.map_or(0, |limit| limit.as_secs()),
                );
            }
            error
        })
    }
}

/// Watches over a statement.
struct Watch<'a> {
    limits: &'a Limits<'a>,
    deadline: Option<Instant>,
    /// Whether the statement should end.
    stop: Arc<AtomicBool>,
    /// Whether it has.
    done: AtomicBool,
}

impl<'a> Watch<'a> {
    fn new(limits: &'a Limits<'a>) -> Self {
        let deadline = limits.time_max.map(|limit| Instant::now() + limit);
        Self { limits, deadline, stop: Arc::default(), done: AtomicBool::new(false) }
    }

    fn is_late(&self) -> bool {
        self.deadline.is_some_and(|deadline| deadline < Instant::now())
    }

    fn until_done(&self) {
        while !self.done.load(Ordering::SeqCst) {
            if (self.limits.stopped)() || self.is_late() {
                self.stop.store(true, Ordering::Relaxed);
                return;
            }
            thread::park_timeout(STOP_POLL);
        }
    }
}

fn failed(error: &rusqlite::Error) -> DatabaseError {
    let code = error.sqlite_error();
    let text = error.to_string();
    let kind = match code.map(|code| code.code) {
        Some(ErrorCode::ConstraintViolation) => Kind::Integrity,
        Some(ErrorCode::TypeMismatch | ErrorCode::TooBig) => Kind::Conversion,
        Some(ErrorCode::OperationInterrupted) => Kind::Stopped,
        Some(ErrorCode::PermissionDenied | ErrorCode::ReadOnly) => Kind::Permission,
        Some(ErrorCode::CannotOpen | ErrorCode::NotADatabase) => Kind::Connection,
        _ if text.contains("no such table") || text.contains("no such column") => Kind::Missing,
        _ => Kind::Statement,
    };
    let transient = matches!(
        code.map(|code| code.code),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    );
    let number = code.and_then(|code| u32::try_from(code.extended_code).ok());
    DatabaseError { kind, text, number, transient }
}

/// A value as SQLite keeps it.
struct Bound<'a>(&'a Value);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self.0 {
            Value::Null => ToSqlOutput::Owned(Stored::Null),
            Value::Bool(bit) => ToSqlOutput::Owned(Stored::Integer(i64::from(*bit))),
            Value::I1(n) => ToSqlOutput::Owned(Stored::Integer(i64::from(*n))),
            Value::I2(n) => ToSqlOutput::Owned(Stored::Integer(i64::from(*n))),
            Value::I4(n) => ToSqlOutput::Owned(Stored::Integer(i64::from(*n))),
            Value::I8(n) => ToSqlOutput::Owned(Stored::Integer(*n)),
            Value::Ui1(n) => ToSqlOutput::Owned(Stored::Integer(i64::from(*n))),
            Value::Ui2(n) => ToSqlOutput::Owned(Stored::Integer(i64::from(*n))),
            Value::Ui4(n) => ToSqlOutput::Owned(Stored::Integer(i64::from(*n))),
            Value::R4(n) => ToSqlOutput::Owned(Stored::Real(f64::from(*n))),
            Value::R8(n) => ToSqlOutput::Owned(Stored::Real(*n)),
            Value::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Value::Bytes(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
            Value::Time(ticks) => ToSqlOutput::Owned(Stored::Text(time(*ticks))),
            // Digits stay exact as text; a column with numeric affinity makes numbers of them.
            Value::Ui8(_)
            | Value::Decimal(_)
            | Value::Guid(_)
            | Value::DateTime(_)
            | Value::Date(_)
            | Value::DateTimeOffset { .. } => ToSqlOutput::Owned(Stored::Text(self.0.to_string())),
            Value::List(_) | Value::Rows(_) => {
                let text = "an object cannot be stored in SQLite";
                return Err(rusqlite::Error::ToSqlConversionFailure(text.into()));
            }
        })
    }
}

fn time(ticks: i64) -> String {
    let seconds = ticks / TICKS_PER_SECOND;
    let (h, m, s) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match ticks % TICKS_PER_SECOND {
        0 => format!("{h:02}:{m:02}:{s:02}"),
        fraction => {
            format!("{h:02}:{m:02}:{s:02}.{}", format!("{fraction:07}").trim_end_matches('0'))
        }
    }
}

fn value(cell: ValueRef<'_>) -> Value {
    match cell {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(n) => Value::I8(n),
        ValueRef::Real(n) => Value::R8(n),
        ValueRef::Text(text) => Value::text(String::from_utf8_lossy(text)),
        ValueRef::Blob(bytes) => Value::Bytes(bytes.into()),
    }
}

fn columns_of(statement: &rusqlite::Statement<'_>) -> Vec<Column> {
    let column = |name: &str| Column {
        name: name.to_owned(),
        data_type: None,
        writable: true,
        identity: false,
    };
    statement.column_names().map(column).collect()
}

/// Binds by name where all parameters have one, else by place.
fn bind(
    statement: &mut rusqlite::Statement<'_>,
    parameters: &[Parameter],
) -> Result<(), DatabaseError> {
    if let Some(output) = parameters.iter().find(|p| p.direction != Direction::Input) {
        let text = format!(
            "parameter `{}` is an output parameter, which SQLite does not have",
            output.name
        );
        return Err(DatabaseError::new(Kind::Unsupported, text));
    }
    let named = !parameters.is_empty() && parameters.iter().all(|p| p.name.starts_with('@'));
    let markers = statement.parameter_count();
    if !named && markers != parameters.len() {
        let bound = parameters.len();
        let text = format!(
            "the statement has {markers} parameter markers, and {bound} parameters are bound"
        );
        return Err(DatabaseError::new(Kind::Statement, text));
    }
    for (at, parameter) in parameters.iter().enumerate() {
        let place = if named {
            statement.parameter_index(&parameter.name).map_err(|error| failed(&error))?
        } else {
            Some(at + 1)
        };
        let Some(place) = place else { continue };
        let bound = statement.raw_bind_parameter(place, Bound(&parameter.value));
        bound.map_err(|error| failed(&error))?;
    }
    Ok(())
}

fn refuse_procedures(statement: &Statement) -> Result<(), DatabaseError> {
    if statement.is_stored_procedure {
        let text = "SQLite has no stored procedures";
        return Err(DatabaseError::new(Kind::Unsupported, text));
    }
    Ok(())
}

/// The type that most tells what the values of a column are.
fn type_of(rows: &[Vec<Value>], at: usize) -> DataType {
    let mut found = DataType::NText;
    for row in rows {
        found = match row.get(at) {
            Some(Value::I8(_)) => DataType::I8,
            Some(Value::R8(_)) => DataType::R8,
            Some(Value::Bytes(_)) => DataType::Image,
            Some(Value::Text(_)) => return DataType::NText,
            _ => continue,
        };
    }
    found
}

fn next_row(
    rows: &mut rusqlite::Rows<'_>,
    n_columns: usize,
) -> Result<Option<Vec<Value>>, DatabaseError> {
    let Some(row) = rows.next().map_err(|error| failed(&error))? else { return Ok(None) };
    let cell = |at| row.get_ref(at).map(value).map_err(|error| failed(&error));
    (0..n_columns).map(cell).collect::<Result<_, _>>().map(Some)
}

impl Database for Connection {
    fn product(&self) -> Product {
        Product::Sqlite
    }

    fn is_open(&self) -> bool {
        true
    }

    fn describe(
        &mut self,
        text: &str,
        _: &Limits<'_>,
    ) -> Result<Option<Vec<Column>>, DatabaseError> {
        let statement = self.0.prepare(text).map_err(|error| failed(&error))?;
        Ok(Some(columns_of(&statement)))
    }

    fn query(
        &mut self,
        statement: &Statement,
        block_rows: usize,
        limits: &Limits<'_>,
        sink: &mut dyn RowSink,
    ) -> Result<(), DatabaseError> {
        refuse_procedures(statement)?;
        let patient = Limits { time_max: None, ..*limits };
        self.within(&patient, |file| {
            let mut prepared = file.prepare(&statement.text).map_err(|error| failed(&error))?;
            bind(&mut prepared, &statement.parameters)?;
            let columns = columns_of(&prepared);
            if !sink.columns(&columns) {
                return Ok(());
            }
            let mut rows = prepared.raw_query();
            let mut block = Vec::new();
            while let Some(row) = next_row(&mut rows, columns.len())? {
                block.push(row);
                if block_rows <= block.len() && !sink.rows(std::mem::take(&mut block)) {
                    return Ok(());
                }
            }
            if !block.is_empty() {
                sink.rows(block);
            }
            Ok(())
        })
    }

    fn execute(
        &mut self,
        statement: &Statement,
        limits: &Limits<'_>,
    ) -> Result<Outcome, DatabaseError> {
        refuse_procedures(statement)?;
        self.within(limits, |file| {
            let mut outcome = Outcome::default();
            let mut batch = Batch::new(file, &statement.text);
            while let Some(mut prepared) = batch.next().map_err(|error| failed(&error))? {
                bind(&mut prepared, &statement.parameters)?;
                let columns = columns_of(&prepared);
                let mut rows = prepared.raw_query();
                let mut all = Vec::new();
                while let Some(row) = next_row(&mut rows, columns.len())? {
                    all.push(row);
                }
                drop(rows);
                outcome.rows_affected = i64::try_from(file.changes()).ok();
                if !columns.is_empty() {
                    outcome.rows_affected = i64::try_from(all.len()).ok();
                    let types: Vec<_> = (0..columns.len()).map(|at| type_of(&all, at)).collect();
                    let names = columns.into_iter().map(|column| column.name);
                    let columns = names.zip(types).collect();
                    outcome.result_sets.push(RowSet { columns, rows: all });
                }
            }
            Ok(outcome)
        })
    }

    fn bulk_insert(
        &mut self,
        into: &BulkInsert,
        rows: &[Vec<Value>],
        limits: &Limits<'_>,
    ) -> Result<(), DatabaseError> {
        let names: Vec<String> =
            into.columns.iter().map(|c| quoted_column(Product::Sqlite, &c.name)).collect();
        let places = vec!["?"; names.len()].join(", ");
        let (table, names) = (&into.table, names.join(", "));
        let text = format!("INSERT INTO {table} ({names}) VALUES ({places})");
        self.within(limits, |file| {
            file.execute_batch("SAVEPOINT bulk").map_err(|error| failed(&error))?;
            let result = insert(file, &text, rows);
            let end =
                if result.is_ok() { "RELEASE bulk" } else { "ROLLBACK TO bulk; RELEASE bulk" };
            let ended = file.execute_batch(end).map_err(|error| failed(&error));
            result.and(ended)
        })
    }

    fn begin(&mut self) -> Result<bool, DatabaseError> {
        if !self.0.is_autocommit() {
            return Ok(false);
        }
        self.0.execute_batch("BEGIN").map_err(|error| failed(&error))?;
        Ok(true)
    }

    fn commit(&mut self) -> Result<(), DatabaseError> {
        self.0.execute_batch("COMMIT").map_err(|error| failed(&error))
    }

    fn rollback(&mut self) -> Result<(), DatabaseError> {
        if self.0.is_autocommit() {
            return Ok(());
        }
        self.0.execute_batch("ROLLBACK").map_err(|error| failed(&error))
    }
}

fn insert(
    file: &rusqlite::Connection,
    text: &str,
    rows: &[Vec<Value>],
) -> Result<(), DatabaseError> {
    let mut prepared = file.prepare(text).map_err(|error| failed(&error))?;
    for row in rows {
        let values = rusqlite::params_from_iter(row.iter().map(Bound));
        prepared.execute(values).map_err(|error| failed(&error))?;
    }
    Ok(())
}
