//! `packhorse doctor`: finds what is wrong, and says what mends it.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use catalog::{Catalog, CatalogKey, OpenError};
use transport::{CertificateRequest, Identity, Thumbprint};

use crate::cli::DoctorArgs;
use crate::data_dir::DataDir;
use crate::doctor::fault::{NO_CATALOG, NOT_ITS_CERTIFICATE, NOT_SET_UP, OTHER_CERTIFICATE};
use crate::doctor::local::{self, Whose};
use crate::doctor::packages::{self, Needs};
use crate::doctor::reach::{self, Met, Way};
use crate::doctor::ssisdb::{self, Topology};
use crate::doctor::workers::{self, LocalWorker};
use crate::doctor::{Fix, Report, chain, log_login};
use crate::output;

/// How long SSISDB's server may take to answer: doctor shall say soon that it does not.
const PATIENCE: Duration = Duration::from_secs(5);

/// Looks, and exits with 1 when something is wrong.
pub(crate) async fn run(dir: &DataDir, args: &DoctorArgs, json: bool) -> Result<ExitCode> {
    let mut report = Report::default();
    if let Some(url) = &args.endpoint {
        from_outside(url, &args.thumbprints, &mut report).await?;
    } else {
        from_inside(dir, &mut report).await;
    }
    if let Some(file) = &args.connection_file {
        connection(dir, file, &mut report).await?;
    }
    if json {
        output::json(&report)?;
    } else {
        for line in report.lines() {
            output::line(&line)?;
        }
    }
    Ok(if report.findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// From a third machine: what anybody can see of a master.
async fn from_outside(url: &str, thumbprints: &[String], report: &mut Report) -> Result<()> {
    let pins: Result<Vec<Thumbprint>, _> = thumbprints.iter().map(|text| text.parse()).collect();
    let pins = pins.context("--thumbprint is not usable")?;
    let request = CertificateRequest {
        common_name: "packhorse doctor".to_owned(),
        names: Vec::new(),
        days: 1,
    };
    // A certificate for this moment only: it is trusted nowhere.
    let nobody = Identity::generate(&request)?;
    let setting = "--endpoint or --thumbprint".to_owned();
    let way = Way { url, identity: &nobody, pins: &pins, setting };
    reach::as_stranger(&way, OTHER_CERTIFICATE, report).await;
    Ok(())
}

/// Tries the connection string in the first line of a file.
async fn connection(dir: &DataDir, file: &Path, report: &mut Report) -> Result<()> {
    let text = fs_err::read_to_string(file)?;
    let text = text.lines().next().unwrap_or_default();
    // What cannot be opened has been said.
    let catalog = if dir.key().exists() { opened(dir, &mut Report::default()) } else { None };
    log_login::look(dir, text, catalog.as_ref(), report).await;
    if let Some(catalog) = catalog {
        catalog.close().await;
    }
    Ok(())
}

async fn from_inside(dir: &DataDir, report: &mut Report) {
    report.check("the data directory is set up");
    let has_master = dir.key().exists() || dir.master_settings().exists();
    let workers = workers::look(dir, report);
    if !has_master && workers.is_empty() {
        let evidence =
            format!("`{}` has neither a key of SSISDB nor a worker", dir.root().display());
        let fix = Fix::new(
            "make a new SSISDB; or, for a worker, run what `packhorse workers add` prints",
        )
        .run(dir.shell("init"));
        report.find(NOT_SET_UP, evidence, fix);
        return;
    }
    disks(dir, &workers, report);
    if has_master {
        master(dir, &workers, report).await;
        return;
    }
    workers::stopped(dir, &workers, report);
    for worker in &workers {
        from_worker(dir, worker, report).await;
    }
}

fn disks(dir: &DataDir, workers: &[LocalWorker], report: &mut Report) {
    let mut seen = Vec::new();
    local::disk(dir.root(), &mut seen, report);
    for settings in workers.iter().filter_map(|worker| worker.settings.as_ref()) {
        let folders = [&settings.tasks_root_folder, &settings.execution_log_cache_folder];
        for folder in folders.into_iter().flatten() {
            local::disk(folder, &mut seen, report);
        }
    }
}

async fn master(dir: &DataDir, workers: &[LocalWorker], report: &mut Report) {
    let settings = local::master_settings(dir, report);
    local::catalog_key(dir, report);
    let folder = dir.certificates();
    let whose = |name| Whose { folder: &folder, name, option: "" };
    let identity = local::identity(dir, &whose("master"), report);
    local::identity(dir, &whose("admin"), report);
    let Some(settings) = settings else { return };
    let topology = catalog(dir, &settings, workers, report).await;
    let Some(identity) = &identity else { return };
    local::names(dir, identity, &settings.master_address, report);
    let own = [identity.thumbprint()];
    if let Some(url) = dir.endpoint() {
        let setting = format!("PortNumber of `{}`", dir.master_settings().display());
        let way = Way { url: &url, identity, pins: &own, setting };
        reach::as_stranger(&way, NOT_ITS_CERTIFICATE, report).await;
        workers::stopped(dir, workers, report);
    }
    if let Some(topology) = topology {
        other_masters(identity, &topology, report).await;
    }
}

/// The way to every other master.
async fn other_masters(own: &Identity, topology: &Topology, report: &mut Report) {
    for master in topology.masters_online() {
        let Ok(pin) = master.thumbprint.parse::<Thumbprint>() else { continue };
        // One that stands by says so to whoever comes, and is not at fault.
        if pin == own.thumbprint() || master.standing != "serving" {
            continue;
        }
        let setting = format!("MasterAddress of the master on {}", master.machine_name);
        let way = Way { url: &master.address, identity: own, pins: &[pin], setting };
        reach::as_stranger(&way, NOT_ITS_CERTIFICATE, report).await;
    }
}

/// Looks at SSISDB, and at what its packages need of the workers here.
async fn catalog(
    dir: &DataDir,
    settings: &master::Settings,
    workers: &[LocalWorker],
    report: &mut Report,
) -> Option<Topology> {
    let catalog = opened(dir, report)?;
    let topology = ssisdb::look(dir, &catalog, settings, report).await;
    if topology.is_some() {
        match packages::in_catalog(&catalog).await {
            Ok(needs) => {
                needs.drivers(report);
                workers.iter().for_each(|worker| paths(dir, worker, &needs, report));
            }
            Err(error) => report.find(NO_CATALOG, chain(&error), ssisdb::wrong_address(dir)),
        }
    }
    catalog.close().await;
    topology
}

fn opened(dir: &DataDir, report: &mut Report) -> Option<Catalog> {
    let place = dir.catalog().and_then(|place| {
        if !catalog::is_address(&place) && !std::path::Path::new(&place).exists() {
            anyhow::bail!("`{place}` is not there");
        }
        Ok(place)
    });
    let place = match place {
        Ok(place) => place,
        Err(error) => {
            report.check("SSISDB opens");
            report.find(NO_CATALOG, format!("{error:#}"), ssisdb::wrong_address(dir));
            return None;
        }
    };
    let key = CatalogKey::load(dir.key()).map_err(OpenError::Key);
    match key.and_then(|key| Catalog::open_at(&place, key, PATIENCE)) {
        Ok(catalog) => Some(catalog),
        Err(error) => {
            ssisdb::not_opened(dir, &error, report);
            None
        }
    }
}

/// Compares what packages need with what a worker has.
fn paths(dir: &DataDir, worker: &LocalWorker, needs: &Needs, report: &mut Report) {
    let running = worker.running.as_ref().map(|running| &running.path_mappings);
    let settings = worker.settings.as_ref().map(|settings| &settings.path_mappings);
    if let Some(maps) = running.or(settings) {
        needs.paths(&packages::settings_of(dir, worker.number), maps, report);
    }
}

async fn from_worker(dir: &DataDir, worker: &LocalWorker, report: &mut Report) {
    let LocalWorker { settings: Some(settings), identity: Some(identity), .. } = worker else {
        return;
    };
    let Some(agent) = settings.agent_id else { return };
    let pins = &settings.master_thumbprints;
    let typed = worker.running.as_ref().map(|running| &running.master_endpoints);
    let file = dir.worker_settings(worker.number);
    let (mut needs, mut serves, mut standby) = (None, false, None);
    for url in typed.unwrap_or(&settings.master_endpoints) {
        let setting =
            format!("MasterEndpoint or MasterHttpsCertThumbprint in `{}`", file.display());
        let way = Way { url, identity, pins, setting };
        match reach::as_worker(&way, agent, report).await {
            // Every master has the same packages.
            Met::Master(theirs) => (serves, needs) = (true, needs.or(theirs)),
            Met::Standby(said) => standby = Some(said),
            Met::Fault => {}
        }
    }
    if let Some(said) = standby.filter(|_| !serves) {
        reach::only_standbys(&file, &said, report);
    }
    if let Some(needs) = needs {
        needs.drivers(report);
        paths(dir, worker, &needs, report);
    }
}
