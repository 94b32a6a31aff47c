//! Sources.

pub(crate) mod flat_file;
pub(crate) mod server;
