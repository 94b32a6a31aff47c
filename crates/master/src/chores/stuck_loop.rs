//! Tells executions that have waited long why no worker can run them, among their messages.

use catalog::scale_out::tell_stuck;
use model::Timestamp;

use crate::error::chain;
use crate::shared::Shared;

/// How often to look.
const INTERVAL_MS: u64 = 15_000;

/// How long an execution waits before it is told: a cluster that starts needs some of it.
const WAITED_MS: i64 = 60_000;

/// Runs until the master goes down.
pub(crate) async fn stuck_loop(shared: Shared) {
    let mut stopping = shared.stopping.clone();
    while super::next_turn(INTERVAL_MS, &mut stopping).await {
        let told = shared.catalog.write(|tx| {
            let before = Timestamp(tx.now().0.saturating_sub(WAITED_MS * 1000));
            tell_stuck(tx, before)
        });
        match told.await {
            Ok(0) => {}
            Ok(n) => tracing::warn!(n, "executions wait that no worker can run"),
            Err(error) => tracing::warn!(error = chain(&error), "cannot look for what waits"),
        }
    }
}
