//! Reads an identity out of a PFX file (PKCS #12, RFC 7292): what Windows exports and what
//! `openssl pkcs12 -export` makes, with today's encryption or that of old files.
//!
//! The certificate is the one that the private key belongs to; all others in the file are kept
//! behind it, as those that vouch for it.

use std::path::{Path, PathBuf};

use p12_keystore::Pkcs12Archive;
use p12_keystore::error::Error;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::Identity;

/// The longest file that is looked at; one with a few certificates has some kilobytes.
pub const PFX_MAX: usize = 1 << 20;

/// A PFX file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PfxError {
    /// It is longer than any that holds one identity.
    #[error("`{}` is longer than {PFX_MAX} bytes, so it is no PFX file", path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
    },
    /// The password is wrong: its checksum does not fit.
    #[error("the password does not open `{}`", path.display())]
    WrongPassword {
        /// The file.
        path: PathBuf,
    },
    /// It is something else, or encrypted in a way that is not known here.
    #[error(
        "`{}` is no PFX file, or is encrypted in a way that is not known here: convert it with \
         `openssl pkcs12 -in {} -nodes` and import the certificate and the key as PEM",
        path.display(),
        path.display()
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: Error,
    },
    /// It holds no private key, or several.
    #[error("`{}` holds {keys} private keys, and one is needed", path.display())]
    NotOneKey {
        /// The file.
        path: PathBuf,
        /// How many.
        keys: usize,
    },
    /// None of its certificates belongs to its key.
    #[error("no certificate in `{}` goes with its private key", path.display())]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
}

impl Identity {
    /// Reads the bytes of a PFX file; `path` is its name in errors.
    pub fn from_pfx(bytes: &[u8], password: &str, path: &Path) -> Result<Self, PfxError> {
        let path = || path.to_owned();
        if PFX_MAX < bytes.len() {
            return Err(PfxError::TooLong { path: path() });
        }
        let archive = Pkcs12Archive::from_pkcs12(bytes, password).map_err(|source| {
            if matches!(source, Error::MacError(_)) {
                PfxError::WrongPassword { path: path() }
            } else {
                PfxError::Unreadable { path: path(), source }
            }
        })?;
        let [key] = &archive.keys[..] else {
            return Err(PfxError::NotOneKey { path: path(), keys: archive.keys.len() });
        };
        let key = PrivateKeyDer::Pkcs8(key.key.as_der().to_vec().into());
        let mut certificates: Vec<_> = archive
            .certs
            .iter()
            .map(|bag| CertificateDer::from(bag.cert.as_der().to_vec()))
            .collect();
        for index in 0..certificates.len() {
            certificates.swap(0, index);
            if let Ok(identity) = Self::of(certificates.clone(), key.clone_key()) {
                return Ok(identity);
            }
            certificates.swap(0, index);
        }
        Err(PfxError::NoCertificate { path: path() })
    }
}

#[cfg(test)]
mod tests;
