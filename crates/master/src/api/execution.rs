//! Executions: starting, listing, watching, stopping.

use model::{
    AgentId, Attempt, ExecutionId, ObjectType, OperationId, OperationStatus, TaskId, Timestamp,
};
use scaleout::child::Progress;
use serde::{Deserialize, Serialize};

/// One execution to create and start in Scale Out. `POST /api/executions` takes a list; either
/// all start or none does.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NewExecution {
    /// Catalog folder.
    pub folder: String,
    /// Project name.
    pub project: String,
    /// File name of the package.
    pub package: String,
    /// Environment reference to use.
    #[serde(default)]
    pub reference_id: Option<i64>,
    /// Values of parameters.
    #[serde(default)]
    pub parameters: Vec<NewParameter>,
    /// Properties to set.
    #[serde(default)]
    pub property_overrides: Vec<NewPropertyOverride>,
    /// `LOGGING_LEVEL`; the catalog's default if not given.
    #[serde(default)]
    pub logging_level: Option<i32>,
    /// Whether any worker may run it. Not given: any may unless `workers` names some.
    #[serde(default)]
    pub use_any_worker: Option<bool>,
    /// The workers that may run it.
    #[serde(default)]
    pub workers: Vec<AgentId>,
    /// How often to run it again after a failure.
    #[serde(default)]
    pub retry_count: u32,
    /// A text chosen by the caller. The same text again starts nothing and gives the same id,
    /// so that a request whose answer was lost can be repeated.
    #[serde(default)]
    pub idempotency_key: Option<String>,
}

/// A parameter's value for a new execution.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct NewParameter {
    /// 20 project, 30 package, 50 system. Not given: whichever has a parameter of that name,
    /// the package first.
    #[serde(default)]
    pub object_type: Option<ObjectType>,
    /// The parameter's name.
    pub name: String,
    /// The value as text in the invariant culture; `null` is NULL.
    pub value: Option<String>,
}

/// The value may be a secret: only the catalog knows which parameters are sensitive.
impl std::fmt::Debug for NewParameter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewParameter").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A property to set for a new execution (`set_execution_property_override_value`).
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct NewPropertyOverride {
    /// Path of the property: `\Package\Task.Properties[Name]`.
    pub path: String,
    /// The value as text.
    pub value: String,
    /// Whether the value must not be shown.
    #[serde(default)]
    pub sensitive: bool,
}

impl std::fmt::Debug for NewPropertyOverride {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewPropertyOverride").field("path", &self.path).finish_non_exhaustive()
    }
}

/// Answer to `POST /api/executions`: one id each, in the order asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExecutionsStarted {
    /// The new executions.
    pub executions: Vec<ExecutionId>,
}

/// Query of `GET /api/executions`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ExecutionsQuery {
    /// Only those in this status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<i32>,
    /// At most so many (default 100, at most 1000).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Only executions with smaller ids: the next page, when given the last id of this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<i64>,
}

/// Answer to `GET /api/executions`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Executions {
    /// The newest first.
    pub executions: Vec<ExecutionRow>,
}

/// A row of `catalog.executions`, with what Scale Out knows of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExecutionRow {
    /// `execution_id`.
    pub execution_id: ExecutionId,
    /// Catalog folder.
    pub folder: String,
    /// Project name.
    pub project: String,
    /// File name of the package.
    pub package: String,
    /// Where it is in its life.
    pub status: OperationStatus,
    /// When it was created.
    pub created_time: Timestamp,
    /// When a worker first started it.
    pub start_time: Option<Timestamp>,
    /// When it ended.
    pub end_time: Option<Timestamp>,
    /// Who created it.
    pub caller_name: String,
    /// Who asked for it to be stopped.
    #[serde(default)]
    pub stopped_by_name: Option<String>,
    /// The `TaskId` that log folders are named after.
    pub task_id: Option<TaskId>,
    /// The worker of the last attempt.
    pub worker: Option<AgentId>,
    /// Its name.
    pub worker_name: Option<String>,
    /// How many attempts were made.
    pub attempts: u32,
    /// How many retries it was started with.
    #[serde(default)]
    pub retry_count: u32,
    /// Rows that destinations wrote, in the last attempt.
    pub rows_written: i64,
    /// The first error message, of an execution that failed.
    pub first_error: Option<String>,
    /// How far it is, while it runs, if its worker said so lately.
    #[serde(default)]
    pub progress: Option<Progress>,
}

/// Query of `GET /api/executions/{id}`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ExecutionQuery {
    /// Wait so long, in milliseconds, for a status other than `known_status`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_ms: Option<u64>,
    /// The status that the caller knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known_status: Option<i32>,
}

/// Answer to `GET /api/executions/{id}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExecutionDetail {
    /// The execution.
    pub execution: ExecutionRow,
    /// Its attempts, the first one first.
    pub attempts: Vec<AttemptRow>,
}

/// One attempt to run an execution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttemptRow {
    /// From 1.
    pub attempt: Attempt,
    /// The worker that it was handed to.
    pub worker: AgentId,
    /// Its name.
    #[serde(default)]
    pub worker_name: Option<String>,
    /// When.
    pub start_time: Timestamp,
    /// When it ended.
    pub end_time: Option<Timestamp>,
    /// How it ended: `succeeded`, `failed`, `lease_expired`, ...
    pub outcome: Option<String>,
    /// The same for people.
    pub detail: Option<String>,
    /// Rows that destinations wrote.
    #[serde(default)]
    pub rows_written: Option<i64>,
}

/// Body of `POST /api/executions/watch`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Watch {
    /// What the caller knows. Executions that have ended need not be asked for again.
    pub known: Vec<Known>,
    /// How long to wait, in milliseconds, until one of them differs.
    pub wait_ms: u64,
}

/// An execution and the status in which the caller knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// Which.
    pub execution_id: ExecutionId,
    /// In which status; `null` if not known yet.
    #[serde(default)]
    pub status: Option<OperationStatus>,
}

/// Answer to `POST /api/executions/watch`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Watched {
    /// Those whose status differs.
    pub changed: Vec<ExecutionRow>,
    /// How far those are that run.
    pub progress: Vec<scaleout::message::TaskProgress>,
}

/// Answer to `POST /api/operations/{id}/stop`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stopped {
    /// The operation that was asked to stop.
    pub operation_id: OperationId,
}
