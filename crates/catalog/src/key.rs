//! The catalog's key: seals project files and sensitive values before they are stored.
//!
//! AES-256-GCM with a random nonce for each value. What a value belongs to (its [`Place`]) is
//! authenticated with it, so a sealed value that is copied into another row does not open there.
//!
//! A sealed value is one version byte, 12 bytes of nonce, the encrypted bytes and 16 bytes of tag.
//!
//! # Invariants
//!
//! * The key is shown by nothing: not by `Debug`, not by an error.
//! * A key file is readable by its owner only, when made and whenever loaded.

use std::fmt;
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

pub(crate) const KEY_BYTES: usize = 32;
const TAG_BYTES: usize = 16;

/// The first byte of what this version seals.
const SEAL_VERSION: u8 = 1;

/// First line of a key file, so that nobody takes another file for one.
const FILE_HEADER: &str = "packhorse catalog key 1";

/// Only the owner may read and write.
const OWNER_ONLY: u32 = 0o600;

/// Encrypts and decrypts what the catalog must not store readably.
pub struct CatalogKey {
    cipher: LessSafeKey,
}

impl fmt::Debug for CatalogKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CatalogKey(***)")
    }
}

/// A key file cannot be made or used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read.
    #[error("cannot read the key file `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file cannot be made.
    #[error("cannot make the key file `{}`", path.display())]
    Create {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Others may read it.
    #[error(
        "the key file `{}` can be read by others (mode {mode:03o}): run `chmod 600` on it",
        path.display()
    )]
    TooOpen {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It is not a key file.
    #[error("`{}` is not a catalog key file: restore it from a backup", path.display())]
    NotAKey {
        /// The file.
        path: PathBuf,
    },
    /// The system gives no random numbers.
    #[error("the system's random number generator failed")]
    Random,
}

/// Bytes that this key did not seal, or not for this place, or that were changed since.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsealable {
    /// Not in the form that `seal` gives.
    #[error("the stored bytes are not a sealed value")]
    Form,
    /// The authentication failed.
    #[error("the stored bytes were not sealed with this key for this row")]
    Key,
    /// What was sealed as text is not text.
    #[error("the decrypted bytes are not text")]
    Text,
}

/// What a sealed value belongs to: table, column and the row's natural key.
pub(crate) struct Place(String);

impl Place {
    /// Every part is written with its length, so that no two places look alike.
    pub(crate) fn new(column: &str, row: &[&str]) -> Self {
        let mut text = String::from(column);
        for part in row {
            text.push_str(&format!("|{}:{part}", part.len()));
        }
        Self(text)
    }
}

impl CatalogKey {
    /// A new random key, not yet in any file.
    pub fn generate() -> Result<Self, KeyError> {
        Self::from_bytes(&random_bytes::<KEY_BYTES>()?).ok_or(KeyError::Random)
    }

    /// Makes a new key file that only its owner can read. An existing file is left alone and is
    /// an error: its key may be the only one that opens a catalog.
    pub fn create(path: impl AsRef<Path>) -> Result<Self, KeyError> {
        let path = path.as_ref();
        let bytes: [u8; KEY_BYTES] = random_bytes()?;
        write_new(path, &bytes)
            .map_err(|source| KeyError::Create { path: path.to_owned(), source })?;
        Self::from_bytes(&bytes).ok_or(KeyError::Random)
    }

    /// Loads a key file, and refuses one that others may read.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, KeyError> {
        let path = path.as_ref();
        let bytes = Self::load_bytes(path)?;
        Self::from_bytes(&bytes).ok_or_else(|| KeyError::NotAKey { path: path.to_owned() })
    }

    /// The key in a file, bare: to be wrapped for a backup.
    pub(crate) fn load_bytes(path: &Path) -> Result<Vec<u8>, KeyError> {
        let read = |source| KeyError::Read { path: path.to_owned(), source };
        let mode = fs_err::metadata(path).map_err(read)?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(KeyError::TooOpen { path: path.to_owned(), mode });
        }
        let text = fs_err::read_to_string(path).map_err(read)?;
        let not_a_key = || KeyError::NotAKey { path: path.to_owned() };
        let encoded = text.strip_prefix(FILE_HEADER).ok_or_else(not_a_key)?.trim();
        STANDARD.decode(encoded).map_err(|_| not_a_key())
    }

    /// Makes a new key file with this key, as [`CatalogKey::create`] does.
    pub(crate) fn save_bytes(path: &Path, bytes: &[u8]) -> Result<(), KeyError> {
        write_new(path, bytes).map_err(|source| KeyError::Create { path: path.to_owned(), source })
    }

    /// Loads the key file, or makes it where there is none.
    pub fn load_or_create(path: impl AsRef<Path>) -> Result<Self, KeyError> {
        match Self::load(path.as_ref()) {
            Err(KeyError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                Self::create(path)
            }
            loaded => loaded,
        }
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let key = UnboundKey::new(&AES_256_GCM, bytes).ok()?;
        Some(Self { cipher: LessSafeKey::new(key) })
    }

    /// Encrypts `plain` for `place`.
    pub(crate) fn seal(&self, place: &Place, plain: &[u8]) -> Result<Vec<u8>, KeyError> {
        let nonce: [u8; NONCE_LEN] = random_bytes()?;
        let mut sealed = Vec::with_capacity(1 + NONCE_LEN + plain.len() + TAG_BYTES);
        sealed.push(SEAL_VERSION);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        let tag = self
            .cipher
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(place.0.as_bytes()),
                &mut sealed[1 + NONCE_LEN..],
            )
            .map_err(|_| KeyError::Random)?;
        sealed.extend_from_slice(tag.as_ref());
        Ok(sealed)
    }

    /// Decrypts what [`CatalogKey::seal`] made for the same place.
    pub(crate) fn open(&self, place: &Place, sealed: &[u8]) -> Result<Vec<u8>, Unsealable> {
        let (&version, rest) = sealed.split_first().ok_or(Unsealable::Form)?;
        let (nonce, body) = rest.split_at_checked(NONCE_LEN).ok_or(Unsealable::Form)?;
        let nonce: [u8; NONCE_LEN] = nonce.try_into().map_err(|_| Unsealable::Form)?;
        if version != SEAL_VERSION {
            return Err(Unsealable::Form);
        }
        let mut body = body.to_vec();
        let plain = self
            .cipher
            .open_in_place(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(place.0.as_bytes()),
                &mut body,
            )
            .map_err(|_| Unsealable::Key)?;
        let length = plain.len();
        body.truncate(length);
        Ok(body)
    }

    /// Decrypts text.
    pub(crate) fn open_text(&self, place: &Place, sealed: &[u8]) -> Result<String, Unsealable> {
        String::from_utf8(self.open(place, sealed)?).map_err(|_| Unsealable::Text)
    }
}

pub(crate) fn random_bytes<const N: usize>() -> Result<[u8; N], KeyError> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).map_err(|_| KeyError::Random)?;
    Ok(bytes)
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = fs_err::OpenOptions::new();
    options.write(true).create_new(true);
    options.options_mut().mode(OWNER_ONLY);
    let mut file = options.open(path)?;
    writeln!(file, "{FILE_HEADER}\n{}", STANDARD.encode(bytes))?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;

    use super::*;

    #[test]
    fn a_sealed_value_opens_only_in_its_own_place() {
        let key = CatalogKey::generate().unwrap();
        let (here, there) =
            (Place::new("p.value", &["1", "A"]), Place::new("p.value", &["1", "B"]));
        let sealed = key.seal(&here, b"secret").unwrap();
        assert!(!sealed.windows(6).any(|window| window == b"secret"));
        assert_eq!(key.open_text(&here, &sealed).unwrap(), "secret");
        assert_eq!(key.open(&there, &sealed), Err(Unsealable::Key));
        assert_eq!(key.open(&here, &sealed[..20]), Err(Unsealable::Key));
        assert_eq!(key.open(&here, b""), Err(Unsealable::Form));
        let other = CatalogKey::generate().unwrap();
        assert_eq!(other.open(&here, &sealed), Err(Unsealable::Key));
    }

    #[test]
    fn sealing_twice_does_not_give_the_same_bytes() {
        let key = CatalogKey::generate().unwrap();
        let place = Place::new("p.value", &["1"]);
        assert_ne!(key.seal(&place, b"x").unwrap(), key.seal(&place, b"x").unwrap());
    }

    #[test]
    fn places_with_shifted_parts_differ() {
        assert_ne!(Place::new("c", &["ab", "c"]).0, Place::new("c", &["a", "bc"]).0);
    }

    #[test]
    fn a_key_file_is_made_once_and_is_for_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("catalog.key");
        let key = CatalogKey::create(&path).unwrap();
        assert_eq!(fs_err::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(matches!(CatalogKey::create(&path), Err(KeyError::Create { .. })));
        let place = Place::new("p", &[]);
        let sealed = key.seal(&place, b"x").unwrap();
        assert_eq!(CatalogKey::load(&path).unwrap().open(&place, &sealed).unwrap(), b"x");
    }

    #[test]
    fn a_key_file_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("catalog.key");
        CatalogKey::create(&path).unwrap();
        fs_err::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        let error = CatalogKey::load(&path).unwrap_err();
        assert!(matches!(error, KeyError::TooOpen { mode: 0o640, .. }));
        assert!(error.to_string().contains("chmod 600"));
    }

    #[test]
    fn another_file_is_not_a_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("catalog.key");
        fs_err::write(&path, "hello").unwrap();
        fs_err::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        assert!(matches!(CatalogKey::load(&path), Err(KeyError::NotAKey { .. })));
    }

    #[test]
    fn a_key_does_not_show_itself() {
        assert_eq!(format!("{:?}", CatalogKey::generate().unwrap()), "CatalogKey(***)");
    }
}
