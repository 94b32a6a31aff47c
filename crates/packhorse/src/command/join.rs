//! `packhorse join`: makes this machine a worker of masters elsewhere.
//!
//! Nothing but the token, the masters' addresses and their thumbprints comes from outside; key
//! and certificate are made here, and the key never leaves.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use master::api::{Join, Joined};
use model::AgentId;
use transport::{Client, GivenThumbprint, Pins, Thumbprint};

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
    let given: Result<Vec<GivenThumbprint>, _> =
        args.thumbprints.iter().map(|thumbprint| thumbprint.parse()).collect();
    let given = given.context("--thumbprint is not usable")?;
    let pins = Pins::new(given.iter().copied());
    dir.create()?;
    let identity = dir.worker_identity(args.number)?;
    let thumbprint = identity.thumbprint();
    let client = Client::new(args.masters.clone(), identity, &pins)?;
    let mut masters = args.masters.clone();
    let agent = match &args.token {
        Some(token) => {
            let request = Join { token: token.clone() };
            let joined: Joined = client.post_json("/api/join", &request, REQUEST_DEADLINE).await?;
            let trusted = joined.master_thumbprints.iter().map(|pin| pin.parse());
            let trusted: Result<Vec<Thumbprint>, _> = trusted.collect();
            pins.learn(&trusted.context("the master's answer is not understood")?, &[]);
            // One that is named already may be written in another way; asking it twice does no harm.
            let others = joined.master_endpoints.into_iter();
            masters.extend(others.filter(|other| !args.masters.contains(other)));
            joined.worker_agent_id
        }
        None => AgentId(uuid::Uuid::new_v4()),
    };
    // Without a token no master has been seen yet, and a SHA-1 waits for the first one.
    let unseen = given.iter().filter(|given| args.token.is_none() && given.sha1().is_some());
    let trusted: Vec<GivenThumbprint> =
        pins.trusted().into_iter().map(Into::into).chain(unseen.copied()).collect();
    warn_of_sha1(&given, &pins.trusted());
    worker_settings::write_joined(dir, args.number, agent, (&masters, &trusted))?;
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

/// A SHA-1 is good for finding a master once; what is kept is better also for the next command.
fn warn_of_sha1(given: &[GivenThumbprint], trusted: &[Thumbprint]) {
    if given.iter().all(|given| given.sha1().is_none()) {
        return;
    }
    let trusted: Vec<String> = trusted.iter().map(ToString::to_string).collect();
    output::note(&format!(
        "--thumbprint is a SHA-1, as Windows shows it; trusted by SHA-256 from now on: {}",
        if trusted.is_empty() {
            "the first master that shows it".to_owned()
        } else {
            trusted.join(" ")
        }
    ));
}
