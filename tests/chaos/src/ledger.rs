//! What clients were told: the ledger that everything is compared with afterwards.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// From here on an acknowledgement is slow, in milliseconds.
const SLOW_MS: u64 = 12_000;

/// How a client asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// JSON over HTTPS with an idempotency key: asked again until there is an answer.
    Api,
    /// T-SQL, asked once.
    Tsql,
}

/// What is known of one request.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) way: Way,
    pub(crate) retry_count: u32,
    /// The execution, once that was acknowledged.
    pub(crate) execution: Option<i64>,
    asked: Instant,
}

/// Requests and answers, by key.
#[derive(Debug)]
pub(crate) struct Ledger {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    entries: BTreeMap<String, Entry>,
    acknowledged: usize,
    /// How long each acknowledgement took, in milliseconds.
    waits: Vec<u64>,
    /// When the slow ones came, by second since 1970, and how long they took, in seconds.
    slow: BTreeMap<u64, u64>,
    /// Answers that contradict earlier ones.
    contradictions: Vec<String>,
    /// What clients were told instead of an acknowledgement, and how often.
    refusals: BTreeMap<String, usize>,
}

impl Ledger {
    pub(crate) fn new() -> Self {
        Self {
            state: Mutex::new(State {
                entries: BTreeMap::new(),
                acknowledged: 0,
                waits: Vec::new(),
                slow: BTreeMap::new(),
                contradictions: Vec::new(),
                refusals: BTreeMap::new(),
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something is about to be asked for.
    pub(crate) fn asks(&self, key: &str, way: Way, retry_count: u32) {
        let entry = Entry { way, retry_count, execution: None, asked: Instant::now() };
        self.state().entries.insert(key.to_owned(), entry);
    }

    /// It was acknowledged.
    pub(crate) fn acknowledged(&self, key: &str, execution: i64) {
        let mut state = self.state();
        let Some(entry) = state.entries.get_mut(key) else { return };
        let waited = u64::try_from(entry.asked.elapsed().as_millis()).unwrap_or(u64::MAX);
        match entry.execution.replace(execution) {
            None => {
                state.acknowledged += 1;
                state.waits.push(waited);
                if SLOW_MS < waited {
                    let longest = state.slow.entry(second()).or_default();
                    *longest = (*longest).max(waited / 1_000);
                }
            }
            Some(before) if before == execution => {}
            Some(before) => {
                state.contradictions.push(format!("{key} was {before}, then {execution}"));
            }
        }
    }

    /// It was not, and why.
    pub(crate) fn refused(&self, reason: String) {
        *self.state().refusals.entry(reason).or_default() += 1;
    }

    /// When acknowledgements came that took longer than some seconds, and how long.
    pub(crate) fn slow(&self) -> BTreeMap<u64, u64> {
        self.state().slow.clone()
    }

    /// How many were acknowledged.
    pub(crate) fn n_acknowledged(&self) -> usize {
        self.state().acknowledged
    }

    /// How long clients waited for an acknowledgement: median, 99th percentile, longest.
    pub(crate) fn waits(&self) -> [Duration; 3] {
        let mut all = self.state().waits.clone();
        all.sort_unstable();
        let at = |part: usize| all.get((all.len() * part / 100).min(all.len().saturating_sub(1)));
        [50, 99, 100].map(|part| Duration::from_millis(at(part).copied().unwrap_or(0)))
    }

    /// Everything, at the end.
    pub(crate) fn entries(&self) -> BTreeMap<String, Entry> {
        self.state().entries.clone()
    }

    /// Answers that contradict earlier ones.
    pub(crate) fn contradictions(&self) -> Vec<String> {
        self.state().contradictions.clone()
    }

    /// What clients were told instead, the most frequent first.
    pub(crate) fn refusals(&self) -> Vec<(String, usize)> {
        let mut all: Vec<_> = self.state().refusals.clone().into_iter().collect();
        all.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
        all
    }
}

/// Seconds since 1970.
fn second() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
