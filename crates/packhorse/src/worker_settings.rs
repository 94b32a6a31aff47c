//! `WorkerSettings.toml` of the workers that this program sets up.

use std::path::Path;

use anyhow::{Context, Result};
use fs_err as fs;
use model::AgentId;
use scaleout::child::PathMapping;
use serde::{Deserialize, Serialize};
use transport::{GivenThumbprint, Thumbprint};

use crate::data_dir::DataDir;

/// What lists call a worker of this machine.
pub(crate) fn display_name(number: u32) -> String {
    format!("worker {number}")
}

/// What the running process of a worker was started with: its settings, and what was typed on top.
/// It writes that down, so that those who look for faults need not guess.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Running {
    /// The masters that it goes to.
    pub(crate) master_endpoints: Vec<String>,
    /// Where the Windows paths of packages are.
    pub(crate) path_mappings: Vec<PathMapping>,
}

impl Running {
    /// Notes it beside the worker's settings.
    pub(crate) fn note(&self, dir: &DataDir, number: u32) -> Result<()> {
        write(&note_of(dir, number), &serde_json::to_string(self)?)
    }

    /// What the process of a worker noted; `None` when none runs.
    pub(crate) fn of(dir: &DataDir, number: u32) -> Option<Self> {
        if !matches!(dir.lock_worker(number), Ok(None)) {
            return None;
        }
        serde_json::from_str(&fs::read_to_string(note_of(dir, number)).ok()?).ok()
    }
}

fn note_of(dir: &DataDir, number: u32) -> std::path::PathBuf {
    dir.worker(number).join("running.json")
}

/// The agent id of a worker, from its settings, which are written on first use.
pub(crate) fn ensure(dir: &DataDir, number: u32) -> Result<AgentId> {
    let folder = dir.worker(number);
    let path = dir.worker_settings(number);
    if path.exists() {
        let settings = worker::Settings::read(&path)?;
        return settings.agent_id.with_context(|| format!("`{}` has no AgentId", path.display()));
    }
    fs::create_dir_all(&folder)?;
    let agent = AgentId(uuid::Uuid::new_v4());
    let port = transport::DEFAULT_PORT;
    let thumbprint = dir.master_thumbprint()?;
    let text = format!(
        "# Settings of a Scale Out Worker. Names and meaning are those of WorkerSettings.config.\n\
         AgentId = \"{agent}\"\n\
         DisplayName = \"{}\"\n\
         MasterEndpoint = [\"https://localhost:{port}\"]\n\
         MasterHttpsCertThumbprint = [\"{thumbprint}\"]\n\
         # This worker shares its machine with the master and other workers, so the machine's\n\
         # load says nothing about its own. 100 never holds back.\n\
         TaskRequestMaxCPU = 100.0\n",
        display_name(number)
    );
    write(&path, &text)?;
    Ok(agent)
}

/// Settings of a worker that has a machine of its own, and of whose masters somebody told us.
pub(crate) fn write_joined(
    dir: &DataDir,
    number: u32,
    agent: AgentId,
    (masters, pins): (&[String], &[GivenThumbprint]),
) -> Result<()> {
    let list = |items: Vec<String>| toml::Value::from(items).to_string();
    let text = format!(
        "# Settings of a Scale Out Worker. Names and meaning are those of WorkerSettings.config.\n\
         AgentId = \"{agent}\"\n\
         MasterEndpoint = {}\n\
         MasterHttpsCertThumbprint = {}\n",
        list(masters.to_vec()),
        list(pins.iter().map(ToString::to_string).collect()),
    );
    fs::create_dir_all(dir.worker(number))?;
    write(&dir.worker_settings(number), &text)
}

/// Lets a worker of this directory trust one more certificate of a master.
pub(crate) fn add_pin(dir: &DataDir, number: u32, pin: Thumbprint) -> Result<()> {
    let path = dir.worker_settings(number);
    let mut pins = worker::Settings::read(&path)?.master_thumbprints;
    if pins.contains(&pin) {
        return Ok(());
    }
    pins.push(pin);
    let pins: Vec<String> = pins.iter().map(ToString::to_string).collect();
    set_line(&path, "MasterHttpsCertThumbprint", &pins.into())
        .with_context(|| format!("add {pin} by hand"))
}

/// Changes one key that is there in a settings file, and leaves everything else as it is.
pub(crate) fn set_line(path: &Path, key: &str, value: &toml::Value) -> Result<()> {
    let text = fs::read_to_string(path)?;
    let mut table: toml::Table = text.parse().context("the settings are no TOML")?;
    let line = format!("{key} = {value}");
    let is_key = |line: &str| line.split_once('=').is_some_and(|(name, _)| name.trim() == key);
    let text: String = text
        .lines()
        .map(|old| if is_key(old) { format!("{line}\n") } else { format!("{old}\n") })
        .collect();
    // A value over several lines is not replaced well by this: better say so than break it.
    table.remove(key);
    let mut replaced: toml::Table = text.parse().unwrap_or_default();
    if replaced.remove(key).is_some() && replaced == table {
        return write(path, &text);
    }
    anyhow::bail!("{key} in `{}` is not on one line: set it to {value}", path.display())
}

/// Writes a file whole or not at all.
fn write(path: &Path, text: &str) -> Result<()> {
    let part = path.with_extension("toml.part");
    fs::write(&part, text)?;
    if path.exists() {
        // There may be a password in it.
        fs::set_permissions(&part, fs::metadata(path)?.permissions())?;
    }
    fs::rename(&part, path)?;
    Ok(())
}
