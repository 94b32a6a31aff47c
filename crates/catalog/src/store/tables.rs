//! All tables of a catalog, whatever is in them: for copies of the whole.

use super::{Cell, Tx, params};
use crate::error::CatalogError;

/// How many rows are read at a time at most, and how many bytes are enough.
const ROWS_MAX: i64 = 200;
const BYTES_ENOUGH: usize = 1 << 20;

/// Tables that are not the catalog's contents: they belong to the database, or to the processes
/// that use it now.
const NOT_CONTENTS: &[&str] = &["schema_version", "committed_requests", "masters", "tds_addresses"];

/// A table.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct TableShape {
    pub(crate) name: String,
    pub(crate) columns: Vec<String>,
    /// The column that numbers the rows, where there is one.
    pub(crate) number: Option<String>,
    /// The last number given, also to a row that is gone.
    pub(crate) last_number: i64,
}

/// Whether the catalog is on a server.
pub(crate) fn is_on_server(tx: &mut dyn Tx) -> Result<bool, CatalogError> {
    Ok(tx.scalar::<i64>("SELECT {{is_server}}", &[])? == Some(1))
}

/// All tables with contents. One comes behind those that it refers to.
pub(crate) fn tables(tx: &mut dyn Tx) -> Result<Vec<TableShape>, CatalogError> {
    let on_server = is_on_server(tx)?;
    let sql = match on_server {
        true => {
            "SELECT CAST(relname AS TEXT) FROM pg_catalog.pg_class
             WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')
             ORDER BY oid"
        }
        false => {
            "SELECT name FROM sqlite_master WHERE type = 'table'
             AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid"
        }
    };
    let names: Vec<String> = strings(tx, sql, None)?;
    let names = names.into_iter().filter(|name| !NOT_CONTENTS.contains(&name.as_str()));
    names.map(|name| shape(tx, name, on_server)).collect()
}

fn strings(tx: &mut dyn Tx, sql: &str, of: Option<&str>) -> Result<Vec<String>, CatalogError> {
    let rows = match of {
        Some(name) => tx.query(sql, &params![name])?,
        None => tx.query(sql, &[])?,
    };
    rows.iter().map(|row| row.get(0)).collect()
}

fn shape(tx: &mut dyn Tx, name: String, on_server: bool) -> Result<TableShape, CatalogError> {
    let (columns, number) = match on_server {
        true => (
            "SELECT CAST(attname AS TEXT) FROM pg_catalog.pg_attribute
             WHERE attrelid = CAST(?1 AS TEXT)::regclass AND 0 < attnum AND NOT attisdropped
             ORDER BY attnum",
            "SELECT CAST(attname AS TEXT) FROM pg_catalog.pg_attribute
             WHERE attrelid = CAST(?1 AS TEXT)::regclass AND attidentity <> ''",
        ),
        false => (
            "SELECT name FROM pragma_table_info(?1) ORDER BY cid",
            "SELECT i.name FROM pragma_table_info(?1) i JOIN sqlite_master m ON m.name = ?1
             WHERE i.pk = 1 AND m.sql LIKE '%AUTOINCREMENT%'",
        ),
    };
    let columns = strings(tx, columns, Some(&name))?;
    let number = strings(tx, number, Some(&name))?.pop();
    let last_number = match &number {
        None => 0,
        Some(column) if on_server => last_of_sequence(tx, &name, column)?,
        Some(_) => {
            let sql = "SELECT seq FROM sqlite_sequence WHERE name = ?1";
            tx.scalar(sql, &params![&name])?.unwrap_or_default()
        }
    };
    Ok(TableShape { name, columns, number, last_number })
}

fn last_of_sequence(tx: &mut dyn Tx, table: &str, column: &str) -> Result<i64, CatalogError> {
    let sql = "SELECT pg_get_serial_sequence(CAST(?1 AS TEXT), CAST(?2 AS TEXT))";
    let sequence: Option<String> = tx.scalar(sql, &params![table, column])?;
    let Some(sequence) = sequence else { return Ok(0) };
    let sql = format!("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {sequence}");
    Ok(tx.scalar(&sql, &[])?.unwrap_or_default())
}

/// Later rows of the table get numbers behind `last`.
pub(crate) fn number_on(
    tx: &mut dyn Tx,
    table: &TableShape,
    last: i64,
) -> Result<(), CatalogError> {
    let (Some(column), 1..) = (&table.number, last) else { return Ok(()) };
    if is_on_server(tx)? {
        let sql = "SELECT setval(pg_get_serial_sequence(CAST(?1 AS TEXT), CAST(?2 AS TEXT)),
                                 CAST(?3 AS BIGINT))";
        return tx.query(sql, &params![&table.name, column, last]).map(drop);
    }
    let sql = "UPDATE sqlite_sequence SET seq = max(seq, ?2) WHERE name = ?1";
    if tx.execute(sql, &params![&table.name, last])? == 0 {
        let sql = "INSERT INTO sqlite_sequence (name, seq) VALUES (?1, ?2)";
        tx.execute(sql, &params![&table.name, last])?;
    }
    Ok(())
}

/// Gives all rows of a table to `take`, some at a time. `purpose` is part of a cursor's name: no
/// two scans of a table in one transaction have the same.
pub(crate) fn scan<E: From<CatalogError>>(
    tx: &mut dyn Tx,
    table: &TableShape,
    purpose: &str,
    take: &mut dyn FnMut(Vec<Vec<Cell>>) -> Result<(), E>,
) -> Result<(), E> {
    let mut pages = Pages::open(tx, table, purpose)?;
    let mut n_rows = 1;
    loop {
        let rows = pages.next(tx, n_rows)?;
        if rows.is_empty() {
            return Ok(pages.close(tx)?);
        }
        let bytes: usize = rows.iter().flatten().map(size).sum();
        // Some rows are whole projects, and most are short.
        n_rows = if bytes < BYTES_ENOUGH { ROWS_MAX.min(n_rows * 2) } else { 1 };
        take(rows)?;
    }
}

fn size(cell: &Cell) -> usize {
    match cell {
        Cell::Null | Cell::Int(_) | Cell::Real(_) => 8,
        Cell::Text(text) => text.len(),
        Cell::Blob(bytes) => bytes.len(),
    }
}

/// A table read page by page: by a cursor of the server, or by the row numbers of the file.
enum Pages {
    Cursor { name: String },
    Rows { sql: String, last: i64 },
}

impl Pages {
    fn open(tx: &mut dyn Tx, table: &TableShape, purpose: &str) -> Result<Self, CatalogError> {
        let (columns, table) = (table.columns.join(", "), &table.name);
        if is_on_server(tx)? {
            // Each cursor has a name of its own, as the statement that reads it is kept.
            let name = format!("{purpose}_{table}");
            let open = format!("DECLARE {name} NO SCROLL CURSOR FOR SELECT {columns} FROM {table}");
            tx.execute(&open, &[])?;
            return Ok(Self::Cursor { name });
        }
        let sql = format!(
            "SELECT rowid, {columns} FROM {table} WHERE ?1 < rowid ORDER BY rowid LIMIT ?2"
        );
        Ok(Self::Rows { sql, last: i64::MIN })
    }

    fn next(&mut self, tx: &mut dyn Tx, n_rows: i64) -> Result<Vec<Vec<Cell>>, CatalogError> {
        match self {
            Self::Cursor { name } => {
                let rows = tx.query(&format!("FETCH {n_rows} FROM {name}"), &[])?;
                Ok(rows.into_iter().map(|row| row.into_cells()).collect())
            }
            Self::Rows { sql, last } => {
                let rows = tx.query(sql, &params![*last, n_rows])?;
                if let Some(row) = rows.last() {
                    *last = row.get(0)?;
                }
                Ok(rows.into_iter().map(|row| row.into_cells().split_off(1)).collect())
            }
        }
    }

    fn close(self, tx: &mut dyn Tx) -> Result<(), CatalogError> {
        match self {
            Self::Cursor { name } => tx.execute(&format!("CLOSE {name}"), &[]).map(drop),
            Self::Rows { .. } => Ok(()),
        }
    }
}
