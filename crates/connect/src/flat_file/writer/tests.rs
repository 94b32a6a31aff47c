//! What writers leave in files.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::flat_file::{Reader, Wanted, csv};

struct Target(tempfile::TempDir);

impl Target {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("out.csv")
    }

    fn write(&self, format: &Format, options: &WriteOptions, rows: &[&[Option<&str>]]) -> String {
        let mut writer = Writer::create(&self.path(), format, options).unwrap();
        for row in rows {
            writer.write_row(|column| row[column]).unwrap();
        }
        assert_eq!(writer.finish().unwrap(), rows.len() as u64);
        String::from_utf8_lossy(&fs_err::read(self.path()).unwrap()).into_owned()
    }
}

fn fixed() -> Format {
    let mut format = csv(&["name", "n"]);
    format.columns[0].layout = Layout::Fixed(5);
    format
}

#[test]
fn header_names_and_rows_stand_in_this_order() {
    let mut format = csv(&["a", "b"]);
    format.column_names_in_first_data_row = true;
    format.columns[1].text_qualified = false;
    let options = WriteOptions { header: "made by hand".to_owned(), ..WriteOptions::default() };
    let text = Target::new().write(&format, &options, &[&[Some("1"), None], &[None, Some("x")]]);
    assert_eq!(text, "made by hand\r\n\"a\",b\r\n\"1\",\r\n\"\",x\r\n");
}

#[test]
fn qualifiers_in_values_are_doubled_only_when_asked() {
    let format = csv(&["a"]);
    let row: &[&[Option<&str>]] = &[&[Some("say \"x\"")]];
    let options = WriteOptions::default();
    assert_eq!(Target::new().write(&format, &options, row), "\"say \"x\"\"\r\n");
    let options = WriteOptions { escape_qualifier: true, ..options };
    assert_eq!(Target::new().write(&format, &options, row), "\"say \"\"x\"\"\"\r\n");
}

#[test]
fn an_existing_file_is_emptied_or_continued() {
    let (target, mut format) = (Target::new(), csv(&["a"]));
    format.text_qualifier = String::new();
    let append = WriteOptions { overwrite: false, ..WriteOptions::default() };
    target.write(&format, &append, &[&[Some("1")]]);
    assert_eq!(target.write(&format, &append, &[&[Some("2")]]), "1\r\n2\r\n");
    assert_eq!(target.write(&format, &WriteOptions::default(), &[&[Some("3")]]), "3\r\n");
}

#[test]
fn fixed_width_values_are_padded_and_never_cut() {
    let target = Target::new();
    let mut format = fixed();
    format.text_qualifier = String::new();
    let row: &[&[Option<&str>]] = &[&[Some("ab"), Some("1")], &[None, Some("2")]];
    assert_eq!(target.write(&format, &WriteOptions::default(), row), "ab   1\r\n     2\r\n");
    let mut writer = Writer::create(&target.path(), &format, &WriteOptions::default()).unwrap();
    writer.write_row(|_| Some("fits")).unwrap();
    let error = writer.write_row(|_| Some("too wide")).unwrap_err();
    assert_eq!(error.code(), model::dts::DTS_E_FAILEDCOLUMNDATACONVERSIONSTATUS);
    let text = error.to_string();
    assert!(text.starts_with("column `name` of file `"), "{text}");
    assert!(text.ends_with("out.csv` is 5 wide, and its value in row 2 8"), "{text}");
}

#[test]
fn a_character_without_a_match_names_its_column_and_leaves_no_part_of_its_row() {
    let (target, format) = (Target::new(), csv(&["a", "b"]));
    let mut writer = Writer::create(&target.path(), &format, &WriteOptions::default()).unwrap();
    writer.write_row(|_| Some("ä")).unwrap();
    let row = [Some("x"), Some("Łódź")];
    let error = writer.write_row(|column| row[column]).unwrap_err();
    assert!(error.to_string().starts_with("cannot write the value of column `b` in row 2"));
    assert!(error.message().contains("status value 4"));
    assert_eq!(writer.finish().unwrap(), 1);
    assert_eq!(fs_err::read(target.path()).unwrap(), b"\"\xE4\",\"\xE4\"\r\n");
}

#[test]
fn unicode_files_begin_with_a_mark_once() {
    let (target, mut format) = (Target::new(), csv(&["a"]));
    format.code_page = CodePage::UTF16;
    format.text_qualifier = String::new();
    let append = WriteOptions { overwrite: false, ..WriteOptions::default() };
    target.write(&format, &append, &[&[Some("1")]]);
    target.write(&format, &append, &[&[Some("2")]]);
    let bytes = fs_err::read(target.path()).unwrap();
    assert_eq!(bytes, b"\xFF\xFE1\0\r\0\n\x002\0\r\0\n\0");
}

#[test]
fn a_full_disk_names_file_and_row() {
    // Linux has a device that is always full.
    let format = csv(&["a"]);
    let path = Path::new("/dev/full");
    let mut writer = Writer::create(path, &format, &WriteOptions::default()).unwrap();
    writer.write_row(|_| Some("x")).unwrap();
    let error = writer.finish().unwrap_err();
    assert_eq!(error.code(), model::dts::DTS_E_FILEWRITEERR_DISKFULL);
    assert!(error.to_string().starts_with("cannot write file `/dev/full` from row 1 on"));
}

#[test]
fn a_writer_that_is_dropped_leaves_all_its_rows() {
    let (target, format) = (Target::new(), csv(&["a"]));
    let mut writer = Writer::create(&target.path(), &format, &WriteOptions::default()).unwrap();
    let text = "x".repeat(1000);
    for _ in 0..3000 {
        writer.write_row(|_| Some(&text)).unwrap();
    }
    drop(writer);
    let bytes = fs_err::read(target.path()).unwrap();
    assert_eq!(bytes.len(), 3000 * (text.len() + "\"\"\r\n".len()));
}

#[test]
fn arrays_are_written_by_rows() {
    let (target, format) = (Target::new(), csv(&["a", "b"]));
    let mut writer = Writer::create(&target.path(), &format, &WriteOptions::default()).unwrap();
    let a = StringArray::from(vec![Some("1"), None]);
    let b = StringArray::from(vec!["x", "y"]);
    writer.write(&[&a, &b]).unwrap();
    assert!(writer.write(&[&a]).unwrap_err().to_string().starts_with("cannot write 1 columns"));
    assert_eq!(writer.finish().unwrap(), 2);
    assert_eq!(fs_err::read(target.path()).unwrap(), b"\"1\",\"x\"\r\n\"\",\"y\"\r\n");
}

proptest! {
    #[test]
    fn what_is_written_is_what_is_read(
        rows in proptest::collection::vec(proptest::collection::vec("[ab,\"\r\né€|]{0,6}", 3), 0..20),
        unicode: bool,
        names: bool,
        check: bool,
    ) {
        let (target, mut format) = (Target::new(), csv(&["a", "b", "c"]));
        format.code_page = if unicode { CodePage::UTF16 } else { CodePage::UTF8 };
        format.column_names_in_first_data_row = names;
        format.always_check_for_row_delimiters = check;
        let options = WriteOptions { escape_qualifier: true, ..WriteOptions::default() };
        let mut writer = Writer::create(&target.path(), &format, &options).unwrap();
        for row in &rows {
            writer.write_row(|column| Some(row[column].as_str())).unwrap();
        }
        writer.finish().unwrap();
        let wanted = Wanted { columns: vec![0, 1, 2], rows: false };
        let mut reader = Reader::open(&target.path(), &format, &wanted).unwrap();
        let mut back = Vec::new();
        while let Some(block) = reader.next_block(7).unwrap() {
            let cell = |column: &Arc<StringArray>, row| column.value(row).to_owned();
            for row in 0..block.n_rows {
                back.push(block.columns.iter().map(|column| cell(column, row)).collect::<Vec<_>>());
            }
        }
        prop_assert_eq!(back, rows);
        prop_assert_eq!(reader.take_warnings(), vec![]);
    }
}
