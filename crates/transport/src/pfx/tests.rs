//! PFX files as openssl and Windows make them. The program `openssl` makes those of OpenSSL; the
//! two algorithms of `Export-PfxCertificate` are among them.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::*;
use crate::{CertificateRequest, IdentityError};

const PASSWORD: &str = "Grüße an pack pferd";

fn identity(name: &str) -> Identity {
    let request = CertificateRequest { common_name: name.to_owned(), names: Vec::new(), days: 2 };
    Identity::generate(&request).unwrap()
}

/// A PFX file made by `openssl pkcs12 -export` with these options, of an identity and a
/// certificate of somebody else that comes first.
fn export(folder: &Path, of: &Identity, options: &[&str]) -> PathBuf {
    let (certificate, key) = of.save(folder, "one").unwrap();
    let (other, _) = identity("another").save(folder, "another").unwrap();
    let pfx = folder.join("one.pfx");
    let made = Command::new("openssl")
        .args(["pkcs12", "-export", "-out"])
        .arg(&pfx)
        .arg("-in")
        .arg(certificate)
        .arg("-inkey")
        .arg(key)
        .arg("-certfile")
        .arg(other)
        .args(["-passout", &format!("pass:{PASSWORD}")])
        .args(options)
        .output()
        .unwrap();
    assert!(made.status.success(), "{options:?}: {made:?}");
    pfx
}

fn check(options: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let identity = identity("one");
    let pfx = export(folder.path(), &identity, options);
    let bytes = fs_err::read(&pfx).unwrap();
    let read = Identity::from_pfx(&bytes, PASSWORD, &pfx).unwrap();
    assert_eq!(read.thumbprint(), identity.thumbprint(), "{options:?}");
    let wrong = Identity::from_pfx(&bytes, "another", &pfx).unwrap_err();
    assert!(matches!(wrong, PfxError::WrongPassword { .. }), "{options:?}: {wrong:?}");
    assert!(!wrong.to_string().contains(PASSWORD));
    let (certificate, key) = read.save(folder.path(), "read").unwrap();
    Identity::load(&certificate, &key).map_err(|error: IdentityError| error.to_string()).unwrap();
}

#[test]
fn files_of_openssl_are_read() {
    check(&[]);
}

#[test]
fn files_in_the_old_way_of_openssl_are_read() {
    check(&["-legacy"]);
}

#[test]
fn what_windows_calls_tripledes_sha1_is_read() {
    check(&["-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1"]);
}

#[test]
fn what_windows_calls_aes256_sha256_is_read() {
    check(&["-keypbe", "AES-256-CBC", "-certpbe", "AES-256-CBC", "-macalg", "sha256"]);
}

#[test]
fn what_is_no_pfx_is_refused_by_name() {
    let path = Path::new("one.pfx");
    for bytes in [&b""[..], b"x", b"-----BEGIN CERTIFICATE-----", &[0x30; 100]] {
        let error = Identity::from_pfx(bytes, "", path).unwrap_err();
        assert!(matches!(error, PfxError::Unreadable { .. }), "{error:?}");
        assert!(error.to_string().contains("one.pfx"), "{error}");
    }
    let error = Identity::from_pfx(&vec![0; PFX_MAX + 1], "", path).unwrap_err();
    assert!(matches!(error, PfxError::TooLong { .. }), "{error:?}");
}
