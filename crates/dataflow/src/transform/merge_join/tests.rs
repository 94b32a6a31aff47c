use insta::assert_snapshot;
use model::Value;
use package::ComponentClass;
use proptest::prelude::*;

use crate::testing::{self, Rig};

const LEFT: &str = "NULL|l0\n1|l1\n2|l2\n2|l2b\n4|l4";
const RIGHT: &str = "NULL|r0\n2|r2\n2|r2b\n3|r3\n4|r4";

fn sorted(rig: &mut Rig, name: &str) {
    let source = rig.pipeline.components.iter_mut().find(|c| c.name == name).unwrap();
    source.outputs[0].is_sorted = true;
    source.outputs[0].columns[0].sort_key_position = 1;
}

fn rig(join_type: &str, nulls: &str) -> Rig {
    let mut rig = Rig::new();
    rig.source("L", "k i4, x wstr:5", LEFT).source("R", "k i4, y wstr:5", RIGHT);
    sorted(&mut rig, "L");
    sorted(&mut rig, "R");
    let mut join = testing::component(ComponentClass::MergeJoin, "Join");
    join.inputs.push(testing::input("Join", "Left", &["L.k", "L.x"]));
    join.inputs.push(testing::input("Join", "Right", &["R.k", "R.y"]));
    join.properties.push(testing::property("JoinType", join_type));
    join.properties.push(testing::property("NumKeyColumns", "1"));
    join.properties.push(testing::property("TreatNullsAsEqual", nulls));
    let mut output = testing::output("Join", "Out", "lk i4, x wstr:5, rk i4, y wstr:5");
    for (column, source) in output.columns.iter_mut().zip(["L.k", "L.x", "R.k", "R.y"]) {
        column.properties.push(testing::property("InputColumnID", &format!("#{{{source}}}")));
    }
    join.outputs.push(output);
    rig.add(join).sink("Sink", &["Join.lk", "Join.x", "Join.rk", "Join.y"]);
    rig.path("L.Out", "Join.Left").path("R.Out", "Join.Right").path("Join.Out", "Sink.In");
    rig
}

#[test]
fn each_join_type_keeps_its_rows_at_every_batch_size() {
    for batch_rows in [1, 2, 7, 1024] {
        let run = |join_type, nulls| {
            let mut rig = rig(join_type, nulls);
            rig.batch_rows(batch_rows);
            let outcome = rig.run();
            assert_eq!(outcome.messages(), "");
            outcome.rows("Sink")
        };
        insta::allow_duplicates! {
            assert_snapshot!(run("2", "true"), @r"
            NULL|l0|NULL|r0
            2|l2|2|r2
            2|l2|2|r2b
            2|l2b|2|r2
            2|l2b|2|r2b
            4|l4|4|r4
            ");
            assert_snapshot!(run("1", "true"), @r"
            NULL|l0|NULL|r0
            1|l1|NULL|NULL
            2|l2|2|r2
            2|l2|2|r2b
            2|l2b|2|r2
            2|l2b|2|r2b
            4|l4|4|r4
            ");
            assert_snapshot!(run("0", "false"), @r"
            NULL|NULL|NULL|r0
            NULL|l0|NULL|NULL
            1|l1|NULL|NULL
            2|l2|2|r2
            2|l2|2|r2b
            2|l2b|2|r2
            2|l2b|2|r2b
            NULL|NULL|3|r3
            4|l4|4|r4
            ");
        }
    }
}

#[test]
fn inputs_that_are_not_sorted_are_refused() {
    let mut rig = rig("2", "true");
    rig.pipeline.components[1].outputs[0].is_sorted = false;
    assert_snapshot!(rig.run().messages(), @r#"
    E C02020AF Join [10]: The Right must be sorted.
    E C004706B SSIS.Pipeline: "Join" failed validation and returned validation status "VS_ISBROKEN".
    E C004700C SSIS.Pipeline: One or more component failed validation.
    "#);
}

/// A million pairs of one key: far more rows on the right than the budget has room for.
#[test]
fn rows_of_one_key_that_do_not_fit_into_memory_are_set_aside_and_joined_the_same() {
    let run = |budget: usize| {
        let mut rig = rig("0", "true");
        let left: String = (0..5).map(|n| format!("7|left{n}\n")).collect();
        let right: String = (0..3000).map(|n| format!("7|r{n}\n")).collect();
        rig.source("L", "k i4, x wstr:5", &format!("1|a\n{left}9|z"));
        rig.source("R", "k i4, y wstr:5", &format!("2|b\n{right}9|z"));
        // The sources that the rig has already give way to these.
        rig.pipeline.components.retain({
            let mut seen = 0;
            move |component| {
                let is_source = matches!(component.name.as_str(), "L" | "R");
                seen += usize::from(is_source);
                !is_source || 2 < seen
            }
        });
        sorted(&mut rig, "L");
        sorted(&mut rig, "R");
        rig.batch_rows(64);
        rig.world.settings.memory_budget = budget;
        let outcome = rig.run();
        assert_eq!(outcome.messages(), "");
        outcome.rows("Sink")
    };
    let in_memory = run(1 << 30);
    assert_eq!(in_memory.lines().count(), 1 + 1 + 5 * 3000 + 1);
    assert!(run(40_000) == in_memory, "other rows with a file");
}

/// What a join gives, row by row: every left row beside every right one.
fn model(join_type: &str, nulls_are_equal: bool, left: &[Key], right: &[Key]) -> Vec<String> {
    let shown = |key: Key| key.map_or_else(|| "NULL".to_owned(), |key| key.to_string());
    let row = |l: Option<usize>, r: Option<usize>| {
        let side = |keys: &[Key], name: &str, at: Option<usize>| match at {
            Some(at) => format!("{}|{name}{at}", shown(keys[at])),
            None => "NULL|NULL".to_owned(),
        };
        format!("{}|{}", side(left, "l", l), side(right, "r", r))
    };
    let equal = |l: Key, r: Key| l == r && (nulls_are_equal || l.is_some());
    let mut rows = Vec::new();
    for (l, key) in left.iter().enumerate() {
        let partners = right.iter().enumerate().filter(|(_, other)| equal(*key, **other));
        let before = rows.len();
        rows.extend(partners.map(|(r, _)| row(Some(l), Some(r))));
        if rows.len() == before && join_type != "2" {
            rows.push(row(Some(l), None));
        }
    }
    if join_type == "0" {
        let alone = |(_, key): &(usize, &Key)| !left.iter().any(|own| equal(*own, **key));
        rows.extend(right.iter().enumerate().filter(alone).map(|(r, _)| row(None, Some(r))));
    }
    rows.sort();
    rows
}

type Key = Option<i32>;

fn keys() -> impl Strategy<Value = Vec<Key>> {
    let keys = prop::collection::vec(prop::option::weighted(0.9, 0..6), 0..40);
    keys.prop_map(|mut keys| {
        keys.sort_unstable();
        keys
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_join_is_that_of_the_row_by_row_model(
        left in keys(),
        right in keys(),
        join_type in prop::sample::select(vec!["0", "1", "2"]),
        nulls_are_equal: bool,
    ) {
        let expected = model(join_type, nulls_are_equal, &left, &right).join("\n");
        let rows = |keys: &[Key], name: &str| -> Vec<Vec<Value>> {
            let row = |(at, key): (usize, &Key)| {
                vec![key.map_or(Value::Null, Value::I4), Value::text(format!("{name}{at}"))]
            };
            keys.iter().enumerate().map(row).collect()
        };
        for (batch_rows, budget) in [(1, 2000), (7, 2000), (1024, 1 << 30), (65_536, 2000)] {
            let mut rig = rig(join_type, if nulls_are_equal { "true" } else { "false" });
            rig.pipeline.components.retain(|c| !matches!(c.name.as_str(), "L" | "R"));
            rig.source_of("L", "k i4, x wstr:5", rows(&left, "l"));
            rig.source_of("R", "k i4, y wstr:5", rows(&right, "r"));
            sorted(&mut rig, "L");
            sorted(&mut rig, "R");
            rig.world.settings.memory_budget = budget;
            let outcome = rig.batch_rows(batch_rows).run();
            prop_assert_eq!(outcome.messages(), "");
            prop_assert_eq!(outcome.sorted("Sink"), expected.clone());
        }
    }
}
