//! What is installed from the registries of Python and Node, in the versions that
//! `tests/clients` names.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::{source, target};
use crate::run as run_command;
use crate::servers::file_below;

/// Where the clients' languages and libraries are.
pub(super) struct Registries {
    /// The interpreter of a virtual environment.
    pub(super) python: PathBuf,
    node_modules: PathBuf,
    jtds: PathBuf,
}

impl Registries {
    /// Installs what is missing below a folder.
    pub(super) fn install(folder: &Path) -> Result<Self> {
        let jtds = file_below("/usr/share/java", "jtds.jar").context("there is no jtds.jar")?;
        Ok(Self { python: install_python(folder)?, node_modules: install_node(folder)?, jtds })
    }

    /// What runs a client: a program of this workspace, or a file that a language runs. Java's and
    /// Node's memory is bounded below what a result has.
    pub(super) fn command(&self, client: &str) -> Command {
        let mut command = match client.rsplit_once('.').map(|(_, language)| language) {
            Some("js") => {
                let mut node = Command::new("node");
                node.env("NODE_PATH", &self.node_modules).arg("--max-old-space-size=192");
                node
            }
            Some("java") => {
                let mut java = Command::new("java");
                java.args(["-Xmx192m", "-cp"]).arg(&self.jtds);
                java
            }
            Some(_) => Command::new(&self.python),
            None => return Command::new(target().join("debug").join(client)),
        };
        command.arg(source(client));
        command
    }
}

/// A virtual environment, made again when the list of clients has changed.
fn install_python(folder: &Path) -> Result<PathBuf> {
    let venv = folder.join("python");
    if !is_current(&venv, "requirements.txt")? {
        run_command(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
        let pip = ["-m", "pip", "install", "--quiet", "--requirement"];
        let list = source("requirements.txt");
        run_command(Command::new(venv.join("bin/python")).args(pip).arg(&list))?;
        fs::copy(list, venv.join("requirements.txt"))?;
    }
    Ok(venv.join("bin/python"))
}

fn install_node(folder: &Path) -> Result<PathBuf> {
    let node = folder.join("node");
    if !is_current(&node, "package.json")? {
        fs::create_dir_all(&node)?;
        let list = fs::read(source("package.json"))?;
        // npm looks for the list where it installs; it counts as installed when npm was content.
        let unpacked = node.join("installing");
        fs::create_dir_all(&unpacked)?;
        fs::write(unpacked.join("package.json"), &list)?;
        run_command(Command::new("npm").args(["install", "--silent"]).current_dir(&unpacked))?;
        fs::write(node.join("package.json"), list)?;
    }
    Ok(node.join("installing/node_modules"))
}

/// Whether what is installed there was made from the list as it is.
fn is_current(installed: &Path, list: &str) -> Result<bool> {
    let wanted = fs::read(source(list))?;
    Ok(fs::read(installed.join(list)).is_ok_and(|found| found == wanted))
}
