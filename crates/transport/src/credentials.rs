//! The identity that a process shows now: every new connection asks, so that a certificate is
//! exchanged while connections live and requests run.
//!
//! Cloning shares it. Connections that exist keep what they have shown; [`crate::Client`] opens
//! new ones for its next requests.

use std::sync::Arc;

use rustls::SignatureScheme;
use rustls::client::ResolvesClientCert;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::sync::watch;

use crate::{Identity, Thumbprint};

/// What is shown to peers from now on.
#[derive(Clone, Debug)]
pub struct Credentials {
    present: Arc<watch::Sender<Shown>>,
}

#[derive(Clone, Debug)]
struct Shown {
    identity: Identity,
    /// Kept, because it is asked for by every request of a client.
    thumbprint: Thumbprint,
}

impl Credentials {
    /// Shows this identity until another one takes its place.
    pub fn new(identity: Identity) -> Self {
        Self { present: Arc::new(watch::Sender::new(shown(identity))) }
    }

    /// Shows another identity from now on.
    pub fn replace(&self, identity: Identity) {
        self.present.send_replace(shown(identity));
    }

    /// The identity that is shown now.
    pub fn identity(&self) -> Identity {
        self.present.borrow().identity.clone()
    }

    /// Its certificate's thumbprint.
    pub fn thumbprint(&self) -> Thumbprint {
        self.present.borrow().thumbprint
    }

    /// Returns when another identity than that with this thumbprint is shown.
    pub async fn changed_from(&self, thumbprint: Thumbprint) {
        let mut present = self.present.subscribe();
        // The sender lives as long as `self`.
        drop(present.wait_for(|shown| shown.thumbprint != thumbprint).await);
    }

    fn certified(&self) -> Arc<CertifiedKey> {
        self.present.borrow().identity.certified()
    }
}

fn shown(identity: Identity) -> Shown {
    let thumbprint = identity.thumbprint();
    Shown { identity, thumbprint }
}

impl From<Identity> for Credentials {
    fn from(identity: Identity) -> Self {
        Self::new(identity)
    }
}

impl From<&Identity> for Credentials {
    fn from(identity: &Identity) -> Self {
        Self::new(identity.clone())
    }
}

impl From<&Credentials> for Credentials {
    fn from(credentials: &Credentials) -> Self {
        credentials.clone()
    }
}

impl ResolvesServerCert for Credentials {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.certified())
    }
}

impl ResolvesClientCert for Credentials {
    fn resolve(
        &self,
        _authorities: &[&[u8]],
        _schemes: &[SignatureScheme],
    ) -> Option<Arc<CertifiedKey>> {
        Some(self.certified())
    }

    fn has_certs(&self) -> bool {
        true
    }
}
