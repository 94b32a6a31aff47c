//! `packhorse join`: makes this machine a worker of masters elsewhere.
//!
//! Nothing but the token, the masters' addresses and their thumbprints comes from outside; key
//! and certificate are made here, and the key never leaves.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use master::api::{Join, Joined};
use model::AgentId;
use transport::{Client, Thumbprint};

use crate::cli::JoinArgs;
use crate::data_dir::DataDir;
use crate::session::REQUEST_DEADLINE;
use crate::{output, worker_settings};

/// Joins with a token, or prepares for approval.
pub(crate) async fn run(dir: &DataDir, args: &JoinArgs, json: bool) -> Result<ExitCode> {
    let settings = dir.worker_settings(args.number);
    if settings.exists() {
        bail!(
            "`{}` is there already: give another --number, or remove that folder first",
            settings.display()
        );
    }
    let given: Result<Vec<Thumbprint>, _> =
        args.thumbprints.iter().map(|thumbprint| thumbprint.parse()).collect();
    let mut pins = given.context("--thumbprint is not usable")?;
    dir.create()?;
    let identity = dir.worker_identity(args.number)?;
    let thumbprint = identity.thumbprint();
    let client = Client::new(args.masters.clone(), identity, pins.clone())?;
    let agent = match &args.token {
        Some(token) => {
            let request = Join { token: token.clone() };
            let joined: Joined = client.post_json("/api/join", &request, REQUEST_DEADLINE).await?;
            for pin in &joined.master_thumbprints {
                let pin = pin.parse().context("the master's answer is not understood")?;
                if !pins.contains(&pin) {
                    pins.push(pin);
                }
            }
            joined.worker_agent_id
        }
        None => AgentId(uuid::Uuid::new_v4()),
    };
    worker_settings::write_joined(dir, args.number, agent, (&args.masters, &pins))?;
    let start = if args.number == 1 {
        "packhorse worker".to_owned()
    } else {
        format!("packhorse worker --number {}", args.number)
    };
    if json {
        output::json(&serde_json::json!({
            "worker_agent_id": agent,
            "thumbprint": thumbprint.to_string(),
            "trusted": args.token.is_some(),
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    output::line(&format!("worker      {agent}"))?;
    output::line(&format!("thumbprint  {thumbprint}"))?;
    output::line(&format!("next        {start}"))?;
    if args.token.is_none() {
        output::line(&format!("at a master packhorse workers approve {agent}"))?;
    }
    output::line(&format!("at a master packhorse workers enable {agent}"))?;
    Ok(ExitCode::SUCCESS)
}
