//! `cargo xtask clients`: SQL Server's clients, unmodified, against a server of this program.
//!
//! The clients come from their registries into `target/clients` (Python and Node) or have to be
//! installed (FreeTDS, unixODBC, jTDS). What each of them checks is in `tests/clients`.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::{cargo, root, run as run_command};

const USER: &str = "tester";
const PASSWORD: &str = "Clients-2026!";

/// A client's script, without its ending.
const PYTHON: &[&str] = &[
    "pymssql_client",
    "pytds_client",
    "pyodbc_client",
    "mssql_python_client",
    "sqlalchemy_client",
    "freetds_client",
];

/// Programs that have to be there, and what installs them.
const PROGRAMS: &[&str] = &["tsql", "bsqldb", "isql", "python3", "npm", "node", "java"];
const PACKAGES: &str = "freetds-bin tdsodbc unixodbc libjtds-java python3-venv npm default-jdk";
const JTDS: &str = "/usr/share/java/jtds.jar";

/// Installs what is missing, starts a server, runs every client.
pub(crate) fn run() -> Result<()> {
    let missing: Vec<&str> =
        PROGRAMS.iter().copied().filter(|program| !is_installed(program)).collect();
    if !missing.is_empty() || !Path::new(JTDS).exists() {
        bail!("missing: {missing:?} or {JTDS}; on Debian, `apt-get install {PACKAGES}`");
    }
    let folder = target().join("clients");
    fs::create_dir_all(&folder)?;
    let python = install_python(&folder)?;
    let modules = install_node(&folder)?;
    run_command(cargo().args(["build", "--package", "packhorse"]))?;
    let server = Server::start(&folder)?;
    let mut failed = Vec::new();
    let mut client = |name: &str, command: &mut Command| -> Result<()> {
        let done = server.tell(command).output().with_context(|| format!("cannot run {name}"))?;
        println!("{} {name}", if done.status.success() { "ok    " } else { "FAILED" });
        if !done.status.success() {
            std::io::stdout().write_all(&done.stdout)?;
            std::io::stdout().write_all(&done.stderr)?;
            failed.push(name.to_owned());
        }
        Ok(())
    };
    for name in PYTHON {
        client(name, Command::new(&python).arg(source(&format!("{name}.py"))))?;
    }
    let node = &mut Command::new("node");
    client("tedious_client", node.env("NODE_PATH", modules).arg(source("tedious_client.js")))?;
    let java = &mut Command::new("java");
    client("JtdsClient", java.args(["-cp", JTDS]).arg(source("JtdsClient.java")))?;
    if failed.is_empty() { Ok(()) } else { bail!("clients failed: {}", failed.join(", ")) }
}

fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).exists())
}

fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

fn source(name: &str) -> PathBuf {
    root().join("tests/clients").join(name)
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

/// A master without workers, and a login.
struct Server {
    child: Child,
    folder: PathBuf,
    data: PathBuf,
    port: String,
}

impl Server {
    fn start(folder: &Path) -> Result<Self> {
        let data = folder.join("data");
        if data.exists() {
            fs::remove_dir_all(&data)?;
        }
        let program = target().join("debug/packhorse");
        let packhorse = || {
            let mut command = Command::new(&program);
            command.arg("--data-dir").arg(&data);
            command
        };
        run_command(packhorse().args(["init", "--workers", "0"]).stdout(Stdio::null()))?;
        let password = folder.join("password");
        fs::write(&password, PASSWORD)?;
        let create = ["login", "create", USER, "--role", "sysadmin", "--password-file"];
        run_command(packhorse().args(create).arg(&password).stdout(Stdio::null()))?;
        let up = ["up", "--workers", "0", "--port", "0", "--tds-port", "0"];
        let mut child = packhorse().args(up).stderr(Stdio::piped()).spawn()?;
        let said = child.stderr.take().context("standard error is a pipe")?;
        let mut lines = BufReader::new(said).lines().map_while(Result::ok);
        let port = lines.find_map(|line| {
            let (_, server) = line.split_once("T-SQL clients connect to ")?;
            server.rsplit(',').next().map(str::to_owned)
        });
        // What else it says must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        let port = port.context("the server did not say where T-SQL clients connect to")?;
        Ok(Self { child, folder: folder.to_owned(), data, port })
    }

    /// Lets a client know where the server is.
    fn tell<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .env("PACKHORSE_TDS_PORT", &self.port)
            .env("PACKHORSE_TDS_USER", USER)
            .env("PACKHORSE_TDS_PASSWORD", PASSWORD)
            .env("PACKHORSE_TDS_CERTIFICATE", self.data.join("certs/master.crt"))
            .env("PACKHORSE_CLIENTS_FOLDER", &self.folder)
            .env("PYTHONDONTWRITEBYTECODE", "1")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let id = self.child.id().to_string();
        // Its master follows it. A process that has ended already is as good.
        drop(Command::new("kill").args(["-TERM", &id]).status());
        drop(self.child.wait());
    }
}
