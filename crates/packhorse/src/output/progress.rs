//! Live progress: one line per running package.
//!
//! On a terminal the lines stay in place and are redrawn; elsewhere each change of status is a
//! plain line of its own, so that a log file reads well.

use std::io::{IsTerminal, Write};

use crate::output::{count, duration};

/// One execution as the progress shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// File name of the package.
    pub(crate) package: String,
    /// The execution.
    pub(crate) execution: i64,
    /// `pending`, `running` ...
    pub(crate) status: String,
    /// Whether it has ended.
    pub(crate) ended: bool,
    /// The worker, where one runs it.
    pub(crate) worker: String,
    /// The executable that works now.
    pub(crate) executable: String,
    /// Rows that sources have read so far.
    pub(crate) rows_read: u64,
    /// Milliseconds since it started.
    pub(crate) elapsed_ms: i64,
}

/// Shows progress on standard error.
pub(crate) struct Progress {
    live: bool,
    quiet: bool,
    drawn: usize,
    last: Vec<Line>,
}

/// How many lines stay on the screen at most; more packages than that are summed up.
const LINES_MAX: usize = 12;

/// Width of the bar of ended packages, in characters.
const BAR_WIDTH: usize = 24;

impl Progress {
    /// Progress for people, or none at all when `quiet`.
    pub(crate) fn new(quiet: bool) -> Self {
        Self { live: std::io::stderr().is_terminal(), quiet, drawn: 0, last: Vec::new() }
    }

    /// Shows the executions as they are now.
    pub(crate) fn show(&mut self, lines: &[Line]) {
        if self.quiet {
            return;
        }
        if self.live {
            self.draw(lines);
        } else {
            self.log(lines);
        }
        self.last = lines.to_vec();
    }

    /// Takes the live lines off the screen, to make room for the summary.
    pub(crate) fn finish(&mut self) {
        let clear = std::mem::take(&mut self.drawn);
        if clear > 0 {
            write_err(&format!("\x1b[{clear}A\x1b[J"));
        }
    }

    fn draw(&mut self, lines: &[Line]) {
        let mut text = String::new();
        if self.drawn > 0 {
            text.push_str(&format!("\x1b[{}A\x1b[J", self.drawn));
        }
        let shown = screen(lines);
        self.drawn = shown.len();
        for line in shown {
            text.push_str(&line);
            text.push('\n');
        }
        write_err(&text);
    }

    fn log(&self, lines: &[Line]) {
        for line in lines {
            let before = self.last.iter().find(|last| last.execution == line.execution);
            if before.is_none_or(|before| before.status != line.status) {
                write_err(&format!("{}\n", log_line(line)));
            }
        }
    }
}

/// What a terminal shows: a bar over all packages, then the running ones.
fn screen(lines: &[Line]) -> Vec<String> {
    let ended = lines.iter().filter(|line| line.ended).count();
    let filled = (ended * BAR_WIDTH).checked_div(lines.len()).unwrap_or(0);
    let bar = format!("{}{}", "█".repeat(filled), "░".repeat(BAR_WIDTH - filled));
    let mut shown = vec![format!("{bar} {ended} of {} packages ended", lines.len())];
    let running: Vec<&Line> = lines.iter().filter(|line| !line.ended).collect();
    for line in running.iter().take(LINES_MAX) {
        let rows = match line.rows_read {
            0 => String::new(),
            rows => format!("  {} rows", count(rows)),
        };
        let at = match line.executable.as_str() {
            "" => String::new(),
            executable => format!("  {executable}"),
        };
        let time = duration(line.elapsed_ms);
        shown.push(format!("  {}  {}  {time}{rows}{at}", line.package, line.status));
    }
    if LINES_MAX < running.len() {
        shown.push(format!("  and {} more", running.len() - LINES_MAX));
    }
    shown
}

/// What a log shows when a package's status changes.
fn log_line(line: &Line) -> String {
    let Line { package, execution, status, .. } = line;
    let worker = match line.worker.as_str() {
        "" => String::new(),
        worker if line.ended => format!(" on {worker} after {}", duration(line.elapsed_ms)),
        worker => format!(" on {worker}"),
    };
    format!("{package} (execution {execution}): {status}{worker}")
}

fn write_err(text: &str) {
    let mut err = std::io::stderr().lock();
    // There is nobody to tell when standard error is gone.
    err.write_all(text.as_bytes()).ok();
    err.flush().ok();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(execution: i64, status: &str, ended: bool) -> Line {
        Line {
            package: format!("P{execution}.dtsx"),
            execution,
            status: status.to_owned(),
            ended,
            worker: "worker 1".to_owned(),
            executable: String::new(),
            rows_read: 1_234,
            elapsed_ms: 1_500,
        }
    }

    #[test]
    fn a_terminal_shows_the_bar_and_what_runs() {
        let lines = [line(1, "succeeded", true), line(2, "running", false)];
        insta::assert_snapshot!(screen(&lines).join("\n"), @r"
        ████████████░░░░░░░░░░░░ 1 of 2 packages ended
          P2.dtsx  running  1.50 s  1,234 rows
        ");
    }

    #[test]
    fn a_log_names_package_execution_status_and_worker() {
        let text = log_line(&line(7, "succeeded", true));
        assert_eq!(text, "P7.dtsx (execution 7): succeeded on worker 1 after 1.50 s");
    }

    #[test]
    fn many_running_packages_are_summed_up() {
        let lines: Vec<Line> = (0..20).map(|id| line(id, "running", false)).collect();
        assert_eq!(screen(&lines).len(), LINES_MAX + 2);
        assert_eq!(screen(&lines).last().map(String::as_str), Some("  and 8 more"));
    }
}
