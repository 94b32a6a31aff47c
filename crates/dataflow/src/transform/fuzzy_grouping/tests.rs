use std::collections::BTreeMap;

use insta::assert_snapshot;
use package::{Component, ComponentClass};
use proptest::prelude::*;

use crate::testing::{self, Rig, property};

const ROWS: &str = "1|Maria Anders|Berlin|1\n2|Mria Anders|Berlin|2\n3|Thomas Hardy|London|3\n4|Maria Anders|Berlin|4\n5|MARIA ANDERS|Berlin|5\n6|NULL|NULL|6\n7|Hardy, Tomas|London|7\n8|NULL|NULL|8\n9|Maria Andersson|Bern|9";

/// Groups by `name` and `city`; the grouped output repeats `id`.
fn group(properties: &[(&str, &str)]) -> Component {
    let mut group = testing::component(ComponentClass::FuzzyGrouping, "Group");
    group.properties.extend(properties.iter().map(|(name, text)| property(name, text)));
    let mut input = testing::input("Group", "In", &["Src.id", "Src.name", "Src.city"]);
    for column in &mut input.columns[1..] {
        column.properties.push(property("ToBeCleaned", "True"));
        column.properties.push(property("ExactFuzzy", "2"));
        column.properties.push(property("FuzzyComparisonFlags", "1"));
        column.properties.push(property("LeadingTrailingNumeralsSignificant", "0"));
    }
    group.inputs.push(input);
    let columns =
        "_key_in i4, _key_out i4, _score r4, id i4, name_clean wstr:30, _Similarity_name r4";
    let mut output = testing::output("Group", "Out", columns);
    let settings = [("1", ""), ("2", ""), ("3", ""), ("5", "id"), ("6", "name"), ("4", "name")];
    for (column, (kind, from)) in output.columns.iter_mut().zip(settings) {
        column.properties.push(property("ColumnType", kind));
        column.properties.push(property("InputID", &format!("#{{Src.{from}}}")));
    }
    group.outputs.push(output);
    group
}

fn rig(group: Component, rows: &str) -> Rig {
    let mut rig = Rig::new();
    rig.source("Src", "id i4, name wstr:30, city wstr:20, unused i4", rows).add(group);
    let columns = ["_key_in", "_key_out", "_score", "id", "name_clean", "_Similarity_name"];
    let columns = columns.map(|column| format!("Group.{column}"));
    rig.sink("Sink", &columns.each_ref().map(String::as_str));
    rig.path("Src.Out", "Group.In").path("Group.Out", "Sink.In");
    rig
}

#[test]
fn rows_get_the_key_of_the_row_that_stands_for_them_at_every_batch_size() {
    let expected = rig(group(&[]), ROWS).run();
    assert!(expected.result.is_ok(), "{}", expected.messages());
    for batch_rows in [1, 2, 7, 1024, 65_536] {
        let outcome = rig(group(&[]), ROWS).batch_rows(batch_rows).run();
        assert_eq!(outcome.rows("Sink"), expected.rows("Sink"), "{}", outcome.messages());
    }
    assert_snapshot!(expected.rows("Sink"), @r"
    1|1|1|1|Maria Anders|1
    2|1|0.9189211|2|Maria Anders|0.8846176
    3|3|1|3|Thomas Hardy|1
    4|1|1|4|Maria Anders|1
    5|1|1|5|Maria Anders|1
    6|6|1|6|NULL|1
    7|3|0.9000666|7|Thomas Hardy|0.8581225
    8|6|1|8|NULL|1
    9|9|1|9|Maria Andersson|1
    ");
}

#[test]
fn a_lower_threshold_makes_larger_groups() {
    let keys = |properties: &[(&str, &str)]| {
        let rows = rig(group(properties), ROWS).run().rows("Sink");
        let keys = rows.lines().map(|row| row.split('|').nth(1).unwrap().to_owned());
        keys.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(keys(&[("MinSimilarity", "1")]), "1 2 3 1 1 6 7 6 9");
    assert_eq!(keys(&[("MinSimilarity", "0.9")]), "1 1 3 1 1 6 3 6 9");
    assert_eq!(keys(&[("MinSimilarity", "0.5")]), "1 1 3 1 1 6 3 6 1");
}

#[test]
fn numerals_and_exact_columns_keep_rows_apart() {
    let keys = |numerals: &str, exact: bool| {
        let mut group = group(&[("MinSimilarity", "0.2")]);
        group.inputs[0].columns[1].properties[3] =
            property("LeadingTrailingNumeralsSignificant", numerals);
        if exact {
            group.inputs[0].columns[2].properties[1] = property("ExactFuzzy", "Exact");
        }
        let rows = "1|123 Main Street 7|x\n2|456 Main Street 7|x\n3|123 Main Street 8|X\n4|\"123 Main Street 7\"|y";
        let rows: Vec<_> = rows.lines().map(|row| format!("{row}|0")).collect();
        let rows = rig(group, &rows.join("\n")).run().rows("Sink");
        let keys = rows.lines().map(|row| row.split('|').nth(1).unwrap().to_owned());
        keys.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(keys("0", false), "1 1 1 1");
    assert_eq!(keys("1", false), "1 2 1 1");
    assert_eq!(keys("2", false), "1 1 3 1");
    assert_eq!(keys("3", false), "1 2 3 1");
    assert_eq!(keys("0", true), "1 1 1 4");
}

#[test]
fn rows_beyond_the_budget_fail_by_name() {
    let mut small = rig(group(&[]), ROWS);
    small.world.settings.memory_budget = 2000;
    let errors = small.run().errors();
    assert!(errors.contains("budget of 2000 bytes"), "{errors}");
    let rows: Vec<_> = (0..4000).map(|n| format!("{n}|number {n}|city {n}|0")).collect();
    let errors = rig(group(&[("MaxMemoryUsage", "1")]), &rows.join("\n")).run().errors();
    assert!(errors.starts_with("E C020835C Group"), "{errors}");
}

#[test]
fn settings_that_make_no_sense_are_refused_with_their_codes() {
    let refused = |change: &dyn Fn(&mut Component)| {
        let mut group = group(&[]);
        change(&mut group);
        rig(group, ROWS).run().errors().lines().next().unwrap_or_default().to_owned()
    };
    let all = [
        refused(&|c| c.properties.push(property("MinSimilarity", "x"))),
        refused(&|c| c.inputs[0].columns[0].properties.push(property("ToBeCleaned", "true"))),
        refused(&|c| c.inputs[0].columns[1].properties[1] = property("ExactFuzzy", "0")),
        refused(&|c| c.inputs[0].columns.iter_mut().for_each(|column| column.properties.clear())),
        refused(&|c| c.outputs[0].columns[0].data_type = model::DataType::R8),
        refused(&|c| c.outputs[0].columns[3].properties[1] = property("InputID", "#{Src.no}")),
        refused(&|c| c.outputs[0].columns[5].properties[1] = property("InputID", "#{Src.id}")),
        refused(&|c| c.outputs[0].columns[0].properties[0] = property("ColumnType", "0")),
    ];
    assert_snapshot!(all.join("\n"), @r#"
    E C0208309 Group [8]: The MinSimilarity of "Group" is "x"; it must be a number from 0 to 1.
    E C0208289 Group [8]: "Group.Inputs[In].Columns[id]" has the type DT_I4; only DT_STR and DT_WSTR can be compared fuzzily.
    E C0202021 Group [8]: "Group" has an incorrect value for the custom property "ExactFuzzy": "0".
    E C0208326 Group [8]: "Group" compares no column fuzzily.
    E C020832A Group [8]: "Group.Outputs[Out].Columns[_key_in]" has the type DT_R8; it must be DT_I4.
    E C0208312 Group [8]: The input column "Src.no" of "Group.Outputs[Out].Columns[id]" was not found.
    E C0208312 Group [8]: "Group.Outputs[Out].Columns[_Similarity_name]" is the similarity of "Src.id", which is not compared fuzzily.
    E C0202021 Group [8]: "Group" has an incorrect value for the custom property "ColumnType": "0".
    "#);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// What holds of any grouping, at any batch size: keys are rows' own, canonical rows stand for
    /// themselves, scores reach the threshold, equal rows are together.
    #[test]
    fn groups_are_sound(
        words in prop::collection::vec(prop::option::weighted(0.9, "[ab]{1,4}( [ab]{1,3})?"), 0..20),
        min in prop::sample::select(vec!["0.4", "0.8", "1"]),
        batch_rows in prop::sample::select(vec![1_usize, 7, 1024]),
    ) {
        let name = |word: &Option<String>| word.clone().unwrap_or_else(|| "NULL".to_owned());
        let rows = words.iter().enumerate().map(|(at, word)| format!("{at}|{}|x|0", name(word)));
        let group = group(&[("MinSimilarity", min)]);
        let outcome = rig(group, &rows.collect::<Vec<_>>().join("\n")).batch_rows(batch_rows).run();
        prop_assert!(outcome.result.is_ok(), "{}", outcome.messages());
        let rows = outcome.rows("Sink");
        let rows: Vec<Vec<&str>> = rows.lines().map(|row| row.split('|').collect()).collect();
        prop_assert_eq!(rows.len(), words.len());
        let mut by_name = BTreeMap::new();
        for (at, row) in rows.iter().enumerate() {
            prop_assert_eq!(row[0], (at + 1).to_string());
            let canonical = row[1].parse::<usize>().unwrap() - 1;
            prop_assert_eq!(rows[canonical][1], row[1]);
            prop_assert_eq!(row[4], name(&words[canonical]));
            prop_assert!(min.parse::<f64>().unwrap() <= row[2].parse::<f64>().unwrap() + 1e-6);
            prop_assert_eq!(*by_name.entry(words[at].clone()).or_insert(canonical), canonical);
        }
    }
}
