//! Restores a backup.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::file::{HEADER, ROWS, Reader, TABLE, TABLE_END};
use super::{BackedUpTable, Backup, BackupError, TableEnd};
use crate::catalog::Catalog;
use crate::error::CatalogError;
use crate::key::CatalogKey;
use crate::store::setup::{Filler, Opening};
use crate::store::sum::Sum;
use crate::store::tables::{TableShape, is_on_server, number_on, scan, tables};
use crate::store::{Cell, Param, Tx, params};

/// How far the fences of tasks move on: farther than any went since the backup was taken.
const FENCES: i64 = 1 << 32;

impl Catalog {
    /// Makes the catalog at `place`, where there is none, from a backup, with its key.
    pub fn restore(
        place: &str,
        key: CatalogKey,
        patience: Duration,
        backup: &Backup,
    ) -> Result<(Self, Vec<BackedUpTable>), BackupError> {
        let contents = Contents { backup, outcome: Mutex::new(None) };
        let opened = Self::open_for(place, key, patience, Opening::Fill(&contents));
        let outcome = contents.outcome.lock().unwrap_or_else(PoisonError::into_inner).take();
        match (opened, outcome) {
            (Ok(catalog), Some(Ok(tables))) => Ok((catalog, tables)),
            (_, Some(Err(error))) => Err(error),
            (Ok(_), None) => Err(BackupError::Catalog(CatalogError::Closed)),
            (Err(error), Some(Ok(_)) | None) => Err(BackupError::Open(Box::new(error))),
        }
    }
}

/// What an empty database is filled with, and how the last try went.
struct Contents<'b> {
    backup: &'b Backup,
    outcome: Mutex<Option<Result<Vec<BackedUpTable>, BackupError>>>,
}

impl Filler for Contents<'_> {
    fn versions(&self) -> &[i64] {
        &self.backup.header.versions
    }

    fn fill(&self, tx: &mut dyn Tx) -> Result<(), CatalogError> {
        let set = |outcome| {
            *self.outcome.lock().unwrap_or_else(PoisonError::into_inner) = outcome;
        };
        match self.backup.write_to(tx) {
            Ok(tables) => {
                set(Some(Ok(tables)));
                Ok(())
            }
            Err(error) => {
                if let BackupError::Catalog(error) = error {
                    set(None);
                    return Err(error);
                }
                set(Some(Err(error)));
                Err(CatalogError::Closed)
            }
        }
    }
}

impl Backup {
    fn write_to(&self, tx: &mut dyn Tx) -> Result<Vec<BackedUpTable>, BackupError> {
        let mut reader = Reader::open(&self.path)?;
        let on_server = is_on_server(tx)?;
        // The rows that every new catalog has are the backup's too.
        for table in tables(tx)?.iter().rev() {
            tx.execute(&format!("DELETE FROM {}", table.name), &[])?;
        }
        let mut restored = Vec::new();
        let mut table: Option<(TableShape, Sum)> = None;
        while let Some((kind, contents)) = reader.block()? {
            match (kind, &mut table) {
                (HEADER, None) => {}
                (TABLE, None) => table = Some((reader.parse(&contents)?, Sum::default())),
                (ROWS, Some((shape, sum))) => {
                    let rows = reader.rows(&contents, shape.columns.len())?;
                    insert(tx, shape, rows, on_server, sum)?;
                }
                (TABLE_END, Some(_)) => {
                    let end: TableEnd = reader.parse(&contents)?;
                    let Some((shape, sum)) = table.take() else { continue };
                    finish(tx, &shape, &sum, end.rows)?;
                    restored.push(BackedUpTable {
                        table: shape.name,
                        rows: sum.rows,
                        hash: sum.hex(),
                    });
                }
                _ => {
                    let (path, reason) = (self.path.clone(), "its parts are not in order");
                    return Err(BackupError::Damaged { path, reason });
                }
            }
        }
        start_anew(tx)?;
        Ok(restored)
    }
}

fn insert(
    tx: &mut dyn Tx,
    table: &TableShape,
    rows: Vec<Vec<Cell>>,
    on_server: bool,
    sum: &mut Sum,
) -> Result<(), BackupError> {
    let values: Vec<_> = (1..=table.columns.len()).map(|n| format!("?{n}")).collect();
    let (name, columns, values) = (&table.name, table.columns.join(", "), values.join(", "));
    let sql = format!("INSERT INTO {name} ({columns}) VALUES ({values})");
    let rows = rows.into_iter().map(|row| {
        let row: Vec<Cell> = row.into_iter().map(|cell| as_stored(cell, on_server)).collect();
        sum.add(&row);
        row.into_iter().map(param).collect()
    });
    let rows: Vec<Vec<Param<'_>>> = rows.collect();
    Ok(tx.execute_many(&sql, &rows)?)
}

/// A server has no U+0000, and gets the sign for it, as in all it is given.
fn as_stored(cell: Cell, on_server: bool) -> Cell {
    match cell {
        Cell::Text(text) if on_server && text.contains('\0') => {
            Cell::Text(text.replace('\0', "\u{2400}"))
        }
        Cell::Null | Cell::Int(_) | Cell::Real(_) | Cell::Text(_) | Cell::Blob(_) => cell,
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

/// Compares what the database has with what was given to it, and numbers on.
fn finish(tx: &mut dyn Tx, table: &TableShape, given: &Sum, rows: u64) -> Result<(), BackupError> {
    let mut there = Sum::default();
    scan::<CatalogError>(tx, table, "restored", &mut |rows| {
        rows.iter().for_each(|row| there.add(row));
        Ok(())
    })?;
    if there != *given || given.rows != rows {
        return Err(BackupError::Different { table: table.name.clone() });
    }
    Ok(number_on(tx, table, table.last_number)?)
}

/// Forgets what was true of the masters and workers of then only.
fn start_anew(tx: &mut dyn Tx) -> Result<(), CatalogError> {
    // Leases of then end by themselves; nothing that workers of then say about them counts.
    tx.execute("UPDATE tasks SET fence = fence + ?1 WHERE phase <> 2", &params![FENCES])?;
    // A published address stays, unless it is that of the master's own machine.
    let sql = "DELETE FROM master_properties WHERE property_name = 'MASTER_ADDRESS'
               AND EXISTS (SELECT 1 FROM master_properties m WHERE m.property_name = 'MACHINE_NAME'
                   AND (master_properties.property_value LIKE 'https://' || m.property_value || ':%'
                        OR master_properties.property_value LIKE 'https://localhost:%'))";
    tx.execute(sql, &[])?;
    let sql = "DELETE FROM master_properties WHERE property_name IN
                   ('LAST_ONLINE_TIME', 'MACHINE_IP', 'MACHINE_NAME', 'MASTER_SERVICE_PORT',
                    'SSLCERT_THUMBPRINT')";
    tx.execute(sql, &[])?;
    Ok(())
}
