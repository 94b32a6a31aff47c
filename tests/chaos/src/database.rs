//! The catalog's servers: three hosts, each with a member of etcd and a PostgreSQL node under
//! Patroni (ttl 5, loop_wait 1, retry_timeout 2, synchronous mode).

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use testkit::wait_until;

use crate::process::{Process, Program};
use crate::world::{CLIENTS, World, is_root, output, run};

/// Hosts of the database.
pub(crate) const HOSTS: [&str; 3] = ["d1", "d2", "d3"];

/// How long the cluster may take to be complete: initdb and two base backups on a loaded machine.
const COMPLETE: Duration = Duration::from_secs(240);

/// The database that holds SSISDB.
const DATABASE: &str = "ssisdb";

/// etcd, Patroni and PostgreSQL.
#[derive(Debug)]
pub(crate) struct Database {
    world: Arc<World>,
    programs: PathBuf,
    /// Members of etcd, in the order of [`HOSTS`].
    pub(crate) etcd: Vec<Process>,
    /// Patroni at each host; PostgreSQL is its child.
    pub(crate) patroni: Vec<Process>,
}

/// Whether what was written must outlive the machine, or the processes only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Durability {
    /// Every commit is flushed to the disk.
    Full,
    /// Nothing is flushed: killed processes lose nothing, a lost machine would.
    Processes,
}

impl Database {
    /// Starts it in a folder, and waits until all nodes follow a primary.
    pub(crate) fn start(world: &Arc<World>, folder: &Path, durability: Durability) -> Result<Self> {
        for host in HOSTS {
            std::fs::create_dir_all(folder.join(format!("socket-{host}")))?;
        }
        if is_root() {
            run(Command::new("chown").args(["-R", "postgres:postgres"]).arg(folder))?;
        }
        let mut database = Self {
            world: Arc::clone(world),
            programs: testkit::postgres::programs(),
            etcd: Vec::new(),
            patroni: Vec::new(),
        };
        for host in HOSTS {
            let program = database.etcd_program(host, folder, durability);
            database.etcd.push(Process::start(world, program)?);
        }
        for host in HOSTS {
            let config = folder.join(format!("{host}.yml"));
            std::fs::write(&config, database.configuration(host, folder, durability))?;
            let program = Program {
                name: format!("patroni {host}"),
                host: host.to_owned(),
                words: vec!["patroni".to_owned(), config.to_string_lossy().into_owned()],
                environment: vec![("PYTHONUNBUFFERED".to_owned(), "1".to_owned())],
                ordinary: true,
                log: folder.join(format!("{host}.log")),
            };
            database.patroni.push(Process::start(world, program)?);
        }
        database.wait_until_complete();
        let made = format!("CREATE DATABASE {DATABASE}");
        database.sql("postgres", &made).context("cannot make the database")?;
        Ok(database)
    }

    fn etcd_program(&self, host: &str, folder: &Path, durability: Durability) -> Program {
        let url = |host: &str, port| format!("http://{}:{port}", self.world.address(host));
        let peers: Vec<_> = HOSTS.iter().map(|one| format!("{one}={}", url(one, 2380))).collect();
        let data = folder.join(format!("etcd-{host}"));
        let mut words = vec![
            "etcd".to_owned(),
            format!("--name={host}"),
            format!("--data-dir={}", data.display()),
            format!("--listen-client-urls={}", url(host, 2379)),
            format!("--advertise-client-urls={}", url(host, 2379)),
            format!("--listen-peer-urls={}", url(host, 2380)),
            format!("--initial-advertise-peer-urls={}", url(host, 2380)),
            format!("--initial-cluster={}", peers.join(",")),
        ];
        if durability == Durability::Processes {
            words.push("--unsafe-no-fsync".to_owned());
        }
        let log = folder.join(format!("etcd-{host}.log"));
        let (name, host) = (format!("etcd {host}"), host.to_owned());
        Program { name, host, words, environment: Vec::new(), ordinary: true, log }
    }

    fn configuration(&self, host: &str, folder: &Path, durability: Durability) -> String {
        let address = self.world.address(host);
        let etcd = HOSTS.map(|one| format!("\"{}:2379\"", self.world.address(one))).join(", ");
        let folder = folder.display();
        let programs = self.programs.display();
        let fsync = if durability == Durability::Full { "on" } else { "off" };
        format!(
            r#"scope: chaos
name: {host}
restapi: {{listen: "{address}:8008", connect_address: "{address}:8008"}}
etcd3: {{hosts: [{etcd}]}}
bootstrap:
  dcs:
    ttl: 5
    loop_wait: 1
    retry_timeout: 2
    maximum_lag_on_failover: 16777216
    synchronous_mode: on
    postgresql:
      use_pg_rewind: true
      use_slots: true
      parameters: {{max_connections: 120, hot_standby: "on", max_wal_senders: 10, max_replication_slots: 10, wal_log_hints: "on", fsync: "{fsync}", wal_keep_size: 256MB, wal_sender_timeout: 5s, wal_receiver_timeout: 5s, tcp_user_timeout: 5s}}
  initdb: [{{encoding: UTF8}}, {{auth: trust}}, {{locale: C}}]
  pg_hba:
  - host all all 10.77.0.0/24 trust
  - host replication all 10.77.0.0/24 trust
  - local all all trust
postgresql:
  listen: "{address}:5432"
  connect_address: "{address}:5432"
  data_dir: {folder}/data-{host}
  bin_dir: {programs}
  pgpass: {folder}/pgpass-{host}
  authentication:
    superuser: {{username: postgres, password: x}}
    replication: {{username: replicator, password: x}}
    rewind: {{username: rewind, password: x}}
  parameters: {{unix_socket_directories: "{folder}/socket-{host}"}}
"#
        )
    }

    /// The URL of the catalog, with all nodes.
    pub(crate) fn url(&self) -> String {
        let hosts = HOSTS.map(|host| format!("{}:5432", self.world.address(host))).join(",");
        format!(
            "postgres://postgres@{hosts}/{DATABASE}?sslmode=disable&target_session_attrs=read-write"
        )
    }

    /// The host of the node that takes writes.
    pub(crate) fn primary(&self) -> Option<&'static str> {
        HOSTS.into_iter().find(|host| self.answers(host, "primary"))
    }

    /// Whether a primary has two followers, one of them synchronous: then any of them can be lost.
    pub(crate) fn is_whole(&self) -> bool {
        self.primary().is_some()
            && self.following() == HOSTS.len() - 1
            && HOSTS.iter().any(|host| self.answers(host, "synchronous"))
    }

    /// How many nodes follow the primary closely.
    pub(crate) fn following(&self) -> usize {
        HOSTS.iter().filter(|host| self.answers(host, "replica?lag=16MB")).count()
    }

    /// Waits until there is a primary and all others follow it closely.
    pub(crate) fn wait_until_complete(&self) {
        wait_until("the database to be complete", COMPLETE, || {
            for process in self.etcd.iter().chain(&self.patroni) {
                process.tend().map_err(|error| error.to_string())?;
            }
            if self.is_whole() {
                return Ok(());
            }
            Err(format!("primary {:?}, {} follow", self.primary(), self.following()))
        });
    }

    /// Runs SQL where writes are taken; what psql prints.
    pub(crate) fn sql(&self, database: &str, sql: &str) -> Result<String> {
        let hosts = HOSTS.map(|host| self.world.address(host)).join(",");
        let target = format!(
            "host={hosts} user=postgres dbname={database} target_session_attrs=read-write \
             connect_timeout=2 tcp_user_timeout=5000"
        );
        let psql = self.programs.join("psql").to_string_lossy().into_owned();
        let words = [&psql, "-XAtq", "-F\t", "-v", "ON_ERROR_STOP=1", "-d", &target, "-c", sql];
        let words: Vec<_> = words.iter().map(|&word| word.to_owned()).collect();
        output(&mut self.world.command(CLIENTS, &words, true))
    }

    /// Runs SQL on SSISDB; rows of columns.
    pub(crate) fn rows(&self, sql: &str) -> Result<Vec<Vec<String>>> {
        let text = self.sql(DATABASE, sql)?;
        Ok(text.lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect())
    }

    /// Numbers of the processes of PostgreSQL at a host, and of Patroni if that is wanted.
    pub(crate) fn node_processes(&self, host: &str, with_patroni: bool) -> Vec<i32> {
        let of_node = |words: &[String]| {
            let has = |text: &str| words.iter().take(2).any(|word| word.contains(text));
            !has("etcd") && (with_patroni || !has("patroni"))
        };
        let all = self.world.processes(host);
        all.into_iter().filter(|(_, words)| of_node(words)).map(|(id, _)| id).collect()
    }

    fn answers(&self, host: &str, path: &str) -> bool {
        let url = format!("http://{}:8008/{path}", self.world.address(host));
        let mut curl = Command::new("curl");
        curl.args(["-s", "-m", "1", "-o", "/dev/null", "-w", "%{http_code}", &url]);
        curl.output().is_ok_and(|answer| answer.stdout == b"200")
    }
}
