//! `cargo xtask clients`: SQL Server's clients, unmodified, against servers of this program.
//!
//! The clients come from their registries: Debian's packages, that of Rust with this workspace, and
//! into `target/clients` those of Python and Node. Each has a server of its own, with a copy of the
//! same catalog, and runs two at a time. What each of them checks is in `tests/clients`.

mod install;
mod server;

use std::collections::VecDeque;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::servers::{Need, Needs};
use crate::{cargo, root, run as run_command, servers};
use install::Registries;
use server::{Server, Template};

/// What Debian has of it.
pub(crate) const NEEDS: &Needs = &[
    (Need::Program("tsql"), "freetds-bin"),
    (Need::Program("bsqldb"), "freetds-bin"),
    (Need::Program("isql"), "unixodbc"),
    (Need::File(ODBC_FOLDER, ODBC_DRIVER), "tdsodbc"),
    (Need::File("/usr/share/java", "jtds.jar"), "libjtds-java"),
    (Need::Program("javac"), "default-jdk-headless"),
    (Need::Program("node"), "nodejs"),
    (Need::Program("npm"), "npm"),
    (Need::Program("python3"), "python3"),
    (Need::Answer("python3", &["-m", "ensurepip", "--version"]), "python3-venv"),
];

const ODBC_FOLDER: &str = "/usr/lib";
const ODBC_DRIVER: &str = "odbc/libtdsodbc.so";

/// The clients, those that take longest first.
const CLIENTS: &[&str] = &[
    "tedious_client.js",
    "tiberius-client",
    "sqlalchemy_pymssql_client.py",
    "sqlalchemy_pyodbc_client.py",
    "pytds_client.py",
    "mssql_python_client.py",
    "pyodbc_client.py",
    "pymssql_client.py",
    "tsql_client.py",
    "bsqldb_client.py",
    "isql_client.py",
    "JtdsClient.java",
];

/// How many run at once: each is a client, a master and a worker.
const AT_ONCE: usize = 2;

/// How long a client may take. A minute is usual, where the machine has nothing else to do.
const DEADLINE: Duration = Duration::from_secs(1200);

/// Installs what is missing, then runs every client, or those whose names have this in them.
pub(crate) fn run(name: Option<&str>) -> Result<()> {
    let wanted = |client: &&&str| name.is_none_or(|name| client.contains(name));
    let clients: VecDeque<&str> = CLIENTS.iter().filter(wanted).copied().collect();
    if clients.is_empty() {
        bail!("there is no such client; there are {}", CLIENTS.join(", "));
    }
    servers::require(&[NEEDS])?;
    let folder = target().join("clients");
    fs::create_dir_all(&folder)?;
    let registries = Registries::install(&folder)?;
    run_command(cargo().args(["build", "--package", "packhorse", "--package", "tiberius-client"]))?;
    let template = Template::make(&folder, &target().join("debug/packhorse"), &registries.python)?;
    let queue = Mutex::new(clients);
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    let run_some = || -> Vec<&str> {
        let clients = std::iter::from_fn(next);
        clients.filter(|client| !run_one(client, &template, &registries)).collect()
    };
    let failed: Vec<&str> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(run_some)).collect();
        let ended = threads.into_iter().map(|thread| thread.join().unwrap_or(vec!["a thread"]));
        ended.flatten().collect()
    });
    if failed.is_empty() { Ok(()) } else { bail!("clients failed: {}", failed.join(", ")) }
}

/// Runs a client and says how it went, with all that it said if it failed.
fn run_one(client: &str, template: &Template, registries: &Registries) -> bool {
    let begun = Instant::now();
    let name = client.split('.').next().unwrap_or(client);
    let folder = template.folder.with_file_name(name);
    let done = attempt(client, &folder, template, registries);
    let seconds = begun.elapsed().as_secs();
    match done {
        Ok(()) => println!("ok     {name}, {seconds} s"),
        Err(error) => {
            let said = fs::read_to_string(log(&folder)).unwrap_or_default();
            println!("FAILED {name}, {seconds} s: {error:#}\n{said}");
            return false;
        }
    }
    // The copies of the catalog are large.
    fs::remove_dir_all(&folder).is_ok()
}

fn attempt(
    client: &str,
    folder: &Path,
    template: &Template,
    registries: &Registries,
) -> Result<()> {
    let server = Server::start(template, folder)?;
    let mut command = registries.command(client);
    let output = File::create(log(folder))?;
    server.tell(&mut command).stdout(output.try_clone()?).stderr(output);
    let mut running = command.spawn().with_context(|| format!("cannot run {client}"))?;
    let deadline = Instant::now() + DEADLINE;
    let status = loop {
        if let Some(status) = running.try_wait()? {
            break status;
        }
        if deadline < Instant::now() {
            running.kill()?;
            running.wait()?;
            bail!("it did not end within {} s", DEADLINE.as_secs());
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    if !status.success() {
        bail!("{status}");
    }
    server.stop()
}

/// What a client said.
fn log(folder: &Path) -> PathBuf {
    folder.join("client.log")
}

fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

fn source(name: &str) -> PathBuf {
    root().join("tests/clients").join(name)
}

/// `up` and the other commands of a data directory.
fn packhorse(program: &Path, data: &Path) -> Command {
    let mut command = Command::new(program);
    command.arg("--data-dir").arg(data);
    command
}
