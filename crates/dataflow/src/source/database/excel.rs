//! Excel Source and Excel Destination, end to end over one workbook.

use std::path::Path;
use std::sync::Arc;

use connect::database::{Api, Limits, Statement, Target};
use model::{DataType, Span};
use package::{ComponentClass, ConnectionKind, Disposition, ExternalColumn};

use super::tests::on_db;
use crate::testing::{self, Rig};

fn connection_string(path: &Path) -> String {
    format!(
        "Provider=Microsoft.ACE.OLEDB.16.0;Data Source={};Extended Properties=\"EXCEL 12.0 XML;HDR=YES\";",
        path.display()
    )
}

fn workbook(folder: &Path) -> std::path::PathBuf {
    let path = folder.join("book.xlsx");
    let target = Target::parse(Api::OleDb, "", &connection_string(&path)).unwrap();
    let mut book = target.open(&|path| Ok(path.into()), &|| false).unwrap();
    let text =
        "CREATE TABLE `My Sheet` (`Id` Double, `Name` VarChar(5), `Paid` Currency, `On` DateTime)";
    book.execute(&Statement::batch(text), &Limits::NONE).unwrap();
    path
}

fn rig(path: &Path) -> Rig {
    let mut rig = Rig::new();
    let kind = ConnectionKind::Excel;
    let manager = testing::connection("DB", kind, &connection_string(path));
    rig.world.connections.push(Arc::new(manager));
    rig
}

const ROWS: &str =
    "1|a|1.5000|2024-02-29\n2|toolong|2|1900-01-01\n3|NULL|NULL|NULL\n4|d|-0.0001|9999-12-31";

fn write(path: &Path, disposition: Disposition) -> crate::testing::Outcome {
    let mut rig = rig(path);
    let properties = [("AccessMode", "0"), ("OpenRowset", "'My Sheet$'")];
    let mut target = on_db(ComponentClass::ExcelDestination, "Book", &properties);
    let mut input = testing::input("Book", "In", &["Src.id", "Src.name", "Src.paid", "Src.on"]);
    input.dispositions = testing::dispose(disposition);
    let types = [DataType::R8, DataType::WStr { length: 5 }, DataType::Cy, DataType::Date];
    for (column, data_type) in input.columns.iter_mut().zip(types) {
        column.external_column = format!("Book.External[{}]", column.name);
        input.external_columns.push(ExternalColumn {
            ref_id: column.external_column.clone(),
            name: column.name.clone(),
            data_type,
            properties: Vec::new(),
            span: Span::default(),
        });
    }
    target.inputs.push(input);
    target.outputs.push(testing::error_output("Book", "In"));
    rig.source("Src", "id i4, name wstr:10, paid numeric:9:4, on dbDate", ROWS).add(target);
    rig.path("Src.Out", "Book.In");
    rig.sink("Errors", &["Src.id", "Book.ErrorCode"]).path("Book.Error", "Errors.In");
    rig.batch_rows(2).run()
}

fn read(path: &Path, properties: &[(&str, &str)], columns: &str) -> String {
    let mut rig = rig(path);
    let mut source = on_db(ComponentClass::ExcelSource, "Book", properties);
    source.outputs.push(testing::output("Book", "Out", columns));
    let lineages: Vec<String> =
        source.outputs[0].columns.iter().map(|column| column.lineage_id.clone()).collect();
    let lineages: Vec<&str> = lineages.iter().map(String::as_str).collect();
    rig.add(source).sink("Sink", &lineages).path("Book.Out", "Sink.In");
    let outcome = rig.run();
    assert!(outcome.result.is_ok(), "{}", outcome.messages());
    outcome.rows("Sink")
}

#[test]
fn rows_go_into_a_sheet_and_come_out_of_it_as_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let path = workbook(folder.path());
    let outcome = write(&path, Disposition::RedirectRow);
    assert!(outcome.result.is_ok(), "{}", outcome.messages());
    assert_eq!(outcome.rows("Errors"), format!("2|{}", 0xC020_9078_u32.cast_signed()));
    let sheet = [("AccessMode", "0"), ("OpenRowset", "My Sheet$")];
    insta::assert_snapshot!(read(&path, &sheet, "Id r8, Name wstr:255, Paid cy, On date"), @r"
    1|a|1.5|2/29/2024
    3|NULL|NULL|NULL
    4|d|-0.0001|12/31/9999
    ");
    let query = [
        ("AccessMode", "2"),
        ("SqlCommand", "SELECT Name FROM [My Sheet$] WHERE Name IS NOT NULL"),
    ];
    assert_eq!(read(&path, &query, "Name wstr:255"), "a\nd");
}

#[test]
fn a_failed_destination_leaves_the_workbook_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = workbook(folder.path());
    let before = std::fs::read(&path).unwrap();
    let outcome = write(&path, Disposition::FailComponent);
    assert!(outcome.result.is_err() && outcome.messages().contains("C0209029"));
    assert!(std::fs::read(&path).unwrap() == before);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_query_that_a_workbook_does_not_understand_is_named_before_it_runs() {
    let command = ("SqlCommand", "SELECT TOP 5 * FROM [S$]");
    let source = on_db(ComponentClass::ExcelSource, "Book", &[("AccessMode", "2"), command]);
    let pipeline = package::Pipeline { components: vec![source], ..Default::default() };
    let found = crate::check(&pipeline);
    assert_eq!(found.len(), 1);
    assert!(found[0].message.contains("not supported for Excel"), "{}", found[0].message);
}
