//! TLS to a PostgreSQL server, as `sslmode` asks for it.
//!
//! | `sslmode` | encrypted | the server's certificate |
//! |---|---|---|
//! | `disable` | no | |
//! | `prefer` (default) | when the server can | any |
//! | `require` | yes | any; as `verify-ca` when `sslrootcert` is given, as libpq does |
//! | `verify-ca` | yes | signed by `sslrootcert` |
//! | `verify-full` | yes | signed by `sslrootcert`, for the host's name |

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
};
use rustls_pki_types::pem::{self, PemObject as _};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

/// Certificates that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read as certificates or a key.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: pem::Error,
    },
    /// A mode that checks the certificate needs to know by what.
    #[error(
        "sslmode={mode} needs sslrootcert: a file with the certificate that signed the server's, or `system`"
    )]
    NoRoot {
        /// `verify-ca` or `verify-full`.
        mode: &'static str,
    },
    /// `sslcert` without `sslkey`, or the other way round.
    #[error("sslcert and sslkey are given together or not at all")]
    HalfIdentity,
    /// A file has no certificate in it, or one that cannot sign.
    #[error("the certificates cannot be used")]
    Unusable(#[source] rustls::Error),
    /// No file of the system's certificates was found.
    #[error("this system's certificates are not where they are expected: name a file")]
    NoSystemRoots(#[source] io::Error),
}

/// What is asked of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Disable,
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

impl Mode {
    pub(super) fn negotiation(self) -> SslMode {
        match self {
            Self::Disable => SslMode::Disable,
            Self::Prefer => SslMode::Prefer,
            Self::Require | Self::VerifyCa | Self::VerifyFull => SslMode::Require,
        }
    }
}

/// The options of an address that concern TLS.
pub(super) struct TlsOptions {
    pub(super) mode: Mode,
    root: Option<String>,
    certificate: Option<String>,
    key: Option<String>,
}

impl TlsOptions {
    /// `None` for an unknown mode.
    pub(super) fn new(
        mode: Option<&str>,
        root: Option<String>,
        (certificate, key): (Option<String>, Option<String>),
    ) -> Option<Self> {
        let mode = match mode.unwrap_or("prefer") {
            "disable" => Mode::Disable,
            "prefer" => Mode::Prefer,
            "require" if root.is_some() => Mode::VerifyCa,
            "require" => Mode::Require,
            "verify-ca" => Mode::VerifyCa,
            "verify-full" => Mode::VerifyFull,
            _ => return None,
        };
        Some(Self { mode, root, certificate, key })
    }
}

/// What makes TLS connections with these options.
pub(super) fn connector(options: &TlsOptions) -> Result<MakeRustlsConnect, TlsError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier: Arc<dyn ServerCertVerifier> = match options.mode {
        Mode::Disable | Mode::Prefer | Mode::Require => transport::any_server(&provider),
        Mode::VerifyCa => Arc::new(AnyName(web_pki(options, "verify-ca", &provider)?)),
        Mode::VerifyFull => web_pki(options, "verify-full", &provider)?,
    };
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Unusable)?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let config = match (&options.certificate, &options.key) {
        (None, None) => builder.with_no_client_auth(),
        (Some(certificate), Some(key)) => {
            let failed = |source| TlsError::Read { path: key.into(), source };
            let key = PrivateKeyDer::from_pem_file(key).map_err(failed)?;
            let chain = certificates(certificate)?;
            builder.with_client_auth_cert(chain, key).map_err(TlsError::Unusable)?
        }
        _ => return Err(TlsError::HalfIdentity),
    };
    Ok(MakeRustlsConnect::new(config))
}

fn web_pki(
    options: &TlsOptions,
    mode: &'static str,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<WebPkiServerVerifier>, TlsError> {
    let path = match options.root.as_deref() {
        None => return Err(TlsError::NoRoot { mode }),
        Some("system") => transport::system_roots()
            .ok_or_else(|| TlsError::NoSystemRoots(io::ErrorKind::NotFound.into()))?,
        Some(path) => path,
    };
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(certificates(path)?);
    if added == 0 {
        let none = rustls::Error::General(format!("`{path}` has no certificate"));
        return Err(TlsError::Unusable(none));
    }
    let builder =
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider));
    builder.build().map_err(|error| {
        TlsError::Unusable(rustls::Error::Other(rustls::OtherError(Arc::new(error))))
    })
}

fn certificates(path: &str) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let failed = |source| TlsError::Read { path: path.into(), source };
    CertificateDer::pem_file_iter(path).map_err(failed)?.collect::<Result<_, _>>().map_err(failed)
}

/// Takes a certificate that was signed by the root, for whatever name.
#[derive(Debug)]
struct AnyName(Arc<WebPkiServerVerifier>);

impl ServerCertVerifier for AnyName {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified =
            self.0.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match verified {
            // The name is looked at last, after chain and dates.
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}
