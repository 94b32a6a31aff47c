//! The SSIS expression language
