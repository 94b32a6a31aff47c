//! `heartbeat`: a worker says that it lives.

use axum::extract::State;
use axum::{Extension, Json};
use catalog::scale_out::agent_heartbeat;
use scaleout::message::{AgentHeartbeat, AgentHeartbeatReply};
use transport::PeerThumbprint;

use crate::admin::with_own;
use crate::error::ApiError;
use crate::server::JsonBody;
use crate::shared::Shared;

/// Answers whether the catalog knows the worker, and whether it is enabled.
pub(crate) async fn heartbeat(
    State(shared): State<Shared>,
    Extension(peer): Extension<PeerThumbprint>,
    JsonBody(AgentHeartbeat { agent, sender }): JsonBody<AgentHeartbeat>,
) -> Result<Json<AgentHeartbeatReply>, ApiError> {
    shared.trust.worker(peer, agent).await?;
    let reply = shared.catalog.write_beside(move |tx| {
        let now = tx.now();
        agent_heartbeat(tx, agent, sender.as_ref(), now)
    });
    let mut reply = reply.await?;
    let own = shared.credentials.thumbprint();
    reply.masters.trusted = with_own(reply.masters.trusted, own);
    Ok(Json(reply))
}
