//! Requests of the protocol in the words of the engine.

use tds::DecodeError;
use tds::request::{Argument, BulkLoad, Isolation, ProcedureRef, RpcCall, RpcParameter};
use tds::types::{TableType, TableValue};
use tds::{request, types};
use tsql::ast::IsolationLevel;
use tsql::host::Column;
use tsql::session::{BulkRows, RemoteArgument, RemoteCall, RemoteParameter, TransactionCommand};
use tsql::value::SqlError;

use super::types::sql_type;
use super::values::from_wire;

/// A call of a procedure.
pub(super) fn remote_call(call: RpcCall) -> Result<RemoteCall, SqlError> {
    let (procedure, by_position) = match call.procedure {
        ProcedureRef::Id(id) => (id.name().to_owned(), true),
        ProcedureRef::Name(name) => (name, false),
    };
    let parameters = call.parameters.into_iter().map(parameter).collect::<Result<_, _>>()?;
    Ok(RemoteCall { procedure, parameters, by_position })
}

fn parameter(given: RpcParameter) -> Result<RemoteParameter, SqlError> {
    let argument = match given.argument {
        Argument::Scalar { type_info, value } => RemoteArgument::Scalar {
            data_type: sql_type(&type_info),
            value: from_wire(&type_info, value)?,
        },
        Argument::Table(table) => table_argument(table)?,
    };
    let (name, output, default) = (given.name, given.output, given.default);
    Ok(RemoteParameter { name, output, default, argument })
}

/// A table-valued parameter: its rows with a value for each column that the client has sent, in
/// the order of the table type.
fn table_argument(table: TableValue) -> Result<RemoteArgument, SqlError> {
    let sent: Vec<_> = table.columns.iter().filter(|column| column.is_sent()).collect();
    if sent.len() < table.columns.len() {
        return Err(SqlError::unsupported("a table-valued parameter with default columns"));
    }
    let places = &table.uniqueness.places;
    if places.iter().zip(1..).any(|(place, expected)| *place != expected) {
        return Err(SqlError::unsupported("a table-valued parameter with reordered columns"));
    }
    let columns =
        sent.iter().map(|column| Column::new(&*column.name, sql_type(&column.type_info))).collect();
    let mut rows = Vec::with_capacity(table.rows.len());
    for row in table.rows {
        let values = sent.iter().zip(row);
        let row = values.map(|(column, value)| from_wire(&column.type_info, value));
        rows.push(row.collect::<Result<_, _>>()?);
    }
    Ok(RemoteArgument::Table { type_name: type_name(&table.table_type), columns, rows })
}

/// The rows of a bulk load, read one by one.
pub(super) fn bulk_rows(mut load: BulkLoad) -> BulkRows {
    let sent = load.columns().columns.clone();
    let columns =
        sent.iter().map(|column| Column::new(&*column.name, sql_type(&column.type_info))).collect();
    let rows = std::iter::from_fn(move || match load.next_row() {
        Ok(None) => None,
        Ok(Some(row)) => {
            let values = sent.iter().zip(row);
            Some(values.map(|(column, value)| from_wire(&column.type_info, value)).collect())
        }
        Err(error) => Some(Err(broken_row(&error))),
    });
    BulkRows { columns, rows: Box::new(rows) }
}

fn broken_row(error: &DecodeError) -> SqlError {
    let start = "The incoming tabular data stream (TDS) protocol stream is incorrect.";
    SqlError::new(4002, 16, 1, format!("{start} {error}."))
}

/// The name as T-SQL writes it; each part in brackets, as it may hold a point.
fn type_name(table_type: &types::TableType) -> String {
    let TableType { database, schema, name } = table_type;
    let parts = [database, schema, name];
    let given = parts.iter().skip_while(|part| part.is_empty());
    let quoted = given.map(|part| match part.is_empty() {
        true => String::new(),
        false => format!("[{}]", part.replace(']', "]]")),
    });
    quoted.collect::<Vec<_>>().join(".")
}

/// What to do with the transaction: to commit and begin another is two commands.
pub(super) fn transaction_commands(
    command: request::TransactionCommand,
) -> Vec<TransactionCommand> {
    use request::TransactionCommand as Asked;
    let (first, then_begin) = match command {
        Asked::Begin { isolation, name } => return vec![begin(isolation, name)],
        Asked::Save { name } => return vec![TransactionCommand::Save { name }],
        Asked::Commit { name, then_begin } => {
            (TransactionCommand::Commit { name, begin_again: false }, then_begin)
        }
        Asked::Rollback { name, then_begin } => {
            (TransactionCommand::Rollback { name, begin_again: false }, then_begin)
        }
    };
    let next = then_begin.map(|(isolation, name)| begin(isolation, name));
    std::iter::once(first).chain(next).collect()
}

fn begin(isolation: Isolation, name: String) -> TransactionCommand {
    let isolation = match isolation {
        Isolation::Unchanged => None,
        Isolation::ReadUncommitted => Some(IsolationLevel::ReadUncommitted),
        Isolation::ReadCommitted => Some(IsolationLevel::ReadCommitted),
        Isolation::RepeatableRead => Some(IsolationLevel::RepeatableRead),
        Isolation::Serializable => Some(IsolationLevel::Serializable),
        Isolation::Snapshot => Some(IsolationLevel::Snapshot),
    };
    TransactionCommand::Begin { name, isolation }
}

#[cfg(test)]
mod tests;
