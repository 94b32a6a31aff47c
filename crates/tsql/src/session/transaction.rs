//! Transactions: those of the host, and the rows of temporary tables with them.
//!
//! A transaction keeps the temporary tables as they were when it began, and each savepoint as
//! they were then. Table variables do not take part.
//!
//! Source: T-SQL reference, "BEGIN TRANSACTION" (nesting), "COMMIT", "ROLLBACK", "SAVE",
//! "SET IMPLICIT_TRANSACTIONS" (which statements begin one), "XACT_STATE".

use super::failure::Trouble;
use super::interpreter::{Ended, Interpreter};
use super::scope::{ScopeKind, lower};
use super::{Session, TempTable};
use crate::ast::{QueryBody, StatementKind, TransactionName};
use crate::host::{Command, SessionChange};
use crate::types::SqlType;
use crate::value::SqlError;

use super::request::TransactionCommand;

/// The transaction of a session.
#[derive(Default)]
pub(super) struct Transaction {
    /// `@@TRANCOUNT`.
    count: u32,
    id: u64,
    doomed: bool,
    name: String,
    /// The temporary tables when it began.
    before: Vec<TempTable>,
    savepoints: Vec<Savepoint>,
}

struct Savepoint {
    name: String,
    mark: u64,
    tables: Vec<TempTable>,
}

impl Transaction {
    pub(super) const fn count(&self) -> u32 {
        self.count
    }

    pub(super) const fn is_open(&self) -> bool {
        0 < self.count
    }

    pub(super) const fn is_doomed(&self) -> bool {
        self.doomed
    }

    /// Leaves an open transaction only the way back.
    pub(super) const fn doom(&mut self) {
        self.doomed = self.is_open();
    }

    /// Its number, 0 without one.
    pub(super) const fn id(&self) -> u64 {
        if self.is_open() { self.id } else { 0 }
    }

    /// Forgets it; the number stays used.
    pub(super) fn end(&mut self) {
        *self = Self { id: self.id, ..Self::default() };
    }
}

impl Session {
    /// Puts temporary tables back as they were. Numbers of identity columns that were given stay
    /// given, and tables of scopes that have ended stay gone.
    fn restore(&mut self, tables: &[TempTable]) {
        let depth = self.scopes.len().saturating_sub(1);
        let kept = tables.iter().filter(|temp| temp.depth <= depth || temp.is_global());
        let mut restored: Vec<TempTable> = kept.cloned().collect();
        for temp in &mut restored {
            let same =
                |now: &&TempTable| now.depth == temp.depth && now.table.name == temp.table.name;
            let Some(now) = self.temp.iter().find(same) else { continue };
            if let (Some(old), Some(new)) = (&mut temp.table.identity, &now.table.identity) {
                old.last = new.last;
            }
        }
        self.temp = restored;
    }
}

impl Interpreter<'_> {
    pub(super) fn transaction_statement(
        &mut self,
        kind: &StatementKind,
    ) -> Result<Option<Ended>, Trouble> {
        if let StatementKind::BeginTransaction { name, .. } = kind {
            let name = self.transaction_name(name.as_ref())?;
            self.begin(name.unwrap_or_default())?;
        } else if let StatementKind::Commit(_) = kind {
            self.commit()?;
        } else if let StatementKind::Rollback(name) = kind {
            let name = self.transaction_name(name.as_ref())?;
            self.roll_back(name.as_deref())?;
        } else if let StatementKind::SaveTransaction(name) = kind {
            let name = self.transaction_name(Some(name))?;
            self.save(name.unwrap_or_default())?;
        }
        self.session.last.row_count = 0;
        Ok(Some(Ended { command: Command::Other, count: None }))
    }

    pub(super) fn transaction_command(
        &mut self,
        command: &TransactionCommand,
    ) -> Result<(), Trouble> {
        match command {
            TransactionCommand::Begin { name, isolation } => {
                if let Some(level) = isolation {
                    self.session.options.isolation = *level;
                }
                self.begin(name.clone())?;
            }
            TransactionCommand::Commit { begin_again, .. } => {
                self.commit()?;
                if *begin_again {
                    self.begin(String::new())?;
                }
            }
            TransactionCommand::Rollback { name, begin_again } => {
                self.roll_back(Some(name.as_str()).filter(|name| !name.is_empty()))?;
                if *begin_again && !self.session.transaction.is_open() {
                    self.begin(String::new())?;
                }
            }
            TransactionCommand::Save { name } => self.save(name.clone())?,
        }
        self.done(Ended { command: Command::Other, count: None })
    }

    fn transaction_name(
        &mut self,
        name: Option<&TransactionName>,
    ) -> Result<Option<String>, Trouble> {
        match name {
            None => Ok(None),
            Some(TransactionName::Name(name)) => Ok(Some(name.value.clone())),
            Some(TransactionName::Variable(variable)) => {
                let (slot, _) = self.variable(variable, Default::default())?;
                let value = self.scope()?.value(slot);
                let name = self.session.converted(&value, &SqlType::SYSNAME, &SqlType::SYSNAME)?;
                Ok(Some(name.as_str().unwrap_or_default().to_owned()))
            }
        }
    }

    /// Begins a transaction, or counts one more in the open one.
    pub(super) fn begin(&mut self, name: String) -> Result<(), Trouble> {
        if self.session.transaction.is_open() {
            self.session.transaction.count += 1;
            return Ok(());
        }
        self.session.host.begin()?;
        let session = &mut *self.session;
        let id = session.transaction.id + 1;
        let before = session.temp.clone();
        session.transaction = Transaction { count: 1, id, name, before, ..Transaction::default() };
        Ok(self.output.changed(&SessionChange::Begun(id))?)
    }

    pub(super) fn commit(&mut self) -> Result<(), Trouble> {
        if !self.session.transaction.is_open() {
            let text = "The COMMIT TRANSACTION request has no corresponding BEGIN TRANSACTION.";
            return Err(SqlError::new(3902, 16, 1, text).into());
        }
        self.refuse_doomed()?;
        if 1 < self.session.transaction.count {
            self.session.transaction.count -= 1;
            return Ok(());
        }
        if let Err(error) = self.session.host.commit() {
            self.roll_back_all()?;
            return Err(error.into());
        }
        let id = self.session.transaction.id;
        self.session.transaction.end();
        self.session.release_globals();
        if self.session.options.cursor_close_on_commit {
            self.close_all_cursors();
        }
        Ok(self.output.changed(&SessionChange::Committed(id))?)
    }

    fn roll_back(&mut self, name: Option<&str>) -> Result<(), Trouble> {
        if self.session.capturing {
            let text = "Cannot use the ROLLBACK statement within an INSERT-EXEC statement.";
            return Err(SqlError::new(3915, 16, 0, text).into());
        }
        if !self.session.transaction.is_open() {
            let text = "The ROLLBACK TRANSACTION request has no corresponding BEGIN TRANSACTION.";
            return Err(SqlError::new(3903, 16, 1, text).into());
        }
        let Some(name) = name else { return self.roll_back_all() };
        let same = |point: &Savepoint| lower(&point.name) == lower(name);
        let Some(at) = self.session.transaction.savepoints.iter().rposition(same) else {
            if lower(&self.session.transaction.name) == lower(name) {
                return self.roll_back_all();
            }
            let text = format!(
                "Cannot roll back {name}. No transaction or savepoint of that name was found."
            );
            return Err(SqlError::new(6401, 16, 1, text).into());
        };
        if self.session.transaction.doomed {
            let text = "The current transaction cannot be rolled back to a savepoint. Roll back the \
                        entire transaction.";
            return Err(SqlError::new(3931, 16, 1, text).into());
        }
        let point = &self.session.transaction.savepoints[at];
        let (mark, tables) = (point.mark, point.tables.clone());
        self.session.host.rollback_to(mark)?;
        self.session.transaction.savepoints.truncate(at + 1);
        self.session.restore(&tables);
        self.session.globals_at_savepoint();
        Ok(())
    }

    /// Takes back all that the transaction did.
    pub(super) fn roll_back_all(&mut self) -> Result<(), Trouble> {
        if !self.session.transaction.is_open() {
            return Ok(());
        }
        let result = self.session.host.rollback();
        let id = self.session.transaction.id;
        let before = std::mem::take(&mut self.session.transaction.before);
        self.session.transaction.end();
        self.session.restore(&before);
        self.session.forget_globals();
        if self.session.options.cursor_close_on_commit {
            self.close_all_cursors();
        }
        self.output.changed(&SessionChange::RolledBack(id))?;
        Ok(result?)
    }

    fn save(&mut self, name: String) -> Result<(), Trouble> {
        if !self.session.transaction.is_open() {
            let text = "Cannot issue SAVE TRANSACTION when there is no active transaction.";
            return Err(SqlError::new(628, 16, 0, text).into());
        }
        self.refuse_doomed()?;
        let mark = self.session.host.savepoint()?;
        let tables = self.session.temp.clone();
        self.session.transaction.savepoints.push(Savepoint { name, mark, tables });
        Ok(())
    }

    /// Nothing can be written in a transaction that can only be rolled back.
    pub(super) fn refuse_doomed(&self) -> Result<(), Trouble> {
        if !self.session.transaction.is_doomed() {
            return Ok(());
        }
        let text = "The current transaction cannot be committed and cannot support operations that \
                    write to the log file. Roll back the transaction.";
        Err(SqlError::new(3930, 16, 1, text).into())
    }

    /// `SET IMPLICIT_TRANSACTIONS ON`: most statements begin a transaction where none is open.
    pub(super) fn begin_implied(&mut self, kind: &StatementKind) -> Result<(), Trouble> {
        let wanted = self.session.options.implicit_transactions && begins_transaction(kind);
        if wanted && !self.session.transaction.is_open() {
            self.begin(String::new())?;
        }
        Ok(())
    }

    /// The same for a procedure from outside the engine: it reads or changes tables.
    pub(super) fn begin_implied_by_native(&mut self) -> Result<(), Trouble> {
        if self.session.options.implicit_transactions && !self.session.transaction.is_open() {
            self.begin(String::new())?;
        }
        Ok(())
    }

    /// At the end of a procedure as many transactions have to be open as at its begin.
    pub(super) fn check_count(&self, before: u32, kind: &ScopeKind) -> Result<(), Trouble> {
        let now = self.session.transaction.count();
        if now == before || matches!(kind, ScopeKind::Function(_)) {
            return Ok(());
        }
        let text = format!(
            "Transaction count after EXECUTE indicates a mismatching number of BEGIN and COMMIT \
             statements. Previous count = {before}, current count = {now}."
        );
        Err(SqlError::new(266, 16, 2, text).into())
    }
}

fn begins_transaction(kind: &StatementKind) -> bool {
    if let StatementKind::Select(query) = kind {
        return match &query.body {
            QueryBody::Select(select) => !select.from.is_empty(),
            QueryBody::Set { .. } => true,
        };
    }
    matches!(
        kind,
        StatementKind::Insert(_)
            | StatementKind::InsertBulk(_)
            | StatementKind::Update(_)
            | StatementKind::Delete(_)
            | StatementKind::Merge(_)
            | StatementKind::Truncate(_)
            | StatementKind::CreateTable(..)
            | StatementKind::AlterTable(..)
            | StatementKind::CreateIndex(_)
            | StatementKind::CreateProcedure(_)
            | StatementKind::CreateFunction(_)
            | StatementKind::CreateView(_)
            | StatementKind::CreateType(_)
            | StatementKind::Drop(_)
            | StatementKind::Permission(_)
            | StatementKind::Open(_)
            | StatementKind::Fetch(_)
    )
}
