//! Carries one decision out, if the task is still as the decision assumes.

use model::{Fence, TaskId, Timestamp};
use scaleout::message::Assignment;
use scaleout::{Decision, Effects, Event, Refusal, Task};

use super::{assignment, effects, task_row};
use crate::error::CatalogError;
use crate::store::Tx;

/// Applies what a master decided. The assignment, when the decision was to hand a task out;
/// `None` also when the picture that the master had was out of date, which is normal.
pub fn carry_out(
    tx: &mut dyn Tx,
    decision: &Decision,
    now: Timestamp,
) -> Result<Option<Assignment>, CatalogError> {
    let Some(mut task) = task_row::load(tx, decision.task())? else { return Ok(None) };
    let event = decision.event();
    if apply_event(tx, &mut task, &event, (decision.fence(), now))?.is_err() {
        return Ok(None);
    }
    match decision.event() {
        Event::Granted { lease_ms, .. } => assignment::of(tx, &task, lease_ms).map(Some),
        Event::Renewed { .. }
        | Event::Expired
        | Event::Lost
        | Event::Unanswered
        | Event::Reported { .. }
        | Event::StopRequested => Ok(None),
    }
}

/// Applies an event, as sent by somebody who saw the task at a fence, and writes task and
/// effects. The inner result is the rules' answer; a refusal that only a bug explains is logged
/// with the whole task.
pub(crate) fn apply_event(
    tx: &mut dyn Tx,
    task: &mut Task,
    event: &Event,
    (fence, now): (Fence, Timestamp),
) -> Result<Result<Effects, Refusal>, CatalogError> {
    let before = task.clone();
    let changes = match task.apply(event, fence, now) {
        Ok(changes) => changes,
        Err(refusal) => {
            if refusal.is_bug() {
                tracing::error!(?task, %refusal, "refused an event that nothing correct sends");
            }
            return Ok(Err(refusal));
        }
    };
    if !task_row::save(tx, &before, task)? {
        let stale = stale(tx, task.id, fence)?;
        *task = before;
        return Ok(Err(stale));
    }
    effects::write(tx, task, &changes, now)?;
    Ok(Ok(changes))
}

fn stale(tx: &mut dyn Tx, task: TaskId, got: Fence) -> Result<Refusal, CatalogError> {
    let current = task_row::load(tx, task)?.map_or(got, |task| task.fence);
    Ok(Refusal::Stale { task, got, current })
}
