//! Asking a running package to stop.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Asks a running package to stop. Clones share one request, which is never taken back.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// What data flows look at between batches.
    flag: Arc<AtomicBool>,
    /// Wakes those who wait for something else and must hear of the request at once.
    asked: Mutex<bool>,
    wake: Condvar,
}

impl Cancel {
    /// Nothing has been asked yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks to stop.
    pub fn cancel(&self) {
        self.0.flag.store(true, Ordering::SeqCst);
        *self.0.asked.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.wake.notify_all();
    }

    /// Whether it has been asked.
    pub fn is_cancelled(&self) -> bool {
        self.0.flag.load(Ordering::SeqCst)
    }

    /// Waits at most this long for the request, and says whether it has come.
    pub fn wait(&self, at_most: Duration) -> bool {
        let asked = self.0.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.0.wake.wait_timeout_while(asked, at_most, |asked| !*asked);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// The same request as data flows take it.
    pub(crate) fn of_data_flow(&self) -> dataflow::Cancel {
        dataflow::Cancel::from_flag(Arc::clone(&self.0.flag))
    }
}
