//! T-SQL batches: parse, bind, run
