//! The sort key of a text, for Latin script without tailoring to a locale; other scripts go by
//! code point within their letters. The order is that of `<` in expressions.

use super::{IGNORE_CASE, IGNORE_NON_SPACE, IGNORE_SYMBOLS, append_escaped};

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

/// Primary weights above this are letters of any script, by code point; below are digits,
/// symbols and blanks.
const LETTERS: u32 = 0x1000;

/// What a character weighs: base letter, then accent, then case.
struct Weight {
    primary: u32,
    accent: u8,
    is_capital: bool,
}

/// Adds the key of a text.
pub(super) fn append(text: &str, flags: i32, out: &mut Vec<u8>) {
    if text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return append_ascii(text, flags, out);
    }
    let (mut accents, mut cases) = (Vec::new(), Vec::new());
    for character in text.chars().filter(|c| !is_minor(*c)) {
        for character in expand(character).into_iter().flatten() {
            let weight = weight(character);
            if flags & IGNORE_SYMBOLS != 0 && weight.primary < 0x800 {
                continue;
            }
            out.extend_from_slice(&weight.primary.to_be_bytes()[1..]);
            accents.push(weight.accent + 1);
            cases.push(1 + u8::from(weight.is_capital));
        }
    }
    finish(text, flags, (accents, cases), out);
}

/// Letters and digits of ASCII: the same without tables.
fn append_ascii(text: &str, flags: i32, out: &mut Vec<u8>) {
    let mut cases = Vec::with_capacity(text.len());
    for byte in text.bytes() {
        let small = byte.to_ascii_lowercase();
        let primary = match byte {
            b'0'..=b'9' => 0x800 + u32::from(byte - b'0'),
            _ => LETTERS + u32::from(small),
        };
        out.extend_from_slice(&primary.to_be_bytes()[1..]);
        cases.push(1 + u8::from(byte.is_ascii_uppercase()));
    }
    let accents = vec![1; cases.len()];
    finish(text, flags, (accents, cases), out);
}

fn finish(text: &str, flags: i32, (accents, cases): (Vec<u8>, Vec<u8>), out: &mut Vec<u8>) {
    out.extend_from_slice(&[0, 0, 0]);
    if flags & IGNORE_NON_SPACE == 0 {
        append_level(&accents, out);
    }
    if flags & IGNORE_CASE == 0 {
        append_level(&cases, out);
    }
    if flags & IGNORE_SYMBOLS == 0 {
        let minors = text.chars().filter(|c| is_minor(*c)).count();
        out.extend_from_slice(&u32::try_from(minors).unwrap_or(u32::MAX).to_be_bytes());
    }
    if flags == 0 {
        append_escaped(text.as_bytes(), out);
    }
}

/// The weights of a level up to the last that is not the least.
fn append_level(weights: &[u8], out: &mut Vec<u8>) {
    let end = weights.iter().rposition(|&weight| weight != 1).map_or(0, |last| last + 1);
    out.extend_from_slice(&weights[..end]);
    out.push(0);
}

/// Hyphen and apostrophe decide only between texts that are otherwise alike.
const fn is_minor(character: char) -> bool {
    matches!(character, '-' | '\'')
}

/// Two letters for a ligature.
const fn expand(character: char) -> [Option<char>; 2] {
    match character {
        'ß' => [Some('s'), Some('s')],
        'æ' => [Some('a'), Some('e')],
        'Æ' => [Some('A'), Some('E')],
        'œ' => [Some('o'), Some('e')],
        'Œ' => [Some('O'), Some('E')],
        _ => [Some(character), None],
    }
}

fn weight(character: char) -> Weight {
    let small = character.to_lowercase().next().unwrap_or(character);
    let is_capital = small != character;
    let plain = |primary| Weight { primary, accent: 0, is_capital };
    if small.is_ascii_lowercase() {
        return plain(LETTERS + u32::from(small));
    }
    if let Some(digit) = character.to_digit(10) {
        return plain(0x800 + digit);
    }
    if let Some(at) = SYMBOLS.find(character) {
        return plain(0x100 + u32::try_from(at).unwrap_or(0));
    }
    if character.is_whitespace() || character.is_control() {
        return plain(1 + u32::from(character) % 0x100);
    }
    for (base, accents) in ACCENTED {
        if let Some(at) = accents.chars().position(|accented| accented == small) {
            let accent = u8::try_from(at).unwrap_or(0) + 1;
            return Weight { primary: LETTERS + u32::from(*base), accent, is_capital };
        }
    }
    if character.is_alphabetic() {
        plain(LETTERS + u32::from(small))
    } else {
        plain(0x200 + u32::from(character) % 0x600)
    }
}
