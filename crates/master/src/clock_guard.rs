//! Notices when the catalog's clock jumps ahead, and keeps leases from ending early because of it.
//!
//! Leases end by the catalog's clock, which all masters share. It is that of a machine, though: it
//! may be set by hand, and after a failover of the database it is that of another machine. Workers
//! count their leases with monotonic clocks of their own, so a lease that ends early by the
//! catalog's clock would be granted again while its package still runs. A clock that jumps back
//! makes leases last longer, which is safe.
//!
//! Every look at the catalog gives a pair of times: the catalog's, and this machine's monotonic
//! one before and after. Two pairs that cannot both be right show a jump, and its size at most.
//! Until that much time has passed, leases count as ending so much later.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use model::Timestamp;
use scaleout::policy;

/// How far apart two pairs of times may be: clocks are slewed, and reads are not instant.
const ROOM_MS: i64 = 500;

/// What one master knows of the catalog's clock.
#[derive(Debug)]
pub(crate) struct ClockGuard {
    start: Instant,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// What the catalog's clock is ahead of this machine's monotonic one: at least, at most.
    ahead: Option<(i64, i64)>,
    /// How much later than they say leases end, and for how long that holds.
    late: Option<(i64, Instant)>,
}

impl ClockGuard {
    pub(crate) fn new() -> Self {
        Self { start: Instant::now(), state: Mutex::default() }
    }

    /// The catalog's clock showed `now` between two moments. The time by which leases that were
    /// granted before are to be judged.
    pub(crate) fn judge(&self, (before, after): (Instant, Instant), now: Timestamp) -> Timestamp {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let ahead = (now_ms(now) - self.ms(after), now_ms(now) - self.ms(before));
        let known = state.ahead.unwrap_or(ahead);
        let jumped = ahead.1 - known.0;
        if known.1 + ROOM_MS < ahead.0 {
            let max = i64::try_from(policy::LEASE_MS_MAX).unwrap_or(i64::MAX);
            let pending = state.late.filter(|(_, until)| after < *until).map_or(0, |(ms, _)| ms);
            let ms = jumped.saturating_add(pending).min(max);
            tracing::warn!(jump_ms = jumped, "the catalog's clock has jumped ahead");
            let lasts = Duration::from_millis(u64::try_from(ms).unwrap_or(0));
            state.late = Some((ms, after + lasts));
            state.ahead = Some(ahead);
        } else {
            // Pairs that agree make each other more exact; a drift moves them on.
            let both = (ahead.0.max(known.0), ahead.1.min(known.1));
            state.ahead = Some(if both.0 <= both.1 { both } else { ahead });
        }
        match state.late {
            Some((ms, until)) if after < until => now.plus_ms(-ms),
            Some(_) | None => {
                state.late = None;
                now
            }
        }
    }

    fn ms(&self, at: Instant) -> i64 {
        i64::try_from(at.duration_since(self.start).as_millis()).unwrap_or(i64::MAX)
    }
}

fn now_ms(now: Timestamp) -> i64 {
    now.0 / 1_000
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_700_000_000_000;

    /// The judged time less the one shown, in milliseconds, for looks at (seconds, shown ms more).
    fn judged(looks: &[(u64, i64)]) -> Vec<i64> {
        let guard = ClockGuard::new();
        let one = |&(seconds, more): &(u64, i64)| {
            let before = guard.start + Duration::from_secs(seconds);
            let now = Timestamp((NOW + more) * 1_000);
            let judged = guard.judge((before, before + Duration::from_millis(10)), now);
            judged.ms_since(now)
        };
        looks.iter().map(one).collect()
    }

    #[test]
    fn a_clock_that_goes_on_is_believed() {
        assert_eq!(judged(&[(0, 0), (1, 1_000), (2, 2_100), (60, 60_050)]), [0, 0, 0, 0]);
    }

    #[test]
    fn after_a_jump_ahead_leases_end_as_much_later_for_as_long() {
        let seen = judged(&[(0, 0), (1, 31_000), (20, 50_000), (32, 62_000)]);
        assert_eq!(seen, [0, -30_010, -30_010, 0]);
    }

    #[test]
    fn a_jump_back_and_ahead_again_is_a_jump_ahead() {
        let seen = judged(&[(0, 0), (1, -29_000), (2, 2_000)]);
        assert_eq!(seen, [0, 0, -30_010]);
    }

    #[test]
    fn no_jump_holds_leases_longer_than_the_longest_lease() {
        let seen = judged(&[(0, 0), (1, 86_400_000), (602, 87_001_000)]);
        assert_eq!(seen, [0, -600_000, 0]);
    }
}
