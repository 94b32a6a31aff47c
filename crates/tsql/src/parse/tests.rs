//! What batches say, and what is wrong with those that say nothing.
