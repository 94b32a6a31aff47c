//! A catalog in one file, with its key under a passphrase: taken while masters work, and restored
//! into an empty database of either kind.
//!
//! ```text
//!    take: one transaction that reads ──▶ FILE.part ──▶ read again, compared ──▶ FILE
//!    restore: whole? passphrase? schema? ──▶ one transaction: schema of the backup, its rows,
//!             compared, later changes of the schema ──▶ commit
//! ```
//!
//! # Invariants
//!
//! * A backup is one unchanging state of the catalog.
//! * The key is in it under a passphrase only, or not at all. Sensitive values are as they are in
//!   the catalog: encrypted. The rest is readable, so the file is for its owner only.
//! * A restore that fails leaves the database as it was.
//! * What worked for the catalog when the backup was taken holds nothing in the restored one: the
//!   fences of all tasks move on.

mod file;
mod restore;
mod take;
mod wrapped_key;

use std::io;
use std::path::{Path, PathBuf};

use model::Timestamp;
use serde::{Deserialize, Serialize};

use self::file::{HEADER, Reader};
use self::wrapped_key::WrappedKey;
use crate::error::{CatalogError, OpenError};
use crate::key::{CatalogKey, KeyError};
use crate::store::migrate::newest;

/// A backup that was not taken or not restored. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The file cannot be written.
    #[error("cannot write the backup `{}`", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The file is there already.
    #[error("`{}` is there already: give another name, or remove it", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be read.
    #[error("cannot read the backup `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// It is something else.
    #[error("`{}` is not a backup of a catalog", path.display())]
    NotABackup {
        /// The file.
        path: PathBuf,
    },
    /// It is not as it was written.
    #[error("the backup `{}` is damaged: {reason}; use another copy", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: &'static str,
    },
    /// It was taken by a newer program.
    #[error(
        "the backup `{}` has schema version {found}, and this program knows versions up to \
         {known}: use a newer program",
        path.display()
    )]
    NewerSchema {
        /// The file.
        path: PathBuf,
        /// What the backup has.
        found: i64,
        /// The newest that this program knows.
        known: i64,
    },
    /// The passphrase is not the backup's.
    #[error("the passphrase is not the one that the backup was made with")]
    WrongPassphrase,
    /// Too easily found out.
    #[error("the passphrase is too short: at least {min} characters")]
    ShortPassphrase {
        /// The fewest.
        min: usize,
    },
    /// The key was left out of the backup.
    #[error(
        "the backup `{}` was made without the key of the catalog: give the key file", path.display()
    )]
    NoKey {
        /// The file.
        path: PathBuf,
    },
    /// The key file is missing or unfit.
    #[error("cannot use the catalog's key")]
    Key(#[source] KeyError),
    /// The catalog to take a backup of cannot be read.
    #[error("cannot read the catalog")]
    Catalog(#[from] CatalogError),
    /// What was written to the database is not what is in the file.
    #[error("the table `{table}` was not restored exactly")]
    Different {
        /// The table.
        table: String,
    },
    /// The database to restore into.
    #[error("nothing was restored")]
    Open(#[source] Box<OpenError>),
}

/// What a backup is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Header {
    /// The program that took it.
    program_version: String,
    /// When.
    taken: Timestamp,
    /// The changes of the schema that the catalog had.
    versions: Vec<i64>,
    /// The key, unless it was left out.
    key: Option<WrappedKey>,
}

/// The end of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct TableEnd {
    rows: u64,
    hash: String,
}

/// A table in a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BackedUpTable {
    /// Its name.
    pub table: String,
    /// Its rows.
    pub rows: u64,
    /// A hash over all of them, lower-case hex.
    pub hash: String,
}

/// A backup that is whole and of a schema that this program knows.
#[derive(Debug)]
pub struct Backup {
    path: PathBuf,
    header: Header,
}

impl Backup {
    /// Opens a backup, after reading all of it.
    pub fn open(path: &Path) -> Result<Self, BackupError> {
        file::check_whole(path)?;
        let mut reader = Reader::open(path)?;
        let damaged = BackupError::Damaged { path: path.to_owned(), reason: "it says nothing" };
        let Some((HEADER, contents)) = reader.block()? else { return Err(damaged) };
        let header: Header = reader.parse(&contents)?;
        let found = header.versions.last().copied().unwrap_or_default();
        if newest() < found {
            let path = path.to_owned();
            return Err(BackupError::NewerSchema { path, found, known: newest() });
        }
        Ok(Self { path: path.to_owned(), header })
    }

    /// When it was taken.
    pub fn taken(&self) -> Timestamp {
        self.header.taken
    }

    /// The version of the program that took it.
    pub fn program_version(&self) -> &str {
        &self.header.program_version
    }

    /// Whether the key is in it.
    pub fn has_key(&self) -> bool {
        self.header.key.is_some()
    }

    /// The key in the backup.
    pub fn key(&self, passphrase: &str) -> Result<BackedUpKey, BackupError> {
        let no_key = || BackupError::NoKey { path: self.path.clone() };
        self.header.key.as_ref().ok_or_else(no_key)?.open(passphrase).map(BackedUpKey)
    }
}

/// A catalog's key, out of a backup or its file.
pub struct BackedUpKey(Vec<u8>);

impl BackedUpKey {
    /// The key in a key file.
    pub fn load(path: &Path) -> Result<Self, BackupError> {
        CatalogKey::load_bytes(path).map(Self).map_err(BackupError::Key)
    }

    /// Makes a key file, which must not be there.
    pub fn save(&self, path: &Path) -> Result<(), BackupError> {
        CatalogKey::save_bytes(path, &self.0).map_err(BackupError::Key)
    }
}

impl std::fmt::Debug for BackedUpKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BackedUpKey(***)")
    }
}

#[cfg(test)]
mod tests;
