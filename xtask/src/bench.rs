//! `cargo xtask bench`: what one box costs, side by side with what it could cost at least.
//!
//! Everything runs in one go on the same machine, so the ratios hold when the machine is slow.
//! `bench/README.md` says what each line means and keeps the figures.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{cargo, peers, root, run as run_command};

/// Executions that are queued at once.
const QUEUED: usize = 10_000;

/// Executions that are started one after the other, to see how long one takes.
const SINGLE: usize = 100;

/// Runs all benchmarks and prints a line each.
pub(crate) fn run() -> Result<()> {
    run_command(cargo().args(["build", "--release", "--package", "packhorse"]))?;
    let bench = Bench { folder: scratch()?, binary: root().join("target/release/packhorse") };
    let result = bench.run();
    std::fs::remove_dir_all(&bench.folder).ok();
    result
}

struct Bench {
    folder: PathBuf,
    binary: PathBuf,
}

impl Bench {
    fn run(&self) -> Result<()> {
        let package = root().join("bench/empty.dtsx");
        let cold = self.cold(&package)?;
        report("cold `run` of an empty package, set-up included", cold * 1e3, "ms");
        let data = self.folder.join("up");
        self.set_up(&data)?;
        let mut up = self.up(&data)?;
        let result = self.measure(&data, &package, up.id());
        interrupt(&mut up)?;
        result
    }

    /// Median seconds of `packhorse run` with nothing there.
    fn cold(&self, package: &Path) -> Result<f64> {
        let mut times = Vec::new();
        for round in 0..5 {
            let data = self.folder.join(format!("cold-{round}"));
            let start = Instant::now();
            run_command(
                self.packhorse(&data)
                    .arg("run")
                    .arg(package)
                    .args(["--json"])
                    .stdout(Stdio::null()),
            )?;
            times.push(start.elapsed().as_secs_f64());
        }
        Ok(median(times))
    }

    fn measure(&self, data: &Path, package: &Path, up: u32) -> Result<()> {
        run_command(self.packhorse(data).arg("deploy").arg(package).stdout(Stdio::null()))?;
        report("memory of an idle worker", idle_worker_mb(up)?, "MB");
        let single = self.single(data)?;
        report("no-op package, created to ended, p50", single, "ms");
        let spawn = peers::spawn_per_s()?;
        let queue = peers::sqlite_queue_per_s(&self.folder)?;
        let ours = self.queued(data)?;
        report(&format!("{QUEUED} queued no-op executions, 2 workers of 4"), ours, "/s");
        report("peer: processes started and ended, 8 at a time", spawn, "/s");
        report("peer: durable SQLite queue, claim and complete, 50 a transaction", queue, "/s");
        println!("ratio to the spawn floor {:.2}, to the queue {:.3}", ours / spawn, ours / queue);
        Ok(())
    }

    /// Median milliseconds from created to ended, of executions that run alone.
    fn single(&self, data: &Path) -> Result<f64> {
        let mut times = Vec::new();
        for _ in 0..SINGLE {
            self.execute(data, 1)?;
            let (created, ended) = self.span(data, 1)?;
            times.push((ended - created) / 1e3);
        }
        Ok(median(times))
    }

    /// Executions a second, from the first one created to the last one ended.
    fn queued(&self, data: &Path) -> Result<f64> {
        self.execute(data, QUEUED)?;
        let (created, ended) = self.span(data, QUEUED)?;
        Ok(QUEUED as f64 / (ended - created) * 1e6)
    }

    fn execute(&self, data: &Path, times: usize) -> Result<()> {
        let mut command = self.packhorse(data);
        command.args(["execute", "Packhorse/empty/empty.dtsx", "--wait", "--json"]);
        run_command(command.args(["--times", &times.to_string()]).stdout(Stdio::null()))
    }

    /// First creation and last end of the newest executions, in microseconds.
    fn span(&self, data: &Path, newest: usize) -> Result<(f64, f64)> {
        let (mut first, mut last) = (f64::MAX, 0_f64);
        let mut left = newest;
        let mut after = String::new();
        while 0 < left {
            let page = left.min(1_000).to_string();
            let mut command = self.packhorse(data);
            command.args(["executions", "--json", "--limit", &page]);
            if !after.is_empty() {
                command.args(["--before", &after]);
            }
            let out = command.stderr(Stdio::inherit()).output()?;
            let list: Value = serde_json::from_slice(&out.stdout)?;
            let rows = list["executions"].as_array().context("no executions")?;
            if rows.is_empty() {
                bail!("fewer executions than were started");
            }
            for row in rows {
                first = first.min(row["created_time"].as_f64().context("no created_time")?);
                last = last.max(row["end_time"].as_f64().context("it has not ended")?);
                after = row["execution_id"].to_string();
            }
            left -= rows.len();
        }
        Ok((first, last))
    }

    /// Two workers that hold four tasks each.
    fn set_up(&self, data: &Path) -> Result<()> {
        run_command(self.packhorse(data).args(["init", "--workers", "2"]).stdout(Stdio::null()))?;
        for number in 1..=2 {
            let path = data.join(format!("workers/{number}/WorkerSettings.toml"));
            let text = std::fs::read_to_string(&path)?;
            std::fs::write(&path, format!("{text}MaxTaskCount = 4\n"))?;
        }
        Ok(())
    }

    fn up(&self, data: &Path) -> Result<Child> {
        let mut command = self.packhorse(data);
        let child =
            command.args(["up", "--port", "0", "--no-tds"]).stderr(Stdio::null()).spawn()?;
        let start = Instant::now();
        while !data.join("master.endpoint").exists() || idle_worker_mb(child.id()).is_err() {
            if Duration::from_secs(30) < start.elapsed() {
                bail!("`packhorse up` did not start");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(child)
    }

    fn packhorse(&self, data: &Path) -> Command {
        let mut command = Command::new(&self.binary);
        command.arg("--data-dir").arg(data);
        command
    }
}

fn report(what: &str, value: f64, unit: &str) {
    println!("{what:<72}{value:>12.1} {unit}");
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

/// Memory of the largest worker among the children of `parent`, in MB.
fn idle_worker_mb(parent: u32) -> Result<f64> {
    let mut largest: Option<f64> = None;
    for entry in std::fs::read_dir("/proc")? {
        let path = entry?.path();
        let read = |name: &str| std::fs::read_to_string(path.join(name)).unwrap_or_default();
        let status = read("status");
        let field = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name))?;
            line.split_whitespace().nth(1)?.parse::<f64>().ok()
        };
        if field("PPid:") == Some(f64::from(parent)) && read("cmdline").contains("\0worker\0") {
            let mb = field("VmRSS:").unwrap_or(0.0) / 1024.0;
            largest = Some(largest.map_or(mb, |other| other.max(mb)));
        }
    }
    largest.context("no worker runs")
}

fn interrupt(up: &mut Child) -> Result<()> {
    run_command(Command::new("kill").args(["-TERM", &up.id().to_string()]))?;
    up.wait()?;
    Ok(())
}

fn scratch() -> Result<PathBuf> {
    let folder = std::env::temp_dir().join(format!("packhorse-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}
