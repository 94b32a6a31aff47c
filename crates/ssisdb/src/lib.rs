//! SSISDB as a T-SQL database: what `tsql` asks a host for, answered from the catalog.
//!
//! ```text
//!   tsql::Session ──▶ Connection (Host) ──▶ catalog: procedures, permissions, rows of views
//! ```
//!
//! The views and procedures of the schema `catalog`, what the documentation tells people to query
//! of `internal`, and the system views and functions that clients ask for.
//!
//! Everything here is called on threads that may wait; the catalog's futures are waited for
//! there ([`work`]).
//!
//! Read `server.rs` and `connection.rs` first, then `procedure.rs` and `view.rs`.

mod administer;
mod bulk_file;
mod computed;
mod connection;
mod counters;
mod error;
mod function;
mod grant;
mod metadata;
mod module;
mod procedure;
mod server;
mod system;
mod value;
mod view;
mod work;

pub use server::{Client, Probe, Server, ServerFacts};
