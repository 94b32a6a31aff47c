//! Keeps leases alive, and kills the packages of those that could not be kept alive. Two loops,
//! so that a renewal without an answer never delays a kill.

use std::time::Duration;

use scaleout::message::Renewed;
use tokio::time::sleep_until;

use crate::pause::Pause;
use crate::shared::Shared;

/// Kills packages before their leases end. Never returns.
pub(crate) async fn kill_loop(shared: &Shared) {
    loop {
        let next = shared.holder().next_kill();
        tokio::select! {
            () = until(shared, next) => {}
            () = shared.leases_changed.notified() => continue,
        }
        let commands = shared.holder().on_time(shared.now_ms());
        shared.obey(commands);
    }
}

/// Renews leases. Never returns.
pub(crate) async fn renew_loop(shared: &Shared) {
    let mut pause = Pause::new("leases cannot be renewed");
    // A request that takes longer than this makes room for the next try.
    let deadline = shared.settings.task_heartbeat_interval.max(Duration::from_secs(1));
    loop {
        let next = shared.holder().next_renewal();
        tokio::select! {
            () = until(shared, next) => {}
            () = shared.renewals_changed.notified() => continue,
        }
        let sent = shared.now_ms();
        let Some(renew) = shared.holder().renewal(shared.agent, sent) else { continue };
        let answer = shared.client.post_json("/ClusterManagement/renew", &renew, deadline).await;
        let renewed: Renewed = match answer {
            Ok(renewed) => renewed,
            Err(error) => {
                // The next renewal is due an interval after this one; no more pause than that.
                pause.note(&error);
                continue;
            }
        };
        pause.reset();
        let commands: Vec<_> = {
            let mut holder = shared.holder();
            let answers = renew.leases.iter().zip(renewed.leases);
            answers.filter_map(|(lease, state)| holder.on_renewed(lease, state, sent)).collect()
        };
        shared.obey(commands);
        shared.pass_on_leases(&renew.leases);
        // What was lost or renewed moves the kills, and may have freed an attempt to go.
        shared.leases_changed.notify_one();
        shared.to_upload.notify_one();
    }
}

async fn until(shared: &Shared, ms: Option<u64>) {
    match ms {
        Some(ms) => sleep_until(shared.instant(ms)).await,
        None => std::future::pending().await,
    }
}
