//! Sends messages and outcomes to the masters, many attempts per request, until they are in the
//! catalog.
//!
//! One round is under way at a time; what happens meanwhile goes with the next, so that requests
//! grow with the load instead of multiplying. The outcome of a short package carries all of its
//! messages.

use std::time::Duration;

use scaleout::message::{
    AppendMessages, AttemptOutcome, Committed, LeaseRef, MessageBatch, MessagesAppended,
    OutcomeState, Report, Reported, TaskProgress,
};
use tokio::time::{Instant, sleep_until};
use transport::ClientError;

use crate::attempt::RunningAttempt;
use crate::pause::Pause;
use crate::shared::Shared;

/// About how many bytes of messages one request carries: 1 MiB.
const REQUEST_BYTES_MAX: usize = 1 << 20;

/// How many bytes of one attempt's messages one request carries: 256 KiB, so that a talkative
/// package does not keep others waiting.
const BATCH_BYTES_MAX: usize = 256 << 10;

/// How many outcomes one request carries.
const OUTCOMES_MAX: usize = 500;

/// A running package's messages wait this long for company, unless they are many.
const COMPANY: Duration = Duration::from_millis(100);

/// So many bytes do not wait.
const MANY_BYTES: usize = 64 << 10;

/// How often people see progress.
const PROGRESS_EVERY: Duration = Duration::from_millis(500);

/// How long a request may take.
const DEADLINE: Duration = Duration::from_secs(30);

/// What one round sends.
#[derive(Default)]
struct Round {
    outcomes: Vec<AttemptOutcome>,
    batches: Vec<MessageBatch>,
    progress: Vec<TaskProgress>,
    bytes: usize,
    /// When something that waits for company is to be sent.
    due: Option<Instant>,
}

/// Sends whatever there is to send. Never returns.
pub(crate) async fn upload_loop(shared: &Shared) {
    let mut pause = Pause::new("messages cannot be sent");
    let mut appended = Instant::now();
    let mut shown = Instant::now();
    loop {
        let round = gather(shared, appended, &mut shown);
        if round.is_empty() {
            let due = round.due;
            tokio::select! {
                () = shared.to_upload.notified() => {}
                () = until(due) => {}
            }
            continue;
        }
        if !round.batches.is_empty() {
            appended = Instant::now();
        }
        match send(shared, round).await {
            Ok(()) => pause.reset(),
            Err(error) => pause.after(&error).await,
        }
        forget_finished(shared);
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}

impl Round {
    fn is_empty(&self) -> bool {
        self.outcomes.is_empty() && self.batches.is_empty() && self.progress.is_empty()
    }

    fn is_full(&self) -> bool {
        REQUEST_BYTES_MAX <= self.bytes || OUTCOMES_MAX <= self.outcomes.len()
    }

    fn due_by(&mut self, at: Instant) {
        self.due = Some(self.due.map_or(at, |due| due.min(at)));
    }
}

fn gather(shared: &Shared, appended: Instant, shown: &mut Instant) -> Round {
    let mut round = Round::default();
    let unreported: Vec<LeaseRef> = shared.holder().unreported().collect();
    for lease in &unreported {
        if round.is_full() {
            return round;
        }
        if let Some(attempt) = shared.attempt(lease) {
            add_outcome(&mut round, &attempt);
        }
    }
    let now = Instant::now();
    let show = *shown + PROGRESS_EVERY;
    for attempt in shared.attempts() {
        if round.is_full() {
            break;
        }
        if unreported.contains(&attempt.lease) {
            continue;
        }
        if shared.holder().unsent(&attempt.lease).is_some() {
            add_messages(&mut round, &attempt, appended + COMPANY, now);
        }
        add_progress(&mut round, &attempt, show, now);
    }
    if show <= now {
        *shown = now;
    }
    round
}

/// An outcome whose messages fit goes with them; otherwise the messages go first.
fn add_outcome(round: &mut Round, attempt: &RunningAttempt) {
    let spool = attempt.spool();
    let tail = spool.batch(BATCH_BYTES_MAX);
    let Some(outcome) = spool.outcome() else { return };
    round.bytes += spool.pending_bytes().min(BATCH_BYTES_MAX);
    let last = tail.as_ref().map(last_of);
    if last.is_none_or(|last| last == spool.said()) {
        round.outcomes.push(AttemptOutcome { tail, ..outcome.clone() });
    } else {
        round.batches.extend(tail);
    }
}

fn add_messages(round: &mut Round, attempt: &RunningAttempt, due: Instant, now: Instant) {
    let spool = attempt.spool();
    if now < due && spool.pending_bytes() < MANY_BYTES && spool.outcome().is_none() {
        round.due_by(due);
        return;
    }
    round.bytes += spool.pending_bytes().min(BATCH_BYTES_MAX);
    round.batches.extend(spool.batch(BATCH_BYTES_MAX));
}

fn add_progress(round: &mut Round, attempt: &RunningAttempt, show: Instant, now: Instant) {
    if now < show {
        round.due_by(show);
        return;
    }
    if let Some(progress) = attempt.take_progress() {
        round.progress.push(TaskProgress { execution: attempt.execution, progress });
    }
}

fn last_of(batch: &MessageBatch) -> u64 {
    batch.first_sequence + batch.records.len() as u64 - 1
}

async fn send(shared: &Shared, round: Round) -> Result<(), ClientError> {
    let Round { outcomes, batches, progress, .. } = round;
    let (reported, appended) =
        tokio::join!(report(shared, outcomes), append(shared, batches, progress));
    reported.and(appended)
}

async fn report(shared: &Shared, outcomes: Vec<AttemptOutcome>) -> Result<(), ClientError> {
    if outcomes.is_empty() {
        return Ok(());
    }
    let request = Report { agent: shared.agent, outcomes };
    let answer: Reported =
        shared.client.post_json("/ClusterManagement/report", &request, DEADLINE).await?;
    for (sent, state) in request.outcomes.iter().zip(answer.outcomes) {
        on_outcome(shared, sent, state);
    }
    Ok(())
}

fn on_outcome(shared: &Shared, sent: &AttemptOutcome, state: OutcomeState) {
    shared.holder().on_outcome(&sent.lease, state);
    let LeaseRef { task, attempt, .. } = sent.lease;
    let last_sequence = match state {
        OutcomeState::Recorded => return,
        OutcomeState::MessagesMissing { last_sequence } => last_sequence,
        OutcomeState::Stale => {
            tracing::info!(%task, %attempt, "an outcome came too late");
            match &sent.tail {
                Some(tail) => last_of(tail),
                None => return,
            }
        }
    };
    on_committed(shared, &Committed { task, attempt, last_sequence: Some(last_sequence) });
}

async fn append(
    shared: &Shared,
    batches: Vec<MessageBatch>,
    progress: Vec<TaskProgress>,
) -> Result<(), ClientError> {
    if batches.is_empty() && progress.is_empty() {
        return Ok(());
    }
    let request = AppendMessages { agent: shared.agent, batches, progress };
    let answer: MessagesAppended =
        shared.client.post_json("/ClusterManagement/messages", &request, DEADLINE).await?;
    for committed in &answer.committed {
        on_committed(shared, committed);
    }
    Ok(())
}

fn on_committed(shared: &Shared, committed: &Committed) {
    shared.holder().on_committed(committed);
    let Some(attempt) = shared.attempt_of(committed.task, committed.attempt) else { return };
    let mut spool = attempt.spool();
    match committed.last_sequence {
        Some(last) if last < spool.committed() => {
            tracing::error!(
                task = %committed.task,
                attempt = %committed.attempt,
                "the catalog lost messages that it had confirmed; they are sent again"
            );
            if let Err(error) = spool.rewind(last) {
                let error = &error as &dyn std::error::Error;
                tracing::error!(error, "messages cannot be read back");
            }
        }
        Some(last) => spool.commit(last),
        None => spool.commit(u64::MAX),
    }
}

/// Lets go of attempts of which all is in the catalog.
fn forget_finished(shared: &Shared) {
    let finished = shared.holder().forget_finished();
    for lease in finished {
        let Some(attempt) = shared.remove(&lease) else { continue };
        if let Err(error) = attempt.spool().remove() {
            tracing::warn!(%error, "a spool that is no longer needed stays");
        }
        if shared.settings.task_folder_retention.is_zero() && !shared.is_held(lease.task) {
            let folder = crate::task_log::task_folder(&shared.tasks_folder, lease.task);
            if let Err(error) = fs_err::remove_dir_all(folder) {
                tracing::warn!(%error, "a task's folder stays");
            }
        }
    }
    // Outcomes that waited may have held back new tasks.
    shared.slot_free.notify_one();
}
