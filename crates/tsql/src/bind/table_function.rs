//! Functions that give rows: those of the language, of the host, and of users.
//!
//! Source: T-SQL reference, "STRING_SPLIT", "GENERATE_SERIES", "OPENJSON", "OPENROWSET",
//! "nodes() method", "CREATE FUNCTION" (inline table-valued functions).

use std::sync::Arc;

use super::Binder;
use super::error::{At, Bind, fail, nesting, object_unknown, refuse, xml_argument, xml_arguments};
use super::expr::literal_text;
use super::from::Source;
use super::module::{NESTING_MAX, Signature};
use super::scope::{Scope, Table, column_at, dotted};
use super::typed::constant;
use crate::ast::{Expr, Ident, JsonColumn, ObjectName, Place};
use crate::host::{Column, Module, TableFunctionSource};
use crate::plan::{BuiltInTable, Node, Scalar, ScalarKind};
use crate::types::{Kind, Length, SqlType, common_type};
use crate::value::{SqlError, SqlValue};

impl Binder<'_> {
    /// `function(arguments)` in a FROM.
    pub(super) fn table_function(
        &self,
        name: &ObjectName,
        arguments: &[Expr],
        place: Place,
        parent: Option<&Scope<'_>>,
    ) -> Bind<Source> {
        let scope = Scope::new(Vec::new(), parent);
        if name.parts.len() == 1 {
            if name.name().eq_ignore_ascii_case("STRING_SPLIT") {
                return self.string_split(arguments, place, &scope);
            }
            if name.name().eq_ignore_ascii_case("GENERATE_SERIES") {
                return self.generate_series(arguments, place, &scope);
            }
        }
        self.check_database(name)?;
        let shown = dotted(name);
        let qualified = self.qualified(name);
        match self.names.host().table_function(&qualified).at(place)? {
            None => fail(place, object_unknown(&shown)),
            Some(TableFunctionSource::Native(function)) => {
                // DEFAULT is NULL to a function from outside.
                let null = Expr { kind: crate::ast::ExprKind::Null, place };
                let types = function.arguments().iter().map(|ty| (*ty, Some(null.clone())));
                let types: Vec<_> = types.collect();
                let arguments = self.user_arguments(arguments, &types, (&shown, place), &scope)?;
                let table = function_table(name, function.columns().to_vec());
                Ok(Source::one(Node::TableFunction { function, arguments }, table))
            }
            Some(TableFunctionSource::Module(module)) => {
                let signature = self.signature(&module, place)?;
                let types: Vec<_> = signature
                    .parameters
                    .iter()
                    .map(|one| (one.data_type, one.default.clone()))
                    .collect();
                let arguments = self.user_arguments(arguments, &types, (&shown, place), &scope)?;
                self.user_rows(&module, signature, arguments, (name, place))
            }
        }
    }

    /// The rows of a user's function.
    fn user_rows(
        &self,
        module: &Arc<Module>,
        signature: Signature,
        arguments: Vec<Scalar>,
        (name, place): (&ObjectName, Place),
    ) -> Bind<Source> {
        if let Some(columns) = signature.columns {
            let table = function_table(name, columns);
            let rows = BuiltInTable::UserFunction { module: module.clone(), arguments };
            return Ok(Source::one(Node::BuiltIn(Box::new(rows)), table));
        }
        let Some(query) = &signature.query else {
            return fail(place, object_unknown(&dotted(name)));
        };
        if NESTING_MAX <= self.nesting {
            return fail(place, nesting());
        }
        // One row with the arguments, and for it the rows of the query, which sees them as
        // columns of the row around it.
        let parameters: Vec<Column> = signature
            .parameters
            .iter()
            .map(|one| Column::new(one.name.as_str(), one.data_type))
            .collect();
        let count = parameters.len();
        let around = Scope::new(vec![Table::aliased("", parameters)], None);
        let names = self.module_names(module);
        let binder = self.inner(&names);
        let found = binder.check_nested(query).and_then(|()| binder.query(query, Some(&around)));
        let bound = found.map_err(|error| super::BindError { place, ..error })?;
        super::table::check_columns(&bound.columns, name.name(), place)?;
        let width = bound.columns.len();
        let node = Node::Apply {
            left: Box::new(Node::Values(vec![arguments])),
            right: Box::new(bound.node),
            left_width: count,
            right_width: width,
            outer: false,
        };
        let columns = bound.columns.iter().enumerate();
        let columns = columns.map(|(at, column)| column_at(0, count + at, column, place)).collect();
        let node = Node::Project { input: Box::new(node), columns };
        Ok(Source::one(node, function_table(name, bound.columns)))
    }

    fn string_split(&self, arguments: &[Expr], place: Place, scope: &Scope<'_>) -> Bind<Source> {
        let (text, separator, third) = match arguments {
            [text, separator] => (text, separator, None),
            [text, separator, third] => (text, separator, Some(third)),
            _ => return fail(place, SqlError::argument_count_between("string_split", 2, 3)),
        };
        let ordinal = match third {
            None => false,
            Some(third) => {
                let third = self.expr(third, scope)?.scalar;
                let ScalarKind::Constant(value) = &third.kind else {
                    return refuse(place, "STRING_SPLIT with an ordinal that is no constant");
                };
                value.as_i64().is_some_and(|flag| flag != 0)
            }
        };
        let text = self.expr(text, scope)?;
        let kind = text.scalar.data_type.kind();
        if !(kind.is_character() || text.is_bare_null()) {
            let name = text.scalar.data_type.name();
            return fail(place, SqlError::argument_invalid(name, 1, "string_split"));
        }
        let ty = match text.scalar.data_type.length() {
            Some(length) if kind.is_unicode() => SqlType::NVarChar(length),
            Some(length) => SqlType::VarChar(length),
            None => SqlType::NVarChar(Length::N(1)),
        };
        let collation = text.scalar.collation;
        let text = self.coerce(text, ty)?.scalar;
        let separator = self.argument(separator, SqlType::NVarChar(Length::N(4000)), scope)?;
        let mut columns = vec![Column::new("value", ty).collated(collation)];
        if ordinal {
            columns.push(Column::new("ordinal", SqlType::BigInt));
        }
        built_in(BuiltInTable::StringSplit { text, separator, ordinal }, "STRING_SPLIT", columns)
    }

    fn generate_series(&self, arguments: &[Expr], place: Place, scope: &Scope<'_>) -> Bind<Source> {
        let [start, stop, rest @ ..] = arguments else {
            return fail(place, SqlError::argument_count_between("generate_series", 2, 3));
        };
        let start = self.expr(start, scope)?;
        let stop = self.expr(stop, scope)?;
        let step = match rest {
            [] => super::typed::Typed::weak(constant(SqlValue::Int(1), place)),
            [step] => self.expr(step, scope)?,
            _ => return fail(place, SqlError::argument_count_between("generate_series", 2, 3)),
        };
        let (a, b) = (start.scalar.data_type, stop.scalar.data_type);
        let ty = common_type(&a, &b).at(place)?;
        if !(ty.kind().is_integer() || ty.kind().is_decimal()) || ty == SqlType::Bit {
            return fail(place, SqlError::argument_invalid(ty.name(), 1, "generate_series"));
        }
        let start = self.coerce(start, ty)?.scalar;
        let stop = self.coerce(stop, ty)?.scalar;
        let step = self.coerce(step, ty)?.scalar;
        let columns = vec![Column::new("value", ty)];
        built_in(BuiltInTable::GenerateSeries { start, stop, step }, "GENERATE_SERIES", columns)
    }

    /// `OPENJSON(text, path) [WITH (...)]`.
    pub(super) fn open_json(
        &self,
        arguments: &[Expr],
        schema: &[JsonColumn],
        place: Place,
        parent: Option<&Scope<'_>>,
    ) -> Bind<Source> {
        let scope = Scope::new(Vec::new(), parent);
        let (text, path) = match arguments {
            [text] => (text, None),
            [text, path] => (text, Some(path)),
            _ => return fail(place, SqlError::argument_count_between("openjson", 1, 2)),
        };
        let text = self.argument(text, SqlType::NVARCHAR_MAX, &scope)?;
        let path_type = SqlType::NVarChar(Length::N(4000));
        let path = path.map(|path| self.argument(path, path_type, &scope)).transpose()?;
        if schema.is_empty() {
            let columns = vec![
                Column::new("key", path_type).not_null(),
                Column::new("value", SqlType::NVARCHAR_MAX),
                Column::new("type", SqlType::TinyInt).not_null(),
            ];
            return built_in(BuiltInTable::OpenJson { text, path }, "OPENJSON", columns);
        }
        let mut columns = Vec::with_capacity(schema.len());
        let mut wanted = Vec::with_capacity(schema.len());
        for column in schema {
            let ty = self.value_type(&column.data_type, 1)?;
            if column.as_json && ty != SqlType::NVARCHAR_MAX {
                let message = "AS JSON option can be specified only for column of nvarchar(max) \
                               type in WITH clause.";
                return fail(place, SqlError::new(13618, 16, 1, message));
            }
            let name = column.name.value.as_str();
            let path = column.path.clone().unwrap_or_else(|| format!("$.\"{name}\""));
            columns.push(Column::new(name, ty));
            wanted.push((ty, path, column.as_json));
        }
        let table = BuiltInTable::OpenJsonWith { text, path, columns: wanted };
        built_in(table, "OPENJSON", columns)
    }

    /// `xml.nodes(path)`.
    pub(super) fn nodes(
        &self,
        operand: &Expr,
        arguments: &[Expr],
        place: Place,
        parent: Option<&Scope<'_>>,
    ) -> Bind<Source> {
        let scope = Scope::new(Vec::new(), parent);
        let [path] = arguments else { return fail(place, xml_arguments("nodes", 1)) };
        let path = literal_text(path).map_err(|_| xml_argument(1, "nodes")).at(place)?.to_owned();
        let xml = self.expr(operand, &scope)?.scalar;
        if xml.data_type.kind() != Kind::Xml {
            return fail(place, super::error::not_xml("nodes", xml.data_type.name()));
        }
        let columns = vec![Column::new("", SqlType::Xml)];
        built_in(BuiltInTable::XmlNodes { xml, path }, "", columns)
    }

    /// `OPENROWSET(BULK file, SINGLE_BLOB)`.
    pub(super) fn bulk_file(
        &self,
        file: &str,
        options: &[(Ident, Option<Expr>)],
        place: Place,
    ) -> Bind<Source> {
        let mut found = None;
        for (name, value) in options {
            let ty = match name.value.to_ascii_uppercase().as_str() {
                "SINGLE_BLOB" => SqlType::VARBINARY_MAX,
                "SINGLE_CLOB" => SqlType::VARCHAR_MAX,
                "SINGLE_NCLOB" => SqlType::NVARCHAR_MAX,
                other => {
                    return refuse(name.place, &format!("The OPENROWSET option {other}"));
                }
            };
            if value.is_some() || found.is_some() {
                return refuse(name.place, "Two options of OPENROWSET");
            }
            found = Some(ty);
        }
        let Some(data_type) = found else {
            return refuse(
                place,
                "OPENROWSET(BULK) without SINGLE_BLOB, SINGLE_CLOB or SINGLE_NCLOB",
            );
        };
        let columns = vec![Column::new("BulkColumn", data_type)];
        let table = BuiltInTable::BulkFile { path: file.to_owned(), data_type };
        built_in(table, "", columns)
    }
}

fn built_in(table: BuiltInTable, name: &str, columns: Vec<Column>) -> Bind<Source> {
    Ok(Source::one(Node::BuiltIn(Box::new(table)), Table::aliased(name, columns)))
}

fn function_table(name: &ObjectName, columns: Vec<Column>) -> Table {
    Table {
        schema: name.schema().map(str::to_owned),
        database: name.database().map(str::to_owned),
        aliased: false,
        ..Table::aliased(name.name(), columns)
    }
}
