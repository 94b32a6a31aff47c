//! T-SQL batches: parse, bind, run

pub mod collation;
pub mod types;
pub mod value;
