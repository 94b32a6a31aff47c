//! Workers: which there are, and whether they are given tasks.

use axum::Json;
use axum::extract::State;
use catalog::procedures::{
    delete_worker_agent, disable_worker_agent, enable_worker_agent, set_worker_agent_property,
};
use catalog::reads;
use model::{AgentId, Timestamp};
use scaleout::policy;

use crate::api::{ChangeWorker, Done, WorkerRow, Workers};
use crate::error::ApiError;
use crate::server::{InPath, JsonBody, Person};
use crate::shared::Shared;

/// `GET /api/workers`
pub(crate) async fn list(
    State(shared): State<Shared>,
    Person(caller): Person,
) -> Result<Json<Workers>, ApiError> {
    let read = shared.catalog.read(move |tx| Ok((reads::workers(tx, &caller)?, tx.now())));
    let (workers, now) = read.await?;
    Ok(Json(Workers { workers: workers.into_iter().map(|worker| row(worker, now)).collect() }))
}

/// `POST /api/workers/{id}/enable`
pub(crate) async fn enable(
    State(shared): State<Shared>,
    Person(caller): Person,
    InPath(id): InPath<String>,
) -> Result<Json<Done>, ApiError> {
    let agent = parse(&id)?;
    let by = caller.name.clone();
    shared.catalog.write(move |tx| enable_worker_agent(tx, &caller, agent)).await?;
    tracing::info!(%agent, by, "worker enabled");
    Ok(Json(Done { done: true }))
}

/// `POST /api/workers/{id}/disable`
pub(crate) async fn disable(
    State(shared): State<Shared>,
    Person(caller): Person,
    InPath(id): InPath<String>,
) -> Result<Json<Done>, ApiError> {
    let agent = parse(&id)?;
    let by = caller.name.clone();
    shared.catalog.write(move |tx| disable_worker_agent(tx, &caller, agent)).await?;
    tracing::info!(%agent, by, "worker disabled");
    Ok(Json(Done { done: true }))
}

/// `POST /api/workers/{id}`
pub(crate) async fn change(
    State(shared): State<Shared>,
    Person(caller): Person,
    InPath(id): InPath<String>,
    JsonBody(change): JsonBody<ChangeWorker>,
) -> Result<Json<Done>, ApiError> {
    let agent = parse(&id)?;
    let ChangeWorker { display_name, description, tags } = change;
    let properties = [("DisplayName", display_name), ("Description", description), ("Tags", tags)];
    let written = shared.catalog.write(move |tx| {
        for (name, value) in &properties {
            if let Some(value) = value {
                set_worker_agent_property(tx, &caller, agent, name, value)?;
            }
        }
        Ok(())
    });
    written.await?;
    Ok(Json(Done { done: true }))
}

/// `DELETE /api/workers/{id}`
pub(crate) async fn remove(
    State(shared): State<Shared>,
    Person(caller): Person,
    InPath(id): InPath<String>,
) -> Result<Json<Done>, ApiError> {
    let agent = parse(&id)?;
    let by = caller.name.clone();
    shared.catalog.write(move |tx| delete_worker_agent(tx, &caller, agent)).await?;
    shared.trust.forget();
    tracing::info!(%agent, by, "worker removed, and its certificates trusted no longer");
    Ok(Json(Done { done: true }))
}

fn parse(id: &str) -> Result<AgentId, ApiError> {
    id.parse().map_err(|_| ApiError::bad_request(format!("`{id}` is not a WorkerAgentId")))
}

fn row(worker: reads::WorkerRow, now: Timestamp) -> WorkerRow {
    WorkerRow {
        worker_agent_id: worker.id,
        is_enabled: worker.enabled,
        display_name: worker.display_name,
        description: worker.description,
        machine_name: worker.machine_name,
        tags: worker.tags,
        user_account: worker.user_account,
        last_online_time: worker.last_online,
        is_online: now.ms_since(worker.last_online) <= policy::OFFLINE_AFTER_MS,
        running: u32::try_from(worker.n_tasks).unwrap_or_default(),
        version: worker.version,
    }
}
