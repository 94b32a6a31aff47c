//! What one attempt has to say, on disk until a master has it.
//!
//! A spool is a text file with one JSON value a line: a header, each record in order (the first
//! is message number 1), and how the attempt ended. A line is written before anything of it is
//! sent. There is no fsync: the page cache outlives `kill -9` of the worker, and a machine that
//! loses power loses its packages too.
//!
//! # Invariants
//!
//! * Message numbers are line numbers; they are never written down, so they cannot be wrong.
//! * A line that was cut short (a full disk, a crash) is cut off, and nothing follows it.
//! * At most [`MEMORY_MAX`] bytes of unsent records are kept in memory; more stay in the file.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use fs_err::{File, OpenOptions};
use model::ExecutionId;
use model::record::Record;
use scaleout::message::{AttemptOutcome, LeaseRef, MessageBatch};
use serde::{Deserialize, Serialize};

/// How much of what is not sent yet is kept in memory per attempt: 256 KiB.
pub(crate) const MEMORY_MAX: usize = 256 << 10;

const EXTENSION: &str = "spool";

/// A spool that cannot be used. The source names the file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SpoolError {
    #[error("cannot make a spool for messages")]
    Create {
        #[source]
        source: io::Error,
    },
    #[error(
        "cannot keep the package's messages: `{}` cannot be written, free space on its disk",
        path.display()
    )]
    Write {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("there is no spool to keep the package's messages in")]
    NoFile,
    #[error("cannot read back a spool")]
    Read {
        #[source]
        source: io::Error,
    },
    #[error("a record cannot be written as JSON")]
    Encode {
        #[source]
        source: serde_json::Error,
    },
}

/// The first line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Header {
    /// Whose messages they are.
    pub(crate) lease: LeaseRef,
    /// The execution.
    pub(crate) execution: ExecutionId,
}

/// The last line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct EndLine {
    ended: AttemptOutcome,
}

/// The spool of one attempt.
pub(crate) struct Spool {
    header: Header,
    path: PathBuf,
    file: Option<File>,
    /// Length of the file as far as its lines are whole.
    length: u64,
    /// How many records were appended.
    said: u64,
    /// Number of the first of `pending`.
    first: u64,
    /// Records that are not in the catalog yet, with their lengths.
    pending: VecDeque<(usize, Record)>,
    pending_bytes: usize,
    /// Where in the file the record behind `pending` starts, when not all are in memory.
    rest_at: Option<u64>,
    outcome: Option<AttemptOutcome>,
}

impl Spool {
    /// Makes the spool of a new attempt.
    pub(crate) fn create(folder: &Path, header: Header) -> Result<Self, SpoolError> {
        let name = format!("{}-{}.{EXTENSION}", header.lease.task, header.lease.attempt);
        let path = folder.join(name);
        let mut spool = Self::in_memory(header);
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(true).open(&path);
        spool.file = Some(file.map_err(|source| SpoolError::Create { source })?);
        spool.path = path;
        let written = line_of(&spool.header).and_then(|line| spool.write(&line));
        if let Err(error) = written {
            // A file without its header would only be in the way at the next start.
            fs_err::remove_file(&spool.path).ok();
            return Err(error);
        }
        Ok(spool)
    }

    /// A spool without a file: it takes no records but [`Self::append_unwritten`]'s.
    pub(crate) fn in_memory(header: Header) -> Self {
        Self {
            header,
            path: PathBuf::new(),
            file: None,
            length: 0,
            said: 0,
            first: 1,
            pending: VecDeque::new(),
            pending_bytes: 0,
            rest_at: None,
            outcome: None,
        }
    }

    /// Whose messages they are.
    pub(crate) const fn header(&self) -> &Header {
        &self.header
    }

    /// How many messages there are in all.
    pub(crate) const fn said(&self) -> u64 {
        self.said
    }

    /// Appends records: to the file first, then to what is to be sent.
    pub(crate) fn append(&mut self, records: Vec<Record>) -> Result<(), SpoolError> {
        let mut lines = Vec::new();
        let mut ends = Vec::with_capacity(records.len());
        for record in &records {
            serde_json::to_writer(&mut lines, record)
                .map_err(|source| SpoolError::Encode { source })?;
            lines.push(b'\n');
            ends.push(lines.len());
        }
        let start = self.length;
        self.write(&lines)?;
        let mut begin = 0;
        for (record, end) in records.into_iter().zip(ends) {
            self.remember(record, end - begin, start + begin as u64);
            begin = end;
        }
        Ok(())
    }

    /// Appends a record in memory only: the last words of an attempt whose disk is full.
    pub(crate) fn append_unwritten(&mut self, record: Record) {
        // What follows a record that is not in the file cannot be read back from it.
        self.load_rest();
        self.said += 1;
        self.pending.push_back((0, record));
    }

    /// Notes how the attempt ended.
    pub(crate) fn end(&mut self, outcome: AttemptOutcome) -> Result<(), SpoolError> {
        let line = line_of(&EndLine { ended: outcome.clone() })?;
        self.outcome = Some(outcome);
        self.write(&line)
    }

    /// How the attempt ended, once it has.
    pub(crate) const fn outcome(&self) -> Option<&AttemptOutcome> {
        self.outcome.as_ref()
    }

    /// All messages up to this one are in the catalog.
    pub(crate) fn commit(&mut self, last: u64) {
        while self.first <= last {
            let Some((bytes, _)) = self.pending.pop_front() else { break };
            self.pending_bytes -= bytes;
            self.first += 1;
            if self.pending.is_empty() {
                self.refill();
            }
        }
    }

    /// The catalog has messages up to `last` only, although it had confirmed more: goes back.
    pub(crate) fn rewind(&mut self, last: u64) -> Result<(), SpoolError> {
        let failed = |source| SpoolError::Read { source };
        let Some(file) = &self.file else { return Ok(()) };
        let mut lines = Lines::new(file, 0).map_err(failed)?;
        for _ in 0..=last {
            lines.next_line().map_err(failed)?;
        }
        self.rest_at = Some(lines.at);
        self.first = last + 1;
        self.pending.clear();
        self.pending_bytes = 0;
        self.read_rest(MEMORY_MAX)
    }

    /// Number of the last message that is in the catalog.
    pub(crate) const fn committed(&self) -> u64 {
        self.first - 1
    }

    /// The next messages to send: about `bytes_max` of them, at least one.
    pub(crate) fn batch(&self, bytes_max: usize) -> Option<MessageBatch> {
        let mut bytes = 0;
        let fits = |(length, _): &&(usize, Record)| {
            let fits = bytes == 0 || bytes + length <= bytes_max;
            bytes += length;
            fits
        };
        let records: Vec<Record> =
            self.pending.iter().take_while(fits).map(|(_, record)| record.clone()).collect();
        let lease = self.header.lease;
        (!records.is_empty()).then_some(MessageBatch {
            task: lease.task,
            attempt: lease.attempt,
            first_sequence: self.first,
            records,
        })
    }

    /// How many bytes wait in memory to be sent.
    pub(crate) const fn pending_bytes(&self) -> usize {
        self.pending_bytes
    }

    /// Everything is in the catalog: the file can go.
    pub(crate) fn remove(&mut self) -> io::Result<()> {
        match self.file.take() {
            Some(_) => fs_err::remove_file(&self.path),
            None => Ok(()),
        }
    }

    /// Finds what earlier processes of the worker left in `folder`.
    pub(crate) fn recover(folder: &Path) -> Result<Vec<Self>, SpoolError> {
        let failed = |source| SpoolError::Read { source };
        let mut spools = Vec::new();
        for entry in fs_err::read_dir(folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.extension().is_some_and(|extension| extension == EXTENSION) {
                spools.extend(Self::read_back(path)?);
            }
        }
        Ok(spools)
    }

    /// Reads a spool back. `None` when it ends before its header does: nothing was said then.
    fn read_back(path: PathBuf) -> Result<Option<Self>, SpoolError> {
        let failed = |source| SpoolError::Read { source };
        let file = OpenOptions::new().read(true).write(true).open(&path).map_err(failed)?;
        let mut lines = Lines::new(&file, 0).map_err(failed)?;
        let Some(header) = lines.next_line().map_err(failed)?.and_then(parse::<Header>) else {
            tracing::warn!(spool = %path.display(), "a spool without a header is removed");
            fs_err::remove_file(&path).map_err(failed)?;
            return Ok(None);
        };
        let mut spool = Self::in_memory(header);
        spool.length = lines.at;
        loop {
            let start = lines.at;
            let Some(line) = lines.next_line().map_err(failed)? else { break };
            if line.starts_with(b"{\"ended\"")
                && let Some(end) = parse::<EndLine>(line)
            {
                spool.outcome = Some(end.ended);
                spool.length = lines.at;
                break;
            }
            let bytes = line.len() + 1;
            let Some(record) = parse::<Record>(line) else { break };
            spool.remember(record, bytes, start);
            spool.length = lines.at;
        }
        drop(lines);
        (spool.file, spool.path) = (Some(file), path);
        Ok(Some(spool))
    }

    fn remember(&mut self, record: Record, bytes: usize, at: u64) {
        self.said += 1;
        if self.rest_at.is_some() {
            return;
        }
        if self.pending.is_empty() || self.pending_bytes + bytes <= MEMORY_MAX {
            self.pending_bytes += bytes;
            self.pending.push_back((bytes, record));
        } else {
            self.rest_at = Some(at);
        }
    }

    /// Reads the next part of what is only in the file. When that fails, as little is lost as
    /// can be: the attempt's remaining messages wait for the next process of the worker.
    fn refill(&mut self) {
        if let Err(error) = self.read_rest(MEMORY_MAX) {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "messages of an attempt cannot be read back"
            );
        }
    }

    fn load_rest(&mut self) {
        if let Err(error) = self.read_rest(usize::MAX) {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "messages of an attempt cannot be read back"
            );
        }
    }

    fn read_rest(&mut self, bytes_max: usize) -> Result<(), SpoolError> {
        let failed = |source| SpoolError::Read { source };
        let (Some(at), Some(file)) = (self.rest_at, &self.file) else { return Ok(()) };
        let mut lines = Lines::new(file, at).map_err(failed)?;
        self.rest_at = None;
        loop {
            let start = lines.at;
            if self.length <= start {
                return Ok(());
            }
            if !self.pending.is_empty() && bytes_max <= self.pending_bytes {
                self.rest_at = Some(start);
                return Ok(());
            }
            let Some(line) = lines.next_line().map_err(failed)? else { return Ok(()) };
            let bytes = line.len() + 1;
            // Behind the records there is at most the outcome.
            let Some(record) = parse::<Record>(line) else { return Ok(()) };
            self.pending_bytes += bytes;
            self.pending.push_back((bytes, record));
        }
    }

    /// Writes whole lines, or nothing.
    fn write(&mut self, lines: &[u8]) -> Result<(), SpoolError> {
        let Some(file) = &mut self.file else { return Err(SpoolError::NoFile) };
        let length = self.length;
        let written = file.seek(SeekFrom::Start(length)).and_then(|_| file.write_all(lines));
        if let Err(source) = written {
            // A torn line is cut off here, or when the spool is read back.
            drop(file.set_len(length));
            return Err(SpoolError::Write { path: self.path.clone(), source });
        }
        self.length += lines.len() as u64;
        Ok(())
    }
}

/// Whole lines of a file, with the offset behind the last one read.
struct Lines<'a> {
    reader: BufReader<&'a File>,
    buffer: Vec<u8>,
    at: u64,
}

impl<'a> Lines<'a> {
    fn new(mut file: &'a File, at: u64) -> io::Result<Self> {
        file.seek(SeekFrom::Start(at))?;
        Ok(Self { reader: BufReader::new(file), buffer: Vec::new(), at })
    }

    /// The next line without its end; `None` at the end or at a torn line.
    fn next_line(&mut self) -> io::Result<Option<&[u8]>> {
        self.buffer.clear();
        let n = self.reader.read_until(b'\n', &mut self.buffer)?;
        let Some(line) = self.buffer.strip_suffix(b"\n") else { return Ok(None) };
        self.at += n as u64;
        Ok(Some(line))
    }
}

fn parse<'a, T: Deserialize<'a>>(line: &'a [u8]) -> Option<T> {
    serde_json::from_slice(line).ok()
}

fn line_of<T: Serialize>(value: &T) -> Result<Vec<u8>, SpoolError> {
    let mut line = serde_json::to_vec(value).map_err(|source| SpoolError::Encode { source })?;
    line.push(b'\n');
    Ok(line)
}

#[cfg(test)]
mod tests;
