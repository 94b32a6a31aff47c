//! What can be said of a batch before it runs: which variables it declares, and that it uses
//! no others.
//!
//! A use is found in the tokens: any variable that is not a parameter's name in a call. So a
//! batch with an undeclared variable does nothing at all, as in SQL Server.
//!
//! Source: errors 134, 137 and 1087 of `sys.messages`.

use std::collections::{HashMap, HashSet};

use super::scope::lower;
use crate::ast::{ExecArgument, InsertSource, Place, Statement, StatementKind, VariableDecl};
use crate::lexer::{Token, TokenKind, tokens};
use crate::value::SqlError;

/// An error and the line it is on.
pub(super) type Mistake = (SqlError, Place);

/// The declarations of a list of statements, in order.
pub(super) fn declarations(statements: &[Statement]) -> Vec<&VariableDecl> {
    let mut found = Found::default();
    found.statements(statements);
    found.declared
}

/// Checks the statements of `text` (a batch, or a procedure's or function's body), where
/// `known` are declared already.
pub(super) fn check(
    text: &str,
    quoted_identifiers: bool,
    statements: &[Statement],
    known: &[String],
) -> Result<(), Vec<Mistake>> {
    let mut found = Found::default();
    found.statements(statements);
    let mut declared: HashMap<String, usize> = known.iter().map(|name| (lower(name), 0)).collect();
    let mut mistakes = Vec::new();
    for one in &found.declared {
        if declared.insert(lower(&one.name), one.place.span.start).is_some() {
            mistakes.push((declared_twice(&one.name), one.place));
        }
    }
    let start = statements.first().map_or(0, |first| first.place.span.start);
    let Ok(tokens) = tokens(text, quoted_identifiers) else { return Ok(()) };
    for (index, token) in tokens.iter().enumerate() {
        let place = token.place();
        let named = found.names.contains(&place.span.start);
        if token.kind != TokenKind::Variable || named || place.span.start < start {
            continue;
        }
        let name = &text[place.span.start..place.span.end];
        let known = declared.get(&lower(name)).is_some_and(|at| *at <= place.span.start);
        if !known {
            let before = index.checked_sub(1).and_then(|index| tokens.get(index));
            let error = undeclared(name, before.is_some_and(|token| reads_table(text, token)));
            mistakes.push((error, place));
        }
    }
    if mistakes.is_empty() { Ok(()) } else { Err(mistakes) }
}

/// Whether a variable behind this token is a table.
fn reads_table(text: &str, before: &Token) -> bool {
    const WORDS: &[&str] = &["FROM", "JOIN", "INTO", "UPDATE", "INSERT", "APPLY", "USING", "MERGE"];
    let place = before.place();
    let word = &text[place.span.start..place.span.end];
    before.kind == TokenKind::Word && WORDS.iter().any(|other| word.eq_ignore_ascii_case(other))
}

fn declared_twice(name: &str) -> SqlError {
    let text = format!(
        "The variable name '{name}' has already been declared. Variable names must be unique \
         within a query batch or stored procedure."
    );
    SqlError::new(134, 15, 1, text)
}

/// A variable that nobody declared.
pub(super) fn undeclared(name: &str, table: bool) -> SqlError {
    match table {
        true => SqlError::new(1087, 15, 2, format!("Must declare the table variable \"{name}\".")),
        false => SqlError::new(137, 15, 2, format!("Must declare the scalar variable \"{name}\".")),
    }
}

/// What a walk through statements finds.
#[derive(Default)]
struct Found<'a> {
    declared: Vec<&'a VariableDecl>,
    /// Where names of parameters begin in calls.
    names: HashSet<usize>,
}

impl<'a> Found<'a> {
    fn statements(&mut self, statements: &'a [Statement]) {
        for statement in statements {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &'a Statement) {
        let kind = &statement.kind;
        if let StatementKind::Declare(variables) = kind {
            self.declared.extend(variables);
        } else if let StatementKind::Block(statements) = kind {
            self.statements(statements);
        } else if let StatementKind::If(parts) = kind {
            self.statement(&parts.then);
            if let Some(otherwise) = &parts.otherwise {
                self.statement(otherwise);
            }
        } else if let StatementKind::While(parts) = kind {
            self.statement(&parts.body);
        } else if let StatementKind::TryCatch { body, handler } = kind {
            self.statements(body);
            self.statements(handler);
        } else if let StatementKind::Execute(call) = kind {
            self.arguments(&call.arguments);
        } else if let StatementKind::ExecuteString(call) = kind {
            self.arguments(&call.arguments);
        } else if let StatementKind::Insert(insert) = kind {
            if let InsertSource::Execute(call) = &insert.source {
                self.arguments(&call.arguments);
            } else if let InsertSource::ExecuteString(call) = &insert.source {
                self.arguments(&call.arguments);
            }
        }
    }

    fn arguments(&mut self, arguments: &[ExecArgument]) {
        let named = arguments.iter().filter(|argument| argument.name.is_some());
        self.names.extend(named.map(|argument| argument.place.span.start));
    }
}
