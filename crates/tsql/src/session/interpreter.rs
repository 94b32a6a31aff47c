//! Runs statements: which kind goes where, and what happens when one fails.
//!
//! Every statement goes through [`Interpreter::statement`]: it runs, its end is told to the
//! client, and an error is told, or thrown to a CATCH block, by the rules of `failure.rs`.

use super::Session;
use super::failure::{Caught, Failure, Origin, Reach, Trouble};
use super::scope::{Scope, ScopeKind};
use crate::ast::{Place, Statement, StatementKind};
use crate::host::{Cancel, Command, Message, Output, StatementDone, Stopped};
use crate::value::{SqlError, SqlValue};

/// How deep statements may stand in each other, over all procedures and functions that call each
/// other: a session must not run out of stack.
const LEVEL_MAX: usize = 150;

/// How a list of statements goes on.
#[derive(Debug)]
pub(super) enum Flow {
    /// With the next one.
    Next,
    /// Behind the loop.
    Break,
    /// With the loop's condition.
    Continue,
    /// At this label, in lower case.
    Goto(String),
    /// Not at all.
    Return(SqlValue),
}

/// What a statement that has ended tells.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ended {
    pub(super) command: Command,
    /// How many rows it gave or changed; `None` where that is not told.
    pub(super) count: Option<u64>,
}

/// Runs the statements of one request.
pub(super) struct Interpreter<'a> {
    pub(super) session: &'a mut Session,
    pub(super) output: &'a mut dyn Output,
    pub(super) cancel: &'a Cancel,
    /// The rows sent of a result that has begun and not ended.
    pub(super) sent: Option<u64>,
}

impl Interpreter<'_> {
    /// The innermost scope.
    pub(super) fn scope(&mut self) -> Result<&mut Scope, Trouble> {
        let missing = || Trouble::from(SqlError::unsupported("Statement outside of a batch"));
        self.session.scopes.last_mut().ok_or_else(missing)
    }

    /// How many scopes stand around the current one.
    pub(super) fn depth(&self) -> usize {
        self.session.scopes.len().saturating_sub(1)
    }

    fn told_depth(&self) -> u32 {
        u32::try_from(self.depth()).unwrap_or(u32::MAX)
    }

    /// Opens a scope, runs in it, and closes it, whatever happened.
    pub(super) fn within<T>(
        &mut self,
        scope: Scope,
        run: impl FnOnce(&mut Self) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        self.session.scopes.push(scope);
        let tries = self.session.tries.len();
        let result = run(self);
        self.session.tries.truncate(tries);
        self.close_scope();
        result
    }

    pub(super) fn new_scope(&self, kind: ScopeKind) -> Scope {
        let session = &*self.session;
        let open = session.transaction.count();
        Scope::new(kind, &session.options, &session.database, open)
    }

    fn close_scope(&mut self) {
        let depth = self.depth();
        let Some(scope) = self.session.scopes.pop() else { return };
        for _ in 0..scope.impersonations {
            // What was begun can be ended.
            self.session.host.revert().unwrap_or_default();
        }
        if scope.kind == ScopeKind::Batch {
            return;
        }
        self.session.options = scope.options;
        self.session.database = scope.database;
        self.session.temp.retain(|temp| temp.depth < depth || temp.is_global());
    }

    /// Runs statements in order, with jumps to labels among them.
    pub(super) fn statements(&mut self, statements: &[Statement]) -> Result<Flow, Trouble> {
        self.statements_from(statements, 0)
    }

    pub(super) fn statements_from(
        &mut self,
        statements: &[Statement],
        start: usize,
    ) -> Result<Flow, Trouble> {
        let mut at = start;
        let mut flow = Flow::Next;
        loop {
            if let Flow::Goto(label) = flow {
                let Some((index, statement)) = super::flow::find_label(statements, &label) else {
                    return Ok(Flow::Goto(label));
                };
                flow = self.enter(statement, &label)?;
                at = index + 1;
                continue;
            }
            if !matches!(flow, Flow::Next) {
                return Ok(flow);
            }
            let Some(statement) = statements.get(at) else { return Ok(Flow::Next) };
            at += 1;
            flow = self.statement(statement)?;
        }
    }

    /// Runs one statement, and deals with its failure.
    pub(super) fn statement(&mut self, statement: &Statement) -> Result<Flow, Trouble> {
        if self.cancel.is_cancelled() {
            return Err(Trouble::Cancelled);
        }
        let options = &self.session.options;
        let idle = (options.no_exec || options.parse_only) && !is_option(statement);
        if idle || (options.format_only && !has_format(&statement.kind)) {
            return Ok(Flow::Next);
        }
        self.sent = None;
        self.session.level += 1;
        let result = match self.session.level <= LEVEL_MAX {
            true if super::flow::is_flow(&statement.kind) => self.flow(statement),
            true => self.with_globals(self.span_of(statement), |one| one.dispatch(statement)),
            false => Err(too_deep().into()),
        };
        self.session.level -= 1;
        match result {
            Ok(flow) => Ok(flow),
            Err(Trouble::Failed(failure)) => {
                self.fail(*failure, statement)?;
                Ok(Flow::Next)
            }
            Err(Trouble::Thrown(caught)) => {
                self.end_cut_result()?;
                Err(Trouble::Thrown(caught))
            }
            Err(trouble) => Err(trouble),
        }
    }

    /// A statement that is no control flow.
    fn dispatch(&mut self, statement: &Statement) -> Result<Flow, Trouble> {
        self.refuse_in_function(statement)?;
        self.begin_implied(&statement.kind)?;
        let ended = self.simple(statement)?;
        self.warn_of_nulls(statement.place)?;
        let Some(ended) = ended else { return Ok(Flow::Next) };
        if ended.command != Command::Execute {
            self.session.last.error = 0;
        }
        self.done(ended)?;
        Ok(Flow::Next)
    }

    /// Statements that are no control flow. `None` for those whose end nobody is told.
    fn simple(&mut self, statement: &Statement) -> Result<Option<Ended>, Trouble> {
        let place = statement.place;
        match &statement.kind {
            StatementKind::Declare(variables) => self.initialise(variables).map(|()| None),
            StatementKind::SetVariable { variable, operator, value } => {
                self.set_variable(variable, *operator, value)
            }
            StatementKind::DeclareCursor(name, definition) => self.declare_cursor(name, definition),
            StatementKind::SetCursor(variable, definition) => self.set_cursor(variable, definition),
            StatementKind::Open(cursor) => self.open_cursor(cursor),
            StatementKind::Fetch(fetch) => self.fetch(fetch),
            StatementKind::Close(cursor) => self.close_cursor(cursor),
            StatementKind::Deallocate(cursor) => self.deallocate(cursor),
            StatementKind::Select(query) => self.select(query),
            StatementKind::Insert(insert) => self.insert(insert, place),
            StatementKind::InsertBulk(insert) => self.insert_bulk(insert),
            StatementKind::Update(update) => self.update(update),
            StatementKind::Delete(delete) => self.delete(delete),
            StatementKind::Merge(merge) => self.merge(merge),
            StatementKind::Truncate(name) => self.truncate(name),
            StatementKind::Execute(call) => self.execute(call),
            StatementKind::ExecuteString(call) => self.execute_string(call),
            StatementKind::Print(value) => self.print(value, place),
            StatementKind::RaiseError(raise) => self.raise_error(raise, place),
            StatementKind::Throw(arguments) => self.throw(arguments.as_deref(), place),
            StatementKind::SetOption(option) => self.set_option(option),
            StatementKind::BeginTransaction { .. }
            | StatementKind::Commit(_)
            | StatementKind::Rollback(_)
            | StatementKind::SaveTransaction(_) => self.transaction_statement(&statement.kind),
            StatementKind::CreateTable(name, definition) => self.create_table(name, definition),
            StatementKind::AlterTable(name, change) => self.alter_table(name, change),
            StatementKind::CreateIndex(index) => self.create_index(index),
            StatementKind::Drop(object) => self.drop_object(object, &statement.kind),
            StatementKind::CreateProcedure(_)
            | StatementKind::CreateFunction(_)
            | StatementKind::CreateView(_)
            | StatementKind::CreateType(_) => self.create_module(statement),
            StatementKind::CreateSchema(..)
            | StatementKind::CreateLogin(_)
            | StatementKind::AlterLogin(..)
            | StatementKind::CreateUser(_)
            | StatementKind::AlterUser(_)
            | StatementKind::CreateRole { .. }
            | StatementKind::AlterRole { .. }
            | StatementKind::Permission(_)
            | StatementKind::Use(_)
            | StatementKind::ExecuteAs(_)
            | StatementKind::Revert
            | StatementKind::Kill(_)
            | StatementKind::Dbcc { .. } => self.administer(statement),
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
            | StatementKind::TryCatch { .. } => Ok(None),
        }
    }

    /// Tells that aggregates have left out a NULL, once for a statement or condition.
    pub(super) fn warn_of_nulls(&mut self, place: Place) -> Result<(), Trouble> {
        if !self.session.null_left_out.take() || !self.session.options.ansi_warnings {
            return Ok(());
        }
        let text = "Warning: Null value is eliminated by an aggregate or other SET operation.";
        self.tell(SqlError::new(8153, 10, 1, text), place)
    }

    /// Tells that a statement has ended.
    pub(super) fn done(&mut self, ended: Ended) -> Result<(), Trouble> {
        let quiet = self.session.options.no_count;
        let result = self.sent.take().is_some();
        let depth = self.told_depth();
        if quiet && 0 < depth && !result {
            return Ok(());
        }
        let count = ended.count.filter(|_| !quiet);
        let done = StatementDone { count, depth, command: ended.command, failed: false };
        Ok(self.output.statement_done(done)?)
    }

    /// Ends a result that an error cut off, where the client does not hear of the error.
    fn end_cut_result(&mut self) -> Result<(), Trouble> {
        let Some(count) = self.sent.take() else { return Ok(()) };
        let (count, depth) = (Some(count), self.told_depth());
        let done = StatementDone { count, depth, command: Command::Select, failed: false };
        Ok(self.output.statement_done(done)?)
    }

    /// A statement failed: the error goes to a CATCH block, or to the client.
    pub(super) fn fail(&mut self, failure: Failure, statement: &Statement) -> Result<(), Trouble> {
        let xact_abort = self.session.options.xact_abort;
        let (reach, dooms) = (failure.reach(xact_abort), failure.dooms(xact_abort));
        let bind = failure.origin == Origin::Bind;
        let message = self.message(failure, statement.place);
        if message.error.number == SqlError::cancelled().number && self.cancel.is_cancelled() {
            return Err(Trouble::Cancelled);
        }
        self.session.last.error = message.error.number;
        self.session.last.row_count = 0;
        let depth = self.depth();
        if self.session.tries.iter().any(|at| !bind || *at < depth) {
            self.end_cut_result()?;
            if dooms {
                self.session.transaction.doom();
            }
            let passes = Some(depth).filter(|_| bind);
            return Err(Trouble::Thrown(Box::new(Caught { message, passes })));
        }
        let severity = message.error.severity;
        if let Some(scope) = self.session.scopes.last_mut() {
            scope.worst = scope.worst.max(severity);
        }
        self.output.message(&message)?;
        if dooms {
            self.roll_back_all()?;
        } else if reach == Reach::Statement && changes_rows(&statement.kind) {
            self.tell(
                SqlError::new(3621, 0, 0, "The statement has been terminated."),
                statement.place,
            )?;
        }
        self.sent = None;
        let command = command_of(&statement.kind);
        let done = StatementDone { count: None, depth: self.told_depth(), command, failed: true };
        self.output.statement_done(done)?;
        if 20 <= severity {
            return Err(Trouble::Stopped);
        }
        if reach == Reach::Statement { Ok(()) } else { Err(Trouble::Ended(reach)) }
    }

    fn message(&self, failure: Failure, place: Place) -> Message {
        let Failure { error, line, procedure, .. } = failure;
        let own = self.session.scopes.last().map_or("", Scope::procedure);
        let procedure = procedure.unwrap_or_else(|| own.to_owned());
        Message { error, line: line.unwrap_or(place.line).max(1), procedure }
    }

    /// Tells the client something that is no error.
    pub(super) fn tell(&mut self, error: SqlError, place: Place) -> Result<(), Trouble> {
        let procedure = self.session.scopes.last().map_or("", Scope::procedure).to_owned();
        let message = Message { error, line: place.line.max(1), procedure };
        Ok(self.output.message(&message)?)
    }

    /// The end of a request: what was not caught is told, and nothing stays half done.
    pub(super) fn finish_request(&mut self, result: Result<(), Trouble>) -> Result<(), Stopped> {
        let result = match result {
            Ok(()) | Err(Trouble::Ended(_)) => Ok(()),
            Err(Trouble::Cancelled) => {
                let undone = match self.session.options.xact_abort {
                    true => self.roll_back_all(),
                    false => Ok(()),
                };
                undone.map_err(|_| Stopped)
            }
            Err(Trouble::Failed(failure)) => {
                let message = self.message(*failure, Place::default());
                self.tell_end(&message)
            }
            Err(Trouble::Thrown(caught)) => self.tell_end(&caught.message),
            Err(Trouble::Stopped) => Err(Stopped),
        };
        result.and_then(|()| self.end_doomed())
    }

    fn tell_end(&mut self, message: &Message) -> Result<(), Stopped> {
        self.session.last.error = message.error.number;
        self.output.message(message)?;
        let command = Command::Other;
        let done = StatementDone { count: None, depth: 0, command, failed: true };
        self.output.statement_done(done)?;
        if message.error.severity < 20 { Ok(()) } else { Err(Stopped) }
    }

    /// A transaction that can only be rolled back does not outlive its batch.
    fn end_doomed(&mut self) -> Result<(), Stopped> {
        if !self.session.transaction.is_doomed() {
            return Ok(());
        }
        let text = "Uncommittable transaction is detected at the end of the batch. The transaction \
                    is rolled back.";
        let error = SqlError::new(3998, 16, 1, text);
        self.session.last.error = error.number;
        self.output.message(&Message { error, line: 1, procedure: String::new() })?;
        self.roll_back_all().map_err(|_| Stopped)?;
        let command = Command::Other;
        self.output.statement_done(StatementDone { count: None, depth: 0, command, failed: true })
    }
}

fn too_deep() -> SqlError {
    let text = "Internal error: Server stack limit has been reached. Please look for potentially \
                deep nesting in your query, and try to simplify it.";
    SqlError::new(8631, 17, 1, text)
}

fn is_option(statement: &Statement) -> bool {
    matches!(statement.kind, StatementKind::SetOption(_))
}

/// Whether a statement is looked at under `SET FMTONLY ON`, where nothing is changed and no
/// procedure of the host runs.
fn has_format(kind: &StatementKind) -> bool {
    super::flow::is_flow(kind)
        || matches!(
            kind,
            StatementKind::Select(_)
                | StatementKind::SetOption(_)
                | StatementKind::Execute(_)
                | StatementKind::ExecuteString(_)
                | StatementKind::Declare(_)
                | StatementKind::SetVariable { .. }
                | StatementKind::Use(_)
        )
}

/// Whether SQL Server says of a statement that it "has been terminated".
fn changes_rows(kind: &StatementKind) -> bool {
    matches!(
        kind,
        StatementKind::Insert(_)
            | StatementKind::InsertBulk(_)
            | StatementKind::Update(_)
            | StatementKind::Delete(_)
            | StatementKind::Merge(_)
    )
}

/// What a statement is to the client.
fn command_of(kind: &StatementKind) -> Command {
    if matches!(kind, StatementKind::Insert(_) | StatementKind::InsertBulk(_)) {
        return Command::Insert;
    }
    if matches!(kind, StatementKind::Update(_)) {
        return Command::Update;
    }
    if matches!(kind, StatementKind::Delete(_)) {
        return Command::Delete;
    }
    if matches!(kind, StatementKind::Merge(_)) {
        return Command::Merge;
    }
    if matches!(kind, StatementKind::Select(_)) {
        return Command::Select;
    }
    if matches!(kind, StatementKind::Execute(_) | StatementKind::ExecuteString(_)) {
        return Command::Execute;
    }
    Command::Other
}
