//! `POST /api/executions/watch`: waits for the first of many executions to change, so that
//! watching ten thousand costs one request at a time.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use catalog::{Caller, CatalogError, Topic, Tx, reads};
use model::{ExecutionId, OperationStatus};
use scaleout::message::TaskProgress;

use super::executions::{no_execution, row};
use crate::api::{ExecutionRow, Known, Watch, Watched};
use crate::error::ApiError;
use crate::server::{JsonBody, Person};
use crate::shared::Shared;
use crate::wait::Waiter;

/// How many executions one request may watch.
const WATCHED_MAX: usize = 100_000;

/// How many changed executions one answer tells of; the others are told of with the next, which
/// is answered at once.
const CHANGED_MAX: usize = 1000;

/// What looking at one execution costs, with a margin: those who watch many look less often.
const LOOK_COST: Duration = Duration::from_micros(20);

/// `POST /api/executions/watch`
pub(crate) async fn watch(
    State(shared): State<Shared>,
    Person(caller): Person,
    JsonBody(watch): JsonBody<Watch>,
) -> Result<Json<Watched>, ApiError> {
    if WATCHED_MAX < watch.known.len() {
        let message = format!("one request watches at most {WATCHED_MAX} executions");
        return Err(ApiError::bad_request(message));
    }
    let mut waiter =
        Waiter::new(&shared.catalog, Topic::Executions, &shared.stopping, watch.wait_ms)
            .at_pace(LOOK_COST * u32::try_from(watch.known.len()).unwrap_or(u32::MAX));
    loop {
        waiter.look();
        let changed = changed(&shared, &caller, &watch.known).await?;
        if !changed.is_empty() || !waiter.again().await {
            let progress = progress(&shared, &watch.known, &changed);
            return Ok(Json(Watched { changed, progress }));
        }
    }
}

async fn changed(
    shared: &Shared,
    caller: &Caller,
    known: &[Known],
) -> Result<Vec<ExecutionRow>, ApiError> {
    let (caller, known) = (caller.clone(), known.to_vec());
    match shared.catalog.read(move |tx| look(tx, &caller, &known)).await? {
        Look::Changed(found) => {
            Ok(found.into_iter().map(|found| row(found, &shared.progress)).collect())
        }
        Look::Missing(id) => Err(no_execution(id)),
    }
}

enum Look {
    /// The executions whose status is not the one that the caller knows.
    Changed(Vec<reads::ExecutionRow>),
    /// There is no such execution, so that waiting for it would never end.
    Missing(ExecutionId),
}

fn look(tx: &mut dyn Tx, caller: &Caller, known: &[Known]) -> Result<Look, CatalogError> {
    let ids: Vec<ExecutionId> = known.iter().map(|known| known.execution_id).collect();
    let statuses = reads::execution_statuses(tx, caller, &ids)?;
    if statuses.len() < ids.len() {
        let found: HashSet<ExecutionId> = statuses.iter().map(|(id, _)| *id).collect();
        if let Some(missing) = ids.iter().find(|id| !found.contains(id)) {
            return Ok(Look::Missing(*missing));
        }
    }
    let expected: HashMap<ExecutionId, Option<OperationStatus>> =
        known.iter().map(|known| (known.execution_id, known.status)).collect();
    let differs = |(id, status): &&(ExecutionId, OperationStatus)| {
        expected.get(id).copied().flatten() != Some(*status)
    };
    let mut changed = Vec::new();
    for (id, _) in statuses.iter().filter(differs).take(CHANGED_MAX) {
        changed.extend(reads::execution(tx, caller, *id)?);
    }
    Ok(Look::Changed(changed))
}

/// How far those are that run, as far as the caller knows or just learned.
fn progress(shared: &Shared, known: &[Known], changed: &[ExecutionRow]) -> Vec<TaskProgress> {
    let runs = |status| matches!(status, OperationStatus::Running | OperationStatus::Stopping);
    let told: HashSet<ExecutionId> = changed.iter().map(|row| row.execution_id).collect();
    let known = known
        .iter()
        .filter(|known| known.status.is_some_and(runs))
        .map(|known| known.execution_id)
        .filter(|id| !told.contains(id));
    let changed = changed.iter().filter(|row| runs(row.status)).map(|row| row.execution_id);
    let said = |execution| {
        let progress = shared.progress.of(execution)?;
        Some(TaskProgress { execution, progress })
    };
    known.chain(changed).filter_map(said).collect()
}
