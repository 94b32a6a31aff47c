//! What readers make of files.

use std::fmt::Write as _;

use arrow_array::Array;
use insta::assert_snapshot;
use proptest::prelude::*;

use super::*;
use crate::code_page::CodePage;
use crate::flat_file::{Layout, csv};

struct File(tempfile::TempDir);

impl File {
    fn new(bytes: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs_err::write(folder.path().join("in.csv"), bytes).unwrap();
        Self(folder)
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("in.csv")
    }
}

fn all(format: &Format) -> Wanted {
    Wanted { columns: (0..format.columns.len()).collect(), rows: true }
}

/// Cells between bars, `-` for absent ones; then the raw row.
fn show(block: &Block, out: &mut String) {
    for row in 0..block.n_rows {
        write!(out, "{}", block.first_row + row as u64).unwrap();
        for column in &block.columns {
            let cell = if column.is_valid(row) { column.value(row) } else { "-" };
            write!(out, "|{}", cell.escape_debug()).unwrap();
        }
        let raw = block.rows.as_ref().unwrap().value(row);
        writeln!(out, "|  {}", raw.escape_debug()).unwrap();
    }
}

fn read(format: &Format, bytes: &[u8], rows_max: usize) -> String {
    let file = File::new(bytes);
    let mut out = String::new();
    let mut reader = match Reader::open(&file.path(), format, &all(format)) {
        Ok(reader) => reader,
        Err(error) => return format!("{:08X} {}", error.code(), error.message()),
    };
    loop {
        match reader.next_block(rows_max) {
            Ok(Some(block)) => show(&block, &mut out),
            Ok(None) => break,
            Err(error) => {
                let (row, stage) = error.row().unwrap();
                writeln!(out, "{:08X} {} ({stage:?} {row})", error.code(), error.message())
                    .unwrap();
                assert!(reader.next_block(rows_max).unwrap().is_none());
                break;
            }
        }
    }
    for warning in reader.take_warnings() {
        writeln!(out, "{:08X} {}", warning.code(), warning.message()).unwrap();
    }
    out
}

fn check(format: &Format, text: &str) -> String {
    read(format, text.as_bytes(), 1000)
}

fn ragged(widths: &[u32], delimiter: Option<&str>) -> Format {
    let mut format = csv(&vec!["c"; widths.len() + usize::from(delimiter.is_some())]);
    for (at, column) in format.columns.iter_mut().enumerate() {
        column.name = format!("c{at}");
        column.layout = match widths.get(at) {
            Some(&width) => Layout::Fixed(width),
            None => Layout::Delimited(delimiter.unwrap().to_owned()),
        };
    }
    format
}

#[test]
fn plain_rows_need_no_delimiter_at_the_end() {
    let format = csv(&["a", "b", "c"]);
    assert_snapshot!(check(&format, "1,2,3\r\n4,,6\r\n7,8,9"), @r"
    1|1|2|3|  1,2,3
    2|4||6|  4,,6
    3|7|8|9|  7,8,9
    ");
    assert_snapshot!(check(&format, ""), @"");
}

#[test]
fn a_row_delimiter_ends_a_short_row() {
    let format = csv(&["a", "b", "c"]);
    assert_snapshot!(check(&format, "1,2\r\n\r\n4,5,6\r\n"), @r"
    1|1|2|-|  1,2
    2||-|-|  
    3|4|5|6|  4,5,6
    ");
}

#[test]
fn without_the_check_a_short_row_swallows_the_next_line() {
    let mut format = csv(&["a", "b", "c"]);
    format.always_check_for_row_delimiters = false;
    assert_snapshot!(check(&format, "1,2\r\n4,5,6\r\n7,8,9\r\n"), @r"
    1|1|2\r\n4|5,6|  1,2\r\n4,5,6
    2|7|8|9|  7,8,9
    ");
}

#[test]
fn more_columns_end_up_in_the_last_one() {
    let format = csv(&["a", "b"]);
    assert_snapshot!(check(&format, "1,2,3,4\r\n5,6\r\n"), @r"
    1|1|2,3,4|  1,2,3,4
    2|5|6|  5,6
    ");
}

#[test]
fn a_partial_row_at_the_end_is_a_warning() {
    let format = csv(&["a", "b", "c"]);
    assert_snapshot!(check(&format, "1,2,3\r\nTRAILER 1"), @r"
    1|1|2|3|  1,2,3
    8020200F There is a partial row at the end of the file.
    ");
}

#[test]
fn an_empty_line_at_the_end_is_no_row() {
    assert_snapshot!(check(&csv(&["a", "b"]), "1,2\r\n\r\n"), @"1|1|2|  1,2");
    // With one column it is one: what was written comes back.
    assert_snapshot!(check(&csv(&["a"]), "1\r\n\r\n"), @r"
    1|1|  1
    2||  
    ");
}

#[test]
fn qualified_text_may_have_delimiters_line_ends_and_doubled_qualifiers() {
    let format = csv(&["a", "b", "c"]);
    assert_snapshot!(check(&format, "\"1,\r\n\"\"x\"\"\",\"\",z\"\"z\r\n\"a\",\"b\"\r\n\"p\",q,\"r\""), @r#"
    1|1,\r\n\"x\"||z\"\"z|  \"1,\r\n\"\"x\"\"\",\"\",z\"\"z
    2|a|b|-|  \"a\",\"b\"
    3|p|q|r|  \"p\",q,\"r\"
    "#);
}

#[test]
fn a_qualifier_in_a_column_that_is_not_qualified_is_data() {
    let mut format = csv(&["a", "b"]);
    format.columns[0].text_qualified = false;
    assert_snapshot!(check(&format, "\"1\",\"2\"\r\n"), @r#"1|\"1\"|2|  \"1\",\"2\""#);
    format.text_qualifier = String::new();
    assert_snapshot!(check(&format, "\"1\",\"2\"\r\n"), @r#"1|\"1\"|\"2\"|  \"1\",\"2\""#);
}

#[test]
fn a_stray_qualifier_fails_its_row_and_names_it() {
    let format = csv(&["a", "b"]);
    assert_snapshot!(check(&format, "1,2\r\n\"x\"y\",3\r\n4,5\r\n"), @r#"
    1|1|2|  1,2
    C0202055 The column delimiter for column "a" was not found. (Data 2)
    "#);
}

#[test]
fn a_missing_closing_qualifier_is_found_at_the_end() {
    let format = csv(&["a", "b"]);
    assert_snapshot!(check(&format, "1,2\r\n3,\"x\r\n4,5\r\n"), @r#"
    1|1|2|  1,2
    C0202011 The text qualifier for column "b" not found. (Data 2)
    "#);
}

#[test]
fn header_rows_names_and_data_rows_are_skipped_in_this_order() {
    let mut format = csv(&["a", "b"]);
    format.header_rows_to_skip = 2;
    format.column_names_in_first_data_row = true;
    format.data_rows_to_skip = 1;
    let text = "title \"\r\n\r\na,b\r\n0,0\r\n1,2\r\n";
    assert_snapshot!(check(&format, text), @"2|1|2|  1,2");
    assert_snapshot!(
        check(&format, "title\r\n"),
        @"8020202B The end of the data file was reached while reading header rows. Make sure the header row delimiter and the number of header rows to skip are correct."
    );
    assert_snapshot!(check(&format, "\r\n\r\na,b\r\n\"0\"0,0\r\n"), @r#"C0202055 The column delimiter for column "a" was not found."#);
}

#[test]
fn fixed_width_columns_are_cut_by_their_width() {
    assert_snapshot!(check(&ragged(&[2, 3], None), "ab123cd456"), @r"
    1|ab|123|  ab123
    2|cd|456|  cd456
    ");
    assert_snapshot!(check(&ragged(&[2, 3], None), "ab123c"), @r"
    1|ab|123|  ab123
    8020200F There is a partial row at the end of the file.
    ");
}

#[test]
fn ragged_right_rows_may_be_short() {
    let format = ragged(&[2, 3], Some("\r\n"));
    assert_snapshot!(check(&format, "ab123rest\r\ncd456\r\ne\r\nfg\r\nhi789x"), @r"
    1|ab|123|rest|  ab123rest
    2|cd|456||  cd456
    3|e|-|-|  e
    4|fg|-|-|  fg
    5|hi|789|x|  hi789x
    ");
}

#[test]
fn widths_count_bytes_of_the_code_page() {
    let mut format = ragged(&[2], Some("\n"));
    assert_eq!(read(&format, b"\xE4\xF6x\n", 9), "1|äö|x|  äöx\n");
    format.code_page = CodePage::UTF8;
    assert_eq!(read(&format, "äöx\n".as_bytes(), 9), "1|ä|öx|  äöx\n");
}

#[test]
fn marks_at_the_start_are_no_text() {
    let mut format = csv(&["a", "b"]);
    assert_eq!(read(&format, b"\xEF\xBB\xBF1,2", 9), "1|ï»¿1|2|  ï»¿1,2\n");
    format.code_page = CodePage::UTF8;
    assert_eq!(read(&format, b"\xEF\xBB\xBF1,2", 9), "1|1|2|  1,2\n");
    format.code_page = CodePage::UTF16;
    assert_eq!(read(&format, b"\xFF\xFE1\0,\0\xAC\x20", 9), "1|1|€|  1,€\n");
    assert_eq!(read(&format, b"1\0,\x002\0", 9), "1|1|2|  1,2\n");
    assert_snapshot!(read(&format, b"\xFE\xFF\x001", 9), @"C020902D The file format of UTF-16 big endian is not supported. Only UTF-16 little endian format is supported.");
    assert_snapshot!(read(&format, b"\xEF\xBB\xBF1,2", 9), @"C020902E The file format of UTF-8 is not supported as Unicode.");
}

#[test]
fn delimiters_may_be_long_and_alike() {
    let mut format = csv(&["a", "b"]);
    format.columns[0].layout = Layout::Delimited("|".to_owned());
    format.columns[1].layout = Layout::Delimited("||\n".to_owned());
    assert_snapshot!(check(&format, "1|2||\n3||\n4|x|y||\n"), @r"
    1|1|2|  1|2
    2|3|-|  3
    3|4|x|y|  4|x|y
    ");
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = Reader::open(Path::new("/nowhere/x.csv"), &csv(&["a"]), &Wanted::default());
    let error = error.err().unwrap();
    assert_eq!(error.code(), model::dts::DTS_E_CANNOTOPENDATAFILE);
    assert_eq!(error.to_string(), "cannot open the data file `/nowhere/x.csv`");
    let folder = tempfile::tempdir().unwrap();
    assert!(Reader::open(folder.path(), &csv(&["a"]), &Wanted::default()).is_err());
}

#[test]
fn only_the_wanted_columns_are_handed_out() {
    let file = File::new(b"1,2,3\r\n4,5,6\r\n");
    let wanted = Wanted { columns: vec![2, 0, 2], rows: false };
    let mut reader = Reader::open(&file.path(), &csv(&["a", "b", "c"]), &wanted).unwrap();
    let block = reader.next_block(10).unwrap().unwrap();
    let column = |at: usize| block.columns[at].iter().map(Option::unwrap).collect::<String>();
    assert_eq!([column(0), column(1), column(2)], ["36", "14", "36"]);
    assert!(block.rows.is_none());
    assert_eq!(reader.rows_read(), 2);
}

#[test]
fn files_larger_than_the_window_are_read_whole() {
    let mut format = csv(&["a", "b"]);
    format.code_page = CodePage::UTF8;
    let mut text = String::new();
    for row in 0..60_000 {
        write!(text, "{row},\"é{row}\r\n\"\r\n").unwrap();
    }
    let file = File::new(text.as_bytes());
    let mut reader = Reader::open(&file.path(), &format, &all(&format)).unwrap();
    let mut row = 0;
    while let Some(block) = reader.next_block(10_000).unwrap() {
        for at in 0..block.n_rows {
            assert_eq!(block.columns[0].value(at), row.to_string());
            assert_eq!(block.columns[1].value(at), format!("é{row}\r\n"));
            row += 1;
        }
    }
    assert_eq!(row, 60_000);
}

/// Formats of all kinds, from a number.
fn some_format(number: u32) -> Format {
    let mut format = match number % 4 {
        0 => csv(&["a", "b", "c"]),
        1 => ragged(&[2, 1], Some("\r\n")),
        2 => ragged(&[1, 3], None),
        _ => csv(&["a"]),
    };
    format.always_check_for_row_delimiters = number & 4 == 0;
    format.column_names_in_first_data_row = number & 8 == 0;
    format.header_rows_to_skip = u64::from(number >> 4 & 1);
    format.code_page = match number >> 5 & 3 {
        0 => CodePage::UTF8,
        1 => CodePage::UTF16,
        2 => CodePage::new(932).unwrap(),
        _ => CodePage::WINDOWS_1252,
    };
    format
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused_and_blocks_make_no_difference(
        bytes in proptest::collection::vec(
            prop_oneof![any::<u8>(), proptest::sample::select(b"\"\",,\r\n\r\nab\0".to_vec())],
            0..120,
        ),
        number in 0_u32..128,
    ) {
        let format = some_format(number);
        let whole = read(&format, &bytes, 1000);
        for rows_max in 1..4 {
            prop_assert_eq!(&read(&format, &bytes, rows_max), &whole);
        }
    }

    /// The window grows where it must: cutting the text anywhere gives the same rows.
    #[test]
    fn where_the_window_ends_makes_no_difference(
        text in "[\",\r\nab]{0,40}",
        number in 0_u32..16,
    ) {
        let format = some_format(number);
        let plan = Plan::new(&format);
        let wanted = all(&format);
        let mut sink = Sink::new(format.columns.len(), &wanted);
        let whole = plan.row(&text, true, &mut sink);
        let rows = sink.rows();
        for cut in 0..text.len() {
            let mut sink = Sink::new(format.columns.len(), &wanted);
            match plan.row(&text[..cut], false, &mut sink) {
                Ok(Step::Incomplete) => sink.roll_back(),
                other => {
                    prop_assert_eq!(&other, &whole, "cut at {}", cut);
                    prop_assert_eq!(sink.rows(), rows);
                }
            }
        }
    }
}
