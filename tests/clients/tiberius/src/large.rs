//! What is large: a project of 50 MB both ways, and a million rows in constant memory.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use futures_util::TryStreamExt as _;
use tiberius::{Command, Row};

use crate::scripts::{ask, one};
use crate::server::Server;

const MESSAGES: usize = 1_000_000;

pub(crate) const MANY: &str = "SELECT event_message_id, message_time, message
    FROM catalog.event_messages WHERE operation_id = 1000000 ORDER BY event_message_id";

/// What a million rows may cost in memory, in MB: they are some 200 MB.
const MEMORY: u64 = 64;

/// Deployed by a call with its stream as a parameter, and read back.
pub(crate) async fn project(server: &Server) -> Result<()> {
    let mut client = server.connect().await?;
    let project = fs::read(server.folder.join("drop/Big.ispac"))?;
    let length = project.len();
    ensure!(50 << 20 < length, "it has {length} bytes");
    ask(&mut client, "EXEC catalog.create_folder N'Big'").await?;
    let mut command = Command::new("catalog.deploy_project");
    command.bind_param("@folder_name", "Big");
    command.bind_param("@project_name", "DailyLoad");
    command.bind_param("@project_stream", project);
    command.bind_out_param("@operation_id", 0_i64);
    let done = command.exec(&mut client).await?.into_command_result().await?;
    let id: Option<i64> = done.try_return_value("@operation_id")?;
    let id = id.context("an operation")?;
    let status = format!("SELECT status FROM catalog.operations WHERE operation_id = {id}");
    let status = one(&mut client, &status).await?;
    ensure!(status == "7", "{status}");

    let mut command = Command::new("catalog.get_project");
    command.bind_param("@folder_name", "Big");
    command.bind_param("@project_name", "DailyLoad");
    let done = command.exec(&mut client).await?.into_command_result().await?;
    let row = done.to_query_result(0).and_then(|rows| rows.first()).context("a row")?;
    let back = row.try_get::<&[u8], _>(0)?.map_or(0, <[u8]>::len);
    ensure!(50_000_000 < back, "{back} bytes came back");
    Ok(())
}

/// Read as they come, without the memory for them here or in the master.
pub(crate) async fn many_rows(server: &Server) -> Result<()> {
    let processes = [Path::new("/proc/self"), &server.master];
    for process in processes {
        fs::write(process.join("clear_refs"), "5")?;
    }
    let before = processes.map(peak_mb);
    let mut client = server.connect().await?;
    let rows = client.simple_query(MANY).await?.into_row_stream();
    let (count, last) = rows
        .map_err(anyhow::Error::from)
        .try_fold((0, String::new()), |(count, _), row: Row| async move {
            let message: Option<&str> = row.try_get(2)?;
            Ok((count + 1, message.unwrap_or_default().to_owned()))
        })
        .await?;
    let wanted = format!("Load:Information: {MESSAGES} rows were written");
    ensure!((count, &last) == (MESSAGES, &wanted), "{count} rows, the last is {last}");
    let after = processes.map(peak_mb);
    for (before, after) in before.into_iter().zip(after) {
        let grown = after?.saturating_sub(before?);
        ensure!(grown < MEMORY, "{grown} MB of memory");
    }
    Ok(())
}

/// The most memory that a process has had since it was last asked to forget.
fn peak_mb(process: &Path) -> Result<u64> {
    let status = fs::read_to_string(process.join("status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("VmHWM")?;
    let kb: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kb / 1024)
}
