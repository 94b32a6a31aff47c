//! What is to be known of a package's query before a server sees it.

/// Whether a query has a condition of its own: the word WHERE outside of names, texts and
/// parentheses.
pub(crate) fn has_condition(command: &str) -> bool {
    let mut words = Words { text: command, at: 0 };
    let mut depth = 0;
    while let Some(word) = words.next() {
        match word {
            "(" => depth += 1,
            ")" => depth -= 1,
            word if depth == 0 && word.eq_ignore_ascii_case("where") => return true,
            _ => {}
        }
    }
    false
}

/// The table behind a `SELECT columns FROM table`, as the command writes it: a destination that
/// opens a command inserts into it. `None` for a command that is anything else than a query of one
/// table, with or without a condition.
pub(crate) fn table(command: &str) -> Option<&str> {
    let mut words = Words { text: command, at: 0 };
    if !words.next()?.eq_ignore_ascii_case("select") {
        return None;
    }
    let mut depth = 0;
    loop {
        match words.next()? {
            "(" => depth += 1,
            ")" => depth -= 1,
            word if depth == 0 && word.eq_ignore_ascii_case("from") => break,
            word if depth == 0 && word.eq_ignore_ascii_case("into") => return None,
            _ => {}
        }
    }
    let first = words.next().filter(|word| is_name(word))?;
    let start = words.at - first.len();
    let mut end = words.at;
    let mut next = words.next();
    while next == Some(".") {
        let part = words.next()?;
        // `a..b` names the default schema.
        let part = if part == "." { words.next()? } else { part };
        if !is_name(part) {
            return None;
        }
        end = words.at;
        next = words.next();
    }
    let ends = match next {
        None | Some(";") => true,
        Some(word) => word.eq_ignore_ascii_case("where"),
    };
    ends.then(|| &command[start..end])
}

fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_alphabetic() || matches!(c, '_' | '#' | '[' | '"' | '`'))
}

/// Words, quoted names and texts, and signs.
struct Words<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Words<'a> {
    fn next(&mut self) -> Option<&'a str> {
        let rest = self.text[self.at..].trim_start();
        let start = self.text.len() - rest.len();
        let first = rest.chars().next()?;
        let close = match first {
            '[' => Some(']'),
            '"' | '`' | '\'' => Some(first),
            _ => None,
        };
        let length = match close {
            Some(close) => rest[1..].find(close)? + 2,
            None if is_part(first) => rest.find(|c| !is_part(c)).unwrap_or(rest.len()),
            None => first.len_utf8(),
        };
        self.at = start + length;
        Some(&rest[..length])
    }
}

fn is_part(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '#' | '$' | '@')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_is_seen_only_where_it_is_the_query_s_own() {
        assert!(has_condition("SELECT a FROM t\nWhere b = 1"));
        let inside = "SELECT [where], 'where', (SELECT 1 WHERE 1 = 1) FROM \"where\"";
        assert!(!has_condition(inside));
        assert!(!has_condition("SELECT nowhere FROM t"));
    }

    #[test]
    fn the_table_of_a_plain_query_is_found_and_no_other() {
        assert_eq!(
            table("SELECT a, [from] FROM dbo.[My Table] WHERE 1 = 0"),
            Some("dbo.[My Table]")
        );
        assert_eq!(table("select *\nfrom\ttempdb..#t;"), Some("tempdb..#t"));
        assert_eq!(table("SELECT (SELECT 1 FROM x) FROM \"s\".\"t\""), Some("\"s\".\"t\""));
        for other in [
            "SELECT a FROM t, u",
            "SELECT a FROM t JOIN u ON 1 = 1",
            "SELECT a FROM (SELECT 1) x",
            "SELECT a INTO t FROM u",
            "INSERT INTO t SELECT 1",
            "SELECT 'x",
            "SELECT a FROM t.",
            "",
        ] {
            assert_eq!(table(other), None, "{other}");
        }
    }
}
