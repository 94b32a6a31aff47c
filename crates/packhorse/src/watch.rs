//! Watches executions until they have ended, and sums them up.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use master::api::{ExecutionRow, Known, Watch, Watched};
use model::{ExecutionId, OperationStatus, Timestamp};
use serde::Serialize;
use transport::Client;

use crate::output;
use crate::output::progress::{Line, Progress};
use crate::output::table::{Align, Table};
use crate::session::patiently;

/// How long a master holds a request for news. Progress is redrawn at least this often.
const WAIT: Duration = Duration::from_millis(500);

/// How long the answer may take beyond that; a master may be starting again.
const DEADLINE: Duration = Duration::from_secs(60);

/// With more executions than this, news is fetched in heaps: something changes all the time, and
/// nobody reads that fast.
const WATCHED_CLOSELY: usize = 16;

/// The pause between two heaps.
const PAUSE: Duration = Duration::from_millis(200);

/// Executions in one request.
const WATCHED_MAX: usize = 1_000;

/// Waits until all have ended, showing progress on standard error.
pub(crate) async fn until_ended(
    client: &Client,
    ids: &[ExecutionId],
    quiet: bool,
) -> Result<Vec<ExecutionRow>> {
    let mut known: BTreeMap<ExecutionId, Option<ExecutionRow>> =
        ids.iter().map(|&id| (id, None)).collect();
    let mut progress = Progress::new(quiet);
    while known.values().any(|row| !row.as_ref().is_some_and(has_ended)) {
        let watched = ask(client, &known).await?;
        for row in watched.changed {
            known.insert(row.execution_id, Some(row));
        }
        for one in watched.progress {
            if let Some(Some(row)) = known.get_mut(&one.execution) {
                row.progress = Some(one.progress);
            }
        }
        let lines: Vec<Line> = known.values().flatten().map(line).collect();
        progress.show(&lines);
        if WATCHED_CLOSELY < known.len() {
            tokio::time::sleep(PAUSE).await;
        }
    }
    progress.finish();
    Ok(ids.iter().filter_map(|id| known.get(id).cloned().flatten()).collect())
}

fn has_ended(row: &ExecutionRow) -> bool {
    row.status.is_final()
}

async fn ask(
    client: &Client,
    known: &BTreeMap<ExecutionId, Option<ExecutionRow>>,
) -> Result<Watched> {
    let waited_for = known
        .iter()
        .filter(|(_, row)| !row.as_ref().is_some_and(has_ended))
        .take(WATCHED_MAX)
        .map(|(&execution_id, row)| Known {
            execution_id,
            status: row.as_ref().map(|row| row.status),
        })
        .collect();
    let wait_ms = u64::try_from(WAIT.as_millis()).unwrap_or(u64::MAX);
    let request = Watch { known: waited_for, wait_ms };
    let path = "/api/executions/watch";
    let asked = patiently(async || client.post_json(path, &request, WAIT + DEADLINE).await);
    asked.await.context("lost sight of the executions")
}

fn line(row: &ExecutionRow) -> Line {
    let progress = row.progress.clone().unwrap_or_default();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros();
    let now = Timestamp(i64::try_from(now).unwrap_or(i64::MAX));
    let end = row.end_time.unwrap_or(now);
    Line {
        package: row.package.clone(),
        execution: row.execution_id.0,
        status: row.status.to_string(),
        ended: row.status.is_final(),
        worker: row.worker_name.clone().unwrap_or_default(),
        executable: progress.executable,
        rows_read: progress.rows_read,
        elapsed_ms: row.start_time.map_or(0, |start| end.ms_since(start)),
    }
}

/// One execution in the JSON summary.
#[derive(Debug, Serialize)]
struct Summary<'a> {
    package: &'a str,
    execution_id: i64,
    worker: Option<&'a str>,
    duration_ms: i64,
    rows: i64,
    attempts: u32,
    status: &'static str,
    first_error: Option<&'a str>,
}

/// Prints the summary; success only if all succeeded.
pub(crate) fn summary(rows: &[ExecutionRow], json: bool) -> Result<ExitCode> {
    let succeeded = rows.iter().all(|row| row.status == OperationStatus::Succeeded);
    if json {
        let executions: Vec<Summary<'_>> = rows.iter().map(summarise).collect();
        output::json(&serde_json::json!({ "succeeded": succeeded, "executions": executions }))?;
    } else {
        output::line(&table(rows))?;
        for row in rows {
            let Some(error) = &row.first_error else { continue };
            output::line(&format!("\n{}: {}", row.package, error.trim_end()))?;
            let id = row.execution_id;
            output::line(&format!("  all it said: packhorse messages {id}"))?;
        }
    }
    Ok(if succeeded { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn summarise(row: &ExecutionRow) -> Summary<'_> {
    Summary {
        package: &row.package,
        execution_id: row.execution_id.0,
        worker: row.worker_name.as_deref(),
        duration_ms: elapsed_ms(row),
        rows: row.rows_written,
        attempts: row.attempts,
        status: row.status.name(),
        first_error: row.first_error.as_deref(),
    }
}

fn elapsed_ms(row: &ExecutionRow) -> i64 {
    match (row.start_time, row.end_time) {
        (Some(start), Some(end)) => end.ms_since(start),
        _ => 0,
    }
}

/// Summaries of more executions than this are counts, not lists.
const LISTED_MAX: usize = 200;

fn table(rows: &[ExecutionRow]) -> String {
    if LISTED_MAX < rows.len() {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for row in rows {
            *counts.entry(row.status.name()).or_default() += 1;
        }
        let counts: Vec<String> =
            counts.iter().map(|(status, count)| format!("{count} {status}")).collect();
        return format!("{} executions: {}", rows.len(), counts.join(", "));
    }
    let mut table = Table::new(&[
        ("PACKAGE", Align::Left),
        ("EXECUTION", Align::Right),
        ("WORKER", Align::Left),
        ("DURATION", Align::Right),
        ("ROWS", Align::Right),
        ("STATUS", Align::Left),
    ]);
    for row in rows {
        let tries = match row.attempts {
            0 | 1 => String::new(),
            tries => format!(" after {tries} tries"),
        };
        table.row([
            row.package.clone(),
            row.execution_id.to_string(),
            row.worker_name.clone().unwrap_or_default(),
            output::duration(elapsed_ms(row)),
            output::count(row.rows_written.max(0).cast_unsigned()),
            format!("{}{tries}", row.status),
        ]);
    }
    table.render()
}
