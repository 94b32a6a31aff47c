//! Passwords of logins: what is stored of them, and how one is checked.
//!
//! Stored is argon2id with a salt of its own, at the costs that OWASP recommends (19 MiB, 2
//! passes, 1 lane). Hashing and checking take tens of milliseconds and touch nothing else, so
//! they are done outside transactions.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use argon2::password_hash::{
    self, Output, PasswordHash as Parsed, PasswordHasher as _, SaltString,
};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use aws_lc_rs::rand;

use crate::error::CatalogError;

const SALT_BYTES: usize = 16;

/// The longest password, in UTF-16 units, as `sysname` counts.
const PASSWORD_MAX: usize = 128;

/// SQL Server's password policy: at least so many characters.
const PASSWORD_MIN: usize = 8;

/// Of upper case, lower case, digits and others, so many kinds must occur.
const KINDS_MIN: usize = 3;

/// A password as it is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

/// A password that cannot be hashed.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Longer than a login can send.
    #[error("a password has at most {PASSWORD_MAX} characters")]
    TooLong,
    /// The system gives no random numbers.
    #[error("the system's random number generator failed")]
    Random,
    /// The hash function refused.
    #[error("cannot hash a password")]
    Hash(#[source] password_hash::Error),
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(***)")
    }
}

impl PasswordHash {
    /// Hashes `password` with a new salt.
    pub fn of(password: &str) -> Result<Self, PasswordError> {
        if PASSWORD_MAX < password.encode_utf16().count() {
            return Err(PasswordError::TooLong);
        }
        let mut salt = [0; SALT_BYTES];
        rand::fill(&mut salt).map_err(|_| PasswordError::Random)?;
        let salt = SaltString::encode_b64(&salt).map_err(PasswordError::Hash)?;
        let hash = Argon2::default().hash_password(password.as_bytes(), &salt);
        Ok(Self(hash.map_err(PasswordError::Hash)?.to_string()))
    }

    /// The hash of a generated password that nobody knows, until another is set.
    pub fn of_unknown() -> Result<Self, PasswordError> {
        let mut password = [0; 32];
        rand::fill(&mut password).map_err(|_| PasswordError::Random)?;
        let text: String = password.iter().map(|byte| format!("{byte:02x}")).collect();
        Self::of(&text)
    }

    /// What the store holds.
    pub(super) fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// What the store is to hold.
    pub(super) fn stored(&self) -> &str {
        &self.0
    }

    /// Whether `password` is the one.
    pub fn is_of(&self, password: &str) -> bool {
        self.check(password).unwrap_or(false)
    }

    fn check(&self, password: &str) -> Result<bool, password_hash::Error> {
        let parsed = Parsed::new(&self.0)?;
        let (Some(salt), Some(expected)) = (parsed.salt, parsed.hash) else { return Ok(false) };
        let algorithm = Algorithm::try_from(parsed.algorithm)?;
        let version = parsed.version.map_or(Ok(Version::default()), Version::try_from)?;
        let argon2 = Argon2::new(algorithm, version, Params::try_from(&parsed)?);
        let (mut salt_bytes, mut output) = ([0; SALT_MAX], [0; Output::MAX_LENGTH]);
        let output = output.get_mut(..expected.len()).ok_or(password_hash::Error::Password)?;
        hash_into(&argon2, password, salt.decode_b64(&mut salt_bytes)?, output)?;
        // Outputs compare in constant time.
        Ok(Output::new(output)? == expected)
    }
}

/// The longest salt of a stored hash, in bytes.
const SALT_MAX: usize = 64;

/// The memory of checks that are over, for the next ones: as many as there ever were at once.
/// Between two checks the allocator would put small things into it, and take as much again for
/// the next.
static MEMORY: Mutex<Vec<Vec<Block>>> = Mutex::new(Vec::new());

fn hash_into(
    argon2: &Argon2<'_>,
    password: &str,
    salt: &[u8],
    output: &mut [u8],
) -> Result<(), argon2::Error> {
    let kept = || MEMORY.lock().unwrap_or_else(PoisonError::into_inner);
    let mut memory = kept().pop().unwrap_or_default();
    memory.resize(argon2.params().block_count(), Block::default());
    let hashed =
        argon2.hash_password_into_with_memory(password.as_bytes(), salt, output, &mut memory);
    kept().push(memory);
    hashed
}

/// Whether `password` is the one that is `stored`. Where nothing is stored it takes as long, so
/// that the time does not tell which logins exist.
pub fn verify(password: &str, stored: Option<&PasswordHash>) -> bool {
    let Some(stored) = stored else {
        let mut output = [0; Params::DEFAULT_OUTPUT_LEN];
        let spent = hash_into(&Argon2::default(), password, &[0; SALT_BYTES], &mut output);
        return spent.is_err();
    };
    stored.is_of(password)
}

/// SQL Server's password policy, which `CREATE LOGIN` checks unless CHECK_POLICY is OFF: 15116
/// for a short password, 15118 for one that is not complex enough.
pub fn check_policy(login: &str, password: &str) -> Result<(), CatalogError> {
    if password.chars().count() < PASSWORD_MIN {
        let message = "Password validation failed. The password does not meet the operating \
                       system policy requirements because it is too short.";
        return Err(CatalogError::procedure(15116, message));
    }
    let other = |character: char| !character.is_alphanumeric();
    let kinds = [
        password.contains(char::is_uppercase),
        password.contains(char::is_lowercase),
        password.contains(char::is_numeric),
        password.contains(other),
    ];
    let n_kinds = kinds.iter().filter(|&&has| has).count();
    let holds_name = password.to_lowercase().contains(&login.to_lowercase());
    if n_kinds < KINDS_MIN || holds_name {
        let message = "Password validation failed. The password does not meet the operating \
                       system policy requirements because it is not complex enough.";
        return Err(CatalogError::procedure(15118, message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_password_itself_is_accepted() {
        let hash = PasswordHash::of("Straße 1").unwrap();
        assert!(verify("Straße 1", Some(&hash)));
        assert!(!verify("straße 1", Some(&hash)));
        assert!(!verify("", Some(&hash)));
        assert!(!verify("Straße 1", None));
    }

    #[test]
    fn the_same_password_is_stored_differently_each_time() {
        let (one, two) = (PasswordHash::of("x").unwrap(), PasswordHash::of("x").unwrap());
        assert_ne!(one, two);
        assert!(one.stored().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(!format!("{one:?}").contains('$'));
    }

    #[test]
    fn a_damaged_hash_accepts_nothing() {
        assert!(!PasswordHash::from_stored("plain".to_owned()).is_of("plain"));
    }

    #[test]
    fn the_policy_wants_length_and_three_kinds() {
        let number = |password| check_policy("ann", password).err().and_then(|e| e.number());
        assert_eq!(number("Ab1!"), Some(15116));
        assert_eq!(number("abcdefgh"), Some(15118));
        assert_eq!(number("Anna-2000"), Some(15118));
        assert_eq!(number("Pass-word"), None);
        assert_eq!(number("password1A"), None);
    }
}
