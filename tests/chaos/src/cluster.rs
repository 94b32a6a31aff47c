//! Masters and workers, each on a host of its own, over one catalog.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;
use testkit::wait_until;
use transport::{Client, Identity, Thumbprint};

use crate::clock::Clock;
use crate::database::Database;
use crate::marks;
use crate::process::{Process, Program};
use crate::world::{World, output, run};

/// Hosts of the masters.
pub(crate) const MASTERS: [&str; 3] = ["m1", "m2", "m3"];

/// Hosts of the workers.
pub(crate) const WORKERS: [&str; 4] = ["w1", "w2", "w3", "w4"];

/// The hosts whose clocks jump.
pub(crate) const CLOCKS: [&str; 2] = ["m3", "w4"];

/// The login of T-SQL clients, and its password.
pub(crate) const LOGIN: (&str, &str) = ("chaos", "Much-Trouble-1!");

/// The disk of a worker, in MB.
const DISK_MB: u32 = 192;

/// How long something that takes a second may take here.
const PATIENCE: Duration = Duration::from_secs(120);

/// What a cluster is made of.
#[derive(Clone, Debug)]
pub(crate) struct Parts {
    /// The program.
    pub(crate) packhorse: PathBuf,
    /// Where everything is kept.
    pub(crate) folder: PathBuf,
    /// More lines for `WorkerSettings.toml`.
    pub(crate) worker_settings: String,
}

/// Masters and workers.
#[derive(Debug)]
pub(crate) struct Cluster {
    world: Arc<World>,
    parts: Parts,
    pins: Vec<Thumbprint>,
    /// In the order of [`MASTERS`].
    pub(crate) masters: Vec<Process>,
    /// In the order of [`WORKERS`].
    pub(crate) workers: Vec<Process>,
    /// Clocks of [`CLOCKS`].
    pub(crate) clocks: Vec<Clock>,
}

impl Cluster {
    /// Sets everything up and waits until all workers are online.
    pub(crate) fn start(world: &Arc<World>, database: &Database, parts: Parts) -> Result<Self> {
        let clock = |host| Clock::new(&parts.folder.join(format!("clock-{host}")));
        let clocks = CLOCKS.into_iter().map(clock).collect::<Result<Vec<_>>>()?;
        let mut cluster = Self {
            world: Arc::clone(world),
            parts,
            pins: Vec::new(),
            masters: Vec::new(),
            workers: Vec::new(),
            clocks,
        };
        cluster.set_up(database)?;
        for host in MASTERS {
            let program = cluster.master_program(host);
            cluster.masters.push(Process::start(world, program)?);
        }
        for (index, host) in WORKERS.into_iter().enumerate() {
            let folder = cluster.take_worker(host, index + 1)?;
            let program = cluster.worker_program(host, &folder, index + 1);
            cluster.workers.push(Process::start(world, program)?);
        }
        cluster.wait_until_online();
        Ok(cluster)
    }

    /// One catalog, its key and certificates at all masters.
    fn set_up(&mut self, database: &Database) -> Result<()> {
        let url = database.url();
        let key = self.data("m1").join("ssisdb.key").to_string_lossy().into_owned();
        for host in MASTERS {
            let address = self.world.address(host).to_owned();
            let mut words = vec!["--json", "init", "--host", &address, "--ssisdb", &url];
            match host {
                "m1" => words.extend(["--workers", "4"]),
                _ => words.extend(["--workers", "0", "--key", &key]),
            }
            let made: Value = serde_json::from_str(&self.packhorse(host, &words)?)?;
            let pin = made["thumbprint"].as_str().context("`init` gave no thumbprint")?;
            self.pins.push(pin.parse()?);
        }
        Ok(())
    }

    /// Moves the folder of a worker to a disk of its own.
    fn take_worker(&self, host: &str, number: usize) -> Result<PathBuf> {
        let folder = self.data(host);
        self.world.disk(&folder, DISK_MB)?;
        let made = self.data("m1").join(format!("workers/{number}"));
        std::fs::create_dir_all(folder.join("workers"))?;
        run(Command::new("cp").arg("-a").arg(&made).arg(folder.join("workers")))?;
        let path = folder.join(format!("workers/{number}/WorkerSettings.toml"));
        let text = std::fs::read_to_string(&path)?;
        let endpoints = self.endpoints(0);
        let pins: Vec<_> = self.pins.iter().map(ToString::to_string).collect();
        let lines = text.lines().map(|line| match line.split_once(" = ") {
            Some((name @ "MasterHttpsCertThumbprint", _)) => format!("{name} = {pins:?}"),
            Some((name @ "MasterEndpoint", _)) => format!("{name} = {endpoints:?}"),
            _ => line.to_owned(),
        });
        let text = lines.collect::<Vec<_>>().join("\n");
        std::fs::write(&path, format!("{text}\n{}\n", self.parts.worker_settings))?;
        Ok(folder)
    }

    fn master_program(&self, host: &str) -> Program {
        let words = [self.program(), "--data-dir".to_owned(), text(&self.data(host))];
        let more = ["master", "--bind", self.world.address(host)].map(str::to_owned);
        self.role(host, words.into_iter().chain(more).collect())
    }

    fn worker_program(&self, host: &str, folder: &Path, number: usize) -> Program {
        let words = [self.program(), "--data-dir".to_owned(), text(folder)];
        let more = ["worker".to_owned(), "--number".to_owned(), number.to_string()];
        self.role(host, words.into_iter().chain(more).collect())
    }

    fn role(&self, host: &str, words: Vec<String>) -> Program {
        let mut environment = vec![("CHAOS_HOST".to_owned(), host.to_owned())];
        if let Some(clock) = self.clock(host) {
            environment.extend(clock.environment());
        }
        let log = self.parts.folder.join(format!("{host}.log"));
        let (name, host) = (host.to_owned(), host.to_owned());
        Program { name, host, words, environment, ordinary: false, log }
    }

    /// The clock of a host, where it can jump.
    pub(crate) fn clock(&self, host: &str) -> Option<&Clock> {
        CLOCKS.iter().position(|one| *one == host).and_then(|index| self.clocks.get(index))
    }

    /// The data directory of a host.
    pub(crate) fn data(&self, host: &str) -> PathBuf {
        self.parts.folder.join(host)
    }

    fn program(&self) -> String {
        text(&self.parts.packhorse)
    }

    /// Runs a command of the program at a host; what it writes.
    pub(crate) fn packhorse(&self, host: &str, words: &[&str]) -> Result<String> {
        let mut all = vec![self.program(), "--data-dir".to_owned(), text(&self.data(host))];
        all.extend(words.iter().map(|&word| word.to_owned()));
        output(&mut self.world.command(host, &all, false))
    }

    /// Where the masters listen, beginning with one of them.
    pub(crate) fn endpoints(&self, first: usize) -> Vec<String> {
        let n = MASTERS.len();
        let hosts = (0..n).filter_map(|step| MASTERS.get((first + step) % n));
        hosts.map(|host| format!("https://{}:8391", self.world.address(host))).collect()
    }

    /// The address of a master for T-SQL clients.
    pub(crate) fn tds(&self, index: usize) -> String {
        let host = MASTERS.get(index % MASTERS.len()).copied().unwrap_or_default();
        format!("{},1433", self.world.address(host))
    }

    /// An administrator's client, which asks this master first.
    pub(crate) fn client(&self, first: usize) -> Result<Client> {
        let certificates = self.data("m1").join("certs");
        let (certificate, key) = (certificates.join("admin.crt"), certificates.join("admin.key"));
        let identity = Identity::load(&certificate, &key)?;
        Ok(Client::new(self.endpoints(first), identity, self.pins.clone())?)
    }

    fn wait_until_online(&self) {
        wait_until("all workers to be online", PATIENCE, || {
            self.tend();
            let text = self.packhorse("m1", &["--json", "workers"]).map_err(|e| e.to_string())?;
            let list: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
            let workers = list["workers"].as_array().cloned().unwrap_or_default();
            let online = workers.iter().filter(|one| one["is_online"] == true).count();
            if online == WORKERS.len() { Ok(()) } else { Err(format!("{online} online")) }
        });
    }

    /// Starts what ended by itself again; who did, and how.
    pub(crate) fn tend(&self) -> Vec<String> {
        let all = self.masters.iter().chain(&self.workers);
        let tended = all.filter_map(|process| match process.tend() {
            Ok(ended) => ended.map(|how| format!("{} ended: {how}", process.program.name)),
            Err(error) => Some(format!("{}: {error:#}", process.program.name)),
        });
        tended.collect()
    }

    /// Deploys the package, and makes the login of T-SQL clients.
    pub(crate) fn deploy(&self, marks: &marks::Folder) -> Result<()> {
        let path = self.parts.folder.join("Work.dtsx");
        std::fs::write(&path, package(&text(&marks.program())))?;
        self.packhorse("m1", &["deploy", &text(&path), "--project", "Chaos"])?;
        let password = self.parts.folder.join("password");
        std::fs::write(&password, format!("{}\n", LOGIN.1))?;
        let words = ["login", "create", LOGIN.0, "--role", "ssis_admin", "--password-file"];
        let file = text(&password);
        self.packhorse("m1", &[words.as_slice(), &[&file]].concat()).map(drop)
    }

    /// Processes of packages at a worker, and the processes that they are forked from.
    pub(crate) fn package_processes(&self, host: &str) -> (Vec<i32>, Vec<i32>) {
        let all = self.world.processes(host);
        let is = |words: &[String], how: &str| words.get(2).is_some_and(|word| word == how);
        let of = |how: &str| {
            let these = all.iter().filter(|(_, words)| is(words, how));
            these.map(|(id, _)| *id).collect::<Vec<_>>()
        };
        let templates = of("--template");
        let packages = all.iter().filter(|(id, words)| {
            let is_fork = templates.contains(id)
                && parent_of(*id).is_some_and(|parent| templates.contains(&parent));
            is(words, "--child") || is_fork
        });
        let packages: Vec<_> = packages.map(|(id, _)| *id).collect();
        let templates = templates.into_iter().filter(|id| !packages.contains(id)).collect();
        (packages, templates)
    }
}

/// The parent of a process.
fn parent_of(id: i32) -> Option<i32> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// A package that runs the program with its key, and says enough that a missing or doubled
/// message shows: a container before and one after it.
fn package(program: &str) -> String {
    let container = |name: &str, id: u32| {
        format!(
            r#"<DTS:Executable DTS:refId="Package\{name}" DTS:CreationName="STOCK:SEQUENCE"
  DTS:DTSID="{{CCCCCCCC-0000-0000-0000-00000000000{id}}}" DTS:ExecutableType="STOCK:SEQUENCE" DTS:ObjectName="{name}" />"#
        )
    };
    let after = |from: &str, to: &str| {
        format!(
            r#"<DTS:PrecedenceConstraint DTS:refId="Package.PrecedenceConstraints[{from}]"
  DTS:From="Package\{from}" DTS:To="Package\{to}" DTS:LogicalAnd="True" DTS:ObjectName="{from}" />"#
        )
    };
    let parameter = |name: &str, code: u32, id: u32| {
        format!(
            r#"<DTS:PackageParameter DTS:CreationName="" DTS:DataType="{code}" DTS:Required="True"
  DTS:DTSID="{{DDDDDDDD-0000-0000-0000-00000000000{id}}}" DTS:ObjectName="{name}"><DTS:Property DTS:DataType="{code}"
  DTS:Name="ParameterValue">0</DTS:Property></DTS:PackageParameter>"#
        )
    };
    format!(
        r#"<?xml version="1.0"?>
<DTS:Executable xmlns:DTS="www.microsoft.com/SqlServer/Dts" DTS:refId="Package"
  DTS:CreationName="Microsoft.Package" DTS:DTSID="{{AAAAAAAA-0000-0000-0000-000000000001}}"
  DTS:ExecutableType="Microsoft.Package" DTS:LocaleID="1033" DTS:ObjectName="Work"
  DTS:ProtectionLevel="0">
  <DTS:Property DTS:Name="PackageFormatVersion">8</DTS:Property>
  <DTS:PackageParameters>{}{}</DTS:PackageParameters>
  <DTS:Variables />
  <DTS:Executables>{}
<DTS:Executable DTS:refId="Package\Do" DTS:CreationName="Microsoft.ExecuteProcess"
  DTS:DTSID="{{BBBBBBBB-0000-0000-0000-000000000001}}" DTS:ExecutableType="Microsoft.ExecuteProcess"
  DTS:ObjectName="Do"><DTS:PropertyExpression DTS:Name="Arguments">@[$Package::Key] + " " +
  (DT_WSTR, 12) @[$Package::Ticks]</DTS:PropertyExpression><DTS:ObjectData><ExecuteProcessData
  Executable="{program}" /></DTS:ObjectData></DTS:Executable>{}</DTS:Executables>
  <DTS:PrecedenceConstraints>{}{}</DTS:PrecedenceConstraints>
</DTS:Executable>
"#,
        parameter("Key", 8, 1),
        parameter("Ticks", 3, 2),
        container("Before", 1),
        container("After", 2),
        after("Before", "Do"),
        after("Do", "After"),
    )
}
