//! Holds the claims of all workers, and hands tasks out.
//!
//! One round serves every claim that is held: new claims, commits that concern tasks, and a
//! retry's turn start one, and what arrives while it runs waits for the next. So thousands of
//! tasks a second cost few looks, and a lone task is handed out at once.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::http::StatusCode;
use catalog::Catalog;
use scaleout::Asking;
use scaleout::message::Claimed;
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, sleep_until};

use super::claim::{ClaimQueue, Held, WhoAsks};
use crate::clock_guard::ClockGuard;
use crate::error::{ApiError, chain};
use crate::round::{Asks, Says, round};
use crate::shared::stopped;

/// How long to wait after a round that failed.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(500);

struct ClaimLoop {
    catalog: Catalog,
    clock: Arc<ClockGuard>,
    queue: ClaimQueue,
    held: Vec<Held>,
    /// When a round is due although nothing happens.
    again_at: Option<Instant>,
}

/// Runs until the master goes down; claims held then are answered with nothing.
pub(crate) async fn claim_loop(
    (catalog, clock): (Catalog, Arc<ClockGuard>),
    queue: ClaimQueue,
    mut stopping: watch::Receiver<bool>,
) {
    let mut changes = catalog.changes();
    let mut this = ClaimLoop { catalog, clock, queue, held: Vec::new(), again_at: None };
    loop {
        let wake_at = this.wake_at();
        tokio::select! {
            held = this.queue.queue.recv() => match held {
                Some(held) => this.take(held),
                None => break,
            },
            Some(reply) = this.queue.who.recv() => {
                this.say_who(reply);
                continue;
            }
            changed = changes.changed() => if changed.is_err() { break },
            () = sleep_until(wake_at.unwrap_or_else(Instant::now)), if wake_at.is_some() => {}
            () = stopped(&mut stopping) => break,
        }
        changes.borrow_and_update();
        this.step().await;
    }
    this.queue.queue.close();
    this.take_all();
    this.held.drain(..).for_each(answer_nothing);
    this.count();
}

impl ClaimLoop {
    async fn step(&mut self) {
        self.take_all();
        self.held.retain(|held| !held.reply.is_closed());
        let now = Instant::now();
        if self.again_at.is_some_and(|again_at| again_at <= now) {
            self.again_at = None;
        }
        if !self.held.is_empty() {
            self.round().await;
        }
        let now = Instant::now();
        let late = self.held.extract_if(.., |held| held.deadline <= now);
        late.for_each(answer_nothing);
        self.count();
    }

    fn say_who(&self, reply: oneshot::Sender<WhoAsks>) {
        let who = self.held.iter().map(asks).map(|asks| (asks.agent, asks.asking));
        // Whoever asked may have gone meanwhile, which is their business.
        reply.send(who.collect()).ok();
    }

    fn take_all(&mut self) {
        while let Ok(held) = self.queue.queue.try_recv() {
            self.take(held);
        }
    }

    /// A worker has one claim under way: an earlier one that is still held is of a connection
    /// that broke, or was overtaken.
    fn take(&mut self, new: Held) {
        let earlier = self.held.iter().position(|held| held.claim.agent == new.claim.agent);
        match earlier {
            Some(index) if new.claim.number < self.held[index].claim.number => answer_nothing(new),
            Some(index) => answer_nothing(std::mem::replace(&mut self.held[index], new)),
            None => self.held.push(new),
        }
    }

    async fn round(&mut self) {
        let asks = self.held.iter().map(asks).collect();
        let looked = Instant::now();
        match round(&self.catalog, &self.clock, asks).await {
            Ok(mut outcome) => {
                let again_in = outcome.again_in_ms.map(Duration::from_millis);
                self.again_at = again_in.map(|again_in| Instant::now() + again_in);
                for held in std::mem::take(&mut self.held) {
                    let says = outcome.says.remove(&held.claim.agent);
                    self.held.extend(answer(held, says, looked));
                }
            }
            Err(error) => {
                let error = chain(&error);
                tracing::warn!(error, "cannot look for tasks, trying again soon");
                self.again_at = Some(Instant::now() + PAUSE_AFTER_FAILURE);
            }
        }
    }

    fn wake_at(&self) -> Option<Instant> {
        if self.held.is_empty() {
            return None;
        }
        self.held.iter().map(|held| held.deadline).chain(self.again_at).min()
    }

    fn count(&self) {
        let n_held = u32::try_from(self.held.len()).unwrap_or(u32::MAX);
        self.queue.n_held.store(n_held, Ordering::Relaxed);
    }
}

fn asks(held: &Held) -> Asks {
    let claim = &held.claim;
    let known = claim.running.iter().chain(&claim.also_held).copied().collect();
    Asks {
        agent: claim.agent,
        asking: Asking {
            tasks_max: claim.tasks_max,
            lease_ms: claim.lease_ms,
            number: claim.number,
            held: known,
        },
        running: claim.running.clone(),
    }
}

/// Answers a claim if there is something to say; otherwise it stays held. No lease of what was
/// granted began before `looked`.
fn answer(mut held: Held, says: Option<Says>, looked: Instant) -> Option<Held> {
    let Some(says) = says else {
        let agent = held.claim.agent;
        let message = format!("the catalog does not know worker {agent}: it registers first");
        send(held, Err(ApiError::new(StatusCode::NOT_FOUND, "not_registered", message)));
        return None;
    };
    held.enabled = says.enabled;
    if says.tasks.is_empty() && says.stop.is_empty() {
        return Some(held);
    }
    let held_for = looked.saturating_duration_since(held.arrived);
    let held_ms = u64::try_from(held_for.as_millis()).unwrap_or(u64::MAX);
    let claimed = Claimed { enabled: says.enabled, tasks: says.tasks, stop: says.stop, held_ms };
    send(held, Ok(claimed));
    None
}

fn answer_nothing(held: Held) {
    let enabled = held.enabled;
    let claimed = Claimed { enabled, tasks: Vec::new(), stop: Vec::new(), held_ms: 0 };
    send(held, Ok(claimed));
}

/// Tasks in an answer that nobody takes any more come back: the worker's next claim does not
/// name them.
fn send(held: Held, answer: Result<Claimed, ApiError>) {
    let agent = held.claim.agent;
    if held.reply.send(answer).is_err() {
        tracing::debug!(%agent, "a claim's connection was gone before its answer");
    }
}
