use insta::assert_snapshot;
use model::Value;
use package::{Component, ComponentClass, Disposition};
use proptest::prelude::*;

use crate::source::database::tests::{File, on_db};
use crate::testing::{self, Outcome, Rig, property};

const TEXTS: &[&str] = &[
    "You see many beautiful blue bicycles in Seattle. Bicycles are blue.",
    "The bicycle helmet protects riders. A bicycle helmet is not expensive!",
    "Seattle has blue bicycles and bicycle helmets; the highest mountain is far away.",
    "My boss and his men read the customer's stories. Stories about men, geese and a goose.",
];

fn extract(properties: &[(&str, &str)]) -> Component {
    let mut extract = on_db(ComponentClass::TermExtraction, "Extract", properties);
    extract.inputs.push(testing::input("Extract", "In", &["Src.text"]));
    extract.outputs.push(testing::output("Extract", "Out", "Term wstr:30, Score r8"));
    let mut errors =
        testing::output("Extract", "Error", "text wstr:200, ErrorCode i4, ErrorColumn i4");
    errors.is_error_output = true;
    extract.outputs.push(errors);
    extract
}

fn rig(extract: Component, texts: &[&str]) -> Rig {
    let mut rig = Rig::new();
    let rows = texts.iter().map(|text| vec![Value::text(*text)]).chain([vec![Value::Null]]);
    rig.source_of("Src", "text ntext", rows.collect()).add(extract);
    rig.sink("Sink", &["Extract.Term", "Extract.Score"]);
    rig.path("Src.Out", "Extract.In").path("Extract.Out", "Sink.In");
    rig
}

fn run(properties: &[(&str, &str)]) -> Outcome {
    let outcome = rig(extract(properties), TEXTS).run();
    assert!(outcome.result.is_ok(), "{}", outcome.messages());
    outcome
}

#[test]
fn nouns_and_phrases_are_counted_at_every_batch_size() {
    let nouns = run(&[]).rows("Sink");
    assert_snapshot!(nouns, @r"
    bicycle|6
    Seattle|2
    helmet|3
    man|2
    story|2
    goose|2
    ");
    for batch_rows in [1, 2, 7, 1024, 65_536] {
        assert_eq!(rig(extract(&[]), TEXTS).batch_rows(batch_rows).run().rows("Sink"), nouns);
    }
    assert_snapshot!(run(&[("WordOrPhrase", "1"), ("FrequencyThreshold", "1")]).rows("Sink"), @r"
    beautiful blue bicycle|1
    bicycle helmet|3
    blue bicycle|1
    highest mountain|1
    customer story|1
    ");
    assert_snapshot!(run(&[("WordOrPhrase", "2")]).rows("Sink"), @r"
    bicycle|6
    Seattle|2
    bicycle helmet|3
    helmet|3
    man|2
    story|2
    goose|2
    ");
}

#[test]
fn the_score_can_say_how_telling_a_term_is() {
    assert_snapshot!(run(&[("ScoreType", "1"), ("FrequencyThreshold", "3")]).rows("Sink"), @r"
    bicycle|3.06495374259594
    helmet|2.74887219562247
    ");
}

#[test]
fn terms_of_other_letter_case_are_others_only_if_that_counts() {
    let texts = ["a Method and a method", "Method here", "the Seattle office", "the SQL text"];
    let terms = |case: &str| {
        let properties = [("IsCaseSensitive", case), ("FrequencyThreshold", "1")];
        rig(extract(&properties), &texts).run().rows("Sink")
    };
    assert_snapshot!(terms("false"), @r"
    Method|3
    Seattle|1
    office|1
    SQL|1
    text|1
    ");
    assert_snapshot!(terms("true"), @r"
    Method|1
    method|2
    Seattle|1
    office|1
    SQL|1
    text|1
    ");
}

#[test]
fn excluded_terms_take_those_with_them_that_they_are_in() {
    let file = File::new(
        "CREATE TABLE Noise (Word TEXT);
         INSERT INTO Noise VALUES ('Helmets'), ('blue bicycle'), ('moun'), (NULL);",
    );
    let properties = [
        ("NeedRefenceData", "true"),
        ("OutTermTable", "Noise"),
        ("OutTermColumn", "word"),
        ("WordOrPhrase", "2"),
        ("FrequencyThreshold", "1"),
    ];
    let mut rig = rig(extract(&properties), &TEXTS[..3]);
    file.connect(&mut rig);
    let outcome = rig.run();
    assert!(outcome.result.is_ok(), "{}", outcome.messages());
    assert_snapshot!(outcome.rows("Sink"), @r"
    bicycle|6
    Seattle|2
    rider|1
    highest mountain|1
    mountain|1
    ");
    let mut small = rig;
    small.world.settings.memory_budget = 300;
    let errors = small.run().errors();
    assert!(errors.contains("budget of 300 bytes"), "{errors}");
}

#[test]
fn long_phrases_are_left_out_and_long_terms_are_truncations() {
    let texts = ["the old blue wooden bicycle helmet"];
    let terms = |length: &str, width: u32, disposition: Disposition| {
        let properties =
            [("WordOrPhrase", "1"), ("FrequencyThreshold", "1"), ("MaxLengthOfTerm", length)];
        let mut extract = extract(&properties);
        extract.outputs[0].columns[0].data_type = model::DataType::WStr { length: width };
        extract.outputs[0].columns[0].dispositions = testing::dispose(disposition);
        rig(extract, &texts).run()
    };
    let whole = "old blue wooden bicycle helmet|1";
    assert_eq!(terms("5", 40, Disposition::FailComponent).rows("Sink"), whole);
    assert_eq!(terms("4", 40, Disposition::FailComponent).rows("Sink"), "");
    assert_eq!(terms("5", 8, Disposition::IgnoreFailure).rows("Sink"), "old blue|1");
    let errors = terms("5", 8, Disposition::FailComponent).errors();
    assert!(errors.starts_with("E C020902A Extract"), "{errors}");
}

#[test]
fn settings_that_make_no_sense_are_refused_with_their_codes() {
    let refused = |change: &dyn Fn(&mut Component)| {
        let mut extract = extract(&[]);
        change(&mut extract);
        rig(extract, TEXTS).run().errors().lines().next().unwrap_or_default().to_owned()
    };
    let set = |name, text| move |c: &mut Component| c.properties.push(property(name, text));
    let all = [
        refused(&set("WordOrPhrase", "3")),
        refused(&set("ScoreType", "2")),
        refused(&set("FrequencyThreshold", "0")),
        refused(&set("MaxLengthOfTerm", "0")),
        refused(&set("NeedRefenceData", "true")),
        refused(&|c| c.inputs[0].columns.clear()),
        refused(&|c| c.outputs[0].columns[1].data_type = model::DataType::I4),
        refused(&|c| c.outputs[0].columns.push(testing::output_column("Extract", "More i4"))),
    ];
    assert_snapshot!(all.join("\n"), @r#"
    E C0208335 Extract [5]: The WordOrPhrase of "Extract" cannot be 3.
    E C0208372 Extract [5]: The ScoreType of "Extract" cannot be 2.
    E C0208336 Extract [5]: The FrequencyThreshold of "Extract" cannot be 0.
    E C0208337 Extract [5]: The MaxLengthOfTerm of "Extract" cannot be 0.
    E C0208342 Extract [5]: "Extract" has no table or column of excluded terms.
    E C020832F Extract [5]: "Extract" has 0 input columns; it must be one.
    E C0208332 Extract [5]: The output columns of "Extract" must be DT_WSTR or DT_NTEXT for the term and DT_R8 for the score.
    E C0208330 Extract [5]: "Extract" has 3 output columns; it must be two.
    "#);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Known nouns between words that are in no term: each is counted, in the singular, and its
    /// rows too.
    #[test]
    fn every_noun_is_counted(
        rows in prop::collection::vec(prop::collection::vec("bicycle|bicycles|story|stories|man|men", 0..5), 1..8),
        batch_rows in prop::sample::select(vec![1_usize, 7, 1024]),
    ) {
        let texts: Vec<String> = rows.iter().map(|nouns| format!("it is {}", nouns.join(" and "))).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let properties = [("ScoreType", "1"), ("FrequencyThreshold", "1")];
        let outcome = rig(extract(&properties), &texts).batch_rows(batch_rows).run();
        let mut expected = Vec::new();
        for noun in ["bicycle", "man", "story"] {
            let plural = |word: &str| matches!((noun, word), ("man", "men") | ("story", "stories"))
                || word.strip_suffix('s') == Some(noun);
            let is_it = |word: &&String| word.as_str() == noun || plural(word);
            let times = rows.iter().flatten().filter(is_it).count() as f64;
            let having = rows.iter().filter(|row| row.iter().any(|word| is_it(&word))).count() as f64;
            if 0.0 < times {
                // The source adds a row without text.
                expected.push((noun.to_owned(), times * ((rows.len() as f64 + 1.0) / having).ln()));
            }
        }
        let found = outcome.sorted("Sink");
        let found: Vec<_> = found.lines().map(|row| row.split_once('|').unwrap()).collect();
        prop_assert_eq!(found.len(), expected.len());
        for (found, expected) in found.into_iter().zip(expected) {
            prop_assert_eq!(found.0, expected.0);
            prop_assert!((found.1.parse::<f64>().unwrap() - expected.1).abs() < 1e-9);
        }
    }
}
