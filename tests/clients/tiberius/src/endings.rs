//! How requests and connections end: refused, rolled back, cancelled, killed, reset.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use futures_util::TryStreamExt as _;
use tiberius::error::Error;

use crate::HELD;
use crate::large::MANY;
use crate::scripts::{ask, one, refused};
use crate::server::{Client, Server};

/// Longer than any test waits.
pub(crate) const WAIT: &str = "WAITFOR DELAY '00:01:30'";

/// Well before that.
const SOON: Duration = Duration::from_secs(20);

/// How long something may take until it holds.
const DEADLINE: Duration = Duration::from_secs(60);

/// It is refused with the number that it always had.
pub(crate) async fn wrong_password(server: &Server) -> Result<()> {
    match server.connect_by(server.config_with_wrong_password()).await {
        Err(Error::Server(error)) if error.code() == 18456 => Ok(()),
        Err(error) => bail!("refused with {error}"),
        Ok(_) => bail!("a wrong password was taken"),
    }
}

/// Rolled back and committed by the driver's own requests; errors have their numbers.
pub(crate) async fn transactions(server: &Server) -> Result<()> {
    let mut client = server.connect().await?;
    let left = "SELECT COUNT(*) FROM catalog.folders WHERE name = N'Kept'";
    for (keep, found) in [(false, "0"), (true, "1")] {
        client.begin_transaction().await?;
        ask(&mut client, "EXEC catalog.create_folder N'Kept'").await?;
        if keep {
            client.commit_transaction().await?;
        } else {
            client.rollback_transaction().await?;
        }
        let mut other = server.connect().await?;
        ensure!(one(&mut other, left).await? == found, "kept: {keep}");
    }
    ask(&mut client, "EXEC catalog.delete_folder N'Kept'").await?;
    let (division, _) = refused(&mut client, "SELECT 1/0").await?;
    let (table, said) = refused(&mut client, "SELECT * FROM nowhere").await?;
    ensure!((division, table) == (8134, 208) && said.contains("nowhere"), "{said}");
    ensure!(one(&mut client, "SELECT 1").await? == "1", "after errors");
    Ok(())
}

/// A statement that waits is cancelled at once. Where the acknowledgement is a message of its own,
/// which [MS-TDS] 3.2.5.9 has a client wait for, `cancel_query` stops before it, and the
/// connection is of no more use.
pub(crate) async fn cancelled(server: &Server) -> Result<()> {
    let mut client = server.connect().await?;
    let begun = Instant::now();
    let waiting = tokio::time::timeout(Duration::from_millis(500), client.simple_query(WAIT));
    ensure!(waiting.await.is_err(), "it does not wait");
    match client.cancel_query().await {
        Ok(()) => {}
        Err(Error::Protocol(text)) if text.contains("acknowledging the Attention") => {
            client = server.connect().await?;
        }
        Err(error) => return Err(error.into()),
    }
    ensure!(begun.elapsed() < SOON, "cancelled after {:?}", begun.elapsed());
    ensure!(one(&mut client, "SELECT 4").await? == "4", "after the cancel");
    Ok(())
}

/// A connection that is killed in the middle of a result, and a client that is.
pub(crate) async fn killed(server: &Server) -> Result<()> {
    let mut watch = server.connect().await?;
    let mut client = server.connect().await?;
    let session = one(&mut client, "SELECT @@SPID").await?;
    let mut rows = client.simple_query(MANY).await?.into_row_stream();
    ensure!(rows.try_next().await?.is_some(), "a row");
    ask(&mut watch, &format!("KILL {session}")).await?;
    let rest = rows.try_for_each(|_| async { Ok(()) }).await;
    ensure!(rest.is_err(), "all rows came");
    until_gone(&mut watch, &session).await?;
    ensure!(one(&mut server.connect().await?, "SELECT 1").await? == "1", "a new connection");

    let mut child = Command::new(std::env::current_exe()?);
    let mut child = child.arg(HELD).stdout(Stdio::piped()).spawn()?;
    let mut session = String::new();
    BufReader::new(child.stdout.take().context("a pipe")?).read_line(&mut session)?;
    let session = session.trim();
    ensure!(is_there(&mut watch, session).await?, "session {session} of the other client");
    child.kill()?;
    child.wait()?;
    until_gone(&mut watch, session).await
}

/// The client that is killed: it has begun to read, says its session, and reads no more.
pub(crate) async fn be_held(server: &Server) -> Result<()> {
    let mut client = server.connect().await?;
    let session = one(&mut client, "SELECT @@SPID").await?;
    let mut rows = client.simple_query(MANY).await?.into_row_stream();
    ensure!(rows.try_next().await?.is_some(), "a row");
    println!("{session}");
    std::io::stdout().flush()?;
    std::future::pending().await
}

async fn is_there(watch: &mut Client, session: &str) -> Result<bool> {
    let text = format!("SELECT COUNT(*) FROM sys.dm_exec_sessions WHERE session_id = {session}");
    Ok(one(watch, &text).await? == "1")
}

async fn until_gone(watch: &mut Client, session: &str) -> Result<()> {
    let begun = Instant::now();
    while is_there(watch, session).await? {
        ensure!(begun.elapsed() < DEADLINE, "session {session} does not end");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

/// Tiberius has no pool, and its pools (deadpool, bb8) call nothing when they take a connection
/// back; who wants a fresh one calls what ODBC drivers call.
pub(crate) async fn reset(server: &Server) -> Result<()> {
    let mut client = server.connect().await?;
    ask(&mut client, "CREATE TABLE #left (a int); SET LANGUAGE German; SET ROWCOUNT 1").await?;
    let command = tiberius::Command::new("sp_reset_connection");
    command.exec(&mut client).await?.into_command_result().await?;
    let text = "SELECT OBJECT_ID('tempdb..#left'), @@LANGUAGE, COUNT(*) FROM
                (SELECT TOP (3) name FROM sys.objects) AS three";
    let found = ask(&mut client, text).await?;
    ensure!(found == [["NULL", "us_english", "3"]], "{found:?}");
    Ok(())
}
