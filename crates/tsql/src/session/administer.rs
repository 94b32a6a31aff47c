//! USE, EXECUTE AS, KILL, DBCC, and what the host administers: logins, users, permissions.
//!
//! Source: T-SQL reference, the page of each.

use super::failure::Trouble;
use super::interpreter::{Ended, Interpreter};
use crate::ast::{Expr, Ident, Statement, StatementKind};
use crate::host::{Column, Command, SessionChange};
use crate::types::{Length, SqlType};
use crate::value::{SqlError, SqlValue};

/// DBCC commands that change nothing a client could see.
const HARMLESS: &[&str] =
    &["FREEPROCCACHE", "DROPCLEANBUFFERS", "FREESYSTEMCACHE", "TRACEON", "TRACEOFF"];

impl Interpreter<'_> {
    pub(super) fn administer(&mut self, statement: &Statement) -> Result<Option<Ended>, Trouble> {
        self.session.last.row_count = 0;
        let kind = &statement.kind;
        if let StatementKind::Use(name) = kind {
            self.use_database(name)?;
        } else if let StatementKind::ExecuteAs(run_as) = kind {
            self.impersonate(run_as)?;
            self.scope()?.impersonations += 1;
        } else if matches!(kind, StatementKind::Revert) {
            let ended = self.session.host.revert()?;
            let scope = self.scope()?;
            scope.impersonations = scope.impersonations.saturating_sub(u32::from(ended));
        } else if let StatementKind::Kill(session) = kind {
            self.kill(session)?;
        } else if let StatementKind::Dbcc { command, .. } = kind {
            return self.dbcc(command);
        } else {
            self.session.host.administer(kind, &self.session.database)?;
        }
        Ok(Self::nothing())
    }

    fn use_database(&mut self, name: &Ident) -> Result<(), Trouble> {
        let Some(new) = self.session.host.database(&name.value)? else {
            let text = format!(
                "Database '{}' does not exist. Make sure that the name is entered correctly.",
                name.value
            );
            return Err(SqlError::new(911, 16, 1, text).into());
        };
        let old = std::mem::replace(&mut self.session.database, new.clone());
        self.output.changed(&SessionChange::Database { new: new.clone(), old })?;
        let text = format!("Changed database context to '{new}'.");
        self.tell(SqlError::new(5701, 0, 2, text), name.place)
    }

    fn kill(&mut self, session: &Expr) -> Result<(), Trouble> {
        let number = self.value_as(session, &SqlType::BigInt)?.as_i64().unwrap_or(0);
        if number == i64::from(self.session.host.identity().session) {
            let text = "Cannot use KILL to kill your own process.";
            return Err(SqlError::new(6104, 16, 1, text).into());
        }
        Ok(self.session.host.kill(number)?)
    }

    fn dbcc(&mut self, command: &Ident) -> Result<Option<Ended>, Trouble> {
        let word = command.value.to_ascii_uppercase();
        if word == "USEROPTIONS" {
            return self.user_options();
        }
        if HARMLESS.contains(&word.as_str()) {
            let text = "DBCC execution completed. If DBCC printed error messages, contact your \
                        system administrator.";
            self.tell(SqlError::new(2528, 10, 1, text), command.place)?;
            return Ok(Self::nothing());
        }
        Err(Trouble::bind(SqlError::unsupported(&format!("DBCC {word}")), command.place))
    }

    fn user_options(&mut self) -> Result<Option<Ended>, Trouble> {
        let options = &self.session.options;
        let mut rows = vec![
            ("textsize", options.text_size.to_string()),
            ("language", options.language.name.to_owned()),
            ("dateformat", format!("{:?}", options.date_order).to_lowercase()),
            ("datefirst", options.date_first.to_string()),
            ("lock_timeout", options.lock_timeout.to_string()),
        ];
        let switches = [
            ("quoted_identifier", options.quoted_identifiers),
            ("arithabort", options.arith_abort),
            ("nocount", options.no_count),
            ("xact_abort", options.xact_abort),
            ("implicit_transactions", options.implicit_transactions),
            ("ansi_null_dflt_on", options.null_default_on),
            ("ansi_warnings", options.ansi_warnings),
            ("ansi_padding", options.ansi_padding),
            ("ansi_nulls", options.ansi_nulls),
            ("concat_null_yields_null", options.concat_null_yields_null),
        ];
        let on = switches.iter().filter(|(_, on)| *on);
        rows.extend(on.map(|(name, _)| (*name, "SET".to_owned())));
        let level = match options.isolation {
            crate::ast::IsolationLevel::ReadUncommitted => "read uncommitted",
            crate::ast::IsolationLevel::ReadCommitted => "read committed",
            crate::ast::IsolationLevel::RepeatableRead => "repeatable read",
            crate::ast::IsolationLevel::Snapshot => "snapshot",
            crate::ast::IsolationLevel::Serializable => "serializable",
        };
        rows.push(("isolation level", level.to_owned()));
        let columns = [
            Column::new("Set Option", SqlType::SYSNAME),
            Column::new("Value", SqlType::NVarChar(Length::N(46))),
        ];
        self.output.columns(&columns)?;
        let count = u64::try_from(rows.len()).unwrap_or(0);
        self.sent = Some(count);
        for (name, value) in rows {
            self.output.row(&[SqlValue::nvarchar(name), SqlValue::nvarchar(value)])?;
        }
        Ok(Some(Ended { command: Command::Select, count: Some(count) }))
    }
}
