//! Which passwords were right a moment ago: clients that connect again and again are not made to
//! wait for the slow hash each time.
//!
//! Kept is a keyed hash of password and stored hash, under a key that this process makes for
//! itself and that leaves it nowhere. A changed password has another stored hash, and so is not
//! found here.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_lc_rs::{hmac, rand};

use super::password::PasswordHash;

/// How long a right password is remembered.
const KEPT_FOR: Duration = Duration::from_secs(60);

/// How many are remembered at most.
const KEPT_MAX: usize = 1_000;

/// A password that belongs to a stored hash, unreadably.
pub(super) type Tag = [u8; 32];

static KEY: LazyLock<Option<hmac::Key>> = LazyLock::new(|| {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).ok()?;
    Some(hmac::Key::new(hmac::HMAC_SHA256, &bytes))
});

static RIGHT: LazyLock<Mutex<HashMap<Tag, Instant>>> = LazyLock::new(Mutex::default);

/// The tag of a password; `None` when this system has no random numbers, and nothing is
/// remembered.
pub(super) fn tag(password: &str, stored: &PasswordHash) -> Option<Tag> {
    let key = KEY.as_ref()?;
    let mut context = hmac::Context::with_key(key);
    context.update(stored.stored().as_bytes());
    context.update(&[0]);
    context.update(password.as_bytes());
    context.sign().as_ref().try_into().ok()
}

/// Whether this was right a moment ago.
pub(super) fn holds(tag: Tag) -> bool {
    let right = RIGHT.lock().unwrap_or_else(PoisonError::into_inner);
    right.get(&tag).is_some_and(|since| since.elapsed() < KEPT_FOR)
}

/// Remembers that this is right. The wait after wrong passwords, and whether the login is
/// enabled, are looked at every time all the same.
pub(super) fn remember(tag: Tag) {
    let mut right = RIGHT.lock().unwrap_or_else(PoisonError::into_inner);
    if KEPT_MAX <= right.len() {
        right.retain(|_, since| since.elapsed() < KEPT_FOR);
    }
    if right.len() < KEPT_MAX {
        right.insert(tag, Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_remembered_for_its_stored_hash_only() {
        let (one, two) = (PasswordHash::of("x").unwrap(), PasswordHash::of("x").unwrap());
        let right = tag("x", &one).unwrap();
        assert!(!holds(right));
        remember(right);
        assert!(holds(right));
        assert!(!holds(tag("x", &two).unwrap()));
        assert!(!holds(tag("y", &one).unwrap()));
    }
}
