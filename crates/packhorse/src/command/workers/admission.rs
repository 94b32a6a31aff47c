//! How workers come in: a token for another machine, or approval of one that waits.

use std::process::ExitCode;

use anyhow::{Result, bail};
use master::api::{
    CertificateTrusted, JoinCreated, NewJoin, TrustCertificate, WaitingWorker, WaitingWorkers,
};

use super::agent;
use crate::output;
use crate::output::table::{Align, Table};
use crate::session::Session;

/// Prints the command for the other machine.
pub(super) async fn add(
    session: &Session,
    id: Option<&str>,
    endpoint: Option<&str>,
    json: bool,
) -> Result<ExitCode> {
    if !session.is_live() {
        bail!("no master runs now that another machine could join; start one: packhorse master");
    }
    let request = NewJoin { worker_agent_id: id.map(agent).transpose()? };
    let created: JoinCreated = session.post("/api/joins", &request).await?;
    let endpoint = endpoint.unwrap_or(&created.master_endpoint);
    let pins = created.master_thumbprints.iter();
    let pins: String = pins.map(|pin| format!(" --thumbprint {pin}")).collect();
    let command = format!("packhorse join {endpoint}{pins} --token {}", created.token);
    let agent = created.worker_agent_id;
    if json {
        output::json(&serde_json::json!({
            "command": command,
            "worker_agent_id": agent,
            "valid_ms": created.valid_ms,
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    output::line(&command)?;
    let minutes = created.valid_ms / 60_000;
    output::note(&format!("run that on the other machine within {minutes} minutes; it works once"));
    if endpoint.contains("//localhost") || endpoint.contains("//127.") {
        output::note(
            "the published address is this machine's own: give --endpoint https://HOST:PORT",
        );
    }
    output::note(&format!("then: packhorse workers enable {agent}"));
    Ok(ExitCode::SUCCESS)
}

/// Lists those that were turned away.
pub(super) async fn waiting(session: &Session, json: bool) -> Result<ExitCode> {
    let list: WaitingWorkers = session.get("/api/workers/waiting").await?;
    if json {
        output::json(&list)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new(&[
        ("WORKERAGENTID", Align::Left),
        ("NAME", Align::Left),
        ("MACHINE", Align::Left),
        ("THUMBPRINT", Align::Left),
    ]);
    for worker in list.workers {
        let WaitingWorker { worker_agent_id, display_name, machine_name, thumbprint, .. } = worker;
        table.row([worker_agent_id.to_string(), display_name, machine_name, thumbprint]);
    }
    output::line(&table.render())?;
    output::note("compare the thumbprint with `packhorse cert show` on the worker's machine");
    Ok(ExitCode::SUCCESS)
}

/// Trusts a worker's certificate: the one that is named, or that of the worker that waits.
pub(super) async fn approve(
    session: &Session,
    id: &str,
    thumbprint: Option<&str>,
    json: bool,
) -> Result<ExitCode> {
    let agent = agent(id)?;
    let thumbprint = match thumbprint {
        Some(thumbprint) => thumbprint.to_owned(),
        None => {
            let list: WaitingWorkers = session.get("/api/workers/waiting").await?;
            let mine = list.workers.into_iter().filter(|worker| worker.worker_agent_id == agent);
            let [worker] = &mine.collect::<Vec<_>>()[..] else {
                bail!(
                    "not exactly one worker {agent} waits here: give --thumbprint, as \
                     `packhorse cert show` prints it on the worker's machine"
                );
            };
            worker.thumbprint.clone()
        }
    };
    let request =
        TrustCertificate { thumbprint, role: "worker".to_owned(), worker_agent_id: Some(agent) };
    let trusted: CertificateTrusted = session.post("/api/certificates", &request).await?;
    if json {
        output::json(&trusted)?;
    } else {
        output::note(&format!("the certificate {} is trusted", trusted.thumbprint));
        output::note(&format!("once the worker has registered: packhorse workers enable {agent}"));
    }
    Ok(ExitCode::SUCCESS)
}
