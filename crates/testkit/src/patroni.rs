//! A real Patroni cluster for tests: etcd and three PostgreSQL nodes on this machine, gone when
//! the tests are.
//!
//! Needs Debian's packages `patroni`, `etcd-server` and `postgresql`. As for one server (see
//! [`crate::postgres`]), a keeper sees the end of the test process and ends everything.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::postgres::{as_ordinary_user, free_port, programs};
use crate::wait_until;

/// How many nodes a cluster has.
pub const NODES: usize = 3;

/// How long a cluster may take to be complete: initdb, two base backups, on a loaded machine.
const COMPLETE: Duration = Duration::from_secs(180);

/// How long before that deadline the logs are looked at, and how many lines of each are told.
const LOGS_BEFORE: Duration = Duration::from_secs(10);
const LOG_LINES: usize = 20;

/// Makes and runs the cluster. `$1` has PostgreSQL's programs, `$2` and `$3` are etcd's ports,
/// `$4` is `on` or `off`, then follow the nodes' PostgreSQL and REST ports, one after the other.
const KEEPER: &str = r#"
dir="${TMPDIR:-/tmp}/packhorse-patroni.$$.$(date +%N)"
mkdir -m 700 "$dir" || exit 1
bin=$1 etcd=$2 peer=$3 sync=$4; shift 4
patroni=$(command -v patroni || echo /usr/bin/patroni)
etcd --name e1 --data-dir "$dir/etcd" --listen-client-urls "http://127.0.0.1:$etcd" \
    --advertise-client-urls "http://127.0.0.1:$etcd" --listen-peer-urls "http://127.0.0.1:$peer" \
    --initial-advertise-peer-urls "http://127.0.0.1:$peer" \
    --initial-cluster "e1=http://127.0.0.1:$peer" >"$dir/etcd.log" 2>&1 </dev/null &
echo $! >"$dir/etcd.pid"
start() {
    setsid "$patroni" "$dir/$1.yml" >>"$dir/$1.log" 2>&1 </dev/null &
    echo $! >"$dir/$1.pid"
}
kill_node() {
    postmaster=$(head -1 "$dir/d$1/postmaster.pid" 2>/dev/null)
    kill -9 $(cat "$dir/$1.pid") $postmaster ${postmaster:+$(pgrep -P "$postmaster")} 2>/dev/null
}
n=0
while [ $# -gt 0 ]; do
    n=$((n + 1))
    cat >"$dir/$n.yml" <<CONFIG
scope: packhorse
name: node$n
restapi: {listen: "127.0.0.1:$2", connect_address: "127.0.0.1:$2"}
etcd3: {hosts: "127.0.0.1:$etcd"}
bootstrap:
  dcs:
    ttl: 5
    loop_wait: 1
    retry_timeout: 2
    maximum_lag_on_failover: 1048576
    synchronous_mode: $sync
    postgresql:
      use_pg_rewind: true
      use_slots: true
      parameters: {max_connections: 100, hot_standby: "on", max_wal_senders: 10, max_replication_slots: 10, wal_log_hints: "on"}
  initdb: [{encoding: UTF8}, {auth: trust}, {locale: C}]
  pg_hba:
  - host all all 127.0.0.1/32 trust
  - host replication all 127.0.0.1/32 trust
  - local all all trust
postgresql:
  listen: "127.0.0.1:$1"
  connect_address: "127.0.0.1:$1"
  data_dir: $dir/d$n
  bin_dir: $bin
  pgpass: $dir/pgpass$n
  authentication:
    superuser: {username: postgres, password: x}
    replication: {username: replicator, password: x}
    rewind: {username: rewind, password: x}
  parameters: {unix_socket_directories: "$dir"}
CONFIG
    [ $n = 1 ] && first=$2
    shift 2
done
start 1
for try in $(seq 240); do
    sleep 0.5
    [ "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$first/primary")" = 200 ] && break
done
start 2
start 3
echo "$dir"
while read -r order node; do
    case $order in
        kill) kill_node "$node" ;;
        start) start "$node" ;;
        freeze) kill -STOP $(cat "$dir/$node.pid") $(head -1 "$dir/d$node/postmaster.pid") $(pgrep -P "$(head -1 "$dir/d$node/postmaster.pid")") ;;
        thaw) kill -CONT $(cat "$dir/$node.pid") $(head -1 "$dir/d$node/postmaster.pid") $(pgrep -P "$(head -1 "$dir/d$node/postmaster.pid")") ;;
    esac
    echo done
done
for node in 1 2 3; do kill_node $node; done
kill -9 $(cat "$dir/etcd.pid")
sleep 0.5
rm -rf "$dir"
"#;

/// A running cluster.
pub struct Patroni {
    ports: [u16; NODES],
    rest: [u16; NODES],
    programs: PathBuf,
    folder: PathBuf,
    keeper: Mutex<Keeper>,
}

struct Keeper {
    _process: Child,
    orders: ChildStdin,
    answers: BufReader<std::process::ChildStdout>,
}

impl Patroni {
    /// Whether this machine has the programs.
    pub fn is_installed() -> bool {
        let has = |name: &str| {
            let path = std::env::var_os("PATH").unwrap_or_default();
            std::env::split_paths(&path).any(|folder| folder.join(name).exists())
        };
        has("patroni") && has("etcd") && has("curl")
    }

    /// Starts a cluster with ttl 5, loop_wait 1 and retry_timeout 2, and waits until all nodes
    /// follow the primary. With `synchronous`, commits wait for a standby.
    ///
    /// # Panics
    ///
    /// When the programs are missing or the cluster does not come up.
    pub fn start(synchronous: bool) -> Self {
        assert!(
            Self::is_installed(),
            "these tests need Patroni (Debian: `apt-get install patroni etcd-server curl`)"
        );
        let programs = programs();
        let free = || std::array::from_fn::<u16, NODES, _>(|_| free_port());
        let (ports, rest) = (free(), free());
        let mut keeper = as_ordinary_user(Path::new("sh"));
        keeper.args(["-c", KEEPER, "keeper"]).arg(&programs);
        keeper.args([free_port().to_string(), free_port().to_string()]);
        keeper.arg(if synchronous { "on" } else { "off" });
        for (port, rest) in ports.iter().zip(&rest) {
            keeper.args([port.to_string(), rest.to_string()]);
        }
        keeper.current_dir("/").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = keeper.spawn().expect("sh starts");
        let orders = process.stdin.take().expect("stdin is a pipe");
        let mut answers = BufReader::new(process.stdout.take().expect("stdout is a pipe"));
        let mut folder = String::new();
        answers.read_line(&mut folder).expect("the keeper's answer is text");
        let folder = PathBuf::from(folder.trim_end());
        let keeper = Mutex::new(Keeper { _process: process, orders, answers });
        let cluster = Self { ports, rest, programs, folder, keeper };
        cluster.wait_until_complete();
        cluster
    }

    /// A URL of a database, with all nodes.
    pub fn url(&self, database: &str) -> String {
        let hosts = self.ports.map(|port| format!("127.0.0.1:{port}")).join(",");
        format!(
            "postgres://postgres@{hosts}/{database}?sslmode=disable&target_session_attrs=read-write"
        )
    }

    /// Makes an empty database; its URL.
    ///
    /// # Panics
    ///
    /// When the primary does not make it.
    pub fn database(&self, name: &str) -> String {
        self.sql("postgres", &format!("CREATE DATABASE {name}"));
        self.url(name)
    }

    /// Lets commits wait for a standby, or not any more, from soon on.
    ///
    /// # Panics
    ///
    /// When Patroni does not take the setting.
    pub fn set_synchronous(&self, synchronous: bool) {
        let url = format!("http://127.0.0.1:{}/config", self.rest[0]);
        let body = format!("{{\"synchronous_mode\": {synchronous}}}");
        let mut curl = std::process::Command::new("curl");
        curl.args(["-s", "-f", "-m", "10", "-X", "PATCH", "-d", &body, &url]);
        let answer = curl.output().expect("curl starts");
        assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
    }

    /// Runs SQL at the primary.
    ///
    /// # Panics
    ///
    /// When the primary does not take it.
    pub fn sql(&self, database: &str, sql: &str) {
        let node = self.primary().expect("a complete cluster has a primary");
        let mut psql = std::process::Command::new(self.programs.join("psql"));
        psql.args(["-XAtq", "-U", "postgres", "-h", "127.0.0.1", "-d", database, "-p"]);
        psql.arg(self.ports[node - 1].to_string()).arg("-c");
        let ran = psql.arg(sql).output().expect("psql starts");
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    }

    /// Where a node's PostgreSQL listens, on 127.0.0.1.
    pub fn port(&self, node: usize) -> u16 {
        self.ports[node - 1]
    }

    /// Number of the node that takes writes, from 1.
    pub fn primary(&self) -> Option<usize> {
        (1..=NODES).find(|node| self.answers(*node, "primary"))
    }

    /// Waits until there is a primary and all others follow it closely.
    ///
    /// # Panics
    ///
    /// When that takes too long, with what the nodes that do not follow said last.
    pub fn wait_until_complete(&self) {
        let start = Instant::now();
        wait_until("the Patroni cluster to be complete", COMPLETE, || {
            let follows = |node: &usize| self.answers(*node, "replica?lag=1MB");
            let primary = self.primary();
            let others = (1..=NODES).filter(|node| Some(*node) != primary);
            let behind: Vec<_> = others.filter(|node| !follows(node)).collect();
            if primary.is_some() && behind.is_empty() {
                return Ok(());
            }
            // Only what is seen last is told.
            let is_late = COMPLETE.saturating_sub(LOGS_BEFORE) < start.elapsed();
            let logs = behind.iter().filter(|_| is_late).map(|node| self.log_of(*node));
            Err((primary, behind.clone(), logs.collect::<Vec<_>>()))
        });
    }

    /// The last lines of a node's log.
    fn log_of(&self, node: usize) -> Vec<String> {
        let log = std::fs::read_to_string(self.folder.join(format!("{node}.log")));
        let log = log.unwrap_or_else(|error| error.to_string());
        let last = log.lines().rev().take(LOG_LINES).map(ToOwned::to_owned);
        last.collect::<Vec<_>>().into_iter().rev().collect()
    }

    /// Kills a node as the loss of its machine does: Patroni and PostgreSQL at once.
    pub fn kill(&self, node: usize) {
        self.order(&format!("kill {node}"));
    }

    /// Starts a killed node again.
    pub fn start_again(&self, node: usize) {
        self.order(&format!("start {node}"));
    }

    /// Stops a node's processes where they are, as a machine that hangs.
    pub fn freeze(&self, node: usize) {
        self.order(&format!("freeze {node}"));
    }

    /// Lets a frozen node go on.
    pub fn thaw(&self, node: usize) {
        self.order(&format!("thaw {node}"));
    }

    fn order(&self, order: &str) {
        let mut keeper = self.keeper.lock().unwrap_or_else(PoisonError::into_inner);
        writeln!(keeper.orders, "{order}").expect("the keeper listens");
        let mut answer = String::new();
        keeper.answers.read_line(&mut answer).expect("the keeper answers");
    }

    /// Whether a node's REST interface answers 200.
    fn answers(&self, node: usize, path: &str) -> bool {
        let url = format!("http://127.0.0.1:{}/{path}", self.rest[node - 1]);
        let mut curl = std::process::Command::new("curl");
        curl.args(["-s", "-m", "2", "-o", "/dev/null", "-w", "%{http_code}", &url]);
        curl.output().is_ok_and(|answer| answer.stdout == b"200")
    }
}
