//! LIKE and PATINDEX patterns: `%`, `_`, `[...]`, `[^...]` and ESCAPE.
//!
//! Source: T-SQL reference, "LIKE" (pattern matching with ESCAPE, blanks in ASCII and Unicode
//! LIKE), "PATINDEX".

use std::cmp::Ordering;

use super::{SqlError, utf16_len};
use crate::collation::Collation;

/// A pattern ready to be matched many times.
#[derive(Clone, Debug)]
pub struct LikePattern {
    /// `None` for a pattern with an unclosed bracket, which matches nothing.
    elements: Option<Vec<Element>>,
    collation: Collation,
    /// Whether blanks at the end of the matched text count.
    unicode: bool,
}

#[derive(Clone, Debug, PartialEq)]
enum Element {
    /// `%`
    Any,
    /// `_`
    One,
    /// A character, as the collation counts it.
    Unit(u64),
    /// `[...]` or `[^...]`: ranges, both ends included.
    Set { negated: bool, ranges: Vec<(char, char)> },
}

impl LikePattern {
    /// Reads a pattern.
    ///
    /// `unicode` is whether pattern or text is `nchar` or `nvarchar`: then blanks at the end of
    /// the text count, otherwise they may be missing from the pattern.
    pub fn new(
        pattern: &str,
        escape: Option<&str>,
        collation: Collation,
        unicode: bool,
    ) -> Result<Self, SqlError> {
        let escape = match escape {
            None => None,
            Some(text) => {
                let mut characters = text.chars();
                match (characters.next(), characters.next()) {
                    (Some(one), None) => Some(one),
                    _ => return Err(SqlError::escape_invalid(text, "LIKE")),
                }
            }
        };
        Ok(Self { elements: elements(pattern, escape, collation), collation, unicode })
    }

    /// Whether the whole text matches.
    pub fn matches(&self, text: &str) -> bool {
        let Some(elements) = &self.elements else { return false };
        let text: Vec<char> = text.chars().collect();
        self.run(elements, &text)
    }

    /// PATINDEX: where the pattern first matches, in UTF-16 units from 1; 0 if nowhere.
    ///
    /// A pattern that does not begin with `%` can only match at the start.
    pub fn position(&self, text: &str) -> usize {
        let Some(elements) = &self.elements else { return 0 };
        let characters: Vec<char> = text.chars().collect();
        let body_at = elements.iter().take_while(|element| **element == Element::Any).count();
        if body_at == 0 {
            return usize::from(self.run(elements, &characters));
        }
        let body = &elements[body_at..];
        let found = (0..=characters.len()).find(|&start| self.run(body, &characters[start..]));
        let Some(start) = found else { return 0 };
        let before: String = characters[..start].iter().collect();
        utf16_len(&before) + 1
    }

    /// Matches by going back to the last `%` only, so that time stays bounded by the product of
    /// the two lengths.
    fn run(&self, elements: &[Element], text: &[char]) -> bool {
        let (mut element, mut at) = (0, 0);
        let mut retry: Option<(usize, usize)> = None;
        loop {
            if element == elements.len() {
                let rest = &text[at..];
                if rest.is_empty() || (!self.unicode && rest.iter().all(|&c| c == ' ')) {
                    return true;
                }
            } else if elements[element] == Element::Any {
                retry = Some((element, at));
                element += 1;
                continue;
            } else if text.get(at).is_some_and(|&c| self.takes(&elements[element], c)) {
                element += 1;
                at += 1;
                continue;
            }
            match retry {
                Some((any, from)) if from < text.len() => {
                    retry = Some((any, from + 1));
                    element = any + 1;
                    at = from + 1;
                }
                Some(_) | None => return false,
            }
        }
    }

    fn takes(&self, element: &Element, character: char) -> bool {
        match element {
            Element::Any | Element::One => true,
            Element::Unit(unit) => self.collation.unit(character) == *unit,
            Element::Set { negated, ranges } => {
                let inside = ranges.iter().any(|&(low, high)| self.between(low, character, high));
                inside != *negated
            }
        }
    }

    fn between(&self, low: char, character: char, high: char) -> bool {
        let order = |a, b| self.collation.compare_characters(a, b);
        order(low, character) != Ordering::Greater && order(character, high) != Ordering::Greater
    }
}

fn elements(pattern: &str, escape: Option<char>, collation: Collation) -> Option<Vec<Element>> {
    let characters: Vec<char> = pattern.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(&character) = characters.get(at) {
        at += 1;
        if Some(character) == escape {
            // An escape character at the very end matches nothing.
            let escaped = characters.get(at)?;
            found.push(Element::Unit(collation.unit(*escaped)));
            at += 1;
            continue;
        }
        match character {
            '%' if found.last() == Some(&Element::Any) => {}
            '%' => found.push(Element::Any),
            '_' => found.push(Element::One),
            '[' => {
                let (set, next) = set(&characters, at, escape)?;
                found.push(set);
                at = next;
            }
            _ => found.push(Element::Unit(collation.unit(character))),
        }
    }
    Some(found)
}

/// The set that begins behind `[`, and where it ends; `None` if it does not end.
fn set(characters: &[char], start: usize, escape: Option<char>) -> Option<(Element, usize)> {
    let mut at = start;
    let negated = characters.get(at) == Some(&'^');
    if negated {
        at += 1;
    }
    let mut ranges = Vec::new();
    loop {
        let mut low = *characters.get(at)?;
        if low == ']' {
            return Some((Element::Set { negated, ranges }, at + 1));
        }
        if Some(low) == escape {
            at += 1;
            low = *characters.get(at)?;
        }
        let range_end = characters.get(at + 2).filter(|&&end| end != ']');
        match (characters.get(at + 1), range_end) {
            (Some('-'), Some(&high)) => {
                ranges.push((low, high));
                at += 3;
            }
            _ => {
                ranges.push((low, low));
                at += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn like(text: &str, pattern: &str, escape: Option<&str>) -> bool {
        LikePattern::new(pattern, escape, Collation::CI_AS, true).unwrap().matches(text)
    }

    /// The table of "Using wildcard characters as literals", and more.
    #[test]
    fn the_documented_patterns_match_what_they_say() {
        let cases = [
            ("5%", "5[%]", true),
            ("50", "5[%]", false),
            ("_n", "[_]n", true),
            ("an", "[_]n", false),
            ("-", "[-acdf]", true),
            ("a", "[-acdf]", true),
            ("b", "[a-cdf]", true),
            ("e", "[a-cdf]", false),
            ("[", "[[]", true),
            ("]", "]", true),
            ("abc_d", "abc[_]d%", true),
            ("abcde", "abc[def]%", true),
            ("Carsen", "[CK]ars[eo]n", true),
            ("KARSON", "[ck]ars[eo]n", true),
            ("de", "de[^l]%", false),
            ("dex", "de[^l]%", true),
            ("del", "de[^l]%", false),
            ("tmp_x", "tmp[_]%", true),
            ("CM.Stage", "CM.%", true),
            ("x", "[", false),
            ("", "", true),
            ("a", "", false),
            ("aaab", "%a%b", true),
            ("ab", "a%b%c", false),
        ];
        for (text, pattern, matches) in cases {
            assert_eq!(like(text, pattern, None), matches, "{text} LIKE {pattern}");
        }
    }

    #[test]
    fn escape_takes_the_meaning_from_a_wildcard() {
        assert!(like("50% off", "50!% off", Some("!")));
        assert!(!like("500 off", "50!% off", Some("!")));
        assert!(like("comment 30%", "%30!%%", Some("!")));
        assert!(!like("[SSIS.Pipeline] Info: x", "%[[]SSIS.Pipeline] Warning%", Some("!")));
        assert!(like("[SSIS.Pipeline] Warning: x", "%[[]SSIS.Pipeline] Warning%", Some("!")));
        assert_eq!(
            LikePattern::new("a", Some("ab"), Collation::CI_AS, true).unwrap_err().number,
            506
        );
    }

    #[test]
    fn blanks_at_the_end_count_in_unicode_and_not_in_ascii() {
        let ascii = |text: &str, pattern: &str| {
            LikePattern::new(pattern, None, Collation::CI_AS, false).unwrap().matches(text)
        };
        assert!(ascii("King   ", "% King") == ascii("x King", "%KINGX"));
        assert!(ascii("Robert King   ", "% King"));
        assert!(!like("Robert King   ", "% King", None));
        assert!(!ascii("abc", "abc "));
    }

    #[test]
    fn patindex_counts_from_one() {
        let position = |pattern: &str, text: &str| {
            LikePattern::new(pattern, None, Collation::CI_AS, true).unwrap().position(text)
        };
        assert_eq!(position("%ter%", "interesting data"), 3);
        assert_eq!(position("%en_ure%", "Please ensure the door is locked!"), 8);
        assert_eq!(position("%[^ 0-9A-z]%", "Please ensure the door is locked!"), 33);
        assert_eq!(position("ter%", "interesting data"), 0);
        assert_eq!(position("%x%", "😀x"), 3);
    }

    #[test]
    fn a_hostile_pattern_ends_in_time() {
        let pattern = "%a".repeat(200) + "%b";
        assert!(!like(&"a".repeat(5_000), &pattern, None));
    }
}
