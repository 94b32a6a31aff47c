//! `packhorse masters`: which masters there are, of which version, and which of them serve.

use std::process::ExitCode;

use anyhow::Result;
use master::api::MasterList;

use crate::output;
use crate::output::table::{Align, Table};
use crate::session::Session;

/// Lists them.
pub(crate) async fn run(session: &Session, json: bool) -> Result<ExitCode> {
    let mut list: MasterList = session.get("/api/masters").await?;
    if !session.is_live() {
        // The one that this command has started for itself.
        let own = session.client().endpoint();
        let port = own.rsplit(':').next().and_then(|port| port.parse().ok());
        list.masters.retain(|master| Some(master.port) != port);
    }
    if json {
        output::json(&list)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new(&[
        ("MACHINE", Align::Left),
        ("ADDRESS", Align::Left),
        ("ONLINE", Align::Left),
        ("STANDING", Align::Left),
        ("LAST ONLINE (UTC)", Align::Left),
        ("VERSION", Align::Left),
        ("SCHEMA", Align::Right),
        ("PROTOCOL", Align::Right),
    ]);
    for master in &list.masters {
        let online = master.last_online_time.to_chrono();
        table.row([
            master.machine_name.clone(),
            master.address.clone(),
            if master.is_online { "yes" } else { "no" }.to_owned(),
            master.standing.clone(),
            online.map_or_else(String::new, |time| time.format("%Y-%m-%d %H:%M:%S").to_string()),
            master.version.clone(),
            master.schema.to_string(),
            master.protocol.to_string(),
        ]);
    }
    output::line(&table.render())?;
    Ok(ExitCode::SUCCESS)
}
