//! How many tasks of a package may run at once (MaxConcurrentExecutables).

use std::sync::{Condvar, Mutex, PoisonError};

/// Places for tasks.
#[derive(Debug)]
pub(crate) struct Slots {
    limit: usize,
    used: Mutex<usize>,
    freed: Condvar,
}

/// A place that a task has until this is dropped.
pub(crate) struct Slot<'a>(&'a Slots);

impl Slots {
    /// As many places as MaxConcurrentExecutables says: -1 is the number of logical processors
    /// plus 2.
    pub(crate) fn new(max_concurrent_executables: i32) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let limit = usize::try_from(max_concurrent_executables).unwrap_or(processors + 2);
        Self { limit: limit.max(1), used: Mutex::new(0), freed: Condvar::new() }
    }

    /// How many places there are.
    pub(crate) const fn limit(&self) -> usize {
        self.limit
    }

    /// Waits for a place.
    pub(crate) fn take(&self) -> Slot<'_> {
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let mut used = self
            .freed
            .wait_while(used, |used| *used >= self.limit)
            .unwrap_or_else(PoisonError::into_inner);
        *used += 1;
        Slot(self)
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        *self.0.used.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.0.freed.notify_one();
    }
}
