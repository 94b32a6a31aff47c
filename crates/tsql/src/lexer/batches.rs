//! `GO`: where clients cut a script into batches.
//!
//! `GO` is no statement: sqlcmd and Management Studio cut at it and never send it. It stands
//! alone on its line, with a count of repetitions behind it or a comment, and not inside a
//! comment, string or quoted name.

/// One batch of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptBatch<'a> {
    /// Its text.
    pub text: &'a str,
    /// The line of the script that it begins on; the first is 1.
    pub line: u32,
    /// How often it is sent: the number behind its `GO`.
    pub count: u32,
}

/// What the start of a line is inside of.
#[derive(Clone, Copy)]
enum Inside {
    Nothing,
    Quote(char),
    Comment(usize),
}

/// The batches of a script, without those that hold nothing but blanks.
pub fn split_batches(script: &str) -> Vec<ScriptBatch<'_>> {
    let mut batches = Vec::new();
    let (mut start, mut start_line, mut at, mut line) = (0, 1_u32, 0, 1_u32);
    let mut inside = Inside::Nothing;
    for text in script.split_inclusive('\n') {
        let end = at + text.len();
        let count = if matches!(inside, Inside::Nothing) { separator(text) } else { None };
        line = line.saturating_add(1);
        if let Some(count) = count {
            batches.push(ScriptBatch { text: &script[start..at], line: start_line, count });
            (start, start_line) = (end, line);
        } else {
            inside = behind(text, inside);
        }
        at = end;
    }
    batches.push(ScriptBatch { text: &script[start..], line: start_line, count: 1 });
    batches.retain(|batch| !batch.text.trim().is_empty());
    batches
}

/// The count of a line that is a `GO`.
fn separator(line: &str) -> Option<u32> {
    let line = line.trim_start_matches('\u{FEFF}').trim();
    let line = line.split("--").next().unwrap_or_default();
    let mut words = line.split_whitespace();
    if !words.next()?.trim_end_matches(';').eq_ignore_ascii_case("go") {
        return None;
    }
    let count = words.next().map_or(Some(1), |word| word.parse().ok())?;
    words.next().is_none().then_some(count)
}

/// What the next line is inside of.
fn behind(line: &str, mut inside: Inside) -> Inside {
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        inside = match (inside, c) {
            (Inside::Quote(close), _) if c == close => Inside::Nothing,
            (Inside::Quote(close), _) => Inside::Quote(close),
            (Inside::Comment(depth), '*') if chars.next_if_eq(&'/').is_some() => {
                if depth == 1 {
                    Inside::Nothing
                } else {
                    Inside::Comment(depth - 1)
                }
            }
            (Inside::Comment(depth), '/') if chars.next_if_eq(&'*').is_some() => {
                Inside::Comment(depth + 1)
            }
            (Inside::Comment(depth), _) => Inside::Comment(depth),
            (Inside::Nothing, '/') if chars.next_if_eq(&'*').is_some() => Inside::Comment(1),
            (Inside::Nothing, '-') if chars.next_if_eq(&'-').is_some() => break,
            (Inside::Nothing, '\'' | '"') => Inside::Quote(c),
            (Inside::Nothing, '[') => Inside::Quote(']'),
            (Inside::Nothing, _) => Inside::Nothing,
        };
    }
    inside
}
