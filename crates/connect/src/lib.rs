//! Connection managers, and what they open: paths, flat files, XML files, databases,
//! mail, files of FTP servers.
//!
//! Nothing here knows packages, events or data flows. Callers hand in plain settings and get
//! plain text, values and errors that carry SSIS codes; everything blocks, because it runs on
//! the threads of data flows and tasks.
//!
//! # Invariants
//!
//! * Every path that a package names goes through [`path::PathMap`] before it is opened.
//! * No error, log line or `Debug` output has a password or a whole connection string.
//!
//! Read `path.rs` first, then `flat_file.rs`, then `database.rs`.

pub mod code_page;
pub mod connection_string;
pub mod database;
pub mod flat_file;
pub mod ftp;
pub mod mail;
pub mod path;
pub mod sql_server;
pub mod xml;
