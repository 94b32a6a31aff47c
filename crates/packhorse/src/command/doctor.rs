//! `packhorse doctor`: finds what is wrong, and says what mends it.

use std::process::ExitCode;

use anyhow::{Context, Result};
use transport::{CertificateRequest, Identity, Thumbprint};

use crate::cli::DoctorArgs;
use crate::data_dir::DataDir;
use crate::doctor::fault::{NO_CATALOG, NOT_SET_UP};
use crate::doctor::local::{self, LocalWorker};
use crate::doctor::reach::{self, Who};
use crate::doctor::{Report, ssisdb};
use crate::one_box::open_catalog;
use crate::output;

/// Looks, and exits with 1 when something is wrong.
pub(crate) async fn run(dir: &DataDir, args: &DoctorArgs, json: bool) -> Result<ExitCode> {
    let mut report = Report::default();
    if let Some(url) = &args.endpoint {
        from_outside(url, &args.thumbprints, &mut report).await?;
    } else {
        from_inside(dir, &mut report).await;
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
    reach::endpoint(url, &nobody, &pins, Who::Stranger, report).await;
    Ok(())
}

async fn from_inside(dir: &DataDir, report: &mut Report) {
    report.check("the data directory is set up");
    let has_master = dir.key().exists();
    if has_master {
        master(dir, report).await;
    }
    let workers = local::workers(dir, report);
    if !has_master && workers.is_empty() {
        let evidence =
            format!("`{}` has neither a key of SSISDB nor a worker", dir.root().display());
        report.find(NOT_SET_UP, evidence, "packhorse init, or packhorse join at a worker");
        return;
    }
    local::disk(dir, report);
    // Workers beside their master are told by it where it is when they start.
    if !has_master {
        for worker in &workers {
            from_worker(worker, report).await;
        }
    }
}

async fn master(dir: &DataDir, report: &mut Report) {
    let settings = local::master_settings(dir, report);
    local::catalog_key(dir, report);
    let identity = local::identity(&dir.certificates(), "master", report);
    local::identity(&dir.certificates(), "admin", report);
    let mut published = String::new();
    if let Some(settings) = settings {
        catalog(dir, report).await;
        published = settings.master_address;
    }
    if let Some(identity) = &identity {
        local::names(identity, &published, report);
        if let Some(url) = dir.endpoint() {
            let pins = [identity.thumbprint()];
            reach::endpoint(&url, identity, &pins, Who::Stranger, report).await;
        }
    }
}

/// Looks at SSISDB.
async fn catalog(dir: &DataDir, report: &mut Report) {
    let place = dir.catalog();
    let opened = place.and_then(|place| {
        if !catalog::is_address(&place) && !std::path::Path::new(&place).exists() {
            anyhow::bail!("`{place}` is not there");
        }
        Ok((catalog::is_address(&place), open_catalog(dir, false)?))
    });
    match opened {
        Ok((is_server, catalog)) => {
            ssisdb::look(&catalog, is_server, report).await;
            catalog.close().await;
        }
        Err(error) => {
            report.check("SSISDB opens");
            let fix =
                "correct SqlServerName in MasterSettings.toml, or put SSISDB and its key back";
            report.find(NO_CATALOG, format!("{error:#}"), fix);
        }
    }
}

async fn from_worker(worker: &LocalWorker, report: &mut Report) {
    let LocalWorker { settings: Some(settings), identity: Some(identity) } = worker else {
        return;
    };
    let Some(agent) = settings.agent_id else { return };
    let pins = &settings.master_thumbprints;
    for url in &settings.master_endpoints {
        reach::endpoint(url, identity, pins, Who::Worker(agent), report).await;
    }
}
