//! CREATE, ALTER and DROP: which thing, and procedures, functions, views, types, schemas.

use super::{Parsed, Parser};
use crate::ast::{
    CreateFunction, CreateKind, CreateProcedure, CreateType, CreateView, DropKind, DropObject,
    ExecuteAs, Expr, ExprKind, FunctionReturns, Ident, Literal, ObjectName, Parameter, Place,
    Statement, StatementKind, TypeDefinition, TypeName, TypeSize,
};
use crate::diagnose::SyntaxError;
use crate::lexer::{Symbol, TokenKind};

/// Options of procedures, functions and views that change nothing here, besides EXECUTE AS.
const OPTIONS: &[&str] =
    &["RECOMPILE", "ENCRYPTION", "SCHEMABINDING", "VIEW_METADATA", "NATIVE_COMPILATION"];

impl Parser<'_> {
    pub(super) fn create(&mut self) -> Parsed<StatementKind> {
        let start = self.here();
        self.expect("CREATE")?;
        if self.take_all(&["OR", "ALTER"]) {
            return self.module(start, CreateKind::CreateOrAlter);
        }
        if self.is("TABLE") {
            return self.create_table();
        }
        if ["UNIQUE", "CLUSTERED", "NONCLUSTERED", "INDEX"].iter().any(|word| self.is(word)) {
            return self.create_index();
        }
        if self.take("TYPE") {
            return self.create_type();
        }
        if self.take("SCHEMA") {
            return self.create_schema();
        }
        if self.take("LOGIN") {
            return self.create_login();
        }
        if self.take("USER") {
            return self.create_user();
        }
        if self.are(&["ROLE"]) || self.are(&["SERVER", "ROLE"]) {
            return self.create_role();
        }
        self.module(start, CreateKind::Create)
    }

    pub(super) fn alter(&mut self) -> Parsed<StatementKind> {
        let start = self.here();
        self.expect("ALTER")?;
        if self.is("TABLE") {
            return self.alter_table();
        }
        if self.take("LOGIN") {
            return self.alter_login();
        }
        if self.take("USER") {
            return self.alter_user();
        }
        if self.are(&["ROLE"]) || self.are(&["SERVER", "ROLE"]) {
            return self.alter_role();
        }
        self.module(start, CreateKind::Alter)
    }

    /// A procedure, function or view, or something that is refused by name.
    fn module(&mut self, start: Place, kind: CreateKind) -> Parsed<StatementKind> {
        if self.is("PROC") || self.is("PROCEDURE") {
            self.check_first(start, "CREATE/ALTER PROCEDURE")?;
            return self.enclosed(|parser| parser.procedure(kind));
        }
        if self.is("FUNCTION") {
            self.check_first(start, "CREATE FUNCTION")?;
            return self.enclosed(|parser| parser.function(kind));
        }
        if self.is("VIEW") {
            self.check_first(start, "CREATE VIEW")?;
            return self.view(kind);
        }
        if self.peek().kind != TokenKind::Word {
            return self.unexpected();
        }
        let verb = if kind == CreateKind::Alter { "ALTER" } else { "CREATE" };
        let name = format!("{verb} {}", self.shown());
        self.advance();
        self.unsupported(start, &name)
    }

    /// A procedure is all of its batch.
    fn check_first(&self, start: Place, statement: &str) -> Parsed<()> {
        let index = self.tokens.iter().position(|token| token.span.start == start.span.start);
        let before = self.tokens.iter().take(index.unwrap_or(0));
        let alone =
            before.filter(|token| token.kind != TokenKind::Symbol(Symbol::Semicolon)).count() == 0;
        if alone { Ok(()) } else { Err(Box::new(SyntaxError::not_first(start, statement))) }
    }

    /// Reads a body that has labels and loops of its own, and may return a value.
    fn enclosed(
        &mut self,
        read: impl FnOnce(&mut Self) -> Parsed<StatementKind>,
    ) -> Parsed<StatementKind> {
        self.advance();
        let returns_value = std::mem::replace(&mut self.returns_value, true);
        let kind = read(self)?;
        self.check_labels()?;
        self.returns_value = returns_value;
        Ok(kind)
    }

    fn procedure(&mut self, kind: CreateKind) -> Parsed<StatementKind> {
        let name = self.object_name()?;
        let enclosed = self.take_symbol(Symbol::Open);
        let listed = self.peek().kind == TokenKind::Variable;
        let parameters = if listed { self.list(Self::parameter)? } else { Vec::new() };
        if enclosed {
            self.expect_symbol(Symbol::Close)?;
        }
        let (options, execute_as) = self.module_options()?;
        if self.are(&["FOR", "REPLICATION"]) {
            self.advance();
            return self.unsupported_here();
        }
        self.expect("AS")?;
        if self.is("EXTERNAL") {
            return self.unsupported_here();
        }
        let body = self.statements()?;
        if body.is_empty() {
            return self.unexpected();
        }
        let procedure = CreateProcedure { kind, name, parameters, options, execute_as, body };
        Ok(StatementKind::CreateProcedure(Box::new(procedure)))
    }

    /// A parameter list that is a text of its own; it may be empty.
    pub(super) fn bare_parameters(&mut self) -> Parsed<Vec<Parameter>> {
        if self.is_end() { Ok(Vec::new()) } else { self.list(Self::parameter) }
    }

    fn parameter(&mut self) -> Parsed<Parameter> {
        let name = self.variable()?;
        self.take("AS");
        let data_type = if self.is("CURSOR") { self.cursor_type() } else { self.type_name()? };
        let varying = self.take("VARYING");
        let mut default = None;
        if !self.take_all(&["NOT", "NULL"]) {
            self.take("NULL");
        }
        if self.take_symbol(Symbol::Equal) {
            default = Some(self.parameter_default()?);
        }
        let output = self.take_any(&["OUTPUT", "OUT"]);
        let readonly = self.take("READONLY");
        Ok(Parameter { name, data_type, default, output, readonly, varying })
    }

    fn cursor_type(&mut self) -> TypeName {
        let start = self.here();
        let name = ObjectName { parts: vec![self.any_word()] };
        TypeName { name, size: TypeSize::Absent, place: self.since(start) }
    }

    /// A bare word is a string, as in a call.
    fn parameter_default(&mut self) -> Parsed<Expr> {
        let start = self.here();
        if self.is_ident() {
            let word = self.any_word();
            return Ok(self.made(start, ExprKind::Literal(Literal::String(word.value))));
        }
        self.expr()
    }

    /// `WITH option, ...`, in upper case, and `EXECUTE AS`.
    fn module_options(&mut self) -> Parsed<(Vec<String>, Option<ExecuteAs>)> {
        let mut options = Vec::new();
        let mut execute_as = None;
        if !self.take("WITH") {
            return Ok((options, execute_as));
        }
        loop {
            if self.take_any(&["EXECUTE", "EXEC"]) {
                execute_as = Some(self.execute_as()?);
            } else if self.take_all(&["RETURNS", "NULL", "ON", "NULL", "INPUT"]) {
                options.push("RETURNS NULL ON NULL INPUT".to_owned());
            } else if self.take_all(&["CALLED", "ON", "NULL", "INPUT"]) {
                options.push("CALLED ON NULL INPUT".to_owned());
            } else if let Some(option) = OPTIONS.iter().find(|option| self.take(option)) {
                options.push((*option).to_owned());
            } else {
                return self.unknown_option("module");
            }
            if !self.take_symbol(Symbol::Comma) {
                return Ok((options, execute_as));
            }
        }
    }

    fn unknown_option<T>(&self, of: &str) -> Parsed<T> {
        if !self.is_ident() {
            return self.unexpected();
        }
        Err(Box::new(SyntaxError::unknown_option(self.here(), &self.shown(), of)))
    }

    fn function(&mut self, kind: CreateKind) -> Parsed<StatementKind> {
        let name = self.object_name()?;
        self.expect_symbol(Symbol::Open)?;
        let listed = self.peek().kind == TokenKind::Variable;
        let parameters = if listed { self.list(Self::parameter)? } else { Vec::new() };
        self.expect_symbol(Symbol::Close)?;
        self.expect("RETURNS")?;
        let table = self.function_table()?;
        let value =
            if table.is_none() && !self.take("TABLE") { Some(self.type_name()?) } else { None };
        let (options, execute_as) = self.module_options()?;
        self.take("AS");
        let (returns, body) = match (table, value) {
            (Some(returns), _) => (returns, self.function_body()?),
            (None, Some(value)) => (FunctionReturns::Value(value), self.function_body()?),
            (None, None) => (self.inline_query()?, Vec::new()),
        };
        let function =
            CreateFunction { kind, name, parameters, returns, options, execute_as, body };
        Ok(StatementKind::CreateFunction(Box::new(function)))
    }

    /// `@variable TABLE (...)`.
    fn function_table(&mut self) -> Parsed<Option<FunctionReturns>> {
        if self.peek().kind != TokenKind::Variable {
            return Ok(None);
        }
        let variable = self.variable()?;
        self.expect("TABLE")?;
        let definition = self.table_definition()?;
        Ok(Some(FunctionReturns::Table { variable, definition }))
    }

    fn function_body(&mut self) -> Parsed<Vec<Statement>> {
        self.expect("BEGIN")?;
        let body = self.statements()?;
        self.expect("END")?;
        Ok(body)
    }

    /// `RETURN (query)`, of a function that is one query.
    fn inline_query(&mut self) -> Parsed<FunctionReturns> {
        self.expect("RETURN")?;
        let enclosed = self.take_symbol(Symbol::Open);
        let with = if self.take("WITH") { self.ctes()? } else { Vec::new() };
        let mut query = self.query()?;
        query.with = with;
        if enclosed {
            self.expect_symbol(Symbol::Close)?;
        }
        Ok(FunctionReturns::Query(Box::new(query)))
    }

    fn view(&mut self, kind: CreateKind) -> Parsed<StatementKind> {
        self.expect("VIEW")?;
        let name = self.object_name()?;
        let columns = self.optional_idents()?;
        let (options, _) = self.module_options()?;
        self.expect("AS")?;
        let with = if self.take("WITH") { self.ctes()? } else { Vec::new() };
        let mut query = self.query()?;
        query.with = with;
        let check_option = self.take_all(&["WITH", "CHECK", "OPTION"]);
        let query = Box::new(query);
        let view = CreateView { kind, name, columns, options, query, check_option };
        Ok(StatementKind::CreateView(Box::new(view)))
    }

    fn create_type(&mut self) -> Parsed<StatementKind> {
        let name = self.object_name()?;
        let definition = if self.take_all(&["AS", "TABLE"]) {
            TypeDefinition::Table(self.table_definition()?)
        } else {
            self.expect("FROM")?;
            let base = self.type_name()?;
            let nullable = if self.take_all(&["NOT", "NULL"]) {
                Some(false)
            } else {
                self.take("NULL").then_some(true)
            };
            TypeDefinition::Alias(base, nullable)
        };
        Ok(StatementKind::CreateType(Box::new(CreateType { name, definition })))
    }

    fn create_schema(&mut self) -> Parsed<StatementKind> {
        let name: Ident = self.ident()?;
        let owner = if self.take("AUTHORIZATION") { Some(self.ident()?) } else { None };
        Ok(StatementKind::CreateSchema(name, owner))
    }

    pub(super) fn drop_statement(&mut self) -> Parsed<StatementKind> {
        const KINDS: &[(&[&str], DropKind)] = &[
            (&["TABLE"], DropKind::Table),
            (&["PROCEDURE"], DropKind::Procedure),
            (&["PROC"], DropKind::Procedure),
            (&["FUNCTION"], DropKind::Function),
            (&["VIEW"], DropKind::View),
            (&["INDEX"], DropKind::Index),
            (&["TYPE"], DropKind::Type),
            (&["SCHEMA"], DropKind::Schema),
            (&["LOGIN"], DropKind::Login),
            (&["USER"], DropKind::User),
            (&["ROLE"], DropKind::Role),
            (&["SERVER", "ROLE"], DropKind::ServerRole),
        ];
        let start = self.here();
        self.expect("DROP")?;
        let Some((_, kind)) = KINDS.iter().find(|(words, _)| self.take_all(words)) else {
            if self.peek().kind != TokenKind::Word {
                return self.unexpected();
            }
            let name = format!("DROP {}", self.shown());
            self.advance();
            return self.unsupported(start, &name);
        };
        let if_exists = self.take_all(&["IF", "EXISTS"]);
        let index = *kind == DropKind::Index;
        let names = self.list(|parser| parser.dropped_name(index))?;
        let place = self.since(start);
        let object = DropObject { kind: *kind, if_exists, names, place };
        Ok(StatementKind::Drop(Box::new(object)))
    }

    /// `index ON table` is `table.index`.
    fn dropped_name(&mut self, index: bool) -> Parsed<ObjectName> {
        let mut name = self.object_name()?;
        if index && self.take("ON") {
            let mut table = self.object_name()?;
            table.parts.append(&mut name.parts);
            return Ok(table);
        }
        Ok(name)
    }
}
