//! The SSIS expression language: parse, type, evaluate on values and on Arrow arrays.
//!
//! ```text
//!   text ──parser──▶ syntax ──compile──▶ steps ──evaluate──▶ Value            (control flow)
//!                               ▲                  └───────▶ array + failures (data flow)
//!                             Scope                     (kernel, or row by row)
//! ```
//!
//! An expression is compiled once, against the names of a [`Scope`]; the same steps then serve
//! one row and a million. [`mod@convert`] and [`mod@array`] are of use without expressions: they are how
//! every component of a data flow stores and converts values.
//!
//! # Invariants
//!
//! * No text and no value makes anything here panic or recurse deeper than [`DEPTH_MAX`].
//! * There is no clock and no locale but the ones in [`Context`].
//! * A batch gives for each row what the scalar evaluation gives for its values.
//!
//! Read `syntax.rs` and `step.rs` first, then `compile.rs` and `evaluate.rs`.

pub mod array;
pub mod collate;
pub mod convert;

mod assignment;
mod calendar;
mod code_page;
mod compile;
mod compiled;
mod evaluate;
mod fault;
mod function;
mod kernel;
mod lexer;
mod locale;
mod operate;
mod parser;
mod problem;
mod scope;
mod step;
mod syntax;
mod types;

pub use assignment::{Assignment, AssignmentTarget};
pub use code_page::CodePage;
pub use compile::Reference;
pub use compiled::{BatchResult, Compiled};
pub use fault::{EvalError, Fault, RowFailure};
pub use locale::{DateOrder, Locale};
pub use parser::{DEPTH_MAX, parse};
pub use problem::Problem;
pub use scope::{ColumnReference, Context, Lookup, NoNames, NoVariables, Scope, Variables};
pub use syntax::Ast;
