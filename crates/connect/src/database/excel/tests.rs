use std::path::Path;

use model::{DataType, TICKS_PER_DAY, Ticks, Value};

use super::super::{Api, Target};
use super::*;

struct Rows(Vec<String>, Vec<Vec<Value>>);

impl RowSink for Rows {
    fn columns(&mut self, columns: &[Column]) -> bool {
        let shown = |c: &Column| format!("{} {}", c.name, c.data_type.unwrap_or(DataType::Null));
        self.0 = columns.iter().map(shown).collect();
        true
    }

    fn rows(&mut self, rows: Vec<Vec<Value>>) -> bool {
        self.1.extend(rows);
        true
    }
}

fn open(path: &Path, more: &str) -> Box<dyn Database> {
    let text = format!(
        "Provider=Microsoft.ACE.OLEDB.12.0;Data Source={};Extended Properties=\"EXCEL 12.0 XML;{more}\";",
        path.display()
    );
    let target = Target::parse(Api::OleDb, "", &text).unwrap();
    target.open(&|path| Ok(path.into()), &|| false).unwrap()
}

/// The columns and rows of a query, one a line.
fn shown(path: &Path, more: &str, query: &str) -> String {
    let mut rows = Rows(Vec::new(), Vec::new());
    open(path, more).query(&Statement::batch(query), 2, &Limits::NONE, &mut rows).unwrap();
    let mut lines = vec![rows.0.join("|")];
    let line = |row: &Vec<Value>| row.iter().map(ToString::to_string).collect::<Vec<_>>().join("|");
    lines.extend(rows.1.iter().map(line));
    lines.join("\n")
}

fn create(path: &Path, text: &str) {
    open(path, "HDR=YES").execute(&Statement::batch(text), &Limits::NONE).unwrap();
}

fn insert(database: &mut dyn Database, table: &str, columns: &[&str], rows: &[Vec<Value>]) {
    let column = |name: &&str| Column {
        name: (*name).to_owned(),
        data_type: None,
        writable: true,
        identity: false,
    };
    let columns = columns.iter().map(column).collect();
    let into = BulkInsert { table: format!("[{table}]"), columns, ..BulkInsert::default() };
    database.bulk_insert(&into, rows, &Limits::NONE).unwrap();
}

fn sample(folder: &Path) -> std::path::PathBuf {
    let path = folder.join("book.xlsx");
    create(
        &path,
        "CREATE TABLE `People` (`id` Double, `name` LongText, `born` DateTime, `here` Bit)",
    );
    let born = Value::DateTime(Ticks((45_351 + 693_593) * TICKS_PER_DAY + TICKS_PER_DAY / 2));
    let rows = [
        vec![Value::text("Žan & <co>\nx"), Value::I4(1), born, Value::Bool(true)],
        vec![Value::Null, Value::R8(2.5), Value::Null, Value::Bool(false)],
        vec![Value::text("Čedo"), Value::Null, Value::Date(19_782), Value::Null],
    ];
    insert(open(&path, "HDR=YES").as_mut(), "People$", &["NAME", "id", "born", "here"], &rows);
    path
}

#[test]
fn what_is_written_to_a_new_workbook_is_read_again_with_its_types() {
    let folder = tempfile::tempdir().unwrap();
    let path = sample(folder.path());
    insta::assert_snapshot!(shown(&path, "HDR=YES", "SELECT * FROM [People$]"), @r"
    id DT_R8|name DT_WSTR,255|born DT_DATE|here DT_BOOL
    1|Žan & <co>
    x|2024-02-29 12:00:00|True
    2.5|NULL|NULL|False
    NULL|Čedo|2024-02-29 00:00:00|NULL
    ");
    insta::assert_snapshot!(
        shown(&path, "HDR=YES", "SELECT name AS who, id FROM `People$` WHERE id IS NOT NULL"),
        @r"
    who DT_WSTR,255|id DT_R8
    Žan & <co>
    x|1
    NULL|2.5
    "
    );
}

#[test]
fn rows_go_behind_the_last_one_and_only_when_the_transaction_is_committed() {
    let folder = tempfile::tempdir().unwrap();
    let path = sample(folder.path());
    create(&path, "CREATE TABLE [Second] (a Double)");
    let (mut one, mut two) = (open(&path, "HDR=YES"), open(&path, "HDR=YES"));
    assert!(one.begin().unwrap() && !one.begin().unwrap() && two.begin().unwrap());
    insert(one.as_mut(), "People$", &["id"], &[vec![Value::I4(4)]]);
    insert(one.as_mut(), "People$", &["id"], &[vec![Value::I4(5)]]);
    insert(two.as_mut(), "Second$", &["a"], &[vec![Value::I4(7)]]);
    let ids = || shown(&path, "HDR=YES", "SELECT id FROM [People$] WHERE id <> 2.5");
    assert_eq!(ids(), "id DT_R8\n1");
    one.commit().unwrap();
    two.commit().unwrap();
    assert_eq!(ids(), "id DT_R8\n1\n4\n5");
    assert_eq!(shown(&path, "HDR=YES", "SELECT * FROM [Second$]"), "a DT_R8\n7");
    assert!(one.begin().unwrap());
    insert(one.as_mut(), "People$", &["id"], &[vec![Value::I4(6)]]);
    one.rollback().unwrap();
    assert_eq!(ids(), "id DT_R8\n1\n4\n5");
}

#[test]
fn ranges_headers_and_mixed_columns_are_read_as_the_connection_string_says() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mixed.xlsx");
    create(&path, "CREATE TABLE [S] ([a.b] Double, [c] LongText, [c] LongText)");
    let text = |text: &str| Value::text(text);
    let rows = [
        vec![Value::I4(1), text("x"), text("p")],
        vec![text("two"), Value::I4(2), text("q")],
        vec![Value::I4(3), text("z"), text("r")],
    ];
    insert(open(&path, "HDR=NO").as_mut(), "S$", &["F1", "F2", "F3"], &rows);
    insta::assert_snapshot!(shown(&path, "HDR=YES", "SELECT * FROM [S$]"), @r"
    a#b DT_R8|c DT_WSTR,255|c1 DT_WSTR,255
    1|x|p
    NULL|NULL|q
    3|z|r
    ");
    insta::assert_snapshot!(shown(&path, "HDR=YES;IMEX=1", "SELECT * FROM [S$A1:B3]"), @r"
    a#b DT_WSTR,255|c DT_WSTR,255
    1|x
    two|2
    ");
    insta::assert_snapshot!(shown(&path, "HDR=NO", "SELECT F2 FROM [S$B:C]"), @r"
    F2 DT_WSTR,255
    c
    p
    q
    r
    ");
}

#[test]
fn what_is_not_there_or_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = sample(folder.path());
    let mut database = open(&path, "HDR=YES");
    let describe =
        |database: &mut dyn Database, text| database.describe(text, &Limits::NONE).unwrap_err();
    let missing = describe(database.as_mut(), "SELECT * FROM [Nowhere$]");
    assert_eq!(missing.kind, Kind::Missing);
    assert!(missing.text.contains("Nowhere$"), "{}", missing.text);
    assert!(describe(database.as_mut(), "SELECT x FROM [People$]").text.contains("`x`"));
    let again = Statement::batch("CREATE TABLE People (a Double)");
    let again = database.execute(&again, &Limits::NONE).unwrap_err();
    assert_eq!(again.text, "Table 'People' already exists.");
    let into = BulkInsert {
        table: "[People$A1:B2]".to_owned(),
        columns: vec![Column {
            name: "id".into(),
            data_type: None,
            writable: true,
            identity: false,
        }],
        ..BulkInsert::default()
    };
    let refused = database.bulk_insert(&into, &[vec![Value::I4(1)]], &Limits::NONE).unwrap_err();
    assert_eq!(refused.kind, Kind::Unsupported);
    std::fs::write(&path, "no workbook").unwrap();
    assert!(describe(database.as_mut(), "SELECT * FROM [People$]").text.contains("not an Excel"));
}

#[test]
fn a_stopped_reader_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = sample(folder.path());
    let limits = Limits { time_max: None, stopped: &|| true };
    let error = open(&path, "").describe("SELECT * FROM [People$]", &limits).unwrap_err();
    assert_eq!(error.kind, Kind::Stopped);
}
