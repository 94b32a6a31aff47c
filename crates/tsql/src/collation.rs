//! Collations: when two texts are equal, and which comes first.
//!
//! Two families: linguistic comparison, with or without case and accents, and code points
//! (`_BIN`, `_BIN2`). Trailing blanks never count: the shorter text is padded. The catalog and
//! new databases have `SQL_Latin1_General_CP1_CI_AS`, case-insensitive and accent-sensitive.
//!
//! Equality is exact for letters with case or accents in Latin, Greek and Cyrillic, composed or
//! not; `ß`, `æ` and `œ` equal `ss`, `ae` and `oe`. Order is blanks, punctuation, digits, then
//! letters by base letter, with accents and case only breaking ties; characters outside ASCII
//! and without a Latin base letter follow in code point order.
//!
//! Source: T-SQL reference, "Collation and Unicode support", "COLLATE", "Windows collation name".

mod letters;

use std::cmp::Ordering;

use crate::value::SqlError;

/// How texts compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Collation {
    /// By code points, nothing else counting.
    pub binary: bool,
    /// Whether `a` and `A` differ.
    pub case_sensitive: bool,
    /// Whether `a` and `á` differ.
    pub accent_sensitive: bool,
}

/// What a character weighs: letters first, then accents, then case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Weight {
    primary: u32,
    accent: u16,
    upper: bool,
}

/// A blank, which the shorter text is padded with.
const BLANK: Weight = Weight { primary: PUNCTUATION, accent: 0, upper: false };
/// The first weight of ASCII punctuation; control characters are below.
const PUNCTUATION: u32 = 100;
/// Punctuation in its order.
const MARKS: &[u8] = b" '-!\"#$%&()*,./:;?@[\\]^_`{|}~+<=>";
/// The weight of `0`.
const DIGITS: u32 = 200;
/// The weight of `a`.
const LETTERS: u32 = 300;
/// Where characters without a place of their own begin.
const OTHERS: u32 = 1_000;

impl Default for Collation {
    fn default() -> Self {
        Self::CI_AS
    }
}

impl Collation {
    /// `SQL_Latin1_General_CP1_CI_AS`, the collation of the catalog.
    pub const CI_AS: Self = Self { binary: false, case_sensitive: false, accent_sensitive: true };
    /// `Latin1_General_BIN2`.
    pub const BIN2: Self = Self { binary: true, case_sensitive: true, accent_sensitive: true };
    /// The name of [`Self::CI_AS`].
    pub const DEFAULT_NAME: &'static str = "SQL_Latin1_General_CP1_CI_AS";

    /// The collation of this name, `DATABASE_DEFAULT` and `CATALOG_DEFAULT` among them.
    pub fn named(name: &str) -> Result<Self, SqlError> {
        let upper = name.to_ascii_uppercase();
        if matches!(upper.as_str(), "DATABASE_DEFAULT" | "CATALOG_DEFAULT") {
            return Ok(Self::CI_AS);
        }
        let unknown = || SqlError::collation_unknown(name);
        let parts: Vec<&str> = upper.split('_').collect();
        let last = parts[parts.len() - 1];
        let latin = ["LATIN1", "SQL"].contains(&parts[0]) && parts.contains(&"GENERAL");
        let has = |part: &str| parts.contains(&part);
        let case = (has("CI"), has("CS"));
        let accent = (has("AI"), has("AS"));
        let binary = matches!(last, "BIN" | "BIN2");
        if !binary && (case.0 == case.1 || accent.0 == accent.1) {
            return Err(unknown());
        }
        if !latin {
            return Err(SqlError::unsupported(&format!("Collation {name}")));
        }
        if binary {
            return Ok(Self::BIN2);
        }
        Ok(Self { binary: false, case_sensitive: case.1, accent_sensitive: accent.1 })
    }

    /// Which text comes first; `Equal` is equal for `=`, DISTINCT and GROUP BY too.
    pub fn compare(self, left: &str, right: &str) -> Ordering {
        if self.binary {
            return padded(left.chars(), right.chars(), ' ', |a, b| a.cmp(&b));
        }
        let mut accent = Ordering::Equal;
        let mut case = Ordering::Equal;
        let step = |a: Weight, b: Weight| {
            accent = accent.then(a.accent.cmp(&b.accent));
            case = case.then(a.upper.cmp(&b.upper));
            a.primary.cmp(&b.primary)
        };
        let primary = if left.is_ascii() && right.is_ascii() {
            padded(left.bytes().map(ascii_weight), right.bytes().map(ascii_weight), BLANK, step)
        } else {
            padded(weights(left).into_iter(), weights(right).into_iter(), BLANK, step)
        };
        let accent = if self.accent_sensitive { accent } else { Ordering::Equal };
        let case = if self.case_sensitive { case } else { Ordering::Equal };
        primary.then(accent).then(case)
    }

    /// Whether two texts are equal.
    pub fn equal(self, left: &str, right: &str) -> bool {
        self.compare(left, right) == Ordering::Equal
    }

    /// A key that is equal just where the texts are: to hash by, not to sort by.
    pub fn key(self, text: &str) -> Box<[u64]> {
        let text = text.trim_end_matches(' ');
        if self.binary {
            return text.chars().map(|character| u64::from(u32::from(character))).collect();
        }
        weights(text).into_iter().map(|weight| self.pack(weight)).collect()
    }

    /// What a single character counts as when searching: equal for equal characters. Here a
    /// ligature is one character of its own.
    pub fn unit(self, character: char) -> u64 {
        if self.binary { u64::from(u32::from(character)) } else { self.pack(weight(character)) }
    }

    /// Every character of a text as [`Self::unit`] counts it.
    pub fn units(self, text: &str) -> Vec<u64> {
        text.chars().map(|character| self.unit(character)).collect()
    }

    /// Which of two characters comes first, for ranges such as `[a-f]`.
    pub fn compare_characters(self, left: char, right: char) -> Ordering {
        if self.binary {
            return left.cmp(&right);
        }
        let (a, b) = (weight(left), weight(right));
        let accent = if self.accent_sensitive { a.accent.cmp(&b.accent) } else { Ordering::Equal };
        let case = if self.case_sensitive { a.upper.cmp(&b.upper) } else { Ordering::Equal };
        a.primary.cmp(&b.primary).then(accent).then(case)
    }

    /// All that counts of a weight: 21 bits of primary, 14 of accent, one of case.
    fn pack(self, weight: Weight) -> u64 {
        let accent = if self.accent_sensitive { u64::from(weight.accent) } else { 0 };
        let upper = u64::from(self.case_sensitive && weight.upper);
        u64::from(weight.primary) | accent << 21 | upper << 36
    }
}

/// Compares item by item, the shorter side going on with `fill`.
fn padded<T: Copy>(
    mut left: impl Iterator<Item = T>,
    mut right: impl Iterator<Item = T>,
    fill: T,
    mut compare: impl FnMut(T, T) -> Ordering,
) -> Ordering {
    loop {
        let (a, b) = (left.next(), right.next());
        if a.is_none() && b.is_none() {
            return Ordering::Equal;
        }
        let order = compare(a.unwrap_or(fill), b.unwrap_or(fill));
        if order != Ordering::Equal {
            return order;
        }
    }
}

fn ascii_weight(byte: u8) -> Weight {
    let lower = byte.to_ascii_lowercase();
    let primary = match lower {
        b'a'..=b'z' => LETTERS + u32::from(lower - b'a') * 4,
        b'0'..=b'9' => DIGITS + u32::from(lower - b'0'),
        _ => match MARKS.iter().position(|&mark| mark == lower) {
            Some(at) => PUNCTUATION + u32::try_from(at).unwrap_or(0),
            None => u32::from(lower.min(99)),
        },
    };
    Weight { primary, accent: 0, upper: byte != lower }
}

fn weight(character: char) -> Weight {
    if character.is_ascii() {
        return ascii_weight(character as u8);
    }
    let mut folded = character.to_lowercase();
    let lower = match (folded.next(), folded.next()) {
        (Some(lower), None) => lower,
        _ => character,
    };
    let upper = lower != character;
    let found = letters::COMPOSED.binary_search_by(|entry| entry.0.cmp(&lower));
    match found.ok().map(|at| letters::COMPOSED[at]) {
        Some((_, base, accent)) => Weight { accent, upper, ..weight(base) },
        None => Weight { primary: OTHERS + u32::from(lower), accent: 0, upper },
    }
}

/// The weights of a text: ligatures as their letters, combining marks on the letter before them.
fn weights(text: &str) -> Vec<Weight> {
    let mut found: Vec<Weight> = Vec::with_capacity(text.len());
    for character in text.chars() {
        let code = u32::from(character);
        if let (0x300..0x370, Some(last)) = (code, found.last_mut()) {
            let mark = u16::try_from(code - 0x300 + 1).unwrap_or(0);
            last.accent = if last.accent == 0 { mark } else { last.accent | mark << 7 };
            continue;
        }
        let Some(letters) = ligature(character) else {
            found.push(weight(character));
            continue;
        };
        let upper = character.is_uppercase();
        found.extend(letters.bytes().map(|byte| Weight { upper, ..ascii_weight(byte) }));
    }
    found
}

/// The letters that a ligature equals.
const fn ligature(character: char) -> Option<&'static str> {
    match character {
        'ß' => Some("ss"),
        'æ' | 'Æ' => Some("ae"),
        'œ' | 'Œ' => Some("oe"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_does_not_count_and_accents_do() {
        let equal = |a, b| Collation::CI_AS.equal(a, b);
        assert!(equal("Finance", "FINANCE"));
        assert!(equal("Ärger", "äRGER"));
        assert!(equal("ПРИВЕТ", "привет"));
        assert!(!equal("resume", "résumé"));
        assert!(equal("straße", "STRASSE"));
        assert!(equal("e\u{301}tude", "étude"));
        assert!(!equal("a", "b"));
        assert!(!equal("a", "\u{1F600}"));
    }

    #[test]
    fn trailing_blanks_do_not_count_and_leading_ones_do() {
        for collation in [Collation::CI_AS, Collation::BIN2] {
            assert!(collation.equal("abc", "abc   "));
            assert!(!collation.equal("abc", " abc"));
            assert!(collation.equal("", "  "));
            assert_eq!(collation.key("abc"), collation.key("abc  "));
        }
        assert_eq!(Collation::CI_AS.compare("a\t", "a"), Ordering::Less);
    }

    #[test]
    fn accents_break_ties_only() {
        let mut words = ["cote", "côté", "Cote", "coté", "coteau", "_x", "9", "a b", "ab", "B"];
        words.sort_by(|a, b| Collation::CI_AS.compare(a, b));
        assert_eq!(words, ["_x", "9", "a b", "ab", "B", "cote", "Cote", "coté", "côté", "coteau"]);
    }

    #[test]
    fn binary_order_is_by_code_point() {
        assert_eq!(Collation::BIN2.compare("B", "a"), Ordering::Less);
        assert!(!Collation::BIN2.equal("a", "A"));
    }

    #[test]
    fn keys_are_equal_just_where_texts_are() {
        let words = ["a", "A", "á", "Á", "ä", "ss", "ß", "SS", "a ", "ab", "", " ", "語", "b"];
        let cs = Collation::named("Latin1_General_CS_AS").unwrap();
        let ai = Collation::named("Latin1_General_100_CI_AI_SC").unwrap();
        for collation in [Collation::CI_AS, Collation::BIN2, cs, ai] {
            for a in words {
                for b in words {
                    let equal = collation.equal(a, b);
                    assert_eq!(equal, collation.key(a) == collation.key(b), "{a:?} {b:?}");
                }
            }
        }
        assert!(ai.equal("resume", "RÉSUMÉ"));
        assert!(!cs.equal("a", "A"));
    }

    #[test]
    fn an_unknown_collation_is_refused_by_name() {
        assert_eq!(Collation::named(Collation::DEFAULT_NAME), Ok(Collation::CI_AS));
        assert_eq!(Collation::named("Klingon").unwrap_err().number, 448);
        assert_eq!(Collation::named("French_CI_AS").unwrap_err().number, 40514);
        assert_eq!(Collation::named("Latin1_General_BIN").unwrap(), Collation::BIN2);
    }

    #[test]
    fn the_table_of_letters_is_sorted() {
        assert!(letters::COMPOSED.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}
