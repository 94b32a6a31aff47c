//! Which servers a client takes, by thumbprint: several at a time, and changing while it runs.
//!
//! A SHA-1 (what Windows shows) names a certificate for the first contact only: the certificate
//! that a server then shows and that has this SHA-1 is pinned by its SHA-256, with a warning that
//! says it, and the SHA-1 names nothing any more. To be taken for that server, somebody would
//! need another certificate with the same SHA-1 as one that exists (a second preimage), which
//! nobody can make; that two certificates can be *made* with one SHA-1 helps only who made the
//! server's own.

use std::sync::{Arc, PoisonError, RwLock};

use crate::{GivenThumbprint, Sha1Thumbprint, Thumbprint};

/// How many servers' certificates are kept at most: a list without end would be a mistake.
const PINS_MAX: usize = 1_000;

/// Certificates of servers. Cloning shares them.
#[derive(Clone, Debug, Default)]
pub struct Pins {
    shared: Arc<RwLock<Set>>,
}

#[derive(Debug, Default)]
struct Set {
    trusted: Vec<Thumbprint>,
    /// Certificates that nobody has seen yet.
    named: Vec<Sha1Thumbprint>,
}

impl Pins {
    /// Takes servers whose certificates are given.
    pub fn new(given: impl IntoIterator<Item = GivenThumbprint>) -> Self {
        let mut set = Set::default();
        for one in given {
            match one {
                GivenThumbprint::Sha256(thumbprint) => set.add(thumbprint),
                GivenThumbprint::Sha1(name) => set.named.push(name),
            }
        }
        Self { shared: Arc::new(RwLock::new(set)) }
    }

    /// The certificates that are taken now.
    pub fn trusted(&self) -> Vec<Thumbprint> {
        self.shared.read().unwrap_or_else(PoisonError::into_inner).trusted.clone()
    }

    /// Whether a certificate is taken.
    pub fn contains(&self, thumbprint: Thumbprint) -> bool {
        self.shared.read().unwrap_or_else(PoisonError::into_inner).trusted.contains(&thumbprint)
    }

    /// Takes what a trusted server says of its fellows: these certificates are good, those are
    /// not any more. Whether that was news.
    pub fn learn(&self, trusted: &[Thumbprint], retired: &[Thumbprint]) -> bool {
        let mut set = self.shared.write().unwrap_or_else(PoisonError::into_inner);
        let before = set.trusted.clone();
        set.trusted.retain(|pin| !retired.contains(pin) || trusted.contains(pin));
        trusted.iter().for_each(|pin| set.add(*pin));
        set.trusted != before
    }

    /// Whether a server that shows this certificate is taken.
    pub(crate) fn accept(&self, certificate_der: &[u8]) -> bool {
        let thumbprint = Thumbprint::of(certificate_der);
        if self.contains(thumbprint) {
            return true;
        }
        let mut set = self.shared.write().unwrap_or_else(PoisonError::into_inner);
        if set.named.is_empty() {
            return false;
        }
        let sha1 = Sha1Thumbprint::of(certificate_der);
        let Some(index) = set.named.iter().position(|name| *name == sha1) else { return false };
        set.named.swap_remove(index);
        set.add(thumbprint);
        tracing::warn!(
            %sha1,
            "a SHA-1 thumbprint names the server's certificate: write the SHA-256 in its place: \
             {thumbprint}"
        );
        true
    }
}

impl Set {
    fn add(&mut self, thumbprint: Thumbprint) {
        if !self.trusted.contains(&thumbprint) && self.trusted.len() < PINS_MAX {
            self.trusted.push(thumbprint);
        }
    }
}

impl From<Vec<Thumbprint>> for Pins {
    fn from(trusted: Vec<Thumbprint>) -> Self {
        Self::new(trusted.into_iter().map(GivenThumbprint::Sha256))
    }
}

impl From<&[Thumbprint]> for Pins {
    fn from(trusted: &[Thumbprint]) -> Self {
        trusted.to_vec().into()
    }
}

impl<const N: usize> From<&[Thumbprint; N]> for Pins {
    fn from(trusted: &[Thumbprint; N]) -> Self {
        trusted.to_vec().into()
    }
}

impl From<&Pins> for Pins {
    fn from(pins: &Pins) -> Self {
        pins.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sha1_names_the_first_certificate_that_has_it_and_the_sha256_stays() {
        let pins = Pins::new([Sha1Thumbprint::of(b"one").into()]);
        assert!(!pins.accept(b"two"));
        assert!(pins.accept(b"one"));
        assert_eq!(pins.trusted(), [Thumbprint::of(b"one")]);
        assert!(pins.learn(&[], &[Thumbprint::of(b"one")]));
        assert!(!pins.accept(b"one"), "the SHA-1 was used up");
    }

    #[test]
    fn a_server_tells_of_new_certificates_and_of_retired_ones() {
        let [old, new] = [b"old", b"new"].map(|der| Thumbprint::of(der));
        let pins = Pins::from(vec![old]);
        assert!(pins.learn(&[old, new], &[]));
        assert!(!pins.learn(&[old, new], &[]));
        assert!(pins.accept(b"old") && pins.accept(b"new"));
        assert!(pins.learn(&[new], &[old]));
        assert!(!pins.accept(b"old") && pins.accept(b"new"));
        assert!(pins.learn(&[new, old], &[]), "trusted again");
    }
}
