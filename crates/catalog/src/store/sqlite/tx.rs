//! A transaction on one connection.

use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

use model::Timestamp;
use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{CachedStatement, Connection, ToSql};

use super::connection::Database;
use crate::error::CatalogError;
use crate::key::CatalogKey;
use crate::store::dialect::SQLITE;
use crate::store::{Cell, Param, Row, Topic, Tx, params};

/// Statements with tokens, and what they are in SQLite's words.
pub(super) type Rendered = HashMap<String, String>;

/// One job's view of a connection inside a transaction.
pub(super) struct SqliteTx<'c> {
    pub(super) database: &'c Database,
    pub(super) connection: &'c Connection,
    pub(super) rendered: &'c mut Rendered,
    pub(super) now: Timestamp,
    /// Which topics the job has notified, by number.
    pub(super) topics: [bool; Topic::ALL.len()],
}

impl<'c> SqliteTx<'c> {
    pub(super) fn new(
        database: &'c Database,
        connection: &'c Connection,
        rendered: &'c mut Rendered,
    ) -> Self {
        Self { database, connection, rendered, now: clock(), topics: [false; Topic::ALL.len()] }
    }

    fn prepare(&mut self, sql: &str) -> Result<CachedStatement<'c>, rusqlite::Error> {
        if !sql.contains("{{") {
            return self.connection.prepare_cached(sql);
        }
        if !self.rendered.contains_key(sql) {
            self.rendered.insert(sql.to_owned(), SQLITE.render(sql).into_owned());
        }
        self.connection.prepare_cached(self.rendered.get(sql).map_or(sql, String::as_str))
    }

    fn try_query(&mut self, sql: &str, params: &[Param<'_>]) -> rusqlite::Result<Vec<Row>> {
        let mut statement = self.prepare(sql)?;
        bind(&mut statement, params)?;
        let columns = statement.column_count();
        let mut rows = statement.raw_query();
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let cells = (0..columns).map(|column| row.get_ref(column).map(cell));
            found.push(Row::new(cells.collect::<rusqlite::Result<_>>()?));
        }
        Ok(found)
    }

    fn try_execute(&mut self, sql: &str, params: &[Param<'_>]) -> rusqlite::Result<usize> {
        let mut statement = self.prepare(sql)?;
        bind(&mut statement, params)?;
        statement.raw_execute()
    }

    fn try_execute_many(&mut self, sql: &str, rows: &[Vec<Param<'_>>]) -> rusqlite::Result<()> {
        let mut statement = self.prepare(sql)?;
        for row in rows {
            bind(&mut statement, row)?;
            statement.raw_execute()?;
        }
        Ok(())
    }
}

impl Tx for SqliteTx<'_> {
    fn query(&mut self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>, CatalogError> {
        self.try_query(sql, params).map_err(|source| self.database.error(sql, source))
    }

    fn execute(&mut self, sql: &str, params: &[Param<'_>]) -> Result<u64, CatalogError> {
        let changed = self.try_execute(sql, params);
        changed.map(|rows| rows as u64).map_err(|source| self.database.error(sql, source))
    }

    fn execute_many(&mut self, sql: &str, rows: &[Vec<Param<'_>>]) -> Result<(), CatalogError> {
        self.try_execute_many(sql, rows).map_err(|source| self.database.error(sql, source))
    }

    /// SQLite numbers on from what `sqlite_sequence` says; a table has a row there from its first
    /// insert on.
    fn reserve_id(&mut self, table: &'static str, id: i64) -> Result<(), CatalogError> {
        let sql = "UPDATE sqlite_sequence SET seq = max(seq, ?2) WHERE name = ?1";
        if self.execute(sql, &params![table, id])? == 0 {
            let sql = "INSERT INTO sqlite_sequence (name, seq) VALUES (?1, ?2)";
            self.execute(sql, &params![table, id])?;
        }
        Ok(())
    }

    fn notify(&mut self, topic: Topic) {
        self.topics[topic as usize] = true;
    }

    fn now(&self) -> Timestamp {
        self.now
    }

    fn key(&self) -> &CatalogKey {
        &self.database.key
    }
}

fn bind(statement: &mut CachedStatement<'_>, params: &[Param<'_>]) -> rusqlite::Result<()> {
    for (index, param) in params.iter().enumerate() {
        statement.raw_bind_parameter(index + 1, param)?;
    }
    Ok(())
}

impl ToSql for Param<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Null => ToSqlOutput::Owned(Value::Null),
            Self::Int(number) => ToSqlOutput::Owned(Value::Integer(*number)),
            Self::Real(number) => ToSqlOutput::Owned(Value::Real(*number)),
            Self::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Self::Blob(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
        })
    }
}

fn cell(value: ValueRef<'_>) -> Cell {
    match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(number) => Cell::Int(number),
        ValueRef::Real(number) => Cell::Real(number),
        ValueRef::Text(text) => Cell::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Cell::Blob(bytes.to_vec()),
    }
}

/// All processes that share the file share this machine's clock.
fn clock() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
