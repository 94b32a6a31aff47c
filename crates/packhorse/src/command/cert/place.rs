//! Where a certificate of this data directory is, and what SSISDB trusts it as.

use std::path::PathBuf;

use anyhow::{Context, Result};
use catalog::scale_out::CertificateRole;
use fs_err as fs;
use model::AgentId;
use transport::Identity;

use crate::cli::WhoseCertificate;
use crate::data_dir::DataDir;

/// A certificate and its successors: `NAME.crt`, `NAME-next.crt`, `NAME-old.crt`, with keys.
pub(super) struct Place {
    pub(super) folder: PathBuf,
    pub(super) name: &'static str,
    pub(super) role: CertificateRole,
    /// Which worker it speaks for.
    pub(super) agent: Option<AgentId>,
    /// The number of the worker in this data directory.
    pub(super) worker: Option<u32>,
}

impl Place {
    /// That of `whose`.
    pub(super) fn of(dir: &DataDir, whose: WhoseCertificate) -> Result<Self> {
        let Some(number) = whose.worker else {
            dir.require_initialised()?;
            let folder = dir.certificates();
            let (name, role) = match whose.admin {
                true => ("admin", CertificateRole::Admin),
                false => ("master", CertificateRole::Master),
            };
            return Ok(Self { folder, name, role, agent: None, worker: None });
        };
        let path = dir.worker_settings(number);
        let settings = worker::Settings::read(&path)
            .with_context(|| format!("there is no worker {number} in this data directory"))?;
        let agent = settings.agent_id;
        let agent = agent.with_context(|| format!("`{}` has no AgentId", path.display()))?;
        Ok(Self {
            folder: dir.worker_certificates(number),
            name: "worker",
            role: CertificateRole::Worker,
            agent: Some(agent),
            worker: Some(number),
        })
    }

    /// A file of it: `kind` is empty, `-next` or `-old`.
    pub(super) fn file(&self, kind: &str, extension: &str) -> PathBuf {
        self.folder.join(format!("{}{kind}.{extension}", self.name))
    }

    /// Reads it.
    pub(super) fn load(&self, kind: &str) -> Result<Identity> {
        Ok(Identity::load(&self.file(kind, "crt"), &self.file(kind, "key"))?)
    }

    /// Writes it.
    pub(super) fn save(&self, identity: &Identity, kind: &str) -> Result<()> {
        identity.save(&self.folder, &format!("{}{kind}", self.name))?;
        Ok(())
    }

    /// Deletes it.
    pub(super) fn remove(&self, kind: &str) -> Result<()> {
        fs::remove_file(self.file(kind, "crt"))?;
        fs::remove_file(self.file(kind, "key"))?;
        Ok(())
    }

    /// The option that names it on the command line.
    pub(super) fn option(&self) -> String {
        match self.worker {
            Some(number) => format!(" --worker {number}"),
            None if self.role == CertificateRole::Admin => " --admin".to_owned(),
            None => String::new(),
        }
    }
}

/// Numbers of the workers that have settings in this data directory.
pub(super) fn local_workers(dir: &DataDir) -> Result<Vec<u32>> {
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
