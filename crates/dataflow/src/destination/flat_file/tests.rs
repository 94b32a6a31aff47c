//! What Flat File Destinations leave in files.

use insta::assert_snapshot;
use model::{DataType, dts};

use crate::source::flat_file::tests::Flow;

#[test]
fn header_names_and_rows_are_written_and_counted() {
    let mut flow = Flow::new("id i4, name str:9", "1,a\n2,\"b,c\"\n");
    flow.change("Good.txt", |format| {
        format.column_names_in_first_data_row = true;
        format.text_qualifier = Some("'".to_owned());
        format.columns[0].text_qualified = false;
    });
    flow.set("Good", "Header", "made here");
    assert_snapshot!(flow.run(), @r"
    made here
    id,'name'
    1,'a'
    2,'b,c'
    ");
    let codes = [dts::DTS_I_ROWS_WRITTEN, dts::DTS_I_STARTPROCESSINGFILE];
    assert_snapshot!(flow.informations(&codes), @r#"
    S [2]: The processing of file "C:\in.csv" has started.
    Good [10]: The processing of file "C:\Good.txt" has started.
    Bad [14]: The processing of file "C:\Bad.txt" has started.
    SSIS.Pipeline: "Good" wrote 2 rows.
    SSIS.Pipeline: "Bad" wrote 0 rows.
    "#);
}

#[test]
fn rows_go_behind_those_of_a_file_that_is_not_overwritten() {
    let mut flow = Flow::new("id i4", "1\n");
    flow.put("Good.txt", "0\n");
    flow.set("Good", "Overwrite", "false");
    assert_eq!(flow.run(), "0\n1\n");
}

#[test]
fn every_type_is_written_as_text() {
    let columns = "b bool, i i8, r r8, c cy, n numeric:9:2, d dbDate, t dbTimeStamp, a date";
    let text = "True,-5,0.1,2.5,0.5,2020-02-29,2020-02-29 13:14:15.123,2020-02-29 13:14:15\n";
    let mut flow = Flow::new(columns, text);
    assert_snapshot!(flow.run(), @"True,-5,0.1,2.5,0.50,2020-02-29,2020-02-29 13:14:15.123000000,2/29/2020 1:14:15 PM");
}

#[test]
fn a_value_longer_than_its_column_fails_and_leaves_the_rows_before() {
    let mut flow = Flow::new("id i4, name str:9", "1,abc\n2,abcd\n");
    flow.change("Good.txt", |format| {
        format.columns[1].data_type = DataType::Str { length: 3, code_page: 1252 };
    });
    assert_snapshot!(flow.run(), @r#"
    1,abc
    E C02020A1 Data conversion failed. The data conversion for column "name" returned status value 4 and status text "Text was truncated or one or more characters had no match in the target code page.".
    E C02020A0 Cannot copy or convert flat file data for column "name".
    E C0202092 An error occurred while processing file "C:\Good.txt" on data row 2.
    E C0047022 SSIS Error Code DTS_E_PROCESSINPUTFAILED. The ProcessInput method on component "Good" (10) failed with error code 0xC02020A0 while processing input "In" (11).
    E C02020C4 The attempt to add a row to the Data Flow task buffer failed with error code 0xC0047020.
    E C0047038 SSIS Error Code DTS_E_PRIMEOUTPUTFAILED. The PrimeOutput method on S returned error code 0xC02020C4.
    E C0047021 SSIS Error Code DTS_E_THREADFAILED. Thread "SourceThread0" has exited with error code 0xC0047038.
    "#);
}

#[test]
fn a_fixed_width_column_pads_and_refuses() {
    let mut flow = Flow::new("id i4, name str:9", "1,abc\n22222,abcd\n");
    flow.change("Good.txt", |format| {
        format.format = package::FlatFileKind::RaggedRight;
        format.columns[0].kind = package::FlatFileColumnKind::FixedWidth;
        format.columns[0].width = 4;
    });
    assert_snapshot!(flow.run(), @r#"
    1   abc
    E C02020A1 Data conversion failed. The data conversion for column "id" returned status value 4 and status text "Text was truncated or one or more characters had no match in the target code page.".
    E C02020A0 Cannot copy or convert flat file data for column "id".
    E C0202092 An error occurred while processing file "C:\Good.txt" on data row 2.
    E C0047022 SSIS Error Code DTS_E_PROCESSINPUTFAILED. The ProcessInput method on component "Good" (10) failed with error code 0xC02020A0 while processing input "In" (11).
    E C02020C4 The attempt to add a row to the Data Flow task buffer failed with error code 0xC0047020.
    E C0047038 SSIS Error Code DTS_E_PRIMEOUTPUTFAILED. The PrimeOutput method on S returned error code 0xC02020C4.
    E C0047021 SSIS Error Code DTS_E_THREADFAILED. Thread "SourceThread0" has exited with error code 0xC0047038.
    "#);
}

#[test]
fn a_character_that_the_file_cannot_hold_is_an_error() {
    let mut flow = Flow::new("id i4, name wstr:9", "1,abc\n2,Łódź\n");
    flow.change("in.csv", |format| format.code_page = 65001);
    flow.change("Good.txt", |format| format.code_page = 1252);
    assert_snapshot!(flow.run(), @r#"
    1,abc
    E C02020A1 Data conversion failed. The data conversion for column "name" returned status value 4 and status text "Text was truncated or one or more characters had no match in the target code page.".
    E C02020A0 Cannot copy or convert flat file data for column "name".
    E C0202092 An error occurred while processing file "C:\Good.txt" on data row 2.
    E C0047022 SSIS Error Code DTS_E_PROCESSINPUTFAILED. The ProcessInput method on component "Good" (10) failed with error code 0xC02020A0 while processing input "In" (11).
    E C02020C4 The attempt to add a row to the Data Flow task buffer failed with error code 0xC0047020.
    E C0047038 SSIS Error Code DTS_E_PRIMEOUTPUTFAILED. The PrimeOutput method on S returned error code 0xC02020C4.
    E C0047021 SSIS Error Code DTS_E_THREADFAILED. Thread "SourceThread0" has exited with error code 0xC0047038.
    "#);
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let mut flow = Flow::new("id i4", "1\n");
    let format = crate::source::flat_file::tests::format("id wstr:9");
    flow.manage("none/out.txt", format);
    flow.component("Good").connections[0].connection_manager = "none/out.txt".to_owned();
    assert_snapshot!(flow.run(), @r#"
    E C020200E Cannot open the datafile "C:\none/out.txt": failed to open file `FOLDER/none/out.txt`: No such file or directory (os error 2).
    E C004701A Good failed the pre-execute phase and returned error code 0xC020200E.
    "#);
}
