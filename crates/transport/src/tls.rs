//! TLS settings: version 1.3, certificates on both sides, trust by thumbprint. T-SQL clients have
//! settings of their own: they show no certificate, and most speak no more than TLS 1.2.
//!
//! The server takes any well-formed client certificate and proves that the client holds its key;
//! what the certificate may do is asked of the catalog per request. The client takes a server
//! only when its certificate is among the pins. Names and dates in certificates decide nothing:
//! a pin is more exact than either, and a clock that is wrong must not stop a cluster.
//!
//! Between our own parts no session is resumed: who resumes shows no certificate, and would be
//! taken for what it was before its certificate was exchanged.

use std::sync::Arc;

use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, aws_lc_rs};
use rustls::server::NoServerSessionStorage;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, DistinguishedName, OtherError,
    ServerConfig, SignatureScheme,
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use crate::{Credentials, Pins, Sha1Thumbprint, Thumbprint};

/// Which certificate a connection's peer showed; on every request as an extension. `None`: the
/// peer showed none, as a browser does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerThumbprint(pub Option<Thumbprint>);

/// The SHA-1 of the same certificate, by which people who read it off a Windows machine know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerSha1(pub Option<Sha1Thumbprint>);

/// TLS cannot be set up with an identity.
#[derive(Debug, thiserror::Error)]
#[error("cannot use the certificate {thumbprint} for TLS")]
pub struct TlsError {
    /// The identity's certificate.
    pub thumbprint: Thumbprint,
    /// Why not.
    #[source]
    pub source: rustls::Error,
}

/// A server's certificate that is not pinned.
#[derive(Debug, thiserror::Error)]
#[error("the certificate {presented} is not pinned")]
pub(crate) struct NotPinned {
    /// What the server showed.
    pub(crate) presented: Thumbprint,
}

/// The cryptography that every connection uses; never a process-wide default.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

/// Settings of a server: shows what `credentials` have, asks for a client certificate and takes
/// any whose key the client holds, speaks HTTP/2 and HTTP/1.1.
pub fn server_config(credentials: impl Into<Credentials>) -> Result<Arc<ServerConfig>, TlsError> {
    let credentials = credentials.into();
    let failed = |source| TlsError { thumbprint: credentials.thumbprint(), source };
    let provider = provider();
    let verifier = Arc::new(AnyClient { algorithms: provider.signature_verification_algorithms });
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(failed)?
        .with_client_cert_verifier(verifier)
        .with_cert_resolver(Arc::new(credentials));
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(Arc::new(config))
}

/// How a T-SQL client starts TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TdsTls {
    /// Inside TDS packets. TLS 1.2 only: clients of 1.3 leave the tunnel too early, because they
    /// are done before they say so.
    Tunnelled,
    /// Before the first TDS byte (TDS 8.0, "strict"): TLS 1.2 and 1.3.
    Strict,
}

/// Settings of a server for T-SQL clients: shows what `credentials` have, asks for no certificate.
pub fn tds_config(
    credentials: impl Into<Credentials>,
    tls: TdsTls,
) -> Result<Arc<ServerConfig>, TlsError> {
    use rustls::version::{TLS12, TLS13};
    let credentials = credentials.into();
    let failed = |source| TlsError { thumbprint: credentials.thumbprint(), source };
    let versions: &[&rustls::SupportedProtocolVersion] = match tls {
        TdsTls::Tunnelled => &[&TLS12],
        TdsTls::Strict => &[&TLS13, &TLS12],
    };
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(versions)
        .map_err(failed)?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(credentials));
    if tls == TdsTls::Strict {
        config.alpn_protocols = vec![b"tds/8.0".to_vec()];
    }
    Ok(Arc::new(config))
}

/// Settings of a client: shows what `credentials` have, takes a server whose certificate is one
/// of `pins` (several, so that certificates can be exchanged without a cut-over), speaks HTTP/2.
pub fn client_config(
    credentials: impl Into<Credentials>,
    pins: impl Into<Pins>,
) -> Result<Arc<ClientConfig>, TlsError> {
    let credentials = credentials.into();
    let failed = |source| TlsError { thumbprint: credentials.thumbprint(), source };
    let provider = provider();
    let verifier = Arc::new(PinnedServer {
        pins: pins.into(),
        algorithms: provider.signature_verification_algorithms,
    });
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(failed)?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_client_cert_resolver(Arc::new(credentials));
    config.alpn_protocols = vec![b"h2".to_vec()];
    config.resumption = Resumption::disabled();
    Ok(Arc::new(config))
}

/// Only TLS 1.3 is offered, so this is never asked for.
fn no_tls12() -> rustls::Error {
    rustls::Error::General("TLS 1.2 is not spoken here".to_owned())
}

/// Takes every client certificate that can be read; the handshake proves that its key is held.
#[derive(Debug)]
struct AnyClient {
    algorithms: WebPkiSupportedAlgorithms,
}

impl ClientCertVerifier for AnyClient {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        rustls::server::ParsedCertificate::try_from(end_entity)?;
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(no_tls12())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// Takes exactly the servers whose certificates are pinned.
#[derive(Debug)]
struct PinnedServer {
    pins: Pins,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for PinnedServer {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if self.pins.accept(end_entity) {
            return Ok(ServerCertVerified::assertion());
        }
        let presented = Thumbprint::of(end_entity);
        let error = OtherError(Arc::new(NotPinned { presented }));
        Err(rustls::Error::InvalidCertificate(CertificateError::Other(error)))
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(no_tls12())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
