//! When a package must be over, on the clock that a worker and its package processes share: the
//! process ends itself then, because a worker that is frozen, or starved of processor time, cannot.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use nix::time::{ClockId, clock_gettime};

/// Milliseconds of the machine's monotonic clock. Every process of the machine sees the same.
pub(crate) fn monotonic_ms() -> u64 {
    // It fails for a clock that the system does not have; every Linux has this one.
    let now = clock_gettime(ClockId::CLOCK_MONOTONIC).map(Duration::from).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}

/// A deadline that is moved while it is watched.
pub(crate) struct OverBy(Arc<AtomicU64>);

impl OverBy {
    /// Calls `end` at `over_by_ms`, unless that is moved in time.
    pub(crate) fn watch(over_by_ms: u64, end: fn() -> !) -> Self {
        let over_by = Arc::new(AtomicU64::new(over_by_ms));
        let watched = Arc::clone(&over_by);
        thread::spawn(move || {
            loop {
                let left = watched.load(Ordering::Acquire).saturating_sub(monotonic_ms());
                if left == 0 {
                    end();
                }
                thread::sleep(Duration::from_millis(left));
            }
        });
        Self(over_by)
    }

    /// Moves it.
    pub(crate) fn renew(&self, over_by_ms: u64) {
        self.0.store(over_by_ms, Ordering::Release);
    }
}
