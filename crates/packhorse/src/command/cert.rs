//! `packhorse cert`: certificates, and exchanging them while everything runs.
//!
//! ```text
//!   renew or import ──▶ NAME-next.crt, trusted ──rotate──▶ NAME.crt ──retire──▶ old one revoked
//! ```
//!
//! Every master tells every worker of a master's next certificate before `rotate` puts it in
//! place, and a running process shows what is put in place, so nothing is restarted and no
//! thumbprint is copied by hand.

mod known;
mod place;
mod show;
mod trusted;

use std::io::Read as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use catalog::scale_out::CertificateRole;
use fs_err as fs;
use serde_json::json;
use transport::{CertificateRequest, GivenThumbprint, Identity, PFX_MAX, Thumbprint};

use self::place::{Place, local_workers};
use crate::cli::{CertAction, CertArgs};
use crate::data_dir::{CERTIFICATE_DAYS, DataDir, machine_name, machine_names};
use crate::{output, worker_settings};

/// The longest password that is read.
const PASSWORD_MAX: u64 = 4096;

/// Shows or changes.
pub(crate) async fn run(dir: &DataDir, args: &CertArgs, json: bool) -> Result<ExitCode> {
    match &args.action {
        CertAction::Show => show::show(dir, json)?,
        CertAction::Renew { whose, hosts } => {
            let place = Place::of(dir, *whose)?;
            let next = make(&place, hosts)?;
            prepare(dir, &place, &next, json).await?;
        }
        CertAction::Import { certificate, key, password_file, whose } => {
            let place = Place::of(dir, *whose)?;
            let next = match key {
                Some(key) => Identity::load(certificate, key)?,
                None => read_pfx(certificate, password_file.as_deref())?,
            };
            prepare(dir, &place, &next, json).await?;
        }
        CertAction::Rotate { whose, now } => {
            rotate(dir, &Place::of(dir, *whose)?, *now, json).await?;
        }
        CertAction::Retire { whose } => retire(dir, &Place::of(dir, *whose)?, json).await?,
    }
    Ok(ExitCode::SUCCESS)
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

fn read_pfx(path: &Path, password_file: Option<&Path>) -> Result<Identity> {
    let password = match password_file {
        None => bail!("give --key, or --password-file for a PFX file"),
        Some(file) if file == Path::new("-") => first_line(std::io::stdin())?,
        Some(file) => first_line(fs::File::open(file)?)?,
    };
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(PFX_MAX as u64 + 1).read_to_end(&mut bytes)?;
    Ok(Identity::from_pfx(&bytes, &password, path)?)
}

fn first_line(from: impl std::io::Read) -> Result<String> {
    let mut text = String::new();
    from.take(PASSWORD_MAX).read_to_string(&mut text).context("cannot read the password")?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

/// Keeps the next certificate beside the present one, and has it trusted.
async fn prepare(dir: &DataDir, place: &Place, next: &Identity, json: bool) -> Result<()> {
    let path = place.file("-next", "crt");
    if path.exists() {
        bail!("`{}` is there already: packhorse cert rotate{}", path.display(), place.option());
    }
    let thumbprint = next.thumbprint();
    trusted::trust(dir, place, next).await?;
    place.save(next, "-next")?;
    if json {
        return output::json(&json!({ "thumbprint": thumbprint.to_string(), "trusted": true }));
    }
    output::line(&format!("thumbprint  {thumbprint}"))?;
    output::line(&format!("next        packhorse cert rotate{}", place.option()))
}

/// Puts the next certificate in the place of the present one, which is kept until it is retired.
async fn rotate(dir: &DataDir, place: &Place, now: bool, json: bool) -> Result<()> {
    let next = place.load("-next").context("there is no next certificate: packhorse cert renew")?;
    let thumbprint = next.thumbprint();
    let old = present(place)?;
    let catalog = trusted::catalog_at_hand(dir)?;
    if place.role == CertificateRole::Master {
        if let Some(catalog) = catalog.as_ref().filter(|_| !now) {
            known::told_to_workers(catalog, thumbprint).await?;
        }
        follow_setting(dir, &old, thumbprint)?;
        for number in local_workers(dir)? {
            worker_settings::add_pin(dir, number, thumbprint)?;
        }
    }
    place.save(&old, "-old")?;
    place.save(&next, "")?;
    place.remove("-next")?;
    let shown = known::shown(dir, place, catalog.as_ref(), thumbprint).await;
    if let Some(catalog) = catalog {
        catalog.close().await;
    }
    let shown = shown?;
    if json {
        return output::json(&json!({ "thumbprint": thumbprint.to_string(), "shown": shown }));
    }
    output::line(&format!("thumbprint  {thumbprint}"))?;
    if shown {
        output::note(&format!("the {} that runs shows it", place.name));
    }
    output::line(&format!("next        packhorse cert retire{}", place.option()))
}

/// The certificate to replace. One that was replaced before is retired first, so that none is
/// forgotten; a rotation that broke off between two files goes on.
fn present(place: &Place) -> Result<Identity> {
    let is_kept = place.file("-old", "crt").exists();
    match place.load("") {
        Ok(present) if !is_kept => Ok(present),
        Ok(present) if present.thumbprint() == place.load("-old")?.thumbprint() => Ok(present),
        Ok(_) => {
            bail!("the one before is not retired yet: packhorse cert retire{}", place.option())
        }
        Err(_) if is_kept => place.load("-old"),
        Err(error) => Err(error),
    }
}

/// A master shows no other certificate than its settings name: they go along.
fn follow_setting(dir: &DataDir, old: &Identity, next: Thumbprint) -> Result<()> {
    let path = dir.master_settings();
    let set = if path.exists() {
        master::Settings::read(&path)?.ssl_cert_thumbprint
    } else {
        String::new()
    };
    match set.parse::<GivenThumbprint>() {
        _ if set.is_empty() => Ok(()),
        Ok(given) if given == GivenThumbprint::Sha256(next) => Ok(()),
        Ok(given) if given.names(old.certificate_der()) => {
            worker_settings::set_line(&path, "SSLCertThumbprint", &next.to_string().into())
        }
        Ok(_) | Err(_) => {
            bail!("`{}` sets SSLCertThumbprint: set it to {next} first", path.display())
        }
    }
}

async fn retire(dir: &DataDir, place: &Place, json: bool) -> Result<()> {
    let old = place.load("-old").context("no certificate of this data directory was replaced")?;
    let thumbprint = old.thumbprint();
    let present = place.load("")?.thumbprint();
    let catalog = trusted::catalog_at_hand(dir)?;
    let shown = known::shown(dir, place, catalog.as_ref(), present).await;
    if let Some(catalog) = catalog {
        catalog.close().await;
    }
    shown?;
    trusted::revoke(dir, place, thumbprint).await?;
    place.remove("-old")?;
    if json {
        return output::json(&json!({ "thumbprint": thumbprint.to_string(), "revoked": true }));
    }
    output::line(&format!("retired     {thumbprint}"))
}
