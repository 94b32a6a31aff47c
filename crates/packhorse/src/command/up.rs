//! `packhorse up`: a master and workers in one process tree, until stopped.
//!
//! A process that ends without being asked is started again.

use std::process::ExitCode;

use anyhow::Result;

use crate::cli::UpArgs;
use crate::data_dir::DataDir;
use crate::exec::job::parse_mappings;
use crate::one_box::{OneBox, Ports};
use crate::{output, signals};

/// Runs until SIGINT or SIGTERM.
pub(crate) async fn run(dir: &DataDir, args: &UpArgs) -> Result<ExitCode> {
    let mappings = parse_mappings(&args.paths_here.mappings)?;
    let ports = Ports { master: args.port, tds: args.tds };
    let mut one_box = OneBox::start_at(dir, args.workers, &mappings, ports).await?;
    output::note(&format!("master listens at {}", one_box.endpoint()));
    if let Some(server) = one_box.tds() {
        output::note(&format!("T-SQL clients connect to {server}"));
    }
    output::note(&format!("{} workers are ready; Ctrl-C stops", args.workers));
    loop {
        tokio::select! {
            stop = signals::stop() => {
                stop?;
                break;
            }
            restarted = one_box.keep_running() => output::note(&restarted?),
        }
    }
    output::note("stopping; running packages are given time to finish");
    one_box.stop().await;
    Ok(ExitCode::SUCCESS)
}
