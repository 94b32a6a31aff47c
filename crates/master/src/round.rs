//! One look at the catalog, one plan, its decisions carried out.
//!
//! The look is a read, so that a round with nothing to do writes nothing. Each decision names
//! the fence it saw and is a write of its own: one task whose row cannot be handed out (a value
//! that does not decrypt, say) keeps no other task from running.

use std::collections::HashMap;
use std::time::Instant;

use catalog::scale_out::{carry_out, snapshot, stops_for};
use catalog::{Catalog, CatalogError, Tx};
use model::{AgentId, TaskId, Timestamp};
use scaleout::message::{Assignment, LeaseRef};
use scaleout::{Asking, Decision, Phase, Snapshot, plan};

use crate::clock_guard::ClockGuard;
use crate::shared::write_each;

/// How soon to look again when another master has handed out what was planned here.
const OVERTAKEN_MS: u64 = 5;

/// A worker's claim, as a round sees it.
#[derive(Clone, Debug)]
pub(crate) struct Asks {
    pub(crate) agent: AgentId,
    pub(crate) asking: Asking,
    /// What it runs and has not been told to stop.
    pub(crate) running: Vec<LeaseRef>,
}

/// What a round has to say to one worker.
#[derive(Clone, Debug, Default)]
pub(crate) struct Says {
    pub(crate) enabled: bool,
    pub(crate) tasks: Vec<Assignment>,
    pub(crate) stop: Vec<TaskId>,
}

/// What came of a round.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// For every asking worker that the catalog knows.
    pub(crate) says: HashMap<AgentId, Says>,
    /// When another round may have something to do although nothing changes: a retry stops
    /// waiting for another worker. In milliseconds from now.
    pub(crate) again_in_ms: Option<u64>,
}

/// What a round reads.
struct Look {
    snapshot: Snapshot,
    stops: Vec<(AgentId, Vec<TaskId>)>,
    now: Timestamp,
}

/// Does one round for the workers that ask; with none, it ends leases that have run out.
pub(crate) async fn round(
    catalog: &Catalog,
    clock: &ClockGuard,
    asks: Vec<Asks>,
) -> Result<Outcome, CatalogError> {
    let before = Instant::now();
    let look = catalog.read(move |tx| look(tx, &asks)).await?;
    let judged = clock.judge((before, Instant::now()), look.now);
    let mut decisions = plan(&look.snapshot, look.now).decisions;
    decisions.retain(|decision| !is_too_early(&look.snapshot, decision, judged));
    let mut outcome = Outcome {
        says: greet(&look),
        again_in_ms: next_change(&look.snapshot, &decisions, look.now),
    };
    let done = write_each(catalog, decisions.clone(), |tx, decision| {
        let now = tx.now();
        carry_out(tx, decision, now)
    });
    for (decision, done) in decisions.iter().zip(done.await) {
        match (decision, done) {
            (Decision::Grant { agent, .. }, Ok(Some(assignment))) => {
                tracing::debug!(?agent, task = ?assignment.task, "granted");
                outcome.says.entry(*agent).or_default().tasks.push(assignment);
            }
            (Decision::Grant { .. }, Ok(None)) => {
                // Another master was faster. The worker may have the next task.
                tracing::debug!(?decision, "overtaken");
                outcome.again_in_ms = Some(OVERTAKEN_MS);
            }
            (decision, Ok(_)) => tracing::debug!(?decision, "carried out, or overtaken"),
            (decision, Err(error)) => {
                let error = crate::error::chain(&error);
                tracing::error!(task = %decision.task(), error, "cannot carry out a decision");
            }
        }
    }
    Ok(outcome)
}

fn look(tx: &mut dyn Tx, asks: &[Asks]) -> Result<Look, CatalogError> {
    let now = tx.now();
    let asking: Vec<_> = asks.iter().map(|asks| (asks.agent, asks.asking.clone())).collect();
    let snapshot = snapshot(tx, &asking, now)?;
    let mut stops = Vec::new();
    for asks in asks {
        if !asks.running.is_empty() {
            stops.push((asks.agent, stops_for(tx, asks.agent, &asks.running)?));
        }
    }
    Ok(Look { snapshot, stops, now })
}

/// Whether a lease would end although it has not, by the clock that it was granted by.
fn is_too_early(snapshot: &Snapshot, decision: &Decision, judged: Timestamp) -> bool {
    let Decision::Expire { task, .. } = decision else { return false };
    let mut leased = snapshot.leased.iter().filter(|leased| leased.id == *task);
    leased.any(|leased| matches!(leased.phase, Phase::Running(lease) if judged < lease.expires))
}

/// The workers that ask and are known, with the stop requests for them.
fn greet(look: &Look) -> HashMap<AgentId, Says> {
    let asking = look.snapshot.workers.iter().filter(|worker| worker.asking.is_some());
    let mut says: HashMap<_, _> = asking
        .map(|worker| (worker.agent, Says { enabled: worker.enabled, ..Says::default() }))
        .collect();
    for (agent, stop) in &look.stops {
        if let Some(says) = says.get_mut(agent) {
            says.stop.clone_from(stop);
        }
    }
    says
}

/// When the first retry that is kept for another worker may go anywhere.
fn next_change(snapshot: &Snapshot, decisions: &[Decision], now: Timestamp) -> Option<u64> {
    let granted = |task: TaskId| decisions.iter().any(|decision| decision.task() == task);
    let ends = snapshot.waiting.iter().filter_map(|task| match task.phase {
        Phase::Waiting { avoid: Some(avoid) } if !granted(task.id) => Some(avoid.until),
        Phase::Waiting { .. } | Phase::Running(_) | Phase::Done(_) => None,
    });
    let ms = ends.map(|until| u64::try_from(until.ms_since(now)).unwrap_or_default());
    ms.filter(|ms| 0 < *ms).min().map(|ms| ms + 1)
}
