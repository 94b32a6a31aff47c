//! What a loop does when a master refuses or cannot be reached: it says so once, and waits a
//! little longer each time.

use std::time::Duration;

use tokio::time::sleep;
use transport::ClientError;

const FIRST: Duration = Duration::from_millis(100);

/// The longest wait: short against a lease, so that a master that comes back finds its workers.
const LONGEST: Duration = Duration::from_secs(2);

/// The wait between tries of one loop.
pub(crate) struct Pause {
    what: &'static str,
    next: Duration,
    said: String,
}

impl Pause {
    pub(crate) const fn new(what: &'static str) -> Self {
        Self { what, next: FIRST, said: String::new() }
    }

    /// It works again.
    pub(crate) fn reset(&mut self) {
        if !self.said.is_empty() {
            tracing::info!("over: {}", self.what);
        }
        *self = Self::new(self.what);
    }

    /// It failed: says so unless it said the same before, and waits.
    pub(crate) async fn after(&mut self, error: &ClientError) {
        self.note(error);
        sleep(self.next).await;
        self.next = (self.next * 2).min(LONGEST);
    }

    /// It failed: says so unless it said the same before.
    pub(crate) fn note(&mut self, error: &ClientError) {
        let text = crate::attempt::chain(error);
        if self.said != text {
            tracing::warn!(reason = %text, "{}", self.what);
            self.said = text;
        }
    }
}
