//! Code page 1252: what a `varchar` can hold, byte by byte.
//!
//! Source: the Windows 1252 table; characters it lacks become `?`, as in SQL Server.

/// The characters of bytes 0x80 to 0x9F; the five unused bytes stand for themselves.
const HIGH: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8D}', 'Ž', '\u{8F}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9D}', 'ž', 'Ÿ',
];

/// The byte of a character, if the page has it.
pub(crate) fn byte_of(character: char) -> Option<u8> {
    let code = u32::from(character);
    if code < 0x80 || (0xA0..=0xFF).contains(&code) {
        return u8::try_from(code).ok();
    }
    let at = HIGH.iter().position(|&high| high == character)?;
    u8::try_from(at + 0x80).ok()
}

/// The character of a byte.
pub(crate) fn char_of(byte: u8) -> char {
    match byte {
        0x80..=0x9F => HIGH[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

/// The text with every character that the page lacks as `?`; one outside the basic plane, being
/// two units of `nvarchar`, as two.
pub(crate) fn fit_code_page(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let mut fitted = String::with_capacity(text.len());
    for character in text.chars() {
        match byte_of(character) {
            Some(_) => fitted.push(character),
            None => fitted.push_str(&"?".repeat(character.len_utf16())),
        }
    }
    fitted
}

/// The bytes of a `varchar`.
pub(crate) fn to_code_page(text: &str) -> Vec<u8> {
    text.chars().map(|character| byte_of(character).unwrap_or(b'?')).collect()
}

/// The `varchar` of these bytes.
pub(crate) fn from_code_page(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| char_of(byte)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_comes_back() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(to_code_page(&from_code_page(&all)), all);
    }

    #[test]
    fn what_the_page_lacks_becomes_question_marks() {
        assert_eq!(fit_code_page("a€ä語😀"), "a€ä???");
    }
}
