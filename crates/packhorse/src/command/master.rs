//! `packhorse master`: one Scale Out Master, until stopped.

use std::net::IpAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use catalog::{Catalog, CatalogKey};
use master::{Master, Settings};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use transport::{CertificateFiles, Credentials, Identity, follow_files};

use crate::cli::MasterArgs;
use crate::data_dir::{DataDir, machine_name, machine_names};
use crate::doctor::chain;
use crate::exec::job::{parse_mappings, path_map};
use crate::probe::Machine;
use crate::supervise::{self, Ready};
use crate::{output, signals};

/// How long a master waits before it tries again to reach SSISDB.
const TRY_EVERY: Duration = Duration::from_secs(1);

/// Serves until SIGINT or SIGTERM.
pub(crate) async fn run(dir: &DataDir, args: &MasterArgs) -> Result<ExitCode> {
    output::log_to_stderr();
    supervise::follow_parent(args.parent.parent)?;
    take_all_file_handles();
    dir.require_initialised()?;
    let settings = settings(dir, args)?;
    let on_loopback = settings.bind_address.is_loopback();
    let catalog = tokio::select! {
        stopped = signals::stop() => return stopped.map(|()| ExitCode::SUCCESS),
        opened = open_when_there(dir) => opened?,
    };
    let credentials = Credentials::new(dir.identity("master", &machine_names())?);
    let following = follow(dir, credentials.clone());
    let paths = path_map(&parse_mappings(&settings.path_mappings)?, dir.root());
    let machine = Arc::new(Machine { paths });
    let handle = Master::start_with(settings, catalog.clone(), credentials, machine).await?;
    let port = handle.local_addr().port();
    let host = if on_loopback { "127.0.0.1".to_owned() } else { machine_name() };
    let endpoint = format!("https://{host}:{port}");
    dir.set_endpoint(Some(&format!("https://127.0.0.1:{port}")))?;
    let tds = handle.tds_addr().map(|address| format!("{host},{}", address.port()));
    Ready { role: "master".to_owned(), endpoint: Some(endpoint), tds }.announce()?;
    tokio::select! {
        stopped = signals::stop() => stopped?,
        () = following => {}
    }
    handle.shutdown().await;
    catalog.close().await;
    dir.set_endpoint(None)?;
    Ok(ExitCode::SUCCESS)
}

/// Opens SSISDB, and waits for its server while that is away: after a loss of power the two start
/// together, and nobody should have to start a master twice. What waiting does not mend, such as
/// a wrong password, is an error at once.
async fn open_when_there(dir: &DataDir) -> Result<Catalog> {
    let mut told = false;
    loop {
        let (place, key) = (dir.catalog()?, CatalogKey::load(dir.key())?);
        // Each try is short, so that a master that is told to stop meanwhile stops.
        let open = move || Catalog::open_at(&place, key, Duration::ZERO);
        match tokio::task::spawn_blocking(open).await? {
            Err(error) if error.is_transient() => {
                if !told {
                    let error = chain(&error);
                    tracing::warn!(%error, "waiting for SSISDB, which is tried every second");
                }
                told = true;
                tokio::time::sleep(TRY_EVERY).await;
            }
            opened => return Ok(opened?),
        }
    }
}

/// Each client takes a file handle, and the usual limit of 1,024 is for programs that do not know
/// better: the system lets each process raise its own.
fn take_all_file_handles() {
    let raised = getrlimit(Resource::RLIMIT_NOFILE)
        .and_then(|(_, most)| setrlimit(Resource::RLIMIT_NOFILE, most, most));
    if let Err(error) = raised {
        tracing::warn!(%error, "the limit of open files stays as it is");
    }
}

/// Shows what `cert rotate` puts in place, unless the settings name another certificate.
async fn follow(dir: &DataDir, credentials: Credentials) {
    let files = CertificateFiles::of(&dir.certificates(), "master");
    let path = dir.master_settings();
    let accept = move |identity: &Identity| {
        let read = || if path.exists() { Settings::read(&path) } else { Ok(Settings::default()) };
        let settings = read().map_err(|error| error.to_string())?;
        master::check_certificate(&settings, identity).map_err(|error| error.to_string())
    };
    follow_files(credentials, files, accept).await;
}

/// The settings file with what was typed on top.
pub(crate) fn settings(dir: &DataDir, args: &MasterArgs) -> Result<Settings> {
    let path = dir.master_settings();
    let mut settings = if path.exists() { Settings::read(&path)? } else { Settings::default() };
    settings.master_id = dir.master_id()?;
    if let Some(port) = args.port {
        settings.port_number = port;
    }
    if let Some(port) = args.tds.tds_port {
        (settings.tds_enabled, settings.tds_port) = (true, port);
    }
    settings.tds_enabled &= !args.tds.no_tds;
    settings.path_mappings.extend(args.paths_here.mappings.iter().cloned());
    if let Some(address) = &args.bind {
        let parsed: Result<IpAddr, _> = address.parse();
        settings.bind_address =
            parsed.with_context(|| format!("`--bind {address}` is not an IP address"))?;
    }
    Ok(settings)
}
