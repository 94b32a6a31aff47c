//! Certificates that masters trust.

use axum::Json;
use axum::extract::State;
use catalog::scale_out::{
    CertificateRole, TrustedCertificate, certificates, revoke_certificate, sha1_named,
    trust_certificate,
};
use catalog::{CatalogError, Tx};
use model::Timestamp;
use transport::{GivenThumbprint, Sha1Thumbprint, Thumbprint};

use crate::api::{CertificateRow, CertificateTrusted, Certificates, Done, TrustCertificate};
use crate::error::ApiError;
use crate::server::{Admin, InPath, JsonBody};
use crate::shared::Shared;

/// `GET /api/certificates`
pub(crate) async fn list(
    State(shared): State<Shared>,
    Admin(_): Admin,
) -> Result<Json<Certificates>, ApiError> {
    let all = shared.catalog.read(|tx| certificates(tx)).await?;
    let trusted = all.into_iter().filter(|certificate| {
        certificate.revoked.is_none() && certificate.role != CertificateRole::Join
    });
    Ok(Json(Certificates { certificates: trusted.map(row).collect() }))
}

fn row(certificate: TrustedCertificate) -> CertificateRow {
    CertificateRow {
        thumbprint: certificate.thumbprint.to_uppercase(),
        role: certificate.role.to_string(),
        worker_agent_id: certificate.agent,
        added_by_name: certificate.added_by,
        added_time: certificate.added,
    }
}

/// `POST /api/certificates`
pub(crate) async fn trust(
    State(shared): State<Shared>,
    Admin(caller): Admin,
    JsonBody(request): JsonBody<TrustCertificate>,
) -> Result<Json<CertificateTrusted>, ApiError> {
    let (thumbprint, sha1) = match parse(&request.thumbprint)? {
        GivenThumbprint::Sha256(thumbprint) => (thumbprint, None),
        GivenThumbprint::Sha1(sha1) => (waiting_with(&shared, sha1)?, Some(sha1.to_string())),
    };
    let role = role(&request.role)?;
    if (role == CertificateRole::Worker) != request.worker_agent_id.is_some() {
        let message = "a worker's certificate needs `worker_agent_id`, the WorkerAgentId that it \
                       may speak for, and no other takes one";
        return Err(ApiError::bad_request(message));
    }
    let certificate = TrustedCertificate {
        thumbprint: thumbprint.to_string(),
        sha1_thumbprint: sha1,
        role,
        agent: request.worker_agent_id,
        added_by: caller.name.clone(),
        added: Timestamp::default(),
        revoked: None,
    };
    shared.catalog.write(move |tx| trust_certificate(tx, &certificate)).await?;
    shared.trust.forget();
    shared.trust.admitted(thumbprint);
    tracing::info!(%thumbprint, %role, by = caller.name, "a certificate is trusted now");
    Ok(Json(CertificateTrusted { thumbprint: thumbprint.to_string() }))
}

/// `DELETE /api/certificates/{thumbprint}`
pub(crate) async fn revoke(
    State(shared): State<Shared>,
    Admin(caller): Admin,
    InPath(text): InPath<String>,
) -> Result<Json<Done>, ApiError> {
    let thumbprint = parse(&text)?;
    let revoked = shared.catalog.write(move |tx| match thumbprint {
        GivenThumbprint::Sha256(thumbprint) => revoke_certificate(tx, &thumbprint.to_string()),
        GivenThumbprint::Sha1(sha1) => revoke_named(tx, sha1),
    });
    let revoked = revoked.await?;
    shared.trust.forget();
    if !revoked {
        let message = format!("the certificate {thumbprint} is not trusted anyway");
        return Err(ApiError::not_found(message));
    }
    tracing::info!(%thumbprint, by = caller.name, "a certificate is trusted no longer");
    Ok(Json(Done { done: true }))
}

/// A SHA-1 names a certificate that a worker has shown here; what is trusted is its SHA-256.
fn waiting_with(shared: &Shared, sha1: Sha1Thumbprint) -> Result<Thumbprint, ApiError> {
    shared.trust.waiting_with(sha1).ok_or_else(|| {
        let message = format!(
            "no worker that waits here has shown a certificate with the SHA-1 {sha1}: give its \
             SHA-256, as `packhorse cert show` prints it on the worker's machine"
        );
        ApiError::not_found(message)
    })
}

/// Revokes the certificates that have a SHA-1: to trust less by it is safe.
fn revoke_named(tx: &mut dyn Tx, sha1: Sha1Thumbprint) -> Result<bool, CatalogError> {
    let named = sha1_named(tx, &sha1.to_string())?;
    for certificate in &named {
        revoke_certificate(tx, &certificate.thumbprint)?;
    }
    Ok(!named.is_empty())
}

fn parse(text: &str) -> Result<GivenThumbprint, ApiError> {
    text.parse().map_err(|error: transport::BadThumbprint| ApiError::bad_request(error.to_string()))
}

fn role(text: &str) -> Result<CertificateRole, ApiError> {
    match text {
        "worker" => Ok(CertificateRole::Worker),
        "admin" => Ok(CertificateRole::Admin),
        "master" => Ok(CertificateRole::Master),
        other => {
            let message = format!("`{other}` is not a role: the roles are worker, admin, master");
            Err(ApiError::bad_request(message))
        }
    }
}
