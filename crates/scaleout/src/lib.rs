//! Decides who runs what. Never acts.
//!
//! Holds the rules of scale-out tasks (attempts, leases, fences, retries, allowed workers) and
//! the messages that masters, workers and package processes exchange.

pub mod child;
pub mod message;
