//! Identities as a user meets them: made, saved, read again, refused.

use std::os::unix::fs::PermissionsExt as _;
use std::time::SystemTime;

use insta::assert_snapshot;

use super::*;

fn request() -> CertificateRequest {
    CertificateRequest {
        common_name: "master one".to_owned(),
        names: vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()],
        days: 30,
    }
}

#[test]
fn a_new_certificate_says_what_was_asked() {
    let facts = Identity::generate(&request()).unwrap().facts().unwrap();
    assert_eq!(facts.common_name, "master one");
    assert_eq!(facts.names, ["localhost", "127.0.0.1", "::1"]);
    let days_left = facts.days_left(SystemTime::now());
    assert!((29..=30).contains(&days_left), "{days_left}");
    let later = SystemTime::now() + Duration::from_secs(31 * 24 * 60 * 60);
    assert!(facts.days_left(later) < 0);
}

#[test]
fn a_certificate_is_for_its_names() {
    let names = ["db1.example.com", "*.masters.example.com", "10.0.0.7", "::1"];
    let facts = CertificateFacts {
        common_name: "db2".to_owned(),
        names: names.map(str::to_owned).to_vec(),
        not_before_unix_s: 0,
        not_after_unix_s: 0,
    };
    for host in ["DB1.example.com", "one.masters.example.com", "10.0.0.7", "0:0:0:0:0:0:0:1"] {
        assert!(facts.covers(host), "{host}");
    }
    for host in ["db2", "masters.example.com", "a.b.masters.example.com", "10.0.0.8", ""] {
        assert!(!facts.covers(host), "{host}");
    }
}

#[test]
fn a_saved_identity_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let identity = Identity::generate(&request()).unwrap();
    let (certificate, key) = identity.save(&folder.path().join("certs"), "master").unwrap();
    let mode = fs_err::metadata(&key).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    let loaded = Identity::load(&certificate, &key).unwrap();
    assert_eq!(loaded.thumbprint(), identity.thumbprint());
    assert_eq!(Thumbprint::of(&read_certificate(&certificate).unwrap()), identity.thumbprint());
    let files = fs_err::read_dir(folder.path().join("certs")).unwrap().count();
    assert_eq!(files, 2, "no temporary file stays");
}

#[test]
fn a_der_certificate_is_read_too() {
    let folder = tempfile::tempdir().unwrap();
    let identity = Identity::generate(&request()).unwrap();
    let path = folder.path().join("master.cer");
    fs_err::write(&path, identity.certificate_der()).unwrap();
    assert_eq!(Thumbprint::of(&read_certificate(&path).unwrap()), identity.thumbprint());
}

#[test]
fn a_key_that_others_can_read_is_refused_with_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let identity = Identity::generate(&request()).unwrap();
    let (certificate, key) = identity.save(folder.path(), "master").unwrap();
    fs_err::set_permissions(&key, std::fs::Permissions::from_mode(0o640)).unwrap();
    let error = Identity::load(&certificate, &key).unwrap_err().to_string();
    let error = error.replace(&folder.path().display().to_string(), "certs");
    assert_snapshot!(error, @"the private key `certs/master.key` can be read by others (mode 640): run `chmod 600 certs/master.key`");
}

#[test]
fn a_key_of_another_certificate_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, _) =
        Identity::generate(&request()).unwrap().save(folder.path(), "one").unwrap();
    let (_, key) = Identity::generate(&request()).unwrap().save(folder.path(), "two").unwrap();
    let error = Identity::load(&certificate, &key).unwrap_err();
    assert!(matches!(error, IdentityError::Mismatch { .. }), "{error:?}");
}

#[test]
fn files_that_hold_something_else_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    fs_err::write(&path, "0not a certificate").unwrap();
    let error = read_certificate(&path).unwrap_err().to_string();
    let error = error.replace(&folder.path().display().to_string(), "certs");
    assert_snapshot!(error, @"`certs/notes.txt` holds no certificate, neither as PEM nor as DER");
}

#[test]
fn a_private_key_is_never_shown() {
    let identity = Identity::generate(&request()).unwrap();
    let shown = format!("{identity:?}");
    assert_eq!(shown, format!("Identity {{ thumbprint: {:?}, .. }}", identity.thumbprint()));
}
