//! What a text would give, without running it: `sp_describe_first_result_set`, and the metadata
//! that `sp_prepare` answers with.
//!
//! Source: T-SQL reference, "sp_describe_first_result_set"; `sys.types` for the type ids.

use super::{argument, text_of};
use crate::ast::{QueryBody, SelectItem, Statement, StatementKind};
use crate::bind;
use crate::host::{Column, Command, Row};
use crate::parse::{ParseOptions, parse};
use crate::plan::Plan;
use crate::session::failure::Trouble;
use crate::session::interpreter::{Ended, Interpreter};
use crate::session::procedure::{Argument, Called};
use crate::session::scope::ScopeKind;
use crate::types::{Kind, Length, SqlType};
use crate::value::SqlValue;

impl Interpreter<'_> {
    /// The plan of the first result of a text; `None` where it gives none, or where that is only
    /// known when it runs.
    pub(super) fn described(
        &mut self,
        text: &str,
        parameters: &str,
    ) -> Result<Option<Plan>, Trouble> {
        let parameters = self.parameters(parameters)?;
        let quoted_identifiers = self.session.options.quoted_identifiers;
        let options = ParseOptions { quoted_identifiers, returns_value: false };
        let Ok(batch) = parse(text, &options) else { return Ok(None) };
        let scope = self.new_scope(ScopeKind::Text);
        self.within(scope, |interpreter| {
            let formals = interpreter.formals(&parameters)?;
            for (parameter, formal) in parameters.iter().zip(&formals) {
                interpreter.declare_parameter(parameter, formal, None)?;
            }
            if interpreter.declare_all(&batch.statements).is_err() {
                return Ok(None);
            }
            let first = batch.statements.iter().find(|statement| gives_rows(statement));
            let Some(StatementKind::Select(query)) = first.map(|first| &first.kind) else {
                return Ok(None);
            };
            Ok(bind::query(query, &*interpreter.session).ok())
        })
    }

    pub(super) fn describe_first_result(
        &mut self,
        arguments: &[Argument],
    ) -> Result<Called, Trouble> {
        let text = text_of(argument(arguments, "@tsql", 0)).unwrap_or_default();
        let parameters = text_of(argument(arguments, "@params", 1)).unwrap_or_default();
        let plan = self.described(&text, &parameters)?;
        self.output.columns(&description_columns())?;
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

fn description_columns() -> Vec<Column> {
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
    let (precision, scale) = digits(data_type);
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
    let length = max_length(data_type);
    let (tds_type, tds_length) = tds_type(data_type, length);
    let mut row = vec![
        no.clone(),
        SqlValue::Int(i32::try_from(index + 1).unwrap_or(i32::MAX)),
        name,
        SqlValue::Bit(column.nullable),
        SqlValue::Int(system_type_id(data_type.kind())),
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

/// `sys.types.system_type_id`.
const fn system_type_id(kind: Kind) -> i32 {
    match kind {
        Kind::Image => 34,
        Kind::Text => 35,
        Kind::UniqueIdentifier => 36,
        Kind::Date => 40,
        Kind::Time => 41,
        Kind::DateTime2 => 42,
        Kind::DateTimeOffset => 43,
        Kind::TinyInt => 48,
        Kind::SmallInt => 52,
        Kind::Int => 56,
        Kind::SmallDateTime => 58,
        Kind::Real => 59,
        Kind::Money => 60,
        Kind::DateTime => 61,
        Kind::Float => 62,
        Kind::SqlVariant => 98,
        Kind::NText => 99,
        Kind::Bit => 104,
        Kind::Decimal => 106,
        Kind::Numeric => 108,
        Kind::SmallMoney => 122,
        Kind::BigInt => 127,
        Kind::VarBinary => 165,
        Kind::VarChar => 167,
        Kind::Binary => 173,
        Kind::Char => 175,
        Kind::RowVersion => 189,
        Kind::NVarChar => 231,
        Kind::NChar => 239,
        Kind::Xml => 241,
    }
}

/// `sys.types.max_length`: bytes, -1 for `max`.
fn max_length(data_type: &SqlType) -> i16 {
    let kind = data_type.kind();
    if kind.is_legacy_large() {
        return 16;
    }
    if let Some(length) = data_type.length() {
        let each = if kind.is_unicode() { 2 } else { 1 };
        return match length {
            Length::N(n) => i16::try_from(n * each).unwrap_or(i16::MAX),
            Length::Max => -1,
        };
    }
    let (precision, scale) = digits(data_type);
    match kind {
        Kind::Bit | Kind::TinyInt => 1,
        Kind::SmallInt => 2,
        Kind::Int | Kind::Real | Kind::SmallMoney | Kind::SmallDateTime => 4,
        Kind::Date => 3,
        Kind::Time => second_bytes(scale),
        Kind::DateTime2 => second_bytes(scale) + 3,
        Kind::DateTimeOffset => second_bytes(scale) + 5,
        Kind::Decimal | Kind::Numeric => match precision {
            0..=9 => 5,
            10..=19 => 9,
            20..=28 => 13,
            29.. => 17,
        },
        Kind::UniqueIdentifier => 16,
        Kind::SqlVariant => 8016,
        Kind::Xml => -1,
        Kind::BigInt
        | Kind::Money
        | Kind::Float
        | Kind::DateTime
        | Kind::RowVersion
        | Kind::Binary
        | Kind::VarBinary
        | Kind::Char
        | Kind::VarChar
        | Kind::NChar
        | Kind::NVarChar
        | Kind::Image
        | Kind::Text
        | Kind::NText => 8,
    }
}

const fn second_bytes(scale: u8) -> i16 {
    match scale {
        0..=2 => 3,
        3..=4 => 4,
        5.. => 5,
    }
}

/// `sys.types.precision` and `scale`.
fn digits(data_type: &SqlType) -> (u8, u8) {
    if let Some(scale) = data_type.seconds_scale() {
        let dot = if scale == 0 { 0 } else { scale + 1 };
        let base = match data_type.kind() == Kind::Time {
            true => 8,
            false if data_type.kind() == Kind::DateTime2 => 19,
            false => 26,
        };
        return (base + dot, scale);
    }
    const FIXED: &[(Kind, u8, u8)] = &[
        (Kind::Real, 24, 0),
        (Kind::Float, 53, 0),
        (Kind::Date, 10, 0),
        (Kind::SmallDateTime, 16, 0),
        (Kind::DateTime, 23, 3),
    ];
    let fixed = FIXED.iter().find(|(kind, ..)| *kind == data_type.kind());
    fixed
        .map(|(_, precision, scale)| (*precision, *scale))
        .unwrap_or_else(|| data_type.precision_and_scale().unwrap_or((0, 0)))
}

/// Type and length of the wire. Source: MS-TDS 2.2.5.4.
fn tds_type(data_type: &SqlType, length: i16) -> (i32, i32) {
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
        system_type_id(kind)
    };
    let length = if length == -1 { 65_535 } else { i32::from(length) };
    (nullable, length)
}
