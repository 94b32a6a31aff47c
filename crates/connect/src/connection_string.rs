//! Connection strings: `key=value;key="va;lue";...`, as OLE DB, ADO.NET and ODBC write them.
//!
//! Keys are compared in any letter case and without the difference between `UserID` and
//! `User ID`; a later key replaces an earlier one (ADO.NET and OLE DB), except in ODBC, where the
//! first one counts. `Debug` never shows values, because one of them may be a password.

use std::fmt;

/// Whose rules for quoting and repeated keys count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// OLE DB and ADO.NET: `'` and `"` quote, `==` in a key is `=`, the last of two keys counts.
    OleDb,
    /// ODBC: `{` and `}` quote, the first of two keys counts.
    Odbc,
}

/// A parsed connection string.
#[derive(Clone, PartialEq, Eq)]
pub struct ConnectionString {
    dialect: Dialect,
    pairs: Vec<(String, String)>,
}

/// A connection string that does not follow its rules. Values are never shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// A part without `=`.
    #[error("part {part} of the connection string has no `=`")]
    NoEquals {
        /// Which part, from 1.
        part: usize,
    },
    /// A quoted value without its end.
    #[error("the value of `{key}` in the connection string has no closing {quote}")]
    Unclosed {
        /// The key.
        key: String,
        /// The quote that is missing.
        quote: char,
    },
    /// Something between the closing quote and the `;`.
    #[error("the value of `{key}` in the connection string goes on behind its closing quote")]
    BehindQuote {
        /// The key.
        key: String,
    },
}

impl ConnectionString {
    /// Reads a connection string.
    pub fn parse(text: &str, dialect: Dialect) -> Result<Self, ParseError> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        let mut rest = text;
        let mut part = 0;
        loop {
            rest = rest.trim_start_matches(|c: char| c == ';' || c.is_whitespace());
            if rest.is_empty() {
                return Ok(Self { dialect, pairs });
            }
            part += 1;
            let (key, behind) = key(rest, dialect).ok_or(ParseError::NoEquals { part })?;
            let (value, behind) = value(behind, &key, dialect)?;
            rest = behind;
            let old = pairs.iter_mut().find(|pair| same_key(&pair.0, &key));
            match (old, dialect) {
                (Some(_), Dialect::Odbc) => {}
                (Some(old), Dialect::OleDb) => old.1 = value,
                (None, _) => pairs.push((key, value)),
            }
        }
    }

    /// The value of the first of these keys that is there.
    pub fn get(&self, keys: &[&str]) -> Option<&str> {
        let find = |key: &&str| self.pairs.iter().find(|pair| same_key(&pair.0, key));
        keys.iter().find_map(find).map(|pair| pair.1.as_str())
    }

    /// Replaces or adds a value, as a property expression on `ServerName` or `Password` does.
    pub fn set(&mut self, keys: &[&str], value: &str) {
        let old = self.pairs.iter_mut().find(|pair| keys.iter().any(|key| same_key(&pair.0, key)));
        match (old, keys.first()) {
            (Some(old), _) => value.clone_into(&mut old.1),
            (None, Some(key)) => self.pairs.push(((*key).to_owned(), value.to_owned())),
            (None, None) => {}
        }
    }

    /// Keys and values in their order.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|pair| (pair.0.as_str(), pair.1.as_str()))
    }

    /// The connection string as text, passwords included.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for (key, value) in &self.pairs {
            text.push_str(key);
            text.push('=');
            text.push_str(&quoted(value, self.dialect));
            text.push(';');
        }
        text
    }
}

/// Keys only.
impl fmt::Debug for ConnectionString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.pairs.iter().map(|pair| &pair.0)).finish()
    }
}

fn same_key(a: &str, b: &str) -> bool {
    let letters = |text: &str| {
        let letters = text.chars().filter(|c| !c.is_whitespace() && *c != '_');
        letters.flat_map(char::to_lowercase).collect::<String>()
    };
    letters(a) == letters(b)
}

/// The key and what is behind its `=`; in OLE DB a doubled `=` belongs to the key.
fn key(text: &str, dialect: Dialect) -> Option<(String, &str)> {
    let mut key = String::new();
    let mut rest = text;
    loop {
        let at = rest.find(['=', ';'])?;
        if rest[at..].starts_with(';') {
            return None;
        }
        key.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if dialect == Dialect::OleDb && rest.starts_with('=') {
            key.push('=');
            rest = &rest[1..];
        } else {
            return Some((key.trim().to_owned(), rest));
        }
    }
}

fn value<'a>(text: &'a str, key: &str, dialect: Dialect) -> Result<(String, &'a str), ParseError> {
    let text = text.trim_start_matches([' ', '\t', '\r', '\n']);
    let quote = match (text.chars().next(), dialect) {
        (Some(quote @ ('"' | '\'')), Dialect::OleDb) => quote,
        (Some('{'), Dialect::Odbc) => '}',
        _ => {
            let end = text.find(';').unwrap_or(text.len());
            return Ok((text[..end].trim_end().to_owned(), &text[end..]));
        }
    };
    let mut value = String::new();
    let mut rest = &text[1..];
    loop {
        let Some(at) = rest.find(quote) else {
            return Err(ParseError::Unclosed { key: key.to_owned(), quote });
        };
        value.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if !rest.starts_with(quote) {
            break;
        }
        value.push(quote);
        rest = &rest[1..];
    }
    let rest = rest.trim_start();
    if !rest.is_empty() && !rest.starts_with(';') {
        return Err(ParseError::BehindQuote { key: key.to_owned() });
    }
    Ok((value, rest))
}

fn quoted(value: &str, dialect: Dialect) -> String {
    let special = |c: char| matches!(c, ';' | '"' | '\'' | '{' | '}' | '=');
    let edges = value.starts_with(char::is_whitespace) || value.ends_with(char::is_whitespace);
    if !edges && !value.contains(special) {
        return value.to_owned();
    }
    match dialect {
        Dialect::OleDb => format!("\"{}\"", value.replace('"', "\"\"")),
        Dialect::Odbc => format!("{{{}}}", value.replace('}', "}}")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ole_db(text: &str) -> ConnectionString {
        ConnectionString::parse(text, Dialect::OleDb).unwrap()
    }

    #[test]
    fn values_may_be_quoted_and_keys_written_in_any_way() {
        let parsed =
            ole_db(" Data Source=.;UserId='a;\"b';Password=\"x;\"\"y\" ;;Initial Catalog= DB ");
        assert_eq!(parsed.get(&["Server", "data source"]), Some("."));
        assert_eq!(parsed.get(&["User ID"]), Some("a;\"b"));
        assert_eq!(parsed.get(&["PASSWORD"]), Some("x;\"y"));
        assert_eq!(parsed.get(&["Database", "Initial Catalog"]), Some("DB"));
        assert_eq!(parsed.get(&["Encrypt"]), None);
    }

    #[test]
    fn of_two_keys_the_last_counts_except_in_odbc() {
        assert_eq!(ole_db("a=1;A=2").get(&["a"]), Some("2"));
        let odbc = ConnectionString::parse("Driver={x};PWD={a}}b;c};pwd=2", Dialect::Odbc).unwrap();
        assert_eq!(odbc.get(&["Driver"]), Some("x"));
        assert_eq!(odbc.get(&["PWD"]), Some("a}b;c"));
    }

    #[test]
    fn extended_properties_keep_their_semicolons() {
        let excel = ole_db(
            r#"Provider=Microsoft.ACE.OLEDB.12.0;Data Source=C:\a.xlsx;Extended Properties="EXCEL 12.0 XML;HDR=YES";"#,
        );
        assert_eq!(excel.get(&["Extended Properties"]), Some("EXCEL 12.0 XML;HDR=YES"));
    }

    #[test]
    fn mistakes_are_named_without_the_value() {
        let error = |text| ConnectionString::parse(text, Dialect::OleDb).unwrap_err().to_string();
        assert_eq!(error("a=1;secret"), "part 2 of the connection string has no `=`");
        assert_eq!(
            error("Password=\"secret"),
            "the value of `Password` in the connection string has no closing \""
        );
        assert_eq!(
            error("Password='secret'x"),
            "the value of `Password` in the connection string goes on behind its closing quote"
        );
    }

    #[test]
    fn debug_shows_no_value() {
        assert_eq!(
            format!("{:?}", ole_db("User ID=sa;Password=secret")),
            r#"["User ID", "Password"]"#
        );
    }

    proptest! {
        #[test]
        fn what_is_written_is_what_is_read(
            values in proptest::collection::vec("[ -~é]{0,12}", 1..5), odbc: bool,
        ) {
            let dialect = if odbc { Dialect::Odbc } else { Dialect::OleDb };
            let mut string = ConnectionString { dialect, pairs: Vec::new() };
            for (number, value) in values.iter().enumerate() {
                string.set(&[&format!("key {number}")], value);
            }
            prop_assert_eq!(ConnectionString::parse(&string.to_text(), dialect), Ok(string));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,60}") {
            for dialect in [Dialect::OleDb, Dialect::Odbc] {
                drop(ConnectionString::parse(&text, dialect));
            }
        }
    }
}
