//! How workers go: drained first, or shut out at once.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use master::api::{Certificates, Done, WorkerRow, Workers};
use model::AgentId;
use tokio::time::{Instant, sleep};

use super::agent;
use crate::output;
use crate::session::Session;

/// How often to look at what a worker still runs.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// How long leases of a worker that is shut out can last: the longest lease that masters give.
const LEASES_END_WITHIN: Duration = Duration::from_millis(scaleout::policy::LEASE_MS_MAX + 60_000);

/// Disables a worker, and waits until it runs nothing.
pub(super) async fn drain(
    session: &Session,
    id: &str,
    deadline: Option<Duration>,
    json: bool,
) -> Result<ExitCode> {
    let agent = agent(id)?;
    let _: Done = session.post(&format!("/api/workers/{agent}/disable"), &Done::default()).await?;
    let running = until_idle(session, agent, deadline).await?;
    if json {
        output::json(&serde_json::json!({ "worker_agent_id": agent, "running": running }))?;
    } else if running == 0 {
        output::note(&format!("worker {agent} runs nothing and gets nothing more"));
    } else {
        output::note(&format!("worker {agent} is disabled and still runs {running} packages"));
    }
    Ok(if running == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Removes a worker.
pub(super) async fn remove(session: &Session, id: &str, now: bool, json: bool) -> Result<ExitCode> {
    let agent = agent(id)?;
    if now {
        let _: Done =
            session.post(&format!("/api/workers/{agent}/disable"), &Done::default()).await?;
        shut_out(session, agent).await?;
        if until_idle(session, agent, Some(LEASES_END_WITHIN)).await? != 0 {
            bail!("worker {agent} is shut out, and its leases have not ended yet: try again");
        }
    }
    let done: Done = session
        .delete(&format!("/api/workers/{agent}"))
        .await
        .with_context(|| format!("worker {agent} was not removed; see `workers drain`"))?;
    if json {
        output::json(&done)?;
    } else {
        output::note(&format!("worker {agent} is removed, and its certificates are not trusted"));
    }
    Ok(ExitCode::SUCCESS)
}

async fn shut_out(session: &Session, agent: AgentId) -> Result<()> {
    let list: Certificates = session.get("/api/certificates").await?;
    for certificate in list.certificates {
        if certificate.worker_agent_id == Some(agent) {
            let path = format!("/api/certificates/{}", certificate.thumbprint);
            let _: Done = session.delete(&path).await?;
        }
    }
    Ok(())
}

/// How many packages the worker runs when it runs none, or the deadline is over.
async fn until_idle(session: &Session, agent: AgentId, within: Option<Duration>) -> Result<u32> {
    let deadline = within.map(|within| Instant::now() + within);
    loop {
        let running = row(session, agent).await?.running;
        if running == 0 || deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            return Ok(running);
        }
        sleep(LOOK_EVERY).await;
    }
}

async fn row(session: &Session, agent: AgentId) -> Result<WorkerRow> {
    let list: Workers = session.get("/api/workers").await?;
    let row = list.workers.into_iter().find(|worker| worker.worker_agent_id == agent);
    row.with_context(|| format!("there is no worker {agent}"))
}
