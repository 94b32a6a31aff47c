//! T-SQL batches: text in, a tree out; values and functions as SQL Server has them.
//!
//! The crate knows the language and nothing of SSIS, of a catalog or of the network. It is pure:
//! no clock, no files, no randomness, and any text gives a tree or an error, never a panic.
//!
//! Read `ast.rs` first, then `parse.rs`.

pub mod ast;
pub mod bind;
pub mod diagnose;
pub mod lexer;
pub mod parse;
pub mod print;

pub use diagnose::SyntaxError;
pub use lexer::{ScriptBatch, split_batches};
pub use parse::{ParseOptions, parse, parse_name, parse_parameters, parse_type};
pub use print::{needs_quotes, print, print_expr, print_name, print_query};

pub mod collation;
pub mod function;
pub mod host;
mod json;
pub mod plan;
pub mod run;
pub mod session;
pub mod types;
pub mod value;
mod xml;
