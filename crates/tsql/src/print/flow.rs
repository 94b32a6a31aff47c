//! Control flow, variables, options, transactions.

use super::Printer;
use super::word::Word as _;
use crate::ast::{
    AssignOp, CursorDefinition, Expr, Ident, If, RaiseError, SetOption, Statement, ThrowArguments,
    TransactionName, VariableDecl, VariableKind, While,
};

impl Printer {
    /// A statement inside another, on a line of its own.
    pub(super) fn nested(&mut self, statement: &Statement) {
        self.indent += 1;
        self.line();
        self.statement(statement);
        self.indent -= 1;
    }

    pub(super) fn block(&mut self, open: &str, statements: &[Statement], close: &str) {
        self.put(open);
        self.indent += 1;
        self.statements(statements);
        self.indent -= 1;
        self.line();
        self.put(close);
    }

    pub(super) fn if_statement(&mut self, statement: &If) {
        self.after("IF ", Some(&statement.condition));
        self.nested(&statement.then);
        if let Some(otherwise) = &statement.otherwise {
            self.put(";");
            self.line();
            self.put("ELSE");
            self.nested(otherwise);
        }
    }

    pub(super) fn try_catch(&mut self, body: &[Statement], handler: &[Statement]) {
        self.block("BEGIN TRY", body, "END TRY");
        self.line();
        self.block("BEGIN CATCH", handler, "END CATCH");
    }

    pub(super) fn throw(&mut self, arguments: Option<&ThrowArguments>) {
        self.put("THROW");
        if let Some(arguments) = arguments {
            self.after(" ", Some(&arguments.number));
            self.after(", ", Some(&arguments.message));
            self.after(", ", Some(&arguments.state));
        }
    }

    pub(super) fn raise_error(&mut self, raise: &RaiseError) {
        self.after("RAISERROR(", Some(&raise.message));
        self.after(", ", Some(&raise.severity));
        self.after(", ", Some(&raise.state));
        for argument in &raise.arguments {
            self.after(", ", Some(argument));
        }
        self.put(")");
        let options = [(raise.log, "LOG"), (raise.nowait, "NOWAIT"), (raise.set_error, "SETERROR")];
        let options: Vec<&str> =
            options.into_iter().filter_map(|(set, word)| set.then_some(word)).collect();
        if !options.is_empty() {
            self.put(" WITH ");
            self.put(&options.join(", "));
        }
    }

    pub(super) fn declare(&mut self, variables: &[VariableDecl]) {
        self.put("DECLARE ");
        self.list(variables, |printer, variable| {
            printer.put(&variable.name);
            printer.put(" ");
            match &variable.kind {
                VariableKind::Cursor => printer.put("CURSOR"),
                VariableKind::Table(definition) => {
                    printer.put("TABLE ");
                    printer.table_definition(definition);
                }
                VariableKind::Scalar { data_type, value } => {
                    printer.type_name(data_type);
                    printer.after(" = ", value.as_ref());
                }
            }
        });
    }

    pub(super) fn set_option(&mut self, option: &SetOption) {
        self.put("SET ");
        match option {
            SetOption::Switch { names, on } => {
                let statistics = names.first().is_some_and(|name| name.starts_with("STATISTICS "));
                self.put_if(statistics, "STATISTICS ");
                self.list(names, |printer, name| {
                    printer.put(name.strip_prefix("STATISTICS ").unwrap_or(name));
                });
                self.on_off(*on);
            }
            SetOption::Value { name, value } => {
                self.put(name);
                self.after(" ", Some(value));
            }
            SetOption::Isolation(level) => {
                self.put("TRANSACTION ISOLATION LEVEL ");
                self.put(level.word());
            }
            SetOption::IdentityInsert(table, on) => {
                self.put("IDENTITY_INSERT ");
                self.name(table);
                self.on_off(*on);
            }
        }
    }

    fn on_off(&mut self, on: bool) {
        self.put(if on { " ON" } else { " OFF" });
    }

    pub(super) fn transaction(&mut self, words: &str, name: Option<&TransactionName>) {
        self.put(words);
        match name {
            None => (),
            Some(TransactionName::Name(name)) => {
                self.put(" ");
                self.ident(name);
            }
            Some(TransactionName::Variable(variable)) => {
                self.put(" ");
                self.put(variable);
            }
        }
    }

    pub(super) fn begin(&mut self, name: Option<&TransactionName>, mark: Option<&Option<String>>) {
        self.transaction("BEGIN TRANSACTION", name);
        let Some(mark) = mark else { return };
        self.put(" WITH MARK");
        if let Some(mark) = mark {
            self.put(" ");
            self.string(mark);
        }
    }

    pub(super) fn while_statement(&mut self, statement: &While) {
        self.after("WHILE ", Some(&statement.condition));
        self.nested(&statement.body);
    }

    pub(super) fn return_statement(&mut self, value: Option<&Expr>) {
        self.put("RETURN");
        self.after(" ", value);
    }

    pub(super) fn label(&mut self, label: &Ident) {
        self.ident(label);
        self.put(":");
    }

    pub(super) fn set(&mut self, variable: &str, operator: AssignOp, value: &Expr) {
        self.put("SET ");
        self.put(variable);
        self.put(operator.word());
        self.expr(value);
    }

    pub(super) fn set_cursor(&mut self, variable: &str, cursor: &CursorDefinition) {
        self.put("SET ");
        self.put(variable);
        self.put(" =");
        self.cursor_definition(cursor);
    }

    pub(super) fn declare_cursor(&mut self, name: &Ident, cursor: &CursorDefinition) {
        self.word_ident("DECLARE ", name);
        self.cursor_definition(cursor);
    }

    pub(super) fn dbcc(&mut self, command: &Ident, arguments: &[Expr], options: &[String]) {
        self.word_ident("DBCC ", command);
        if !arguments.is_empty() {
            self.put(" ");
            self.exprs(arguments);
        }
        self.put_if(!options.is_empty(), " WITH ");
        self.put(&options.join(", "));
    }
}
