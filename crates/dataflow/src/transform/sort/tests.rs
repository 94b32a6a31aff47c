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
