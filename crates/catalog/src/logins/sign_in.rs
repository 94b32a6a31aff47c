//! Lets a login in, or not.
//!
//! Wrong passwords are counted in the catalog, where all masters see them: after a few in a row
//! no further one is looked at for a while, and each that follows doubles the while. Checks of
//! passwords cost memory and time on purpose, so only a few are made at once. Those who come from
//! elsewhere wait in line first ([`super::wait_in_line`]).

use model::Timestamp;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::password::{PasswordHash, verify};
use super::recent;
use crate::caller::Caller;
use crate::catalog::Catalog;
use crate::error::CatalogError;
use crate::principals;
use crate::procedures::fold;
use crate::store::{Tx, params};

/// How many wrong passwords in a row have no consequence.
const FREE_FAILURES: i64 = 5;

/// The first wait, in milliseconds. It doubles with each further failure.
const FIRST_WAIT_MS: i64 = 1_000;

/// The longest wait, in milliseconds: short enough that nobody is locked out by somebody else.
const WAIT_MAX_MS: i64 = 60_000;

/// How many passwords are checked at once: each takes 19 MiB and one processor.
static CHECKS: Semaphore = Semaphore::const_new(4);

/// Why a login was not let in, for the log. Clients get 18456 in every case.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// There is none of that name, or the password is wrong.
    #[error("no login has this name and password")]
    Unknown,
    /// It is disabled.
    #[error("the login is disabled")]
    Disabled,
    /// Too many wrong passwords before.
    #[error("too many wrong passwords were given for the login a short while ago")]
    Blocked,
    /// The catalog did not answer.
    #[error("the catalog cannot be asked for the login")]
    Catalog(#[source] CatalogError),
}

impl Refused {
    /// The error that a client gets, which does not tell why.
    pub fn to_client(&self, name: &str) -> CatalogError {
        CatalogError::procedure(18456, format!("Login failed for user '{name}'."))
    }
}

impl From<CatalogError> for Refused {
    fn from(error: CatalogError) -> Self {
        Self::Catalog(error)
    }
}

/// What signing in needs to know of a login.
struct Credentials {
    id: i64,
    hash: PasswordHash,
    disabled: bool,
    failures: i64,
    blocked: bool,
}

/// The caller that a login with this password is.
pub async fn sign_in(catalog: &Catalog, name: &str, password: &str) -> Result<Caller, Refused> {
    let key = fold(name);
    let found = look_up(catalog, &key).await?;
    if found.as_ref().is_some_and(|found| was_right(password, &found.hash)) {
        return welcome(catalog, found).await;
    }
    let Ok(place) = CHECKS.acquire().await else { return Err(Refused::Unknown) };
    // Somebody may have tried many passwords while this one waited.
    let found = look_up(catalog, &key).await?;
    let stored = found.as_ref().map(|found| found.hash.clone());
    let is_right = check(password, stored, place).await;
    let Some(Credentials { id, .. }) = found else { return Err(Refused::Unknown) };
    if !is_right {
        catalog.write(move |tx| count_failure(tx, id)).await?;
        return Err(Refused::Unknown);
    }
    welcome(catalog, found).await
}

async fn look_up(catalog: &Catalog, key: &str) -> Result<Option<Credentials>, Refused> {
    let key = key.to_owned();
    let found = catalog.read(move |tx| credentials(tx, &key)).await?;
    match found {
        Some(found) if found.blocked => Err(Refused::Blocked),
        found => Ok(found),
    }
}

/// Lets in whose password is right, unless the login is disabled.
async fn welcome(catalog: &Catalog, found: Option<Credentials>) -> Result<Caller, Refused> {
    let Some(Credentials { id, disabled, failures, .. }) = found else {
        return Err(Refused::Unknown);
    };
    if disabled {
        return Err(Refused::Disabled);
    }
    if 0 < failures {
        catalog.write(move |tx| forget_failures(tx, id)).await?;
    }
    let caller = catalog.read(move |tx| principals::caller(tx, id)).await?;
    caller.ok_or(Refused::Unknown)
}

/// Whether this password was right a moment ago.
fn was_right(password: &str, stored: &PasswordHash) -> bool {
    recent::tag(password, stored).is_some_and(recent::holds)
}

/// Whether a password is the stored one. A check that has begun goes on when whoever asked for it
/// is gone, and keeps its place until it ends: who hangs up cannot have more done at once.
async fn check(
    password: &str,
    stored: Option<PasswordHash>,
    place: SemaphorePermit<'static>,
) -> bool {
    let tag = stored.as_ref().and_then(|stored| recent::tag(password, stored));
    let password = password.to_owned();
    let checked = tokio::task::spawn_blocking(move || {
        let _place = place;
        verify(&password, stored.as_ref())
    });
    let is_right = checked.await.unwrap_or(false);
    if let Some(tag) = tag.filter(|_| is_right) {
        recent::remember(tag);
    }
    is_right
}

fn credentials(tx: &mut dyn Tx, key: &str) -> Result<Option<Credentials>, CatalogError> {
    let sql = "SELECT login_id, password_hash, is_disabled, failures, blocked_until FROM logins
               WHERE name_key = ?1";
    let Some(row) = tx.query_opt(sql, &params![key])? else { return Ok(None) };
    let until: Option<Timestamp> = row.get(4)?;
    Ok(Some(Credentials {
        id: row.get(0)?,
        hash: PasswordHash::from_stored(row.get(1)?),
        disabled: row.get(2)?,
        failures: row.get(3)?,
        blocked: until.is_some_and(|until| tx.now() < until),
    }))
}

fn count_failure(tx: &mut dyn Tx, id: i64) -> Result<(), CatalogError> {
    let sql = "UPDATE logins SET failures = failures + 1 WHERE login_id = ?1 RETURNING failures";
    let failures: i64 = tx.scalar(sql, &params![id])?.unwrap_or_default();
    let until = wait_ms(failures).map(|wait| tx.now().plus_ms(wait));
    let sql = "UPDATE logins SET blocked_until = ?2 WHERE login_id = ?1";
    tx.execute(sql, &params![id, until])?;
    Ok(())
}

fn forget_failures(tx: &mut dyn Tx, id: i64) -> Result<(), CatalogError> {
    let sql = "UPDATE logins SET failures = 0, blocked_until = NULL WHERE login_id = ?1";
    tx.execute(sql, &params![id])?;
    Ok(())
}

/// How long nothing is looked at after so many failures in a row.
fn wait_ms(failures: i64) -> Option<i64> {
    let doublings = u32::try_from(failures - FREE_FAILURES).ok()?;
    let wait = 2_i64.checked_pow(doublings).and_then(|times| times.checked_mul(FIRST_WAIT_MS));
    Some(wait.map_or(WAIT_MAX_MS, |wait| wait.min(WAIT_MAX_MS)))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn a_check_keeps_its_place_when_whoever_asked_hangs_up() {
        static PLACES: Semaphore = Semaphore::const_new(1);
        let place = PLACES.acquire().await.unwrap();
        let mut checking = Box::pin(check("a password", None, place));
        // It takes many milliseconds.
        let polled = tokio::time::timeout(Duration::ZERO, &mut checking).await;
        assert!(polled.is_err());
        drop(checking);
        assert_eq!(PLACES.available_permits(), 0);
        let again = tokio::time::timeout(Duration::from_secs(60), PLACES.acquire()).await;
        assert!(again.unwrap().is_ok());
    }

    #[test]
    fn the_wait_grows_up_to_a_minute() {
        let waits: Vec<_> = [0, 4, 5, 6, 10, 11, 1_000_000].into_iter().map(wait_ms).collect();
        let ms = |seconds: i64| Some(seconds * 1000);
        assert_eq!(waits, [None, None, ms(1), ms(2), ms(32), ms(60), ms(60)]);
    }
}
