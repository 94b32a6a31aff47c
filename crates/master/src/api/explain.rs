//! Why an execution is where it is.

use model::{AgentId, ExecutionId, OperationStatus, TaskId};
use serde::{Deserialize, Serialize};

/// Answer to `GET /api/executions/{id}/explain`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// Which execution.
    pub execution_id: ExecutionId,
    /// Its status.
    pub status: OperationStatus,
    /// Its task; `None` before it was started, and once its job was cleaned up.
    pub task_id: Option<TaskId>,
    /// All of it in one sentence, as `catalog.operation_messages` has it when nobody can run it.
    pub sentence: String,
    /// Each worker with its reason; empty unless the execution waits or runs.
    pub workers: Vec<WorkerReason>,
}

/// Why one worker does not run an execution, or that it does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkerReason {
    /// `WorkerAgentId`.
    pub worker_agent_id: AgentId,
    /// Its name, and its machine where that differs.
    pub name: String,
    /// Why, with the worker as the sentence's subject: `is disabled`.
    pub reason: String,
}
