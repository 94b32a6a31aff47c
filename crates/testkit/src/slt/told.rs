//! What a client is told, as text: one line for each thing.
//!
//! ```text
//! [name type, name type]  the columns of a result
//! value | value           a row
//! (1 select)              the end of a statement, with its count and what it was
//! (!)                     the end of a statement that failed
//! return 0                the end of a procedure
//! 50000 16 1 line 1: text a message: number, severity, state, procedure, line, text
//! > text                  a message without number and severity, as PRINT gives
//! ```
//!
//! ` in N` behind an end counts the procedures that it stands in.

/// What was told, in order.
#[derive(Debug, Default)]
pub struct Told {
    lines: Vec<(Kind, String)>,
    errors: Vec<i32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Columns,
    Row,
    Other,
}

impl Told {
    /// A result begins, with these columns: name and type, as `name int`.
    pub fn columns(&mut self, columns: &[String]) {
        self.lines.push((Kind::Columns, format!("[{}]", columns.join(", "))));
    }

    /// A row of the result, as [`shown`](Told::value) values.
    pub fn row(&mut self, values: &[String]) {
        self.lines.push((Kind::Row, values.join(" | ")));
    }

    /// Anything else.
    pub fn line(&mut self, text: String) {
        self.lines.push((Kind::Other, text));
    }

    /// An error with this number came; it also has a [`line`](Told::line).
    pub fn error(&mut self, number: i32) {
        self.errors.push(number);
    }

    /// A value's text on one line, in quotes where blanks would be lost.
    pub fn value(text: &str) -> String {
        let text = text.replace('\n', "\\n").replace('\r', "\\r");
        if text.trim() == text && !text.is_empty() { text } else { format!("'{text}'") }
    }

    /// A `float` or `real`, with as many digits as tell it from its neighbours.
    pub fn float(number: impl std::fmt::Display + std::fmt::LowerExp) -> String {
        let shown = number.to_string();
        if shown.len() <= 21 { shown } else { format!("{number:e}") }
    }

    pub(super) fn first_error(&self) -> Option<i32> {
        self.errors.first().copied()
    }

    pub(super) fn rows(&self) -> String {
        self.text(|kind| kind == Kind::Row)
    }

    pub(super) fn typed_rows(&self) -> String {
        self.text(|kind| kind != Kind::Other)
    }

    /// Everything.
    pub fn all(&self) -> String {
        self.text(|_| true)
    }

    fn text(&self, wanted: impl Fn(Kind) -> bool) -> String {
        let lines = self.lines.iter().filter(|(kind, _)| wanted(*kind));
        lines.map(|(_, text)| format!("{text}\n")).collect()
    }
}

/// A text without what TDS does not tell: how deep in procedures something happened, what inner
/// ones returned, whether rows went into a table, and when the server sent what it had. Numbers of transactions are chance.
pub(super) fn as_on_wire(text: &str) -> String {
    let mut seen: Vec<String> = Vec::new();
    for line in text.lines() {
        let is_return = line.starts_with("return ");
        if line == "flush" || (is_return && line.contains(" in ")) {
            continue;
        }
        // The end of a called procedure is the end of its EXEC, too.
        let behind_return = seen.last().is_some_and(|last| last.starts_with("return "));
        if behind_return && line != "(exec)" {
            seen.push("(exec)".to_owned());
        }
        seen.push(line_on_wire(line));
    }
    seen.iter().map(|line| format!("{line}\n")).collect()
}

fn line_on_wire(line: &str) -> String {
    if let Some(rest) = line.strip_prefix("transaction ") {
        let what = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ');
        return format!("transaction {what}");
    }
    let is_end = line.starts_with('(') && line.ends_with(')');
    if !is_end {
        return line.to_owned();
    }
    let line = line.replace(" into", " select").replace("(into", "(select");
    let Some((before, depth)) = line.split_once(" in ") else { return line };
    let behind = depth.trim_start_matches(|c: char| c.is_ascii_digit());
    format!("{before} in{behind}")
}

#[cfg(test)]
mod tests {
    use super::as_on_wire;

    #[test]
    fn what_the_network_does_not_tell_is_left_out_and_nothing_else() {
        let text = "[a int]\n1 in 2\n(1 into in 2)\n(! in 1)\nreturn 5 in 1\nflush\n> (a in 1\n\
                    transaction 7 begun\n(done)\n";
        let seen = "[a int]\n1 in 2\n(1 select in)\n(! in)\n> (a in 1\n\
                    transaction begun\n(done)\n";
        assert_eq!(as_on_wire(text), seen);
    }
}
