//! `register`: a worker introduces itself.

use axum::extract::State;
use axum::{Extension, Json};
use catalog::scale_out::{master_certificates, register_agent};
use scaleout::message::{Register, Registered};
use scaleout::policy;
use transport::{PeerSha1, PeerThumbprint};

use crate::admin::with_own;
use crate::error::ApiError;
use crate::server::JsonBody;
use crate::shared::{Shared, clock};

/// Answers whether the worker is enabled; a new one is not.
pub(crate) async fn register(
    State(shared): State<Shared>,
    Extension(peer): Extension<PeerThumbprint>,
    Extension(sha1): Extension<PeerSha1>,
    JsonBody(register): JsonBody<Register>,
) -> Result<Json<Registered>, ApiError> {
    let trusted = shared.trust.worker(peer, register.agent).await;
    if trusted.is_err() {
        shared.trust.turned_away((peer, sha1), &register, clock());
    }
    let thumbprint = trusted?.to_string();
    let lease_ms = policy::lease_ms(register.lease_ms);
    let (agent, name) = (register.agent, register.display_name.clone());
    let (enabled, mut masters) = shared
        .catalog
        .write_beside(move |tx| {
            let now = tx.now();
            Ok((register_agent(tx, &register, Some(&thumbprint), now)?, master_certificates(tx)?))
        })
        .await?;
    masters.trusted = with_own(masters.trusted, shared.credentials.thumbprint());
    tracing::info!(%agent, name, enabled, "a worker registered");
    Ok(Json(Registered { enabled, lease_ms, masters }))
}
