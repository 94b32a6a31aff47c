//! Loops.

pub(crate) mod for_each;
pub(crate) mod for_loop;
