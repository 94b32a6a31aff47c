//! A backup's bytes.
//!
//! ```text
//! "packhorse backup 1\n"
//! blocks: kind (1 byte), length of the contents (8 bytes, big endian), contents
//!     H  what the backup is of: JSON
//!     T  a table: JSON; behind it its rows
//!     R  rows: number (4 bytes), then the cells of each
//!     E  the end of a table: JSON with the number of rows and their hash
//!     Z  the end: SHA-256 of all bytes before this block
//! ```
//!
//! A cell is a tag (0 NULL, 1 whole number, 2 floating-point number, 3 text, 4 bytes), then 8 bytes
//! of a number, or 8 bytes of length and as many bytes.

use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;

use aws_lc_rs::digest::{Context as Digest, SHA256, SHA256_OUTPUT_LEN};
use fs_err::File;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::BackupError;
use crate::store::Cell;

const MAGIC: &[u8] = b"packhorse backup 1\n";

/// The kinds of blocks.
pub(super) const HEADER: u8 = b'H';
pub(super) const TABLE: u8 = b'T';
pub(super) const ROWS: u8 = b'R';
pub(super) const TABLE_END: u8 = b'E';
const END: u8 = b'Z';

/// Writes a new file, block by block.
pub(super) struct Writer {
    file: BufWriter<File>,
    digest: Digest,
}

impl Writer {
    /// Starts a file in place of what is there; only its owner may read it.
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        use fs_err::os::unix::fs::OpenOptionsExt as _;
        let mut options = fs_err::OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let mut writer =
            Self { file: BufWriter::new(options.open(path)?), digest: Digest::new(&SHA256) };
        writer.put(MAGIC)?;
        Ok(writer)
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.digest.update(bytes);
        self.file.write_all(bytes)
    }

    /// Adds a block.
    pub(super) fn block(&mut self, kind: u8, contents: &[u8]) -> io::Result<()> {
        self.put(&[kind])?;
        self.put(&(contents.len() as u64).to_be_bytes())?;
        self.put(contents)
    }

    /// Adds a block of JSON.
    pub(super) fn json<T: Serialize>(&mut self, kind: u8, value: &T) -> io::Result<()> {
        self.block(kind, &serde_json::to_vec(value)?)
    }

    /// Adds rows.
    pub(super) fn rows(&mut self, rows: &[Vec<Cell>]) -> io::Result<()> {
        let mut bytes = u32::try_from(rows.len()).unwrap_or(u32::MAX).to_be_bytes().to_vec();
        rows.iter().flatten().for_each(|cell| put_cell(&mut bytes, cell));
        self.block(ROWS, &bytes)
    }

    /// Adds the end, and waits until all is on the disk.
    pub(super) fn finish(mut self) -> io::Result<()> {
        let hash = self.digest.clone().finish();
        self.block(END, hash.as_ref())?;
        self.file.flush()?;
        self.file.get_ref().sync_all()
    }
}

fn put_cell(bytes: &mut Vec<u8>, cell: &Cell) {
    let (tag, rest): (u8, &[u8]) = match cell {
        Cell::Null => (0, &[]),
        Cell::Int(number) => (1, &number.to_be_bytes()),
        Cell::Real(number) => (2, &number.to_be_bytes()),
        Cell::Text(text) => (3, text.as_bytes()),
        Cell::Blob(blob) => (4, blob),
    };
    bytes.push(tag);
    if 3 <= tag {
        bytes.extend_from_slice(&(rest.len() as u64).to_be_bytes());
    }
    bytes.extend_from_slice(rest);
}

/// Reads a file, block by block.
pub(super) struct Reader {
    file: BufReader<File>,
    path: std::path::PathBuf,
    /// How many bytes are left.
    left: u64,
}

impl Reader {
    /// Opens a file and checks its beginning.
    pub(super) fn open(path: &Path) -> Result<Self, BackupError> {
        let failed = |source| BackupError::Read { path: path.to_owned(), source };
        let file = File::open(path).map_err(failed)?;
        let left = file.metadata().map_err(failed)?.len();
        let mut reader = Self { file: BufReader::new(file), path: path.to_owned(), left };
        let not_a_backup = BackupError::NotABackup { path: path.to_owned() };
        match reader.take(MAGIC.len() as u64) {
            Ok(magic) if magic == MAGIC => Ok(reader),
            Ok(_) | Err(BackupError::Damaged { .. }) => Err(not_a_backup),
            Err(error) => Err(error),
        }
    }

    fn damaged(&self, reason: &'static str) -> BackupError {
        BackupError::Damaged { path: self.path.clone(), reason }
    }

    fn take(&mut self, length: u64) -> Result<Vec<u8>, BackupError> {
        if self.left < length {
            return Err(self.damaged("it is shorter than it should be"));
        }
        let length = usize::try_from(length).map_err(|_| self.damaged("a block is too long"))?;
        let mut bytes = vec![0; length];
        let read = self.file.read_exact(&mut bytes);
        read.map_err(|source| BackupError::Read { path: self.path.clone(), source })?;
        self.left -= length as u64;
        Ok(bytes)
    }

    /// The next block; `None` behind the last.
    pub(super) fn block(&mut self) -> Result<Option<(u8, Vec<u8>)>, BackupError> {
        let kind = self.take(1)?[0];
        let length = self.take(8)?.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        let contents = self.take(length)?;
        if kind == END {
            return Ok(None);
        }
        Ok(Some((kind, contents)))
    }

    /// JSON in a block.
    pub(super) fn parse<T: DeserializeOwned>(&self, contents: &[u8]) -> Result<T, BackupError> {
        serde_json::from_slice(contents).map_err(|_| self.damaged("a description is not JSON"))
    }

    /// Rows in a block.
    pub(super) fn rows(
        &self,
        contents: &[u8],
        n_columns: usize,
    ) -> Result<Vec<Vec<Cell>>, BackupError> {
        rows(contents, n_columns).ok_or_else(|| self.damaged("its rows cannot be understood"))
    }
}

fn rows(contents: &[u8], n_columns: usize) -> Option<Vec<Vec<Cell>>> {
    let (count, mut rest) = contents.split_first_chunk()?;
    let mut rows = Vec::new();
    for _ in 0..u32::from_be_bytes(*count) {
        let mut row = Vec::with_capacity(n_columns);
        for _ in 0..n_columns {
            let (cell, behind) = cell(rest)?;
            row.push(cell);
            rest = behind;
        }
        rows.push(row);
    }
    rest.is_empty().then_some(rows)
}

fn cell(bytes: &[u8]) -> Option<(Cell, &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    if tag == 0 {
        return Some((Cell::Null, rest));
    }
    let (number, rest) = rest.split_first_chunk()?;
    match tag {
        1 => Some((Cell::Int(i64::from_be_bytes(*number)), rest)),
        2 => Some((Cell::Real(f64::from_be_bytes(*number)), rest)),
        3 | 4 => {
            let length = usize::try_from(u64::from_be_bytes(*number)).ok()?;
            let (bytes, rest) = rest.split_at_checked(length)?;
            let bytes = bytes.to_vec();
            let cell = match tag {
                3 => Cell::Text(String::from_utf8(bytes).ok()?),
                _ => Cell::Blob(bytes),
            };
            Some((cell, rest))
        }
        _ => None,
    }
}

/// Checks that a file is whole: its length, and the hash at its end.
pub(super) fn check_whole(path: &Path) -> Result<(), BackupError> {
    const END_BLOCK: u64 = 1 + 8 + SHA256_OUTPUT_LEN as u64;
    let mut reader = Reader::open(path)?;
    let mut digest = Digest::new(&SHA256);
    digest.update(MAGIC);
    let short = "it is shorter than it should be";
    let mut left = reader.left.checked_sub(END_BLOCK).ok_or_else(|| reader.damaged(short))?;
    while left != 0 {
        let some = reader.take(left.min(1 << 20))?;
        digest.update(&some);
        left -= some.len() as u64;
    }
    let end = reader.take(END_BLOCK)?;
    let hash = digest.finish();
    let length = (SHA256_OUTPUT_LEN as u64).to_be_bytes();
    let is_end = end[0] == END && end[1..9] == length && end[9..] == *hash.as_ref();
    if is_end {
        Ok(())
    } else {
        Err(reader.damaged("its checksum is wrong, or its end is missing"))
    }
}
