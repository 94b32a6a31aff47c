//! Processes of this program that belong together: a master and its workers.
//!
//! Each child gets `--parent PID` and asks the kernel to be told when that process is gone, so
//! that none outlives the command that started it. Its first line on standard output says that
//! it is ready; everything else it has to say is in its log file.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// How long a master or worker may take to get ready. Half a second is usual.
const READY_DEADLINE: Duration = Duration::from_secs(30);

/// How long a process may take to end after SIGTERM, beyond what its own settings allow.
const STOP_DEADLINE: Duration = Duration::from_secs(20);

/// The first line that a master or worker writes to standard output.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Ready {
    /// `master` or `worker`.
    pub(crate) role: String,
    /// For a master: where it listens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) endpoint: Option<String>,
    /// For a master: where T-SQL clients connect to, `HOST,PORT`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tds: Option<String>,
}

impl Ready {
    /// Tells the process that started this one.
    pub(crate) fn announce(&self) -> Result<()> {
        use std::io::Write;
        let mut out = std::io::stdout().lock();
        serde_json::to_writer(&mut out, self)?;
        writeln!(out)?;
        out.flush().context("cannot write to standard output")
    }
}

/// What to start.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// For people: `master`, `worker 1`.
    pub(crate) name: String,
    /// Words behind the program's name.
    pub(crate) arguments: Vec<String>,
    /// Where its standard error goes, appended.
    pub(crate) log: PathBuf,
}

/// A running master or worker.
pub(crate) struct Process {
    plan: Plan,
    child: Child,
}

impl Process {
    /// Starts a process and waits until it says that it is ready.
    pub(crate) async fn start(plan: Plan) -> Result<(Self, Ready)> {
        Self::start_within(plan, READY_DEADLINE).await
    }

    /// The same for one that has been ready before: a master may have to wait for SSISDB now, for
    /// as long as that is away.
    pub(crate) async fn start_again(plan: &Plan) -> Result<(Self, Ready)> {
        Self::start_within(plan.clone(), Duration::MAX).await
    }

    async fn start_within(plan: Plan, deadline: Duration) -> Result<(Self, Ready)> {
        let program = std::env::current_exe().context("cannot find this program's own file")?;
        let log = open_log(&plan.log)?;
        let mut child = Command::new(program)
            .args(&plan.arguments)
            .args(["--parent", &std::process::id().to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start the {}", plan.name))?;
        let ready = match child.stdout.take() {
            Some(out) => wait_ready(out, deadline).await,
            None => None,
        };
        let Some(ready) = ready else { return Err(not_ready(&plan, &mut child).await) };
        Ok((Self { plan, child }, ready))
    }

    /// For people: `master`, `worker 1`.
    pub(crate) fn name(&self) -> &str {
        &self.plan.name
    }

    /// What was started, to start it again.
    pub(crate) fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Changes what the process is started with when it has to be started again.
    pub(crate) fn replace_argument(&mut self, name: &str, value: &str) {
        let words = &mut self.plan.arguments;
        if let Some(place) = words.iter().position(|word| word == name)
            && let Some(word) = words.get_mut(place + 1)
        {
            value.clone_into(word);
        }
    }

    /// Waits until the process has ended.
    pub(crate) async fn ended(&mut self) -> String {
        match self.child.wait().await {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        }
    }

    /// Asks the process to stop; does not wait.
    pub(crate) fn ask_to_stop(&self) {
        if let Some(id) = self.child.id().and_then(|id| i32::try_from(id).ok()) {
            // It fails only for a process that has ended, which is what is wanted.
            kill(Pid::from_raw(id), Signal::SIGTERM).ok();
        }
    }

    /// Waits until the process has ended after [`Self::ask_to_stop`], and kills it when it does
    /// not end in time.
    pub(crate) async fn join(mut self) {
        if tokio::time::timeout(STOP_DEADLINE, self.child.wait()).await.is_err() {
            tracing::warn!(process = self.name(), "did not stop in time and was killed");
            self.child.kill().await.ok();
        }
    }
}

async fn wait_ready(out: tokio::process::ChildStdout, deadline: Duration) -> Option<Ready> {
    let mut line = String::new();
    let mut reader = BufReader::new(out);
    tokio::time::timeout(deadline, reader.read_line(&mut line)).await.ok()?.ok()?;
    serde_json::from_str(&line).ok()
}

/// Why a process did not get ready: its own last words, from its log.
async fn not_ready(plan: &Plan, child: &mut Child) -> anyhow::Error {
    child.start_kill().ok();
    let status = child.wait().await.map_or_else(|error| error.to_string(), |s| s.to_string());
    let log = fs_err::read_to_string(&plan.log).unwrap_or_default();
    let last: Vec<&str> =
        log.lines().rev().filter(|line| !line.trim().is_empty()).take(4).collect();
    let words = last.into_iter().rev().map(str::trim).collect::<Vec<_>>().join("\n  ");
    match words.as_str() {
        "" => anyhow::anyhow!("the {} did not start ({status})", plan.name),
        _ => anyhow::anyhow!("the {} did not start ({status}):\n  {words}", plan.name),
    }
}

fn open_log(path: &Path) -> Result<Stdio> {
    if let Some(folder) = path.parent() {
        fs_err::create_dir_all(folder)?;
    }
    let file = fs_err::OpenOptions::new().create(true).append(true).open(path)?;
    Ok(file.into_parts().0.into())
}

/// Makes this process end when its parent does; see [`crate::cli::Parent`].
pub(crate) fn follow_parent(parent: Option<u32>) -> Result<()> {
    let Some(parent) = parent else { return Ok(()) };
    nix::sys::prctl::set_pdeathsig(Signal::SIGTERM).context("cannot follow the parent process")?;
    // The parent may have ended before the kernel was asked.
    if u32::try_from(nix::unistd::getppid().as_raw()).ok() != Some(parent) {
        bail!("the process that started this one ({parent}) is gone");
    }
    Ok(())
}
