//! Why an execution is where it is, from the same plan that hands tasks out.

use axum::Json;
use axum::extract::State;
use catalog::{reads, scale_out};
use model::{ExecutionId, OperationStatus};

use super::executions::no_execution;
use crate::api::{Explanation, WorkerReason};
use crate::error::ApiError;
use crate::server::{InPath, Person};
use crate::shared::Shared;

/// `GET /api/executions/{id}/explain`
pub(crate) async fn explain(
    State(shared): State<Shared>,
    Person(caller): Person,
    InPath(id): InPath<i64>,
) -> Result<Json<Explanation>, ApiError> {
    let id = ExecutionId(id);
    let asking = shared.claims.who_asks().await?;
    let sees_workers = caller.may_run_in_scale_out();
    let read = shared.catalog.read(move |tx| {
        let Some(execution) = reads::execution(tx, &caller, id)? else { return Ok(None) };
        let explained = match execution.task {
            Some(task) if !execution.status.is_final() => {
                Some(scale_out::explain_task(tx, task, &asking)?)
            }
            Some(_) | None => None,
        };
        Ok(Some((execution, explained)))
    });
    let Some((execution, explained)) = read.await? else { return Err(no_execution(id)) };
    let (sentence, workers) = match explained {
        Some(explained) => (explained.sentence, explained.workers),
        None => (without_task(execution.status, execution.worker_name.as_deref()), Vec::new()),
    };
    let reason = |(worker_agent_id, name, reason): (_, _, scaleout::Reason)| WorkerReason {
        worker_agent_id,
        name,
        reason: reason.to_string(),
    };
    Ok(Json(Explanation {
        execution_id: id,
        status: execution.status,
        task_id: execution.task,
        sentence,
        workers: workers.into_iter().filter(|_| sees_workers).map(reason).collect(),
    }))
}

fn without_task(status: OperationStatus, worker: Option<&str>) -> String {
    if status == OperationStatus::Created {
        return "it was created and not started: start it with catalog.start_execution".to_owned();
    }
    match worker {
        Some(worker) => format!("it is over ({status}); its last attempt was at {worker}"),
        None => format!("it is over ({status}); no worker ran it"),
    }
}
