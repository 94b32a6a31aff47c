//! `packhorse stop`: asks an execution to stop.

use std::process::ExitCode;

use anyhow::Result;
use master::api::{Done, Stopped};

use crate::cli::StopArgs;
use crate::output;
use crate::session::Session;

/// Asks, and says that it was asked.
pub(crate) async fn run(session: &Session, args: &StopArgs, json: bool) -> Result<ExitCode> {
    let path = format!("/api/operations/{}/stop", args.id);
    let stopped: Stopped = session.post(&path, &Done::default()).await?;
    if json {
        output::json(&stopped)?;
    } else {
        output::note(&format!("execution {} is being stopped", stopped.operation_id));
    }
    Ok(ExitCode::SUCCESS)
}
