//! Control flow, variables, options, transactions.

use super::Printer;
use super::word::Word as _;
use crate::ast::{
    If, RaiseError, SetOption, Statement, StatementKind, ThrowArguments, TransactionName,
    VariableDecl, VariableKind,
};

impl Printer {
    /// A statement inside another, on a line of its own. An IF goes into a block where an ELSE
    /// behind it could be taken for its own.
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

    /// Whether a label, which takes no `;`.
    pub(super) fn is_label(statement: &Statement) -> bool {
        matches!(statement.kind, StatementKind::Label(_))
    }
}
