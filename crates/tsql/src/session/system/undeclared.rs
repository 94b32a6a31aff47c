//! `sp_describe_undeclared_parameters`: which variables a text uses and does not declare, and what
//! type each of them should have.
//!
//! A type comes from what the variable is compared or combined with, from the column that it is
//! written to, from the parameter that it is an argument of, from the CAST around it, or from TOP
//! and OFFSET. A variable without any of these is refused by name.
//!
//! Source: T-SQL reference, "sp_describe_undeclared_parameters".

mod suggest;

use super::describe::tds_type;
use super::{argument, text_of};
use crate::host::{Column, Command, Row};
use crate::parse::{ParseOptions, parse};
use crate::session::failure::Trouble;
use crate::session::interpreter::{Ended, Interpreter};
use crate::session::procedure::{Argument, Called};
use crate::session::scope::{ScopeKind, lower};
use crate::session::{batch, check};
use crate::types::{Length, SqlType};
use crate::value::{SqlError, SqlValue};
use suggest::{Suggestion, Suggestions};

impl Interpreter<'_> {
    pub(super) fn describe_undeclared(
        &mut self,
        arguments: &[Argument],
    ) -> Result<Called, Trouble> {
        let text = text_of(argument(arguments, "@tsql", 0)).unwrap_or_default();
        let declared = text_of(argument(arguments, "@params", 1)).unwrap_or_default();
        let parameters = self.parameters(&declared)?;
        let quoted_identifiers = self.session.options.quoted_identifiers;
        let options = ParseOptions { quoted_identifiers, returns_value: false };
        let parsed = parse(&text, &options).map_err(first_mistake)?;
        let known: Vec<String> = parameters.iter().map(|one| one.name.clone()).collect();
        let names = undeclared(&text, quoted_identifiers, &parsed.statements, &known)?;
        let scope = self.new_scope(ScopeKind::Text);
        let rows = self.within(scope, |interpreter| {
            let formals = interpreter.formals(&parameters)?;
            for (parameter, formal) in parameters.iter().zip(&formals) {
                interpreter.declare_parameter(parameter, formal, None)?;
            }
            interpreter.declare_all(&parsed.statements)?;
            let mut suggestions = Suggestions::new(interpreter.session);
            suggestions.statements(&parsed.statements);
            let found = names.iter().enumerate().map(|(at, name)| {
                let suggestion = suggestions.of(name).ok_or_else(|| not_deduced(name))?;
                Ok(description(at, name, suggestion))
            });
            found.collect::<Result<Vec<Row>, SqlError>>().map_err(Trouble::from)
        })?;
        self.output.columns(&columns())?;
        self.sent = Some(0);
        for row in &rows {
            self.output.row(row)?;
        }
        let count = u64::try_from(rows.len()).ok();
        self.done(Ended { command: Command::Select, count })?;
        Ok(Called::default())
    }
}

fn first_mistake(errors: Vec<crate::SyntaxError>) -> Trouble {
    let first = errors.into_iter().next().map(batch::mistake);
    let (error, place) = first
        .unwrap_or_else(|| (SqlError::unsupported("Text"), crate::session::procedure::NOWHERE));
    Trouble::bind(error, place)
}

/// The undeclared variables of a text, in order; each may be used once.
fn undeclared(
    text: &str,
    quoted_identifiers: bool,
    statements: &[crate::ast::Statement],
    known: &[String],
) -> Result<Vec<String>, Trouble> {
    let Err(mistakes) = check::check(text, quoted_identifiers, statements, known) else {
        return Ok(Vec::new());
    };
    let mut names: Vec<String> = Vec::new();
    for (error, place) in mistakes {
        if error.number != 137 {
            return Err(Trouble::bind(error, place));
        }
        let name = &text[place.span.start..place.span.end];
        if names.iter().any(|known| lower(known) == lower(name)) {
            let text = format!(
                "The undeclared parameter '{name}' is used more than once in the batch being \
                 analyzed."
            );
            return Err(Trouble::bind(SqlError::new(11508, 16, 1, text), place));
        }
        names.push(name.to_owned());
    }
    Ok(names)
}

fn not_deduced(name: &str) -> SqlError {
    SqlError::unsupported(&format!("sp_describe_undeclared_parameters for {name} where it stands"))
}

fn columns() -> Vec<Column> {
    let (name, bit, int) = (SqlType::SYSNAME, SqlType::Bit, SqlType::Int);
    let columns: [(&str, SqlType); 24] = [
        ("parameter_ordinal", int),
        ("name", name),
        ("suggested_system_type_id", int),
        ("suggested_system_type_name", SqlType::NVarChar(Length::N(256))),
        ("suggested_max_length", SqlType::SmallInt),
        ("suggested_precision", SqlType::TinyInt),
        ("suggested_scale", SqlType::TinyInt),
        ("suggested_user_type_id", int),
        ("suggested_user_type_database", name),
        ("suggested_user_type_schema", name),
        ("suggested_user_type_name", name),
        ("suggested_assembly_qualified_type_name", SqlType::NVarChar(Length::N(4000))),
        ("suggested_xml_collection_id", int),
        ("suggested_xml_collection_database", name),
        ("suggested_xml_collection_schema", name),
        ("suggested_xml_collection_name", name),
        ("suggested_is_xml_document", bit),
        ("suggested_is_case_sensitive", bit),
        ("suggested_is_fixed_length_clr_type", bit),
        ("suggested_is_input", bit),
        ("suggested_is_output", bit),
        ("formal_parameter_name", name),
        ("suggested_tds_type_id", int),
        ("suggested_tds_length", int),
    ];
    columns.into_iter().map(|(name, data_type)| Column::new(name, data_type)).collect()
}

fn description(at: usize, name: &str, suggestion: &Suggestion) -> Row {
    let data_type = &suggestion.data_type;
    let (precision, scale) = data_type.digits_of_column();
    let length = data_type.bytes_of_column();
    let (tds_type, tds_length) = tds_type(data_type, length);
    let mut row = vec![
        SqlValue::Int(i32::try_from(at + 1).unwrap_or(i32::MAX)),
        SqlValue::nvarchar(name),
        SqlValue::Int(data_type.kind().system_type_id()),
        SqlValue::nvarchar(data_type.to_string()),
        SqlValue::SmallInt(length),
        SqlValue::TinyInt(precision),
        SqlValue::TinyInt(scale),
    ];
    // No user's type, no xml collection.
    row.extend(std::iter::repeat_n(SqlValue::Null, 9));
    row.extend(std::iter::repeat_n(SqlValue::Bit(false), 3));
    row.extend([SqlValue::Bit(true), SqlValue::Bit(suggestion.is_output)]);
    row.push(suggestion.formal.as_deref().map_or(SqlValue::Null, SqlValue::nvarchar));
    row.extend([SqlValue::Int(tds_type), SqlValue::Int(tds_length)]);
    row
}
