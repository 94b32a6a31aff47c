//! SSISDB on PostgreSQL: several masters, and a server that goes away and comes back.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::Value;
use testkit::postgres::{Durability, PostgresServer, free_port};
use testkit::wait_until;

use crate::harness::{Packhorse, shell_package};

/// Executions that are queued when something dies.
const QUEUED: usize = 200;

/// How long all of them may take: some seconds are usual.
pub(crate) const ALL_DONE: Duration = Duration::from_secs(240);

/// A process of the program, killed when dropped.
pub(crate) struct Running(Child);

impl Running {
    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    pub(crate) fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// Starts a role of the program, and waits until it says that it is ready.
pub(crate) fn start(packhorse: &Packhorse, words: &[&str], log: &str) -> (Running, Value) {
    let path = packhorse.folder().join(log);
    let log = std::fs::File::create(&path).unwrap();
    let mut command = packhorse.command(words);
    let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let ready = serde_json::from_str(&line).unwrap_or_else(|_| {
        panic!("{words:?} is not ready: {}", std::fs::read_to_string(&path).unwrap())
    });
    (Running(child), ready)
}

fn start_master(packhorse: &Packhorse) -> (Running, String) {
    let port = free_port().to_string();
    let words = ["master", "--port", &port, "--bind", "127.0.0.1", "--tds-port", "0"];
    let (running, ready) = start(packhorse, &words, "master.log");
    (running, ready["endpoint"].as_str().unwrap().to_owned())
}

/// Two masters of one SSISDB, each with a data directory of its own.
pub(crate) struct Cluster {
    pub(crate) one: Packhorse,
    pub(crate) two: Packhorse,
    /// The processes, the first master first.
    pub(crate) running: Vec<Running>,
}

impl Cluster {
    fn start(url: &str, workers: usize) -> Self {
        Self::start_with(url, workers, "")
    }

    /// The same, with more lines in the workers' settings.
    pub(crate) fn start_with(url: &str, workers: usize, settings: &str) -> Self {
        let (one, two) = (Packhorse::new(), Packhorse::new());
        let count = workers.to_string();
        let made = one.ok(&["--json", "init", "--ssisdb", url, "--workers", &count]);
        let first = made.json()["thumbprint"].as_str().unwrap().to_owned();
        let key = one.data().join("ssisdb.key").to_string_lossy().into_owned();
        let words = ["--json", "init", "--ssisdb", url, "--workers", "0", "--key", &key];
        let second = two.ok(&words).json()["thumbprint"].as_str().unwrap().to_owned();
        let (master, one_at) = start_master(&one);
        let (other, two_at) = start_master(&two);
        let mut running = vec![master, other];
        for number in 1..=workers {
            pin(&one, number, [&first, &second], settings);
            let number = number.to_string();
            let words = ["worker", "--number", &number, "--master", &one_at, "--master", &two_at];
            running.push(start(&one, &words, &format!("worker-{number}.log")).0);
        }
        Self { one, two, running }
    }

    fn deploy(&self, step: &str) {
        let path = self.one.write("Job.dtsx", shell_package("Job", &[step]));
        self.one.ok(&["deploy", &path.to_string_lossy(), "--project", "Jobs"]);
    }

    /// Statuses of all executions, as the second master sees them.
    fn statuses(&self) -> Result<Vec<i64>, String> {
        let said = self.two.run(&["executions", "--json", "--limit", "1000"]);
        let list: Value = serde_json::from_str(&said.out).map_err(|_| said.err)?;
        let rows = list["executions"].as_array().cloned().unwrap_or_default();
        Ok(rows.iter().filter_map(|row| row["status"].as_i64()).collect())
    }

    pub(crate) fn wait_until_succeeded(&self, count: usize) {
        wait_until("executions to succeed", ALL_DONE, || {
            let statuses = self.statuses()?;
            let done = statuses.iter().filter(|status| **status == 7).count();
            if count <= done { Ok(()) } else { Err(format!("{done} of {}", statuses.len())) }
        });
    }
}

/// Lets a worker trust both masters, and adds lines to its settings.
fn pin(packhorse: &Packhorse, number: usize, thumbprints: [&str; 2], more: &str) {
    let path = packhorse.data().join(format!("workers/{number}/WorkerSettings.toml"));
    let text = std::fs::read_to_string(&path).unwrap();
    let lines = text.lines().map(|line| match line.split_once(" = ") {
        Some((name @ "MasterHttpsCertThumbprint", _)) => format!("{name} = {thumbprints:?}"),
        _ => line.to_owned(),
    });
    let lines = lines.chain([more.to_owned()]);
    std::fs::write(&path, lines.collect::<Vec<_>>().join("\n")).unwrap();
}

#[test]
fn a_killed_master_and_a_killed_server_lose_and_double_nothing() {
    let server = PostgresServer::start(Durability::Full);
    let mut cluster = Cluster::start(&server.database(), 2);
    let lines = cluster.one.folder().join("lines");
    cluster.deploy(&format!("echo x >> {}", lines.display()));
    let times = QUEUED.to_string();
    cluster.one.ok(&["execute", "Packhorse/Jobs/Job.dtsx", "--times", &times]);
    cluster.wait_until_succeeded(20);
    cluster.running[0].kill();
    cluster.wait_until_succeeded(60);
    server.kill();
    server.start_again();
    cluster.wait_until_succeeded(QUEUED);
    assert_eq!(cluster.statuses().unwrap().len(), QUEUED);
    let ran = std::fs::read_to_string(&lines).unwrap().lines().count();
    assert_eq!(ran, QUEUED, "each package ran once");
    for execution in cluster.two.executions().iter().step_by(13) {
        let id = execution["execution_id"].as_i64().unwrap();
        let messages = cluster.two.messages(id);
        let starts = messages
            .iter()
            .filter(|one| one["source_name"] == "Job" && one["event_name"] == "OnPreExecute");
        assert_eq!(starts.count(), 1, "execution {id}: {messages:?}");
    }
}

#[test]
fn a_second_master_needs_the_key_of_the_first() {
    let url = PostgresServer::shared().database();
    let (one, two) = (Packhorse::new(), Packhorse::new());
    one.ok(&["init", "--ssisdb", &url, "--workers", "0"]);
    let refused = two.run(&["init", "--ssisdb", &url, "--workers", "0"]);
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.err.contains("the key does not belong to `postgres://"), "{refused:?}");
}

#[test]
fn a_password_on_the_command_line_is_refused_and_never_shown() {
    let packhorse = Packhorse::new();
    let url = "postgres://sa:geheim@127.0.0.1:1/ssisdb?connect_timeout=1";
    let said = packhorse.run(&["init", "--ssisdb", url, "--workers", "0"]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("PACKHORSE_SSISDB") && !said.err.contains("geheim"), "{said:?}");
    let mut command = packhorse.command(&["init", "--workers", "0"]);
    let said = command.env("PACKHORSE_SSISDB", url).output().unwrap();
    let text = String::from_utf8_lossy(&said.stderr);
    assert!(text.contains("postgres://127.0.0.1:1/ssisdb") && !text.contains("geheim"), "{text}");
    let settings = packhorse.data().join("MasterSettings.toml");
    let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(settings).unwrap());
    assert_eq!(mode & 0o777, 0o600, "the settings have the password");
}

#[test]
fn commands_work_on_a_server_without_a_master() {
    let packhorse = Packhorse::new();
    let url = PostgresServer::shared().database();
    packhorse.ok(&["init", "--ssisdb", &url, "--workers", "1"]);
    let list = packhorse.ok(&["workers", "--json"]).json();
    assert_eq!(list["workers"].as_array().unwrap().len(), 1);
    assert!(!packhorse.data().join("ssisdb.sqlite").exists());
}

#[test]
fn a_catalog_moves_from_its_file_to_a_server() {
    let packhorse = Packhorse::new();
    packhorse.ok(&["init", "--workers", "1"]);
    let path = packhorse.write("Job.dtsx", shell_package("Job", &["true"]));
    packhorse.ok(&["deploy", &path.to_string_lossy(), "--project", "Jobs"]);
    packhorse.ok(&["execute", "Packhorse/Jobs/Job.dtsx", "--times", "3"]);
    let before = packhorse.executions();
    let url = PostgresServer::shared().database();
    let moved = packhorse.ok(&["--json", "catalog", "move", "--to", &url]).json();
    let tables = moved["tables"].as_array().unwrap();
    let rows = |name: &str| tables.iter().find(|one| one["table"] == name).unwrap()["rows"].clone();
    assert_eq!((rows("executions"), rows("projects")), (3.into(), 1.into()));
    assert_eq!(packhorse.executions(), before, "the server has what the file had");
    let shown = packhorse.ok(&["--json", "catalog", "show"]).json();
    assert_eq!(shown["replication"]["at_risk"], "everything");
    let again = packhorse.run(&["catalog", "move", "--to", &url]);
    assert!(again.err.contains("already"), "{again:?}");
    let up = packhorse.up(1, &[]);
    wait_until("the executions to succeed on the server", ALL_DONE, || {
        let rows = packhorse.executions();
        let left: Vec<_> = rows.iter().filter(|row| row["status"] != 7).collect();
        if left.is_empty() { Ok(()) } else { Err(format!("{left:?}")) }
    });
    up.stop();
}
