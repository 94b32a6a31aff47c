//! Batches of a queue that must take more than the memory budget has room for: in a file, in the
//! order in which they came.

use std::collections::VecDeque;
use std::io::Cursor;
use std::os::unix::fs::FileExt as _;

use arrow_array::RecordBatch;
use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::ArrowError;
use fs_err::File;

use super::Shared;
use crate::Failure;
use crate::raw::RawError;
use crate::spill::{Folders, broken};

/// The file, and where in it the batches are.
#[derive(Default)]
pub(super) struct Overflow {
    file: Option<File>,
    /// Offset and length of each.
    places: VecDeque<(u64, usize)>,
    end: u64,
}

fn transfer(error: impl Into<ArrowError>) -> Failure {
    broken(&RawError::Transfer(error.into()))
}

impl Overflow {
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// Writes a batch; `temp_folders` are the folders for it, separated by `;`.
    pub(super) fn push(
        &mut self,
        shared: &Shared<'_>,
        temp_folders: &str,
        batch: &RecordBatch,
    ) -> Result<(), Failure> {
        let mut bytes = Vec::new();
        let mut stream = StreamWriter::try_new(&mut bytes, &batch.schema()).map_err(transfer)?;
        stream.write(batch).and_then(|()| stream.finish()).map_err(transfer)?;
        drop(stream);
        let file = match &self.file {
            Some(file) => file,
            None => {
                let file = Folders::named(temp_folders, shared.environment).file()?;
                tracing::debug!("a queue goes on in a file");
                self.file.insert(file)
            }
        };
        file.file().write_all_at(&bytes, self.end).map_err(transfer)?;
        self.places.push_back((self.end, bytes.len()));
        self.end += bytes.len() as u64;
        shared.counters.spooled(1);
        Ok(())
    }

    /// Reads the next batch; `None` when there is none.
    pub(super) fn pop(&mut self, shared: &Shared<'_>) -> Result<Option<RecordBatch>, Failure> {
        let (Some(file), Some((offset, length))) = (&self.file, self.places.pop_front()) else {
            return Ok(None);
        };
        let mut bytes = vec![0; length];
        file.file().read_exact_at(&mut bytes, offset).map_err(transfer)?;
        if self.places.is_empty() {
            // The room on the disk is free again.
            file.set_len(0).map_err(transfer)?;
            self.end = 0;
        }
        shared.counters.spooled(-1);
        let mut stream = StreamReader::try_new(Cursor::new(bytes), None).map_err(transfer)?;
        stream.next().transpose().map_err(transfer)
    }
}
