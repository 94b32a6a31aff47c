//! What a running package does, seen from outside: packages as text in, events and results out.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod cancel;
mod checkpoints;
mod children;
mod configurations;
mod contexts;
mod data_flow;
mod databases;
mod dumps;
mod errors;
mod expressions;
mod files;
mod ftp;
mod handlers;
mod log_providers;
mod loops;
mod mail;
mod parameters;
mod precedence;
mod processes;
mod records;
mod refusal;
mod sql;
mod sql_server;
mod statistics;
mod support;
mod taps;
mod xml;
