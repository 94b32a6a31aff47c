//! Copies an SQLite catalog into an empty catalog on a server: everything or nothing, and compared
//! before it counts.
//!
//! Nobody may write to the file meanwhile, so its write lock is held; the server's catalog is
//! written in one transaction, beside nobody. What was copied is read back in that transaction,
//! and counted and hashed as the file's rows are. The key stays the same, so what is encrypted is
//! copied as it is.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};

use super::Tx;
use super::sum::Sum;
use crate::catalog::Catalog;
use crate::error::CatalogError;
use crate::store::{Cell, Param, params};

/// How many rows are held in memory at a time.
const ROWS_MAX: usize = 200;

/// Tables that are the database's own affair: of its schema, its key check, its requests, the
/// processes that use it.
const NOT_MOVED: &[&str] =
    &["schema_version", "key_check", "committed_requests", "masters", "tds_addresses"];

/// Tables that have rows in every catalog that was ever used.
const USED: &[&str] = &["folders", "operations", "worker_agents", "trusted_certificates"];

/// A catalog that was not moved. The server's is as it was.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// The server has a catalog that was used already.
    #[error("the catalog to move to is not empty: its table `{table}` has {rows} rows")]
    NotEmpty {
        /// A table.
        table: String,
        /// How many rows it has.
        rows: i64,
    },
    /// What was copied is not what is in the file.
    #[error("the table `{table}` was not copied exactly: {rows} rows in the file, {copied} copied")]
    Different {
        /// The table.
        table: String,
        /// Its rows in the file.
        rows: u64,
        /// Its rows on the server.
        copied: u64,
    },
    /// The file cannot be read.
    #[error("cannot read the catalog `{}`", path.display())]
    Source {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        #[source]
        source: Arc<rusqlite::Error>,
    },
    /// The server's catalog cannot be written.
    #[error("cannot write the catalog to move to")]
    Target(#[source] CatalogError),
}

/// How many rows of a table were moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovedTable {
    /// The table.
    pub table: String,
    /// Its rows.
    pub rows: u64,
    /// A hash over all of them, the same on both sides, lower-case hex.
    pub hash: String,
}

impl Catalog {
    /// Copies all of the SQLite catalog at `path`, which must have this program's schema, into
    /// this one, which must be empty and on a server.
    pub async fn take_over(&self, path: &Path) -> Result<Vec<MovedTable>, MoveError> {
        let from = path.to_owned();
        let refused = Arc::new(Mutex::new(None));
        let tell = Arc::clone(&refused);
        let moved = self.write(move |tx| move_all(&from, tx).map_err(|error| told(error, &tell)));
        let moved = moved.await;
        let refused = refused.lock().unwrap_or_else(PoisonError::into_inner).take();
        match (moved, refused) {
            (Ok(moved), _) => Ok(moved),
            (Err(_), Some(refused)) => Err(refused),
            (Err(error), None) => Err(MoveError::Target(error)),
        }
    }
}

/// A refusal must leave nothing behind, so it is an error of the job; what it says is told apart.
fn told(error: MoveError, tell: &Mutex<Option<MoveError>>) -> CatalogError {
    if let MoveError::Target(error) = error {
        return error;
    }
    *tell.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    CatalogError::Closed
}

fn move_all(path: &Path, tx: &mut dyn Tx) -> Result<Vec<MovedTable>, MoveError> {
    check_empty(tx)?;
    let source = Source::open(path)?;
    let tables = source.tables()?;
    // The rows that every new catalog has are the file's too.
    for table in tables.iter().rev() {
        target(tx.execute(&format!("DELETE FROM {}", table.name), &[]))?;
    }
    let mut moved = Vec::new();
    for table in &tables {
        let written = source.copy(table, tx)?;
        let copied = read_back(table, tx)?;
        if written != copied {
            let (table, rows) = (table.name.clone(), written.rows);
            return Err(MoveError::Different { table, rows, copied: copied.rows });
        }
        moved.push(MovedTable {
            table: table.name.clone(),
            rows: written.rows,
            hash: written.hex(),
        });
    }
    continue_numbers(&source, &tables, tx)?;
    Ok(moved)
}

fn target<T>(result: Result<T, CatalogError>) -> Result<T, MoveError> {
    result.map_err(MoveError::Target)
}

fn check_empty(tx: &mut dyn Tx) -> Result<(), MoveError> {
    for table in USED {
        let rows = target(tx.scalar::<i64>(&format!("SELECT count(*) FROM {table}"), &[]))?;
        if let Some(rows @ 1..) = rows {
            return Err(MoveError::NotEmpty { table: (*table).to_owned(), rows });
        }
    }
    Ok(())
}

/// Later rows get numbers behind those that the file has ever given.
fn continue_numbers(source: &Source, tables: &[Table], tx: &mut dyn Tx) -> Result<(), MoveError> {
    for (name, last) in source.numbers()? {
        let Some(table) = tables.iter().find(|table| table.name == name) else { continue };
        let Some(column) = &table.number else { continue };
        let sql = format!(
            "SELECT setval(pg_get_serial_sequence('{name}', lower('{column}')), CAST(?1 AS BIGINT))"
        );
        target(tx.query(&sql, &params![last.max(1)]))?;
    }
    Ok(())
}

struct Table {
    name: String,
    columns: Vec<String>,
    /// The column that numbers the rows, where there is one.
    number: Option<String>,
}

impl Table {
    fn column_list(&self) -> String {
        self.columns.join(", ")
    }
}

/// The file, with its write lock.
struct Source {
    path: PathBuf,
    connection: Connection,
}

impl Source {
    fn open(path: &Path) -> Result<Self, MoveError> {
        let failed = |source| MoveError::Source { path: path.to_owned(), source: Arc::new(source) };
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
        connection.execute_batch("BEGIN IMMEDIATE").map_err(failed)?;
        Ok(Self { path: path.to_owned(), connection })
    }

    fn failed(&self, source: rusqlite::Error) -> MoveError {
        MoveError::Source { path: self.path.clone(), source: Arc::new(source) }
    }

    /// In the order in which they were made: a table comes behind those that it refers to.
    fn tables(&self) -> Result<Vec<Table>, MoveError> {
        let sql = "SELECT name FROM sqlite_master WHERE type = 'table'
                   AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid";
        let names = self.strings(sql, "")?;
        let names = names.into_iter().filter(|name| !NOT_MOVED.contains(&name.as_str()));
        names.map(|name| self.table(name)).collect()
    }

    fn table(&self, name: String) -> Result<Table, MoveError> {
        let columns = self.strings("SELECT name FROM pragma_table_info(?1) ORDER BY cid", &name)?;
        let number =
            "SELECT i.name FROM pragma_table_info(?1) i JOIN sqlite_master m ON m.name = ?1
                      WHERE i.pk = 1 AND m.sql LIKE '%AUTOINCREMENT%'";
        let number = self.strings(number, &name)?.pop();
        Ok(Table { name, columns, number })
    }

    fn strings(&self, sql: &str, name: &str) -> Result<Vec<String>, MoveError> {
        let read = || -> rusqlite::Result<Vec<String>> {
            let mut statement = self.connection.prepare(sql)?;
            if statement.parameter_count() == 0 {
                return statement.query_map((), |row| row.get(0))?.collect();
            }
            statement.query_map([name], |row| row.get(0))?.collect()
        };
        read().map_err(|source| self.failed(source))
    }

    /// The last number of each table that numbers its rows.
    fn numbers(&self) -> Result<Vec<(String, i64)>, MoveError> {
        let read = || -> rusqlite::Result<Vec<(String, i64)>> {
            let mut statement = self.connection.prepare("SELECT name, seq FROM sqlite_sequence")?;
            statement.query_map((), |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        };
        read().map_err(|source| self.failed(source))
    }

    fn copy(&self, table: &Table, tx: &mut dyn Tx) -> Result<Sum, MoveError> {
        let columns = table.column_list();
        let values: Vec<_> = (1..=table.columns.len()).map(|n| format!("?{n}")).collect();
        let values = values.join(", ");
        let insert = format!("INSERT INTO {} ({columns}) VALUES ({values})", table.name);
        let select = format!("SELECT {columns} FROM {} ORDER BY rowid", table.name);
        let failed = |source| self.failed(source);
        let mut statement = self.connection.prepare(&select).map_err(failed)?;
        let mut rows = statement.query(()).map_err(failed)?;
        let (mut sum, mut waiting) = (Sum::default(), Vec::new());
        while let Some(row) = rows.next().map_err(failed)? {
            let cells: Result<Vec<_>, _> =
                (0..table.columns.len()).map(|column| row.get_ref(column).map(cell)).collect();
            let cells = cells.map_err(failed)?;
            sum.add(&cells);
            waiting.push(cells.into_iter().map(param).collect());
            if waiting.len() == ROWS_MAX {
                target(tx.execute_many(&insert, &waiting))?;
                waiting.clear();
            }
        }
        target(tx.execute_many(&insert, &waiting))?;
        Ok(sum)
    }
}

/// As the server has it: without U+0000, see [`super::postgres`].
fn cell(value: ValueRef<'_>) -> Cell {
    match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(number) => Cell::Int(number),
        ValueRef::Real(number) => Cell::Real(number),
        ValueRef::Text(text) => Cell::Text(String::from_utf8_lossy(text).replace('\0', "\u{2400}")),
        ValueRef::Blob(bytes) => Cell::Blob(bytes.to_vec()),
    }
}

fn param(cell: Cell) -> Param<'static> {
    match cell {
        Cell::Null => Param::Null,
        Cell::Int(number) => Param::Int(number),
        Cell::Real(number) => Param::Real(number),
        Cell::Text(text) => Param::from(text),
        Cell::Blob(bytes) => Param::from(bytes),
    }
}

/// The sum of a table's rows on the server, some at a time.
fn read_back(table: &Table, tx: &mut dyn Tx) -> Result<Sum, MoveError> {
    let Table { name, .. } = table;
    let columns = table.column_list();
    // Each cursor has a name of its own, as the statement that reads it is kept.
    let open = format!("DECLARE moved_{name} NO SCROLL CURSOR FOR SELECT {columns} FROM {name}");
    target(tx.execute(&open, &[]))?;
    let fetch = format!("FETCH {ROWS_MAX} FROM moved_{name}");
    let mut sum = Sum::default();
    loop {
        let rows = target(tx.query(&fetch, &[]))?;
        if rows.is_empty() {
            break;
        }
        rows.iter().for_each(|row| sum.add(row.cells()));
    }
    target(tx.execute(&format!("CLOSE moved_{name}"), &[]))?;
    Ok(sum)
}
