//! JSON text: read into a tree that knows where each part stands in the text, and written.
//!
//! The grammar is that of RFC 8259, with SQL Server's depth of 128 and its error 13609. Parts
//! keep their text, since JSON_QUERY and OPENJSON give out what was written, blanks and all.

mod path;
mod write;

pub(crate) use path::{JsonPath, PathStep, missing};
pub(crate) use write::{json_text, moment_text};

use std::fmt::Write;

use crate::value::SqlError;

/// A part of a JSON text.
#[derive(Clone, Debug)]
pub(crate) struct Json<'t> {
    /// What was written.
    pub(crate) raw: &'t str,
    /// Where that begins in the whole text, in bytes.
    pub(crate) start: usize,
    pub(crate) content: Content<'t>,
}

#[derive(Clone, Debug)]
pub(crate) enum Content<'t> {
    Null,
    Bool,
    Number,
    /// Without quotes and escapes.
    Text(String),
    Array(Vec<Json<'t>>),
    Object(Vec<Member<'t>>),
}

/// A property of an object.
#[derive(Clone, Debug)]
pub(crate) struct Member<'t> {
    pub(crate) key: String,
    /// Where the key's quote stands, in bytes.
    pub(crate) start: usize,
    pub(crate) value: Json<'t>,
}

impl<'t> Json<'t> {
    /// Reads a whole text: any value.
    pub(crate) fn parse(text: &'t str) -> Result<Self, SqlError> {
        let mut reader = Reader { text, at: 0 };
        reader.blanks();
        let value = reader.value(0)?;
        reader.blanks();
        if reader.at < text.len() { Err(reader.unexpected()) } else { Ok(value) }
    }

    /// Reads a text that must be an object or an array, as JSON functions want it.
    pub(crate) fn document(text: &'t str) -> Result<Self, SqlError> {
        let mut reader = Reader { text, at: 0 };
        reader.blanks();
        if !matches!(reader.peek(), Some('{' | '[')) {
            return Err(reader.unexpected());
        }
        Self::parse(text)
    }

    pub(crate) fn is_container(&self) -> bool {
        matches!(self.content, Content::Array(_) | Content::Object(_))
    }

    /// The text of a value that is no container; `None` for null.
    pub(crate) fn scalar_text(&self) -> Option<String> {
        match &self.content {
            Content::Null | Content::Array(_) | Content::Object(_) => None,
            Content::Text(text) => Some(text.clone()),
            Content::Bool | Content::Number => Some(self.raw.to_owned()),
        }
    }

    /// What OPENJSON calls the type.
    pub(crate) fn type_number(&self) -> u8 {
        match self.content {
            Content::Null => 0,
            Content::Text(_) => 1,
            Content::Number => 2,
            Content::Bool => 3,
            Content::Array(_) => 4,
            Content::Object(_) => 5,
        }
    }
}

/// A text in quotes, escaped as FOR JSON does.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' | '/' => {
                out.push('\\');
                out.push(character);
            }
            '\u{8}' => out.push_str("\\b"),
            '\u{C}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0'..'\u{20}' => {
                // Writing to a String does not fail.
                write!(out, "\\u{:04x}", u32::from(character)).unwrap_or_default();
            }
            _ => out.push(character),
        }
    }
    out.push('"');
    out
}

/// The greatest depth that SQL Server reads.
const DEPTH: usize = 128;

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn blanks(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
    }

    fn unexpected(&self) -> SqlError {
        let found = self.peek().unwrap_or('.');
        let position = self.text[..self.at].encode_utf16().count();
        let text = format!(
            "JSON text is not properly formatted. Unexpected character '{found}' is found at \
             position {position}."
        );
        SqlError::new(13609, 16, 4, text)
    }

    fn take(&mut self, wanted: char) -> Result<(), SqlError> {
        if self.peek() != Some(wanted) {
            return Err(self.unexpected());
        }
        self.at += wanted.len_utf8();
        Ok(())
    }

    fn value(&mut self, depth: usize) -> Result<Json<'t>, SqlError> {
        let start = self.at;
        let content = match self.peek() {
            Some('{') if depth < DEPTH => self.object(depth + 1)?,
            Some('[') if depth < DEPTH => self.array(depth + 1)?,
            Some('{' | '[') => return Err(too_deep()),
            Some('"') => Content::Text(self.string()?),
            Some('-' | '0'..='9') => self.number()?,
            Some('t') => self.word("true", Content::Bool)?,
            Some('f') => self.word("false", Content::Bool)?,
            Some('n') => self.word("null", Content::Null)?,
            Some(_) | None => return Err(self.unexpected()),
        };
        Ok(Json { raw: &self.text[start..self.at], start, content })
    }

    fn word(&mut self, word: &str, content: Content<'t>) -> Result<Content<'t>, SqlError> {
        for character in word.chars() {
            self.take(character)?;
        }
        Ok(content)
    }

    fn digits(&mut self) -> Result<(), SqlError> {
        let rest = &self.text[self.at..];
        let count = rest.bytes().take_while(u8::is_ascii_digit).count();
        self.at += count;
        if count == 0 { Err(self.unexpected()) } else { Ok(()) }
    }

    fn number(&mut self) -> Result<Content<'t>, SqlError> {
        if self.peek() == Some('-') {
            self.at += 1;
        }
        match self.peek() {
            Some('0') => self.at += 1,
            _ => self.digits()?,
        }
        if self.peek() == Some('.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some('e' | 'E')) {
            self.at += 1;
            if matches!(self.peek(), Some('+' | '-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(Content::Number)
    }

    fn string(&mut self) -> Result<String, SqlError> {
        self.take('"')?;
        let mut units: Vec<u16> = Vec::new();
        loop {
            let Some(character) = self.peek() else { return Err(self.unexpected()) };
            match character {
                '"' => {
                    self.at += 1;
                    return Ok(String::from_utf16_lossy(&units));
                }
                '\\' => {
                    self.at += 1;
                    units.push(self.escape()?);
                }
                '\0'..'\u{20}' => return Err(self.unexpected()),
                _ => {
                    self.at += character.len_utf8();
                    units.extend_from_slice(character.encode_utf16(&mut [0; 2]));
                }
            }
        }
    }

    fn escape(&mut self) -> Result<u16, SqlError> {
        let Some(letter) = self.peek() else { return Err(self.unexpected()) };
        let unit = match letter {
            '"' | '\\' | '/' => u16::try_from(u32::from(letter)).unwrap_or_default(),
            'b' => 8,
            'f' => 12,
            'n' => 10,
            'r' => 13,
            't' => 9,
            'u' => {
                let digits = self.text.get(self.at + 1..self.at + 5);
                let digits = digits.filter(|text| text.bytes().all(|b| b.is_ascii_hexdigit()));
                let unit = digits.and_then(|text| u16::from_str_radix(text, 16).ok());
                let Some(unit) = unit else { return Err(self.unexpected()) };
                self.at += 4;
                unit
            }
            _ => return Err(self.unexpected()),
        };
        self.at += 1;
        Ok(unit)
    }

    fn array(&mut self, depth: usize) -> Result<Content<'t>, SqlError> {
        self.take('[')?;
        let mut items = Vec::new();
        self.blanks();
        while self.peek() != Some(']') {
            if !items.is_empty() {
                self.take(',')?;
                self.blanks();
            }
            items.push(self.value(depth)?);
            self.blanks();
        }
        self.at += 1;
        Ok(Content::Array(items))
    }

    fn object(&mut self, depth: usize) -> Result<Content<'t>, SqlError> {
        self.take('{')?;
        let mut members = Vec::new();
        self.blanks();
        while self.peek() != Some('}') {
            if !members.is_empty() {
                self.take(',')?;
                self.blanks();
            }
            let start = self.at;
            let key = self.string()?;
            self.blanks();
            self.take(':')?;
            self.blanks();
            members.push(Member { key, start, value: self.value(depth)? });
            self.blanks();
        }
        self.at += 1;
        Ok(Content::Object(members))
    }
}

fn too_deep() -> SqlError {
    let text = format!("JSON text has too many nested arrays or objects. The maximum is {DEPTH}.");
    SqlError::new(13606, 16, 1, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_with_its_parts_as_written() {
        let json = Json::parse(" { \"a\" : [1, 2.5e3 , \"x\\u00e9\\n\" ], \"b\":null }").unwrap();
        let Content::Object(members) = &json.content else { panic!("{json:?}") };
        assert_eq!(members[0].value.raw, "[1, 2.5e3 , \"x\\u00e9\\n\" ]");
        let Content::Array(items) = &members[0].value.content else { panic!("{json:?}") };
        assert_eq!(items[2].scalar_text().unwrap(), "xé\n");
        assert_eq!(members[1].value.type_number(), 0);
    }

    #[test]
    fn what_is_no_json_is_refused_at_its_place() {
        let message = |text| Json::parse(text).unwrap_err().message;
        for text in ["", "{", "[1,]", "{\"a\"}", "01", "tru", "\"\\x\"", "[1] 2", "{'a':1}", "\"a"]
        {
            assert_eq!(Json::parse(text).unwrap_err().number, 13609, "{text}");
        }
        assert!(message("{\"a\":x}").ends_with("character 'x' is found at position 5."));
        assert_eq!(Json::parse(&"[".repeat(200)).unwrap_err().number, 13606);
        assert_eq!(Json::document("1").unwrap_err().number, 13609);
    }

    #[test]
    fn quoting_escapes_what_for_json_escapes() {
        assert_eq!(quoted("a\"b\\c/d\n\u{1}é"), "\"a\\\"b\\\\c\\/d\\n\\u0001é\"");
        let text = "a\"b\\c/d\n\u{1}é😀";
        assert_eq!(Json::parse(&quoted(text)).unwrap().scalar_text().unwrap(), text);
    }
}
