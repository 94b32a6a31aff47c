//! Tests of reading and building projects.
