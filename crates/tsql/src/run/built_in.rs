//! Tables that the language has built in: STRING_SPLIT, GENERATE_SERIES, OPENJSON, nodes(),
//! OPENROWSET(BULK), and functions that the session runs.
//!
//! Source: T-SQL reference, the page of each.

use super::scope::{Outer, Scope};
use super::state::Run;
use super::step::{Boxed, Step};
use crate::collation::Collation;
use crate::function::{open_json, open_json_with};
use crate::host::Row;
use crate::plan::{BuiltInTable, Scalar};
use crate::types::{ArithmeticOp, SqlType};
use crate::value::{SqlError, SqlValue, arithmetic, cast, compare, from_code_page};
use crate::xml;

/// Begins to read a built-in table.
pub(super) fn open<'a>(
    run: &Run<'a>,
    table: &'a BuiltInTable,
    outer: Outer<'_>,
) -> Result<Boxed<'a>, SqlError> {
    let scope = Scope::around(outer);
    let rows = match table {
        BuiltInTable::StringSplit { text, separator, ordinal } => {
            let (value, separator) = (run.value(text, &scope)?, run.value(separator, &scope)?);
            string_split(&value, &separator, (*ordinal, text.collation))?
        }
        BuiltInTable::GenerateSeries { start, stop, step } => {
            return series(run, [start, stop, step], &scope);
        }
        BuiltInTable::OpenJson { text, path } => {
            let (text, path) = (run.value(text, &scope)?, optional(run, path, &scope)?);
            open_json(&text, path.as_ref())?
        }
        BuiltInTable::OpenJsonWith { text, path, columns } => {
            let (text, path) = (run.value(text, &scope)?, optional(run, path, &scope)?);
            open_json_with(&text, path.as_ref(), columns, run.convert_options())?
        }
        BuiltInTable::XmlNodes { xml, path } => match run.value(xml, &scope)?.as_str() {
            Some(text) => {
                let found = xml::nodes(text, path)?;
                found.into_iter().map(|node| vec![SqlValue::Xml(node.into())]).collect()
            }
            None => Vec::new(),
        },
        BuiltInTable::BulkFile { path, data_type } => vec![vec![bulk_file(run, path, data_type)?]],
        BuiltInTable::UserFunction { module, arguments } => {
            let arguments = run.values(arguments, &scope)?;
            run.context.frame.call_table_function(module, &arguments)?
        }
    };
    let mut held = run.held();
    for row in &rows {
        held.row(row)?;
    }
    Ok(Box::new(Made { rows: rows.into_iter(), _held: held }))
}

fn optional<'a>(
    run: &Run<'a>,
    scalar: &'a Option<Scalar>,
    scope: &Scope<'_>,
) -> Result<Option<SqlValue>, SqlError> {
    scalar.as_ref().map(|scalar| run.value(scalar, scope)).transpose()
}

/// Rows that are all there.
struct Made<'a> {
    rows: std::vec::IntoIter<Row>,
    _held: super::budget::Held<'a>,
}

impl<'a> Step<'a> for Made<'a> {
    fn next(&mut self, run: &Run<'a>, _: Outer<'_>) -> Result<Option<Row>, SqlError> {
        run.tick()?;
        Ok(self.rows.next())
    }
}

fn string_split(
    text: &SqlValue,
    separator: &SqlValue,
    (ordinal, collation): (bool, Collation),
) -> Result<Vec<Row>, SqlError> {
    let Some(source) = text.as_str() else { return Ok(Vec::new()) };
    let mut characters = separator.as_str().unwrap_or_default().chars();
    let (Some(separator), None) = (characters.next(), characters.next()) else {
        let text = "Procedure expects parameter 'separator' of type 'nchar(1)/nvarchar(1)'.";
        return Err(SqlError::new(214, 16, 11, text));
    };
    let unit = collation.unit(separator);
    let parts = source.split(|character| collation.unit(character) == unit);
    let row = |(at, part): (i64, &str)| {
        let value = match matches!(text, SqlValue::VarChar(_)) {
            true => SqlValue::varchar(part),
            false => SqlValue::nvarchar(part),
        };
        if ordinal { vec![value, SqlValue::BigInt(at)] } else { vec![value] }
    };
    Ok((1..).zip(parts).map(row).collect())
}

fn series<'a>(
    run: &Run<'a>,
    parts: [&'a Scalar; 3],
    scope: &Scope<'_>,
) -> Result<Boxed<'a>, SqlError> {
    let to = parts[0].data_type;
    let value = |scalar: &'a Scalar| cast(&run.value(scalar, scope)?, &to);
    let (start, stop, step) = (value(parts[0])?, value(parts[1])?, value(parts[2])?);
    let none = start.is_null() || stop.is_null() || step.is_null();
    let zero = cast(&SqlValue::Int(0), &to)?;
    let down = match compare(&step, &zero, Collation::BIN2)? {
        Some(order) if order.is_eq() => {
            let text = "Argument value 0 is invalid for argument 3 of generate_series function.";
            return Err(SqlError::new(4199, 16, 1, text));
        }
        order => order.is_some_and(|order| order.is_lt()),
    };
    Ok(Box::new(Series { next: (!none).then_some(start), stop, step, down, to }))
}

/// Numbers from one to another.
struct Series {
    next: Option<SqlValue>,
    stop: SqlValue,
    step: SqlValue,
    down: bool,
    to: SqlType,
}

impl<'a> Step<'a> for Series {
    fn next(&mut self, run: &Run<'a>, _: Outer<'_>) -> Result<Option<Row>, SqlError> {
        run.tick()?;
        let Some(value) = self.next.take() else { return Ok(None) };
        let Some(order) = compare(&value, &self.stop, Collation::BIN2)? else { return Ok(None) };
        let beyond = if self.down { order.is_lt() } else { order.is_gt() };
        if beyond {
            return Ok(None);
        }
        // A series ends at the end of its type too.
        self.next = arithmetic(ArithmeticOp::Add, &value, &self.step, &self.to).ok();
        Ok(Some(vec![value]))
    }
}

/// The content of a file as one value.
fn bulk_file(run: &Run<'_>, path: &str, data_type: &SqlType) -> Result<SqlValue, SqlError> {
    let bytes = run.context.host.read_file(path)?;
    if data_type.kind().is_unicode() {
        let Some(units) = bytes.strip_prefix(&[0xFF, 0xFE]) else {
            let text = "SINGLE_NCLOB requires a UNICODE (widechar) input file. The file specified is not Unicode.";
            return Err(SqlError::new(4809, 16, 1, text));
        };
        let units = units.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
        let text: Vec<u16> = units.collect();
        return Ok(SqlValue::nvarchar(String::from_utf16_lossy(&text)));
    }
    match data_type.kind().is_character() {
        true => Ok(SqlValue::varchar(from_code_page(&bytes))),
        false => Ok(SqlValue::binary(bytes)),
    }
}
