//! Helpers for tests: waiting for conditions, drawing tables
