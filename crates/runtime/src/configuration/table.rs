//! Configurations from a table of SQL Server: `"connection";"[dbo].[SSIS Configurations]";"filter";`

use connect::sql_server::{Direction, Parameter, Statement};
use model::{DataType, RowSet, Value, dts};
use package::{ConfiguredValue, ConnectionManager, Package};

use super::{Problem, Surroundings};
use crate::{package_run, property, sql};

/// Characters of a filter, which is a column of its own in the table.
const FILTER_LENGTH: u32 = 255;

/// The rows of the table that the filter chooses.
pub(super) fn read(
    package: &Package,
    around: &Surroundings<'_>,
    written: &str,
) -> Result<Vec<ConfiguredValue>, Problem> {
    let failed = |reason: &str| {
        Problem::new(
            dts::DTS_W_SQLSERVERFAILEDIMPORT,
            format!("Failure importing the configuration from SQL Server: \"{written}\": {reason}"),
        )
    };
    let [connection, table, filter] =
        parts(written).ok_or_else(|| failed("it is not \"connection\";\"table\";\"filter\";."))?;
    let manager = manager(package, around, &connection).map_err(|reason| failed(&reason))?;
    let filter_value = Parameter {
        name: "@filter".to_owned(),
        direction: Direction::Input,
        data_type: DataType::WStr { length: FILTER_LENGTH },
        value: Value::text(filter.as_str()),
    };
    let statement = Statement {
        text: format!(
            "SELECT PackagePath, ConfiguredValue FROM {table} WHERE ConfigurationFilter = @filter"
        ),
        parameters: vec![filter_value],
        ..Statement::default()
    };
    let answer = sql::query(&around.runner.cancel, &manager, statement);
    let sets = answer.map_err(|reason| failed(&reason))?;
    let values = values(&sets);
    if values.is_empty() {
        return Err(Problem::new(
            dts::DTS_W_NORECORDSFOUNDINTABLE,
            format!("No records found in SQL Server for configuration: \"{written}\"."),
        ));
    }
    Ok(values)
}

fn values(sets: &[RowSet]) -> Vec<ConfiguredValue> {
    let rows = sets.iter().flat_map(|set| &set.rows);
    let text = |cell: Option<&Value>| cell.filter(|cell| !cell.is_null()).map(Value::to_string);
    rows.map(|row| ConfiguredValue {
        path: text(row.first()).unwrap_or_default(),
        value: text(row.get(1)),
    })
    .collect()
}

/// The connection manager, with its property expressions applied: it is used before the package
/// has variables to run with, so they see those that it was saved with.
fn manager(
    package: &Package,
    around: &Surroundings<'_>,
    key: &str,
) -> Result<ConnectionManager, String> {
    let mut all = package.connections.iter().chain(&around.runner.connections);
    let written = all.find(|connection| connection.answers_to(key));
    let written = written.ok_or_else(|| format!("there is no connection manager \"{key}\"."))?;
    let mut manager = written.clone();
    if !written.property_expressions.is_empty() {
        let scope = package_run::design_scope(around.runner, package, around.parameters);
        for expression in &written.property_expressions {
            let set = |value: &Value| manager.set_property(&expression.property, value);
            let applied = property::apply_in(&scope, expression, set);
            applied.map_err(|mistake| mistake.text().to_owned())?;
        }
    }
    Ok(manager)
}

/// The three quoted parts of a configuration string.
fn parts(written: &str) -> Option<[String; 3]> {
    let mut parts = Vec::new();
    let mut rest = written.trim();
    while !rest.is_empty() {
        let inner = rest.strip_prefix('"')?;
        // A quote in a part is doubled.
        let mut end = inner.find('"')?;
        while inner[end + 1..].starts_with('"') {
            end = end + 2 + inner[end + 2..].find('"')?;
        }
        parts.push(inner[..end].replace("\"\"", "\""));
        rest = inner[end + 1..].trim_start();
        rest = rest.strip_prefix(';').unwrap_or(rest).trim_start();
    }
    parts.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_string_has_three_parts() {
        let text = r#""cmgr_DW";"[dbo].[SSIS Configurations]";"say ""hi"""; "#;
        let expected = ["cmgr_DW", "[dbo].[SSIS Configurations]", "say \"hi\""].map(str::to_owned);
        assert_eq!(parts(text), Some(expected));
        assert_eq!(parts(r#""a";"b";"c""#).map(|parts| parts.join("|")), Some("a|b|c".to_owned()));
        for wrong in ["", "a;b;c", r#""a";"b""#, r#""a";"b";"c"#, r#""a";"b";"c";"d""#] {
            assert_eq!(parts(wrong), None, "{wrong}");
        }
    }
}
