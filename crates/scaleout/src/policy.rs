//! Numbers that the rules of Scale Out are made of, with the reason of each.
//!
//! The original's defaults (lease 60 s, task heartbeat 10 s, agent heartbeat 60 s, sweep 5 min)
//! restart the packages of a dead worker after one to six minutes. These make it about
//! 15 seconds.

/// How long a lease lasts unless the worker's `LeaseInterval` says otherwise: 10 s.
pub const LEASE_MS_DEFAULT: u64 = 10_000;

/// The shortest lease that is granted: 1 s. Below it, scheduling noise would end leases.
pub const LEASE_MS_MIN: u64 = 1_000;

/// The longest lease that is granted: 10 min, the original's `HeartbeatErrorTolerance`.
pub const LEASE_MS_MAX: u64 = 600_000;

/// How long after its last sign of life a worker counts as offline: three agent heartbeats.
pub const OFFLINE_AFTER_MS: i64 = 30_000;

/// For how long a retry waits for another worker than the one where the attempt before it
/// failed: 5 s. After that any allowed worker is better than none.
pub const AVOID_MS: i64 = 5_000;

/// The lease that is granted when `asked_ms` is asked for; 0 asks for the default.
pub const fn lease_ms(asked_ms: u64) -> u64 {
    match asked_ms {
        0 => LEASE_MS_DEFAULT,
        1..LEASE_MS_MIN => LEASE_MS_MIN,
        LEASE_MS_MAX.. => LEASE_MS_MAX,
        asked => asked,
    }
}

/// How long before the end of its lease the kill of a package must begin, so that it is over
/// when the lease ends: a fifth of the lease, at most 2 s, at least 250 ms.
pub const fn kill_margin_ms(lease_ms: u64) -> u64 {
    let fifth = lease_ms / 5;
    match fifth {
        ..250 => 250,
        2_000.. => 2_000,
        fifth => fifth,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leases_stay_within_their_limits() {
        assert_eq!(lease_ms(0), 10_000);
        assert_eq!(lease_ms(5), 1_000);
        assert_eq!(lease_ms(7_500), 7_500);
        assert_eq!(lease_ms(u64::MAX), 600_000);
    }

    #[test]
    fn a_kill_begins_well_before_the_lease_ends() {
        for lease in [LEASE_MS_MIN, LEASE_MS_DEFAULT, LEASE_MS_MAX] {
            let margin = kill_margin_ms(lease);
            assert!(250 <= margin && margin <= lease / 2, "{margin} of {lease}");
        }
    }
}
