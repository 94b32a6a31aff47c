//! What changes along with a task: the execution's status, its attempts, who is woken.

use model::{MessageSourceType, MessageType, OperationStatus, OperationType, Timestamp};
use scaleout::message::Outcome;
use scaleout::{AttemptEnd, Effects, Lease, Phase, Task};

use super::messages::is_validation;
use crate::error::CatalogError;
use crate::store::{Topic, Tx, params};

/// Writes all of it.
pub(super) fn write(
    tx: &mut dyn Tx,
    task: &Task,
    effects: &Effects,
    now: Timestamp,
) -> Result<(), CatalogError> {
    if let Some(lease) = &effects.attempt_started {
        start_attempt(tx, task, lease, now)?;
    }
    if let Some((lease, end)) = &effects.attempt_ended {
        tx.execute(
            "UPDATE task_attempts SET end_time = ?3, outcome = ?4, detail = ?5
             WHERE TaskId = ?1 AND attempt = ?2",
            &params![task.id, lease.attempt, now, end.name(), end.to_string()],
        )?;
        end_attempt(tx, task, lease, end)?;
        let sql = "DELETE FROM execution_counters WHERE execution_id = ?1";
        tx.execute(sql, &params![task.execution])?;
    }
    if let Some(status) = effects.status {
        set_status(tx, task, status, now)?;
    }
    if effects.waits_again {
        tx.notify(Topic::Tasks);
    }
    Ok(())
}

fn start_attempt(
    tx: &mut dyn Tx,
    task: &Task,
    lease: &Lease,
    now: Timestamp,
) -> Result<(), CatalogError> {
    tx.execute(
        "INSERT INTO task_attempts (TaskId, attempt, execution_id, WorkerAgentId, start_time,
                                    last_sequence)
         VALUES (?1, ?2, ?3, ?4, ?5, 0)",
        &params![task.id, lease.attempt, task.execution, lease.agent, now],
    )?;
    tx.execute(
        "UPDATE executions SET worker_agent_id = ?2, executed_count = executed_count + 1
         WHERE execution_id = ?1",
        &params![task.execution, lease.agent],
    )?;
    Ok(())
}

/// A loss is told where users look first: among the execution's messages. It is an error when
/// the execution ends by it, and a warning when another attempt follows.
fn end_attempt(
    tx: &mut dyn Tx,
    task: &Task,
    lease: &Lease,
    end: &AttemptEnd,
) -> Result<(), CatalogError> {
    let message_type = match end {
        AttemptEnd::Reported(Outcome::EndedUnexpectedly { .. })
        | AttemptEnd::LeaseExpired
        | AttemptEnd::WorkerRestarted => match task.phase {
            Phase::Done(_) => MessageType::Error,
            Phase::Waiting { .. } | Phase::Running(_) => MessageType::Warning,
        },
        AttemptEnd::Reported(Outcome::HandedBack) | AttemptEnd::NeverStarted => {
            MessageType::Information
        }
        AttemptEnd::Reported(
            Outcome::Succeeded | Outcome::Completed | Outcome::Failed | Outcome::Canceled,
        ) => return Ok(()),
    };
    let message = format!("attempt {} at worker {} is over: {end}", lease.attempt, lease.agent);
    // As for all messages of an operation, so that their numbers become visible in order.
    let sql = "SELECT operation_id FROM operations WHERE operation_id = ?1 {{for_update}}";
    tx.query(sql, &params![task.execution])?;
    tx.execute(
        "INSERT INTO operation_messages (operation_id, message_time, message_type,
                                         message_source_type, message, attempt)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        &params![
            task.execution,
            tx.now(),
            message_type.number(),
            MessageSourceType::ExecutionProcess.number(),
            message,
            lease.attempt,
        ],
    )?;
    tx.notify(Topic::Messages);
    Ok(())
}

/// What was validated remembers when, and whether it was valid: S or F.
fn set_validated(
    tx: &mut dyn Tx,
    task: &Task,
    kind: Option<OperationType>,
    status: OperationStatus,
) -> Result<(), CatalogError> {
    let letter = match status {
        OperationStatus::Succeeded | OperationStatus::Completed => "S",
        OperationStatus::Failed => "F",
        // It was not looked at to the end.
        OperationStatus::Canceled
        | OperationStatus::EndedUnexpectedly
        | OperationStatus::Created
        | OperationStatus::Running
        | OperationStatus::Pending
        | OperationStatus::Stopping => return Ok(()),
    };
    let sql = if kind == Some(OperationType::ValidateProject) {
        "UPDATE projects SET validation_status = ?2, last_validation_time = ?3
         WHERE (project_id, object_version_lsn) IN
               (SELECT o.object_id, v.project_lsn FROM operations o
                JOIN validations v ON v.validation_id = o.operation_id
                WHERE o.operation_id = ?1)"
    } else if kind == Some(OperationType::ValidatePackage) {
        "UPDATE packages SET validation_status = ?2, last_validation_time = ?3
         WHERE (project_id, name) IN
               (SELECT o.object_id, o.object_name FROM operations o
                JOIN validations v ON v.validation_id = o.operation_id
                JOIN projects p ON p.project_id = o.object_id
                               AND p.object_version_lsn = v.project_lsn
                WHERE o.operation_id = ?1)"
    } else {
        return Ok(());
    };
    tx.execute(sql, &params![task.execution, letter, tx.now()])?;
    Ok(())
}

/// The packages of a validation follow it. Of one that failed, those fail that have errors.
fn set_packages_status(
    tx: &mut dyn Tx,
    task: &Task,
    (status, now, end_time): (OperationStatus, Timestamp, Option<Timestamp>),
) -> Result<(), CatalogError> {
    let sql = "UPDATE extended_operation_info SET status = ?2, end_time = ?3,
                   start_time = CASE WHEN status = ?4 THEN ?5 ELSE start_time END
               WHERE operation_id = ?1";
    let pending = OperationStatus::Pending;
    tx.execute(sql, &params![task.execution, status, end_time, pending, now])?;
    if status == OperationStatus::Failed {
        let sql = "UPDATE extended_operation_info SET status = ?2
                   WHERE operation_id = ?1 AND info_id NOT IN
                         (SELECT extended_info_id FROM operation_messages
                          WHERE operation_id = ?1 AND message_type = ?3
                                AND extended_info_id IS NOT NULL)";
        let error = MessageType::Error.number();
        tx.execute(sql, &params![task.execution, OperationStatus::Succeeded, error])?;
    }
    Ok(())
}

fn set_status(
    tx: &mut dyn Tx,
    task: &Task,
    status: OperationStatus,
    now: Timestamp,
) -> Result<(), CatalogError> {
    let end_time = status.is_final().then_some(now);
    let sql = "UPDATE operations
               SET status = ?2, start_time = coalesce(start_time, ?3), end_time = ?4
               WHERE operation_id = ?1
               RETURNING operation_type";
    let kind = tx.scalar(sql, &params![task.execution, status, now, end_time])?;
    if kind.is_some_and(is_validation) {
        set_packages_status(tx, task, (status, now, end_time))?;
    }
    if status.is_final() {
        set_validated(tx, task, kind, status)?;
        tx.execute(
            "UPDATE jobs SET completed_time = ?2
             WHERE JobId = (SELECT JobId FROM tasks WHERE TaskId = ?1)",
            &params![task.id, now],
        )?;
    }
    if status == OperationStatus::Stopping {
        tx.notify(Topic::Tasks);
    }
    tx.notify(Topic::Executions);
    Ok(())
}
