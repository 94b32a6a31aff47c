//! Certificates, thumbprints, TLS settings, and HTTPS between the roles.
//!
//! Masters and workers prove who they are with certificates on both sides of TLS 1.3. Nobody
//! signs certificates for anybody: a certificate is trusted because its [`Thumbprint`] is
//! written down, in the catalog (masters ask there) or among a client's pins. What a thumbprint
//! may do is not decided here.
//!
//! ```text
//!  Identity --client_config(pins)--> Client ====TLS 1.3, HTTP/2====> Listener --> a service,
//!                                                                    with PeerThumbprint
//! ```
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
mod identity;
mod keep_alive;
mod listener;
mod pem;
mod thumbprint;
mod tls;

pub use client::{Client, ClientError, DEFAULT_PORT};
pub use identity::{
    CertificateFacts, CertificateRequest, Identity, IdentityError, certificate_facts,
    read_certificate,
};
pub use keep_alive::keep_alive;
pub use listener::{ListenError, ListenOptions, Listener};
pub use thumbprint::{BadThumbprint, Thumbprint, sha1};
pub use tls::{PeerThumbprint, TdsTls, TlsError, client_config, server_config, tds_config};
