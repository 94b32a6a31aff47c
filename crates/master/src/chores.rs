//! What every master does all by itself, now and then. The chores of several masters do not get
//! in each other's way: each is a change that the catalog takes once.

mod cleanup_loop;
mod expiry_loop;
mod heartbeat_loop;
mod stuck_loop;

pub(crate) use cleanup_loop::cleanup_loop;
pub(crate) use expiry_loop::expiry_loop;
pub(crate) use heartbeat_loop::{Facts, heartbeat, heartbeat_loop, host_for_others, machine_name};
pub(crate) use stuck_loop::stuck_loop;

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

use crate::shared::stopped;

/// Waits for the next turn. False when the master goes down.
async fn next_turn(interval_ms: u64, stopping: &mut watch::Receiver<bool>) -> bool {
    tokio::select! {
        () = sleep(Duration::from_millis(interval_ms)) => true,
        () = stopped(stopping) => false,
    }
}
