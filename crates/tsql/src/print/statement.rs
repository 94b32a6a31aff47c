//! Statements: one call for each kind.

use super::Printer;
use super::word::Word as _;
use crate::ast::{Statement, StatementKind};

impl Printer {
    /// Each on a line of its own.
    pub(super) fn statements(&mut self, statements: &[Statement]) {
        for statement in statements {
            self.line();
            self.statement(statement);
            self.put_if(!Self::is_label(statement), ";");
        }
    }

    pub(super) fn statement(&mut self, statement: &Statement) {
        match &statement.kind {
            StatementKind::Select(query) => self.query(query),
            StatementKind::Insert(insert) => self.insert(insert),
            StatementKind::Update(update) => self.update(update),
            StatementKind::Delete(delete) => self.delete(delete),
            StatementKind::Merge(merge) => self.merge(merge),
            StatementKind::Execute(call) => self.execute(call),
            StatementKind::ExecuteString(call) => self.execute_string(call),
            StatementKind::Block(statements) => self.block("BEGIN", statements, "END"),
            StatementKind::If(statement) => self.if_statement(statement),
            StatementKind::While(statement) => {
                self.after("WHILE ", Some(&statement.condition));
                self.nested(&statement.body);
            }
            StatementKind::Break => self.put("BREAK"),
            StatementKind::Continue => self.put("CONTINUE"),
            StatementKind::TryCatch { body, handler } => self.try_catch(body, handler),
            StatementKind::Throw(arguments) => self.throw(arguments.as_deref()),
            StatementKind::RaiseError(raise) => self.raise_error(raise),
            StatementKind::Declare(variables) => self.declare(variables),
            StatementKind::SetOption(option) => self.set_option(option),
            _ => self.simple_statement(&statement.kind),
        }
    }

    /// Statements of a few words.
    fn simple_statement(&mut self, kind: &StatementKind) {
        match kind {
            StatementKind::SetVariable { variable, operator, value } => {
                self.put("SET ");
                self.put(variable);
                self.put(operator.word());
                self.expr(value);
            }
            StatementKind::SetCursor(variable, definition) => {
                self.put("SET ");
                self.put(variable);
                self.put(" =");
                self.cursor_definition(definition);
            }
            StatementKind::DeclareCursor(name, definition) => {
                self.put("DECLARE ");
                self.ident(name);
                self.cursor_definition(definition);
            }
            StatementKind::Return(value) => {
                self.put("RETURN");
                self.after(" ", value.as_ref());
            }
            StatementKind::Goto(label) => {
                self.put("GOTO ");
                self.ident(label);
            }
            StatementKind::Label(label) => {
                self.ident(label);
                self.put(":");
            }
            StatementKind::WaitForDelay(time) => self.after("WAITFOR DELAY ", Some(time)),
            StatementKind::WaitForTime(time) => self.after("WAITFOR TIME ", Some(time)),
            StatementKind::Print(text) => self.after("PRINT ", Some(text)),
            StatementKind::Kill(session) => self.after("KILL ", Some(session)),
            StatementKind::Revert => self.put("REVERT"),
            StatementKind::Use(database) => {
                self.put("USE ");
                self.ident(database);
            }
            StatementKind::ExecuteAs(run_as) => {
                self.put("EXECUTE ");
                self.execute_as(run_as);
            }
            StatementKind::Fetch(fetch) => self.fetch(fetch),
            _ => self.transaction_statement(kind),
        }
    }

    fn transaction_statement(&mut self, kind: &StatementKind) {
        match kind {
            StatementKind::BeginTransaction { name, mark } => {
                self.transaction("BEGIN TRANSACTION", name.as_ref());
                if let Some(mark) = mark {
                    self.put(" WITH MARK");
                    self.put_if(mark.is_some(), " ");
                    if let Some(mark) = mark {
                        self.string(mark);
                    }
                }
            }
            StatementKind::Commit(name) => self.transaction("COMMIT TRANSACTION", name.as_ref()),
            StatementKind::Rollback(name) => {
                self.transaction("ROLLBACK TRANSACTION", name.as_ref());
            }
            StatementKind::SaveTransaction(name) => {
                self.transaction("SAVE TRANSACTION", Some(name));
            }
            StatementKind::Open(cursor) => {
                self.put("OPEN ");
                self.cursor_ref(cursor);
            }
            StatementKind::Close(cursor) => {
                self.put("CLOSE ");
                self.cursor_ref(cursor);
            }
            StatementKind::Deallocate(cursor) => {
                self.put("DEALLOCATE ");
                self.cursor_ref(cursor);
            }
            _ => self.definition(kind),
        }
    }

    fn definition(&mut self, kind: &StatementKind) {
        match kind {
            StatementKind::CreateTable(name, definition) => {
                self.put("CREATE TABLE ");
                self.name(name);
                self.put(" ");
                self.table_definition(definition);
            }
            StatementKind::AlterTable(name, change) => {
                self.put("ALTER TABLE ");
                self.name(name);
                self.alter_table(change);
            }
            StatementKind::Truncate(name) => {
                self.put("TRUNCATE TABLE ");
                self.name(name);
            }
            StatementKind::CreateIndex(index) => self.create_index(index),
            StatementKind::CreateProcedure(procedure) => self.create_procedure(procedure),
            StatementKind::CreateFunction(function) => self.create_function(function),
            StatementKind::CreateView(view) => self.create_view(view),
            StatementKind::CreateType(definition) => self.create_type(definition),
            StatementKind::Drop(object) => self.drop_object(object),
            StatementKind::CreateSchema(name, owner) => {
                self.put("CREATE SCHEMA ");
                self.ident(name);
                self.owner(owner.as_ref());
            }
            StatementKind::Dbcc { command, arguments, options } => {
                self.put("DBCC ");
                self.ident(command);
                if !arguments.is_empty() {
                    self.put(" ");
                    self.exprs(arguments);
                }
                self.put_if(!options.is_empty(), " WITH ");
                self.put(&options.join(", "));
            }
            _ => self.security_statement(kind),
        }
    }

    fn security_statement(&mut self, kind: &StatementKind) {
        if let StatementKind::CreateLogin(login) = kind {
            self.create_login(login);
        }
        if let StatementKind::AlterLogin(name, change) = kind {
            self.alter_login(name, change);
        }
        if let StatementKind::CreateUser(user) = kind {
            self.create_user(user);
        }
        if let StatementKind::AlterUser(user) = kind {
            self.alter_user(user);
        }
        if let StatementKind::CreateRole { server, name, owner } = kind {
            self.create_role(*server, name, owner.as_ref());
        }
        if let StatementKind::AlterRole { server, name, change } = kind {
            self.alter_role(*server, name, change);
        }
        if let StatementKind::Permission(change) = kind {
            self.permission(change);
        }
    }
}
