//! What mends a fault: a sentence, and the commands that can be run as they are printed.

use serde::Serialize;

/// What mends a fault.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Fix {
    /// What to do.
    fix: String,
    /// Commands, one after the other, ready to be pasted into a shell.
    run: Vec<String>,
    /// Where, if not on this machine.
    run_at: Option<String>,
}

impl Fix {
    /// What to do, in words.
    pub(crate) fn new(say: impl Into<String>) -> Self {
        Self { fix: say.into(), ..Self::default() }
    }

    /// Adds a command.
    #[must_use]
    pub(crate) fn run(mut self, command: impl Into<String>) -> Self {
        self.run.push(command.into());
        self
    }

    /// Says where the commands are run.
    #[must_use]
    pub(crate) fn at(mut self, place: impl Into<String>) -> Self {
        self.run_at = Some(place.into());
        self
    }

    /// As people read it.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("  fix       {}", self.fix)];
        if let Some(place) = &self.run_at {
            lines.push(format!("  at        {place}"));
        }
        lines.extend(self.run.iter().map(|command| format!("  run       {command}")));
        lines
    }
}

impl From<&str> for Fix {
    fn from(say: &str) -> Self {
        Self::new(say)
    }
}

impl From<String> for Fix {
    fn from(say: String) -> Self {
        Self::new(say)
    }
}

/// A word as a shell takes it.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_what_was_meant() {
        assert_eq!(quoted("/srv/a-b.key"), "/srv/a-b.key");
        assert_eq!(quoted("/srv/my data"), "'/srv/my data'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
    }
}
