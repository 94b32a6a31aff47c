//! `packhorse catalog`: where SSISDB is, moving it to a server, backup and restore.

mod backup;
mod restore;

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use catalog::reads::{AtRisk, Replication};
use catalog::{Caller, Catalog, CatalogKey, MovedTable};
use fs_err as fs;
use serde_json::json;

use crate::cli::{CatalogAction, CatalogArgs};
use crate::data_dir::{DataDir, user_name};
use crate::one_box::open_catalog;
use crate::output;
use crate::output::table::{Align, Table};

/// Moves or shows.
pub(crate) async fn run(dir: &DataDir, args: &CatalogArgs, json: bool) -> Result<ExitCode> {
    if !matches!(args.action, CatalogAction::Restore(_)) {
        dir.require_initialised()?;
    }
    match &args.action {
        CatalogAction::Backup(args) => backup::run(dir, args, json).await,
        CatalogAction::Restore(args) => restore::run(dir, args, json).await,
        CatalogAction::Move(args) => move_to(dir, &args.to, json).await,
        CatalogAction::Show => show(dir, json).await,
        CatalogAction::EnableScaleout => enable_scaleout(dir, json).await,
    }
}

/// Everybody on this machine sees the arguments of a command.
pub(crate) fn refuse_open_password(url: &str) -> Result<()> {
    if catalog::has_password(url) && std::env::args().any(|argument| argument.contains(url)) {
        bail!(
            "a password on the command line can be seen by others; give the URL in \
             PACKHORSE_SSISDB, or the password in a file that `passfile=` names"
        );
    }
    Ok(())
}

/// The line of MasterSettings.toml that says where SSISDB is.
pub(crate) fn database_line(url: &str) -> String {
    format!("SqlServerName = {}\n", toml::Value::from(url))
}

async fn move_to(dir: &DataDir, url: &str, json: bool) -> Result<ExitCode> {
    refuse_open_password(url)?;
    if !catalog::is_address(url) {
        bail!("`--to` starts with postgres://");
    }
    let from = dir.catalog()?;
    if catalog::is_address(&from) {
        bail!("SSISDB is at {} already", catalog::shown_address(&from));
    }
    if dir.endpoint().is_some() {
        bail!("stop the master first: what it writes meanwhile would not be moved");
    }
    // Opening brings the file to this program's schema.
    open_catalog(dir, false)?.close().await;
    let target = Catalog::open_at(url, CatalogKey::load(dir.key())?, dir.patience()?)?;
    let moved = target.take_over(Path::new(&from)).await;
    target.close().await;
    let moved = moved.with_context(|| format!("`{from}` was not moved, and is used as before"))?;
    use_from_now_on(&dir.master_settings(), url)?;
    report(&from, url, &moved, json)?;
    Ok(ExitCode::SUCCESS)
}

/// Writes the address into the settings, in place of the one that is there.
fn use_from_now_on(settings: &Path, url: &str) -> Result<()> {
    let text = if settings.exists() { fs::read_to_string(settings)? } else { String::new() };
    let is_ours =
        |line: &&str| line.split_once('=').is_some_and(|(key, _)| key.trim() == "SqlServerName");
    let others = text.lines().filter(|line| !is_ours(line)).map(|line| format!("{line}\n"));
    let text = others.chain([database_line(url)]).collect::<String>();
    let part = settings.with_extension("toml.part");
    fs::write(&part, "")?;
    fs::set_permissions(&part, std::fs::Permissions::from_mode(0o600))?;
    fs::write(&part, text)?;
    fs::rename(&part, settings)?;
    Ok(())
}

fn report(from: &str, url: &str, moved: &[MovedTable], json: bool) -> Result<()> {
    let to = catalog::shown_address(url);
    if json {
        let tables = moved
            .iter()
            .map(|one| json!({ "table": one.table, "rows": one.rows, "hash": one.hash }));
        let tables: Vec<_> = tables.collect();
        return output::json(&json!({ "from": from, "to": to, "tables": tables }));
    }
    let columns = [("TABLE", Align::Left), ("ROWS", Align::Right), ("HASH", Align::Left)];
    let mut table = Table::new(&columns);
    for one in moved.iter().filter(|one| 0 < one.rows) {
        table.row([one.table.clone(), one.rows.to_string(), one.hash[..16].to_owned()]);
    }
    output::line(&table.render())?;
    output::note(&format!("SSISDB is at {to} now; `{from}` is left as a copy"));
    Ok(())
}

async fn enable_scaleout(dir: &DataDir, json: bool) -> Result<ExitCode> {
    dir.require_initialised()?;
    let catalog = open_catalog(dir, false)?;
    let caller = Caller::admin(user_name());
    let written = catalog.write(move |tx| catalog::procedures::enable_scaleout(tx, &caller)).await;
    catalog.close().await;
    written.context("Scale Out was not enabled")?;
    if json {
        output::json(&json!({ "enabled": true }))?;
    } else {
        output::note("Scale Out is enabled");
    }
    Ok(ExitCode::SUCCESS)
}

async fn show(dir: &DataDir, json: bool) -> Result<ExitCode> {
    let place = dir.catalog()?;
    let shown = catalog::shown_address(&place);
    if !catalog::is_address(&place) {
        if json {
            output::json(&json!({ "ssisdb": shown, "replication": null }))?;
        } else {
            output::line(&format!("SSISDB      {shown}"))?;
            output::line(
                "at risk     all of it with this disk: back it up, or move it to a server",
            )?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let catalog = open_catalog(dir, false)?;
    let replication = catalog.read(catalog::reads::replication).await;
    catalog.close().await;
    let replication = replication.context("cannot read the server's state of replication")?;
    if json {
        output::json(&json!({ "ssisdb": shown, "replication": as_json(&replication) }))?;
        return Ok(ExitCode::SUCCESS);
    }
    output::line(&format!("SSISDB      {shown}"))?;
    output::line(&format!("server      PostgreSQL {}", replication.server_version))?;
    for standby in &replication.standbys {
        let kind = match standby.is_synchronous {
            Some(true) => "synchronous",
            Some(false) => "asynchronous",
            None => "of a kind that this account may not see",
        };
        let behind = standby.behind_bytes.map(|bytes| format!(", {bytes} bytes behind"));
        let behind = behind.unwrap_or_default();
        output::line(&format!("standby     {} {} {kind}{behind}", standby.name, standby.address))?;
    }
    output::line(&format!("at risk     {}", risk(replication.at_risk()).1))?;
    Ok(ExitCode::SUCCESS)
}

/// A word for programs, and a sentence for people.
fn risk(risk: AtRisk) -> (&'static str, &'static str) {
    match risk {
        AtRisk::Nothing => ("nothing", "nothing: a standby has every write that was acknowledged"),
        AtRisk::Latest => (
            "latest",
            "the writes acknowledged last: no commit waits for a standby \
             (synchronous_standby_names, Patroni's synchronous_mode)",
        ),
        AtRisk::Everything => {
            ("everything", "everything since the last backup: the server has no standby")
        }
        AtRisk::Availability => (
            "availability",
            "nothing is lost, but writes wait until a standby is there that \
             synchronous_standby_names names",
        ),
        AtRisk::Unknown => (
            "unknown",
            "unknown: this account may not see whether a standby is synchronous \
             (GRANT pg_monitor TO it on the server)",
        ),
    }
}

fn as_json(replication: &Replication) -> serde_json::Value {
    let standbys = replication.standbys.iter().map(|standby| {
        json!({
            "name": standby.name,
            "address": standby.address,
            "state": standby.state,
            "is_synchronous": standby.is_synchronous,
            "behind_bytes": standby.behind_bytes,
        })
    });
    json!({
        "server_version": replication.server_version,
        "synchronous_standby_names": replication.synchronous_standby_names,
        "at_risk": risk(replication.at_risk()).0,
        "standbys": standbys.collect::<Vec<_>>(),
    })
}
