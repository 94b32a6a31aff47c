//! The catalog's key under a passphrase: the only form in which a backup has it.
//!
//! The passphrase becomes a key with argon2id (64 MiB, 3 passes: the second choice of RFC 9106),
//! which seals the catalog's key with AES-256-GCM.

use std::path::Path;

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::BackupError;
use crate::key::{CatalogKey, KEY_BYTES, KeyError, Place, random_bytes};

/// The shortest passphrase: whoever has the file can try as many as they like.
const PASSPHRASE_MIN: usize = 12;

/// Costs: memory in KiB, passes, lanes.
const MEMORY_KIB: u32 = 64 << 10;
const PASSES: u32 = 3;
const LANES: u32 = 1;

/// Costs beyond which a file is not believed.
const MEMORY_KIB_MAX: u32 = 1 << 20;
const PASSES_MAX: u32 = 64;

const SALT_BYTES: usize = 16;

/// A key under a passphrase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct WrappedKey {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    salt: String,
    sealed: String,
}

impl WrappedKey {
    /// Wraps the key in a key file.
    pub(crate) fn of_file(path: &Path, passphrase: &str) -> Result<Self, BackupError> {
        if passphrase.chars().count() < PASSPHRASE_MIN {
            return Err(BackupError::ShortPassphrase { min: PASSPHRASE_MIN });
        }
        let bytes = CatalogKey::load_bytes(path).map_err(BackupError::Key)?;
        let salt: [u8; SALT_BYTES] = random_bytes().map_err(BackupError::Key)?;
        let mut wrapped = Self {
            memory_kib: MEMORY_KIB,
            passes: PASSES,
            lanes: LANES,
            salt: STANDARD.encode(salt),
            sealed: String::new(),
        };
        let key = wrapped.wrapping_key(passphrase).ok_or(BackupError::Key(KeyError::Random))?;
        let sealed = key.seal(&place(), &bytes).map_err(BackupError::Key)?;
        wrapped.sealed = STANDARD.encode(sealed);
        Ok(wrapped)
    }

    /// The key.
    pub(crate) fn open(&self, passphrase: &str) -> Result<Vec<u8>, BackupError> {
        let sealed = STANDARD.decode(&self.sealed).ok().zip(self.wrapping_key(passphrase));
        let (sealed, key) = sealed.ok_or(BackupError::WrongPassphrase)?;
        let bytes = key.open(&place(), &sealed).map_err(|_| BackupError::WrongPassphrase)?;
        if bytes.len() == KEY_BYTES { Ok(bytes) } else { Err(BackupError::WrongPassphrase) }
    }

    fn wrapping_key(&self, passphrase: &str) -> Option<CatalogKey> {
        if MEMORY_KIB_MAX < self.memory_kib || PASSES_MAX < self.passes {
            return None;
        }
        let params = Params::new(self.memory_kib, self.passes, self.lanes, Some(KEY_BYTES)).ok()?;
        let salt = STANDARD.decode(&self.salt).ok()?;
        let mut bytes = [0; KEY_BYTES];
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        argon2.hash_password_into(passphrase.as_bytes(), &salt, &mut bytes).ok()?;
        CatalogKey::from_bytes(&bytes)
    }
}

fn place() -> Place {
    Place::new("backup.key", &[])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrapped_key_opens_with_its_passphrase_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        CatalogKey::create(&path).unwrap();
        let wrapped = WrappedKey::of_file(&path, "correct horse battery").unwrap();
        let bytes = CatalogKey::load_bytes(&path).unwrap();
        assert_eq!(wrapped.open("correct horse battery").unwrap(), bytes);
        let wrong = wrapped.open("correct horse batter");
        assert!(matches!(wrong, Err(BackupError::WrongPassphrase)));
        let text = serde_json::to_string(&wrapped).unwrap();
        assert!(!text.contains(&STANDARD.encode(&bytes)));
        let short = WrappedKey::of_file(&path, "short");
        assert!(matches!(short, Err(BackupError::ShortPassphrase { min: 12 })));
        let greedy = WrappedKey { memory_kib: u32::MAX, ..wrapped };
        assert!(matches!(greedy.open("correct horse battery"), Err(BackupError::WrongPassphrase)));
    }
}
