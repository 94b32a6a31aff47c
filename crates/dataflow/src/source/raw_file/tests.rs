use std::path::Path;

use insta::assert_snapshot;
use package::ComponentClass;

use crate::testing::{self, Outcome, Rig};

const COLUMNS: &str = "id i4, name wstr:5, price numeric:5:2, at dbTimeStamp, ok bool";
const ROWS: &str = "1|one|1.50|2024-02-29 12:30:00|True\n2|NULL|NULL|NULL|NULL\n3|drei|-0.01|1999-12-31 00:00:00|False";

/// Writes rows to `path`.
fn write(path: &Path, columns: &str, rows: &str, option: &str) -> Outcome {
    let mut rig = Rig::new();
    rig.source("Src", columns, rows);
    let names = columns.split(',').map(|c| format!("Src.{}", c.trim().split(' ').next().unwrap()));
    let names: Vec<_> = names.collect();
    let mut raw = testing::component(ComponentClass::RawFileDestination, "Raw");
    let lineages: Vec<&str> = names.iter().map(String::as_str).collect();
    raw.inputs.push(testing::input("Raw", "In", &lineages));
    raw.properties.push(testing::property("FileName", path.to_str().unwrap()));
    raw.properties.push(testing::property("WriteOption", option));
    rig.add(raw).path("Src.Out", "Raw.In").batch_rows(2);
    rig.run()
}

/// Reads `columns` of `path`.
fn read(path: &Path, columns: &str, batch_rows: usize) -> Outcome {
    let mut rig = Rig::new();
    let mut raw = testing::component(ComponentClass::RawFileSource, "Raw");
    raw.outputs.push(testing::output("Raw", "Out", columns));
    raw.properties.push(testing::property("AccessMode", "1"));
    raw.properties.push(testing::property("FileNameVariable", "User::File"));
    rig.variable("User::File", "wstr:200", path.to_str().unwrap());
    let names = columns.split(',').map(|c| format!("Raw.{}", c.trim().split(' ').next().unwrap()));
    let names: Vec<_> = names.collect();
    let lineages: Vec<&str> = names.iter().map(String::as_str).collect();
    rig.add(raw).sink("Sink", &lineages).path("Raw.Out", "Sink.In").batch_rows(batch_rows);
    rig.run()
}

#[test]
fn what_is_written_is_what_is_read_at_every_batch_size() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.raw");
    let written = write(&path, COLUMNS, ROWS, "0");
    assert_eq!(written.result.as_ref().unwrap().rows_written, 3, "{}", written.messages());
    let through = write(&folder.path().join("same.raw"), COLUMNS, ROWS, "1");
    assert!(through.result.is_ok());
    let mut direct = Rig::new();
    direct.source("Src", COLUMNS, ROWS);
    direct.sink("Sink", &["Src.id", "Src.name", "Src.price", "Src.at", "Src.ok"]);
    direct.path("Src.Out", "Sink.In");
    let expected = direct.run().rows("Sink");
    for batch_rows in [1, 7, 1024, 65_536] {
        let outcome = read(&path, COLUMNS, batch_rows);
        assert_eq!(outcome.rows("Sink"), expected, "{}", outcome.messages());
        assert_eq!(outcome.result.unwrap().rows_read, 3);
    }
    // Columns are found by name, in any order.
    assert_eq!(read(&path, "ok bool, id i4", 10).rows("Sink").lines().count(), 3);
}

#[test]
fn write_options_create_append_and_truncate() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.raw");
    let missing = write(&path, "n i4", "1", "2").errors();
    assert!(missing.starts_with("E C020205B"), "{missing}");
    assert!(write(&path, "n i4", "1\n2\n3", "1").result.is_ok());
    let exists = write(&path, "n i4", "9", "1").errors();
    assert!(exists.starts_with("E C020205F"), "{exists}");
    assert!(write(&path, "n i4", "4", "2").result.is_ok());
    assert_eq!(read(&path, "n i4", 10).rows("Sink"), "1\n2\n3\n4");
    assert!(write(&path, "n i4", "5", "3").result.is_ok());
    assert_eq!(read(&path, "n i4", 10).rows("Sink"), "5");
    assert!(write(&path, "n i4", "6", "0").result.is_ok());
    assert_eq!(read(&path, "n i4", 10).rows("Sink"), "6");
    let all = [
        write(&path, "n i8", "1", "2").messages(),
        write(&path, "m i4", "1", "3").messages(),
        write(&path, "n i4, m i4", "1|2", "2").messages(),
    ];
    let codes: Vec<_> = all.iter().map(|messages| &messages[..10]).collect();
    assert_eq!(codes, ["E C0208315", "E C0202064", "E C0202065"]);
    assert_eq!(read(&path, "n i4", 10).rows("Sink"), "6", "a refused write leaves the file");
}

#[test]
fn a_file_that_is_missing_foreign_cut_off_or_different_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.raw");
    let codes = |outcome: Outcome| outcome.errors()[..10].to_owned();
    assert_eq!(codes(read(&path, "n i4", 10)), "E C0202074");
    std::fs::write(&path, b"something else entirely, and quite long").unwrap();
    assert_eq!(codes(read(&path, "n i4", 10)), "E C020205E");
    let columns = "n i4, s wstr:5, d numeric:5:2, c str:5";
    assert!(write(&path, columns, "1|a|1|b", "0").result.is_ok());
    let found = ["n i8", "s wstr:6", "d numeric:6:2", "d numeric:5:1", "t i4"]
        .map(|columns| codes(read(&path, columns, 10)));
    assert_eq!(found, ["E C0208315", "E C0208316", "E C0208318", "E C0208319", "E C0202064"]);
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() - 8]).unwrap();
    assert_eq!(codes(read(&path, "n i4", 10)), "E C0202069");
    let long = write(&path, "x nText", "a", "0").errors();
    assert_snapshot!(long.lines().next().unwrap(), @r#"
    E C02092AA Raw [5]: The column "x" of "Raw" has the type DT_NTEXT, which raw files do not hold.
    "#);
}
