//! `certificates`: a worker exchanges its own certificate, showing the present one.

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use catalog::scale_out::{
    CertificateRefusal, CertificateRole, TrustedCertificate, change_worker_certificates,
};
use model::{AgentId, Timestamp};
use scaleout::message::{CertificatesChanged, ChangeCertificates};
use transport::{PeerThumbprint, Thumbprint, certificate_facts, certificate_from_pem, sha1};

use crate::error::ApiError;
use crate::server::JsonBody;
use crate::shared::Shared;

/// Trusts the next certificate as this worker's, forgets an old one, or both.
pub(crate) async fn change(
    State(shared): State<Shared>,
    Extension(peer): Extension<PeerThumbprint>,
    JsonBody(request): JsonBody<ChangeCertificates>,
) -> Result<Json<CertificatesChanged>, ApiError> {
    let ChangeCertificates { agent, trust, retire } = request;
    let shown = shared.trust.worker(peer, agent).await?;
    let next = trust.as_deref().map(|pem| certificate(agent, pem)).transpose()?;
    let retire = retire.as_deref().map(parse).transpose()?;
    let trusted = next.as_ref().map(|next| next.thumbprint.clone());
    let changed = shared.catalog.write(move |tx| {
        let retire = retire.map(|retire| retire.to_string());
        let who = (agent, shown.to_string());
        change_worker_certificates(tx, (who.0, &who.1), next.as_ref(), retire.as_deref())
    });
    changed.await?.map_err(refused)?;
    shared.trust.forget();
    tracing::info!(%agent, ?trusted, retired = ?retire, "a worker has exchanged its certificate");
    Ok(Json(CertificatesChanged { done: true }))
}

fn certificate(agent: AgentId, pem: &str) -> Result<TrustedCertificate, ApiError> {
    let der = certificate_from_pem(pem.as_bytes()).filter(|der| certificate_facts(der).is_some());
    let der = der.ok_or_else(|| ApiError::bad_request("`trust` is no certificate in PEM form"))?;
    Ok(TrustedCertificate {
        thumbprint: Thumbprint::of(&der).to_string(),
        sha1_thumbprint: Some(sha1(&der)),
        role: CertificateRole::Worker,
        agent: Some(agent),
        added_by: format!("worker {agent}"),
        added: Timestamp::default(),
        revoked: None,
    })
}

fn parse(text: &str) -> Result<Thumbprint, ApiError> {
    text.parse().map_err(|error: transport::BadThumbprint| ApiError::bad_request(error.to_string()))
}

fn refused(refusal: CertificateRefusal) -> ApiError {
    let message = match refusal {
        CertificateRefusal::Taken => {
            "the certificate belongs to somebody else, or trust in it was taken back: make a new one"
        }
        CertificateRefusal::TooMany => {
            "too many certificates of this worker are trusted: retire one first"
        }
        CertificateRefusal::NotRetirable => {
            "only another certificate of this worker than the one it shows can be retired"
        }
    };
    ApiError::new(StatusCode::CONFLICT, "certificate_refused", message)
}
