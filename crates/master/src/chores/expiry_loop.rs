//! Ends leases that have run out (`DealWithExpiredTasksIntervalInMs`): their workers are dead or
//! cut off, and their packages run elsewhere while retries are left.

use crate::error::chain;
use crate::round::round;
use crate::shared::Shared;

/// Runs until the master goes down.
pub(crate) async fn expiry_loop(shared: Shared, interval_ms: u64) {
    let mut stopping = shared.stopping.clone();
    while super::next_turn(interval_ms, &mut stopping).await {
        if let Err(error) = round(&shared.catalog, &shared.clock, Vec::new()).await {
            tracing::warn!(error = chain(&error), "cannot look for leases that ran out");
        }
    }
}
