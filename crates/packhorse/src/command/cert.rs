//! `packhorse cert`: certificates, and exchanging them while both the old and the new are trusted.
//!
//! ```text
//!   renew or import ──▶ NAME-next.crt, trusted ──rotate──▶ NAME.crt ──retire──▶ old one revoked
//! ```

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::SystemTime;

use anyhow::{Context, Result, bail};
use catalog::scale_out::{CertificateRole, revoke_certificate, trust_certificate};
use fs_err as fs;
use model::AgentId;
use serde_json::json;
use transport::{CertificateRequest, Identity, Thumbprint, certificate_facts, read_certificate};

use crate::cli::{CertAction, CertArgs, WhoseCertificate};
use crate::data_dir::{CERTIFICATE_DAYS, DataDir, machine_name, machine_names};
use crate::one_box::{certificate, open_catalog};
use crate::{output, worker_settings};

/// Where a certificate is, and what SSISDB trusts it as.
struct Place {
    folder: PathBuf,
    name: &'static str,
    role: CertificateRole,
    agent: Option<AgentId>,
    worker: Option<u32>,
}

/// Shows or changes.
pub(crate) async fn run(dir: &DataDir, args: &CertArgs, json: bool) -> Result<ExitCode> {
    match &args.action {
        CertAction::Show => show(dir, json)?,
        CertAction::Renew { whose, hosts } => {
            let place = place(dir, *whose)?;
            let next = make(&place, hosts)?;
            prepare(dir, &place, &next, json).await?;
        }
        CertAction::Import { certificate, key, whose } => {
            let place = place(dir, *whose)?;
            refuse_pfx(certificate)?;
            let next = Identity::load(certificate, key)?;
            prepare(dir, &place, &next, json).await?;
        }
        CertAction::Rotate { whose } => rotate(dir, &place(dir, *whose)?, json)?,
        CertAction::Retire { whose } => retire(dir, &place(dir, *whose)?, json).await?,
    }
    Ok(ExitCode::SUCCESS)
}

fn place(dir: &DataDir, whose: WhoseCertificate) -> Result<Place> {
    let Some(number) = whose.worker else {
        dir.require_initialised()?;
        let folder = dir.certificates();
        let role = CertificateRole::Master;
        return Ok(Place { folder, name: "master", role, agent: None, worker: None });
    };
    let path = dir.worker_settings(number);
    let settings = worker::Settings::read(&path)
        .with_context(|| format!("there is no worker {number} in this data directory"))?;
    let agent = settings.agent_id;
    let agent = agent.with_context(|| format!("`{}` has no AgentId", path.display()))?;
    Ok(Place {
        folder: dir.worker(number).join("certs"),
        name: "worker",
        role: CertificateRole::Worker,
        agent: Some(agent),
        worker: Some(number),
    })
}

impl Place {
    fn file(&self, kind: &str, extension: &str) -> PathBuf {
        self.folder.join(format!("{}{kind}.{extension}", self.name))
    }

    fn load(&self, kind: &str) -> Result<Identity> {
        Ok(Identity::load(&self.file(kind, "crt"), &self.file(kind, "key"))?)
    }

    fn remove(&self, kind: &str) -> Result<()> {
        fs::remove_file(self.file(kind, "crt"))?;
        fs::remove_file(self.file(kind, "key"))?;
        Ok(())
    }

    /// The option that names it on the command line.
    fn option(&self) -> String {
        self.worker.map(|number| format!(" --worker {number}")).unwrap_or_default()
    }
}

/// A new certificate with all names that the present one has.
fn make(place: &Place, hosts: &[String]) -> Result<Identity> {
    let mut names = place.load("")?.facts().map(|facts| facts.names).unwrap_or_default();
    for name in machine_names().into_iter().chain(hosts.iter().cloned()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let common_name = format!("Packhorse {} on {}", place.name, machine_name());
    let request = CertificateRequest { common_name, names, days: CERTIFICATE_DAYS };
    Ok(Identity::generate(&request)?)
}

fn refuse_pfx(path: &Path) -> Result<()> {
    let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
    if extension == "pfx" || extension == "p12" {
        let shown = path.display();
        bail!(
            "PFX files are not read here; convert it: `openssl pkcs12 -in {shown} -nokeys -out \
             new.crt`, then `(umask 077; openssl pkcs12 -in {shown} -nocerts -noenc -out new.key)`"
        );
    }
    Ok(())
}

/// Keeps the next certificate beside the present one, and has it trusted.
async fn prepare(dir: &DataDir, place: &Place, next: &Identity, json: bool) -> Result<()> {
    let path = place.file("-next", "crt");
    if path.exists() {
        bail!("`{}` is there already: packhorse cert rotate{}", path.display(), place.option());
    }
    let thumbprint = next.thumbprint();
    let trusted = dir.key().exists();
    if trusted {
        let row = certificate(next, place.role, place.agent);
        let catalog = open_catalog(dir, false)?;
        let written = catalog.write(move |tx| trust_certificate(tx, &row)).await;
        catalog.close().await;
        written.context("SSISDB does not trust the new certificate")?;
    }
    next.save(&place.folder, &format!("{}-next", place.name))?;
    if json {
        return output::json(&json!({ "thumbprint": thumbprint.to_string(), "trusted": trusted }));
    }
    output::line(&format!("thumbprint  {thumbprint}"))?;
    if let (Some(agent), false) = (place.agent, trusted) {
        output::line(&format!(
            "at a master packhorse workers approve {agent} --thumbprint {thumbprint}"
        ))?;
    }
    if place.role == CertificateRole::Master {
        output::note(
            "workers on other machines: add the thumbprint to MasterHttpsCertThumbprint and \
             restart them first",
        );
    }
    output::line(&format!("next        packhorse cert rotate{}", place.option()))
}

/// Puts the next certificate in the place of the present one, which is kept until it is retired.
fn rotate(dir: &DataDir, place: &Place, json: bool) -> Result<()> {
    let next = place.load("-next").context("there is no next certificate: packhorse cert renew")?;
    let old = place.load("")?;
    let thumbprint = next.thumbprint();
    if place.role == CertificateRole::Master {
        require_setting(dir, thumbprint)?;
        for number in local_workers(dir)? {
            worker_settings::add_pin(dir, number, thumbprint)?;
        }
    }
    old.save(&place.folder, &format!("{}-old", place.name))?;
    next.save(&place.folder, place.name)?;
    place.remove("-next")?;
    if json {
        return output::json(&json!({ "thumbprint": thumbprint.to_string() }));
    }
    output::line(&format!("thumbprint  {thumbprint}"))?;
    output::line(&format!(
        "next        restart the {}, then packhorse cert retire{}",
        place.name,
        place.option()
    ))
}

/// A master does not start with another certificate than its settings name.
fn require_setting(dir: &DataDir, next: Thumbprint) -> Result<()> {
    let path = dir.master_settings();
    let set = if path.exists() {
        master::Settings::read(&path)?.ssl_cert_thumbprint
    } else {
        String::new()
    };
    if set.is_empty() || set.parse() == Ok(next) {
        return Ok(());
    }
    bail!("`{}` sets SSLCertThumbprint: set it to {next} first", path.display())
}

fn local_workers(dir: &DataDir) -> Result<Vec<u32>> {
    let folder = dir.root().join("workers");
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut numbers = Vec::new();
    for entry in fs::read_dir(folder)? {
        let number = entry?.file_name().to_str().and_then(|name| name.parse().ok());
        numbers.extend(number.filter(|number| dir.worker_settings(*number).exists()));
    }
    Ok(numbers)
}

async fn retire(dir: &DataDir, place: &Place, json: bool) -> Result<()> {
    let old = place.load("-old").context("no certificate of this data directory was replaced")?;
    let thumbprint = old.thumbprint();
    let has_catalog = dir.key().exists();
    if has_catalog {
        let catalog = open_catalog(dir, false)?;
        let name = thumbprint.to_string();
        let revoked = catalog.write(move |tx| revoke_certificate(tx, &name)).await;
        catalog.close().await;
        revoked.context("SSISDB still trusts the old certificate")?;
    }
    place.remove("-old")?;
    if json {
        return output::json(
            &json!({ "thumbprint": thumbprint.to_string(), "revoked": has_catalog }),
        );
    }
    output::line(&format!("retired     {thumbprint}"))?;
    if !has_catalog {
        output::note("its key is deleted here; masters forget it when the worker is removed");
    }
    Ok(())
}

fn show(dir: &DataDir, json: bool) -> Result<()> {
    let mut folders = vec![dir.certificates()];
    let workers = local_workers(dir)?.into_iter();
    folders.extend(workers.map(|number| dir.worker(number).join("certs")));
    let mut all = Vec::new();
    for folder in folders.iter().filter(|folder| folder.exists()) {
        let mut files = Vec::new();
        for entry in fs::read_dir(folder)? {
            files.push(entry?.path());
        }
        files.sort();
        for path in
            files.into_iter().filter(|path| path.extension().is_some_and(|end| end == "crt"))
        {
            all.push(describe(&path)?);
        }
    }
    if json {
        return output::json(&json!({ "certificates": all }));
    }
    for one in &all {
        for (name, value) in one.as_object().into_iter().flatten() {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            output::line(&format!("{name:<18}{value}"))?;
        }
        output::line("")?;
    }
    Ok(())
}

fn describe(path: &Path) -> Result<serde_json::Value> {
    let der = read_certificate(path)?;
    let facts =
        certificate_facts(&der).with_context(|| format!("`{}` cannot be read", path.display()))?;
    Ok(json!({
        "path": path,
        "common_name": facts.common_name,
        "names": facts.names.join(", "),
        "thumbprint": Thumbprint::of(&der).to_string(),
        "thumbprint_sha1": transport::sha1(&der),
        "days_left": facts.days_left(SystemTime::now()),
    }))
}
