//! `packhorse init`: sets up a data directory.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::{Result, bail};
use fs_err as fs;
use fs_err::os::unix::fs::OpenOptionsExt as _;

use crate::cli::InitArgs;
use crate::command::catalog::{database_line, refuse_open_password};
use crate::data_dir::{DataDir, machine_names};
use crate::{one_box, output};

/// Makes what is missing and says what there is.
pub(crate) async fn run(dir: &DataDir, args: &InitArgs, json: bool) -> Result<ExitCode> {
    if let Some(url) = &args.ssisdb {
        refuse_open_password(url)?;
    }
    if dir.is_initialised()? {
        bail!("`{}` is set up already; nothing was changed", dir.root().display());
    }
    dir.create()?;
    let mut names = machine_names();
    names.extend(args.hosts.iter().cloned());
    let master = dir.identity("master", &names)?;
    write_master_settings(dir, args)?;
    copy_key(dir, args)?;
    let numbers: Vec<u32> = (1..=args.workers).collect();
    let agents = one_box::prepare(dir, &numbers).await?;
    if json {
        output::json(&serde_json::json!({
            "data_dir": dir.root(),
            "thumbprint": master.thumbprint().to_string(),
            "port": args.port,
            "workers": agents,
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    output::line(&format!("data directory  {}", dir.root().display()))?;
    output::line(&format!("SSISDB          {}", catalog::shown_address(&dir.catalog()?)))?;
    output::line(&format!("its key         {} (keep a copy)", dir.key().display()))?;
    output::line(&format!("thumbprint      {}", master.thumbprint()))?;
    output::line(&format!("port            {}", args.port))?;
    for (number, agent) in numbers.iter().zip(&agents) {
        output::line(&format!("worker {number}        {agent} (enabled)"))?;
    }
    output::line("next            packhorse up")?;
    Ok(ExitCode::SUCCESS)
}

/// Takes the key of an SSISDB that is there already.
fn copy_key(dir: &DataDir, args: &InitArgs) -> Result<()> {
    let Some(from) = &args.key else { return Ok(()) };
    if dir.key().exists() {
        bail!("`{}` is there already; nothing was copied over it", dir.key().display());
    }
    // Refuses a file that is no key, or that others can read.
    catalog::CatalogKey::load(from)?;
    fs::copy(from, dir.key())?;
    Ok(())
}

fn write_master_settings(dir: &DataDir, args: &InitArgs) -> Result<()> {
    let path = dir.master_settings();
    if path.exists() && args.ssisdb.is_none() {
        return Ok(());
    }
    let address = match args.hosts.first() {
        Some(host) => format!("MasterAddress = \"https://{host}:{}\"\n", args.port),
        None => String::new(),
    };
    let database = match &args.ssisdb {
        Some(url) if !catalog::is_address(url) => bail!("`--ssisdb` starts with postgres://"),
        Some(url) => database_line(url),
        None => String::new(),
    };
    let text = format!(
        "# Settings of a Scale Out Master. Names and meaning are those of MasterSettings.config.\n\
         PortNumber = {}\n{address}{database}",
        args.port
    );
    let mut file = fs::OpenOptions::new();
    // The address of a server may have a password in it.
    file.create(true).truncate(true).write(true).mode(0o600);
    file.open(&path)?.write_all(text.as_bytes())?;
    Ok(())
}
