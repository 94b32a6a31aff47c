//! Runs the files of `tests/sql`: batches, and what a client must be told.
//!
//! ```text
//!   *.slt ──▶ records ──▶ Client (in process, over a store, over TDS) ──▶ Told ──▶ compared
//! ```
//!
//! A record begins with a line that says what it is, goes on with the batch (up to an empty line
//! for `statement`, up to `----` for the others), and ends with what is expected:
//!
//! * `statement ok`: no error comes.
//! * `statement error NUMBER`: the first error has this number.
//! * `query`: no error comes; behind `----` stand the rows of all results, values with ` | `
//!   between them.
//! * `typed`: like `query`, with the names and types of the columns before the rows.
//! * `batch`: behind `----` stands everything that the client is told (see [`Told`]).
//! * `session`: a new session begins, on the same server.
//!
//! A line that begins with `#` between records is a comment. A line `only WHERE` before a record
//! keeps it for one [`Place`]; followed by an empty line, it keeps the rest of the file for it.
//!
//! Expectations come from the documentation of SQL Server. `UPDATE_SLT=host` (or `ssisdb`) writes
//! what was told there instead of comparing it, for a person to check against it; `SLT=part`
//! keeps to the files with `part` in their names.
//!
//! Knows nothing of engines and networks: those are behind [`Client`].

mod record;
mod told;

use std::path::{Path, PathBuf};

use record::{Expected, Record};
pub use told::Told;

/// A session that batches are sent to.
pub trait Client {
    /// What comes back for a batch.
    fn batch(&mut self, text: &str) -> Told;
}

/// Which server a client talks to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The engine's own test server.
    Host,
    /// SSISDB, in process.
    Ssisdb,
    /// SSISDB, with a network between, which does not tell all that is told in process.
    SsisdbOnWire,
}

impl Place {
    fn name(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Ssisdb | Self::SsisdbOnWire => "ssisdb",
        }
    }

    fn sees(self, text: &str) -> String {
        match self {
            Self::Host | Self::Ssisdb => text.to_owned(),
            Self::SsisdbOnWire => told::as_on_wire(text),
        }
    }

    fn writes(self) -> bool {
        let wanted = std::env::var("UPDATE_SLT").unwrap_or_default();
        self != Self::SsisdbOnWire && wanted == self.name()
    }
}

/// Why a client is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// A file begins: nothing may be left of another.
    File,
    /// A record says `session`: the server stays as it is.
    Session,
}

/// How many records ran, and how many are for another [`Place`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ran {
    /// Those that ran.
    pub n_ran: usize,
    /// Those that are for another place.
    pub n_elsewhere: usize,
}

/// Runs every file of `tests/sql`.
///
/// # Panics
///
/// When a file cannot be read, or a record is told something else than it expects.
pub fn run(place: Place, connect: &mut dyn FnMut(Wanted) -> Box<dyn Client>) -> Ran {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/sql");
    let mut run = Run { place, connect, ran: Ran::default(), failures: Vec::new() };
    for path in files(&folder) {
        run.file(&path);
    }
    let (count, failures) = (run.failures.len(), run.failures.join("\n\n"));
    assert!(count == 0, "{count} records differ:\n\n{failures}");
    run.ran
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let only = std::env::var("SLT").unwrap_or_default();
    let entries = std::fs::read_dir(folder).expect("the folder of the files");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("a file").path()).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "slt"));
    files.retain(|path| path.to_string_lossy().contains(&only));
    files.sort();
    assert!(!files.is_empty(), "no files in {}", folder.display());
    files
}

struct Run<'a> {
    place: Place,
    connect: &'a mut dyn FnMut(Wanted) -> Box<dyn Client>,
    ran: Ran,
    failures: Vec<String>,
}

impl Run<'_> {
    fn file(&mut self, path: &Path) {
        let text = std::fs::read_to_string(path).expect("a file of text");
        let mut client: Option<Box<dyn Client>> = None;
        let mut rewritten = String::new();
        for record in record::records(&text) {
            if record.only.as_deref().is_some_and(|only| only != self.place.name()) {
                self.ran.n_elsewhere += 1;
                rewritten += &record.raw;
                continue;
            }
            if record.expected == Expected::NewSession {
                // The old session ends first.
                if client.take().is_some() {
                    client = Some((self.connect)(Wanted::Session));
                }
                rewritten += &record.raw;
                continue;
            }
            self.ran.n_ran += 1;
            let client = client.get_or_insert_with(|| (self.connect)(Wanted::File));
            let told = client.batch(&record.batch);
            if let Some(wrong) = self.mismatch(&record, &told) {
                let (name, line) = (path.file_name().unwrap_or_default().display(), record.line);
                let batch = &record.batch;
                self.failures.push(format!("{name}:{line}\n{batch}\n---- told\n{wrong}"));
            }
            rewritten += &record.written(&told);
        }
        if self.place.writes() {
            std::fs::write(path, rewritten).expect("the file is written");
            self.failures.clear();
        }
    }

    /// What a record told, where that is not what it should have.
    fn mismatch(&self, record: &Record, told: &Told) -> Option<String> {
        let error = told.first_error();
        let differs = |told: String, expected: &str| {
            Some(told).filter(|told| self.place.sees(told) != self.place.sees(expected))
        };
        match &record.expected {
            Expected::Ok => error.map(|number| format!("error {number}:\n{}", told.all())),
            Expected::Error(number) if error == Some(*number) => None,
            Expected::Error(number) => Some(format!("no error {number}, but:\n{}", told.all())),
            Expected::Rows(_) | Expected::Typed(_) if error.is_some() => Some(told.all()),
            Expected::Rows(rows) => differs(told.rows(), rows),
            Expected::Typed(rows) => differs(told.typed_rows(), rows),
            Expected::Transcript(all) => differs(told.all(), all),
            Expected::NewSession => None,
        }
    }
}
