//! Servers for clients: a master with T-SQL and a worker, each on a copy of one catalog.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

use super::{ODBC_DRIVER, ODBC_FOLDER, packhorse, source};
use crate::servers::file_below;
use crate::{root, run as run_command};

const USER: &str = "tester";
const PASSWORD: &str = "Clients-2026!";

/// What every server starts from.
pub(super) struct Template {
    /// Holds the data directory and the files that scripts name.
    pub(super) folder: PathBuf,
    program: PathBuf,
}

impl Template {
    /// Sets a data directory up with a login, and fills it.
    pub(super) fn make(folder: &Path, program: &Path, python: &Path) -> Result<Self> {
        let folder = folder.join("template");
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        let data = folder.join("data");
        let init = ["init", "--workers", "1"];
        run_command(packhorse(program, &data).args(init).stdout(Stdio::null()))?;
        let password = folder.join("password");
        fs::write(&password, PASSWORD)?;
        let create = ["login", "create", USER, "--role", "sysadmin", "--password-file"];
        let mut login = packhorse(program, &data);
        run_command(login.args(create).arg(&password).stderr(Stdio::null()))?;
        let fixture = source("fixture.py");
        run_command(Command::new(python).arg(fixture).arg(&data).arg(folder.join("drop")))?;
        Ok(Self { folder, program: program.to_owned() })
    }
}

/// A running `packhorse up`.
pub(super) struct Server {
    child: Child,
    folder: PathBuf,
    program: PathBuf,
    port: String,
    master: String,
}

impl Server {
    /// Starts one on a copy of the template.
    pub(super) fn start(template: &Template, folder: &Path) -> Result<Self> {
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        run_command(Command::new("cp").arg("-r").arg(&template.folder).arg(folder))?;
        let mapping = format!(r"C:\drop\={}/", folder.join("drop").display());
        let mut command = packhorse(&template.program, &folder.join("data"));
        command.args(["up", "--workers", "1", "--port", "0", "--tds-port", "0"]);
        command.args(["--map-path", &mapping]);
        let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        let said = child.stderr.take().context("standard error is a pipe")?;
        let mut lines = BufReader::new(said).lines().map_while(Result::ok);
        let port = lines.find_map(|line| {
            let (_, server) = line.split_once("T-SQL clients connect to ")?;
            server.rsplit(',').next().map(str::to_owned)
        });
        let ready = lines.any(|line| line.contains("ready"));
        // What else it says must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        let master = master_of(child.id());
        let (folder, program) = (folder.to_owned(), template.program.clone());
        let mut server = Self { child, folder, program, port: String::new(), master };
        server.port = port.context("the server did not say where T-SQL clients connect to")?;
        if !ready || server.master.is_empty() {
            bail!("the server did not start");
        }
        Ok(server)
    }

    /// Lets a client know where the server is.
    pub(super) fn tell<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        let odbc = file_below(ODBC_FOLDER, ODBC_DRIVER).unwrap_or_default();
        command
            .env("PACKHORSE_TDS_PORT", &self.port)
            .env("PACKHORSE_TDS_USER", USER)
            .env("PACKHORSE_TDS_PASSWORD", PASSWORD)
            .env("PACKHORSE_TDS_CERTIFICATE", self.folder.join("data/certs/master.crt"))
            .env("PACKHORSE_TDSODBC", odbc)
            .env("PACKHORSE_MASTER_ID", &self.master)
            .env("PACKHORSE_PROGRAM", &self.program)
            .env("PACKHORSE_CLIENTS_FOLDER", &self.folder)
            .env("PACKHORSE_CLIENTS_SOURCE", root().join("tests/clients"))
            .env("PACKHORSE_CLIENTS_SCRIPTS", root().join("crates/ssisdb/tests/scripts"))
            .env("PYTHONDONTWRITEBYTECODE", "1")
    }

    /// Ends it. A master that has died meanwhile is found out: another has taken its place.
    pub(super) fn stop(mut self) -> Result<()> {
        let master = master_of(self.child.id());
        self.ask_to_stop();
        let status = self.child.wait()?;
        if !status.success() {
            bail!("the server ended with {status}");
        }
        if master != self.master {
            bail!("the master did not survive its client");
        }
        Ok(())
    }

    fn ask_to_stop(&self) {
        let id = self.child.id().to_string();
        // Its master and worker follow it. A process that has ended already is as good.
        drop(Command::new("kill").args(["-TERM", &id]).status());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.ask_to_stop();
            drop(self.child.wait());
        }
    }
}

/// The process of the master below `packhorse up`; nothing if there is none.
fn master_of(parent: u32) -> String {
    let threads = fs::read_dir(format!("/proc/{parent}/task")).into_iter().flatten().flatten();
    let children = threads
        .filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok())
        .collect::<Vec<_>>()
        .join(" ");
    let is_master = |id: &&str| {
        let line = fs::read_to_string(format!("/proc/{id}/cmdline")).unwrap_or_default();
        line.split('\0').nth(1) == Some("master")
    };
    children.split_whitespace().find(is_master).unwrap_or_default().to_owned()
}
