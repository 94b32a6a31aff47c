//! The sort key of a text, for Latin script without tailoring to a locale; other scripts go by
//! code point within their letters. The order is that of `<` in expressions.

use expression::collate::{DIGITS, LETTERS, is_minor, weights};

use super::{IGNORE_CASE, IGNORE_NON_SPACE, IGNORE_SYMBOLS, ORDINAL, append_escaped};

/// Adds the key of a text.
pub(super) fn append(text: &str, flags: i32, out: &mut Vec<u8>) {
    if flags == ORDINAL {
        return append_escaped(text.as_bytes(), out);
    }
    if text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return append_ascii(text, flags, out);
    }
    let (mut accents, mut cases) = (Vec::new(), Vec::new());
    for weight in weights(text) {
        if flags & IGNORE_SYMBOLS != 0 && weight.primary < DIGITS {
            continue;
        }
        out.extend_from_slice(&weight.primary.to_be_bytes()[1..]);
        accents.push(weight.accent + 1);
        cases.push(1 + u8::from(weight.is_capital));
    }
    finish(text, flags, (accents, cases), out);
}

/// Letters and digits of ASCII: the same without tables.
fn append_ascii(text: &str, flags: i32, out: &mut Vec<u8>) {
    let mut cases = Vec::with_capacity(text.len());
    for byte in text.bytes() {
        let small = byte.to_ascii_lowercase();
        let primary = match byte {
            b'0'..=b'9' => DIGITS + u32::from(byte - b'0'),
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
