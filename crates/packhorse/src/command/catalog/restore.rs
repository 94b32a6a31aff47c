//! `packhorse catalog restore`: makes a data directory, and its SSISDB, from a backup.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use catalog::backup::{BackedUpKey, BackedUpTable, Backup};
use catalog::{Catalog, CatalogKey};
use fs_err as fs;
use serde_json::json;

use super::{backup, refuse_open_password, use_from_now_on};
use crate::cli::RestoreArgs;
use crate::data_dir::DataDir;
use crate::{one_box, output, secret_input};

/// Restores into what is empty; leaves all else as it was.
pub(super) async fn run(dir: &DataDir, args: &RestoreArgs, json: bool) -> Result<ExitCode> {
    if let Some(url) = &args.to {
        refuse_open_password(url)?;
        if !catalog::is_address(url) {
            bail!("`--to` starts with postgres://");
        }
    }
    let place = match &args.to {
        Some(url) => url.clone(),
        None => dir.catalog()?,
    };
    refuse_used(dir, &place)?;
    let backup = Backup::open(&args.file)?;
    let key = match &args.key {
        Some(file) => BackedUpKey::load(file)?,
        None if backup.has_key() => {
            let file = args.passphrase_file.as_deref();
            backup.key(&secret_input::read(file, "passphrase", "--passphrase-file")?)?
        }
        None => bail!(
            "`{}` was made without the key of SSISDB: give the key file with --key",
            args.file.display()
        ),
    };
    dir.create()?;
    key.save(&dir.key())?;
    let tables = match fill(dir, &place, &backup).await {
        Ok(tables) => tables,
        Err(error) => {
            take_back(dir, &place);
            return Err(error);
        }
    };
    if let Some(url) = &args.to {
        use_from_now_on(&dir.master_settings(), url)?;
    }
    // This machine's own certificates, trusted beside those of the backup.
    one_box::prepare(dir, &[]).await?;
    report(dir, &backup, &tables, json)
}

fn refuse_used(dir: &DataDir, place: &str) -> Result<()> {
    let root = dir.root().display();
    if dir.key().exists() {
        bail!("`{root}` has an SSISDB already; restore into another --data-dir");
    }
    if !catalog::is_address(place) && Path::new(place).exists() {
        bail!("`{place}` is there already; restore into another --data-dir");
    }
    Ok(())
}

async fn fill(dir: &DataDir, place: &str, backup: &Backup) -> Result<Vec<BackedUpTable>> {
    let key = CatalogKey::load(dir.key())?;
    let (catalog, tables) = Catalog::restore(place, key, dir.patience()?, backup)?;
    catalog.close().await;
    Ok(tables)
}

/// Removes what a restore that failed has made: the key's copy, and a file without tables.
fn take_back(dir: &DataDir, place: &str) {
    let mut files = vec![dir.key()];
    if !catalog::is_address(place) {
        files.extend(["", "-wal", "-shm"].map(|ending| PathBuf::from(format!("{place}{ending}"))));
    }
    for file in files.iter().filter(|file| file.exists()) {
        if let Err(error) = fs::remove_file(file) {
            output::note(&format!("remove `{}`: {error}", file.display()));
        }
    }
}

fn report(
    dir: &DataDir,
    backup: &Backup,
    tables: &[BackedUpTable],
    json: bool,
) -> Result<ExitCode> {
    let thumbprint = dir.master_thumbprint()?.to_string();
    let ssisdb = catalog::shown_address(&dir.catalog()?);
    if json {
        output::json(&json!({
            "data_dir": dir.root(),
            "ssisdb": ssisdb,
            "taken": backup.taken(),
            "program_version": backup.program_version(),
            "thumbprint": thumbprint,
            "tables": tables,
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let taken = backup.taken().to_chrono().context("the backup's time cannot be shown")?;
    output::line(&backup::table(tables).render())?;
    output::line(&format!("taken           {}", taken.format("%Y-%m-%d %H:%M:%S UTC")))?;
    output::line(&format!("data directory  {}", dir.root().display()))?;
    output::line(&format!("SSISDB          {ssisdb}"))?;
    output::line(&format!("thumbprint      {thumbprint} (of this machine's new certificate)"))?;
    output::line(
        "next            packhorse up; see docs/guides/back-up-and-restore.md for workers",
    )?;
    Ok(ExitCode::SUCCESS)
}
