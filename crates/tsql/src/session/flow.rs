//! Control flow: blocks, IF, WHILE, GOTO, RETURN, TRY, WAITFOR.
//!
//! Source: T-SQL reference, "Control-of-Flow", "GOTO" (it may jump into a block, but not into a
//! TRY), "TRY...CATCH", "WAITFOR".

use std::time::Duration;

use super::failure::{Caught, Trouble};
use super::interpreter::{Ended, Flow, Interpreter};
use super::scope::{ScopeKind, lower};
use crate::ast::{Expr, If, Statement, StatementKind, While};
use crate::host::Command;
use crate::types::SqlType;
use crate::value::{SqlError, SqlValue};

/// Whether a statement only says which others run.
pub(super) fn is_flow(kind: &StatementKind) -> bool {
    matches!(
        kind,
        StatementKind::Block(_)
            | StatementKind::If(_)
            | StatementKind::While(_)
            | StatementKind::Break
            | StatementKind::Continue
            | StatementKind::Return(_)
            | StatementKind::Goto(_)
            | StatementKind::Label(_)
            | StatementKind::WaitForDelay(_)
            | StatementKind::WaitForTime(_)
            | StatementKind::TryCatch { .. }
    )
}

/// The statement that is this label or has it inside, and its index.
pub(super) fn find_label<'a>(
    statements: &'a [Statement],
    label: &str,
) -> Option<(usize, &'a Statement)> {
    statements.iter().enumerate().find(|(_, statement)| has_label(statement, label))
}

fn has_label(statement: &Statement, label: &str) -> bool {
    if let StatementKind::Label(name) = &statement.kind {
        return lower(&name.value) == label;
    }
    if let StatementKind::Block(statements) = &statement.kind {
        return find_label(statements, label).is_some();
    }
    if let StatementKind::If(parts) = &statement.kind {
        let otherwise = parts.otherwise.as_ref();
        return has_label(&parts.then, label)
            || otherwise.is_some_and(|statement| has_label(statement, label));
    }
    if let StatementKind::While(parts) = &statement.kind {
        return has_label(&parts.body, label);
    }
    if let StatementKind::TryCatch { body, handler } = &statement.kind {
        return find_label(body, label).is_some() || find_label(handler, label).is_some();
    }
    false
}

impl Interpreter<'_> {
    pub(super) fn flow(&mut self, statement: &Statement) -> Result<Flow, Trouble> {
        let kind = &statement.kind;
        if let StatementKind::Block(statements) = kind {
            return self.statements(statements);
        }
        if let StatementKind::If(parts) = kind {
            return self.if_statement(parts);
        }
        if let StatementKind::While(parts) = kind {
            return self.while_statement(parts);
        }
        if let StatementKind::Return(value) = kind {
            return self.return_statement(value.as_ref());
        }
        if let StatementKind::Goto(label) = kind {
            return Ok(Flow::Goto(lower(&label.value)));
        }
        if let StatementKind::WaitForDelay(time) = kind {
            return self.wait_for(time, false);
        }
        if let StatementKind::WaitForTime(time) = kind {
            return self.wait_for(time, true);
        }
        if let StatementKind::TryCatch { body, handler } = kind {
            return self.try_catch(body, handler);
        }
        if matches!(kind, StatementKind::Break) {
            return Ok(Flow::Break);
        }
        let next =
            if matches!(kind, StatementKind::Continue) { Flow::Continue } else { Flow::Next };
        Ok(next)
    }

    /// Goes on at a label inside this statement, or behind it when it is the label.
    pub(super) fn enter(&mut self, statement: &Statement, label: &str) -> Result<Flow, Trouble> {
        if let StatementKind::Block(statements) = &statement.kind {
            return self.enter_list(statements, label);
        }
        if let StatementKind::If(parts) = &statement.kind {
            let branch = match &parts.otherwise {
                Some(otherwise) if !has_label(&parts.then, label) => otherwise,
                Some(_) | None => &parts.then,
            };
            return self.enter(branch, label);
        }
        if let StatementKind::While(parts) = &statement.kind {
            return match self.enter(&parts.body, label)? {
                Flow::Next | Flow::Continue => self.while_statement(parts),
                Flow::Break => Ok(Flow::Next),
                flow @ (Flow::Goto(_) | Flow::Return(_)) => Ok(flow),
            };
        }
        if matches!(statement.kind, StatementKind::TryCatch { .. }) {
            let text = "GOTO cannot be used to jump into a TRY or CATCH scope.";
            return Err(SqlError::new(1026, 15, 1, text).into());
        }
        Ok(Flow::Next)
    }

    fn enter_list(&mut self, statements: &[Statement], label: &str) -> Result<Flow, Trouble> {
        let Some((index, statement)) = find_label(statements, label) else {
            return Ok(Flow::Goto(label.to_owned()));
        };
        let flow = self.enter(statement, label)?;
        if matches!(flow, Flow::Next) {
            return self.statements_from(statements, index + 1);
        }
        Ok(flow)
    }

    /// Whether a condition, which stands before a statement, is true; neither false nor unknown is.
    fn holds(&mut self, condition: &Expr, behind: &Statement) -> Result<bool, Trouble> {
        let part = (condition.place.span.start, behind.place.span.start);
        self.with_globals(part, |interpreter| interpreter.is_true(condition))
    }

    fn is_true(&mut self, condition: &Expr) -> Result<bool, Trouble> {
        let predicate = crate::bind::predicate(condition, &*self.session)?;
        let session = &*self.session;
        let held = session
            .with_context(self.cancel, |context| crate::run::test(&predicate, &[], context))?;
        self.warn_of_nulls(condition.place)?;
        self.session.last.error = 0;
        self.session.last.row_count = 0;
        Ok(held == Some(true))
    }

    fn if_statement(&mut self, parts: &If) -> Result<Flow, Trouble> {
        if self.holds(&parts.condition, &parts.then)? {
            return self.statement(&parts.then);
        }
        match &parts.otherwise {
            Some(otherwise) => self.statement(otherwise),
            None => Ok(Flow::Next),
        }
    }

    fn while_statement(&mut self, parts: &While) -> Result<Flow, Trouble> {
        while self.holds(&parts.condition, &parts.body)? {
            match self.statement(&parts.body)? {
                Flow::Next | Flow::Continue => {}
                Flow::Break => break,
                flow @ (Flow::Goto(_) | Flow::Return(_)) => return Ok(flow),
            }
            if self.session.options.format_only {
                // What would end the loop may not have run.
                break;
            }
            if self.cancel.is_cancelled() {
                return Err(Trouble::Cancelled);
            }
        }
        Ok(Flow::Next)
    }

    /// A procedure returns a whole number, where NULL is 0 with a warning; a function a value.
    fn return_statement(&mut self, value: Option<&Expr>) -> Result<Flow, Trouble> {
        let Some(value) = value else { return Ok(Flow::Return(SqlValue::Null)) };
        let kind = self.scope()?.kind.clone();
        if let ScopeKind::Function(_) = kind {
            return self.function_value(value).map(Flow::Return);
        }
        let status = self.value_as(value, &SqlType::Int)?;
        if !status.is_null() {
            return Ok(Flow::Return(status));
        }
        let name = self.scope()?.procedure().to_owned();
        let text = format!(
            "The '{name}' procedure attempted to return a status of NULL, which is not allowed. A \
             status of 0 will be returned instead."
        );
        self.tell(SqlError::new(282, 10, 1, text), value.place)?;
        Ok(Flow::Return(SqlValue::Int(0)))
    }

    fn try_catch(&mut self, body: &[Statement], handler: &[Statement]) -> Result<Flow, Trouble> {
        let depth = self.depth();
        self.session.tries.push(depth);
        let tries = self.session.tries.len();
        let result = self.statements(body);
        self.session.tries.truncate(tries - 1);
        match result {
            Err(Trouble::Thrown(caught)) if caught.passes.is_none_or(|at| depth < at) => {
                self.catch(*caught, handler)
            }
            other => other,
        }
    }

    fn catch(&mut self, caught: Caught, handler: &[Statement]) -> Result<Flow, Trouble> {
        self.session.last.error = caught.message.error.number;
        self.session.caught.push(caught);
        let count = self.session.caught.len();
        let result = self.statements(handler);
        self.session.caught.truncate(count - 1);
        result
    }

    fn wait_for(&mut self, time: &Expr, until: bool) -> Result<Flow, Trouble> {
        let (value, _) = self.value(time)?;
        let ticks = time_of_day(&value)?;
        let wait = match until {
            true => {
                let now = self.session.host.now().local().0.rem_euclid(model::TICKS_PER_DAY);
                (ticks - now).rem_euclid(model::TICKS_PER_DAY)
            }
            false => ticks,
        };
        self.output.flush()?;
        let wait = if self.session.options.format_only { 0 } else { wait };
        let nanoseconds = u64::try_from(wait).unwrap_or(0).saturating_mul(100);
        if self.cancel.wait(Duration::from_nanos(nanoseconds)) {
            return Err(Trouble::Cancelled);
        }
        self.session.last.error = 0;
        self.session.last.row_count = 0;
        self.done(Ended { command: Command::Other, count: None })?;
        Ok(Flow::Next)
    }
}

/// The time of day of a WAITFOR, in ticks: a text `hh:mm[:ss[.mmm]]`, or a `datetime`.
fn time_of_day(value: &SqlValue) -> Result<i64, SqlError> {
    let shown = crate::value::plain_text(value).unwrap_or_default();
    let refused = || {
        let text = format!("Incorrect time syntax in time string '{shown}' used with WAITFOR.");
        SqlError::new(148, 15, 1, text)
    };
    if value.is_null() {
        return Ok(0);
    }
    let time = crate::value::cast(value, &SqlType::DateTime).map_err(|_| refused())?;
    let ticks = time.as_ticks().ok_or_else(refused)?;
    Ok(ticks.0.rem_euclid(model::TICKS_PER_DAY))
}
