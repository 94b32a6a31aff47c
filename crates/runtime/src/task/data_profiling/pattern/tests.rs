use super::*;

fn options() -> PatternOptions {
    PatternOptions {
        patterns_max: 10,
        coverage_percent: 95,
        case_sensitive: false,
        delimiters: vec![' ', '\t', '\r', '\n'],
        symbols: r#",.;:-"'`~=&/\@!?()<>[]{}|#*^%"#.chars().collect(),
    }
}

fn found(options: &PatternOptions, texts: &[&str]) -> Vec<(String, u64)> {
    let mut patterns = Patterns::new(options);
    texts.iter().for_each(|text| patterns.add(text));
    patterns.found()
}

fn one(text: &str, percent: u64) -> (String, u64) {
    (text.to_owned(), percent)
}

#[test]
fn addresses_of_mail_follow_what_ssis_2016_found() {
    let mut texts = vec!["jon24@adventure-works.com"; 71];
    texts.push("eugene10@adventure-works.com");
    texts.extend(["ruben3@adventure-works.com"; 27]);
    texts.push("christy5@adventure-works.com");
    assert_eq!(
        found(&options(), &texts),
        [one(r"\p{L}+\d\d@ADVENTURE-WORKS\.COM", 72), one(r"\p{L}+\d@ADVENTURE-WORKS\.COM", 28)]
    );
}

#[test]
fn postal_codes_follow_what_the_documentation_shows() {
    let texts = ["98052-6399", "98052", "10001", "10002", "980526399", "98052-7329"];
    assert_eq!(
        found(&options(), &texts),
        [one(r"\d{5}", 50), one(r"\d{5}-\d{4}", 33), one(r"\d{9}", 17)]
    );
}

#[test]
fn numbers_of_any_length_are_put_together_where_too_many_are_needed() {
    let texts = ["1 A", "22 A", "333 B", "4444 B"];
    let few = PatternOptions { patterns_max: 1, ..options() };
    assert_eq!(found(&few, &texts), [one(r"\d+\ \p{L}+", 100)]);
    // Where all have as many, it stays so.
    let texts = ["1-22 x", "11-22 x", "111-22 x"];
    assert_eq!(found(&few, &texts), [one(r"\d+-\d\d\ X", 100)]);
}

#[test]
fn delimiters_are_one_space_and_case_counts_where_it_is_wanted() {
    let texts = ["  Main \t Street ", "Main Street"];
    assert_eq!(found(&options(), &texts), [one(r"MAIN\ STREET", 100)]);
    let sensitive = PatternOptions { case_sensitive: true, ..options() };
    assert_eq!(found(&sensitive, &texts), [one(r"Main\ Street", 100)]);
    assert_eq!(found(&sensitive, &["ab", "aB"]), [one(r"\p{L}+", 100)]);
}

#[test]
fn texts_of_any_language_and_empty_ones_have_an_expression() {
    assert_eq!(found(&options(), &["Ærø", "Łódź"]), [one(r"\p{L}+", 100)]);
    assert_eq!(found(&options(), &["", "a_1", ""]), [one("", 67), one(r"\p{L}+_\d", 33)]);
    assert_eq!(found(&options(), &["1.5 (€)"]), [one(r"\d\.\d\ \(€\)", 100)]);
    assert_eq!(found(&options(), &[]), []);
}
