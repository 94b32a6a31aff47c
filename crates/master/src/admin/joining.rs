//! Workers that join: tokens, and those who wait for approval.

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use catalog::scale_out::{
    CertificateRole, TrustedCertificate, master_certificates, spend_join_token, trust_certificate,
};
use catalog::{CatalogError, Tx, reads};
use model::{AgentId, Timestamp};
use transport::{PeerSha1, PeerThumbprint, Thumbprint};
use uuid::Uuid;

use crate::api::{Join, JoinCreated, Joined, NewJoin, WaitingWorkers};
use crate::error::ApiError;
use crate::server::{Admin, JsonBody};
use crate::shared::Shared;

/// How long a token can be spent: time to walk over to another machine.
const VALID_MS: u64 = 15 * 60 * 1000;

/// `POST /api/joins`
pub(crate) async fn create(
    State(shared): State<Shared>,
    Admin(caller): Admin,
    JsonBody(request): JsonBody<NewJoin>,
) -> Result<Json<JoinCreated>, ApiError> {
    let agent = request.worker_agent_id.unwrap_or_else(|| AgentId(Uuid::new_v4()));
    // Random bits of the system: 244 of them, and only their hash is kept.
    let token = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
    let row = TrustedCertificate {
        thumbprint: hash(&token),
        sha1_thumbprint: None,
        role: CertificateRole::Join,
        agent: Some(agent),
        added_by: caller.name.clone(),
        added: Timestamp::default(),
        revoked: None,
    };
    let written = shared.catalog.write(move |tx| {
        trust_certificate(tx, &row)?;
        let address = reads::master_properties(tx)?
            .into_iter()
            .find_map(|(name, value)| (name == "MASTER_ADDRESS").then_some(value));
        Ok((master_certificates(tx)?.trusted, address.unwrap_or_default()))
    });
    let (master_thumbprints, master_endpoint) = written.await?;
    tracing::info!(%agent, by = caller.name, "a worker may join");
    Ok(Json(JoinCreated {
        token,
        worker_agent_id: agent,
        valid_ms: VALID_MS,
        master_thumbprints: with_own(master_thumbprints, shared.credentials.thumbprint()),
        master_endpoint,
    }))
}

/// `POST /api/join`, for whoever holds a token.
pub(crate) async fn join(
    State(shared): State<Shared>,
    Extension(peer): Extension<PeerThumbprint>,
    Extension(PeerSha1(sha1)): Extension<PeerSha1>,
    JsonBody(request): JsonBody<Join>,
) -> Result<Json<Joined>, ApiError> {
    let Some(thumbprint) = peer.0 else {
        let message = "a worker shows its certificate when it joins";
        return Err(ApiError::forbidden("no_certificate", message));
    };
    let token_hash = hash(&request.token);
    let certificate = TrustedCertificate {
        thumbprint: thumbprint.to_string(),
        sha1_thumbprint: sha1.map(|sha1| sha1.to_string()),
        role: CertificateRole::Worker,
        agent: None,
        added_by: "join token".to_owned(),
        added: Timestamp::default(),
        revoked: None,
    };
    let spent = shared.catalog.write(move |tx| {
        let since = tx.now().0.saturating_sub_unsigned(VALID_MS * 1000);
        let agent = spend_join_token(tx, &token_hash, Timestamp(since), &certificate)?;
        Ok((agent, master_certificates(tx)?.trusted, endpoints(tx)?))
    });
    let (agent, master_thumbprints, master_endpoints) = spent.await?;
    let Some(agent) = agent else {
        let message = "the token is wrong, was used, or is too old: `packhorse workers add` makes \
                       a new one";
        return Err(ApiError::new(StatusCode::FORBIDDEN, "bad_token", message));
    };
    shared.trust.forget();
    tracing::info!(%agent, %thumbprint, "a worker has joined");
    let master_thumbprints = with_own(master_thumbprints, shared.credentials.thumbprint());
    Ok(Json(Joined { worker_agent_id: agent, master_thumbprints, master_endpoints }))
}

/// `GET /api/workers/waiting`
pub(crate) async fn waiting(State(shared): State<Shared>, Admin(_): Admin) -> Json<WaitingWorkers> {
    Json(WaitingWorkers { workers: shared.trust.waiting() })
}

fn hash(token: &str) -> String {
    Thumbprint::of(token.trim().as_bytes()).to_string()
}

/// Where workers on other machines reach masters.
fn endpoints(tx: &mut dyn Tx) -> Result<Vec<String>, CatalogError> {
    let addresses = catalog::scale_out::masters(tx)?.into_iter().map(|master| master.address);
    Ok(addresses.filter(|address| !is_loopback(address)).collect())
}

fn is_loopback(address: &str) -> bool {
    let host = address.trim_start_matches("https://");
    ["localhost", "127.", "[::1]"].iter().any(|own| host.starts_with(own))
}

/// The list with this master's own certificate, which somebody may have put in place by hand.
pub(crate) fn with_own(mut thumbprints: Vec<String>, own: Thumbprint) -> Vec<String> {
    let own = own.to_string().to_uppercase();
    if !thumbprints.contains(&own) {
        thumbprints.insert(0, own);
    }
    thumbprints
}
