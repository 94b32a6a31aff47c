//! Keeps a flood of strangers from taking the places of those who are served.
//!
//! Whoever connects is a newcomer until it has shown that it may be served (a login, an answer
//! that is no refusal). Only so many newcomers are kept; when one more comes, the one that has
//! been a newcomer for longest gives way. Those who mean it need a moment to show it, and a flood
//! pushes out its own.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// How many newcomers are kept: handshakes under way on a busy server are some dozens.
const NEWCOMERS_MAX: usize = 512;

/// Counts the newcomers of one port. Cloning shares it.
#[derive(Clone, Debug, Default)]
pub struct Doorkeeper {
    newcomers: Arc<Mutex<Newcomers>>,
}

#[derive(Debug, Default)]
struct Newcomers {
    next: u64,
    /// In the order they came.
    waiting: BTreeMap<u64, Arc<Notify>>,
}

/// One who has come in; a newcomer until [`Visitor::is_welcome`]. Dropped, it has left.
#[derive(Debug)]
pub struct Visitor {
    newcomers: Arc<Mutex<Newcomers>>,
    number: u64,
    gives_way: Arc<Notify>,
}

impl Doorkeeper {
    /// Lets one more newcomer in.
    pub fn admit(&self) -> Visitor {
        let mut newcomers = lock(&self.newcomers);
        if NEWCOMERS_MAX <= newcomers.waiting.len()
            && let Some((_, oldest)) = newcomers.waiting.pop_first()
        {
            oldest.notify_one();
        }
        let number = newcomers.next;
        newcomers.next += 1;
        let gives_way = Arc::new(Notify::new());
        newcomers.waiting.insert(number, Arc::clone(&gives_way));
        Visitor { newcomers: Arc::clone(&self.newcomers), number, gives_way }
    }
}

impl Visitor {
    /// It may be served, and need not give way any more.
    pub fn is_welcome(&self) {
        lock(&self.newcomers).waiting.remove(&self.number);
    }

    /// Returns when it must give way to others.
    pub async fn must_leave(&self) {
        self.gives_way.notified().await;
    }
}

impl Drop for Visitor {
    fn drop(&mut self) {
        self.is_welcome();
    }
}

fn lock(newcomers: &Mutex<Newcomers>) -> MutexGuard<'_, Newcomers> {
    newcomers.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_oldest_stranger_gives_way_and_nobody_who_is_welcome() {
        let door = Doorkeeper::default();
        let welcome = door.admit();
        welcome.is_welcome();
        let oldest = door.admit();
        let others: Vec<Visitor> = (0..NEWCOMERS_MAX).map(|_| door.admit()).collect();
        oldest.must_leave().await;
        drop(others);
        assert!(lock(&door.newcomers).waiting.is_empty());
        let rest: Vec<Visitor> = (0..NEWCOMERS_MAX).map(|_| door.admit()).collect();
        assert_eq!(lock(&rest[0].newcomers).waiting.len(), NEWCOMERS_MAX);
    }
}
