use insta::assert_snapshot;
use package::{Component, ComponentClass};

use crate::source::database::tests::{File, on_db};
use crate::testing::{self, Rig, property};

const TERMS: &str = "CREATE TABLE [Known Terms] (Term TEXT);
    INSERT INTO [Known Terms] VALUES ('student'), ('Windows'), ('Windows 7 Professional'), ('mice'),
        ('mouse'), ('doctors appointment'), ('C#'), ('read-only'), (NULL), (''), ('Student'), ('geese');";

const ROWS: &str = "1|Students like a student. Student!\n2|Windows 7 Professional\n3|A mouse and two mice, many mouses\n4|Two doctors appointments; one doctor appointment\n5|I write c# and C # in a read-only file\n6|NULL\n7|Nothing here, a goose\n8|windows\n\n7 Professional";

fn find(case: &str) -> Component {
    let properties =
        [("RefTermTable", "[Known Terms]"), ("RefTermColumn", "term"), ("IsCaseSensitive", case)];
    let mut find = on_db(ComponentClass::TermLookup, "Find", &properties);
    let mut input = testing::input("Find", "In", &["Src.id", "Src.text"]);
    input.columns[0].properties.push(property("InputColumnType", "0"));
    input.columns[1].properties.push(property("InputColumnType", "1"));
    find.inputs.push(input);
    let mut output = testing::output("Find", "Out", "id i4, Term wstr:30, Frequency i4");
    output.columns[0].properties.push(property("CustomLineageID", "#{Src.id}"));
    find.outputs.push(output);
    find
}

fn rig(file: &File, find: Component) -> Rig {
    let mut rig = Rig::new();
    file.connect(&mut rig);
    let rows = ROWS.replace("\n\n", "\u{1}").lines().map(str::to_owned).collect::<Vec<_>>();
    let value = |text: &str| match text {
        "NULL" => model::Value::Null,
        text => model::Value::text(text.replace('\u{1}', "\n\n").as_str()),
    };
    let rows = rows.iter().map(|row| {
        let (id, text) = row.split_once('|').unwrap();
        vec![model::Value::I4(id.parse().unwrap()), value(text)]
    });
    rig.source_of("Src", "id i4, text wstr:200", rows.collect()).add(find);
    rig.sink("Sink", &["Find.id", "Find.Term", "Find.Frequency"]);
    rig.path("Src.Out", "Find.In").path("Find.Out", "Sink.In");
    rig
}

#[test]
fn terms_are_counted_by_the_documented_rules_at_every_batch_size() {
    let file = File::new(TERMS);
    for batch_rows in [1, 2, 7, 1024, 65_536] {
        let outcome = rig(&file, find("false")).batch_rows(batch_rows).run();
        assert!(outcome.result.is_ok(), "{}", outcome.messages());
        assert_eq!(
            outcome.rows("Sink"),
            "1|student|3\n2|Windows|1\n3|mouse|2\n3|mice|1\n4|doctors appointment|1\n5|C#|2\n5|read-only|1\n8|Windows|1"
        );
    }
}

#[test]
fn letter_case_counts_if_it_should_except_at_the_start_of_a_sentence() {
    let file = File::new(TERMS);
    let outcome = rig(&file, find("true")).run();
    assert_snapshot!(outcome.rows("Sink"), @r"
    1|Student|2
    1|student|1
    2|Windows|1
    3|mouse|2
    3|mice|1
    4|doctors appointment|1
    5|C#|1
    5|read-only|1
    ");
}

#[test]
fn settings_that_make_no_sense_are_refused_with_their_codes() {
    let file = File::new(TERMS);
    let refused = |change: &dyn Fn(&mut Component)| {
        let mut find = find("false");
        change(&mut find);
        rig(&file, find).run().errors().lines().next().unwrap_or_default().to_owned()
    };
    let all = [
        refused(&|c| c.properties[0] = property("RefTermTable", "")),
        refused(&|c| c.properties[1] = property("RefTermColumn", "other")),
        refused(&|c| c.inputs[0].columns[0].properties[0] = property("InputColumnType", "2")),
        refused(&|c| c.inputs[0].columns[0].properties[0] = property("InputColumnType", "3")),
        refused(&|c| {
            c.inputs[0].columns[0].properties[0] = property("InputColumnType", "1");
            c.inputs[0].columns[1].properties.clear();
        }),
        refused(&|c| c.outputs[0].columns[2].data_type = model::DataType::NText),
        refused(&|c| c.outputs[0].columns[0].data_type = model::DataType::I8),
        refused(&|c| c.outputs[0].columns[1].data_type = model::DataType::WStr { length: 3 }),
    ];
    assert_snapshot!(all.join("\n"), @r#"
    E C0208382 Find [6]: "Find" has no reference table or column.
    E C0208345 Find [6]: The reference column "other" was not found in [Known Terms].
    E C020834E Find [6]: "Find" looks terms up in 2 columns; it must be one.
    E C0202021 Find [6]: "Find" has an incorrect value for the custom property "InputColumnType": "3".
    E C020834F Find [6]: "Find.Inputs[In].Columns[id]" has the type DT_I4; it must be DT_WSTR or DT_NTEXT.
    E C0208343 Find [6]: "Find" needs one output column for the term and one for its frequency, beside those that are passed through.
    E C020838D Find [6]: "Find.Outputs[Out].Columns[id]" (DT_I8) does not have the type of its input column (DT_I4).
    E C020838D Find [6]: The term "student" does not fit into its column of type DT_WSTR,3.
    "#);
}

#[test]
fn terms_beyond_the_budget_fail_by_name() {
    let file = File::new(TERMS);
    let mut small = rig(&file, find("false"));
    small.world.settings.memory_budget = 1000;
    let errors = small.run().errors();
    assert!(errors.contains("budget of 1000 bytes"), "{errors}");
}

mod model_of_it {
    use proptest::prelude::*;

    use super::super::{Terms, tokens};
    use crate::transform::terms::noun::singular;

    /// The same by trying every term at every word, without an index.
    fn plain(terms: &[String], text: &[String]) -> Vec<(String, u32)> {
        let mut found: Vec<(String, u32)> = Vec::new();
        let mut at = 0;
        while at < text.len() {
            let fits = |term: &&String| {
                let words: Vec<&str> = term.split(' ').collect();
                let part = &text[at..text.len().min(at + words.len())];
                let (last, before) = words.split_last().unwrap();
                if part.len() < words.len() || before.iter().zip(part).any(|(a, b)| a != b) {
                    return None;
                }
                let own = &part[before.len()];
                let as_written = own == last;
                let is_singular = singular(own).is_some_and(|own| own == *last);
                (as_written || is_singular).then_some((words.len(), !as_written))
            };
            let best = terms.iter().filter_map(|term| Some((fits(&term)?, term)));
            let Some((rank, term)) = best.min_by_key(|best| best.0) else {
                at += 1;
                continue;
            };
            at += rank.0;
            match found.iter_mut().find(|found| found.0 == *term) {
                Some(found) => found.1 += 1,
                None => found.push((term.clone(), 1)),
            }
        }
        found
    }

    proptest! {
        #[test]
        fn the_index_finds_what_trying_every_term_finds(
            terms in prop::collection::btree_set("(cat|cats|dog|box|boxes)( (cat|cats|dog|boxes)){0,2}", 0..8),
            text in prop::collection::vec("cat|cats|dog|dogs|box|boxes|and", 0..12),
        ) {
            let terms: Vec<String> = terms.into_iter().collect();
            let index = Terms::of(terms.clone(), false);
            let found = index.find(&tokens(&text.join(" ")), false);
            let found: Vec<_> = found
                .into_iter()
                .map(|(term, count)| (index.all[term].text.clone(), count))
                .collect();
            prop_assert_eq!(found, plain(&terms, &text));
        }
    }
}
