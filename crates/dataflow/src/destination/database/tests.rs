use package::{ComponentClass, Disposition, ExternalColumn};

use crate::source::database::tests::{File, on_db};
use crate::testing::{self, Rig};

const TABLE: &str = "CREATE TABLE target (id INTEGER PRIMARY KEY, name TEXT NOT NULL CHECK (name <> 'bad'), n TEXT)";

/// Rows of id and name into `target`.
fn rig(
    file: &File,
    class: ComponentClass,
    properties: &[(&str, &str)],
    (rows, disposition): (&str, Disposition),
) -> Rig {
    let mut rig = Rig::new();
    file.connect(&mut rig);
    let mut target = on_db(class, "Target", properties);
    let mut input = testing::input("Target", "In", &["Src.id", "Src.name"]);
    input.dispositions = testing::dispose(disposition);
    for column in &mut input.columns {
        let external = format!("Target.External[{}]", column.name);
        column.external_column.clone_from(&external);
        input.external_columns.push(ExternalColumn {
            ref_id: external,
            name: column.name.to_uppercase(),
            data_type: if column.name == "id" {
                model::DataType::I4
            } else {
                model::DataType::WStr { length: 4 }
            },
            properties: Vec::new(),
            span: model::Span::default(),
        });
    }
    target.inputs.push(input);
    target.outputs.push(testing::error_output("Target", "In"));
    rig.source("Src", "id i8, name wstr:10", rows).add(target).path("Src.Out", "Target.In");
    rig.sink("Errors", &["Src.id", "Target.ErrorCode"]).path("Target.Error", "Errors.In");
    rig
}

const FAST: &[(&str, &str)] =
    &[("AccessMode", "3"), ("OpenRowset", "[target]"), ("FastLoadMaxInsertCommitSize", "2")];
const ROWS: &[(&str, &str)] = &[("AccessMode", "0"), ("OpenRowset", "target")];

#[test]
fn rows_are_written_by_every_destination_in_every_batch_size() {
    let whole = [("AccessMode", "3"), ("OpenRowset", "target")];
    let ado_net = [("TableOrViewName", "\"target\"")];
    let command =
        [("AccessMode", "2"), ("SqlCommand", "SELECT id, name FROM [target] WHERE 1 = 0")];
    let odbc = [("TableName", "target"), ("InsertMethod", "1"), ("TransactionSize", "2")];
    let server = [("BulkInsertTableName", "[target]")];
    for (class, properties) in [
        (ComponentClass::OleDbDestination, FAST),
        (ComponentClass::OleDbDestination, ROWS),
        (ComponentClass::OleDbDestination, &whole),
        (ComponentClass::OleDbDestination, &command),
        (ComponentClass::AdoNetDestination, &ado_net),
        (ComponentClass::OdbcDestination, &odbc),
        (ComponentClass::SqlServerDestination, &server),
    ] {
        for batch_rows in [1, 7] {
            let file = File::new(TABLE);
            let rows = ("1|a\n2|b\n3|c\n4|d\n5|e", Disposition::FailComponent);
            let outcome = rig(&file, class, properties, rows).batch_rows(batch_rows).run();
            assert_eq!(
                outcome.result.as_ref().map(|run| run.rows_written),
                Ok(5),
                "{}",
                outcome.messages()
            );
            assert_eq!(file.rows("SELECT id, name FROM target"), "1|a\n2|b\n3|c\n4|d\n5|e");
        }
    }
}

#[test]
fn in_fast_load_a_bad_row_takes_its_whole_commit_batch_along() {
    let file = File::new(TABLE);
    let rows = ("1|a\n2|b\n3|c\n4|bad\n5|e\n6|f", Disposition::RedirectRow);
    let outcome = rig(&file, ComponentClass::OleDbDestination, FAST, rows).batch_rows(1).run();
    let code = 0xC020_907D_u32.cast_signed();
    assert_eq!(outcome.rows("Errors"), format!("3|{code}\n4|{code}"));
    assert_eq!(file.rows("SELECT id FROM target"), "1\n2\n5\n6");
}

#[test]
fn a_failed_load_keeps_what_was_committed_and_nothing_more() {
    let file = File::new(TABLE);
    let rows = ("1|a\n2|b\n3|c\n4|bad\n5|e", Disposition::FailComponent);
    let outcome = rig(&file, ComponentClass::OleDbDestination, FAST, rows).batch_rows(1).run();
    assert!(outcome.result.is_err());
    let messages = outcome.messages();
    assert!(messages.contains("C0202009") && messages.contains("C0209029"), "{messages}");
    assert_eq!(file.rows("SELECT id FROM target"), "1\n2");
}

#[test]
fn row_by_row_a_bad_row_leaves_alone_whether_the_server_or_its_type_is_against_it() {
    let file = File::new(TABLE);
    let rows = ("1|a\n2|bad\n1|c\n99999999999|d\n5|toolong\n6|f", Disposition::RedirectRow);
    let outcome = rig(&file, ComponentClass::OleDbDestination, ROWS, rows).run();
    let code = |code: u32| code.cast_signed();
    let (integrity, overflow, long) = (code(0xC020_907D), code(0xC020_907A), code(0xC020_9078));
    let mut errors: Vec<_> = outcome.rows("Errors").lines().map(str::to_owned).collect();
    errors.sort();
    let mut expected = vec![
        format!("2|{integrity}"),
        format!("1|{integrity}"),
        format!("99999999999|{overflow}"),
        format!("5|{long}"),
    ];
    expected.sort();
    assert_eq!(errors, expected, "{}", outcome.messages());
    assert_eq!(file.rows("SELECT id FROM target"), "1\n6");
}

#[test]
fn a_column_that_the_table_lacks_is_found_before_any_row_moves() {
    let file = File::new("CREATE TABLE target (id INTEGER)");
    let rows = ("1|a", Disposition::FailComponent);
    let outcome = rig(&file, ComponentClass::OleDbDestination, FAST, rows).run();
    assert!(outcome.messages().contains("C0202005"), "{}", outcome.messages());
    assert_eq!(file.rows("SELECT id FROM target"), "");
}
