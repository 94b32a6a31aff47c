//! JSON paths: `lax $.name."other name"[0]`.
//!
//! Source: T-SQL reference, "JSON Path Expressions"; errors 13607, 13608.

use super::{Content, Json};
use crate::value::SqlError;

/// A path into a JSON text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JsonPath {
    /// Whether what is not there is an error.
    pub(crate) strict: bool,
    /// `append`, for JSON_MODIFY.
    pub(crate) append: bool,
    pub(crate) steps: Vec<PathStep>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PathStep {
    Key(String),
    Index(usize),
}

impl JsonPath {
    /// Reads a path.
    pub(crate) fn parse(text: &str) -> Result<Self, SqlError> {
        let mut reader = Reader { text, rest: text.trim_start() };
        let append = reader.word("append");
        let strict = reader.word("strict");
        if !strict {
            reader.word("lax");
        }
        reader.take('$')?;
        let mut steps = Vec::new();
        while !reader.rest.is_empty() {
            steps.push(reader.step()?);
        }
        Ok(Self { strict, append, steps })
    }

    /// The part that the path leads to.
    pub(crate) fn find<'j, 't>(&self, json: &'j Json<'t>) -> Option<&'j Json<'t>> {
        self.steps.iter().try_fold(json, |json, step| step.of(json))
    }

    /// The part, or with `strict` an error where it is not there.
    pub(crate) fn get<'j, 't>(&self, json: &'j Json<'t>) -> Result<Option<&'j Json<'t>>, SqlError> {
        match self.find(json) {
            None if self.strict => Err(missing()),
            found => Ok(found),
        }
    }
}

/// Nothing is where a strict path leads.
pub(crate) fn missing() -> SqlError {
    SqlError::new(13608, 16, 2, "Property cannot be found on the specified JSON path.")
}

impl PathStep {
    fn of<'j, 't>(&self, json: &'j Json<'t>) -> Option<&'j Json<'t>> {
        match (self, &json.content) {
            (Self::Key(key), Content::Object(members)) => {
                members.iter().find(|member| member.key == *key).map(|member| &member.value)
            }
            (Self::Index(index), Content::Array(items)) => items.get(*index),
            _ => None,
        }
    }
}

struct Reader<'t> {
    text: &'t str,
    rest: &'t str,
}

impl<'t> Reader<'t> {
    fn unexpected(&self) -> SqlError {
        let found = self.rest.chars().next().unwrap_or('.');
        let position = self.text[..self.text.len() - self.rest.len()].encode_utf16().count();
        let text = format!(
            "JSON path is not properly formatted. Unexpected character '{found}' is found at \
             position {position}."
        );
        SqlError::new(13607, 16, 4, text)
    }

    fn word(&mut self, word: &str) -> bool {
        match self.rest.strip_prefix(word) {
            Some(rest) if rest.starts_with(char::is_whitespace) => {
                self.rest = rest.trim_start();
                true
            }
            Some(_) | None => false,
        }
    }

    fn take(&mut self, wanted: char) -> Result<(), SqlError> {
        match self.rest.strip_prefix(wanted) {
            Some(rest) => {
                self.rest = rest;
                Ok(())
            }
            None => Err(self.unexpected()),
        }
    }

    fn step(&mut self) -> Result<PathStep, SqlError> {
        if let Some(rest) = self.rest.strip_prefix('[') {
            self.rest = rest;
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let Ok(index) = rest[..digits].parse() else { return Err(self.unexpected()) };
            self.rest = &rest[digits..];
            self.take(']')?;
            return Ok(PathStep::Index(index));
        }
        self.take('.')?;
        if self.rest.starts_with('"') {
            return self.quoted();
        }
        let name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$');
        let end = self.rest.find(|c| !name(c)).unwrap_or(self.rest.len());
        if end == 0 || self.rest.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(self.unexpected());
        }
        let (key, rest) = self.rest.split_at(end);
        self.rest = rest;
        Ok(PathStep::Key(key.to_owned()))
    }

    fn quoted(&mut self) -> Result<PathStep, SqlError> {
        let mut end = 1;
        let bytes = self.rest.as_bytes();
        while end < bytes.len() && bytes[end] != b'"' {
            end += if bytes[end] == b'\\' { 2 } else { 1 };
        }
        let Some(text) = self.rest.get(..=end) else { return Err(self.unexpected()) };
        let key = Json::parse(text)?.scalar_text().unwrap_or_default();
        self.rest = &self.rest[end + 1..];
        Ok(PathStep::Key(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_finds_its_part() {
        let json = Json::parse("{\"a\":{\"b c\":[10,{\"d\":7}]}}").unwrap();
        let found = |path| JsonPath::parse(path).unwrap().find(&json).map(|json| json.raw);
        assert_eq!(found("$.a.\"b c\"[1].d"), Some("7"));
        assert_eq!(found("lax $.a.\"b c\"[0]"), Some("10"));
        assert_eq!(found("$.A"), None);
        assert_eq!(found("$.a[0]"), None);
        assert_eq!(found("$").map(str::len), Some(json.raw.len()));
    }

    #[test]
    fn a_strict_path_wants_its_part_and_a_broken_one_is_refused() {
        let json = Json::parse("{}").unwrap();
        let strict = JsonPath::parse("strict $.a").unwrap();
        assert_eq!(strict.get(&json).unwrap_err().number, 13608);
        assert!(JsonPath::parse("append lax $.a").unwrap().append);
        for path in ["", "a", "$a", "$.", "$[x]", "$[1", "$.a b", "$.\"a", "strict$.a", "$.1a"] {
            assert_eq!(JsonPath::parse(path).unwrap_err().number, 13607, "{path}");
        }
    }
}
