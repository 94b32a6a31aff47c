use insta::assert_snapshot;
use package::ComponentClass;

use crate::testing::{self, Rig};

fn rig(keys: &[(&str, i32, i32)], eliminate: &str) -> Rig {
    let mut rig = Rig::new();
    let rows = "2|b|x\n1|B|y\nNULL|a|z\n2|A|v\n1|b|w\n2|b|u";
    rig.source("Src", "n i4, s wstr:5, tag wstr:5", rows);
    let mut sort = testing::component(ComponentClass::Sort, "Sort");
    let mut input = testing::input("Sort", "In", &["Src.n", "Src.s", "Src.tag"]);
    for (name, place, flags) in keys {
        let column = input.columns.iter_mut().find(|column| column.name == *name).unwrap();
        column.properties.push(testing::property("NewSortKeyPosition", &place.to_string()));
        column.properties.push(testing::property("NewComparisonFlags", &flags.to_string()));
    }
    sort.inputs.push(input);
    let mut output = testing::output("Sort", "Out", "n i4, s wstr:5, tag wstr:5");
    for (column, source) in output.columns.iter_mut().zip(["Src.n", "Src.s", "Src.tag"]) {
        column.properties.push(testing::property("SortColumnId", &format!("#{{{source}}}")));
    }
    sort.outputs.push(output);
    sort.properties.push(testing::property("EliminateDuplicates", eliminate));
    rig.add(sort).sink("Sink", &["Sort.n", "Sort.s", "Sort.tag"]);
    rig.path("Src.Out", "Sort.In").path("Sort.Out", "Sink.In");
    rig
}

#[test]
fn rows_come_in_the_order_of_the_keys_at_every_batch_size() {
    for batch_rows in [1, 2, 7, 1024] {
        let mut rig = rig(&[("s", 2, 0), ("n", -1, 0)], "false");
        rig.batch_rows(batch_rows);
        let rows = rig.run().rows("Sink");
        assert_eq!(rows, "2|A|v\n2|b|x\n2|b|u\n1|b|w\n1|B|y\nNULL|a|z");
    }
}

#[test]
fn duplicates_are_those_with_equal_keys_by_the_flags() {
    assert_snapshot!(rig(&[("s", 1, 1)], "true").run().rows("Sink"), @r"
    NULL|a|z
    2|b|x
    ");
    assert_snapshot!(rig(&[("s", 1, 0)], "true").run().rows("Sink"), @r"
    NULL|a|z
    2|A|v
    2|b|x
    1|B|y
    ");
}

#[test]
fn keys_that_make_no_sense_are_refused() {
    assert_snapshot!(rig(&[], "false").run().messages(), @r#"
    E C0208009 Sort [7]: "Sort" needs at least one input column that is a sort key.
    E C004706B SSIS.Pipeline: "Sort" failed validation and returned validation status "VS_ISBROKEN".
    E C004700C SSIS.Pipeline: One or more component failed validation.
    "#);
    assert_snapshot!(rig(&[("s", 1, 0), ("n", -1, 0)], "false").run().messages(), @r#"
    E C020800A Sort [7]: The columns "n" and "Sort.Inputs[In].Columns[s]" have the same sort key position 1.
    E C004706B SSIS.Pipeline: "Sort" failed validation and returned validation status "VS_ISBROKEN".
    E C004700C SSIS.Pipeline: One or more component failed validation.
    "#);
    assert_snapshot!(rig(&[("s", 1, 0x20000)], "false").run().messages(), @r#"
    E C0208240 Sort [7]: The comparison flags 131072 of "Sort.Inputs[In].Columns[s]" cannot be used: this version does not compare with "Ignore character width".
    E C004706B SSIS.Pipeline: "Sort" failed validation and returned validation status "VS_ISBROKEN".
    E C004700C SSIS.Pipeline: One or more component failed validation.
    "#);
}

#[test]
fn more_rows_than_the_budget_fail_by_name() {
    let mut rig = rig(&[("s", 1, 0)], "false");
    rig.world.settings.memory_budget = 100;
    let outcome = rig.run();
    let error = outcome.result.as_ref().unwrap_err();
    assert!(error.contains("budget of 100 bytes"), "{error}");
}

/// 3000 rows with many equal keys; `n` NULL now and then, `tag` numbers the rows.
fn many(eliminate: &str, budget: usize, batch_rows: usize) -> crate::testing::Outcome {
    let mut rig = rig(&[("s", 1, 1), ("n", -2, 0)], eliminate);
    let row = |i: u32| {
        let mixed = i.wrapping_mul(2_654_435_761) >> 7;
        let n = if mixed.is_multiple_of(11) { "NULL".to_owned() } else { (mixed % 7).to_string() };
        format!("{n}|{}{}|{i}", ["a", "B", "b", "c-"][mixed as usize % 4], mixed % 90)
    };
    let rows: Vec<_> = (0..3000).map(row).collect();
    rig.pipeline.components.remove(0);
    rig.source("Src", "n i4, s wstr:5, tag wstr:5", &rows.join("\n"));
    rig.world.settings.memory_budget = budget;
    rig.batch_rows(batch_rows);
    rig.run()
}

#[test]
fn rows_beyond_the_budget_are_set_aside_and_come_in_the_same_order() {
    for eliminate in ["false", "true"] {
        let expected = many(eliminate, 1 << 30, 1024).rows("Sink");
        assert!(expected.lines().count() > 600);
        // About 3, 30 and 300 runs, the last merged in several steps.
        for (budget, batch_rows) in [(200_000, 100), (20_000, 10), (8_000, 1), (60_000, 1)] {
            let outcome = many(eliminate, budget, batch_rows);
            assert!(outcome.result.is_ok(), "{budget}: {}", outcome.messages());
            assert!(outcome.rows("Sink") == expected, "{budget} {batch_rows} {eliminate}");
        }
    }
}

#[test]
fn a_folder_that_is_not_there_is_passed_over() {
    let mut rig = rig(&[("s", 1, 0)], "false");
    rig.pipeline.buffer_temp_storage_path = "/no/such/folder; ".to_owned();
    let expected = rig.run().rows("Sink");
    rig.world.settings.memory_budget = 3000;
    let outcome = rig.batch_rows(1).run();
    assert_eq!(outcome.rows("Sink"), expected, "{}", outcome.messages());
}
