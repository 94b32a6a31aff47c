//! `packhorse workers`: lists workers, lets more join, enables, drains and removes them.

mod admission;
mod leaving;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use master::api::{ChangeWorker, Done, Workers};
use model::AgentId;

use crate::cli::{WorkersAction, WorkersArgs};
use crate::output;
use crate::output::table::{Align, Table};
use crate::session::Session;

/// Lists or changes.
pub(crate) async fn run(session: &Session, args: &WorkersArgs, json: bool) -> Result<ExitCode> {
    match &args.action {
        None => list(session, json).await,
        Some(WorkersAction::Add { id, endpoint }) => {
            admission::add(session, id.as_deref(), endpoint.as_deref(), json).await
        }
        Some(WorkersAction::Waiting) => admission::waiting(session, json).await,
        Some(WorkersAction::Approve { id, thumbprint }) => {
            admission::approve(session, id, thumbprint.as_deref(), json).await
        }
        Some(WorkersAction::Enable { id }) => change(session, id, "enable", json).await,
        Some(WorkersAction::Disable { id }) => change(session, id, "disable", json).await,
        Some(WorkersAction::Drain { id, deadline }) => {
            leaving::drain(session, id, deadline.map(Duration::from_secs), json).await
        }
        Some(WorkersAction::Remove { id, now }) => leaving::remove(session, id, *now, json).await,
        Some(WorkersAction::Describe { id, text }) => {
            let change = ChangeWorker { description: Some(text.clone()), ..Default::default() };
            set(session, id, &change, json).await
        }
        Some(WorkersAction::Tag { id, tags }) => {
            let change = ChangeWorker { tags: Some(tags.clone()), ..Default::default() };
            set(session, id, &change, json).await
        }
    }
}

async fn set(session: &Session, id: &str, change: &ChangeWorker, json: bool) -> Result<ExitCode> {
    let agent = agent(id)?;
    let done: Done = session.post(&format!("/api/workers/{agent}"), change).await?;
    if json {
        output::json(&done)?;
    } else {
        output::note(&format!("worker {agent} is described anew"));
    }
    Ok(ExitCode::SUCCESS)
}

fn agent(id: &str) -> Result<AgentId> {
    id.parse().with_context(|| format!("`{id}` is not a WorkerAgentId"))
}

async fn list(session: &Session, json: bool) -> Result<ExitCode> {
    let list: Workers = session.get("/api/workers").await?;
    if json {
        output::json(&list)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new(&[
        ("WORKERAGENTID", Align::Left),
        ("NAME", Align::Left),
        ("MACHINE", Align::Left),
        ("ENABLED", Align::Left),
        ("ONLINE", Align::Left),
        ("RUNNING", Align::Right),
        ("LAST ONLINE (UTC)", Align::Left),
        ("VERSION", Align::Left),
        ("TAGS", Align::Left),
    ]);
    for worker in &list.workers {
        let yes = |is| if is { "yes" } else { "no" }.to_owned();
        let online = worker.last_online_time.to_chrono();
        table.row([
            worker.worker_agent_id.to_string(),
            worker.display_name.clone(),
            worker.machine_name.clone(),
            yes(worker.is_enabled),
            yes(worker.is_online),
            worker.running.to_string(),
            match (worker.last_online_time.0, online) {
                (1.., Some(time)) => time.format("%Y-%m-%d %H:%M:%S").to_string(),
                _ => "never".to_owned(),
            },
            worker.version.clone(),
            worker.tags.clone(),
        ]);
    }
    output::line(&table.render())?;
    Ok(ExitCode::SUCCESS)
}

async fn change(session: &Session, id: &str, action: &str, json: bool) -> Result<ExitCode> {
    let agent = agent(id)?;
    let path = format!("/api/workers/{agent}/{action}");
    let done: Done = session.post(&path, &Done::default()).await?;
    if json {
        output::json(&done)?;
    } else {
        output::note(&format!("worker {agent} is {action}d"));
    }
    Ok(ExitCode::SUCCESS)
}
