//! A connection string: `key=value;` pairs, a path or a URL.

use std::fmt;

/// A connection string. It shows itself without the password that it may hold.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ConnectionString(String);

/// Names that mean the same, in OLE DB, ODBC and .NET connection strings.
const SYNONYMS: &[&[&str]] = &[
    &["Data Source", "Server", "Address", "Addr", "Network Address"],
    &["Initial Catalog", "Database"],
    &["User ID", "UID", "User"],
    &["Password", "PWD"],
];

/// What stands in for a password.
const MASK: &str = "***";

impl ConnectionString {
    /// Takes a connection string as it is.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The connection string itself. It may hold a password: for connecting, not for showing.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The connection string with a mask for the password.
    pub fn redacted(&self) -> String {
        let mut shown = self.clone();
        if shown.get("Password").is_some_and(|password| !password.is_empty()) {
            shown.set("Password", MASK);
        }
        shown.0
    }

    /// The value of a key or of a synonym of it, in any letter case, without its quotes.
    pub fn get(&self, key: &str) -> Option<String> {
        let pair = self.pairs().into_iter().rfind(|pair| pair.is(key))?;
        Some(pair.value)
    }

    /// Sets the value of a key, or of the synonym that is there already.
    pub fn set(&mut self, key: &str, value: &str) {
        let quoted = quote(value);
        if let Some(pair) = self.pairs().into_iter().rfind(|pair| pair.is(key)) {
            self.0.replace_range(pair.value_at.0..pair.value_at.1, &quoted);
            return;
        }
        if !self.0.is_empty() && !self.0.ends_with(';') {
            self.0.push(';');
        }
        self.0.push_str(&format!("{key}={quoted};"));
    }

    /// Takes a key out and gives its value.
    pub fn take(&mut self, key: &str) -> Option<String> {
        let pair = self.pairs().into_iter().rfind(|pair| pair.is(key))?;
        self.0.replace_range(pair.at.0..pair.at.1, "");
        Some(pair.value)
    }

    fn pairs(&self) -> Vec<Pair> {
        let mut pairs = Vec::new();
        let mut start = 0;
        while start < self.0.len() {
            let end = end_of_pair(&self.0, start);
            pairs.extend(Pair::parse(&self.0, start, end));
            start = end + 1;
        }
        pairs
    }
}

/// One `key=value`, and where it is.
struct Pair {
    key: String,
    value: String,
    value_at: (usize, usize),
    /// With the semicolon behind it.
    at: (usize, usize),
}

impl Pair {
    fn parse(text: &str, start: usize, end: usize) -> Option<Self> {
        let equals = start + text[start..end].find('=')?;
        let raw = text[equals + 1..end].trim();
        let lead = text[equals + 1..end].len() - text[equals + 1..end].trim_start().len();
        let value_start = equals + 1 + lead;
        let quote = raw.chars().next().filter(|first| matches!(first, '"' | '\''));
        let value = match quote {
            Some(quote) if 2 <= raw.len() && raw.ends_with(quote) => {
                raw[1..raw.len() - 1].replace(&format!("{quote}{quote}"), &quote.to_string())
            }
            _ => raw.to_owned(),
        };
        Some(Self {
            key: text[start..equals].trim().to_owned(),
            value,
            value_at: (value_start, value_start + raw.len()),
            at: (start, (end + 1).min(text.len())),
        })
    }

    fn is(&self, key: &str) -> bool {
        let same = |name: &str| name.eq_ignore_ascii_case(&self.key);
        if same(key) {
            return true;
        }
        let group =
            SYNONYMS.iter().find(|group| group.iter().any(|name| name.eq_ignore_ascii_case(key)));
        group.is_some_and(|group| group.iter().any(|name| same(name)))
    }
}

/// Where a pair ends: at the next semicolon outside quotes and braces. A quote counts only where
/// a value begins with it.
fn end_of_pair(text: &str, start: usize) -> usize {
    let mut open: Option<char> = None;
    let mut at_value_start = false;
    let mut characters = text[start..].char_indices().peekable();
    while let Some((offset, character)) = characters.next() {
        match open {
            Some(quote) => {
                // A quote within quotes is doubled.
                let closes =
                    quote == character && characters.next_if(|&(_, next)| next == quote).is_none();
                open = (!closes).then_some(quote);
            }
            None if character == ';' => return start + offset,
            None if character == '=' => at_value_start = true,
            None if at_value_start && !character.is_whitespace() => {
                at_value_start = false;
                open = match character {
                    '"' | '\'' => Some(character),
                    '{' => Some('}'),
                    _ => None,
                };
            }
            None => {}
        }
    }
    text.len()
}

/// The value as it stands in a connection string.
fn quote(value: &str) -> String {
    let plain = !value.contains([';', '"', '\'', '{']) && value.trim() == value;
    let braced = value.starts_with('{') && value.find('}') == Some(value.len() - 1);
    if plain || braced { value.to_owned() } else { double_quoted(value) }
}

fn double_quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('"', "\"\""))
}

impl fmt::Debug for ConnectionString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.redacted(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        let string = ConnectionString::new("Data Source=.;User ID=sa;PWD=\"p;w\";Provider=x;");
        assert_eq!(string.get("Password").as_deref(), Some("p;w"));
        insta::assert_snapshot!(
            format!("{string:?}"),
            @r#""Data Source=.;User ID=sa;PWD=***;Provider=x;""#
        );
    }

    #[test]
    fn a_synonym_is_changed_in_place() {
        let mut string = ConnectionString::new("server=a;database=b");
        string.set("Data Source", "c;d");
        string.set("Provider", "x");
        assert_eq!(string.as_str(), "server=\"c;d\";database=b;Provider=x;");
        assert_eq!(string.get("Initial Catalog").as_deref(), Some("b"));
        assert_eq!(string.take("Server").as_deref(), Some("c;d"));
        assert_eq!(string.as_str(), "database=b;Provider=x;");
    }

    #[test]
    fn a_path_is_left_alone() {
        let string = ConnectionString::new(r"C:\Data\a=b.csv");
        assert_eq!(string.as_str(), r"C:\Data\a=b.csv");
        assert_eq!(string.redacted(), r"C:\Data\a=b.csv");
    }

    proptest::proptest! {
        #[test]
        fn what_is_set_is_what_is_there(value in ".{0,20}", other in "[a-z{}\"';= ]{0,20}") {
            let mut string = ConnectionString::new("Server=a;PWD=b;Provider=c");
            string.set("Data Source", &value);
            proptest::prop_assert_eq!(string.get("Server"), Some(value.clone()));
            proptest::prop_assert_eq!(string.get("Provider"), Some("c".to_owned()));
            let mut any = ConnectionString::new(other);
            any.set("Key", &value);
            proptest::prop_assert!(any.redacted().len() <= any.as_str().len() + MASK.len());
        }
    }
}
