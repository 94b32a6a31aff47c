//! `inspect/{agent}`: what a worker's own search for faults needs of a master. It writes nothing,
//! so that looking does not make a dead worker seem alive.

use axum::extract::State;
use axum::{Extension, Json};
use catalog::{Caller, CatalogError, Tx, reads};
use model::AgentId;
use scaleout::message::{Inspected, InspectedProject};
use scaleout::policy;
use transport::PeerThumbprint;

use crate::error::ApiError;
use crate::server::InPath;
use crate::shared::{Shared, clock};

/// Answers the worker itself only.
pub(crate) async fn inspect(
    State(shared): State<Shared>,
    Extension(peer): Extension<PeerThumbprint>,
    InPath(agent): InPath<String>,
) -> Result<Json<Inspected>, ApiError> {
    let agent: AgentId = agent
        .parse()
        .map_err(|_| ApiError::bad_request(format!("`{agent}` is not a WorkerAgentId")))?;
    shared.trust.worker(peer, agent).await?;
    Ok(Json(shared.catalog.read(move |tx| look(tx, agent)).await?))
}

fn look(tx: &mut dyn Tx, agent: AgentId) -> Result<Inspected, CatalogError> {
    // The worker may run every project, so it may know which there are.
    let caller = Caller::admin("inspect");
    let row = reads::worker(tx, &caller, agent)?;
    let now = tx.now();
    let lately = |time| now.ms_since(time) <= policy::OFFLINE_AFTER_MS;
    let doubled = row.as_ref().filter(|row| row.doubled.is_some_and(lately));
    let doubled = doubled.map(|row| row.places.iter().flatten().cloned().collect());
    let mut projects = Vec::new();
    for project in reads::projects(tx, &caller, None)? {
        let parameters = reads::object_parameters(tx, &caller, project.id)?;
        let overridden = parameters.into_iter().filter(|one| one.value_set);
        projects.push(InspectedProject {
            overridden: overridden.map(|one| one.name).collect(),
            folder: project.folder,
            project: project.name,
            project_hash: project.hash,
        });
    }
    Ok(Inspected {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        clock_us: clock().0,
        known: row.is_some(),
        enabled: row.as_ref().is_some_and(|row| row.enabled),
        online: row.as_ref().is_some_and(|row| lately(row.last_online)),
        doubled: doubled.unwrap_or_default(),
        projects,
    })
}
