//! `packhorse executions`: lists executions, or shows one with its attempts.

use std::process::ExitCode;

use anyhow::Result;
use master::api::{ExecutionDetail, ExecutionRow, Executions};
use model::Timestamp;

use crate::cli::ExecutionsArgs;
use crate::output;
use crate::output::table::{Align, Table};
use crate::session::Session;

/// Lists or shows.
pub(crate) async fn run(session: &Session, args: &ExecutionsArgs, json: bool) -> Result<ExitCode> {
    if let Some(id) = args.id {
        let detail: ExecutionDetail = session.get(&format!("/api/executions/{id}")).await?;
        return show(&detail, json);
    }
    let before = args.before.map(|id| format!("&after={id}")).unwrap_or_default();
    let path = format!("/api/executions?limit={}{before}", args.limit);
    let list: Executions = session.get(&path).await?;
    if json {
        output::json(&list)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new(&[
        ("ID", Align::Right),
        ("PACKAGE", Align::Left),
        ("STATUS", Align::Left),
        ("CREATED (UTC)", Align::Left),
        ("DURATION", Align::Right),
        ("ROWS", Align::Right),
        ("TRIES", Align::Right),
        ("WORKER", Align::Left),
    ]);
    for row in &list.executions {
        table.row([
            row.execution_id.to_string(),
            format!("{}/{}/{}", row.folder, row.project, row.package),
            row.status.to_string(),
            clock(row.created_time),
            duration(row),
            output::count(row.rows_written.max(0).cast_unsigned()),
            row.attempts.to_string(),
            row.worker_name.clone().unwrap_or_default(),
        ]);
    }
    output::line(&table.render())?;
    Ok(ExitCode::SUCCESS)
}

fn show(detail: &ExecutionDetail, json: bool) -> Result<ExitCode> {
    if json {
        output::json(detail)?;
        return Ok(ExitCode::SUCCESS);
    }
    let row = &detail.execution;
    let task = row.task_id.map(|id| id.to_string()).unwrap_or_default();
    let lines = [
        ("execution", row.execution_id.to_string()),
        ("package", format!("{}/{}/{}", row.folder, row.project, row.package)),
        ("status", format!("{} ({})", row.status, row.status.number())),
        ("created", format!("{} by {}", clock(row.created_time), row.caller_name)),
        ("started", row.start_time.map(clock).unwrap_or_default()),
        ("ended", row.end_time.map(clock).unwrap_or_default()),
        ("duration", duration(row)),
        ("rows written", output::count(row.rows_written.max(0).cast_unsigned())),
        ("TaskId", task),
        ("first error", row.first_error.clone().unwrap_or_default()),
    ];
    for (name, value) in lines.iter().filter(|(_, value)| !value.is_empty()) {
        output::line(&format!("{name:<13}{value}"))?;
    }
    for attempt in &detail.attempts {
        let end = attempt.end_time.map(clock).unwrap_or_else(|| "still running".to_owned());
        let how = attempt.outcome.clone().unwrap_or_default();
        let why = attempt.detail.as_ref().map(|why| format!(" ({why})")).unwrap_or_default();
        output::line(&format!(
            "attempt {}    worker {} from {} to {end} {how}{why}",
            attempt.attempt,
            attempt.worker,
            clock(attempt.start_time)
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn clock(time: Timestamp) -> String {
    time.to_chrono().map_or_else(String::new, |time| time.format("%Y-%m-%d %H:%M:%S").to_string())
}

fn duration(row: &ExecutionRow) -> String {
    match (row.start_time, row.end_time) {
        (Some(start), Some(end)) => output::duration(end.ms_since(start)),
        _ => String::new(),
    }
}
