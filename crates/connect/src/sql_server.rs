//! SQL Server: connection strings of every provider, connections, statements, results.
//!
//! ```text
//!   connection string ──Target::parse──▶ Settings ──Connection::open──▶ Connection
//!   Statement (`?` or `@name` parameters) ──Connection::execute──▶ Outcome (RowSets, outputs)
//! ```
//!
//! A connection blocks: it runs a small runtime of its own on the calling thread. It has a
//! deadline for everything that waits, and can be interrupted from another thread.

mod browser;
mod connection;
mod error;
mod server_name;
mod settings;
mod statement;
mod target;
mod value;

pub(crate) use connection::unwanted;
pub use connection::{Connection, Interrupter, Outcome};
pub use error::SqlError;
pub use server_name::{ServerName, ServerNameError};
pub use settings::{Credentials, Secret, Settings};
pub(crate) use statement::code_mask;
pub use statement::{Direction, Parameter, Statement, StatementError, split_batches};
pub use target::{Api, Target, TargetError};
