//! Where a running package puts what it has to say.

use model::record::Record;

use crate::Event;

/// Takes what a running package says. Called from all of its threads; must not block for long,
/// because the package waits.
pub trait Sink: Send + Sync {
    /// A row for the catalog. Which rows come is decided by the logging level; performance
    /// counters come at every level.
    fn record(&self, record: Record);

    /// Every event, whatever the logging level.
    fn event(&self, event: &Event) {
        let _ = event;
    }

    /// How far the package is: the executable that works now, and rows so far.
    fn progress(&self, executable: &str, rows_read: u64, rows_written: u64) {
        let _ = (executable, rows_read, rows_written);
    }
}

/// Takes everything and keeps nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ignore;

impl Sink for Ignore {
    fn record(&self, _: Record) {}
}
