//! SSISDB: what the catalog stores, the procedures that change it, and the stores below them.
//!
//! ```text
//!    Catalog::write(|tx| procedures::start_execution(tx, &caller, id, 0)).await
//!       │                    │ the documented checks, defaults and error numbers
//!       ▼                    ▼
//!    store: one transaction, SQLite now; statements are one text for every database
//! ```
//!
//! # Invariants
//!
//! * What was answered is durable; what failed left nothing behind.
//! * Nothing is decided here: every change of a scale-out task goes through
//!   [`scaleout::Task::apply`], and is written only where the fence is still the one it saw.
//! * Project files and sensitive values are encrypted before they are stored.
//! * No procedure knows a database: they see [`Tx`] only.
//!
//! Read `store.rs` and `procedures.rs` first.

pub mod backup;
mod caller;
mod catalog;
pub mod cleanup;
mod error;
pub mod idempotency;
mod key;
pub mod logins;
pub mod modules;
pub mod permissions;
pub mod principals;
pub mod procedures;
pub mod reads;
pub mod scale_out;
mod sealed;
mod store;
mod transaction;
pub mod views;

pub use caller::{Caller, Roles};
pub use catalog::Catalog;
pub use error::{CatalogError, OpenError, ServerSaid, StoreError};
pub use key::{CatalogKey, KeyError, Unsealable};
pub use store::{
    AddressError, Change, MoveError, MovedTable, PassfileError, PostgresStore, TlsError,
    has_password, is_address, shown_address,
};
pub use store::{
    Cell, FromCell, Job, NewRow, Param, Pending, Row, SqliteStore, Store, Topic, Tx, WriteMode,
};
pub use transaction::{Mark, Transaction};
