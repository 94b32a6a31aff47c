//! Scale Out Master: serves workers, the command line and pages, and does the cluster's chores.
//!
//! ```text
//!   workers ──/ClusterManagement/──┐                    ┌── claim loop ──▶ scaleout::plan
//!   CLI, pages ──────/api/─────────┤  TLS, certificates │── expiry, heartbeat, cleanup loops
//!                              Listener ──▶ handlers ───┴──▶ catalog
//! ```
//!
//! # Invariants
//!
//! * A master holds nothing that the catalog does not: any number of them serve at once, and
//!   losing one costs its open connections. (How far packages are, shown to people who watch,
//!   is the one thing that is kept in memory only.)
//! * A worker's certificate speaks for one agent id; nobody speaks without a trusted one.
//! * Every request ends within a deadline, and its body within a size.
//! * Decisions come from `scaleout`; the catalog settles which master's count.
//!
//! Read `master.rs` first, then `cluster/claim.rs`.

pub mod api;

mod admin;
mod chores;
mod clock_guard;
mod cluster;
mod error;
mod master;
mod progress;
mod round;
mod server;
mod settings;
mod shared;
mod standing;
pub mod tds_listener;
mod trust;
mod wait;

pub use master::{Handle, Master, StartError, check_certificate};
pub use server::USER_HEADER;
pub use settings::{Availability, DatabaseName, KEYS, LocalSqlServer, Settings, SettingsError};
