//! Who a master, worker or client is: a certificate and its private key.
//!
//! Stored as two PEM files, `<name>.crt` and `<name>.key`. Certificates made here are
//! self-signed ECDSA P-256 ones; certificates from elsewhere work as well, with their chain.

use std::fmt;
use std::io::{self, Write as _};
use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fs_err::os::unix::fs::OpenOptionsExt as _;
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use x509_parser::extensions::{GeneralName, ParsedExtension};

use crate::{Thumbprint, pem, tls};

/// How far the start of a new certificate lies in the past: other machines' clocks may be late.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(24 * 60 * 60);

/// A certificate with its private key.
pub struct Identity {
    /// The certificate, and those that vouch for it if it was issued by somebody.
    chain: Vec<CertificateDer<'static>>,
    /// Never shown, never logged.
    key: PrivateKeyDer<'static>,
    /// The two as TLS needs them.
    certified: Arc<CertifiedKey>,
}

/// What a new certificate should say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateRequest {
    /// The subject's common name, for people.
    pub common_name: String,
    /// DNS names and IP addresses of the machine.
    pub names: Vec<String>,
    /// How long it is valid, in days.
    pub days: u32,
}

/// What a certificate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFacts {
    /// The subject's common name; empty when it has none.
    pub common_name: String,
    /// DNS names and IP addresses.
    pub names: Vec<String>,
    /// First moment of validity, in seconds since 1970 UTC.
    pub not_before_unix_s: i64,
    /// Last moment of validity, in seconds since 1970 UTC.
    pub not_after_unix_s: i64,
}

/// An identity cannot be made, read or written.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The certificate could not be made.
    #[error("cannot make a certificate for `{common_name}`")]
    Generate {
        /// Whose it was to be.
        common_name: String,
        /// Why not.
        #[source]
        source: rcgen::Error,
    },
    /// What was made is of no use to TLS.
    #[error("the new certificate for `{common_name}` cannot be used")]
    Unusable {
        /// Whose it was to be.
        common_name: String,
        /// What TLS says.
        #[source]
        source: rustls::Error,
    },
    /// A file cannot be read. The source names it.
    #[error("cannot read the certificate or its key")]
    Read {
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A file cannot be written. The source names it.
    #[error("cannot save the certificate or its key")]
    Save {
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// Others can read the private key.
    #[error(
        "the private key `{}` can be read by others (mode {mode:03o}): run `chmod 600 {}`",
        path.display(),
        path.display()
    )]
    KeyReadableByOthers {
        /// The key's file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file holds no certificate.
    #[error("`{}` holds no certificate, neither as PEM nor as DER", path.display())]
    NotACertificate {
        /// The file.
        path: PathBuf,
    },
    /// The file holds no private key.
    #[error("`{}` holds no unencrypted private key in PEM form", path.display())]
    NotAKey {
        /// The file.
        path: PathBuf,
    },
    /// Certificate and key do not belong together, or the key is of an unknown kind.
    #[error(
        "the private key `{}` does not go with the certificate `{}`",
        key_path.display(),
        certificate_path.display()
    )]
    Mismatch {
        /// The certificate's file.
        certificate_path: PathBuf,
        /// The key's file.
        key_path: PathBuf,
        /// What TLS says.
        #[source]
        source: rustls::Error,
    },
}

impl Identity {
    /// Makes a key and a self-signed certificate for both ends of TLS.
    pub fn generate(request: &CertificateRequest) -> Result<Self, IdentityError> {
        let common_name = || request.common_name.clone();
        let (certificate, key) = sign(request)
            .map_err(|source| IdentityError::Generate { common_name: common_name(), source })?;
        Self::of(vec![certificate], key)
            .map_err(|source| IdentityError::Unusable { common_name: common_name(), source })
    }

    /// Reads a certificate (PEM with its chain, or DER) and its key (PEM).
    pub fn load(certificate_path: &Path, key_path: &Path) -> Result<Self, IdentityError> {
        let chain = read_chain(certificate_path)?;
        let key = read_key(key_path)?;
        Self::of(chain, key).map_err(|source| IdentityError::Mismatch {
            certificate_path: certificate_path.to_owned(),
            key_path: key_path.to_owned(),
            source,
        })
    }

    /// A certificate, with those that vouch for it, and its key, if they belong together.
    pub(crate) fn of(
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
    ) -> Result<Self, rustls::Error> {
        let certified = CertifiedKey::from_der(chain.clone(), key.clone_key(), &tls::provider())?;
        Ok(Self { chain, key, certified: Arc::new(certified) })
    }

    /// Writes `<name>.crt` and `<name>.key` (only its owner may read that) into a folder. Each
    /// file appears whole or not at all. Returns their paths in this order.
    pub fn save(&self, folder: &Path, name: &str) -> Result<(PathBuf, PathBuf), IdentityError> {
        let failed = |source| IdentityError::Save { source };
        let certificate_path = folder.join(format!("{name}.crt"));
        let key_path = folder.join(format!("{name}.key"));
        let key_label = if matches!(self.key, PrivateKeyDer::Pkcs1(_)) {
            "RSA PRIVATE KEY"
        } else if matches!(self.key, PrivateKeyDer::Sec1(_)) {
            "EC PRIVATE KEY"
        } else {
            "PRIVATE KEY"
        };
        fs_err::create_dir_all(folder).map_err(failed)?;
        write_whole(&key_path, 0o600, &pem::encode(key_label, self.key.secret_der()))
            .map_err(failed)?;
        let chain: String = self.chain.iter().map(|der| pem::encode("CERTIFICATE", der)).collect();
        write_whole(&certificate_path, 0o644, &chain).map_err(failed)?;
        Ok((certificate_path, key_path))
    }

    /// The certificate's thumbprint.
    pub fn thumbprint(&self) -> Thumbprint {
        Thumbprint::of(self.certificate_der())
    }

    /// The certificate, as PEM, without those that vouch for it.
    pub fn certificate_pem(&self) -> String {
        pem::encode("CERTIFICATE", self.certificate_der())
    }

    /// The certificate, as DER.
    pub fn certificate_der(&self) -> &[u8] {
        self.chain.first().map_or(&[], |certificate| certificate.as_ref())
    }

    /// What the certificate says; `None` when it is too odd to be read.
    pub fn facts(&self) -> Option<CertificateFacts> {
        certificate_facts(self.certificate_der())
    }

    pub(crate) fn certified(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.certified)
    }
}

impl Clone for Identity {
    fn clone(&self) -> Self {
        Self {
            chain: self.chain.clone(),
            key: self.key.clone_key(),
            certified: Arc::clone(&self.certified),
        }
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("thumbprint", &self.thumbprint()).finish_non_exhaustive()
    }
}

/// Reads the certificate in a file, PEM or DER, as DER.
pub fn read_certificate(path: &Path) -> Result<Vec<u8>, IdentityError> {
    let chain = read_chain(path)?;
    Ok(chain.first().map(|certificate| certificate.to_vec()).unwrap_or_default())
}

/// The first certificate of a PEM text, as DER.
pub fn certificate_from_pem(pem: &[u8]) -> Option<Vec<u8>> {
    CertificateDer::from_pem_slice(pem).ok().map(|certificate| certificate.to_vec())
}

/// What a certificate (DER) says; `None` when it is not one.
pub fn certificate_facts(der: &[u8]) -> Option<CertificateFacts> {
    let (_, certificate) = x509_parser::parse_x509_certificate(der).ok()?;
    let common_name = certificate.subject().iter_common_name().find_map(|name| name.as_str().ok());
    let names = certificate
        .extensions()
        .iter()
        .filter_map(|extension| {
            let names = extension.parsed_extension();
            let ParsedExtension::SubjectAlternativeName(names) = names else { return None };
            Some(&names.general_names)
        })
        .flatten()
        .filter_map(shown_name)
        .collect();
    Some(CertificateFacts {
        common_name: common_name.unwrap_or_default().to_owned(),
        names,
        not_before_unix_s: certificate.validity().not_before.timestamp(),
        not_after_unix_s: certificate.validity().not_after.timestamp(),
    })
}

impl CertificateFacts {
    /// Whether the certificate is for this DNS name or IP address; `*.` at the start of one of
    /// its names stands for one label (RFC 9525, section 6.3).
    pub fn covers(&self, host: &str) -> bool {
        let address: Option<IpAddr> = host.parse().ok();
        self.names.iter().any(|name| match (address, name.strip_prefix("*.")) {
            (Some(address), _) => name.parse() == Ok(address),
            (None, Some(domain)) => host.split_once('.').is_some_and(|(label, rest)| {
                !label.is_empty() && rest.eq_ignore_ascii_case(domain)
            }),
            (None, None) => name.eq_ignore_ascii_case(host),
        })
    }

    /// Whole days until the certificate ends; negative when it has ended.
    pub fn days_left(&self, now: SystemTime) -> i64 {
        let now_s = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let now_s = i64::try_from(now_s).unwrap_or(i64::MAX);
        self.not_after_unix_s.saturating_sub(now_s).div_euclid(24 * 60 * 60)
    }
}

fn shown_name(name: &GeneralName<'_>) -> Option<String> {
    if let GeneralName::DNSName(name) = name {
        return Some((*name).to_owned());
    }
    let GeneralName::IPAddress(bytes) = name else { return None };
    let v4 = <[u8; 4]>::try_from(*bytes).map(IpAddr::from);
    let v6 = <[u8; 16]>::try_from(*bytes).map(IpAddr::from);
    v4.or(v6).ok().map(|address| address.to_string())
}

fn sign(
    request: &CertificateRequest,
) -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), rcgen::Error> {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)?;
    let mut params = rcgen::CertificateParams::new(request.names.clone())?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(rcgen::DnType::CommonName, request.common_name.as_str());
    params.key_usages = vec![rcgen::KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![
        rcgen::ExtendedKeyUsagePurpose::ServerAuth,
        rcgen::ExtendedKeyUsagePurpose::ClientAuth,
    ];
    let now = SystemTime::now();
    params.not_before = (now - CLOCK_TOLERANCE).into();
    let lifetime = Duration::from_secs(u64::from(request.days) * 24 * 60 * 60);
    params.not_after = (now + lifetime).into();
    let certificate = params.self_signed(&key)?;
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    Ok((certificate.der().clone(), key))
}

fn read_chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, IdentityError> {
    let bytes = fs_err::read(path).map_err(|source| IdentityError::Read { source })?;
    let not_a_certificate = || IdentityError::NotACertificate { path: path.to_owned() };
    let chain = if bytes.starts_with(&[0x30]) {
        vec![CertificateDer::from(bytes)]
    } else {
        CertificateDer::pem_slice_iter(&bytes)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| not_a_certificate())?
    };
    let first = chain.first().ok_or_else(not_a_certificate)?;
    certificate_facts(first).ok_or_else(not_a_certificate)?;
    Ok(chain)
}

fn read_key(path: &Path) -> Result<PrivateKeyDer<'static>, IdentityError> {
    let failed = |source| IdentityError::Read { source };
    let mode = fs_err::metadata(path).map_err(failed)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(IdentityError::KeyReadableByOthers { path: path.to_owned(), mode });
    }
    let bytes = fs_err::read(path).map_err(failed)?;
    PrivateKeyDer::from_pem_slice(&bytes)
        .map_err(|_| IdentityError::NotAKey { path: path.to_owned() })
}

/// Writes a file beside its final place, makes it durable, and moves it there.
fn write_whole(path: &Path, mode: u32, text: &str) -> io::Result<()> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(format!(".{}.new", std::process::id()));
    let temporary = PathBuf::from(temporary);
    let written = write_new(&temporary, mode, text).and_then(|()| fs_err::rename(&temporary, path));
    if written.is_err()
        && let Err(error) = fs_err::remove_file(&temporary)
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(%error, "cannot remove a half-written file");
    }
    written
}

fn write_new(path: &Path, mode: u32, text: &str) -> io::Result<()> {
    match fs_err::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Err(_) | Ok(()) => {}
    }
    let mut options = fs_err::OpenOptions::new();
    options.write(true).create_new(true).mode(mode);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests;
