//! `packhorse catalog backup`: all of SSISDB in one file, while masters work.

use std::process::ExitCode;

use anyhow::{Context, Result};
use serde_json::json;

use crate::cli::BackupArgs;
use crate::data_dir::DataDir;
use crate::one_box::open_catalog;
use crate::output::table::{Align, Table};
use crate::{output, secret_input};

/// Writes the file, and says what is in it.
pub(super) async fn run(dir: &DataDir, args: &BackupArgs, json: bool) -> Result<ExitCode> {
    let passphrase = match args.without_key {
        true => None,
        false => {
            let file = args.passphrase_file.as_deref();
            Some(secret_input::read(file, "passphrase", "--passphrase-file")?)
        }
    };
    let catalog = open_catalog(dir, false)?;
    let key_file = dir.key();
    let key = passphrase.as_deref().map(|passphrase| (key_file.as_path(), passphrase));
    let tables = catalog.back_up(&args.file, key).await;
    catalog.close().await;
    let tables = tables.context("no backup was made")?;
    let bytes = fs_err::metadata(&args.file)?.len();
    if json {
        let file = json!({ "file": args.file, "bytes": bytes, "has_key": !args.without_key });
        let mut answer = file;
        answer["tables"] = serde_json::to_value(&tables)?;
        output::json(&answer)?;
        return Ok(ExitCode::SUCCESS);
    }
    output::line(&table(&tables).render())?;
    let key = match args.without_key {
        true => {
            "without the key: keep a copy of the key file apart, nothing is readable without it"
        }
        false => "with the key under the passphrase: whoever forgets it has no backup",
    };
    output::note(&format!("{} ({bytes} bytes) is complete, {key}", args.file.display()));
    Ok(ExitCode::SUCCESS)
}

/// The tables that have rows.
pub(super) fn table(tables: &[catalog::backup::BackedUpTable]) -> Table {
    let columns = [("TABLE", Align::Left), ("ROWS", Align::Right), ("HASH", Align::Left)];
    let mut shown = Table::new(&columns);
    for one in tables.iter().filter(|one| 0 < one.rows) {
        shown.row([one.table.clone(), one.rows.to_string(), one.hash[..16].to_owned()]);
    }
    shown
}
