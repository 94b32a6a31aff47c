//! What masters and workers say to each other under `/ClusterManagement/`: JSON bodies.
//!
//! Every request carries the sender's protocol version in the header [`PROTOCOL_HEADER`]; fields
//! are only ever added, and unknown fields are ignored, so that versions live side by side.
//! Times are milliseconds of duration, never clock readings: the clocks of two machines differ.
//! Only [`Sender`] and [`Inspected`] tell a clock, for those who look whether clocks differ.
//!
//! | request | path | answers |
//! |---|---|---|
//! | [`Register`] | `POST /ClusterManagement/register` | [`Registered`] |
//! | [`AgentHeartbeat`] | `POST /ClusterManagement/heartbeat` | [`AgentHeartbeatReply`] |
//! | [`Claim`] | `POST /ClusterManagement/claim` (long poll) | [`Claimed`] |
//! | [`Renew`] | `POST /ClusterManagement/renew` | [`Renewed`] |
//! | [`AppendMessages`] | `POST /ClusterManagement/messages` | [`MessagesAppended`] |
//! | [`Report`] | `POST /ClusterManagement/report` | [`Reported`] |
//! | [`ChangeCertificates`] | `POST /ClusterManagement/certificates` | [`CertificatesChanged`] |
//! | none | `GET /ClusterManagement/projects/{hash}` | the `.ispac`'s bytes |
//! | none | `GET /ClusterManagement/inspect/{agent}` | [`Inspected`] |

mod assignment;
mod certificates;

pub use assignment::{
    Assignment, CustomizedLevel, PackageCheck, ParameterValue, PropertyOverride, Validation,
};
pub use certificates::{CertificatesChanged, ChangeCertificates, Masters};

use model::record::Record;
use model::{AgentId, Attempt, ExecutionId, Fence, TaskId};
use serde::{Deserialize, Serialize};

use crate::child::Progress;

/// The version that this build speaks.
pub const PROTOCOL_VERSION: u32 = 1;

/// The oldest version that this build understands.
pub const PROTOCOL_OLDEST: u32 = 1;

/// Header of requests and answers that carries the sender's protocol version.
pub const PROTOCOL_HEADER: &str = "packhorse-protocol";

/// Whether a master's answers are understood, given what [`PROTOCOL_HEADER`] says in them; else
/// what is wrong. One that is newer only says more.
pub fn understood(version: Option<&str>) -> Result<(), String> {
    let speaks = match version.map(str::parse::<u32>) {
        Some(Ok(version)) if PROTOCOL_OLDEST <= version => return Ok(()),
        Some(Ok(version)) => format!("speaks version {version} of the protocol"),
        Some(Err(_)) | None => "does not say which version of the protocol it speaks".to_owned(),
    };
    Err(format!(
        "PH0342: the master {speaks}, and this worker understands versions from {PROTOCOL_OLDEST} \
         on: upgrade the master first"
    ))
}

/// The body of every answer that is not a success.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// Stable name of the kind of error, for example `not_enabled`.
    pub error: String,
    /// What happened, where, and what to do next.
    pub message: String,
    /// The catalog's error number, where it has one (27100 ...).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<i32>,
}

/// A worker introduces itself: at its start, and again when a master does not know it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Register {
    /// The worker's lasting id.
    pub agent: AgentId,
    /// `DisplayName` of its settings.
    pub display_name: String,
    /// `Description` of its settings.
    pub description: String,
    /// Its host.
    pub machine_name: String,
    /// The account that its packages run under.
    pub user_account: String,
    /// The program's version, for people.
    pub version: String,
    /// The leases whose packages it still runs. Every other lease that the catalog has for this
    /// worker died with an earlier process of it, and ends now: a worker's packages die with it.
    /// Outcomes that still have to be reported are listed too.
    pub running: Vec<LeaseRef>,
    /// Number of this request, as in [`Claim::number`]: only leases of claims before it can be
    /// lost.
    #[serde(default)]
    pub number: u64,
    /// The worker's `LeaseInterval`; 0 for the default.
    #[serde(default)]
    pub lease_ms: u64,
    /// The process that speaks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<Sender>,
}

/// The process that speaks for a worker. Nothing is decided by it: it is there to find two
/// processes that pass for one worker, and clocks that differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sender {
    /// Another one for each start of the worker.
    pub instance: String,
    /// Where it runs, for people: its machine and folder.
    pub place: String,
    /// Its clock, in microseconds since 1970-01-01 UTC.
    pub clock_us: i64,
}

/// Answer to [`Register`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Registered {
    /// Whether tasks will be handed to it. A new worker is disabled.
    pub enabled: bool,
    /// How long a lease lasts.
    pub lease_ms: u64,
    /// Which masters to trust from now on.
    #[serde(default)]
    pub masters: Masters,
}

/// A worker says that it lives; also its answer to whether it is enabled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgentHeartbeat {
    /// Which worker.
    pub agent: AgentId,
    /// The process that speaks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<Sender>,
}

/// Answer to [`AgentHeartbeat`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgentHeartbeatReply {
    /// Whether the catalog knows the worker; if not, it must [`Register`] again.
    pub known: bool,
    /// Whether tasks will be handed to it.
    pub enabled: bool,
    /// Which masters to trust from now on.
    #[serde(default)]
    pub masters: Masters,
}

/// What a worker that looks for faults is told. Asking for it changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inspected {
    /// The master's program, for people.
    pub version: String,
    /// The master's clock, in microseconds since 1970-01-01 UTC.
    pub clock_us: i64,
    /// Whether the catalog knows the worker.
    pub known: bool,
    /// Whether tasks are handed to it.
    pub enabled: bool,
    /// Whether it gave a sign of life lately.
    pub online: bool,
    /// Where the processes run that pass for this worker, when there are two.
    #[serde(default)]
    pub doubled: Vec<String>,
    /// The projects that are deployed.
    #[serde(default)]
    pub projects: Vec<InspectedProject>,
}

/// A deployed project, whose needs a worker compares with what it has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InspectedProject {
    /// Catalog folder.
    pub folder: String,
    /// Project name.
    pub project: String,
    /// SHA-256 of the project's `.ispac`, lowercase hex.
    pub project_hash: String,
    /// Parameters of its connection managers (`CM.<connection>.<property>`) that have a value of
    /// the server's, which the project's own value gives way to.
    #[serde(default)]
    pub overridden: Vec<String>,
}

/// A worker asks for tasks, and whether to stop any that it runs. The master holds the request
/// until it has something to say or `wait_ms` is over. A worker asks also when it is full, with
/// `tasks_max` 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// Which worker.
    pub agent: AgentId,
    /// How many tasks it can take now.
    pub tasks_max: u32,
    /// How long the master may hold the request.
    pub wait_ms: u64,
    /// What the worker runs and has not been told to stop.
    pub running: Vec<LeaseRef>,
    /// Every other lease that the worker knows: told to stop, or ended and not reported yet.
    #[serde(default)]
    pub also_held: Vec<LeaseRef>,
    /// Rises with every request of the worker, also over its restarts. A lease that answers an
    /// earlier claim and is in neither list never arrived, and is taken back at no cost. 0: the
    /// worker does not count.
    #[serde(default)]
    pub number: u64,
    /// The lease that the worker asks for (`LeaseInterval`); 0 for the default.
    #[serde(default)]
    pub lease_ms: u64,
}

/// Answer to [`Claim`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Claimed {
    /// Whether the worker is enabled; a disabled one gets no tasks and need not ask again soon.
    pub enabled: bool,
    /// What to run.
    pub tasks: Vec<Assignment>,
    /// Of what the worker runs, what must be stopped (`stop_operation`).
    pub stop: Vec<TaskId>,
    /// How long the master had held the claim before it looked for these tasks, in milliseconds:
    /// their leases began that long after the claim was sent, or later. 0: it does not say.
    #[serde(default)]
    pub held_ms: u64,
}

/// A worker prolongs the leases of what it runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Renew {
    /// Which worker.
    pub agent: AgentId,
    /// The leases.
    pub leases: Vec<LeaseRef>,
    /// The lease that the worker asks for (`LeaseInterval`); 0 for the default.
    #[serde(default)]
    pub lease_ms: u64,
}

/// One attempt, as its worker names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseRef {
    /// The scale-out task.
    pub task: TaskId,
    /// The attempt.
    pub attempt: Attempt,
    /// The fence of its grant.
    pub fence: Fence,
}

/// Answer to [`Renew`]: one per lease, in the order asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Renewed {
    /// What became of each lease.
    pub leases: Vec<LeaseState>,
}

/// What a master says of one lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum LeaseState {
    /// Prolonged.
    Held {
        /// How long it lasts now, counted by the worker from before it sent the renewal.
        lease_ms: u64,
        /// Whether the package must be stopped (`stop_operation`).
        stop: bool,
    },
    /// The lease is gone: stop the package at once, report nothing but its messages.
    Lost,
}

/// Messages of running and ended packages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AppendMessages {
    /// Which worker.
    pub agent: AgentId,
    /// The messages, by attempt.
    pub batches: Vec<MessageBatch>,
    /// How far packages are; shown to people who watch, never stored.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub progress: Vec<TaskProgress>,
}

/// How far one package is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskProgress {
    /// The execution.
    pub execution: ExecutionId,
    /// How far.
    #[serde(flatten)]
    pub progress: Progress,
}

/// Messages of one attempt, numbered without gaps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MessageBatch {
    /// The scale-out task.
    pub task: TaskId,
    /// The attempt.
    pub attempt: Attempt,
    /// Number of the first message; the first of an attempt is 1.
    pub first_sequence: u64,
    /// The messages, in order.
    pub records: Vec<Record>,
}

/// Answer to [`AppendMessages`]: one per batch, in the order sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MessagesAppended {
    /// How far each attempt's messages are in the catalog now.
    pub committed: Vec<Committed>,
}

/// How far an attempt's messages are in the catalog.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Committed {
    /// The scale-out task.
    pub task: TaskId,
    /// The attempt.
    pub attempt: Attempt,
    /// Number of the last message in the catalog. A batch that starts behind it leaves a gap and
    /// is not taken: the worker sends again from the message after this one. `None`: the catalog
    /// has no such attempt any more, and the messages can be dropped.
    pub last_sequence: Option<u64>,
}

/// A worker says how attempts ended, with the last of their messages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Which worker.
    pub agent: AgentId,
    /// The attempts.
    pub outcomes: Vec<AttemptOutcome>,
}

/// How one attempt ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttemptOutcome {
    /// Which.
    #[serde(flatten)]
    pub lease: LeaseRef,
    /// How.
    pub outcome: Outcome,
    /// Rows that destinations wrote.
    pub rows_written: u64,
    /// The process that ran the package.
    pub process_id: Option<u32>,
    /// The machine at the start of the package, for `catalog.executions`.
    #[serde(default)]
    pub machine: Option<MachineFacts>,
    /// Number of the attempt's last message, 0 when it had none. The outcome is taken once all
    /// messages up to it are in the catalog.
    pub last_sequence: u64,
    /// Messages not sent yet, so that a short package needs one request.
    pub tail: Option<MessageBatch>,
}

/// What a worker saw of its machine when a package started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MachineFacts {
    /// Physical memory.
    pub total_physical_memory_kb: i64,
    /// Of it, available.
    pub available_physical_memory_kb: i64,
    /// Processors.
    pub cpu_count: i32,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// The package succeeded.
    Succeeded,
    /// The package ran to its end with the result Completion.
    Completed,
    /// The package failed.
    Failed,
    /// It was stopped on request.
    Canceled,
    /// Its process was lost, or could not be started.
    EndedUnexpectedly {
        /// What is known of it: signal, exit code, reason.
        detail: String,
    },
    /// The worker gives it back unstarted (it is shutting down); it costs no retry.
    HandedBack,
}

/// Answer to [`Report`]: one per outcome, in the order sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reported {
    /// What became of each.
    pub outcomes: Vec<OutcomeState>,
}

/// What a master says of one reported outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum OutcomeState {
    /// In the catalog, with all messages.
    Recorded,
    /// Messages are missing from the catalog: send from the one after `last_sequence`, then
    /// report again.
    MessagesMissing {
        /// Number of the last message in the catalog.
        last_sequence: u64,
    },
    /// The fence is out of date: somebody else answers for the task now. The messages up to
    /// the tail's last are in the catalog; the outcome is not, and need not be sent again.
    Stale,
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    #[test]
    fn a_master_is_understood_that_is_as_old_as_can_be_or_newer() {
        let oldest = PROTOCOL_OLDEST.to_string();
        for version in [oldest.as_str(), "9"] {
            assert_eq!(understood(Some(version)), Ok(()));
        }
        assert_snapshot!(understood(Some("0")).unwrap_err(), @"PH0342: the master speaks version 0 of the protocol, and this worker understands versions from 1 on: upgrade the master first");
        assert_snapshot!(understood(None).unwrap_err(), @"PH0342: the master does not say which version of the protocol it speaks, and this worker understands versions from 1 on: upgrade the master first");
    }
}
