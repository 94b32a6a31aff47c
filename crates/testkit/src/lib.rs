//! Helpers for tests: waiting for a condition, with a deadline and a reason; servers; the `.slt`
//! suite.
//!
//! A test never sleeps to be right. It waits for what it needs, and fails with what it waited
//! for and what it saw last.

pub mod ftp;
pub mod lab;
pub mod patroni;
pub mod permissions;
pub mod postgres;
pub mod retail;
pub mod slt;
pub mod smtp;

use std::time::{Duration, Instant};

/// How long a test waits for something that takes milliseconds when all is well.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// How often a condition is looked at.
const PAUSE: Duration = Duration::from_millis(5);

/// Waits until `look` gives a value.
///
/// # Panics
///
/// When the deadline passes first, with `what` and the last thing that `look` saw.
pub fn wait_for<T, S: std::fmt::Debug>(what: &str, look: impl FnMut() -> Result<T, S>) -> T {
    wait_until(what, DEADLINE, look)
}

/// Like [`wait_for`], with a deadline of its own.
///
/// # Panics
///
/// When the deadline passes first, with `what` and the last thing that `look` saw.
pub fn wait_until<T, S: std::fmt::Debug>(
    what: &str,
    deadline: Duration,
    mut look: impl FnMut() -> Result<T, S>,
) -> T {
    let start = Instant::now();
    loop {
        match look() {
            Ok(value) => return value,
            Err(seen) if deadline < start.elapsed() => {
                panic!("waited {deadline:?} for {what}; last seen: {seen:?}")
            }
            Err(_) => std::thread::sleep(PAUSE),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_is_looked_at_until_it_holds() {
        let mut looks = 0;
        let value = wait_for("the third look", || {
            looks += 1;
            if looks == 3 { Ok(looks) } else { Err(looks) }
        });
        assert_eq!(value, 3);
    }
}
