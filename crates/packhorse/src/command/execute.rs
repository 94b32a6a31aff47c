//! `packhorse execute`: starts executions of a deployed package.

use std::process::ExitCode;

use anyhow::{Context, Result};
use master::api::{ExecutionsStarted, NewExecution};
use model::ExecutionId;

use crate::cli::ExecuteArgs;
use crate::session::{self, Session};
use crate::values::Typed;
use crate::{output, watch};

/// Starts them, and waits for their end when asked to.
pub(crate) async fn run(session: &Session, args: &ExecuteArgs, json: bool) -> Result<ExitCode> {
    let mut parts = args.package.splitn(3, '/');
    let mut part = || parts.next().filter(|part| !part.is_empty());
    let (Some(folder), Some(project), Some(package)) = (part(), part(), part()) else {
        anyhow::bail!("`{}` is not FOLDER/PROJECT/PACKAGE", args.package);
    };
    let mut execution = NewExecution {
        folder: folder.to_owned(),
        project: project.to_owned(),
        package: package.to_owned(),
        retry_count: args.retry_count,
        workers: args
            .workers
            .iter()
            .map(|id| id.parse().with_context(|| format!("`{id}` is not a WorkerAgentId")))
            .collect::<Result<_>>()?,
        ..NewExecution::default()
    };
    Typed::parse(&args.values)?.apply(&mut execution, None);
    let started = start(session, &execution, args.times).await?;
    if !args.wait {
        if json {
            output::json(&serde_json::json!({ "executions": started }))?;
        } else {
            started.iter().try_for_each(|id| output::line(&id.to_string()))?;
        }
        session::warn_when_nothing_runs(session);
        return Ok(ExitCode::SUCCESS);
    }
    let ended = watch::until_ended(session.client(), &started, json).await?;
    watch::summary(&ended, json)
}

/// Executions in one request: they start together or not at all.
const PER_REQUEST: u32 = 1_000;

async fn start(session: &Session, one: &NewExecution, times: u32) -> Result<Vec<ExecutionId>> {
    let mut started = Vec::new();
    let mut left = times;
    while 0 < left {
        let count = left.min(PER_REQUEST);
        let request: Vec<NewExecution> = (0..count)
            .map(|_| NewExecution {
                idempotency_key: Some(uuid::Uuid::new_v4().to_string()),
                ..one.clone()
            })
            .collect();
        let answer: ExecutionsStarted = session.post("/api/executions", &request).await?;
        started.extend(answer.executions);
        left -= count;
    }
    Ok(started)
}
