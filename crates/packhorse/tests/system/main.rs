//! System tests: the real program, started as a user starts it.
//!
//! One binary, one file per thing that a user does. Every test has a data directory of its own
//! and ports chosen by the system, and waits for conditions, never for time.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod administration;
mod availability;
mod backup;
mod bad_input;
mod cert;
mod chaos;
mod cluster;
mod doctor;
mod exec;
mod golden;
mod guide;
mod harness;
mod hostile;
mod joining;
mod log_continuity;
mod log_login;
mod login;
mod mail;
mod one_box;
mod postgres;
mod replication;
mod retail;
mod roles;
mod shared_file;
mod slt;
mod sql;
mod tsql;
mod upgrade;
mod virtual_address;
