//! `messages`: what running packages say, and how far they are.

use std::collections::HashSet;

use axum::extract::State;
use axum::{Extension, Json};
use catalog::scale_out::append_messages;
use catalog::{Caller, reads};
use model::{AgentId, ExecutionId};
use scaleout::message::{AppendMessages, MessagesAppended, TaskProgress};
use transport::PeerThumbprint;

use crate::error::ApiError;
use crate::server::JsonBody;
use crate::shared::{Shared, write_each};

/// Answers once the messages are durable. Batches are independent: one that fails keeps no
/// other from the catalog, and the worker sends all again.
pub(crate) async fn messages(
    State(shared): State<Shared>,
    Extension(peer): Extension<PeerThumbprint>,
    JsonBody(append): JsonBody<AppendMessages>,
) -> Result<Json<MessagesAppended>, ApiError> {
    let agent = append.agent;
    shared.trust.worker(peer, agent).await?;
    let progress = only_own(&shared, agent, append.progress).await;
    shared.progress.take(agent, progress);
    let batches = append.batches.into_iter().map(|batch| (agent, batch)).collect();
    let answers = write_each(&shared.catalog, batches, |tx, (agent, batch)| {
        append_messages(tx, *agent, batch)
    });
    let committed = answers.await.into_iter().collect::<Result<Vec<_>, _>>()?;
    Ok(Json(MessagesAppended { committed }))
}

/// Of how many executions a worker may begin to speak at a time; of others next time.
const BEGIN_MAX: usize = 256;

/// How far packages are, without those that the worker does not run.
async fn only_own(
    shared: &Shared,
    agent: AgentId,
    mut progress: Vec<TaskProgress>,
) -> Vec<TaskProgress> {
    let unheard = shared.progress.unheard(agent, &progress);
    if unheard.is_empty() {
        return progress;
    }
    let asked: Vec<ExecutionId> = unheard.iter().take(BEGIN_MAX).copied().collect();
    let own = shared.catalog.read(move |tx| {
        let caller = Caller::admin("progress");
        let mut own = HashSet::new();
        for id in &asked {
            let row = reads::execution(tx, &caller, *id)?;
            own.extend(row.filter(|row| row.worker == Some(agent)).map(|row| row.id));
        }
        Ok(own)
    });
    // It is shown to people and counts for nothing, so it may be missing for a while.
    let own = own.await.unwrap_or_default();
    let unheard: HashSet<ExecutionId> = unheard.into_iter().collect();
    progress.retain(|one| !unheard.contains(&one.execution) || own.contains(&one.execution));
    progress
}
