//! Takes a backup.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::file::{HEADER, TABLE, TABLE_END, Writer};
use super::wrapped_key::WrappedKey;
use super::{BackedUpTable, Backup, BackupError, Header, TableEnd};
use crate::catalog::Catalog;
use crate::error::CatalogError;
use crate::store::Tx;
use crate::store::setup::applied;
use crate::store::sum::Sum;
use crate::store::tables::{scan, tables};

impl Catalog {
    /// Writes all of the catalog to the new file `path`, as it is now. `key` is the catalog's key
    /// file with the passphrase that it is put under; `None` leaves the key out.
    pub async fn back_up(
        &self,
        path: &Path,
        key: Option<(&Path, &str)>,
    ) -> Result<Vec<BackedUpTable>, BackupError> {
        if path.exists() {
            return Err(BackupError::Exists { path: path.to_owned() });
        }
        let key =
            key.map(|(file, passphrase)| WrappedKey::of_file(file, passphrase)).transpose()?;
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let taken = self.write_to(&part, key).await;
        // Read again: a backup that cannot be read is none.
        let taken = taken.and_then(|tables| Backup::open(&part).map(|_| tables));
        let failed = |source| BackupError::Write { path: path.to_owned(), source };
        match taken {
            Ok(tables) => {
                fs_err::rename(&part, path).map_err(failed)?;
                Ok(tables)
            }
            Err(error) => {
                if let Err(left) = fs_err::remove_file(&part) {
                    tracing::debug!(error = %left, "no part of a backup was left");
                }
                Err(error)
            }
        }
    }

    async fn write_to(
        &self,
        part: &Path,
        key: Option<WrappedKey>,
    ) -> Result<Vec<BackedUpTable>, BackupError> {
        let refused = Arc::new(Mutex::new(None));
        let (tell, part) = (Arc::clone(&refused), part.to_owned());
        let read = self.read(move |tx| {
            let written = write_all(tx, &part, key.clone());
            written.map_err(|error| {
                if let BackupError::Catalog(error) = error {
                    return error;
                }
                *tell.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                CatalogError::Closed
            })
        });
        let read = read.await;
        let refused = refused.lock().unwrap_or_else(PoisonError::into_inner).take();
        match (read, refused) {
            (Ok(tables), _) => Ok(tables),
            (Err(_), Some(refused)) => Err(refused),
            (Err(error), None) => Err(BackupError::Catalog(error)),
        }
    }
}

/// Writes the file from its start: a transaction that was lost runs again.
fn write_all(
    tx: &mut dyn Tx,
    part: &Path,
    key: Option<WrappedKey>,
) -> Result<Vec<BackedUpTable>, BackupError> {
    let failed = |source| BackupError::Write { path: part.to_owned(), source };
    let header = Header {
        program_version: env!("CARGO_PKG_VERSION").to_owned(),
        taken: tx.now(),
        versions: applied(tx)?.versions,
        key,
    };
    let mut writer = Writer::create(part).map_err(failed)?;
    writer.json(HEADER, &header).map_err(failed)?;
    let mut written = Vec::new();
    for table in tables(tx)? {
        writer.json(TABLE, &table).map_err(failed)?;
        let mut sum = Sum::default();
        scan(tx, &table, "taken", &mut |rows| {
            rows.iter().for_each(|row| sum.add(row));
            writer.rows(&rows).map_err(failed)
        })?;
        let (rows, hash) = (sum.rows, sum.hex());
        writer.json(TABLE_END, &TableEnd { rows, hash: hash.clone() }).map_err(failed)?;
        written.push(BackedUpTable { table: table.name, rows, hash });
    }
    writer.finish().map_err(failed)?;
    Ok(written)
}
