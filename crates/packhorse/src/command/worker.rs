//! `packhorse worker`: one Scale Out Worker, until stopped.

use std::process::ExitCode;

use anyhow::{Context, Result};
use transport::{CertificateFiles, Credentials, Identity, follow_files};
use worker::{Options, Settings, Worker};

use crate::cli::WorkerArgs;
use crate::data_dir::DataDir;
use crate::exec::job::parse_mappings;
use crate::supervise::{self, Ready};
use crate::worker_settings::{self, Running};
use crate::{output, signals};

/// Works until SIGINT or SIGTERM.
pub(crate) async fn run(dir: &DataDir, args: &WorkerArgs) -> Result<ExitCode> {
    output::log_to_stderr();
    supervise::follow_parent(args.parent.parent)?;
    // A machine that only works, after `packhorse join`, has no SSISDB.
    if !dir.worker_settings(args.number).exists() {
        dir.require_initialised()?;
    }
    worker_settings::ensure(dir, args.number)?;
    let folder = dir.worker(args.number);
    let mut settings = Settings::read(&folder.join("WorkerSettings.toml"))?;
    if !args.masters.is_empty() {
        settings.master_endpoints.clone_from(&args.masters);
    }
    settings.path_mappings.extend(parse_mappings(&args.paths_here.mappings)?);
    let running = Running {
        master_endpoints: settings.master_endpoints.clone(),
        path_mappings: settings.path_mappings.clone(),
    };
    let program = std::env::current_exe().context("cannot find this program's own file")?;
    let program = program.to_string_lossy();
    let exec = |how: &str| [&*program, "exec", how].map(str::to_owned).to_vec();
    let credentials = Credentials::new(dir.worker_identity(args.number)?);
    let options = Options {
        data_folder: folder,
        package_command: exec("--child"),
        template_command: exec("--template"),
        credentials: credentials.clone(),
    };
    let worker = Worker::new(settings, options)?;
    running.note(dir, args.number)?;
    Ready { role: "worker".to_owned(), endpoint: None, tds: None }.announce()?;
    let following = follow(dir, args.number, credentials);
    let stop = async {
        tokio::select! {
            stopped = signals::stop() => if let Err(error) = stopped {
                tracing::error!(%error, "cannot listen for signals");
            },
            () = following => {}
        }
    };
    worker.run(stop).await;
    Ok(ExitCode::SUCCESS)
}

/// Shows what `cert rotate` puts in place, unless the settings name another certificate.
async fn follow(dir: &DataDir, number: u32, credentials: Credentials) {
    let files = CertificateFiles::of(&dir.worker_certificates(number), "worker");
    let path = dir.worker_settings(number);
    let accept = move |identity: &Identity| {
        let settings = Settings::read(&path).map_err(|error| error.to_string())?;
        worker::check_certificate(&settings, identity).map_err(|error| error.to_string())
    };
    follow_files(credentials, files, accept).await;
}
