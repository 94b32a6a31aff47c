//! Asks for tasks, and hears of stop requests: one claim at a time, held by the master until it
//! has something to say.

use std::time::{Duration, Instant};

use scaleout::message::{Claim, Claimed, LeaseRef};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};
use transport::ClientError;

use crate::attempt;
use crate::machine::{self, CpuMeter};
use crate::pause::Pause;
use crate::runner::Start;
use crate::shared::Shared;

/// How long a master may hold a claim.
const WAIT: Duration = Duration::from_secs(20);

/// The same while the machine is too busy for more packages: its load is looked at again soon.
const BUSY_WAIT: Duration = Duration::from_secs(1);

/// How long a claim may take on top of its wait.
const EXTRA: Duration = Duration::from_secs(10);

/// How long a full worker waits for a package to end before it asks for stop requests only.
/// Packages shorter than this cost one request, not two.
const FULL_PATIENCE: Duration = Duration::from_millis(50);

/// How long a disabled worker waits before it asks again.
const DISABLED_PAUSE: Duration = Duration::from_secs(1);

/// Claims until the worker drains. Granted attempts go to the runner.
pub(crate) async fn claim_loop(shared: &Shared, starts: &mpsc::Sender<Start>) {
    let mut draining = shared.draining.subscribe();
    tokio::select! {
        biased;
        // The channel cannot close: `shared` holds its sender.
        _ = draining.wait_for(|draining| *draining) => {}
        () = claim_forever(shared, starts) => {}
    }
    last_claim(shared).await;
}

async fn claim_forever(shared: &Shared, starts: &mpsc::Sender<Start>) {
    let mut cpu = CpuMeter::new();
    let mut pause = Pause::new("no tasks can be asked for");
    let mut registered = shared.registered.subscribe();
    loop {
        if registered.wait_for(|known| *known).await.is_err() {
            return;
        }
        // A worker that stays full for longer asks for stop requests.
        drop(timeout(FULL_PATIENCE, room_again(shared)).await);
        let has_room = has_room(shared, &mut cpu);
        match claim_once(shared, has_room, starts).await {
            Ok(true) => pause.reset(),
            Ok(false) => {
                pause.reset();
                sleep(DISABLED_PAUSE).await;
            }
            Err(error) => {
                on_refusal(shared, &error);
                pause.after(&error).await;
            }
        }
    }
}

/// Waits until another package may start.
async fn room_again(shared: &Shared) {
    while shared.holder().room() == 0 {
        shared.slot_free.notified().await;
    }
}

/// What must be free on the disk of the spools before packages are asked for. On a full disk each
/// of them would fail at once, and a worker that is so quick would fail them all.
const DISK_MIN_MB: f64 = 8.0;

/// Whether the machine can take more (`TaskRequestMaxCPU`, `TaskRequestMinMemory`).
fn has_room(shared: &Shared, cpu: &mut CpuMeter) -> bool {
    let settings = &shared.settings;
    let limited = settings.task_request_max_cpu < 100.0;
    let cpu_free = !limited || cpu.percent(Instant::now()) <= settings.task_request_max_cpu;
    let memory = machine::free_memory_mb();
    let disk = machine::free_disk_mb(&shared.spool_folder);
    cpu_free
        && memory.is_none_or(|mb| settings.task_request_min_memory_mb <= mb)
        && disk.is_none_or(|mb| DISK_MIN_MB <= mb)
}

/// One claim. Whether the worker is enabled.
async fn claim_once(
    shared: &Shared,
    has_room: bool,
    starts: &mpsc::Sender<Start>,
) -> Result<bool, ClientError> {
    let wait = if has_room { WAIT } else { BUSY_WAIT };
    let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
    let sent = shared.now_ms();
    let claim = shared.holder().claim(shared.agent, wait_ms, has_room);
    let is_full = claim.tasks_max == 0 && has_room;
    let asked = shared.client.post_json("/ClusterManagement/claim", &claim, wait + EXTRA);
    let claimed: Claimed = tokio::select! {
        // Nothing is granted to a claim for no tasks, so nothing is lost by giving it up.
        () = room_again(shared), if is_full => return Ok(true),
        claimed = asked => claimed?,
    };
    Ok(on_claimed(shared, &claim, sent, claimed, starts))
}

/// Starts what was granted, stops what must stop. Nothing is awaited here: a claim that is given
/// up has either not been answered or been answered in full.
fn on_claimed(
    shared: &Shared,
    claim: &Claim,
    sent: u64,
    claimed: Claimed,
    starts: &mpsc::Sender<Start>,
) -> bool {
    let granted: Vec<(LeaseRef, u64)> = claimed
        .tasks
        .iter()
        .map(|task| {
            (LeaseRef { task: task.task, attempt: task.attempt, fence: task.fence }, task.lease_ms)
        })
        .collect();
    let ready = {
        // One lock for both, so that no kill can come between the decision and the attempt.
        let mut holder = shared.holder();
        let now = shared.now_ms();
        let began = sent.saturating_add(claimed.held_ms).min(now);
        let started = holder.on_claimed(claim.number, &granted, began, now);
        let assigned = granted.iter().zip(claimed.tasks);
        let assigned = assigned.filter(|((lease, _), _)| started.contains(lease));
        assigned
            .map(|((lease, _), assignment)| Start {
                attempt: attempt::hold(shared, *lease, assignment.execution),
                assignment,
            })
            .collect::<Vec<_>>()
    };
    shared.wake_watchers();
    let stops: Vec<_> = {
        let mut holder = shared.holder();
        claimed.stop.iter().filter_map(|&task| holder.on_stop(task)).collect()
    };
    shared.obey(stops);
    for start in ready {
        // There is a place for as many as can be held.
        if let Err(error) = starts.try_send(start) {
            tracing::error!(%error, "an attempt cannot be started and is given back");
            attempt::give_back(shared, &error.into_inner().attempt);
        }
    }
    claimed.enabled
}

/// A master that does not know the worker any more says so.
fn on_refusal(shared: &Shared, error: &ClientError) {
    if let ClientError::Refused { error, .. } = error
        && error == "not_registered"
    {
        shared.registered.send_replace(false);
    }
}

/// Tells a master what the worker holds, once, without asking for more: a lease that an
/// unanswered claim won is given to another worker at once instead of when it ends.
async fn last_claim(shared: &Shared) {
    if !*shared.registered.borrow() {
        return;
    }
    let claim = shared.holder().claim(shared.agent, 0, false);
    let answer: Result<Claimed, ClientError> =
        shared.client.post_json("/ClusterManagement/claim", &claim, Duration::from_secs(2)).await;
    if let Err(error) = answer {
        tracing::debug!(error = &error as &dyn std::error::Error, "no last claim");
    }
}
