//! What the user sees: tables, JSON, live progress, errors.
//!
//! Data goes to standard output, progress and notes to standard error. Everything can be read
//! without colour, and moves only on a terminal.

pub(crate) mod progress;
pub(crate) mod table;

use std::io::{self, Write};

use serde::Serialize;

use crate::doctor::code;

/// Writes a result as one line of JSON to standard output.
pub(crate) fn json(value: &impl Serialize) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    serde_json::to_writer(&mut out, value)?;
    writeln!(out)?;
    Ok(())
}

/// Writes a line of data to standard output.
pub(crate) fn line(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")?;
    Ok(())
}

/// Whether a command ended because nobody reads its output any more (`| head`): it says nothing
/// about that, as people expect of a tool. Errors of other pipes say what was done with them.
pub(crate) fn is_closed(error: &anyhow::Error) -> bool {
    let is_broken_pipe = |error: &io::Error| error.kind() == io::ErrorKind::BrokenPipe;
    let is_io = error.downcast_ref::<io::Error>().is_some_and(is_broken_pipe);
    let json = error.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind);
    error.chain().count() == 1 && (is_io || json == Some(io::ErrorKind::BrokenPipe))
}

/// Writes a note to standard error.
pub(crate) fn note(text: &str) {
    // There is nobody to tell when standard error is gone.
    writeln!(std::io::stderr().lock(), "{text}").ok();
}

/// Sends log events to standard error: warnings and errors, or what `PACKHORSE_LOG` asks for.
pub(crate) fn log_to_stderr() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("PACKHORSE_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    // A second call keeps the first; there is one command a process.
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .try_init()
        .ok();
}

/// Shows an error with its causes, one a line.
pub(crate) fn error(error: &anyhow::Error) {
    note(&format!("error: {error}"));
    for cause in error.chain().skip(1) {
        note(&format!("  because: {cause}"));
    }
    let read_error = error.chain().find_map(|cause| cause.downcast_ref::<package::ReadError>());
    if let Some(hint) = read_error.and_then(|error| error.diagnostic.hint.as_ref()) {
        note(&format!("hint: {hint}"));
    }
    if let Some(fault) = code::of(error) {
        note(&format!("help: packhorse help {} says what mends it", fault.code));
    }
}

/// A length of time for people: `0.42 s`, `12.3 s`, `3 min 05 s`.
pub(crate) fn duration(ms: i64) -> String {
    let ms = ms.max(0);
    match ms {
        0..10_000 => format!("{}.{:02} s", ms / 1000, ms % 1000 / 10),
        10_000..60_000 => format!("{}.{} s", ms / 1000, ms % 1000 / 100),
        60_000..3_600_000 => format!("{} min {:02} s", ms / 60_000, ms / 1000 % 60),
        _ => format!("{} h {:02} min", ms / 3_600_000, ms / 60_000 % 60),
    }
}

/// A count for people: `1,000,000`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        assert_eq!(count(7), "7");
        assert_eq!(count(1_000), "1,000");
        assert_eq!(count(12_345_678), "12,345,678");
        assert_eq!(duration(420), "0.42 s");
        assert_eq!(duration(12_345), "12.3 s");
        assert_eq!(duration(185_000), "3 min 05 s");
        assert_eq!(duration(7_260_000), "2 h 01 min");
    }
}
