//! `WorkerSettings.toml` of the workers that this program sets up.

use anyhow::{Context, Result};
use fs_err as fs;
use model::AgentId;

use crate::data_dir::DataDir;

/// What lists call a worker of this machine.
pub(crate) fn display_name(number: u32) -> String {
    format!("worker {number}")
}

/// The agent id of a worker, from its settings, which are written on first use.
pub(crate) fn ensure(dir: &DataDir, number: u32) -> Result<AgentId> {
    let folder = dir.worker(number);
    let path = folder.join("WorkerSettings.toml");
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
    let part = folder.join("WorkerSettings.toml.part");
    fs::write(&part, text)?;
    fs::rename(&part, &path)?;
    Ok(agent)
}
