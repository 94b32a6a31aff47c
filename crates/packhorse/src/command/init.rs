//! `packhorse init`: sets up a data directory.

use std::process::ExitCode;

use anyhow::{Result, bail};
use fs_err as fs;

use crate::cli::InitArgs;
use crate::data_dir::{DataDir, machine_names};
use crate::{one_box, output};

/// Makes what is missing and says what there is.
pub(crate) async fn run(dir: &DataDir, args: &InitArgs, json: bool) -> Result<ExitCode> {
    if dir.is_initialised() {
        bail!("`{}` is set up already; nothing was changed", dir.root().display());
    }
    dir.create()?;
    let mut names = machine_names();
    names.extend(args.hosts.iter().cloned());
    let master = dir.identity("master", &names)?;
    write_master_settings(dir, args)?;
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
    output::line(&format!("SSISDB          {}", dir.catalog().display()))?;
    output::line(&format!("its key         {} (keep a copy)", dir.key().display()))?;
    output::line(&format!("thumbprint      {}", master.thumbprint()))?;
    output::line(&format!("port            {}", args.port))?;
    for (number, agent) in numbers.iter().zip(&agents) {
        output::line(&format!("worker {number}        {agent} (enabled)"))?;
    }
    output::line("next            packhorse up")?;
    Ok(ExitCode::SUCCESS)
}

fn write_master_settings(dir: &DataDir, args: &InitArgs) -> Result<()> {
    let path = dir.master_settings();
    if path.exists() {
        return Ok(());
    }
    let address = match args.hosts.first() {
        Some(host) => format!("MasterAddress = \"https://{host}:{}\"\n", args.port),
        None => String::new(),
    };
    let text = format!(
        "# Settings of a Scale Out Master. Names and meaning are those of MasterSettings.config.\n\
         PortNumber = {}\n{address}",
        args.port
    );
    fs::write(&path, text)?;
    Ok(())
}
