//! `packhorse explain`: why an execution is where it is.

use std::process::ExitCode;

use anyhow::Result;
use master::api::Explanation;

use crate::cli::ExplainArgs;
use crate::output;
use crate::session::{Session, warn_when_nothing_runs};

/// Asks a master, and shows a line a worker.
pub(crate) async fn run(session: &Session, args: &ExplainArgs, json: bool) -> Result<ExitCode> {
    let path = format!("/api/executions/{}/explain", args.id);
    let explanation: Explanation = session.get(&path).await?;
    if json {
        output::json(&explanation)?;
        return Ok(ExitCode::SUCCESS);
    }
    let Explanation { execution_id, status, sentence, workers, .. } = explanation;
    output::line(&format!("execution {execution_id} is {status}: {sentence}"))?;
    for worker in &workers {
        let id = worker.worker_agent_id;
        output::line(&format!("  {} ({id}) {}", worker.name, worker.reason))?;
    }
    if !status.is_final() {
        warn_when_nothing_runs(session);
    }
    Ok(ExitCode::SUCCESS)
}
