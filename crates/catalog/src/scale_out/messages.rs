//! What running packages say, into the tables of its kind: each message once, in order.

use model::record::{
    ComponentPhase, DataStatistics, EventMessage, Executable, ExecutableStatistics, MessageContext,
    PerformanceCounters, Record,
};
use model::{AgentId, ExecutionId, OperationType};
use scaleout::message::{Committed, MessageBatch};

use crate::error::CatalogError;
use crate::store::{Param, Topic, Tx, params};

/// Executables of attempt a are numbered from (a - 1) times this.
const EXECUTABLES_PER_ATTEMPT: i64 = 1 << 32;

/// Appends what is new of a batch, and says how far the attempt's messages are in the catalog.
///
/// A batch that was stored before changes nothing. One that starts behind a gap is not taken.
/// `last_sequence` is `None` when the worker has no such attempt.
pub fn append_messages(
    tx: &mut dyn Tx,
    agent: AgentId,
    batch: &MessageBatch,
) -> Result<Committed, CatalogError> {
    let answer =
        |last_sequence| Committed { task: batch.task, attempt: batch.attempt, last_sequence };
    // The operation is held too: numbers of its messages become visible in their order, so that
    // a reader who has seen one misses none before it.
    let sql = "SELECT a.execution_id, a.last_sequence, o.operation_type
               FROM task_attempts a JOIN operations o ON o.operation_id = a.execution_id
               WHERE a.TaskId = ?1 AND a.attempt = ?2 AND a.WorkerAgentId = ?3 {{for_update}}";
    let Some(row) = tx.query_opt(sql, &params![batch.task, batch.attempt, agent])? else {
        return Ok(answer(None));
    };
    let (execution, last): (ExecutionId, u64) = (row.get(0)?, row.get(1)?);
    let next = last.saturating_add(1);
    if next < batch.first_sequence {
        return Ok(answer(Some(last)));
    }
    let known = usize::try_from(next - batch.first_sequence.max(1)).unwrap_or(usize::MAX);
    let new = batch.records.get(known..).unwrap_or_default();
    if new.is_empty() {
        return Ok(answer(Some(last)));
    }
    write(tx, execution, batch.attempt.0, new)?;
    if is_validation(row.get(2)?) {
        refer_to_packages(tx, execution)?;
    }
    let last = last.saturating_add(new.len() as u64);
    let sql = "UPDATE task_attempts SET last_sequence = ?3 WHERE TaskId = ?1 AND attempt = ?2";
    tx.execute(sql, &params![batch.task, batch.attempt, last])?;
    tx.notify(Topic::Messages);
    Ok(answer(Some(last)))
}

/// Whether an operation validates packages.
pub(super) fn is_validation(kind: OperationType) -> bool {
    matches!(kind, OperationType::ValidateProject | OperationType::ValidatePackage)
}

/// Messages of a validation say which of its packages they are about.
fn refer_to_packages(tx: &mut dyn Tx, validation: ExecutionId) -> Result<(), CatalogError> {
    let sql = "UPDATE operation_messages SET extended_info_id =
                   (SELECT min(i.info_id) FROM extended_operation_info i
                    WHERE i.operation_id = ?1 AND i.object_name = operation_messages.package_name)
               WHERE operation_id = ?1 AND extended_info_id IS NULL AND package_name IS NOT NULL";
    tx.execute(sql, &params![validation])?;
    Ok(())
}

/// Rows for one table, on their way.
#[derive(Default)]
struct Rows<'a> {
    messages: Vec<Vec<Param<'a>>>,
    executables: Vec<Vec<Param<'a>>>,
    statistics: Vec<Vec<Param<'a>>>,
    phases: Vec<Vec<Param<'a>>>,
    data: Vec<Vec<Param<'a>>>,
}

fn write(
    tx: &mut dyn Tx,
    execution: ExecutionId,
    attempt: u32,
    records: &[Record],
) -> Result<(), CatalogError> {
    let first_executable = i64::from(attempt.saturating_sub(1)) * EXECUTABLES_PER_ATTEMPT;
    let mut rows = Rows::default();
    let mut counters = None;
    for record in records {
        match record {
            Record::EventMessage(message) if message.context.is_empty() => {
                rows.messages.push(message_row(execution, attempt, message));
            }
            Record::EventMessage(message) => {
                // Its id is needed, and ids follow the order of the messages.
                insert_messages(tx, &mut rows.messages)?;
                insert_with_context(
                    tx,
                    message_row(execution, attempt, message),
                    &message.context,
                )?;
            }
            Record::Executable(executable) => {
                rows.executables.push(executable_row(execution, first_executable, executable));
            }
            Record::ExecutableStatistics(statistics) => {
                rows.statistics.push(statistics_row(execution, first_executable, statistics));
            }
            Record::ComponentPhase(phase) => rows.phases.push(phase_row(execution, phase)),
            Record::DataStatistics(data) => rows.data.push(data_row(execution, data)),
            // Each has all that those before it said.
            Record::PerformanceCounters(latest) => counters = Some(latest),
        }
    }
    insert_messages(tx, &mut rows.messages)?;
    insert_others(tx, &rows)?;
    counters.map_or(Ok(()), |counters| set_counters(tx, execution, counters))
}

fn set_counters(
    tx: &mut dyn Tx,
    execution: ExecutionId,
    counters: &PerformanceCounters,
) -> Result<(), CatalogError> {
    let counters = counters.by_name();
    let rows: Vec<_> =
        counters.iter().map(|(name, value)| params![execution, *name, *value].to_vec()).collect();
    tx.execute_many(
        "INSERT INTO execution_counters (execution_id, counter_name, counter_value)
         VALUES (?1, ?2, ?3)
         ON CONFLICT (execution_id, counter_name)
         DO UPDATE SET counter_value = excluded.counter_value",
        &rows,
    )
}

const MESSAGE_COLUMNS: &str =
    "operation_id, message_time, message_type, message_source_type, message, attempt,
     package_name, event_name, message_source_name, message_source_id, subcomponent_name,
     package_path, execution_path, thread_id, message_code";

fn insert_messages(tx: &mut dyn Tx, rows: &mut Vec<Vec<Param<'_>>>) -> Result<(), CatalogError> {
    if rows.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "INSERT INTO operation_messages ({MESSAGE_COLUMNS})
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)"
    );
    tx.execute_many(&sql, rows)?;
    rows.clear();
    Ok(())
}

fn insert_with_context(
    tx: &mut dyn Tx,
    message: Vec<Param<'_>>,
    context: &[MessageContext],
) -> Result<(), CatalogError> {
    let table = ("operation_messages", "operation_message_id");
    let id = tx.insert(table, MESSAGE_COLUMNS, &message)?;
    let rows: Vec<_> = context.iter().map(|context| context_row(id, context)).collect();
    tx.execute_many(
        "INSERT INTO event_message_context (event_message_id, context_depth, package_path,
             context_type, context_source_name, context_source_id, property_name, property_value)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        &rows,
    )
}

/// The same executable may be told again, after a validation and before the run.
fn insert_others(tx: &mut dyn Tx, rows: &Rows<'_>) -> Result<(), CatalogError> {
    let tables = [
        (
            "INSERT INTO executables (execution_id, executable_id, executable_name,
                 executable_guid, package_name, package_path)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (execution_id, executable_id) DO NOTHING",
            &rows.executables,
        ),
        (
            "INSERT INTO executable_statistics (execution_id, executable_id, execution_path,
                 start_time, end_time, execution_duration, execution_result, execution_value)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            &rows.statistics,
        ),
        (
            "INSERT INTO execution_component_phases (execution_id, package_name, task_name,
                 subcomponent_name, phase, start_time, end_time, execution_path)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            &rows.phases,
        ),
        (
            "INSERT INTO execution_data_statistics (execution_id, package_name, task_name,
                 dataflow_path_id_string, dataflow_path_name, source_component_name,
                 destination_component_name, rows_sent, created_time, execution_path)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            &rows.data,
        ),
    ];
    for (sql, rows) in tables {
        if !rows.is_empty() {
            tx.execute_many(sql, rows)?;
        }
    }
    Ok(())
}

fn message_row(execution: ExecutionId, attempt: u32, message: &EventMessage) -> Vec<Param<'_>> {
    params![
        execution,
        message.time,
        message.message_type.number(),
        message.source_type.number(),
        &message.message,
        attempt,
        &message.package_name,
        &message.event_name,
        &message.source_name,
        &message.source_id,
        &message.subcomponent_name,
        &message.package_path,
        &message.execution_path,
        message.thread_id,
        message.message_code,
    ]
    .to_vec()
}

fn context_row(message: i64, context: &MessageContext) -> Vec<Param<'_>> {
    params![
        message,
        context.depth,
        &context.package_path,
        context.context_type,
        &context.source_name,
        &context.source_id,
        &context.property_name,
        &context.property_value,
    ]
    .to_vec()
}

fn executable_row(execution: ExecutionId, first: i64, executable: &Executable) -> Vec<Param<'_>> {
    params![
        execution,
        first.saturating_add(executable.executable_id),
        &executable.name,
        &executable.guid,
        &executable.package_name,
        &executable.package_path,
    ]
    .to_vec()
}

fn statistics_row(
    execution: ExecutionId,
    first: i64,
    statistics: &ExecutableStatistics,
) -> Vec<Param<'_>> {
    params![
        execution,
        first.saturating_add(statistics.executable_id),
        &statistics.execution_path,
        statistics.start_time,
        statistics.end_time,
        statistics.duration_ms,
        statistics.result.number(),
        statistics.value.as_deref(),
    ]
    .to_vec()
}

fn phase_row(execution: ExecutionId, phase: &ComponentPhase) -> Vec<Param<'_>> {
    params![
        execution,
        &phase.package_name,
        &phase.task_name,
        &phase.subcomponent_name,
        &phase.phase,
        phase.start_time,
        phase.end_time,
        &phase.execution_path,
    ]
    .to_vec()
}

fn data_row(execution: ExecutionId, data: &DataStatistics) -> Vec<Param<'_>> {
    params![
        execution,
        &data.package_name,
        &data.task_name,
        &data.path_id,
        &data.path_name,
        &data.source_component,
        &data.destination_component,
        data.rows_sent,
        data.time,
        &data.execution_path,
    ]
    .to_vec()
}
