//! The listener for T-SQL clients, with a conversation that does what its text says instead of an
//! engine: what is tested is what happens between the two.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod client;
mod encryption;
mod limits;
mod requests;
mod scripted;
mod ssisdb;
