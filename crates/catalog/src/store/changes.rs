//! Counters that rise with commits, one for each topic, for those who wait.

use std::sync::Arc;

use tokio::sync::watch;

use super::Topic;

/// One counter for each topic. Clones share them.
#[derive(Clone)]
pub(super) struct Changes(Arc<[watch::Sender<u64>; Topic::ALL.len()]>);

impl Changes {
    pub(super) fn new() -> Self {
        Self(Arc::new(Topic::ALL.map(|_| watch::Sender::new(0))))
    }

    pub(super) fn bump(&self, topic: Topic) {
        self.0[topic as usize].send_modify(|count| *count += 1);
    }

    /// For when it is not known what has changed.
    pub(super) fn bump_all(&self) {
        Topic::ALL.into_iter().for_each(|topic| self.bump(topic));
    }

    pub(super) fn subscribe(&self, topic: Topic) -> watch::Receiver<u64> {
        self.0[topic as usize].subscribe()
    }
}
