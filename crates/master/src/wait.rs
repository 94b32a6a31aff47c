//! Long polls: wait for a commit that may matter, a deadline, or the master's end.

use std::time::Duration;

use catalog::{Catalog, Topic};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::shared::stopped;

/// The longest that a request may ask to be held.
pub(crate) const WAIT_MAX: Duration = Duration::from_secs(60);

/// How long after one look the next one happens at the earliest: a busy catalog commits
/// hundreds of times a second, and nobody reads that fast.
const PACE: Duration = Duration::from_millis(20);

/// Waits on behalf of one request.
pub(crate) struct Waiter {
    changes: watch::Receiver<u64>,
    stopping: watch::Receiver<bool>,
    deadline: Instant,
    looked: Instant,
    pace: Duration,
}

impl Waiter {
    /// Waits for commits that concern `topic`, at most `wait_ms`.
    pub(crate) fn new(
        catalog: &Catalog,
        topic: Topic,
        stopping: &watch::Receiver<bool>,
        wait_ms: u64,
    ) -> Self {
        let now = Instant::now();
        Self {
            changes: catalog.changes_of(topic),
            stopping: stopping.clone(),
            deadline: now + Duration::from_millis(wait_ms).min(WAIT_MAX),
            looked: now,
            pace: PACE,
        }
    }

    /// Leaves at least so much time between looks.
    #[must_use]
    pub(crate) fn at_pace(self, pace: Duration) -> Self {
        Self { pace: pace.max(PACE), ..self }
    }

    /// To be called before each look at the catalog: commits from here on end the next wait.
    pub(crate) fn look(&mut self) {
        self.changes.borrow_and_update();
        self.looked = Instant::now();
    }

    /// Waits until another look is worth it. False when the time is over.
    pub(crate) async fn again(&mut self) -> bool {
        if self.deadline <= Instant::now() {
            return false;
        }
        tokio::select! {
            changed = self.changes.changed() => if changed.is_err() { return false },
            () = sleep_until(self.deadline) => return false,
            () = stopped(&mut self.stopping) => return false,
        }
        sleep_until((self.looked + self.pace).min(self.deadline)).await;
        true
    }
}
