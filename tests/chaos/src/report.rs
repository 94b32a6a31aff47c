//! What came of a run: the table, and what is wrong.

use std::fmt;

/// What came of a run.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Lines of the table: what, and how much.
    pub(crate) lines: Vec<(String, String)>,
    /// What must not be. Empty when the proof holds.
    pub(crate) wrong: Vec<String>,
}

/// How many lines of what is wrong are shown.
const WRONG_SHOWN: usize = 40;

impl Report {
    /// Adds a line to the table.
    pub(crate) fn line(&mut self, what: impl Into<String>, value: impl fmt::Display) {
        self.lines.push((what.into(), value.to_string()));
    }

    /// Whether nothing was lost, doubled or left behind.
    pub fn holds(&self) -> bool {
        self.wrong.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| what | how much |\n|---|---|")?;
        for (what, value) in &self.lines {
            writeln!(f, "| {what} | {value} |")?;
        }
        for wrong in self.wrong.iter().take(WRONG_SHOWN) {
            writeln!(f, "WRONG: {wrong}")?;
        }
        if WRONG_SHOWN < self.wrong.len() {
            writeln!(f, "WRONG: {} more", self.wrong.len() - WRONG_SHOWN)?;
        }
        Ok(())
    }
}
