//! What a data flow has done and holds, to look at while it runs.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use model::record::PerformanceCounters;

/// DefaultBufferSize where a pipeline does not say another: 10 MB.
const BUFFER_BYTES: u64 = 10 << 20;

/// What a data flow has done and holds, to look at while it runs.
#[derive(Debug)]
pub struct Counters {
    rows_read: AtomicU64,
    rows_written: AtomicU64,
    rows_offered: AtomicU64,
    long_bytes: AtomicU64,
    flat: AtomicI64,
    flat_bytes: AtomicI64,
    private_bytes: AtomicU64,
    spooled: AtomicI64,
    buffer_bytes: u64,
}

impl Default for Counters {
    fn default() -> Self {
        Self::new(BUFFER_BYTES)
    }
}

impl Counters {
    /// Nothing yet, in a pipeline with this DefaultBufferSize in bytes.
    pub(crate) fn new(buffer_bytes: u64) -> Self {
        Self {
            rows_read: AtomicU64::new(0),
            rows_written: AtomicU64::new(0),
            rows_offered: AtomicU64::new(0),
            long_bytes: AtomicU64::new(0),
            flat: AtomicI64::new(0),
            flat_bytes: AtomicI64::new(0),
            private_bytes: AtomicU64::new(0),
            spooled: AtomicI64::new(0),
            buffer_bytes: buffer_bytes.max(1),
        }
    }

    /// Rows that sources have sent, without those with errors.
    pub fn rows_read(&self) -> u64 {
        self.rows_read.load(Ordering::Relaxed)
    }

    /// Rows that destinations have written.
    pub fn rows_written(&self) -> u64 {
        self.rows_written.load(Ordering::Relaxed)
    }

    /// The counters by which the original shows it. Rows count as written when they are offered
    /// to a destination. What components keep for themselves is not kept in buffers here: it
    /// counts as the buffers of the default size that it would fill. Long values are never in
    /// files of their own.
    pub fn performance(&self) -> PerformanceCounters {
        let number = |counter: &AtomicU64| {
            i64::try_from(counter.load(Ordering::Relaxed)).unwrap_or(i64::MAX)
        };
        let held = |counter: &AtomicI64| counter.load(Ordering::Relaxed).max(0);
        let (flat, flat_bytes) = (held(&self.flat), held(&self.flat_bytes));
        let private_bytes = self.private_bytes.load(Ordering::Relaxed);
        let private = private_bytes.div_ceil(self.buffer_bytes);
        let private = i64::try_from(private).unwrap_or(i64::MAX);
        let private_bytes = i64::try_from(private_bytes).unwrap_or(i64::MAX);
        PerformanceCounters {
            blob_bytes_read: number(&self.long_bytes),
            blob_bytes_written: 0,
            blob_files_in_use: 0,
            buffer_memory: flat_bytes.saturating_add(private_bytes),
            buffers_in_use: flat.saturating_add(private),
            buffers_spooled: held(&self.spooled),
            flat_buffer_memory: flat_bytes,
            flat_buffers_in_use: flat,
            private_buffer_memory: private_bytes,
            private_buffers_in_use: private,
            rows_read: number(&self.rows_read),
            rows_written: number(&self.rows_offered),
        }
    }

    pub(crate) fn read(&self, rows: u64) {
        self.rows_read.fetch_add(rows, Ordering::Relaxed);
    }

    pub(crate) fn read_long(&self, bytes: u64) {
        self.long_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(crate) fn offered(&self, rows: u64) {
        self.rows_offered.fetch_add(rows, Ordering::Relaxed);
    }

    pub(crate) fn wrote(&self, rows: u64) {
        self.rows_written.fetch_add(rows, Ordering::Relaxed);
    }

    /// Batches were set aside in files, or (a negative number) came back.
    pub(crate) fn spooled(&self, batches: i64) {
        self.spooled.fetch_add(batches, Ordering::Relaxed);
    }

    /// A batch of so many bytes is on its way.
    pub(crate) fn hold(&self, bytes: usize) {
        self.flat.fetch_add(1, Ordering::Relaxed);
        self.flat_bytes.fetch_add(signed(bytes), Ordering::Relaxed);
    }

    /// A batch has arrived.
    pub(crate) fn let_go(&self, bytes: usize) {
        self.flat.fetch_sub(1, Ordering::Relaxed);
        self.flat_bytes.fetch_sub(signed(bytes), Ordering::Relaxed);
    }

    /// Components keep so many bytes more; gives what all of them keep then.
    pub(crate) fn keep(&self, bytes: usize) -> usize {
        let before = self.private_bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        usize::try_from(before).unwrap_or(usize::MAX).saturating_add(bytes)
    }

    /// Components keep so many bytes less.
    pub(crate) fn give_back(&self, bytes: usize) {
        self.private_bytes.fetch_sub(bytes as u64, Ordering::Relaxed);
    }
}

fn signed(bytes: usize) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
