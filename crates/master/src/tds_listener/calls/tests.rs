//! Calls as clients send them.

use tds::types::{TableColumn, TableUniqueness};
use tds::{TypeInfo, Value};
use tsql::types::SqlType;
use tsql::value::SqlValue;

use super::*;

fn table(name: &str, flags: u16, places: Vec<u16>) -> RpcCall {
    let column = |flags| TableColumn {
        user_type: 0,
        flags,
        type_info: TypeInfo::IntN(4),
        name: String::new(),
    };
    let schema = "catalog".to_owned();
    let table = TableValue {
        table_type: TableType { database: String::new(), schema, name: name.to_owned() },
        columns: vec![column(0), column(flags)],
        uniqueness: TableUniqueness { order: Vec::new(), places },
        rows: vec![vec![Value::Int(1), Value::Null]],
    };
    let parameter = RpcParameter {
        name: "@rows".to_owned(),
        output: false,
        default: false,
        argument: Argument::Table(table),
    };
    RpcCall {
        procedure: ProcedureRef::Name("p".to_owned()),
        options: 0,
        parameters: vec![parameter],
        no_execute: false,
    }
}

#[test]
fn a_table_is_handed_over_with_its_rows() {
    let call = remote_call(table("Odd]Name", 0, Vec::new())).unwrap();
    let RemoteArgument::Table { type_name, columns, rows } = &call.parameters[0].argument else {
        panic!("a table");
    };
    assert_eq!(type_name, "[catalog].[Odd]]Name]");
    assert_eq!(columns[1].data_type, SqlType::Int);
    assert_eq!(*rows, [vec![SqlValue::Int(1), SqlValue::Null]]);
}

#[test]
fn a_table_whose_columns_are_not_sent_as_declared_is_refused() {
    let default = remote_call(table("t", TableColumn::DEFAULT, Vec::new())).unwrap_err();
    let reordered = remote_call(table("t", 0, vec![2, 1])).unwrap_err();
    assert_eq!((default.number, reordered.number), (40514, 40514));
    assert!(remote_call(table("t", 0, vec![1, 2])).is_ok());
}

#[test]
fn only_procedures_with_numbers_go_by_position() {
    let mut call = table("t", 0, Vec::new());
    assert!(!remote_call(call.clone()).unwrap().by_position);
    call.procedure = ProcedureRef::Id(request::ProcedureId::PrepExec);
    let call = remote_call(call).unwrap();
    assert_eq!((call.procedure.as_str(), call.by_position), ("sp_prepexec", true));
}
