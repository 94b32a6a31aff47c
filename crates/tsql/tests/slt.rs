//! Runs the files of `tests/sql`: batches and what the client is told, in one session each.
//!
//! A record begins with a line that says what it is, goes on with the batch (up to an
//! empty line for `statement`, up to `----` for the others), and ends with what is expected:
//!
//! * `statement ok`: no error comes.
//! * `statement error NUMBER`: the first error has this number.
//! * `query`: no error comes; behind `----` stand the rows of all results, values with ` | `
//!   between them.
//! * `batch`: behind `----` stands everything that the client is told (see `slt/transcript.rs`).
//! * `session`: a new session begins.
//!
//! A line that begins with `#` between records is a comment. Expectations come from the
//! documentation of SQL Server; `UPDATE_SLT=1` writes what was told instead of comparing it, for
//! a person to check against it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

#[path = "slt/calls.rs"]
mod calls;
#[path = "slt/host.rs"]
mod host;
#[path = "slt/record.rs"]
mod record;
#[path = "slt/transcript.rs"]
mod transcript;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use record::{Expected, Record};
use transcript::Transcript;
use tsql::host::Cancel;
use tsql::session::{Session, SessionSettings};

fn session() -> Session {
    let settings = SessionSettings { database: "master".to_owned(), ..SessionSettings::default() };
    Session::new(Arc::new(host::TestHost::default()), settings)
}

/// What a record told, against what it should have; `None` where they agree.
fn mismatch(record: &Record, told: &Transcript) -> Option<String> {
    let error = told.first_error();
    match &record.expected {
        Expected::Ok => error.map(|number| format!("error {number}:\n{}", told.all())),
        Expected::Error(number) if error == Some(*number) => None,
        Expected::Error(number) => Some(format!("no error {number}, but:\n{}", told.all())),
        Expected::Rows(rows) => match error {
            Some(_) => Some(told.all()),
            None => Some(told.rows()).filter(|told| told != rows),
        },
        Expected::Transcript(all) => Some(told.all()).filter(|told| told != all),
        Expected::NewSession => None,
    }
}

fn run_file(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap();
    let records = record::records(&text);
    let update = std::env::var_os("UPDATE_SLT").is_some();
    let mut session = session();
    let mut failures = Vec::new();
    let mut rewritten = String::new();
    for record in &records {
        let mut told = Transcript::default();
        if record.expected == Expected::NewSession {
            session = self::session();
        } else {
            let ended = session.batch(&record.batch, &mut told, &Cancel::default());
            told.ended(ended);
        }
        if let Some(wrong) = mismatch(record, &told) {
            let name = path.file_name().unwrap().display();
            failures.push(format!("{name}:{}\n{}\n---- told\n{wrong}", record.line, record.batch));
        }
        rewritten += &record.written(&told.rows(), &told.all());
    }
    if update {
        std::fs::write(path, rewritten).unwrap();
        return Vec::new();
    }
    failures
}

#[test]
fn the_sql_files_hold() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/sql");
    let only = std::env::var("SLT").unwrap_or_default();
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "slt"));
    files.retain(|path| path.to_string_lossy().contains(&only));
    files.sort();
    assert!(!files.is_empty(), "no files in {}", folder.display());
    let failures: Vec<String> = files.iter().flat_map(|path| run_file(path)).collect();
    let count = failures.len();
    assert!(failures.is_empty(), "{count} records differ:\n\n{}", failures.join("\n\n"));
}
