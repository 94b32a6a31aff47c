//! Chains of transformations against a plain model that goes row by row.

use std::collections::BTreeMap;

use model::Value;
use package::{ComponentClass, Disposition};
use proptest::prelude::*;

use crate::testing::{self, Rig};

mod reshaping;

/// a, b and a text.
type Row = (Option<i32>, Option<i32>, Option<String>);

const BATCH_ROWS: [usize; 4] = [1, 7, 1024, 65_536];

fn small() -> impl Strategy<Value = Option<i32>> {
    prop_oneof![Just(None), (-3..4i32).prop_map(Some), Just(Some(i32::MAX))]
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let text = prop::option::of("[ a-c0-9.]{0,7}");
    prop::collection::vec((small(), small(), text), 0..40)
}

fn cell<T: ToString>(value: Option<&T>) -> String {
    value.map_or_else(|| "NULL".to_owned(), ToString::to_string)
}

fn source(rig: &mut Rig, rows: &[Row]) {
    let values = rows.iter().map(|(a, b, s)| {
        let text = s.as_deref().map_or(Value::Null, Value::text);
        vec![a.map_or(Value::Null, Value::I4), b.map_or(Value::Null, Value::I4), text]
    });
    rig.source_of("Src", "a i4, b i4, s wstr:10", values.collect());
}

/// `Der` adds `q = a / b` and `cut = s` at five characters; `Split` sends `q > 0` one way. Both
/// redirect what fails.
fn chain(rows: &[Row]) -> Rig {
    let mut rig = Rig::new();
    source(&mut rig, rows);
    let mut derived = testing::component(ComponentClass::DerivedColumn, "Der");
    derived.inputs.push(testing::input("Der", "In", &["Src.a", "Src.b", "Src.s"]));
    let mut out = testing::output("Der", "Out", "q i4, cut wstr:5");
    out.synchronous_input = Some("Der.Inputs[In]".to_owned());
    for (column, expression) in out.columns.iter_mut().zip(["a / b", "s"]) {
        column.properties.push(testing::property("Expression", expression));
        column.dispositions = testing::dispose(Disposition::RedirectRow);
    }
    derived.outputs.push(out);
    derived.outputs.push(testing::error_output("Der", "In"));
    let mut split = testing::component(ComponentClass::ConditionalSplit, "Split");
    split.inputs.push(testing::input("Split", "In", &["Der.q"]));
    for (name, property) in [("Plus", ("Expression", "q > 0")), ("Rest", ("IsDefaultOut", "true"))]
    {
        let mut output = testing::output("Split", name, "");
        output.synchronous_input = Some("Split.Inputs[In]".to_owned());
        output.dispositions = testing::dispose(Disposition::RedirectRow);
        output.properties.push(testing::property("EvaluationOrder", "0"));
        output.properties.push(testing::property(property.0, property.1));
        split.outputs.push(output);
        rig.sink(name, &["Src.a", "Der.q", "Der.cut"])
            .path(&format!("Split.{name}"), &format!("{name}.In"));
    }
    split.outputs.push(testing::error_output("Split", "In"));
    rig.add(derived).add(split).path("Src.Out", "Der.In").path("Der.Out", "Split.In");
    rig.sink("Bad", &["Src.a", "Src.b", "Src.s"]).path("Der.Error", "Bad.In");
    rig.sink("Null", &["Src.a"]).path("Split.Error", "Null.In");
    rig
}

/// What the chain does, by sink.
fn expected(rows: &[Row]) -> BTreeMap<&'static str, Vec<String>> {
    let mut sinks = BTreeMap::new();
    for (a, b, s) in rows {
        let long = s.as_ref().is_some_and(|s| s.chars().count() > 5);
        let (sink, row) = if a.is_some() && *b == Some(0) || long {
            ("Bad", format!("{}|{}|{}", cell(a.as_ref()), cell(b.as_ref()), cell(s.as_ref())))
        } else {
            let q = a.zip(*b).map(|(a, b)| a / b);
            match q {
                None => ("Null", cell(a.as_ref())),
                Some(q) => {
                    let sink = if q > 0 { "Plus" } else { "Rest" };
                    (sink, format!("{}|{q}|{}", cell(a.as_ref()), cell(s.as_ref())))
                }
            }
        };
        sinks.entry(sink).or_insert_with(Vec::new).push(row);
    }
    sinks
}

/// Sort by b descending and a, Aggregate by b, side by side behind a Multicast.
fn sort_and_group(rows: &[Row]) -> Rig {
    let mut rig = Rig::new();
    source(&mut rig, rows);
    let mut copies = testing::component(ComponentClass::Multicast, "Copies");
    copies.inputs.push(testing::input("Copies", "In", &[]));
    for name in ["A", "B"] {
        let mut output = testing::output("Copies", name, "");
        output.synchronous_input = Some("Copies.Inputs[In]".to_owned());
        copies.outputs.push(output);
    }
    let mut sort = testing::component(ComponentClass::Sort, "Sort");
    let mut input = testing::input("Sort", "In", &["Src.a", "Src.b"]);
    input.columns[0].properties.push(testing::property("NewSortKeyPosition", "2"));
    input.columns[1].properties.push(testing::property("NewSortKeyPosition", "-1"));
    sort.inputs.push(input);
    let mut output = testing::output("Sort", "Out", "a i4, b i4");
    for (column, from) in output.columns.iter_mut().zip(["Src.a", "Src.b"]) {
        column.properties.push(testing::property("SortColumnId", from));
    }
    sort.outputs.push(output);
    let mut group = testing::component(ComponentClass::Aggregate, "Group");
    group.inputs.push(testing::input("Group", "In", &["Src.a", "Src.b"]));
    let mut output = testing::output("Group", "Out", "b i4, n ui8, sum i8");
    for (column, (function, from)) in
        output.columns.iter_mut().zip([("0", "Src.b"), ("1", "Src.a"), ("4", "Src.a")])
    {
        column.properties.push(testing::property("AggregationType", function));
        column.properties.push(testing::property("AggregationColumnId", from));
    }
    group.outputs.push(output);
    rig.add(copies).add(sort).add(group).path("Src.Out", "Copies.In");
    rig.path("Copies.A", "Sort.In").path("Copies.B", "Group.In");
    rig.sink("Sorted", &["Sort.b", "Sort.a"]).path("Sort.Out", "Sorted.In");
    rig.sink("Grouped", &["Group.b", "Group.n", "Group.sum"]).path("Group.Out", "Grouped.In");
    rig
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_chain_does_what_a_row_at_a_time_would_do_at_every_batch_size(rows in rows()) {
        let expected = expected(&rows);
        for batch_rows in BATCH_ROWS {
            let mut rig = chain(&rows);
            let outcome = rig.batch_rows(batch_rows).run();
            for sink in ["Plus", "Rest", "Bad", "Null"] {
                let wanted = expected.get(sink).map(|rows| rows.join("\n")).unwrap_or_default();
                prop_assert_eq!(outcome.rows(sink), wanted, "{} {}", sink, batch_rows);
            }
            let written = outcome.result.unwrap().rows_written;
            prop_assert_eq!(written, rows.len() as u64);
        }
    }

    #[test]
    fn sorting_and_grouping_lose_nothing_at_every_batch_size(rows in rows()) {
        let mut sorted: Vec<_> = rows.iter().map(|(a, b, _)| (*b, *a)).collect();
        sorted.sort_by(|x, y| y.0.cmp(&x.0).then(x.1.cmp(&y.1)));
        let sorted: Vec<_> = sorted.iter().map(|(b, a)| format!("{}|{}", cell(b.as_ref()), cell(a.as_ref()))).collect();
        let mut groups: BTreeMap<Option<i32>, (u64, Option<i64>)> = BTreeMap::new();
        for (a, b, _) in &rows {
            let group = groups.entry(*b).or_default();
            if let Some(a) = a {
                group.0 += 1;
                group.1 = Some(group.1.unwrap_or(0) + i64::from(*a));
            }
        }
        let mut grouped: Vec<_> = groups.iter().map(|(b, (n, sum))| format!("{}|{n}|{}", cell(b.as_ref()), cell(sum.as_ref()))).collect();
        grouped.sort();
        for batch_rows in BATCH_ROWS {
            let mut rig = sort_and_group(&rows);
            let outcome = rig.batch_rows(batch_rows).run();
            prop_assert_eq!(outcome.rows("Sorted"), sorted.join("\n"));
            prop_assert_eq!(outcome.sorted("Grouped"), grouped.join("\n"));
        }
    }
}
