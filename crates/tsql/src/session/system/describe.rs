//! What a text would give, without running it: `sp_describe_first_result_set`, and the metadata
//! that `sp_prepare` answers with.
//!
//! Source: T-SQL reference, "sp_describe_first_result_set"; `sys.types` for the type ids.

use super::{argument, text_of};
use crate::ast::{ExecTarget, Execute, Parameter, QueryBody, SelectItem, Statement, StatementKind};
use crate::bind;
use crate::host::{Column, Command, ProcedureSource, Row};
use crate::parse::{ParseOptions, parse};
use crate::plan::Plan;
use crate::session::batch;
use crate::session::failure::Trouble;
use crate::session::interpreter::{Ended, Interpreter};
use crate::session::names::qualified;
use crate::session::procedure::{Argument, Called};
use crate::session::scope::ScopeKind;
use crate::types::{Kind, Length, SqlType};
use crate::value::SqlValue;

impl Interpreter<'_> {
    /// The plan of the first result of a text; `None` where it gives none, or where that is only
    /// known when it runs, or where the text is wrong, which will be told when it runs.
    pub(super) fn described(
        &mut self,
        text: &str,
        parameters: &str,
    ) -> Result<Option<Plan>, Trouble> {
        let parameters = self.parameters(parameters)?;
        match self.first_result(text, &parameters) {
            Ok(plan) => Ok(plan),
            Err(Trouble::Stopped) => Err(Trouble::Stopped),
            Err(_) => Ok(None),
        }
    }

    /// The same, telling what is wrong with the text.
    fn first_result(
        &mut self,
        text: &str,
        parameters: &[Parameter],
    ) -> Result<Option<Plan>, Trouble> {
        let quoted_identifiers = self.session.options.quoted_identifiers;
        let options = ParseOptions { quoted_identifiers, returns_value: false };
        let batch = match parse(text, &options) {
            Ok(batch) => batch,
            Err(errors) => {
                let first = errors.into_iter().next().map(batch::mistake);
                return Err(first.map_or(Trouble::Stopped, |(error, at)| Trouble::bind(error, at)));
            }
        };
        self.first_result_of(&batch.statements, parameters)
    }

    /// The plan of the first result of statements with these parameters; of a user's procedure
    /// that they call, too.
    fn first_result_of(
        &mut self,
        statements: &[Statement],
        parameters: &[Parameter],
    ) -> Result<Option<Plan>, Trouble> {
        self.check_nesting()?;
        let scope = self.new_scope(ScopeKind::Text);
        self.within(scope, |interpreter| {
            let formals = interpreter.formals(parameters)?;
            for (parameter, formal) in parameters.iter().zip(&formals) {
                interpreter.declare_parameter(parameter, formal, None)?;
            }
            interpreter.declare_all(statements)?;
            let first = flat(statements).into_iter().find(|statement| gives_rows(statement));
            match first.map(|first| &first.kind) {
                Some(StatementKind::Select(query)) => {
                    let plan = bind::query(query, &*interpreter.session);
                    plan.map(Some).map_err(|why| Trouble::bind(why.error, why.place))
                }
                Some(StatementKind::Execute(execute)) => interpreter.first_result_of_call(execute),
                Some(_) | None => Ok(None),
            }
        })
    }

    fn first_result_of_call(&mut self, execute: &Execute) -> Result<Option<Plan>, Trouble> {
        let ExecTarget::Procedure(name) = &execute.target else { return Ok(None) };
        let name = qualified(name, &self.session.database);
        let Some(ProcedureSource::Module(module)) = self.session.host.procedure(&name)? else {
            return Ok(None);
        };
        let batch = self.session.parsed(&module)?;
        let procedure = batch.statements.iter().find_map(|statement| {
            let StatementKind::CreateProcedure(procedure) = &statement.kind else { return None };
            Some(procedure)
        });
        match procedure {
            Some(procedure) => self.first_result_of(&procedure.body, &procedure.parameters),
            None => Ok(None),
        }
    }

    pub(super) fn describe_first_result(
        &mut self,
        arguments: &[Argument],
    ) -> Result<Called, Trouble> {
        let text = text_of(argument(arguments, "@tsql", 0)).unwrap_or_default();
        let parameters = text_of(argument(arguments, "@params", 1)).unwrap_or_default();
        let parameters = self.parameters(&parameters)?;
        let plan = self.first_result(&text, &parameters)?;
        self.output.columns(&describe_columns())?;
        self.sent = Some(0);
        let columns = plan.map(|plan| plan.columns).unwrap_or_default();
        for (index, column) in columns.iter().enumerate() {
            self.output.row(&description(index, column))?;
        }
        let count = u64::try_from(columns.len()).ok();
        self.done(Ended { command: Command::Select, count })?;
        Ok(Called::default())
    }
}

/// Statements with those of their blocks, in order.
fn flat(statements: &[Statement]) -> Vec<&Statement> {
    let mut found = Vec::new();
    for statement in statements {
        if let StatementKind::Block(inner) = &statement.kind {
            found.extend(flat(inner));
        } else {
            found.push(statement);
        }
    }
    found
}

/// Whether a statement certainly gives the next result.
fn gives_rows(statement: &Statement) -> bool {
    let StatementKind::Select(query) = &statement.kind else {
        return !matches!(
            statement.kind,
            StatementKind::Declare(_)
                | StatementKind::SetVariable { .. }
                | StatementKind::SetOption(_)
                | StatementKind::Print(_)
        );
    };
    let assigns = |item: &SelectItem| matches!(item, SelectItem::Assign { .. });
    match &query.body {
        QueryBody::Select(select) => !select.items.iter().any(assigns),
        QueryBody::Set { .. } => true,
    }
}

/// The columns of `sp_describe_first_result_set`.
pub fn describe_columns() -> Vec<Column> {
    let (name, bit, int) = (SqlType::SYSNAME, SqlType::Bit, SqlType::Int);
    let columns: [(&str, SqlType); 39] = [
        ("is_hidden", bit),
        ("column_ordinal", int),
        ("name", name),
        ("is_nullable", bit),
        ("system_type_id", int),
        ("system_type_name", SqlType::NVarChar(Length::N(256))),
        ("max_length", SqlType::SmallInt),
        ("precision", SqlType::TinyInt),
        ("scale", SqlType::TinyInt),
        ("collation_name", name),
        ("user_type_id", int),
        ("user_type_database", name),
        ("user_type_schema", name),
        ("user_type_name", name),
        ("assembly_qualified_type_name", SqlType::NVarChar(Length::N(4000))),
        ("xml_collection_id", int),
        ("xml_collection_database", name),
        ("xml_collection_schema", name),
        ("xml_collection_name", name),
        ("is_xml_document", bit),
        ("is_case_sensitive", bit),
        ("is_fixed_length_clr_type", bit),
        ("source_server", name),
        ("source_database", name),
        ("source_schema", name),
        ("source_table", name),
        ("source_column", name),
        ("is_identity_column", bit),
        ("is_part_of_unique_key", bit),
        ("is_updateable", bit),
        ("is_computed_column", bit),
        ("is_sparse_column_set", bit),
        ("ordinal_in_order_by_list", SqlType::SmallInt),
        ("order_by_list_length", SqlType::SmallInt),
        ("order_by_is_descending", SqlType::SmallInt),
        ("tds_type_id", int),
        ("tds_length", int),
        ("tds_collation_id", int),
        ("tds_collation_sort_id", SqlType::TinyInt),
    ];
    columns.into_iter().map(|(name, data_type)| Column::new(name, data_type)).collect()
}

fn description(index: usize, column: &Column) -> Row {
    let data_type = &column.data_type;
    let (precision, scale) = data_type.digits_of_column();
    let text =
        data_type.kind().is_character() || matches!(data_type.kind(), Kind::Text | Kind::NText);
    let collation = match text {
        true => SqlValue::nvarchar("SQL_Latin1_General_CP1_CI_AS"),
        false => SqlValue::Null,
    };
    let name = match column.name.is_empty() {
        true => SqlValue::Null,
        false => SqlValue::nvarchar(&*column.name),
    };
    let no = SqlValue::Bit(false);
    let length = data_type.bytes_of_column();
    let (tds_type, tds_length) = tds_type(data_type, length);
    let mut row = vec![
        no.clone(),
        SqlValue::Int(i32::try_from(index + 1).unwrap_or(i32::MAX)),
        name,
        SqlValue::Bit(column.nullable),
        SqlValue::Int(data_type.kind().system_type_id()),
        SqlValue::nvarchar(data_type.to_string()),
        SqlValue::SmallInt(length),
        SqlValue::TinyInt(precision),
        SqlValue::TinyInt(scale),
        collation,
    ];
    // No user's type, no xml collection: from user_type_id to xml_collection_name.
    row.extend(std::iter::repeat_n(SqlValue::Null, 9));
    row.extend([no.clone(), no.clone(), no.clone()]);
    // Where a column comes from is only told in browse mode.
    row.extend(std::iter::repeat_n(SqlValue::Null, 5));
    row.extend([no.clone(), SqlValue::Null, no.clone(), no.clone(), no]);
    row.extend(std::iter::repeat_n(SqlValue::Null, 3));
    row.extend([SqlValue::Int(tds_type), SqlValue::Int(tds_length)]);
    row.extend(match text {
        true => [SqlValue::Int(0x00D0_0409), SqlValue::TinyInt(52)],
        false => [SqlValue::Null, SqlValue::Null],
    });
    row
}

/// Type and length of the wire. Source: MS-TDS 2.2.5.4.
pub(super) fn tds_type(data_type: &SqlType, length: i16) -> (i32, i32) {
    let kind = data_type.kind();
    let nullable = if kind.is_integer() && kind != Kind::Bit {
        38
    } else if kind.is_approximate() {
        109
    } else if kind.is_money() {
        110
    } else if kind.is_old_date_time() {
        111
    } else if kind == Kind::RowVersion {
        173
    } else {
        kind.system_type_id()
    };
    let length = if length == -1 { 65_535 } else { i32::from(length) };
    (nullable, length)
}
