//! Clients that start executions all the while: some over HTTPS with idempotency keys, some in
//! T-SQL. They ask as fast as the workers work, and note what they were told.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use transport::Client;

use crate::cluster::{Cluster, MASTERS};
use crate::ledger::{Ledger, Way};
use crate::random::Random;
use crate::tsql;

/// Clients of the JSON interface, each with another first master than the one before it. There
/// are more than the masters need at good times: while one of them is away, those that wait for
/// its answer must not be all that ask.
const API_CLIENTS: usize = 12;

/// Clients of T-SQL.
const TSQL_CLIENTS: usize = 2;

/// Executions of one request at most.
const BATCH_MAX: u64 = 16;

/// Executions that may be under way before clients wait: some seconds of the workers' work.
const OPEN_MAX: usize = 400;

/// How long a client waits for one answer.
const DEADLINE: Duration = Duration::from_secs(8);

/// The pause after a failure, and while too much is under way.
const PAUSE: Duration = Duration::from_millis(50);

/// What to ask for.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    pub(crate) key: String,
    pub(crate) ticks: u64,
    pub(crate) retry_count: u32,
}

/// What all clients share.
#[derive(Debug)]
pub(crate) struct Demand {
    pub(crate) ledger: Arc<Ledger>,
    seed: u64,
    next: AtomicU64,
    stopping: AtomicBool,
    /// Executions that have not ended, as the catalog said lately, and those started since.
    pub(crate) open: AtomicUsize,
}

impl Demand {
    pub(crate) fn new(ledger: Arc<Ledger>, seed: u64) -> Self {
        let (next, stopping) = (AtomicU64::new(0), AtomicBool::new(false));
        Self { ledger, seed, next, stopping, open: AtomicUsize::new(0) }
    }

    /// Whether clients shall end.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// Whether more may be started now.
    pub(crate) fn has_room(&self) -> bool {
        self.open.load(Ordering::Acquire) < OPEN_MAX
    }

    /// The next wishes, noted in the ledger.
    pub(crate) fn wishes(&self, random: &mut Random, way: Way, n: u64) -> Vec<Wish> {
        let one = |_| {
            let number = self.next.fetch_add(1, Ordering::AcqRel);
            let ticks = match random.below(100) {
                0..85 => 0,
                85..97 => random.between(3, 10),
                _ => random.between(40, 150),
            };
            let retry_count = if random.below(10) == 0 { 0 } else { 5 };
            let key = format!("k{}-{number:06}", self.seed);
            self.ledger.asks(&key, way, retry_count);
            Wish { key, ticks, retry_count }
        };
        (0..n).map(one).collect()
    }

    /// An acknowledgement came.
    pub(crate) fn acknowledged(&self, wish: &Wish, execution: i64) {
        self.ledger.acknowledged(&wish.key, execution);
        self.open.fetch_add(1, Ordering::AcqRel);
    }
}

/// Clients at work.
pub(crate) struct Load {
    demand: Arc<Demand>,
    threads: Vec<JoinHandle<()>>,
}

impl Load {
    /// Starts all clients.
    pub(crate) fn start(demand: &Arc<Demand>, cluster: &Cluster) -> Result<Self> {
        let mut threads = Vec::new();
        for number in 0..API_CLIENTS {
            let client = cluster.client(number % MASTERS.len())?;
            let (demand, random) = (Arc::clone(demand), Random::new(demand.seed + number as u64));
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            threads.push(std::thread::spawn(move || {
                runtime.block_on(api_client(&demand, &client, random));
            }));
        }
        for number in 0..TSQL_CLIENTS {
            let servers = (0..MASTERS.len()).map(|step| cluster.tds(number + step)).collect();
            let (demand, random) =
                (Arc::clone(demand), Random::new(demand.seed + 77 + number as u64));
            threads.push(std::thread::spawn(move || tsql::client(&demand, servers, random)));
        }
        Ok(Self { demand: Arc::clone(demand), threads })
    }

    /// Lets the clients have their last answers, and ends them.
    pub(crate) fn stop(self) {
        self.demand.stopping.store(true, Ordering::Release);
        for thread in self.threads {
            // A client that panicked has said so on standard error, and its requests stay open.
            thread.join().ok();
        }
    }
}

async fn api_client(demand: &Demand, client: &Client, mut random: Random) {
    while !demand.is_stopping() {
        if !demand.has_room() {
            tokio::time::sleep(PAUSE).await;
            continue;
        }
        let n = random.between(1, BATCH_MAX);
        let wishes = demand.wishes(&mut random, Way::Api, n);
        let body: Vec<Value> = wishes.iter().map(request).collect();
        // The same request until it is answered, whatever becomes of masters and catalog.
        loop {
            match ask(client, &body).await {
                Ok(executions) if executions.len() == wishes.len() => {
                    wishes
                        .iter()
                        .zip(executions)
                        .for_each(|(wish, id)| demand.acknowledged(wish, id));
                    break;
                }
                Ok(executions) => {
                    let n = executions.len();
                    demand.ledger.refused(format!("{n} answers for {} wishes", wishes.len()));
                }
                Err(error) => demand.ledger.refused(shortly(&format!("{error:#}"))),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

fn request(wish: &Wish) -> Value {
    json!({
        "folder": "Packhorse", "project": "Chaos", "package": "Work.dtsx",
        "idempotency_key": wish.key, "retry_count": wish.retry_count,
        "parameters": [
            {"name": "Key", "value": wish.key},
            {"name": "Ticks", "value": wish.ticks.to_string()},
        ],
    })
}

async fn ask(client: &Client, body: &[Value]) -> Result<Vec<i64>> {
    let answer: Value = client.post_json("/api/executions", &body, DEADLINE).await?;
    let list = answer["executions"].as_array().context("no executions in the answer")?;
    list.iter().map(|id| id.as_i64().context("an id that is no number")).collect()
}

/// An error without numbers, so that the same ones count together.
pub(crate) fn shortly(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_ascii_digit() { '#' } else { c }).collect();
    let end = plain.floor_char_boundary(160);
    plain[..end].to_owned()
}
