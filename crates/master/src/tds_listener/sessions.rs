//! Who is connected: numbers for sessions (`@@SPID`), and a way to end one (`KILL`).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

/// SQL Server keeps the numbers up to 50 for itself, and clients take those for system sessions.
const FIRST: u16 = 51;

/// The largest number that `@@SPID`, a `smallint`, can show.
const LAST: u16 = i16::MAX.unsigned_abs();

/// The sessions of a listener. Clones share them.
#[derive(Clone, Default)]
pub struct Sessions(Arc<Mutex<BTreeMap<u16, watch::Sender<bool>>>>);

/// A session's place; free again when it is dropped.
pub(super) struct Place {
    sessions: Sessions,
    number: u16,
    killed: watch::Receiver<bool>,
}

impl Sessions {
    /// The numbers of all sessions, in order. Those that are still logging in are among them.
    pub fn numbers(&self) -> Vec<u16> {
        self.with(|sessions| sessions.keys().copied().collect())
    }

    /// Ends a session: what it runs is stopped, and its connection closed. False if there is none
    /// of this number.
    pub fn kill(&self, number: u16) -> bool {
        self.with(|sessions| match sessions.get(&number) {
            Some(session) => !session.send_replace(true),
            None => false,
        })
    }

    /// A place with the smallest free number. `None` when all are taken.
    pub(super) fn enter(&self) -> Option<Place> {
        let (kill, killed) = watch::channel(false);
        let number = self.with(|sessions| {
            let number = (FIRST..=LAST).find(|number| !sessions.contains_key(number))?;
            sessions.insert(number, kill);
            Some(number)
        })?;
        Some(Place { sessions: self.clone(), number, killed })
    }

    fn with<T>(&self, act: impl FnOnce(&mut BTreeMap<u16, watch::Sender<bool>>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Place {
    /// The session's number.
    pub(super) fn number(&self) -> u16 {
        self.number
    }

    /// Turns true when the session shall end.
    pub(super) fn killed(&self) -> watch::Receiver<bool> {
        self.killed.clone()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.sessions.with(|sessions| sessions.remove(&self.number));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_used_again_only_when_its_session_has_ended() {
        let sessions = Sessions::default();
        let (first, second) = (sessions.enter().unwrap(), sessions.enter().unwrap());
        assert_eq!((first.number(), second.number()), (51, 52));
        drop(first);
        assert_eq!(sessions.enter().unwrap().number(), 51);
        assert_eq!(sessions.numbers(), [52]);
    }

    #[test]
    fn only_a_session_that_exists_can_be_killed() {
        let sessions = Sessions::default();
        let place = sessions.enter().unwrap();
        assert!(!sessions.kill(99));
        assert!(sessions.kill(place.number()));
        assert!(*place.killed().borrow());
    }
}
