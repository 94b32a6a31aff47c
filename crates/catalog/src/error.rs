//! What can go wrong between a caller and the catalog.
//!
//! Three kinds that callers treat differently: a procedure refused ([`CatalogError::Procedure`],
//! tell the user), the store failed ([`CatalogError::Store`], perhaps try again), and what is
//! stored cannot be understood (a bug, or a damaged file).

use std::path::PathBuf;
use std::sync::Arc;

use crate::key::{KeyError, Unsealable};
use crate::store::AddressError;

/// SQL Server's number for an update conflict between transactions, of severity 16.
const CONFLICT: i32 = 3960;

/// A read or write of the catalog did not happen.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// A procedure refused, with the number that SSISDB documents for the reason.
    #[error("{message} (error {number})")]
    Procedure {
        /// 27100 to 27261, as documented.
        number: i32,
        /// What was refused and why.
        message: String,
    },

    /// Somebody else has changed what a client's open transaction builds on. The transaction is
    /// rolled back; done again from its start, it can succeed.
    #[error(
        "the transaction is rolled back: another one changed the same objects meanwhile; \
         run it again"
    )]
    TransactionConflict,

    /// The store could not do it.
    #[error("the catalog store failed")]
    Store(#[source] StoreError),

    /// A sealed value does not open with the catalog's key.
    #[error("cannot decrypt {what}")]
    Sealed {
        /// Which value, without its content.
        what: String,
        /// Why not.
        #[source]
        source: Unsealable,
    },

    /// A value could not be sealed.
    #[error("cannot encrypt a value")]
    Seal(#[source] KeyError),

    /// A row holds what this version does not understand.
    #[error("column {column} of a catalog row is not {expected}")]
    UnexpectedCell {
        /// Counted from 0, in the statement.
        column: usize,
        /// What was expected there.
        expected: &'static str,
    },

    /// The catalog was closed, or closed before it answered.
    #[error("the catalog is closed")]
    Closed,
}

impl CatalogError {
    pub(crate) fn procedure(number: i32, message: impl Into<String>) -> Self {
        Self::Procedure { number, message: message.into() }
    }

    /// The documented error number, where there is one.
    pub fn number(&self) -> Option<i32> {
        match self {
            Self::Procedure { number, .. } => Some(*number),
            Self::TransactionConflict => Some(CONFLICT),
            Self::Store(_)
            | Self::Sealed { .. }
            | Self::Seal(_)
            | Self::UnexpectedCell { .. }
            | Self::Closed => None,
        }
    }

    /// Whether the same call can succeed later with nobody changing anything.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Store(
                StoreError::Locked { .. }
                    | StoreError::Unreachable { .. }
                    | StoreError::Contended { .. }
                    | StoreError::Uncertain { .. }
            )
        )
    }
}

/// What a PostgreSQL server, or the connection to it, said: without values of rows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ServerSaid {
    /// PostgreSQL's code, where the server itself spoke.
    pub sqlstate: Option<String>,
    /// The sentence.
    pub message: String,
}

impl ServerSaid {
    /// Whether the server does not let this account in, or has not the database: SQLSTATE 28xxx is
    /// authorisation, 3D000 no such database, 42501 not allowed to.
    pub fn is_refusal(&self) -> bool {
        let code = self.sqlstate.as_deref().unwrap_or_default();
        code.starts_with("28") || code == "3D000" || code == "42501"
    }
}

/// The database under the catalog failed. Each names the database and says what to do next.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// No space is left where the file is.
    #[error("the disk that holds `{}` is full: free some space, then try again", path.display())]
    Full {
        /// The database.
        path: PathBuf,
        /// What the database said.
        #[source]
        source: Arc<rusqlite::Error>,
    },

    /// Another process kept the file locked for too long.
    #[error(
        "`{}` is locked by another process: end the program that holds it open, then try again",
        path.display()
    )]
    Locked {
        /// The database.
        path: PathBuf,
        /// What the database said.
        #[source]
        source: Arc<rusqlite::Error>,
    },

    /// The file is damaged, or no SQLite database.
    #[error(
        "`{}` is damaged or not an SQLite database: restore it from a backup",
        path.display()
    )]
    Corrupt {
        /// The database.
        path: PathBuf,
        /// What the database said.
        #[source]
        source: Arc<rusqlite::Error>,
    },

    /// The file cannot be opened, read or written.
    #[error(
        "cannot use `{}`: check that its folder exists and that this account may write there",
        path.display()
    )]
    Unusable {
        /// The database.
        path: PathBuf,
        /// What the database said.
        #[source]
        source: Arc<rusqlite::Error>,
    },

    /// No server of the catalog takes writes.
    #[error("no server of `{place}` takes writes: check that its primary runs and is reachable")]
    Unreachable {
        /// The servers.
        place: String,
        /// What they said.
        #[source]
        source: ServerSaid,
    },

    /// Other writes were in the way for too long.
    #[error("other writes kept `{place}` busy for too long: try again")]
    Contended {
        /// The servers.
        place: String,
        /// What the server said.
        #[source]
        source: ServerSaid,
    },

    /// The connection was lost while a write was being committed, and nothing could be learned
    /// about it since.
    #[error(
        "the connection to `{place}` was lost in a commit: whether it took place will be known \
         when the server is back"
    )]
    Uncertain {
        /// The servers.
        place: String,
        /// What was said last.
        #[source]
        source: ServerSaid,
    },

    /// No space is left at the server.
    #[error("the disk of `{place}` is full: free some space there, then try again")]
    ServerFull {
        /// The servers.
        place: String,
        /// What the server said.
        #[source]
        source: ServerSaid,
    },

    /// The server refused a statement for another reason: a permission is missing, or it is a
    /// bug.
    #[error("the server refused: {statement}")]
    ServerStatement {
        /// The beginning of the statement, without values.
        statement: String,
        /// What the server said.
        #[source]
        source: ServerSaid,
    },

    /// A statement failed for another reason, which is a bug.
    #[error("statement failed: {statement}")]
    Statement {
        /// The beginning of the statement, without values.
        statement: String,
        /// What the database said.
        #[source]
        source: Arc<rusqlite::Error>,
    },
}

impl StoreError {
    /// Whether waiting does not help: a wrong password or database does not become right, a
    /// server that starts, or has too many connections, does.
    pub(crate) fn is_for_good(&self) -> bool {
        let Self::Unreachable { source, .. } = self else { return false };
        source.is_refusal()
    }
}

/// The catalog cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The address of a PostgreSQL catalog cannot be used.
    #[error("cannot use the catalog's address")]
    Address(#[source] AddressError),

    /// The key file is missing or unfit.
    #[error("cannot use the catalog's key")]
    Key(#[source] KeyError),

    /// The key is not the one that the catalog was made with.
    #[error(
        "the key does not belong to `{place}`: use the key file that was made together with it"
    )]
    WrongKey {
        /// The database: a file, or a server without its secrets.
        place: String,
    },

    /// SQLite's locks are not reliable there.
    #[error(
        "`{}` is on a network file system ({kind}), where several machines would damage it: \
         use a folder on a local disk",
        path.display()
    )]
    NetworkFileSystem {
        /// The database.
        path: PathBuf,
        /// For example `nfs4`.
        kind: String,
    },

    /// A newer version of the program has changed the schema.
    #[error(
        "`{place}` has schema version {found}, and this program knows versions up to {known}: \
         use a newer program"
    )]
    NewerSchema {
        /// The database: a file, or a server without its secrets.
        place: String,
        /// What the file has.
        found: i64,
        /// The newest that this program knows.
        known: i64,
    },

    /// Masters are online that would miss what is to be taken away.
    #[error(
        "`{place}` is still used by masters of an older version: {masters}; stop or upgrade them, \
         then run this again"
    )]
    OlderMasters {
        /// The database: a file, or a server without its secrets.
        place: String,
        /// Which, with their versions.
        masters: String,
    },

    /// There are tables where a backup is to be restored.
    #[error("`{place}` is not empty: restore into a new data directory or an empty database")]
    NotEmpty {
        /// The database: a file, or a server without its secrets.
        place: String,
    },

    /// The file is a database, but of something else.
    #[error("`{place}` is a database, but not a catalog: choose another one")]
    NotACatalog {
        /// The database: a file, or a server without its secrets.
        place: String,
    },

    /// The database itself could not be opened or brought up to date.
    #[error("cannot open the catalog `{place}`")]
    Store {
        /// The database: a file, or a server without its secrets.
        place: String,
        /// Why.
        #[source]
        source: Box<CatalogError>,
    },

    /// A thread of the store could not be started.
    #[error("cannot start a thread for the catalog `{place}`")]
    Thread {
        /// The database: a file, or a server without its secrets.
        place: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

impl OpenError {
    /// Whether the same catalog may open later with nobody changing anything: its server is away.
    pub fn is_transient(&self) -> bool {
        let Self::Store { source, .. } = self else { return false };
        let is_for_good = matches!(&**source, CatalogError::Store(error) if error.is_for_good());
        source.is_transient() && !is_for_good
    }
}
