//! What quoted and hexadecimal tokens stand for.

/// The text of `'...'`, `N'...'` or `"..."`.
pub(crate) fn string_value(raw: &str) -> String {
    let raw = raw.strip_prefix(['N', 'n']).unwrap_or(raw);
    let quote = if raw.starts_with('"') { "\"" } else { "'" };
    let inner = raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default();
    let text = inner.replace(&quote.repeat(2), quote);
    if text.contains('\\') { joined_lines(&text) } else { text }
}

/// The text without each backslash before the end of a line, and without that end.
fn joined_lines(text: &str) -> String {
    let mut joined = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let behind = &rest[at + 1..];
        let next = behind.strip_prefix("\r\n").or_else(|| behind.strip_prefix('\n'));
        joined.push_str(&rest[..if next.is_some() { at } else { at + 1 }]);
        rest = next.unwrap_or(behind);
    }
    joined.push_str(rest);
    joined
}

/// The name in `[...]` or `"..."`.
pub(crate) fn quoted_value(raw: &str) -> String {
    let inner = raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default();
    if raw.starts_with('[') { inner.replace("]]", "]") } else { inner.replace("\"\"", "\"") }
}

/// The bytes of `0x...`. An odd digit is the low half of the first byte.
pub(crate) fn binary_value(raw: &str) -> Vec<u8> {
    let digits = || raw.bytes().skip(2).filter_map(|byte| char::from(byte).to_digit(16));
    let count = digits().count();
    let mut bytes = Vec::with_capacity(count.div_ceil(2));
    let mut high = if count % 2 == 0 { None } else { Some(0) };
    for digit in digits() {
        high = match high {
            None => Some(digit),
            Some(high) => {
                bytes.extend(u8::try_from(high << 4 | digit));
                None
            }
        };
    }
    bytes
}
