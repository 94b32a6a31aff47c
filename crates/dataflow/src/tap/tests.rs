use std::fs;
use std::path::Path;

use super::*;
use crate::testing::{Outcome, Rig};

/// Two columns, of which the sink takes one, and a tap on the path between them.
fn tapped(rows: &str, max_rows: Option<u64>, file: &Path) -> Outcome {
    let mut rig = Rig::new();
    rig.source("Src", "id i4, name wstr:40", rows).sink("Sink", &["Src.id"]);
    rig.path("Src.Out", "Sink.In").batch_rows(2);
    let path_id = "Paths[Src.Out]".to_owned();
    rig.world.taps.push(Tap { path_id, max_rows, file: file.to_owned() });
    rig.run()
}

#[test]
fn a_tap_copies_every_column_of_the_path_and_changes_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sub/tap.csv");
    let outcome = tapped("1|a\n2|NULL\n3|b, \"c\"", None, &file);
    assert_eq!(outcome.rows("Sink"), "1\n2\n3");
    let text = fs::read_to_string(file).unwrap();
    assert_eq!(text, "id,name\r\n1,a\r\n2,\r\n3,\"b, \"\"c\"\"\"\r\n");
}

#[test]
fn a_tap_ends_at_its_most_rows_and_the_data_flow_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tap.csv");
    fs::write(&file, "from an earlier run").unwrap();
    for (most, lines) in [(0, 1), (1, 2), (3, 4), (100, 6)] {
        let outcome = tapped("1|a\n2|b\n3|c\n4|d\n5|e", Some(most), &file);
        assert_eq!(outcome.rows("Sink"), "1\n2\n3\n4\n5");
        assert_eq!(fs::read_to_string(&file).unwrap().lines().count(), lines);
    }
}

#[test]
fn a_tap_on_no_path_or_into_no_file_stops_the_data_flow_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let mut rig = Rig::new();
    rig.source("Src", "id i4", "1").sink("Sink", &["Src.id"]).path("Src.Out", "Sink.In");
    let tap = |path: &str, file: &str| Tap {
        path_id: path.to_owned(),
        max_rows: None,
        file: folder.path().join(file),
    };
    rig.world.taps = vec![tap("Paths[Out]", "a")];
    let outcome = rig.run();
    let errors = outcome.errors();
    assert!(errors.contains("C0010009") && errors.contains("\"Paths[Out]\""), "{errors}");
    assert_eq!(outcome.rows("Sink"), "");
    fs::write(folder.path().join("file"), "").unwrap();
    rig.world.taps = vec![tap("Paths[Src.Out]", "file/below")];
    let outcome = rig.run();
    let errors = outcome.errors();
    assert!(errors.contains("C004704B") && errors.contains("Paths[Src.Out]"), "{errors}");
    assert_eq!(outcome.rows("Sink"), "");
}

#[test]
fn a_tap_shows_rows_that_nobody_else_would_have_wanted() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tap.csv");
    let mut rig = Rig::new();
    rig.source("Src", "id i4", "1\n2");
    let mut copies = crate::testing::component(package::ComponentClass::Multicast, "Copies");
    copies.inputs.push(crate::testing::input("Copies", "In", &[]));
    rig.add(copies).path("Src.Out", "Copies.In");
    assert!(rig.run().messages().contains("W 8004706F"));
    let path_id = "Paths[Src.Out]".to_owned();
    rig.world.taps.push(Tap { path_id, max_rows: None, file: file.clone() });
    rig.run().result.unwrap();
    assert_eq!(fs::read_to_string(file).unwrap(), "id\r\n1\r\n2\r\n");
}
