//! Checks of the data directory: settings, keys, certificates, disks.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::time::SystemTime;

use fs_err as fs;
use transport::{Identity, IdentityError};

use super::fault::{BAD_SETTINGS, DISK_FULL, EXPIRING, NAME_MISSING, OPEN_KEY, UNUSABLE_IDENTITY};
use super::{Fix, Report, chain, quoted};
use crate::data_dir::DataDir;

/// From how many days before its end on a certificate is a finding.
const EXPIRY_DAYS: i64 = 30;

/// What must be free on the disk: so much in any case, and so many percent of it unless that is
/// plenty.
const FREE_BYTES_MIN: u64 = 200 << 20;
const FREE_PERCENT_MIN: u64 = 5;
const FREE_BYTES_PLENTY: u64 = 2 << 30;

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
            report.find(BAD_SETTINGS, chain(&error), fix);
            None
        }
    }
}

/// Whose certificate: its folder, the name of its files, and what to add to `packhorse cert` to
/// mean it.
pub(crate) struct Whose<'a> {
    pub(crate) folder: &'a Path,
    pub(crate) name: &'a str,
    pub(crate) option: &'a str,
}

/// Looks at a certificate and its key; `None` when there is none or it cannot be used.
pub(crate) fn identity(dir: &DataDir, whose: &Whose<'_>, report: &mut Report) -> Option<Identity> {
    let name = whose.name;
    let certificate = whose.folder.join(format!("{name}.crt"));
    let key = whose.folder.join(format!("{name}.key"));
    if !certificate.exists() && !key.exists() {
        return None;
    }
    report.check(format!("certificate `{}` and its key", certificate.display()));
    other_owner(dir, &key, report);
    match Identity::load(&certificate, &key) {
        Ok(identity) => {
            expiry(dir, &identity, (&certificate, whose.option), report);
            Some(identity)
        }
        Err(error) => {
            unusable(&error, (&certificate, &key), report);
            None
        }
    }
}

fn unusable(error: &IdentityError, (certificate, key): (&Path, &Path), report: &mut Report) {
    let said = chain(error);
    let key_word = quoted(&key.to_string_lossy());
    if matches!(error, IdentityError::KeyReadableByOthers { .. }) {
        let fix = Fix::new("take the key away from the others");
        report.find(OPEN_KEY, said, fix.run(format!("chmod 600 {key_word}")));
        return;
    }
    let fix = format!(
        "let the service's account read `{}` and `{}`, or put back those that belong together",
        certificate.display(),
        key.display()
    );
    report.find(UNUSABLE_IDENTITY, said, fix);
}

/// A key that belongs to another account than the data directory: whoever runs the service, which
/// owns the directory, cannot read it.
fn other_owner(dir: &DataDir, key: &Path, report: &mut Report) {
    let (Ok(folder), Ok(file)) = (fs::metadata(dir.root()), fs::metadata(key)) else { return };
    let root_runs_it = folder.uid() == 0;
    if folder.uid() == file.uid() || root_runs_it {
        return;
    }
    let account = |id: u32| {
        let user = nix::unistd::User::from_uid(nix::unistd::Uid::from_raw(id)).ok().flatten();
        user.map_or_else(|| id.to_string(), |user| user.name)
    };
    let owner = account(folder.uid());
    let evidence = format!(
        "`{}` belongs to {}, the data directory to {owner}",
        key.display(),
        account(file.uid())
    );
    let command = format!("chown {owner} {}", quoted(&key.to_string_lossy()));
    let fix = Fix::new("give the key to the account that the service runs under").run(command);
    report.find(UNUSABLE_IDENTITY, evidence, fix);
}

fn expiry(dir: &DataDir, identity: &Identity, (path, option): (&Path, &str), report: &mut Report) {
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
    report.find(EXPIRING, evidence, exchange(dir, option, ""));
}

/// How a certificate is exchanged.
fn exchange(dir: &DataDir, option: &str, host: &str) -> Fix {
    Fix::new("exchange the certificate; a service that runs shows the new one from then on")
        .run(dir.shell(&format!("cert renew{option}{host}")))
        .run(dir.shell(&format!("cert rotate{option}")))
        .run(dir.shell(&format!("cert retire{option}")))
}

/// Looks at the key of SSISDB, which is a secret as well.
pub(crate) fn catalog_key(dir: &DataDir, report: &mut Report) {
    let path = dir.key();
    let Ok(metadata) = fs::metadata(&path) else { return };
    report.check("key of SSISDB");
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        let evidence = format!("`{}` has mode {mode:03o}", path.display());
        let fix = Fix::new("take the key away from the others");
        let path = quoted(&path.to_string_lossy());
        report.find(OPEN_KEY, evidence, fix.run(format!("chmod 600 {path}")));
    }
}

/// Looks at whether the master's certificate names an address.
pub(crate) fn names(dir: &DataDir, identity: &Identity, address: &str, report: &mut Report) {
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
        let fix = exchange(dir, "", &format!(" --host {}", quoted(host)));
        report.find(NAME_MISSING, evidence, fix);
    }
}

/// Looks at the disk of a folder. Each disk is looked at once.
pub(crate) fn disk(folder: &Path, seen: &mut Vec<u64>, report: &mut Report) {
    let Ok(disk) = nix::sys::statvfs::statvfs(folder) else { return };
    let device = fs::metadata(folder).map(|metadata| metadata.dev()).unwrap_or_default();
    if seen.contains(&device) {
        return;
    }
    seen.push(device);
    report.check(format!("free space on the disk of `{}`", folder.display()));
    let free = disk.blocks_available().saturating_mul(disk.fragment_size());
    let all = disk.blocks().saturating_mul(disk.fragment_size()).max(1);
    let few_percent = u128::from(free) * 100 < u128::from(all) * u128::from(FREE_PERCENT_MIN);
    if free < FREE_BYTES_MIN || (few_percent && free < FREE_BYTES_PLENTY) {
        let evidence = format!(
            "{} MB of {} MB are free on the disk of `{}`",
            free >> 20,
            all >> 20,
            folder.display()
        );
        let fix = Fix::new("free space on that disk; this shows what takes it")
            .run(format!("du -xh --max-depth=2 {}", quoted(&folder.to_string_lossy())));
        report.find(DISK_FULL, evidence, fix);
    }
}
