//! Keeps a flood of strangers from taking the places of those who are served.
//!
//! Whoever connects is a newcomer until it has shown that it may be served (a login, an answer
//! that is no refusal). Only so many newcomers are kept; when one more comes, one gives way: of
//! the address that has most of them, the one that has been there for longest. Those who mean it
//! need a moment to show it, and a flood pushes out its own.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
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
    count: usize,
    /// By address, in the order they came.
    waiting: HashMap<IpAddr, BTreeMap<u64, Arc<Notify>>>,
}

impl Newcomers {
    /// Takes out the oldest one of the address with most of them.
    fn pop(&mut self) -> Option<Arc<Notify>> {
        let most = self.waiting.iter().max_by_key(|(_, of)| of.len());
        let (from, number) = most.and_then(|(from, of)| Some((*from, *of.keys().next()?)))?;
        self.remove(from, number)
    }

    fn remove(&mut self, from: IpAddr, number: u64) -> Option<Arc<Notify>> {
        let of = self.waiting.get_mut(&from)?;
        let removed = of.remove(&number)?;
        if of.is_empty() {
            self.waiting.remove(&from);
        }
        self.count -= 1;
        Some(removed)
    }
}

/// One who has come in; a newcomer until [`Visitor::is_welcome`]. Dropped, it has left.
#[derive(Debug)]
pub struct Visitor {
    newcomers: Arc<Mutex<Newcomers>>,
    from: IpAddr,
    number: u64,
    gives_way: Arc<Notify>,
}

impl Doorkeeper {
    /// Lets one more newcomer in, who comes from this address.
    pub fn admit(&self, from: IpAddr) -> Visitor {
        let mut newcomers = lock(&self.newcomers);
        if NEWCOMERS_MAX <= newcomers.count
            && let Some(oldest) = newcomers.pop()
        {
            oldest.notify_one();
        }
        let number = newcomers.next;
        newcomers.next += 1;
        newcomers.count += 1;
        let gives_way = Arc::new(Notify::new());
        newcomers.waiting.entry(from).or_default().insert(number, Arc::clone(&gives_way));
        Visitor { newcomers: Arc::clone(&self.newcomers), from, number, gives_way }
    }
}

impl Visitor {
    /// It may be served, and need not give way any more.
    pub fn is_welcome(&self) {
        lock(&self.newcomers).remove(self.from, self.number);
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

    fn admit(door: &Doorkeeper, last: u8, times: usize) -> Vec<Visitor> {
        (0..times).map(|_| door.admit([192, 0, 2, last].into())).collect()
    }

    #[tokio::test]
    async fn a_flood_gives_way_to_itself_and_nobody_else_does() {
        let door = Doorkeeper::default();
        let welcome = admit(&door, 1, 1);
        welcome[0].is_welcome();
        let other = admit(&door, 2, 1);
        let flood = admit(&door, 1, NEWCOMERS_MAX);
        flood[0].must_leave().await;
        let more = admit(&door, 2, 10);
        flood[10].must_leave().await;
        let mut stays = Box::pin(other[0].must_leave());
        let waits = tokio::time::timeout(std::time::Duration::from_millis(20), &mut stays).await;
        assert!(waits.is_err(), "the other address has few");
        drop(stays);
        drop((flood, other, more));
        let newcomers = lock(&door.newcomers);
        assert!(newcomers.waiting.is_empty() && newcomers.count == 0);
    }
}
