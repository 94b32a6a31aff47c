//! What connected workers cost a master that has nothing for them, and how fast they get work when
//! there is some: many light workers in this process, each with a certificate and a connection of
//! its own, that speak the protocol and run nothing.

use std::collections::HashMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use transport::{CertificateRequest, Client, Identity, Thumbprint};

use crate::report::Report;
use crate::world::output;

/// How long the master is watched while nothing happens.
const WATCHED: Duration = Duration::from_secs(60);

/// Executions whose claims are timed, and the pause between two.
const TIMED: usize = 1_000;
const PAUSE: Duration = Duration::from_millis(50);

/// How long a claim is held, as by a worker of this program.
const WAIT_MS: u64 = 20_000;

/// How often a worker says that it lives, as by default.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// How long a request may take on top of its wait.
const DEADLINE: Duration = Duration::from_secs(30);

/// Workers that introduce themselves at once.
const AT_ONCE: usize = 16;

/// Jiffies a second.
const TICKS: f64 = 100.0;

/// When executions were claimed, by execution.
type Claimed = Arc<Mutex<HashMap<i64, Instant>>>;

struct Master {
    process: Child,
    endpoint: String,
}

impl Drop for Master {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// Measures a master with so many workers, in an empty folder.
pub fn idle_workers(packhorse: &Path, folder: &Path, count: usize) -> Result<Report> {
    let runtime = tokio::runtime::Runtime::new()?;
    let data = folder.join("data");
    let command = |words: &[&str]| {
        let mut command = Command::new(packhorse);
        command.arg("--data-dir").arg(&data).args(words).stdin(Stdio::null());
        command
    };
    output(&mut command(&["init", "--workers", "0"]))?;
    let master = start(command(&["master", "--port", "0", "--bind", "127.0.0.1", "--no-tds"]))?;
    let package = folder.join("empty.dtsx");
    std::fs::write(&package, include_str!("../../../bench/empty.dtsx"))?;
    output(command(&["deploy", "--project", "Idle"]).arg(&package))?;
    let pin = Thumbprint::of(&transport::read_certificate(&data.join("certs/master.crt"))?);
    let (certificate, key) = (data.join("certs/admin.crt"), data.join("certs/admin.key"));
    let identity = Identity::load(&certificate, &key)?;
    let admin = Client::new(vec![master.endpoint.clone()], identity, vec![pin])?;
    let mut report = Report::default();
    report.line("workers", count);
    runtime.block_on(async {
        let claimed = Claimed::default();
        connect_all(&admin, &master, pin, (count, &claimed)).await?;
        // The first claims are all held, and the heartbeats have begun, once each went around.
        tokio::time::sleep(HEARTBEAT).await;
        let (percent, mb) = watch(master.process.id()).await?;
        report.line("processor of the idle master, % of one core", format!("{percent:.1}"));
        report.line("memory of the idle master, MB", format!("{mb:.0}"));
        let [median, most, longest] = time_claims(&admin, &claimed).await?;
        let times = format!("{median:.1}, {most:.1}, {longest:.1}");
        report.line("start asked for to task claimed, ms (median, 99 %, longest)", times);
        if 15.0 <= percent || 300.0 <= mb || 100.0 <= most {
            report.wrong.push("more than 15 % of a core, 300 MB, or 100 ms".to_owned());
        }
        anyhow::Ok(())
    })?;
    Ok(report)
}

fn start(mut command: Command) -> Result<Master> {
    use std::io::BufRead as _;
    let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let out = process.stdout.take().context("no output")?;
    let mut line = String::new();
    std::io::BufReader::new(out).read_line(&mut line)?;
    let ready: Value = serde_json::from_str(&line).context("the master did not start")?;
    let endpoint = ready["endpoint"].as_str().context("no endpoint")?.to_owned();
    Ok(Master { process, endpoint })
}

async fn connect_all(
    admin: &Client,
    master: &Master,
    pin: Thumbprint,
    (count, claimed): (usize, &Claimed),
) -> Result<()> {
    let turns = Arc::new(tokio::sync::Semaphore::new(AT_ONCE));
    let mut joining = tokio::task::JoinSet::new();
    for number in 0..count {
        let (admin, endpoint) = (admin.clone(), master.endpoint.clone());
        let turns = Arc::clone(&turns);
        joining.spawn(async move {
            let _turn = turns.acquire_owned().await?;
            join(&admin, endpoint, pin, number).await
        });
    }
    while let Some(joined) = joining.join_next().await {
        let (agent, client) = joined??;
        tokio::spawn(live(agent.clone(), client.clone()));
        tokio::spawn(work(agent, client, Arc::clone(claimed)));
    }
    Ok(())
}

/// A worker with a certificate of its own: trusted, registered, enabled.
async fn join(
    admin: &Client,
    endpoint: String,
    pin: Thumbprint,
    number: usize,
) -> Result<(String, Client)> {
    let agent = format!("00000000-0000-4000-8000-{number:012}");
    let request = CertificateRequest {
        common_name: format!("worker {number}"),
        names: vec!["localhost".to_owned()],
        days: 1,
    };
    let identity = Identity::generate(&request)?;
    let thumbprint = identity.thumbprint().to_string();
    let trust = json!({"thumbprint": thumbprint, "role": "worker", "worker_agent_id": agent});
    let _: Value = admin.post_json("/api/certificates", &trust, DEADLINE).await?;
    let client = Client::new(vec![endpoint], identity, vec![pin])?;
    let client = client.with_header("packhorse-protocol", "1");
    let register = json!({
        "agent": agent, "display_name": format!("idle {number}"), "description": "",
        "machine_name": "bench", "user_account": "bench", "version": "bench", "running": [],
        "number": 1,
    });
    let _: Value = client.post_json("/ClusterManagement/register", &register, DEADLINE).await?;
    let enable = format!("/api/workers/{agent}/enable");
    let _: Value = admin.post_json(&enable, &json!({}), DEADLINE).await?;
    Ok((agent, client))
}

async fn live(agent: String, client: Client) {
    loop {
        tokio::time::sleep(HEARTBEAT).await;
        let beat = json!({"agent": agent});
        let answer: Result<Value, _> =
            client.post_json("/ClusterManagement/heartbeat", &beat, DEADLINE).await;
        if let Err(error) = answer {
            eprintln!("heartbeat: {error}");
        }
    }
}

/// Claims, and reports every package as done at once.
async fn work(agent: String, client: Client, claimed: Claimed) {
    for number in 2_u64.. {
        let claim = json!({
            "agent": agent, "tasks_max": 1, "wait_ms": WAIT_MS, "running": [], "number": number,
        });
        let answer: Result<Value, _> =
            client.post_json("/ClusterManagement/claim", &claim, DEADLINE).await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                eprintln!("claim: {error}");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        for task in answer["tasks"].as_array().into_iter().flatten() {
            let execution = task["execution"].as_i64().unwrap_or_default();
            note(&claimed, execution);
            report(&agent, &client, task).await;
        }
    }
}

fn note(claimed: &Claimed, execution: i64) {
    let mut all = claimed.lock().unwrap_or_else(PoisonError::into_inner);
    all.insert(execution, Instant::now());
}

async fn report(agent: &str, client: &Client, task: &Value) {
    let outcome = json!({
        "task": task["task"], "attempt": task["attempt"], "fence": task["fence"],
        "outcome": {"outcome": "succeeded"}, "rows_written": 0, "process_id": null,
        "last_sequence": 0, "tail": null,
    });
    let report = json!({"agent": agent, "outcomes": [outcome]});
    let answer: Result<Value, _> =
        client.post_json("/ClusterManagement/report", &report, DEADLINE).await;
    if let Err(error) = answer {
        eprintln!("report: {error}");
    }
}

/// Percent of a core, and MB of memory.
async fn watch(process: u32) -> Result<(f64, f64)> {
    let (before, start) = (jiffies(process)?, Instant::now());
    tokio::time::sleep(WATCHED).await;
    let seconds = (jiffies(process)? - before) / TICKS;
    let percent = seconds / start.elapsed().as_secs_f64() * 100.0;
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kb = line.and_then(|line| line.split_whitespace().next()).context("no VmRSS")?;
    Ok((percent, kb.parse::<f64>()? / 1_024.0))
}

/// Processor time of a process, in jiffies.
fn jiffies(process: u32) -> Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    let fields = stat.rsplit_once(')').context("no name")?.1;
    let times = fields.split_whitespace().skip(11).take(2);
    times.map(|time| Ok(time.parse::<f64>()?)).sum()
}

/// Milliseconds from asking for an execution to its claim: median, 99th percentile, longest.
async fn time_claims(admin: &Client, claimed: &Claimed) -> Result<[f64; 3]> {
    let mut asked = Vec::new();
    for _ in 0..TIMED {
        let at = Instant::now();
        let body = json!([{"folder": "Packhorse", "project": "Idle", "package": "empty.dtsx"}]);
        let answer: Value = admin.post_json("/api/executions", &body, DEADLINE).await?;
        asked.push((answer["executions"][0].as_i64().context("no execution")?, at));
        tokio::time::sleep(PAUSE).await;
    }
    tokio::time::sleep(Duration::from_secs(5)).await;
    let all = claimed.lock().unwrap_or_else(PoisonError::into_inner);
    let mut times = Vec::new();
    for (execution, at) in asked {
        let claimed = all.get(&execution).with_context(|| format!("{execution} is unclaimed"))?;
        times.push(claimed.duration_since(at).as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    let last = times.len().saturating_sub(1);
    Ok([50, 99, 100]
        .map(|part| times.get((times.len() * part / 100).min(last)).copied().unwrap_or(0.0)))
}
