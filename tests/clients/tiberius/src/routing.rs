//! A master that goes down sends new clients to another one.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use crate::endings::WAIT;
use crate::scripts::{ask, one};
use crate::server::Server;

/// How long a client may be served by a master that was told to stop.
const DEADLINE: Duration = Duration::from_secs(60);

/// A second master is started, kept from ending by a statement, and told to stop.
pub(crate) async fn followed(server: &Server) -> Result<()> {
    let mut second = Master::start(server)?;
    let port = "SELECT local_tcp_port FROM sys.dm_exec_connections WHERE session_id = @@SPID";
    let mut busy = server.connect_to(second.port).await?;
    ensure!(one(&mut busy, port).await? == second.port.to_string(), "the second master serves");
    let waiting = tokio::spawn(async move {
        let text = format!("EXEC catalog.create_folder N'Waiting'; {WAIT}");
        drop(ask(&mut busy, &text).await);
    });
    let mut watch = server.connect().await?;
    let begun = "SELECT COUNT(*) FROM catalog.folders WHERE name = N'Waiting'";
    let since = Instant::now();
    while one(&mut watch, begun).await? == "0" {
        ensure!(since.elapsed() < DEADLINE, "nothing runs on the second master");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    second.ask_to_stop()?;
    let since = Instant::now();
    let there = server.port.to_string();
    while one(&mut server.connect_to(second.port).await?, port).await.ok() != Some(there.clone()) {
        ensure!(since.elapsed() < DEADLINE, "the second master does not send clients on");
    }
    waiting.abort();
    ask(&mut watch, "EXEC catalog.delete_folder N'Waiting'").await?;
    second.ended()
}

/// A master of its own, beside that of the server.
struct Master {
    process: Child,
    port: u16,
}

impl Master {
    fn start(server: &Server) -> Result<Self> {
        let mut command = Command::new(&server.program);
        command.arg("--data-dir").arg(server.folder.join("data"));
        command.args(["master", "--port", "0", "--bind", "127.0.0.1", "--tds-port", "0"]);
        let mut process = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().context("a pipe")?).read_line(&mut line)?;
        let ready: serde_json::Value = serde_json::from_str(&line)?;
        let address = ready["tds"].as_str().context("where it listens")?;
        let port = address.rsplit(',').next().context("a port")?.parse()?;
        Ok(Self { process, port })
    }

    fn ask_to_stop(&mut self) -> Result<()> {
        let id = self.process.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status()?;
        ensure!(asked.success(), "cannot signal {id}");
        Ok(())
    }

    fn ended(mut self) -> Result<()> {
        let status = self.process.wait()?;
        ensure!(status.success(), "the second master ended with {status}");
        Ok(())
    }
}

impl Drop for Master {
    fn drop(&mut self) {
        if matches!(self.process.try_wait(), Ok(None)) {
            drop(self.process.kill());
            drop(self.process.wait());
        }
    }
}
