//! The order of texts for `<`, `>`, `<=`, `>=`: linguistic, not by code points.
//!
//! SSIS compares as Windows does for people: punctuation before digits before letters, letters
//! by their base letter first, then by accent, then small before capital; hyphen and apostrophe
//! count last ("word sort"). This is that order for Latin script without locale tailoring; other
//! scripts go by code point within their letters. Equality (`==`) is ordinal and not decided here.

use std::cmp::Ordering;

/// What a character weighs: base letter, then accent, then case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weight {
    /// The base letter, digit or symbol; below [`DIGITS`] are symbols and blanks.
    pub primary: u32,
    /// The accent, 0 for none.
    pub accent: u8,
    /// Whether it is a capital letter.
    pub is_capital: bool,
}

/// Punctuation and symbols in their order.
const SYMBOLS: &str = "_-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$";

/// Accented letters by the letter that they are accents of, in the order of the accents.
const ACCENTED: &[(char, &str)] = &[
    ('a', "áàăâåäãąā"),
    ('c', "ćĉčċç"),
    ('d', "ďđ"),
    ('e', "éèĕêěëėęē"),
    ('g', "ğĝġģ"),
    ('h', "ĥħ"),
    ('i', "íìĭîïĩįīı"),
    ('j', "ĵ"),
    ('k', "ķ"),
    ('l', "ĺľļł"),
    ('n', "ńňñņ"),
    ('o', "óòŏôöőõøō"),
    ('r', "ŕřŗ"),
    ('s', "śŝšş"),
    ('t', "ťţŧ"),
    ('u', "úùŭûůüűũųū"),
    ('w', "ŵ"),
    ('y', "ýŷÿ"),
    ('z', "źžż"),
];

/// The primary weight of the digit 0.
pub const DIGITS: u32 = 0x800;

/// The primary weight of a letter is this and its code point in lower case, in any script.
pub const LETTERS: u32 = 0x1000;

fn weight(character: char) -> Weight {
    let small = character.to_lowercase().next().unwrap_or(character);
    let is_capital = small != character;
    if small.is_ascii_lowercase() {
        return Weight { primary: LETTERS + u32::from(small), accent: 0, is_capital };
    }
    if let Some(digit) = character.to_digit(10) {
        return Weight { primary: DIGITS + digit, accent: 0, is_capital };
    }
    if let Some(at) = SYMBOLS.find(character) {
        let primary = 0x100 + u32::try_from(at).unwrap_or(0);
        return Weight { primary, accent: 0, is_capital };
    }
    if character.is_whitespace() || character.is_control() {
        return Weight { primary: 1 + u32::from(character) % 0x100, accent: 0, is_capital };
    }
    for (base, accents) in ACCENTED {
        if let Some(at) = accents.chars().position(|accented| accented == small) {
            let accent = u8::try_from(at).unwrap_or(0) + 1;
            return Weight { primary: LETTERS + u32::from(*base), accent, is_capital };
        }
    }
    let class = if character.is_alphabetic() { LETTERS } else { 0x200 };
    let primary = if class == LETTERS {
        class + u32::from(small)
    } else {
        class + u32::from(character) % 0x600
    };
    Weight { primary, accent: 0, is_capital }
}

/// Two letters for a ligature.
fn expand(character: char) -> [Option<char>; 2] {
    match character {
        'ß' => [Some('s'), Some('s')],
        'æ' => [Some('a'), Some('e')],
        'Æ' => [Some('A'), Some('E')],
        'œ' => [Some('o'), Some('e')],
        'Œ' => [Some('O'), Some('E')],
        _ => [Some(character), None],
    }
}

/// What the characters of a text weigh, ligatures taken apart and minor ones left out.
pub fn weights(text: &str) -> impl Iterator<Item = Weight> {
    text.chars().filter(|c| !is_minor(*c)).flat_map(expand).flatten().map(weight)
}

/// Hyphen and apostrophe decide only between texts that are otherwise alike.
pub const fn is_minor(character: char) -> bool {
    matches!(character, '-' | '\'')
}

/// The linguistic order of two texts.
pub fn compare(a: &str, b: &str) -> Ordering {
    if a == b {
        return Ordering::Equal;
    }
    let (mut accents, mut cases) = (Ordering::Equal, Ordering::Equal);
    let (mut left, mut right) = (weights(a), weights(b));
    loop {
        let (x, y) = match (left.next(), right.next()) {
            (Some(x), Some(y)) => (x, y),
            (None, None) => break,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
        };
        if x.primary != y.primary {
            return x.primary.cmp(&y.primary);
        }
        accents = accents.then(x.accent.cmp(&y.accent));
        cases = cases.then(x.is_capital.cmp(&y.is_capital));
    }
    let minors = a.chars().filter(|c| is_minor(*c)).count();
    let other_minors = b.chars().filter(|c| is_minor(*c)).count();
    accents.then(cases).then(minors.cmp(&other_minors)).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_measured_pairs_compare_as_measured() {
        for (a, b) in [("a", "A"), ("a", "B"), ("a", "Z"), ("_", "a"), ("1", "a")] {
            assert_eq!(compare(a, b), Ordering::Less, "{a} {b}");
            assert_eq!(compare(b, a), Ordering::Greater, "{b} {a}");
        }
    }

    #[test]
    fn letters_decide_before_accents_and_accents_before_case() {
        let mut words =
            ["Zebra", "élan", "Elan", "elan", "co-op", "coop", "coat", "zebra", "10", "_x"];
        words.sort_by(|a, b| compare(a, b));
        let sorted =
            ["_x", "10", "coat", "coop", "co-op", "elan", "Elan", "élan", "zebra", "Zebra"];
        assert_eq!(words, sorted);
    }
}
