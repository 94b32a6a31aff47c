//! Parts of speech of English words, by rule.
//!
//! SSIS tags with a statistical model and a dictionary that are not published, and says itself that
//! its tags may be wrong. Here a word is what its lists of words say, else what its ending says,
//! else what stands before it says, else a noun. So rare verbs pass for nouns; the exclusion table
//! of a Term Extraction takes such terms out.

mod words;

use super::{Kind, Token, noun};
use words::{
    ADJECTIVES, BEFORE_NOUN, BEFORE_VERB, COMPARED, DETERMINERS, ED_NOUNS, FUNCTION, ING_NOUNS,
    LY_NOUNS, NOT_COMPARED, VERB_FORMS, VERBS,
};

/// What a word is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tag {
    Noun,
    /// A name: in capitals though no sentence begins with it.
    ProperNoun,
    /// Also comparatives, superlatives, and participles before nouns.
    Adjective,
    Number,
    /// What is in no term.
    Other,
}

/// Endings of adjectives.
const ADJECTIVE_ENDS: &[&str] =
    &["able", "ible", "ous", "ful", "less", "ish", "ical", "ional", "ive", "ary", "esque", "proof"];
/// Words with these endings that are nouns.
const NOUNS_WITH_THESE: &[&str] = &[
    "table",
    "cable",
    "vegetable",
    "variable",
    "syllable",
    "bible",
    "crucible",
    "archive",
    "drive",
    "hive",
    "native",
    "detective",
    "executive",
    "objective",
    "perspective",
    "initiative",
    "motive",
    "narrative",
    "alternative",
    "representative",
    "incentive",
    "olive",
    "dictionary",
    "library",
    "salary",
    "diary",
    "boundary",
    "summary",
    "secretary",
    "glossary",
    "january",
    "february",
    "military",
    "anniversary",
    "vocabulary",
    "dish",
    "fish",
    "wish",
    "rubbish",
    "parish",
    "polish",
    "spoonful",
    "handful",
    "professional",
    "additive",
    "relative",
    "adjective",
    "directive",
    "proof",
];

/// The words of a sentence: what stands between special characters.
pub(crate) fn tags(sentence: &[Token]) -> Vec<Tag> {
    let mut tags: Vec<Tag> = Vec::with_capacity(sentence.len());
    for at in 0..sentence.len() {
        let before = at.checked_sub(1).map(|before| (tags[before], sentence[before].text.as_str()));
        let tag = tag(&sentence[at], before, sentence.get(at + 1));
        tags.push(tag);
    }
    tags
}

fn has(list: &str, word: &str) -> bool {
    list.split(' ').any(|other| !other.is_empty() && other == word)
}

fn tag(token: &Token, before: Option<(Tag, &str)>, after: Option<&Token>) -> Tag {
    debug_assert_eq!(token.kind, Kind::Word);
    let word = token.text.to_ascii_lowercase();
    if word.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'_')) {
        return Tag::Number;
    }
    if word.starts_with('\'') || (word.len() == 1 && word == token.text) || has(FUNCTION, &word) {
        return Tag::Other;
    }
    if is_name(token) {
        return Tag::ProperNoun;
    }
    let before_word = before.map(|before| before.1.to_ascii_lowercase()).unwrap_or_default();
    let expects_noun =
        has(BEFORE_NOUN, &before_word) || before.is_some_and(|before| before.0 == Tag::Adjective);
    let expects_verb = has(BEFORE_VERB, &before_word);
    if has(ADJECTIVES, &word) || is_adjective(&word) {
        return Tag::Adjective;
    }
    if word.len() > 3 && word.ends_with("ly") && !has(LY_NOUNS, &word) {
        return Tag::Other;
    }
    if word.ends_with("ing") && 4 < word.len() {
        let is_noun = has(ING_NOUNS, &word) || has(ING_NOUNS, word.trim_end_matches('s'));
        return if is_noun { Tag::Noun } else { Tag::Other };
    }
    if word.ends_with("ed") && 4 < word.len() && !has(ED_NOUNS, &word) {
        return participle(before, after);
    }
    let is_verb = has(VERB_FORMS, &word) || is_verb(&word) || is_predicate(&word, before, after);
    if expects_verb || (is_verb && !expects_noun) {
        return Tag::Other;
    }
    Tag::Noun
}

/// Whether capitals make it a name: not those that begin a sentence.
fn is_name(token: &Token) -> bool {
    let mut letters = token.text.chars();
    let first = letters.next().is_some_and(|letter| letter.is_ascii_uppercase());
    let rest = letters.any(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit());
    rest || (first && !token.starts_sentence)
}

fn is_adjective(word: &str) -> bool {
    let ends = ADJECTIVE_ENDS.iter().any(|end| word.len() > end.len() + 2 && word.ends_with(end));
    (ends && !NOUNS_WITH_THESE.contains(&word)) || is_compared(word)
}

/// Comparatives and superlatives.
fn is_compared(word: &str) -> bool {
    let stem = word.strip_suffix("er").or_else(|| word.strip_suffix("est"));
    let Some(stem) = stem.filter(|stem| 1 < stem.len() && !has(NOT_COMPARED, word)) else {
        return false;
    };
    let doubled =
        stem.len() > 2 && stem.as_bytes()[stem.len() - 1] == stem.as_bytes()[stem.len() - 2];
    let changed = stem.strip_suffix('i').map(|stem| format!("{stem}y"));
    has(COMPARED, stem)
        || has(COMPARED, &format!("{stem}e"))
        || (doubled && has(COMPARED, &stem[..stem.len() - 1]))
        || changed.is_some_and(|stem| has(COMPARED, &stem))
}

/// A word in -ed: an adjective before a noun, a verb behind one.
fn participle(before: Option<(Tag, &str)>, after: Option<&Token>) -> Tag {
    let behind_noun = before.is_some_and(|before| matches!(before.0, Tag::Noun | Tag::ProperNoun));
    let behind_subject =
        before.is_some_and(|before| has(BEFORE_VERB, &before.1.to_ascii_lowercase()));
    let before_noun = after.is_some_and(|after| {
        let word = after.text.to_ascii_lowercase();
        !has(FUNCTION, &word) && !word.ends_with("ly")
    });
    if before_noun && !behind_noun && !behind_subject { Tag::Adjective } else { Tag::Other }
}

/// A word in -s between a singular and a determiner: `the boss phones the`.
fn is_predicate(word: &str, before: Option<(Tag, &str)>, after: Option<&Token>) -> bool {
    let behind_singular = before.is_some_and(|(tag, text)| {
        tag == Tag::ProperNoun || (tag == Tag::Noun && noun::singular(text).is_none())
    });
    let before_object =
        after.is_some_and(|after| has(DETERMINERS, &after.text.to_ascii_lowercase()));
    behind_singular && before_object && noun::singular(word).is_some()
}

/// Verbs in their base form and with -s.
fn is_verb(word: &str) -> bool {
    let stem = word.strip_suffix('s').unwrap_or(word);
    let without_es = word.strip_suffix("es").unwrap_or(word);
    let changed = word.strip_suffix("ies").map(|stem| format!("{stem}y"));
    has(VERBS, word)
        || has(VERBS, stem)
        || has(VERBS, without_es)
        || changed.is_some_and(|word| has(VERBS, &word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transform::terms::tokens;

    fn show(text: &str) -> String {
        let words: Vec<Token> = tokens(text);
        let tagged = words.iter().zip(tags(&words)).map(|(word, tag)| {
            let letter = match tag {
                Tag::Noun => "n",
                Tag::ProperNoun => "N",
                Tag::Adjective => "a",
                Tag::Number => "#",
                Tag::Other => "-",
            };
            format!("{}/{letter}", word.text)
        });
        tagged.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn words_are_tagged_by_what_they_are_and_where_they_stand() {
        for (text, expected) in [
            ("the bicycle", "the/- bicycle/n"),
            ("many beautiful blue bicycles", "many/- beautiful/a blue/a bicycles/n"),
            ("We boxed bicycles", "We/- boxed/- bicycles/n"),
            ("boxed bicycles", "boxed/a bicycles/n"),
            ("the highest mountain", "the/- highest/a mountain/n"),
            ("Dogs chase cats", "Dogs/n chase/- cats/n"),
            ("Mountain paths are steep", "Mountain/n paths/n are/- steep/a"),
            ("You see many bicycles in Seattle", "You/- see/- many/- bicycles/n in/- Seattle/N"),
            (
                "She quickly installed the new update",
                "She/- quickly/- installed/- the/- new/a update/n",
            ),
            (
                "the building is bigger than 62 houses",
                "the/- building/n is/- bigger/a than/- 62/# houses/n",
            ),
            ("SQL Server 2017 runs", "SQL/N Server/N 2017/# runs/n"),
            ("the boss phones the men", "the/- boss/n phones/- the/- men/n"),
            ("The helmet protects riders", "The/- helmet/n protects/- riders/n"),
            ("a request to test it", "a/- request/n to/- test/- it/-"),
        ] {
            assert_eq!(show(text), expected);
        }
    }
}
