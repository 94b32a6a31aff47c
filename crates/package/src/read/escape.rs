//! `_xHHHH_`: a character that its place in the document could not hold, by its UTF-16 number.

use std::borrow::Cow;

/// The text that an escaped text means. What only looks like an escape stays as it is.
pub(crate) fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains("_x") {
        return Cow::Borrowed(text);
    }
    let mut units: Vec<u16> = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        if let Some(unit) = unit_at(rest) {
            units.push(unit);
            rest = &rest[7..];
            continue;
        }
        units.extend(character.encode_utf16(&mut [0; 2]).iter());
        rest = &rest[character.len_utf8()..];
    }
    Cow::Owned(String::from_utf16_lossy(&units))
}

/// The unit of an escape that the text begins with.
fn unit_at(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("_x")?.get(..4)?;
    let all_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !all_hex || text.as_bytes().get(6) != Some(&b'_') {
        return None;
    }
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_become_the_characters_they_mean() {
        assert_eq!(unescape("_x000D__x000A_"), "\r\n");
        assert_eq!(unescape("_x003C_none_x003E_"), "<none>");
        assert_eq!(unescape("_xD83D__xDE00_"), "😀");
        assert_eq!(unescape("_x005F_x0041_"), "_x0041_");
        assert_eq!(unescape("a_xé_x12"), "a_xé_x12");
    }
}
