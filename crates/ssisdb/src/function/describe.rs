//! The functions of `sys` that give rows: what a statement would give
//! (`dm_exec_describe_first_result_set`), and `fn_listextendedproperty`, which has nothing to list.
//!
//! Source: "sys.dm_exec_describe_first_result_set", "sys.fn_listextendedproperty".

use std::sync::Arc;

use tsql::host::{
    Cancel, Column, Message, Output, OutputValue, QualifiedName, Row, SessionChange, StatementDone,
    Stopped, TableFunction,
};
use tsql::session::{
    RemoteArgument, RemoteCall, RemoteParameter, Session, SessionSettings, describe_columns,
};
use tsql::types::{Length, SqlType};
use tsql::value::{SqlError, SqlValue};

use crate::computed::ComputedFor;
use crate::connection::{Connection, Inside};
use crate::system::{objects, types};

const PROPERTY_COLUMNS: &str =
    "objtype sysname?, objname sysname?, name sysname, value sql_variant?";

/// What is said of a text that cannot be described.
const ERROR_COLUMNS: &str = "error_number int?, error_severity int?, error_state int?, error_message nvarchar(4000)?, error_type int?, error_type_desc nvarchar(60)?";

/// The function of `sys` with this name.
pub(super) fn function(
    connection: &Arc<Inside>,
    name: &QualifiedName,
) -> Option<Arc<dyn TableFunction>> {
    if name.schema.as_deref().is_some_and(|schema| !schema.eq_ignore_ascii_case("sys")) {
        return None;
    }
    let (connection, database) = (Arc::clone(connection), name.database.clone());
    let text = SqlType::NVARCHAR_MAX;
    let mut columns = describe_columns();
    columns.extend(types::columns(ERROR_COLUMNS));
    let function = match name.name.to_ascii_lowercase().as_str() {
        "dm_exec_describe_first_result_set" => ComputedFor {
            arguments: vec![text, text, SqlType::TinyInt],
            columns,
            make: Box::new(move |arguments| Ok(described(&connection, &database, arguments))),
        },
        "dm_exec_describe_first_result_set_for_object" => ComputedFor {
            arguments: vec![SqlType::Int, SqlType::TinyInt],
            columns,
            make: Box::new(move |arguments| described_object(&connection, &database, arguments)),
        },
        "fn_listextendedproperty" => ComputedFor {
            arguments: vec![SqlType::SYSNAME; 7],
            columns: types::columns(PROPERTY_COLUMNS),
            make: Box::new(|_| Ok(Vec::new())),
        },
        _ => return None,
    };
    Some(Arc::new(function))
}

/// The rows for a text with its parameters.
fn described(connection: &Arc<Inside>, database: &str, arguments: &[SqlValue]) -> Vec<Row> {
    let settings = SessionSettings { database: database.to_owned(), ..Default::default() };
    let mut session = Session::new(Connection::beside(connection), settings);
    let parameter = |value: Option<&SqlValue>| RemoteParameter {
        name: String::new(),
        output: false,
        default: false,
        argument: RemoteArgument::Scalar {
            data_type: SqlType::NVarChar(Length::Max),
            value: value.cloned().unwrap_or(SqlValue::Null),
        },
    };
    let call = RemoteCall {
        procedure: "sp_describe_first_result_set".to_owned(),
        parameters: vec![parameter(arguments.first()), parameter(arguments.get(1))],
        by_position: true,
    };
    let mut told = Told::default();
    if session.call(&call, &mut told, &Cancel::default()).is_err() {
        return Vec::new();
    }
    if let Some(error) = told.error {
        return vec![failure(&error)];
    }
    for row in &mut told.rows {
        row.extend(std::iter::repeat_n(SqlValue::Null, 6));
    }
    told.rows
}

/// The one row for a text that is wrong.
fn failure(error: &SqlError) -> Row {
    let mut row = vec![SqlValue::Null; describe_columns().len()];
    // `is_hidden` and `column_ordinal`.
    row[0] = SqlValue::Bit(false);
    row[1] = SqlValue::Int(0);
    // Syntax errors have severity 15; the documentation's other types are not told apart.
    let (kind, shown) = if error.severity == 15 { (2, "SYNTAX") } else { (1, "MISC") };
    row.extend([
        SqlValue::Int(error.number),
        SqlValue::Int(i32::from(error.severity)),
        SqlValue::Int(i32::from(error.state)),
        SqlValue::nvarchar(error.message.as_str()),
        SqlValue::Int(kind),
        SqlValue::nvarchar(shown),
    ]);
    row
}

/// The rows for a procedure.
fn described_object(
    connection: &Arc<Inside>,
    database: &str,
    arguments: &[SqlValue],
) -> Result<Vec<Row>, SqlError> {
    let wanted = arguments.first().and_then(SqlValue::as_i64);
    let all = objects::all(connection, database)?;
    let found = all.iter().find(|object| Some(i64::from(object.id)) == wanted);
    let Some(object) = found else { return Ok(Vec::new()) };
    let quoted = |name: &str| format!("[{}]", name.replace(']', "]]"));
    let text = format!("EXEC {}.{}", quoted(&object.schema), quoted(&object.name));
    Ok(described(connection, database, &[SqlValue::nvarchar(text), SqlValue::Null]))
}

/// What the procedure tells.
#[derive(Default)]
struct Told {
    rows: Vec<Row>,
    error: Option<SqlError>,
}

impl Output for Told {
    fn columns(&mut self, _: &[Column]) -> Result<(), Stopped> {
        Ok(())
    }

    fn row(&mut self, row: &[SqlValue]) -> Result<(), Stopped> {
        self.rows.push(row.to_vec());
        Ok(())
    }

    fn statement_done(&mut self, _: StatementDone) -> Result<(), Stopped> {
        Ok(())
    }

    fn procedure_done(&mut self, _: i32, _: u32) -> Result<(), Stopped> {
        Ok(())
    }

    fn output_value(&mut self, _: &OutputValue) -> Result<(), Stopped> {
        Ok(())
    }

    fn message(&mut self, message: &Message) -> Result<(), Stopped> {
        if 10 < message.error.severity && self.error.is_none() {
            self.error = Some(message.error.clone());
        }
        Ok(())
    }

    fn changed(&mut self, _: &SessionChange) -> Result<(), Stopped> {
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Stopped> {
        Ok(())
    }
}
