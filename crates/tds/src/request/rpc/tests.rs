//! Calls as clients send them.

use insta::assert_snapshot;
use proptest::prelude::*;

use super::*;
use crate::types::{TableColumn, TableType, TableUniqueness};

fn scalar(name: &str, type_info: TypeInfo, value: Value) -> RpcParameter {
    let argument = Argument::Scalar { type_info, value };
    RpcParameter { name: name.into(), output: false, default: false, argument }
}

fn call(procedure: ProcedureRef, parameters: Vec<RpcParameter>) -> RpcCall {
    RpcCall { procedure, options: 0, parameters, no_execute: false }
}

fn wire(calls: Vec<RpcCall>, version: Version) -> Vec<u8> {
    let mut out = Vec::new();
    RpcRequest { headers: AllHeaders::default(), calls }.encode(version, &mut out).unwrap();
    out
}

#[test]
fn a_call_with_an_output_parameter_looks_like_this_on_the_wire() {
    let output = RpcParameter { output: true, ..scalar("@i", TypeInfo::IntN(8), Value::Null) };
    let calls = vec![call(ProcedureRef::Name("p".into()), vec![output])];
    assert_snapshot!(
        format!("{:02X?}", wire(calls, Version::V7_1)),
        @"[01, 00, 70, 00, 00, 00, 02, 40, 00, 69, 00, 01, 26, 08, 00]"
    );
}

#[test]
fn sp_executesql_goes_by_its_number() {
    let text = scalar("", TypeInfo::nvarchar(8), Value::String("S".into()));
    let calls = vec![call(ProcedureRef::Id(ProcedureId::ExecuteSql), vec![text])];
    assert_snapshot!(
        format!("{:02X?}", wire(calls, Version::V7_1)),
        @"[FF, FF, 0A, 00, 00, 00, 00, 00, E7, 10, 00, 09, 04, D0, 00, 34, 02, 00, 53, 00]"
    );
}

#[test]
fn what_tdsodbc_sends_for_a_prepared_statement_is_read() {
    // sp_prepexec with a handle to fill, no parameter list, and the text as ntext.
    let bytes = [
        0xFF, 0xFF, 0x0D, 0x00, 0x00, 0x00, // sp_prepexec
        0x00, 0x01, 0x26, 0x04, 0x00, // handle OUTPUT = NULL
        0x00, 0x00, 0x63, 0, 0, 0, 0, 0x09, 0x04, 0xD0, 0x00, 0x34, 0xFF, 0xFF, 0xFF, 0xFF, 0x00,
        0x00, 0x63, 4, 0, 0, 0, 0x09, 0x04, 0xD0, 0x00, 0x34, 4, 0, 0, 0, 0x53, 0, 0x31, 0,
    ];
    let request = RpcRequest::decode(&bytes, Version::V7_1).unwrap();
    let call = &request.calls[0];
    assert_eq!(call.procedure, ProcedureRef::Id(ProcedureId::PrepExec));
    assert!(call.parameters[0].output);
    let values: Vec<_> = call.parameters.iter().map(|parameter| &parameter.argument).collect();
    let Argument::Scalar { value: list, .. } = values[1] else { panic!("a table") };
    let Argument::Scalar { value: text, .. } = values[2] else { panic!("a table") };
    assert_eq!(*list, Value::Null);
    assert_eq!(*text, Value::String("S1".into()));
}

#[test]
fn several_calls_stand_in_one_message() {
    let calls = vec![
        call(ProcedureRef::Name("a".into()), vec![]),
        call(ProcedureRef::Name("b".into()), vec![scalar("@x", TypeInfo::BitN, Value::Bit(true))]),
        RpcCall { no_execute: true, ..call(ProcedureRef::Name("c".into()), vec![]) },
    ];
    for version in [Version::V7_1, Version::V7_2, Version::V7_4] {
        let read = RpcRequest::decode(&wire(calls.clone(), version), version).unwrap();
        assert_eq!(read.calls, calls);
    }
}

fn table(rows: Vec<Vec<Value>>) -> TableValue {
    let column = |flags, type_info| TableColumn { user_type: 0, flags, type_info, name: "".into() };
    TableValue {
        table_type: TableType { name: "Ids".into(), ..TableType::default() },
        columns: vec![
            column(0, TypeInfo::IntN(4)),
            column(TableColumn::DEFAULT, TypeInfo::DateTimeN(8)),
            column(0, TypeInfo::nvarchar(20)),
        ],
        uniqueness: TableUniqueness::default(),
        rows,
    }
}

#[test]
fn a_table_is_a_parameter_like_another() {
    let rows =
        vec![vec![Value::Int(1), Value::String("one".into())], vec![Value::Null, Value::Null]];
    let argument = Argument::Table(table(rows));
    let parameter = RpcParameter { name: "@t".into(), output: false, default: false, argument };
    let calls = vec![call(ProcedureRef::Name("p".into()), vec![parameter])];
    let read = RpcRequest::decode(&wire(calls.clone(), Version::V7_4), Version::V7_4).unwrap();
    assert_eq!(read.calls, calls);
}

#[test]
fn a_table_of_a_default_has_no_columns() {
    let empty = TableValue { columns: vec![], rows: vec![], ..table(vec![]) };
    let argument = Argument::Table(empty);
    let parameter = RpcParameter { name: "@t".into(), output: false, default: true, argument };
    let calls = vec![call(ProcedureRef::Name("p".into()), vec![parameter])];
    let read = RpcRequest::decode(&wire(calls.clone(), Version::V7_3A), Version::V7_3A).unwrap();
    assert_eq!(read.calls, calls);
}

#[test]
fn a_table_that_would_fill_the_memory_is_refused() {
    // A column of bare NULLs takes no byte at all: rows are one byte each.
    let column =
        TableColumn { user_type: 0, flags: 0, type_info: TypeInfo::Null, name: String::new() };
    let rows = vec![vec![Value::Null]; 1_100_000];
    let argument = Argument::Table(TableValue { columns: vec![column], ..table(rows) });
    let parameter = RpcParameter { name: "@t".into(), output: false, default: false, argument };
    let wire = wire(vec![call(ProcedureRef::Name("p".into()), vec![parameter])], Version::V7_4);
    let error = RpcRequest::decode(&wire, Version::V7_4).unwrap_err();
    assert_snapshot!(error, @"rows and values in tables is over the limit of 2000000");
}

#[test]
fn what_we_do_not_do_is_refused_by_name() {
    let read = |bytes: &[u8]| RpcRequest::decode(bytes, Version::V7_1).unwrap_err().to_string();
    let start = [1, 0, 0x70, 0, 0, 0, 0];
    let with = |rest: &[u8]| read(&[&start[..], rest].concat());
    assert_snapshot!(with(&[8]), @"an encrypted parameter is not supported");
    assert_snapshot!(with(&[0, 0xF0]), @"a CLR type is not supported");
    assert_snapshot!(with(&[0, 0x11]), @"data type has an unknown value: 0x11");
    assert_snapshot!(read(&[0xFF, 0xFF, 99, 0]), @"procedure number has an unknown value: 0x63");
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..120)) {
        bytes.splice(0..0, [1, 0, 0x70, 0, 0, 0, 0, 0]);
        drop(RpcRequest::decode(&bytes, Version::V7_1));
    }

    #[test]
    fn no_damage_makes_it_panic(at in 0usize..200, with: u8) {
        let rows = vec![vec![Value::Int(1), Value::String("one".into())]];
        let argument = Argument::Table(table(rows));
        let parameter = RpcParameter { name: "@t".into(), output: false, default: false, argument };
        let mut wire = wire(vec![call(ProcedureRef::Name("p".into()), vec![parameter])], Version::V7_4);
        let at = at % wire.len();
        wire[at] = with;
        drop(RpcRequest::decode(&wire, Version::V7_4));
    }
}
