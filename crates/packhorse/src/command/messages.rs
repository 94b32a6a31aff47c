//! `packhorse messages`: what an execution said.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use master::api::{MessageRow, Messages};

use crate::cli::MessagesArgs;
use crate::output;
use crate::session::Session;

/// Messages in one answer.
const PAGE: usize = 1_000;

/// How long a master holds a request for the next message.
const WAIT: Duration = Duration::from_secs(20);

/// Shows them all; with `--follow` those to come too, until the execution has ended.
pub(crate) async fn run(session: &Session, args: &MessagesArgs, json: bool) -> Result<ExitCode> {
    let mut after = 0;
    loop {
        let wait = if args.follow { WAIT.as_millis() } else { 0 };
        let path = format!(
            "/api/executions/{}/messages?after={after}&limit={PAGE}&wait_ms={wait}",
            args.id
        );
        let deadline = WAIT + Duration::from_secs(40);
        let page: Messages = session.client().get_json(&path, deadline).await?;
        for message in &page.messages {
            after = after.max(message.id);
            if json {
                output::json(message)?;
            } else {
                output::line(&text(message))?;
            }
        }
        let more = page.messages.len() == PAGE;
        let ended = page.status.is_final() && page.messages.is_empty();
        if !more && (!args.follow || ended) {
            return Ok(ExitCode::SUCCESS);
        }
    }
}

/// `09:30:00.123 OnError  \Package\Load  Load:Error: ...`.
fn text(message: &MessageRow) -> String {
    let clock = message
        .time
        .to_chrono()
        .map_or_else(String::new, |time| time.format("%H:%M:%S%.3f").to_string());
    let event = message.event_name.as_deref().unwrap_or_else(|| message.message_type.name());
    let place = message.execution_path.as_deref().unwrap_or_default();
    format!("{clock}  {event:<16}{place}  {}", message.message)
}
