//! From one version to the next while packages run: two builds that differ by a migration and a
//! message's field work side by side, and are exchanged one process at a time.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use catalog::{Catalog, CatalogKey};
use serde_json::Value;
use testkit::postgres::PostgresServer;
use testkit::{wait_for, wait_until};

use crate::harness::{Packhorse, Said, shell_package};
use crate::roles::{Master, Running, command, lines, ok, this_program};

const ALL_DONE: Duration = Duration::from_secs(300);

/// Executions that are submitted at each step.
const AT_EACH_STEP: usize = 20;

/// How long a package runs, in seconds, to have its lease renewed: some times two seconds.
const LONG_S: u32 = 6;

/// The next version of the program. It is built here, once for all tests, where `cargo xtask test`
/// has not done so.
fn next_program() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let program = BUILT.get_or_init(|| {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let built = Command::new(cargo).args(["xtask", "next-version"]).current_dir(root).status();
        assert!(built.unwrap().success(), "cargo xtask next-version");
        this_program().with_file_name("packhorse-next")
    });
    program.clone()
}

/// A number in the SSISDB; `None` where it has no such column yet.
fn number(packhorse: &Packhorse, url: Option<&str>, sql: &'static str) -> Option<i64> {
    let file = packhorse.data().join("ssisdb.sqlite").to_string_lossy().into_owned();
    let key = CatalogKey::load(packhorse.data().join("ssisdb.key")).unwrap();
    let catalog = Catalog::look_at(url.unwrap_or(&file), key, ALL_DONE).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let found = catalog.read(move |tx| tx.scalar::<Option<i64>>(sql, &[])).await;
        catalog.close().await;
        found.ok().flatten().flatten()
    })
}

/// Two masters and two workers of one SSISDB.
struct Cluster {
    masters: [Master; 2],
    agents: Vec<String>,
    url: Option<String>,
    ran: PathBuf,
    submitted: usize,
}

impl Cluster {
    fn make(url: Option<String>) -> Self {
        let first = Master::first(url.as_deref(), 2);
        let second = Master::beside(&first, url.as_deref());
        let list = first.packhorse.ok(&["workers", "--json"]).json();
        let mut rows = list["workers"].as_array().cloned().unwrap();
        rows.sort_by_key(|row| row["display_name"].as_str().unwrap().to_owned());
        let agents = rows.iter().map(|row| row["worker_agent_id"].as_str().unwrap().to_owned());
        let agents = agents.collect();
        let ran = first.packhorse.folder().join("ran");
        Self { masters: [first, second], agents, url, ran, submitted: 0 }
    }

    fn worker(&self, program: &Path, number: usize) -> Running {
        let [one, two] = &self.masters;
        one.start_worker(program, number, &[one, two])
    }

    /// Submits more, and waits until most of it has run: the rest runs on during the next step.
    fn go_on(&mut self, step: &str) {
        let times = AT_EACH_STEP.to_string();
        let words = ["execute", "Packhorse/Jobs/Job.dtsx", "--times", &times];
        self.masters[self.submitted / AT_EACH_STEP % 2].packhorse.ok(&words);
        self.submitted += AT_EACH_STEP;
        let target = self.submitted - AT_EACH_STEP / 2;
        wait_until(&format!("packages to run: {step}"), ALL_DONE, || {
            let seen = lines(&self.ran);
            if target <= seen { Ok(()) } else { Err(seen) }
        });
    }

    /// Starts a package that runs for so long that its lease is renewed meanwhile, which short ones
    /// end without.
    fn start_a_long_one(&mut self) {
        let first = &self.masters[0].packhorse;
        let step = format!("echo x >> {}; sleep {LONG_S}", self.ran.display());
        let path = first.write("Long.dtsx", shell_package("Long", &[&step]));
        first.ok(&["deploy", &path.to_string_lossy(), "--project", "Long"]);
        first.ok(&["execute", "Packhorse/Long/Long.dtsx"]);
        self.submitted += 1;
    }

    fn drain(&self, program: &Path, worker: usize) {
        ok(program, &self.masters[0].packhorse, &["workers", "drain", &self.agents[worker - 1]]);
    }

    fn enable(&self, program: &Path, worker: usize) {
        ok(program, &self.masters[0].packhorse, &["workers", "enable", &self.agents[worker - 1]]);
    }

    /// What a worker of the next version says in its renewals, as its masters keep it.
    fn n_held(&self, sql: &'static str) -> Option<i64> {
        number(&self.masters[0].packhorse, self.url.as_deref(), sql)
    }
}

fn plan(program: &Path, packhorse: &Packhorse) -> Value {
    ok(program, packhorse, &["upgrade", "--plan", "--json"]).json()
}

/// What a version's doctor finds where nothing is wrong.
const NONE: &[&str] = &[];

/// What it finds, but for what this machine is: its disk, and its server without a standby.
fn faults(program: &Path, packhorse: &Packhorse) -> Vec<String> {
    let said: Said = command(program, packhorse, &["doctor", "--json"]).output().unwrap().into();
    let report = said.json();
    let codes = report["findings"].as_array().unwrap().iter();
    let codes = codes.map(|one| one["code"].as_str().unwrap().to_owned());
    codes.filter(|code| code != "PH0307" && code != "PH0316").collect()
}

fn upgraded_one_by_one(url: Option<String>) {
    let (old, new) = (this_program(), next_program());
    let mut cluster = Cluster::make(url);
    let mut old_masters: Vec<Running> =
        cluster.masters.iter().map(|master| master.start(&old)).collect();
    let mut old_workers = vec![cluster.worker(&old, 1), cluster.worker(&old, 2)];
    cluster.masters[0].deploy(&format!("echo x >> {}; sleep 0.1", cluster.ran.display()));
    cluster.go_on("all old");

    // Only the plan has been asked for: nothing has changed.
    let first = &cluster.masters[0].packhorse;
    let planned = plan(&new, first);
    assert_eq!(planned["schema"]["adds"], serde_json::json!([1000]));
    assert_eq!(planned["schema"]["takes_away"], serde_json::json!([1001]));
    assert_eq!(planned["masters"].as_array().unwrap().len(), 2);
    assert_eq!(planned["steps"].as_array().unwrap().len(), 6, "{planned}");
    assert_eq!(planned["rollback"]["possible"], true);
    assert!(planned["waits"].as_str().unwrap().contains("know schema 1000"), "{planned}");
    let found = number(first, cluster.url.as_deref(), "SELECT max(version) FROM schema_version");
    assert!(found < Some(1000));
    assert_eq!(plan(&old, first)["steps"], serde_json::json!([]), "nothing to do for the old one");
    assert_eq!(faults(&old, first), NONE);

    let said = ok(&new, first, &["upgrade"]);
    assert!(said.err.contains("upgrade them, then run this again"), "{said:?}");
    cluster.go_on("an old program beside the new schema");

    let next_worker_2 = {
        cluster.drain(&old, 2);
        old_workers.pop().unwrap().stop();
        let worker = cluster.worker(&new, 2);
        cluster.enable(&old, 2);
        worker
    };
    cluster.go_on("old masters, an old and a new worker");
    let held = "SELECT max(n_held) FROM worker_agents";
    assert_eq!(cluster.n_held(held), None, "masters of before do not know the field");

    old_masters.pop().unwrap().stop();
    let next_master_2 = cluster.masters[1].start(&new);
    cluster.go_on("an old and a new master and worker");
    let second = &cluster.masters[1].packhorse;
    let mix = ok(&new, second, &["masters", "--json"]).json();
    let versions = |list: &Value, of: &str| -> Vec<String> {
        let rows = list[of].as_array().unwrap().iter();
        let mut versions: Vec<_> =
            rows.map(|row| row["version"].as_str().unwrap().to_owned()).collect();
        versions.sort();
        versions
    };
    assert_eq!(versions(&mix, "masters"), [env!("CARGO_PKG_VERSION"), "0.2.0"]);
    let workers = ok(&old, second, &["workers", "--json"]).json();
    assert_eq!(versions(&workers, "workers"), [env!("CARGO_PKG_VERSION"), "0.2.0"]);
    let first = &cluster.masters[0].packhorse;
    assert_eq!(faults(&old, first), ["PH0318"], "two versions are side by side");

    old_masters.pop().unwrap().stop();
    let next_master_1 = cluster.masters[0].start(&new);
    cluster.go_on("new masters, an old and a new worker");
    cluster.drain(&new, 1);
    old_workers.pop().unwrap().stop();
    let next_worker_1 = cluster.worker(&new, 1);
    cluster.enable(&new, 1);
    cluster.go_on("all new");
    cluster.start_a_long_one();
    wait_for("the new field to arrive", || {
        let held = cluster.n_held(held);
        if held.is_some() { Ok(()) } else { Err(held) }
    });
    wait_until("all packages to have succeeded", ALL_DONE, || {
        let done = cluster.masters[0].succeeded()?;
        if done == cluster.submitted { Ok(()) } else { Err(done.to_string()) }
    });
    assert_eq!(lines(&cluster.ran), cluster.submitted, "each package ran once");
    undone_until_the_last_step(&cluster, next_master_1);
    drop((next_worker_1, next_master_2, next_worker_2));
}

/// What was done can be undone, but not the last step.
fn undone_until_the_last_step(cluster: &Cluster, next_master_1: Running) {
    let (old, new) = (this_program(), next_program());
    let first = &cluster.masters[0].packhorse;
    assert_eq!(faults(&new, first), NONE, "one version");
    let left = plan(&new, first);
    assert_eq!(left["steps"].as_array().unwrap().len(), 1, "to take away is left: {left}");
    // The old program works with what there is.
    next_master_1.stop();
    let back = cluster.masters[0].start(&old);
    assert_eq!(cluster.masters[0].succeeded().unwrap(), cluster.submitted);
    back.stop();
    // No longer after the last step.
    let next_master_1 = cluster.masters[0].start(&new);
    ok(&new, first, &["upgrade"]);
    assert_eq!(plan(&new, first)["steps"], serde_json::json!([]), "nothing is left to do");
    assert_eq!(faults(&new, first), NONE);
    assert_eq!(faults(&old, first), ["PH0328"], "this program is too old, and says so");
    drop(next_master_1);
}

#[test]
fn masters_and_workers_on_a_file_are_upgraded_one_by_one() {
    upgraded_one_by_one(None);
}

#[test]
fn masters_and_workers_on_a_server_are_upgraded_one_by_one() {
    upgraded_one_by_one(Some(PostgresServer::shared().database()));
}
