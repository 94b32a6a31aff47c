use insta::assert_snapshot;
use package::ComponentClass;

use crate::testing::{self, Rig};

const ROWS: &str =
    "a|1|1.50|x\nA|2|2.50|NULL\nNULL|NULL|NULL|y\nb|5|0.25|x\na|4|NULL|z\nNULL|7|1.00|y";

/// Columns as (name and type, function, source).
fn rig(columns: &[(&str, &str, &str)], flags: &str) -> Rig {
    let mut rig = Rig::new();
    rig.source("Src", "k wstr:5, n i4, d numeric:9:2, t wstr:5", ROWS);
    let mut aggregate = testing::component(ComponentClass::Aggregate, "Agg");
    aggregate.inputs.push(testing::input("Agg", "In", &["Src.k", "Src.n", "Src.d", "Src.t"]));
    let mut output = testing::output("Agg", "Out", "");
    for (column, function, source) in columns {
        let mut column = testing::output_column("Agg", column);
        column.properties.push(testing::property("AggregationType", function));
        column
            .properties
            .push(testing::property("AggregationColumnId", &format!("#{{Src.{source}}}")));
        if *function == "0" {
            column.properties.push(testing::property("AggregationComparisonFlags", flags));
        }
        output.columns.push(column);
    }
    let lineages: Vec<_> = output.columns.iter().map(|column| column.lineage_id.clone()).collect();
    aggregate.outputs.push(output);
    rig.add(aggregate);
    rig.sink("Sink", &lineages.iter().map(String::as_str).collect::<Vec<_>>());
    rig.path("Src.Out", "Agg.In").path("Agg.Out", "Sink.In");
    rig
}

const ALL: &[(&str, &str, &str)] = &[
    ("k wstr:5", "0", "k"),
    ("count ui8", "1", "n"),
    ("rows ui8", "2", ""),
    ("distinct ui4", "3", "t"),
    ("sum i8", "4", "n"),
    ("total numeric:38:2", "4", "d"),
    ("mean r8", "5", "n"),
    ("dmean numeric:38:6", "5", "d"),
    ("least i4", "6", "n"),
    ("most wstr:5", "7", "t"),
];

#[test]
fn groups_are_counted_and_summed_at_every_batch_size() {
    for batch_rows in [1, 2, 1024] {
        let mut rig = rig(ALL, "0");
        rig.batch_rows(batch_rows);
        let outcome = rig.run();
        insta::allow_duplicates! { assert_snapshot!(outcome.rows("Sink"), @r"
        a|2|2|2|5|1.50|2.5|1.500000|1|z
        A|1|1|0|2|2.50|2|2.500000|2|NULL
        NULL|1|2|1|7|1.00|7|1.000000|7|y
        b|1|1|1|5|0.25|5|0.250000|5|x
        ") };
        assert_eq!(outcome.messages(), "");
    }
}

#[test]
fn ignoring_case_makes_groups_larger() {
    assert_snapshot!(rig(&ALL[..5], "1").run().rows("Sink"), @r"
    a|3|3|2|7
    NULL|1|2|1|7
    b|1|1|1|5
    ");
}

#[test]
fn no_keys_make_one_group_even_of_no_rows() {
    let mut rig = rig(&ALL[1..6], "0");
    assert_snapshot!(rig.run().rows("Sink"), @"5|6|3|19|5.25");
    rig.source_of("Src", "k i4", Vec::new());
    rig.pipeline.components.pop();
    assert_snapshot!(rig.run().rows("Sink"), @"0|0|0|NULL|NULL");
}

#[test]
fn a_sum_that_does_not_fit_fails_by_name() {
    assert_snapshot!(rig(&[("sum i1", "4", "n"), ("k wstr:5", "0", "k")], "0").run().rows("Sink"), @r"
    5|a
    2|A
    7|NULL
    5|b
    ");
    let mut rig = rig(&[("sum i1", "4", "n")], "0");
    rig.source_of(
        "Src",
        "k i4",
        vec![vec![
            model::Value::Null,
            model::Value::I4(300),
            model::Value::Null,
            model::Value::Null,
        ]],
    );
    rig.pipeline.components.pop();
    let outcome = rig.run();
    assert_snapshot!(outcome.result.as_ref().unwrap_err(), @r#"the data flow failed: Arithmetic overflow encountered while aggregating "Agg.Outputs[Out].Columns[sum]"."#);
}

#[test]
fn text_has_no_sum() {
    assert_snapshot!(rig(&[("sum i8", "4", "k")], "0").run().messages(), @r#"
    E C0208203 Agg [8]: The data type DT_WSTR,5 of the input column cannot be aggregated by "Agg.Outputs[Out].Columns[sum]".
    E C004706B SSIS.Pipeline: "Agg" failed validation and returned validation status "VS_ISBROKEN".
    E C004700C SSIS.Pipeline: One or more component failed validation.
    "#);
}

/// 3000 rows of `groups` groups.
fn many(groups: u32, budget: usize, batch_rows: usize) -> crate::testing::Outcome {
    let mut rig = rig(ALL, "0");
    let row = |i: u32| {
        let mixed = i.wrapping_mul(2_654_435_761) >> 7;
        format!("k{}|{}|{}.25|t{}", mixed % groups, mixed % 7, mixed % 90, mixed % 13)
    };
    let rows: Vec<_> = (0..3000).map(row).collect();
    rig.pipeline.components.remove(0);
    rig.source("Src", "k wstr:5, n i4, d numeric:9:2, t wstr:5", &rows.join("\n"));
    rig.world.settings.memory_budget = budget;
    rig.batch_rows(batch_rows);
    rig.run()
}

#[test]
fn groups_beyond_the_budget_are_set_aside_and_come_out_the_same() {
    let expected = many(900, 1 << 30, 1024).sorted("Sink");
    assert!(expected.lines().count() > 500);
    for (budget, batch_rows) in [(600_000, 100), (150_000, 10), (40_000, 1)] {
        let outcome = many(900, budget, batch_rows);
        assert!(outcome.result.is_ok(), "{budget}: {}", outcome.messages());
        assert!(outcome.sorted("Sink") == expected, "{budget} {batch_rows}");
    }
}

#[test]
fn a_batch_with_more_groups_than_the_budget_holds_fails_by_name() {
    let error = many(900, 10_000, 1024).result.unwrap_err();
    assert!(error.contains("budget of 10000 bytes"), "{error}");
}
