//! TLS to a PostgreSQL server.

use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::settings::{PostgresSettings, TlsMode};
use crate::database::{DatabaseError, Kind};

/// What makes TLS connections; `None` where there is to be none.
pub(super) fn connector(
    settings: &PostgresSettings,
) -> Result<Option<MakeRustlsConnect>, DatabaseError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let unusable = |text: String| DatabaseError::new(Kind::Connection, text);
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(error.to_string()))?;
    let config = match settings.tls {
        TlsMode::Disable => return Ok(None),
        TlsMode::Prefer | TlsMode::Require => {
            let anyone = transport::any_server(&provider);
            builder.dangerous().with_custom_certificate_verifier(anyone).with_no_client_auth()
        }
        TlsMode::VerifyFull => {
            let roots = roots(settings.root_certificate.as_deref()).map_err(unusable)?;
            builder.with_root_certificates(roots).with_no_client_auth()
        }
    };
    Ok(Some(MakeRustlsConnect::new(config)))
}

fn roots(file: Option<&str>) -> Result<RootCertStore, String> {
    let system = || transport::system_roots();
    let path = file.filter(|file| *file != "system").or_else(system);
    let path = path.ok_or("this system's certificates are not where they are expected")?;
    let failed =
        |error: &dyn std::fmt::Display| format!("cannot read certificates of `{path}`: {error}");
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| failed(&error))? {
        let certificate = certificate.map_err(|error| failed(&error))?;
        roots.add_parsable_certificates([certificate]);
    }
    if roots.is_empty() {
        return Err(format!("`{path}` has no certificate"));
    }
    Ok(roots)
}
