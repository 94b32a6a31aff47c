//! Certificates, thumbprints, TLS settings, and HTTPS between the roles.
//!
//! Masters and workers prove who they are with certificates on both sides of TLS 1.3. Nobody
//! signs certificates for anybody: a certificate is trusted because its [`Thumbprint`] is
//! written down, in the catalog (masters ask there) or among a client's pins. What a thumbprint
//! may do is not decided here.
//!
//! ```text
//!  Credentials, Pins --client_config--> Client ====TLS 1.3, HTTP/2====> Listener --> a service,
//!                                                                       with PeerThumbprint
//! ```
//!
//! [`Credentials`] and [`Pins`] are looked at for each new connection, so certificates are
//! exchanged while a process runs.
//!
//! # Invariants
//!
//! * A private key never appears in `Debug`, an error or a log, and is only read from a file
//!   that nobody else can read.
//! * A [`Client`] sends nothing to a server whose certificate is not pinned.
//! * A [`PeerThumbprint`] is only ever that of a certificate whose key the peer has proven to hold.
//!
//! Read `identity.rs` first, then `tls.rs`.

mod client;
mod credentials;
mod doorkeeper;
mod follow;
mod foreign;
mod identity;
mod keep_alive;
mod listener;
mod pem;
mod pfx;
mod pins;
mod thumbprint;
mod tls;

pub use client::{Client, ClientError, DEFAULT_PORT};
pub use credentials::Credentials;
pub use doorkeeper::{Doorkeeper, Visitor};
pub use follow::{CertificateFiles, follow_files};
pub use foreign::{any_server, system_roots};
pub use identity::{
    CertificateFacts, CertificateRequest, Identity, IdentityError, certificate_facts,
    certificate_from_pem, read_certificate,
};
pub use keep_alive::keep_alive;
pub use listener::{ListenError, ListenOptions, Listener};
pub use pfx::{PFX_MAX, PfxError};
pub use pins::Pins;
pub use thumbprint::{BadThumbprint, GivenThumbprint, Sha1Thumbprint, Thumbprint, sha1};
pub use tls::{
    PeerSha1, PeerThumbprint, TdsTls, TlsError, client_config, server_config, tds_config,
};
