//! A Windows command line taken apart as the C runtime of Windows does it.

/// The arguments of a command line: blanks separate, quotes hold together, a backslash counts
/// only in front of a quote, and two quotes inside of quotes are one.
pub(super) fn split(line: &str) -> Vec<String> {
    let mut arguments = Vec::new();
    let mut current: Option<String> = None;
    let mut quoted = false;
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => {
                let mut backslashes = 1;
                while letters.next_if_eq(&'\\').is_some() {
                    backslashes += 1;
                }
                let text = current.get_or_insert_default();
                if letters.peek() == Some(&'"') {
                    text.extend(std::iter::repeat_n('\\', backslashes / 2));
                    if backslashes % 2 == 1 {
                        letters.next();
                        text.push('"');
                    }
                } else {
                    text.extend(std::iter::repeat_n('\\', backslashes));
                }
            }
            '"' if quoted && letters.next_if_eq(&'"').is_some() => {
                current.get_or_insert_default().push('"');
            }
            '"' => {
                quoted = !quoted;
                current.get_or_insert_default();
            }
            blank if blank.is_whitespace() && !quoted => arguments.extend(current.take()),
            other => current.get_or_insert_default().push(other),
        }
    }
    arguments.extend(current);
    arguments
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn a_command_line_is_split_as_on_windows() {
        assert_eq!(split(r#"/c copy "a b" c"#), ["/c", "copy", "a b", "c"]);
        assert_eq!(split(r#""a\"b" c:\d\ "e\\" """#), ["a\"b", r"c:\d\", r"e\", ""]);
        assert_eq!(split(r#""she said ""hi""""#), ["she said \"hi\""]);
        assert!(split("  ").is_empty());
    }
}
