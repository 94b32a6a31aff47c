//! Starting the program, reading what it says.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tempfile::TempDir;
use testkit::wait_for;

/// How long a command may take that is to end by itself.
const RUN_WITHIN: Duration = Duration::from_secs(300);

/// A data directory, and the program that works in it.
pub(crate) struct Packhorse {
    folder: TempDir,
}

/// What the program said and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    /// The exit code; -1 after a signal.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) out: String,
    /// Standard error.
    pub(crate) err: String,
}

impl Said {
    /// Standard output as one JSON value.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Packhorse {
    /// A program with nothing set up.
    pub(crate) fn new() -> Self {
        Self { folder: TempDir::new().unwrap() }
    }

    /// The folder of the test: the data directory is `data` in it.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The data directory.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A command of the program, with the data directory.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_packhorse"));
        command.args(words).env("PACKHORSE_DATA_DIR", self.data()).stdin(Stdio::null());
        command.current_dir(self.folder());
        command
    }

    /// Runs a command to its end, which is to come within [`RUN_WITHIN`].
    pub(crate) fn run(&self, words: &[&str]) -> Said {
        let mut command = self.command(words);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let pid = Pid::from_raw(i32::try_from(child.id()).unwrap());
        let (ended, watched) = std::sync::mpsc::channel::<()>();
        let watch = std::thread::spawn(move || {
            let too_long = watched.recv_timeout(RUN_WITHIN) == Err(RecvTimeoutError::Timeout);
            too_long && kill(pid, Signal::SIGKILL).is_ok()
        });
        let output = child.wait_with_output().unwrap();
        drop(ended);
        let said = Said::from(output);
        assert!(!watch.join().unwrap(), "{words:?} did not end: {said:?}");
        said
    }

    /// Runs a command that must succeed.
    pub(crate) fn ok(&self, words: &[&str]) -> Said {
        let said = self.run(words);
        assert_eq!(said.code, 0, "{words:?}: {said:?}");
        said
    }

    /// Writes a file below the folder of the test.
    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Starts `packhorse up` at a free port, and waits until its workers are online.
    pub(crate) fn up(&self, workers: usize, more: &[&str]) -> Up<'_> {
        let count = workers.to_string();
        let mut command =
            self.command(&["up", "--port", "0", "--tds-port", "0", "--workers", &count]);
        let log = std::fs::File::create(self.folder().join("up.log")).unwrap();
        let child = command.args(more).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        let up = Up { packhorse: self, child };
        wait_for("workers to be online", || {
            if !self.data().join("master.endpoint").exists() {
                return Err("no endpoint".to_owned());
            }
            let said = self.run(&["workers", "--json"]);
            let list: Value = serde_json::from_str(&said.out).map_err(|_| said.err)?;
            let online = list["workers"].as_array().map_or(0, |list| {
                list.iter().filter(|worker| worker["is_online"] == Value::Bool(true)).count()
            });
            if online == workers { Ok(()) } else { Err(format!("{online} online")) }
        });
        up
    }

    /// Where the master of the data directory listens.
    pub(crate) fn endpoint(&self) -> Option<String> {
        let text = std::fs::read_to_string(self.data().join("master.endpoint")).ok()?;
        Some(text.trim().to_owned())
    }

    /// Where the running master serves T-SQL clients, as its log says.
    pub(crate) fn tds_port(&self) -> u16 {
        wait_for("T-SQL clients to be served", || {
            let told = std::fs::read_to_string(self.folder().join("up.log")).unwrap();
            let address = told.split("T-SQL clients connect to ").nth(1).unwrap_or_default();
            let port = address.split(',').nth(1).and_then(|rest| rest.lines().next());
            port.and_then(|port| port.trim().parse().ok()).ok_or(told)
        })
    }

    /// Starts a master by itself, and tells where T-SQL clients of it connect to.
    pub(crate) fn master(&self) -> (Master, u16) {
        let words = ["master", "--port", "0", "--bind", "127.0.0.1", "--tds-port", "0"];
        let mut command = self.command(&words);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut master = Master(child);
        let mut line = String::new();
        BufReader::new(master.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        let tds = ready["tds"].as_str().unwrap();
        (master, tds.rsplit(',').next().unwrap().parse().unwrap())
    }

    /// All executions, the newest first.
    pub(crate) fn executions(&self) -> Vec<Value> {
        let said = self.ok(&["executions", "--json", "--limit", "1000"]);
        said.json()["executions"].as_array().cloned().unwrap()
    }

    /// All messages of an execution.
    pub(crate) fn messages(&self, id: i64) -> Vec<Value> {
        let said = self.ok(&["messages", &id.to_string(), "--json"]);
        said.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Process ids of this data directory's processes with this word behind the program's name.
    pub(crate) fn processes(&self, role: &str) -> Vec<i32> {
        let data = self.data().to_string_lossy().into_owned();
        all_processes()
            .into_iter()
            .filter(|(_, line)| line.get(1).is_some_and(|word| word == role))
            .filter(|(_, line)| line.contains(&data))
            .map(|(id, _)| id)
            .collect()
    }
}

/// Every process that can be read, with its command line.
pub(crate) fn all_processes() -> Vec<(i32, Vec<String>)> {
    let entries = std::fs::read_dir("/proc").unwrap();
    entries
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let id = path.file_name()?.to_str()?.parse().ok()?;
            let line = std::fs::read(path.join("cmdline")).ok()?;
            let words = line.split(|&byte| byte == 0);
            Some((id, words.map(|word| String::from_utf8_lossy(word).into_owned()).collect()))
        })
        .collect()
}

/// Sends a signal as `kill` does.
pub(crate) fn signal(id: i32, name: &str) {
    let status = Command::new("kill").args([name, &id.to_string()]).status().unwrap();
    assert!(status.success(), "kill {name} {id}");
}

/// A running master, killed when dropped.
pub(crate) struct Master(Child);

impl Master {
    /// Asks it to end, and does not wait.
    pub(crate) fn ask_to_stop(&self) {
        signal(self.0.id().cast_signed(), "-TERM");
    }
}

impl Drop for Master {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// A running `packhorse up`, stopped when dropped.
pub(crate) struct Up<'a> {
    packhorse: &'a Packhorse,
    child: Child,
}

impl Up<'_> {
    /// Stops it and waits for its end; it must end well and leave nothing running.
    pub(crate) fn stop(mut self) {
        signal(self.child.id().cast_signed(), "-TERM");
        let status = self.child.wait().unwrap();
        let log = std::fs::read_to_string(self.packhorse.folder().join("up.log")).unwrap();
        assert!(status.success(), "{status}: {log}");
        self.packhorse.assert_nothing_runs();
    }
}

impl Drop for Up<'_> {
    fn drop(&mut self) {
        // Its processes follow it; a failing test must not leave them behind.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Packhorse {
    /// Waits until no process of this data directory is left.
    pub(crate) fn assert_nothing_runs(&self) {
        let data = self.data().to_string_lossy().into_owned();
        wait_for("every process to be gone", || {
            let left: Vec<_> = all_processes()
                .into_iter()
                .filter(|(_, line)| line.iter().any(|word| word.contains(&data)))
                .collect();
            if left.is_empty() { Ok(()) } else { Err(left) }
        });
    }
}

/// A package in designer form, drawn by what is in it.
pub(crate) fn package(name: &str, body: &str) -> String {
    format!(
        r#"<?xml version="1.0"?>
<DTS:Executable xmlns:DTS="www.microsoft.com/SqlServer/Dts" DTS:refId="Package"
  DTS:CreationName="Microsoft.Package" DTS:DTSID="{{AAAAAAAA-0000-0000-0000-000000000001}}"
  DTS:ExecutableType="Microsoft.Package" DTS:LocaleID="1033" DTS:ObjectName="{name}"
  DTS:ProtectionLevel="0">
  <DTS:Property DTS:Name="PackageFormatVersion">8</DTS:Property>
{body}
</DTS:Executable>
"#
    )
}

/// A package that runs shell commands, one after the other.
pub(crate) fn shell_package(name: &str, commands: &[&str]) -> String {
    let mut tasks = String::new();
    let mut constraints = String::new();
    for (index, command) in commands.iter().enumerate() {
        let command = command.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
        write!(
            tasks,
            r#"<DTS:Executable DTS:refId="Package\Step {index}" DTS:CreationName="Microsoft.ExecuteProcess"
  DTS:DTSID="{{BBBBBBBB-0000-0000-0000-00000000000{index}}}" DTS:ExecutableType="Microsoft.ExecuteProcess"
  DTS:ObjectName="Step {index}"><DTS:ObjectData><ExecuteProcessData Executable="/bin/sh"
  Arguments="-c &quot;{command}&quot;" /></DTS:ObjectData></DTS:Executable>"#
        )
        .unwrap();
        if index > 0 {
            write!(
                constraints,
                r#"<DTS:PrecedenceConstraint DTS:refId="Package.PrecedenceConstraints[C{index}]"
  DTS:From="Package\Step {}" DTS:To="Package\Step {index}" DTS:LogicalAnd="True" DTS:ObjectName="C{index}" />"#,
                index - 1
            )
            .unwrap();
        }
    }
    package(
        name,
        &format!(
            "<DTS:Variables /><DTS:Executables>{tasks}</DTS:Executables>\
             <DTS:PrecedenceConstraints>{constraints}</DTS:PrecedenceConstraints>"
        ),
    )
}
