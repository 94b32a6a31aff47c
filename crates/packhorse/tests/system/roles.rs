//! Masters and workers as processes of their own, on data directories of their own, of this
//! program or another version of it.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use testkit::postgres::free_port;

use crate::harness::{Packhorse, Said, signal};

/// The program that these tests are of.
pub(crate) fn this_program() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_packhorse"))
}

/// A process of the program, killed when dropped.
pub(crate) struct Running {
    child: Child,
}

impl Running {
    /// Kills it as the loss of its machine does.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end, and waits.
    pub(crate) fn stop(mut self) {
        signal(self.child.id().cast_signed(), "-TERM");
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A command of a version of the program.
pub(crate) fn command(program: &Path, packhorse: &Packhorse, words: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(words).env("PACKHORSE_DATA_DIR", packhorse.data()).stdin(Stdio::null());
    command.current_dir(packhorse.folder());
    command
}

/// Runs a command of a version of the program, which must succeed.
pub(crate) fn ok(program: &Path, packhorse: &Packhorse, words: &[&str]) -> Said {
    let said: Said = command(program, packhorse, words).output().unwrap().into();
    assert_eq!(said.code, 0, "{words:?}: {said:?}");
    said
}

/// Starts a role, and waits until it says that it is ready.
pub(crate) fn start(program: &Path, packhorse: &Packhorse, words: &[&str], log: &str) -> Running {
    let path = packhorse.folder().join(log);
    let file = std::fs::OpenOptions::new().create(true).append(true).open(&path).unwrap();
    let mut command = command(program, packhorse, words);
    let mut child = command.stdout(Stdio::piped()).stderr(file).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let ready: Result<Value, _> = serde_json::from_str(&line);
    assert!(ready.is_ok(), "{words:?}: {}", std::fs::read_to_string(&path).unwrap());
    Running { child }
}

/// A data directory with a master, which has a port of its own for as long as the test runs.
pub(crate) struct Master {
    pub(crate) packhorse: Packhorse,
    pub(crate) port: u16,
    pub(crate) tds_port: u16,
    pub(crate) thumbprint: String,
}

impl Master {
    /// Makes the SSISDB, at a server or in a file, with workers of this data directory.
    pub(crate) fn first(url: Option<&str>, workers: usize) -> Self {
        let packhorse = Packhorse::new();
        let count = workers.to_string();
        let mut words = vec!["--json", "init", "--workers", &count];
        words.extend(url.iter().flat_map(|url| ["--ssisdb", url]));
        let made = packhorse.ok(&words);
        Self::at(packhorse, &made)
    }

    fn at(packhorse: Packhorse, made: &Said) -> Self {
        let thumbprint = made.json()["thumbprint"].as_str().unwrap().to_owned();
        Self { packhorse, port: free_port(), tds_port: free_port(), thumbprint }
    }

    /// Another master of the same SSISDB, with a certificate of its own.
    pub(crate) fn beside(first: &Self, url: Option<&str>) -> Self {
        let packhorse = Packhorse::new();
        if url.is_none() {
            let file = first.packhorse.data().join("ssisdb.sqlite");
            let text = format!("SqlServerName = \"{}\"\n", file.display());
            packhorse.write("data/MasterSettings.toml", text);
        }
        let key = first.packhorse.data().join("ssisdb.key").to_string_lossy().into_owned();
        let mut words = vec!["--json", "init", "--workers", "0", "--key", &key];
        words.extend(url.iter().flat_map(|url| ["--ssisdb", url]));
        let made = packhorse.ok(&words);
        Self::at(packhorse, &made)
    }

    /// Adds lines to its settings.
    pub(crate) fn set(&self, lines: &str) {
        let path = self.packhorse.data().join("MasterSettings.toml");
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        std::fs::write(&path, format!("{text}{lines}\n")).unwrap();
    }

    /// Starts it, of this version or another.
    pub(crate) fn start(&self, program: &Path) -> Running {
        let (port, tds_port) = (self.port.to_string(), self.tds_port.to_string());
        let words = ["master", "--bind", "127.0.0.1", "--port", &port, "--tds-port", &tds_port];
        start(program, &self.packhorse, &words, "master.log")
    }

    /// Where it listens.
    pub(crate) fn endpoint(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }

    /// What its `/ready` answers; 0 for nothing.
    pub(crate) fn ready(&self) -> u16 {
        ready_at(&format!("{}/ready", self.endpoint()))
    }

    /// Starts a worker of this data directory, for these masters.
    pub(crate) fn start_worker(&self, program: &Path, number: usize, masters: &[&Self]) -> Running {
        let thumbprints: Vec<&str> = masters.iter().map(|one| one.thumbprint.as_str()).collect();
        pin(&self.packhorse, number, &thumbprints);
        let number = number.to_string();
        let endpoints: Vec<String> = masters.iter().map(|one| one.endpoint()).collect();
        let mut words = vec!["worker", "--number", &number];
        words.extend(endpoints.iter().flat_map(|endpoint| ["--master", endpoint]));
        start(program, &self.packhorse, &words, &format!("worker-{number}.log"))
    }

    /// Deploys `Job.dtsx`, which runs a shell command.
    pub(crate) fn deploy(&self, step: &str) {
        let path = self.packhorse.write("Job.dtsx", crate::harness::shell_package("Job", &[step]));
        self.packhorse.ok(&["deploy", &path.to_string_lossy(), "--project", "Jobs"]);
    }

    /// Status and id of all executions, the newest first, as far as they can be asked for.
    pub(crate) fn executions(&self) -> Result<Vec<(i64, i64)>, String> {
        let said = self.packhorse.run(&["executions", "--json", "--limit", "1000"]);
        let list: Value = serde_json::from_str(&said.out).map_err(|_| said.err)?;
        let rows = list["executions"].as_array().cloned().unwrap_or_default();
        let row = |row: &Value| Some((row["execution_id"].as_i64()?, row["status"].as_i64()?));
        Ok(rows.iter().filter_map(row).collect())
    }

    /// How many executions have succeeded.
    pub(crate) fn succeeded(&self) -> Result<usize, String> {
        Ok(self.executions()?.iter().filter(|(_, status)| *status == 7).count())
    }
}

/// The status that a URL is answered with, without a certificate; 0 for nothing.
pub(crate) fn ready_at(url: &str) -> u16 {
    let mut curl = Command::new("curl");
    curl.args(["-k", "-s", "-m", "5", "-o", "/dev/null", "-w", "%{http_code}", url]);
    String::from_utf8_lossy(&curl.output().unwrap().stdout).parse().unwrap_or_default()
}

/// Lets a worker trust these masters.
pub(crate) fn pin(packhorse: &Packhorse, number: usize, thumbprints: &[&str]) {
    let path = packhorse.data().join(format!("workers/{number}/WorkerSettings.toml"));
    let text = std::fs::read_to_string(&path).unwrap();
    let lines = text.lines().map(|line| match line.split_once(" = ") {
        Some((name @ "MasterHttpsCertThumbprint", _)) => format!("{name} = {thumbprints:?}"),
        _ => line.to_owned(),
    });
    std::fs::write(&path, lines.collect::<Vec<_>>().join("\n")).unwrap();
}

/// The lines that packages have appended to a file.
pub(crate) fn lines(path: &Path) -> usize {
    std::fs::read_to_string(path).map_or(0, |text| text.lines().count())
}

/// The password of the login `ada`.
const PASSWORD: &str = "Bananas-42!";

/// Makes the login `ada`, for T-SQL.
pub(crate) fn login(packhorse: &Packhorse) {
    packhorse.write("password", PASSWORD);
    let words = ["login", "create", "ada", "--role", "ssis_admin", "--password-file", "password"];
    packhorse.ok(&words);
}

/// Asks a question as `ada` by an unmodified client of SQL Server.
pub(crate) fn select_one(host: &str, port: u16) -> Result<(), String> {
    let mut client = Command::new("tsql");
    client.args(["-H", host, "-p", &port.to_string(), "-U", "ada", "-P", PASSWORD]);
    client.env("TDSVER", "7.4").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = client.spawn().unwrap();
    let question = b"SELECT 'it is ' + 'here'\ngo\n";
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), question).unwrap();
    let said = child.wait_with_output().unwrap();
    let is_there = String::from_utf8_lossy(&said.stdout).contains("it is here");
    if is_there { Ok(()) } else { Err(format!("{said:?}")) }
}
