//! Statements: one call for each kind.

use super::Printer;
use crate::ast::{Statement, StatementKind};

impl Printer {
    /// Each on a line of its own.
    pub(super) fn statements(&mut self, statements: &[Statement]) {
        for statement in statements {
            self.line();
            self.statement(statement);
            // A label takes none, and the last statement of a procedure has had it.
            let ended = matches!(
                statement.kind,
                StatementKind::Label(_) | StatementKind::CreateProcedure(_)
            );
            self.put_if(!ended, ";");
        }
    }

    pub(super) fn statement(&mut self, statement: &Statement) {
        use StatementKind as K;
        match &statement.kind {
            K::Select(query) => self.query(query),
            K::Insert(insert) => self.insert(insert),
            K::InsertBulk(insert) => self.insert_bulk(insert),
            K::Update(update) => self.update(update),
            K::Delete(delete) => self.delete(delete),
            K::Merge(merge) => self.merge(merge),
            K::Truncate(name) => self.word_name("TRUNCATE TABLE ", name),
            K::Execute(call) => self.execute(call),
            K::ExecuteString(call) => self.execute_string(call),
            K::ExecuteAs(run_as) => self.execute_as_statement(run_as),
            K::Block(statements) => self.block("BEGIN", statements, "END"),
            K::If(statement) => self.if_statement(statement),
            K::While(statement) => self.while_statement(statement),
            K::Break => self.put("BREAK"),
            K::Continue => self.put("CONTINUE"),
            K::Return(value) => self.return_statement(value.as_ref()),
            K::Goto(label) => self.word_ident("GOTO ", label),
            K::Label(label) => self.label(label),
            K::WaitForDelay(time) => self.after("WAITFOR DELAY ", Some(time)),
            K::WaitForTime(time) => self.after("WAITFOR TIME ", Some(time)),
            K::TryCatch { body, handler } => self.try_catch(body, handler),
            K::Throw(arguments) => self.throw(arguments.as_deref()),
            K::RaiseError(raise) => self.raise_error(raise),
            K::Print(text) => self.after("PRINT ", Some(text)),
            K::Declare(variables) => self.declare(variables),
            K::DeclareCursor(name, cursor) => self.declare_cursor(name, cursor),
            K::SetVariable { variable, operator, value } => self.set(variable, *operator, value),
            K::SetCursor(variable, cursor) => self.set_cursor(variable, cursor),
            K::SetOption(option) => self.set_option(option),
            K::BeginTransaction { name, mark } => self.begin(name.as_ref(), mark.as_ref()),
            K::Commit(name) => self.transaction("COMMIT TRANSACTION", name.as_ref()),
            K::Rollback(name) => self.transaction("ROLLBACK TRANSACTION", name.as_ref()),
            K::SaveTransaction(name) => self.transaction("SAVE TRANSACTION", Some(name)),
            K::Open(cursor) => self.word_cursor("OPEN ", cursor),
            K::Fetch(fetch) => self.fetch(fetch),
            K::Close(cursor) => self.word_cursor("CLOSE ", cursor),
            K::Deallocate(cursor) => self.word_cursor("DEALLOCATE ", cursor),
            K::CreateTable(name, definition) => self.create_table(name, definition),
            K::AlterTable(name, change) => self.alter_table(name, change),
            K::CreateIndex(index) => self.create_index(index),
            K::CreateProcedure(procedure) => self.create_procedure(procedure),
            K::CreateFunction(function) => self.create_function(function),
            K::CreateView(view) => self.create_view(view),
            K::CreateType(definition) => self.create_type(definition),
            K::CreateSchema(name, owner) => self.create_schema(name, owner.as_ref()),
            K::Drop(object) => self.drop_object(object),
            K::CreateLogin(login) => self.create_login(login),
            K::AlterLogin(name, change) => self.alter_login(name, change),
            K::CreateUser(user) => self.create_user(user),
            K::AlterUser(user) => self.alter_user(user),
            K::CreateRole { server, name, owner } => {
                self.create_role(*server, name, owner.as_ref());
            }
            K::AlterRole { server, name, change } => self.alter_role(*server, name, change),
            K::Permission(change) => self.permission(change),
            K::Use(database) => self.word_ident("USE ", database),
            K::Revert => self.put("REVERT"),
            K::Kill(session) => self.after("KILL ", Some(session)),
            K::Dbcc { command, arguments, options } => self.dbcc(command, arguments, options),
        }
    }
}
