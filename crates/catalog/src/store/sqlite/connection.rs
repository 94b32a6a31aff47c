//! Connections to the file: how they are set up, and what SQLite's errors mean to us.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::error::{CatalogError, OpenError, StoreError};
use crate::key::CatalogKey;

/// Longer than any transaction of another process takes.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// How many prepared statements a connection keeps: more than the catalog has.
const STATEMENTS_MAX: usize = 300;

/// How much of a failed statement an error shows, in bytes.
const STATEMENT_SHOWN: usize = 120;

/// File systems on which SQLite's locks do not hold between machines.
const NETWORK_FILE_SYSTEMS: &[&str] =
    &["nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ceph", "glusterfs", "lustre", "fuse.sshfs"];

/// The file and its key.
#[derive(Clone)]
pub(super) struct Database {
    pub(super) path: PathBuf,
    pub(super) key: Arc<CatalogKey>,
    /// How long a statement waits for another process's lock before it fails.
    pub(super) busy_timeout: Duration,
}

impl Database {
    /// A new connection.
    pub(super) fn connect(&self) -> Result<Connection, OpenError> {
        self.try_connect().map_err(|source| self.open_error("", source))
    }

    /// A new connection that refuses to write.
    pub(super) fn connect_to_read(&self) -> Result<Connection, OpenError> {
        let sql = "PRAGMA query_only = ON";
        let connection = self.connect()?;
        connection.execute_batch(sql).map_err(|source| self.open_error(sql, source))?;
        Ok(connection)
    }

    fn try_connect(&self) -> Result<Connection, rusqlite::Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags)?;
        connection.busy_timeout(self.busy_timeout)?;
        // Plans that do not depend on the values bound: without this, SQLite compiles a cached
        // statement anew whenever the value of its LIMIT changes.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.execute_batch(
            "PRAGMA journal_mode = WAL;
             PRAGMA synchronous = FULL;
             PRAGMA foreign_keys = ON;
             PRAGMA temp_store = MEMORY;
             PRAGMA cache_size = -16000;
             PRAGMA journal_size_limit = 67108864;
             PRAGMA wal_autocheckpoint = 4000;",
        )?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
        Ok(connection)
    }

    /// What `source`, which `statement` gave, means.
    pub(super) fn error(&self, statement: &str, source: rusqlite::Error) -> CatalogError {
        CatalogError::Store(self.store_error(statement, source))
    }

    /// The same, as the store's own error.
    pub(super) fn store_error(&self, statement: &str, source: rusqlite::Error) -> StoreError {
        let (path, source) = (self.path.clone(), Arc::new(source));
        match source.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => StoreError::Full { path, source },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                StoreError::Locked { path, source }
            }
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                StoreError::Corrupt { path, source }
            }
            Some(
                ErrorCode::CannotOpen
                | ErrorCode::ReadOnly
                | ErrorCode::PermissionDenied
                | ErrorCode::SystemIoFailure,
            ) => StoreError::Unusable { path, source },
            _ => StoreError::Statement { statement: beginning(statement), source },
        }
    }

    /// The same, while opening.
    pub(super) fn open_error(&self, statement: &str, source: rusqlite::Error) -> OpenError {
        let source = Box::new(self.error(statement, source));
        OpenError::Store { place: self.path.display().to_string(), source }
    }
}

fn beginning(statement: &str) -> String {
    let words = statement.split_whitespace().collect::<Vec<_>>().join(" ");
    let end = words.floor_char_boundary(STATEMENT_SHOWN);
    words[..end].to_owned()
}

/// Refuses a file on a file system of several machines, where it can be told.
pub(super) fn refuse_network_file_system(path: &Path) -> Result<(), OpenError> {
    let Ok(mounts) = fs_err::read_to_string("/proc/self/mounts") else { return Ok(()) };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let Ok(folder) = fs_err::canonicalize(folder.unwrap_or(Path::new("."))) else { return Ok(()) };
    match network_file_system(&mounts, &folder) {
        Some(kind) => Err(OpenError::NetworkFileSystem { path: path.to_owned(), kind }),
        None => Ok(()),
    }
}

/// The kind of the file system that holds `folder`, when it is a network one. Of the mounts that
/// hold it the longest counts, and of equals the last.
fn network_file_system(mounts: &str, folder: &Path) -> Option<String> {
    let holding = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        let place = words.next()?.replace("\\040", " ");
        let kind = words.next()?;
        folder.starts_with(&place).then_some((place.len(), kind))
    });
    let (_, kind) = holding.max_by_key(|(length, _)| *length)?;
    NETWORK_FILE_SYSTEMS.contains(&kind).then(|| kind.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "overlay / overlay rw 0 0\n\
        server:/export /srv nfs4 rw 0 0\n\
        /dev/sda1 /srv/local\\040disk ext4 rw 0 0\n";

    #[test]
    fn the_innermost_mount_says_what_file_system_it_is() {
        let kind = |folder: &str| network_file_system(MOUNTS, Path::new(folder));
        assert_eq!(kind("/home/me"), None);
        assert_eq!(kind("/srv/data").as_deref(), Some("nfs4"));
        assert_eq!(kind("/srv/local disk/data"), None);
        assert_eq!(kind("/srvdata"), None);
    }
}
