//! SSISDB as a T-SQL database: what `tsql` asks a host for, answered from the catalog.
//!
//! ```text
//!   tsql::Session ──▶ Host (this crate) ──▶ catalog: procedures, permissions, rows
//! ```
//!
//! The views and procedures of the schema `catalog`, what the documentation tells people to query
//! of `internal`, and the system views and functions that clients ask for.
