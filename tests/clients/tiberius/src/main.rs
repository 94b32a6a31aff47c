//! Tiberius, the client of Rust programs: what `tests/clients/common.py` has those of Python do.
//!
//! `cargo xtask clients` starts a server for it and sets the variables that [`server`] reads.

mod endings;
mod large;
mod routing;
mod scripts;
mod server;
mod values;

use std::pin::Pin;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use tiberius::EncryptionLevel;

use server::{Server, Trust};

/// Given to this program when it runs itself, as a client that is killed.
const HELD: &str = "held";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let server = Server::of_environment()?;
    let wanted = std::env::args().nth(1);
    if wanted.as_deref() == Some(HELD) {
        return endings::be_held(&server).await;
    }
    let is_wanted = |part: &str| wanted.as_deref().is_none_or(|wanted| part.contains(wanted));
    for (part, run) in parts(&server).into_iter().filter(|(part, _)| is_wanted(part)) {
        let begun = Instant::now();
        run.await.context(part)?;
        println!("{part}: {} ms", begun.elapsed().as_millis());
    }
    Ok(())
}

/// A part of what is checked, not yet begun.
type Part<'a> = Pin<Box<dyn Future<Output = Result<()>> + 'a>>;

fn parts(server: &Server) -> Vec<(&'static str, Part<'_>)> {
    vec![
        ("encryptions", Box::pin(encryptions(server))),
        ("parameters", Box::pin(values::parameters(server))),
        ("procedures", Box::pin(values::procedures(server))),
        ("tables", Box::pin(values::tables(server))),
        ("scripts", Box::pin(scripts::all(server))),
        ("a project of 50 MB", Box::pin(large::project(server))),
        ("a million rows", Box::pin(large::many_rows(server))),
        ("transactions", Box::pin(endings::transactions(server))),
        ("cancel", Box::pin(endings::cancelled(server))),
        ("killed", Box::pin(endings::killed(server))),
        ("reset", Box::pin(endings::reset(server))),
        ("routing", Box::pin(routing::followed(server))),
    ]
}

/// In every way of encryption that it has, and which it is.
async fn encryptions(server: &Server) -> Result<()> {
    let ways = [
        (EncryptionLevel::NotSupported, Trust::Anybody, "FALSE"),
        (EncryptionLevel::Off, Trust::Anybody, "FALSE"),
        (EncryptionLevel::On, Trust::Anybody, "TRUE"),
        (EncryptionLevel::Required, Trust::Anybody, "TRUE"),
        (EncryptionLevel::Required, Trust::Certificate, "TRUE"),
        (EncryptionLevel::Strict, Trust::Certificate, "TRUE"),
    ];
    let text = "SELECT DB_NAME(), SUSER_SNAME(), encrypt_option FROM sys.dm_exec_connections
                WHERE session_id = @@SPID";
    for (level, trust, encrypted) in ways {
        let connecting = server.connect_by(server.config(level, trust));
        let mut client = connecting.await.with_context(|| format!("{level:?}"))?;
        let found = scripts::ask(&mut client, text).await?;
        ensure!(found == [["SSISDB", server.user.as_str(), encrypted]], "{level:?}: {found:?}");
    }
    endings::wrong_password(server).await
}
