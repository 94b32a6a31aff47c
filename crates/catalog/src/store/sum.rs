//! What copies of a table are compared by: how many rows, and a sum of their hashes, which their
//! order does not change.

use aws_lc_rs::digest::{Context as Digest, SHA256};

use crate::store::Cell;

/// The rows of a table in short.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sum {
    /// How many rows.
    pub(crate) rows: u64,
    words: [u64; 4],
}

impl Sum {
    /// Adds a row.
    pub(crate) fn add(&mut self, cells: &[Cell]) {
        let mut digest = Digest::new(&SHA256);
        for cell in cells {
            let (tag, bytes): (u8, &[u8]) = match cell {
                Cell::Null => (0, &[]),
                Cell::Int(number) => (1, &number.to_be_bytes()),
                Cell::Real(number) => (2, &number.to_be_bytes()),
                Cell::Text(text) => (3, text.as_bytes()),
                Cell::Blob(bytes) => (4, bytes),
            };
            digest.update(&[tag]);
            digest.update(&(bytes.len() as u64).to_be_bytes());
            digest.update(bytes);
        }
        let hash = digest.finish();
        for (word, bytes) in self.words.iter_mut().zip(hash.as_ref().chunks_exact(8)) {
            let part = bytes.iter().fold(0_u64, |word, byte| word << 8 | u64::from(*byte));
            *word = word.wrapping_add(part);
        }
        self.rows += 1;
    }

    /// The sum as lower-case hex.
    pub(crate) fn hex(&self) -> String {
        self.words.iter().map(|word| format!("{word:016x}")).collect()
    }
}
