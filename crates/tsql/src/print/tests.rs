//! Trees written back.
