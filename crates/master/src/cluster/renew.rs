//! `renew`: a worker prolongs the leases of what it runs.

use axum::extract::State;
use axum::{Extension, Json};
use catalog::scale_out;
use scaleout::message::{Renew, Renewed};
use transport::PeerThumbprint;

use crate::error::ApiError;
use crate::server::JsonBody;
use crate::shared::Shared;

/// Says of each lease whether it is held or lost, and whether to stop its package.
pub(crate) async fn renew(
    State(shared): State<Shared>,
    Extension(peer): Extension<PeerThumbprint>,
    JsonBody(renew): JsonBody<Renew>,
) -> Result<Json<Renewed>, ApiError> {
    shared.trust.worker(peer, renew.agent).await?;
    let leases = shared.catalog.write_beside(move |tx| {
        let now = tx.now();
        scale_out::renew(tx, &renew, now)
    });
    Ok(Json(Renewed { leases: leases.await? }))
}
