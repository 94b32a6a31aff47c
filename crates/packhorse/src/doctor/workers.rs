//! Checks of the workers of this machine: settings, certificate, spool, whether each runs.

use std::collections::BTreeMap;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use fs_err as fs;
use model::AgentId;
use transport::Identity;

use super::fault::{BAD_SETTINGS, SAME_AGENT, SPOOL_GROWS, WORKER_STOPPED};
use super::local::{self, Whose};
use super::{Fix, Report, chain};
use crate::data_dir::DataDir;
use crate::worker_settings::Running;

/// What may wait in a worker's spool.
const SPOOL_BYTES_MAX: u64 = 256 << 20;

/// How long what a package said may wait in the spool after its end: it is sent at once, unless
/// no master takes it.
const SPOOL_LATE: Duration = Duration::from_secs(20);

/// How the line that ends a spool begins.
const END: &[u8] = b"{\"ended\"";

/// How much of a spool's end is looked at for that line.
const TAIL_BYTES: u64 = 64 << 10;

/// A worker of this data directory.
pub(crate) struct LocalWorker {
    /// Its number in the data directory.
    pub(crate) number: u32,
    /// Its settings, when they can be used.
    pub(crate) settings: Option<worker::Settings>,
    /// Its certificate, when it can be used.
    pub(crate) identity: Option<Identity>,
    /// What the process of it was started with, when one runs.
    pub(crate) running: Option<Running>,
}

/// Looks at the workers of this directory.
pub(crate) fn look(dir: &DataDir, report: &mut Report) -> Vec<LocalWorker> {
    let folder = dir.root().join("workers");
    let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
    let mut numbers: Vec<u32> =
        entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    numbers.sort_unstable();
    numbers.retain(|number| dir.worker_settings(*number).exists());
    let mut agents: BTreeMap<AgentId, PathBuf> = BTreeMap::new();
    numbers.into_iter().map(|number| one(dir, number, &mut agents, report)).collect()
}

fn one(
    dir: &DataDir,
    number: u32,
    agents: &mut BTreeMap<AgentId, PathBuf>,
    report: &mut Report,
) -> LocalWorker {
    let path = dir.worker_settings(number);
    report.check(format!("settings of worker {number}"));
    let settings = match worker::Settings::read(&path) {
        Ok(settings) => Some(settings),
        Err(error) => {
            report.find(BAD_SETTINGS, chain(&error), format!("correct `{}`", path.display()));
            None
        }
    };
    if let Some(agent) = settings.as_ref().and_then(|settings| settings.agent_id)
        && let Some(other) = agents.insert(agent, path.clone())
    {
        let evidence = format!("{agent} is in `{}` and `{}`", other.display(), path.display());
        let fix = format!("remove the folder of worker {number} and let it join again");
        report.find(SAME_AGENT, evidence, fix);
    }
    let folder = dir.worker(number).join("certs");
    let option = format!(" --worker {number}");
    let whose = Whose { folder: &folder, name: "worker", option: &option };
    let identity = local::identity(dir, &whose, report);
    spool(dir, number, settings.as_ref(), report);
    let settings = settings.map(|settings| with_known_masters(dir, number, settings));
    LocalWorker { number, settings, identity, running: Running::of(dir, number) }
}

/// Trusted as well is what masters have told the worker of; a file that cannot be read tells
/// nothing.
fn with_known_masters(dir: &DataDir, number: u32, settings: worker::Settings) -> worker::Settings {
    match worker::trusted_masters(&settings, &dir.worker(number)) {
        Ok(pins) => worker::Settings { master_thumbprints: pins.trusted(), ..settings },
        Err(_) => settings,
    }
}

/// Looks whether the workers run: on a machine that only works, or beside a master that does.
pub(crate) fn stopped(dir: &DataDir, workers: &[LocalWorker], report: &mut Report) {
    for worker in workers {
        let number = worker.number;
        report.check(format!("worker {number} runs"));
        if worker.running.is_none() {
            let option = if number == 1 { String::new() } else { format!(" --number {number}") };
            let evidence = format!("no process holds `{}`", dir.worker(number).display());
            let fix = Fix::new("start it").run(dir.shell(&format!("worker{option}")));
            report.find(WORKER_STOPPED, evidence, fix);
        }
    }
}

fn spool(dir: &DataDir, number: u32, settings: Option<&worker::Settings>, report: &mut Report) {
    let given = settings.and_then(|settings| settings.execution_log_cache_folder.clone());
    let folder = given.unwrap_or_else(|| dir.worker(number).join("spool"));
    report.check(format!("spool of worker {number}"));
    let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
    let files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    let sizes = files.iter().filter_map(|file| Some(fs::metadata(file).ok()?.len()));
    let bytes: u64 = sizes.sum();
    let late = files.iter().filter(|file| is_late(file)).count();
    if SPOOL_BYTES_MAX < bytes || 0 < late {
        let evidence = format!(
            "`{}` holds {} KB; {late} packages ended more than {} s ago and wait there",
            folder.display(),
            bytes.div_ceil(1024),
            SPOOL_LATE.as_secs()
        );
        let fix = "see that the worker runs and reaches a master, as the other findings say; \
                   leave the folder as it is, nothing in it is lost";
        report.find(SPOOL_GROWS, evidence, fix);
    }
}

/// Whether a package has ended a while ago whose spool is still here.
fn is_late(file: &Path) -> bool {
    let age = fs::metadata(file).and_then(|metadata| metadata.modified());
    let age = age.ok().and_then(|modified| SystemTime::now().duration_since(modified).ok());
    age.is_some_and(|age| SPOOL_LATE < age) && has_ended(file).unwrap_or(false)
}

fn has_ended(file: &Path) -> std::io::Result<bool> {
    let mut file = fs::File::open(file)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail)?;
    let mut lines = tail.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    Ok(lines.next_back().is_some_and(|line| line.starts_with(END)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spool_that_ends_with_its_outcome_is_of_a_package_that_has_ended() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.spool");
        let ended = |text: &str| {
            std::fs::write(&path, text).unwrap();
            has_ended(&path).unwrap()
        };
        assert!(!ended("{\"lease\":1}\n{\"kind\":\"event\"}\n"));
        assert!(ended("{\"lease\":1}\n{\"ended\":{}}\n"));
        assert!(!ended(""));
    }
}
