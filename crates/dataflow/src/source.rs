//! Sources.

pub(crate) mod database;
pub(crate) mod flat_file;
pub(crate) mod raw_file;
pub(crate) mod xml;
