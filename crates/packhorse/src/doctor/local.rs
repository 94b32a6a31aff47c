//! Checks of the data directory: settings, keys, certificates, disk, spools.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use fs_err as fs;
use model::AgentId;
use transport::{Identity, IdentityError};

use super::fault::{
    BAD_SETTINGS, DISK_FULL, EXPIRING, NAME_MISSING, OPEN_KEY, SAME_AGENT, SPOOL_GROWS,
    UNUSABLE_IDENTITY,
};
use super::{Report, chain};
use crate::data_dir::DataDir;

/// From how many days before its end on a certificate is a finding.
const EXPIRY_DAYS: i64 = 30;

/// What must be free on the disk: so much in any case, and so many percent of it unless that is
/// plenty.
const FREE_BYTES_MIN: u64 = 200 << 20;
const FREE_PERCENT_MIN: u64 = 5;
const FREE_BYTES_PLENTY: u64 = 2 << 30;

/// What may wait in a worker's spool.
const SPOOL_BYTES_MAX: u64 = 256 << 20;

/// A worker of this data directory.
pub(crate) struct LocalWorker {
    /// Its settings, when they can be used.
    pub(crate) settings: Option<worker::Settings>,
    /// Its certificate, when it can be used.
    pub(crate) identity: Option<Identity>,
}

/// Looks at settings of the master.
pub(crate) fn master_settings(dir: &DataDir, report: &mut Report) -> Option<master::Settings> {
    report.check("settings of the master");
    let path = dir.master_settings();
    if !path.exists() {
        return Some(master::Settings::default());
    }
    match master::Settings::read(&path) {
        Ok(settings) => Some(settings),
        Err(error) => {
            let fix = format!("correct `{}`", path.display());
            report.find(BAD_SETTINGS, chain(&error), &fix);
            None
        }
    }
}

/// Looks at a certificate and its key; `None` when there is none or it cannot be used.
pub(crate) fn identity(folder: &Path, name: &str, report: &mut Report) -> Option<Identity> {
    let (certificate, key) =
        (folder.join(format!("{name}.crt")), folder.join(format!("{name}.key")));
    if !certificate.exists() && !key.exists() {
        return None;
    }
    report.check(format!("certificate `{}` and its key", certificate.display()));
    match Identity::load(&certificate, &key) {
        Ok(identity) => {
            expiry(&identity, &certificate, report);
            Some(identity)
        }
        Err(error) => {
            if matches!(error, IdentityError::KeyReadableByOthers { .. }) {
                let fix = format!("chmod 600 {}", key.display());
                report.find(OPEN_KEY, chain(&error), &fix);
            } else {
                let fix = format!(
                    "chown the files `{}` and `{}` to the service's account, or put them back",
                    certificate.display(),
                    key.display()
                );
                report.find(UNUSABLE_IDENTITY, chain(&error), &fix);
            }
            None
        }
    }
}

fn expiry(identity: &Identity, path: &Path, report: &mut Report) {
    let Some(facts) = identity.facts() else { return };
    let days = facts.days_left(SystemTime::now());
    if EXPIRY_DAYS <= days {
        return;
    }
    let evidence = if days < 0 {
        format!("`{}` ended {} days ago", path.display(), -days)
    } else {
        format!("`{}` ends in {days} days", path.display())
    };
    report.find(EXPIRING, evidence, "packhorse cert renew, restart, packhorse cert retire");
}

/// Looks at the key of SSISDB, which is a secret as well.
pub(crate) fn catalog_key(dir: &DataDir, report: &mut Report) {
    let path = dir.key();
    let Ok(metadata) = fs::metadata(&path) else { return };
    report.check("key of SSISDB");
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        let evidence = format!("`{}` has mode {mode:03o}", path.display());
        report.find(OPEN_KEY, evidence, &format!("chmod 600 {}", path.display()));
    }
}

/// Looks at whether the master's certificate names an address.
pub(crate) fn names(identity: &Identity, address: &str, report: &mut Report) {
    let host = address.trim_start_matches("https://");
    let host = host.split('/').next().unwrap_or_default();
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let Some(facts) = identity.facts() else { return };
    if host.is_empty() {
        return;
    }
    report.check("names in the master's certificate");
    if !facts.names.iter().any(|name| name.eq_ignore_ascii_case(host)) {
        let evidence =
            format!("workers and clients use {host}; the names are {}", facts.names.join(", "));
        let fix = format!("packhorse cert renew --host {host}, and restart the master");
        report.find(NAME_MISSING, evidence, &fix);
    }
}

/// Looks at the workers of this directory.
pub(crate) fn workers(dir: &DataDir, report: &mut Report) -> Vec<LocalWorker> {
    let folder = dir.root().join("workers");
    let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
    let mut numbers: Vec<u32> =
        entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    numbers.sort_unstable();
    numbers.retain(|number| dir.worker_settings(*number).exists());
    let mut found = Vec::new();
    let mut agents: BTreeMap<AgentId, PathBuf> = BTreeMap::new();
    for number in numbers {
        let path = dir.worker_settings(number);
        report.check(format!("settings of worker {number}"));
        let settings = match worker::Settings::read(&path) {
            Ok(settings) => Some(settings),
            Err(error) => {
                let fix = format!("correct `{}`", path.display());
                report.find(BAD_SETTINGS, chain(&error), &fix);
                None
            }
        };
        if let Some(agent) = settings.as_ref().and_then(|settings| settings.agent_id)
            && let Some(other) = agents.insert(agent, path.clone())
        {
            let evidence = format!("{agent} is in `{}` and `{}`", other.display(), path.display());
            let fix = format!("remove the folder of worker {number} and let it join again");
            report.find(SAME_AGENT, evidence, &fix);
        }
        let identity = identity(&dir.worker(number).join("certs"), "worker", report);
        spool(dir, number, settings.as_ref(), report);
        found.push(LocalWorker { settings, identity });
    }
    found
}

fn spool(dir: &DataDir, number: u32, settings: Option<&worker::Settings>, report: &mut Report) {
    let given = settings.and_then(|settings| settings.execution_log_cache_folder.clone());
    let folder = given.unwrap_or_else(|| dir.worker(number).join("spool"));
    report.check(format!("spool of worker {number}"));
    let files = fs::read_dir(&folder).into_iter().flatten().flatten();
    let bytes: u64 = files.filter_map(|file| Some(file.metadata().ok()?.len())).sum();
    if SPOOL_BYTES_MAX < bytes {
        let evidence = format!("`{}` holds {} MB", folder.display(), bytes >> 20);
        report.find(SPOOL_GROWS, evidence, "see that the worker reaches a master");
    }
}

/// Looks at the disk.
pub(crate) fn disk(dir: &DataDir, report: &mut Report) {
    let Ok(disk) = nix::sys::statvfs::statvfs(dir.root()) else { return };
    report.check("free disk space");
    let free = disk.blocks_available().saturating_mul(disk.fragment_size());
    let all = disk.blocks().saturating_mul(disk.fragment_size()).max(1);
    let few_percent = u128::from(free) * 100 < u128::from(all) * u128::from(FREE_PERCENT_MIN);
    if free < FREE_BYTES_MIN || (few_percent && free < FREE_BYTES_PLENTY) {
        let evidence = format!(
            "{} MB of {} MB are free on the disk of `{}`",
            free >> 20,
            all >> 20,
            dir.root().display()
        );
        report.find(DISK_FULL, evidence, "free space on that disk");
    }
}
