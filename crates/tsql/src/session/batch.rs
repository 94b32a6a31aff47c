//! A batch: parsed, checked, run.

use super::check::{self, Mistake};
use super::failure::Trouble;
use super::interpreter::{Ended, Interpreter};
use super::scope::ScopeKind;
use crate::ast::{Batch, Place, Statement, StatementKind};
use crate::diagnose::SyntaxError;
use crate::host::{Command, Message, StatementDone};
use crate::parse::{ParseOptions, parse};
use crate::value::SqlError;

impl Interpreter<'_> {
    /// Runs the batch of a client.
    pub(super) fn batch(&mut self, text: &str) -> Result<(), Trouble> {
        let scope = self.new_scope(ScopeKind::Batch);
        self.within(scope, |interpreter| interpreter.text(text).map(|_flow| ()))
    }

    /// Runs a text in the current scope.
    pub(super) fn text(&mut self, text: &str) -> Result<(), Trouble> {
        let batch = match self.parsed(text) {
            Ok(Some(batch)) => batch,
            // Told, and nothing has run.
            Ok(None) | Err(Trouble::Ended(super::failure::Reach::Scope)) => return Ok(()),
            Err(trouble) => return Err(trouble),
        };
        self.scope()?.text = text.into();
        let result = self.declare_all(&batch.statements);
        let result = result.and_then(|()| self.statements(&batch.statements).map(|_flow| ()));
        match result {
            Err(Trouble::Failed(failure)) => {
                // A declaration that is wrong: nothing has run.
                let place = Place::default();
                self.fail(*failure, &Statement { kind: StatementKind::Break, place })
            }
            // What ends the scope has ended it.
            Err(Trouble::Ended(super::failure::Reach::Scope)) => Ok(()),
            other => other,
        }
    }

    /// The tree of a text, without mistakes; `None` where it is only to be parsed.
    fn parsed(&mut self, text: &str) -> Result<Option<Batch>, Trouble> {
        let quoted = self.session.options.quoted_identifiers;
        let options = ParseOptions { quoted_identifiers: quoted, returns_value: false };
        let batch = match parse(text, &options) {
            Ok(batch) => batch,
            Err(errors) => return self.refuse_text(errors.into_iter().map(mistake).collect()),
        };
        if self.session.options.parse_only && !sets_parse_only(&batch) {
            return Ok(None);
        }
        let checked = self.check_batch(text, quoted, &batch);
        match checked {
            Ok(()) => Ok(Some(batch)),
            Err(mistakes) => self.refuse_text(mistakes),
        }
    }

    fn check_batch(&self, text: &str, quoted: bool, batch: &Batch) -> Result<(), Vec<Mistake>> {
        if let [Statement { kind, .. }] = &batch.statements[..]
            && let Some((body, parameters)) = super::module::body_of(kind)
        {
            return check::check(text, quoted, body, &parameters);
        }
        let scope = self.session.scopes.last();
        let known = scope.map(|scope| scope.declared_names()).unwrap_or_default();
        check::check(text, quoted, &batch.statements, &known)
    }

    /// Tells what is wrong with a text: to a CATCH block further out, or to the client.
    pub(super) fn refuse_text<T>(&mut self, mistakes: Vec<Mistake>) -> Result<T, Trouble> {
        let catching = self.session.tries.iter().any(|at| *at < self.depth());
        if catching || self.session.in_function() {
            let first = mistakes.into_iter().next();
            let (error, place) = first.unwrap_or((SqlError::unsupported("Text"), Place::default()));
            let message = Message { error, line: place.line.max(1), procedure: String::new() };
            let passes = Some(self.depth());
            let caught = super::failure::Caught { message, passes };
            return Err(Trouble::Thrown(Box::new(caught)));
        }
        for (error, place) in mistakes {
            self.session.last.error = error.number;
            let scope = self.scope()?;
            scope.worst = scope.worst.max(error.severity);
            self.tell(error, place)?;
        }
        let depth = u32::try_from(self.depth()).unwrap_or(u32::MAX);
        let command = Command::Other;
        self.output.statement_done(StatementDone { count: None, depth, command, failed: true })?;
        Err(Trouble::Ended(super::failure::Reach::Scope))
    }

    /// The end of a statement that gives nothing.
    pub(super) const fn nothing() -> Option<Ended> {
        Some(Ended { command: Command::Other, count: None })
    }
}

/// A mistake of the parser as an error.
pub(super) fn mistake(error: SyntaxError) -> Mistake {
    let place = Place { span: error.span, line: error.line };
    let number = i32::try_from(error.number).unwrap_or(i32::MAX);
    (SqlError::new(number, error.severity, error.state, error.message), place)
}

/// Whether a batch says `SET PARSEONLY`, which counts while it is parsed.
fn sets_parse_only(batch: &Batch) -> bool {
    use crate::ast::SetOption;
    batch.statements.iter().any(|statement| {
        matches!(&statement.kind, StatementKind::SetOption(SetOption::Switch { names, .. })
            if names.iter().any(|name| name == "PARSEONLY"))
    })
}
