//! Text into a tree: a batch as a client sends it.
//!
//! Recursive descent over tokens, one file per kind of statement. It knows the language and
//! nothing of tables or procedures.
//!
//! # Invariants
//!
//! * No text makes it panic or overflow the stack: every way down goes through
//!   `Parser::deeper`, and what is chained is bounded by [`HEIGHT_MAX`].
//! * What it does not know is refused with its name and place; nothing is skipped.
//!
//! Read `parse/statement.rs` first.

mod condition;
mod cursor;
mod declare;
mod dml;
mod execute;
mod expr;
mod flow;
mod for_clause;
mod function;
mod hint;
mod index;
mod keyword;
mod merge;
mod module;
mod name;
mod pivot;
mod primary;
mod query;
mod secure;
mod select;
mod set;
mod source;
mod statement;
mod table;
mod token;
mod transaction;
mod window;

use std::collections::HashSet;

use crate::ast::{Batch, Ident, ObjectName, Parameter, TypeName};
use crate::diagnose::SyntaxError;
use crate::lexer::{self, Token};

pub(crate) use keyword::is_reserved;

/// How deep statements, queries and parentheses may nest in each other.
pub const NESTING_MAX: usize = 100;

/// How high a tree may become: nesting, and operators in a row such as `a + b + c`.
pub const HEIGHT_MAX: usize = 500;

/// What the session says about the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseOptions {
    /// `SET QUOTED_IDENTIFIER`: whether `"..."` is a name and not a string.
    pub quoted_identifiers: bool,
    /// Whether this is the text of a `CREATE PROCEDURE` body or the like, where `RETURN` may give
    /// a value. It is not for batches.
    pub returns_value: bool,
}

impl Default for ParseOptions {
    fn default() -> Self {
        Self { quoted_identifiers: true, returns_value: false }
    }
}

/// Reads a batch. On failure there is at least one error, in the order SQL Server tells them.
pub fn parse(text: &str, options: &ParseOptions) -> Result<Batch, Vec<SyntaxError>> {
    whole(text, options, Parser::batch)
}

/// Reads the parameter list of `sp_executesql` and `sp_prepare`: `@a int, @b int OUTPUT`.
pub fn parse_parameters(
    text: &str,
    options: &ParseOptions,
) -> Result<Vec<Parameter>, Vec<SyntaxError>> {
    whole(text, options, Parser::bare_parameters)
}

/// Reads the name of an object, as RPC messages and `OBJECT_ID` have it.
pub fn parse_name(text: &str) -> Result<ObjectName, Vec<SyntaxError>> {
    whole(text, &ParseOptions::default(), Parser::object_name)
}

/// Reads a data type, as `sp_describe_...` and metadata have it.
pub fn parse_type(text: &str) -> Result<TypeName, Vec<SyntaxError>> {
    whole(text, &ParseOptions::default(), Parser::type_name)
}

fn whole<'a, T>(
    text: &'a str,
    options: &ParseOptions,
    read: impl FnOnce(&mut Parser<'a>) -> Parsed<T>,
) -> Result<T, Vec<SyntaxError>> {
    let tokens = lexer::tokens(text, options.quoted_identifiers)?;
    let mut parser = Parser::new(text, tokens, options);
    let tree = read(&mut parser).map_err(|error| vec![*error])?;
    if parser.is_end() { Ok(tree) } else { Err(vec![*parser.near()]) }
}

/// What every rule gives.
type Parsed<T> = Result<T, Box<SyntaxError>>;

/// Where the reading of a text has come to.
struct Parser<'a> {
    text: &'a str,
    /// At least one; the last is an end.
    tokens: Vec<Token>,
    /// The token that comes next; never behind the last.
    at: usize,
    /// How many rules are open in each other.
    depth: usize,
    /// The greatest depth that the tree being made has reached, chains included.
    peak: usize,
    /// How many `WHILE` are open.
    loops: usize,
    /// Whether `RETURN` may give a value.
    returns_value: bool,
    /// The labels of this batch or procedure, in lower case.
    labels: HashSet<String>,
    /// The targets of its `GOTO`s.
    gotos: Vec<Ident>,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str, tokens: Vec<Token>, options: &ParseOptions) -> Self {
        Self {
            text,
            tokens,
            at: 0,
            depth: 0,
            peak: 0,
            loops: 0,
            returns_value: options.returns_value,
            labels: HashSet::new(),
            gotos: Vec::new(),
        }
    }

    /// Reads one level further down.
    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if NESTING_MAX <= self.depth {
            return Err(Box::new(SyntaxError::too_deep(self.here())));
        }
        self.depth += 1;
        self.peak = self.peak.max(self.depth);
        let result = read(self);
        self.depth -= 1;
        result
    }

    /// Reads a tree whose height is then known from `peak`.
    fn measured<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        let outer = std::mem::replace(&mut self.peak, self.depth);
        let result = read(self);
        self.peak = self.peak.max(outer);
        result
    }

    /// Says that the tree made so far goes one level down, under a new operator.
    fn raise(&mut self) -> Parsed<()> {
        self.peak += 1;
        if HEIGHT_MAX < self.peak {
            return Err(Box::new(SyntaxError::too_deep(self.here())));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
