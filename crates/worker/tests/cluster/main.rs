//! A worker with real processes and real HTTPS against a master that misbehaves on request.
//! Needs the example `package_process`, which `cargo test` builds.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod master;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use master::{Manners, Master};
use model::TaskId;
use scaleout::Ending;
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use transport::{CertificateRequest, Identity};
use worker::{Options, Settings, Worker};

const PATIENCE: Duration = Duration::from_secs(60);

struct Cluster {
    master: Master,
    folder: TempDir,
    identity: Identity,
    /// The command of the template; empty for none.
    template: Vec<String>,
}

struct Running {
    stop: oneshot::Sender<()>,
    ended: JoinHandle<()>,
}

fn identity(name: &str) -> Identity {
    Identity::generate(&CertificateRequest {
        common_name: name.to_owned(),
        names: vec!["127.0.0.1".to_owned()],
        days: 1,
    })
    .unwrap()
}

fn package_process() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let target = test.parent().and_then(Path::parent).unwrap();
    let program = target.join("examples/package_process");
    assert!(program.exists(), "{} is built by `cargo test -p worker`", program.display());
    program
}

impl Cluster {
    async fn new() -> Self {
        let master = Master::start(&identity("master")).await;
        let template = vec![package_process().display().to_string(), "--template".to_owned()];
        let folder = tempfile::tempdir().unwrap();
        Self { master, folder, identity: identity("worker"), template }
    }

    fn settings(&self) -> Settings {
        Settings {
            master_endpoints: vec![self.master.endpoint.clone()],
            master_thumbprints: vec![self.master.thumbprint],
            max_task_count: 3,
            task_request_max_cpu: 100.0,
            task_request_min_memory_mb: 0.0,
            lease_interval: Duration::from_secs(2),
            task_heartbeat_interval: Duration::from_millis(300),
            stop_grace_period: Duration::from_millis(300),
            shutdown_timeout: Duration::from_millis(100),
            ..Settings::default()
        }
    }

    fn worker(&self, settings: Settings) -> Worker {
        let options = Options {
            data_folder: self.folder.path().to_owned(),
            package_command: vec![package_process().display().to_string()],
            template_command: self.template.clone(),
            credentials: self.identity.clone().into(),
        };
        Worker::new(settings, options).unwrap()
    }

    fn start(&self) -> Running {
        self.start_with(self.settings())
    }

    fn start_with(&self, settings: Settings) -> Running {
        let worker = self.worker(settings);
        let (stop, stopped) = oneshot::channel();
        let ended = tokio::spawn(worker.run(async move { drop(stopped.await) }));
        Running { stop, ended }
    }

    fn spools(&self) -> usize {
        std::fs::read_dir(self.folder.path().join("spool")).unwrap().count()
    }

    fn task_folder(&self, task: TaskId) -> PathBuf {
        self.folder.path().join("tasks").join(task.to_string())
    }
}

impl Running {
    async fn stop(self) {
        drop(self.stop);
        tokio::time::timeout(PATIENCE, self.ended).await.unwrap().unwrap();
    }

    /// `kill -9`, as far as a process can do it to a part of itself.
    async fn die(self) {
        self.ended.abort();
        drop(self.ended.await);
        drop(self.stop);
    }
}

async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "waited for {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn is_alive(pid: u32) -> bool {
    std::fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| !line.is_empty())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_package_runs_and_all_it_said_is_in_the_catalog() {
    let cluster = Cluster::new().await;
    let task = cluster.master.execute("Succeed.dtsx", 0);
    let worker = cluster.start();
    assert_eq!(cluster.master.wait_for_end(task).await, Ending::Succeeded);
    assert_eq!(cluster.master.texts(task, 1), ["message 1", "message 2"]);
    {
        let state = cluster.master.state();
        assert_eq!(state.rows[&task].ends, [("the package succeeded".to_owned(), 42)]);
        assert!(state.rows[&task].process_id.is_some());
        assert_eq!(state.requests.get("messages"), None, "a short package is one report");
    }
    until("the spool's end", || cluster.spools() == 0).await;
    let log = std::fs::read_to_string(cluster.task_folder(task).join("attempt-1.log")).unwrap();
    assert!(log.contains("F/P/Succeed.dtsx") && log.contains("message 2"), "{log}");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_package_that_comes_when_the_worker_has_asked_for_longer_than_a_lease_has_a_whole_one() {
    let cluster = Cluster::new().await;
    let worker = cluster.start();
    let claims = || cluster.master.state().requests.get("claim").copied().unwrap_or(0);
    until("the worker to ask", || claims() == 1).await;
    let (asked, lease) = (Instant::now(), cluster.settings().lease_interval);
    until("a lease's time to pass", || lease < asked.elapsed()).await;
    assert_eq!(claims(), 1, "the claim is still held");
    let task = cluster.master.execute("Succeed.dtsx", 0);
    assert_eq!(cluster.master.wait_for_end(task).await, Ending::Succeeded);
    assert_eq!(cluster.master.texts(task, 1), ["message 1", "message 2"], "the first grant ran");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_packages_run_few_at_a_time_and_a_talkative_one_loses_nothing() {
    let cluster = Cluster::new().await;
    let tasks: Vec<TaskId> = (0..20).map(|_| cluster.master.execute("Succeed.dtsx", 0)).collect();
    let talk = cluster.master.execute("Talk.dtsx", 0);
    let worker = cluster.start();
    for task in tasks {
        assert_eq!(cluster.master.wait_for_end(task).await, Ending::Succeeded);
    }
    assert_eq!(cluster.master.wait_for_end(talk).await, Ending::Succeeded);
    let expected: Vec<String> = (1..=2_000).map(|n| format!("message {n}")).collect();
    assert_eq!(cluster.master.texts(talk, 1), expected);
    worker.stop().await;
    assert_eq!(cluster.spools(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_ends_one_package_and_says_why() {
    let cluster = Cluster::new().await;
    let task = cluster.master.execute("Crash.dtsx", 0);
    let worker = cluster.start();
    assert_eq!(cluster.master.wait_for_end(task).await, Ending::EndedUnexpectedly);
    let texts = cluster.master.texts(task, 1);
    assert_eq!(
        texts.last().unwrap(),
        "the package process ended unexpectedly: signal 6 (SIGABRT): out of luck"
    );
    let next = cluster.master.execute("Succeed.dtsx", 0);
    assert_eq!(cluster.master.wait_for_end(next).await, Ending::Succeeded);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_package_runs_again_while_retries_are_left() {
    let cluster = Cluster::new().await;
    let task = cluster.master.execute("Fail.dtsx", 2);
    let worker = cluster.start();
    assert_eq!(cluster.master.wait_for_end(task).await, Ending::Failed);
    assert_eq!(cluster.master.state().rows[&task].ends.len(), 3);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_request_reaches_a_full_worker_and_a_deaf_package_is_killed() {
    let cluster = Cluster::new().await;
    let slow = cluster.master.execute("Slow.dtsx", 0);
    let deaf = cluster.master.execute("Deaf.dtsx", 0);
    let worker = cluster.start_with(Settings { max_task_count: 2, ..cluster.settings() });
    cluster.master.wait_until_it_talks(slow).await;
    cluster.master.wait_until_it_talks(deaf).await;
    until("progress", || 0 < cluster.master.state().progress).await;
    cluster.master.stop_operation(slow);
    cluster.master.stop_operation(deaf);
    assert_eq!(cluster.master.wait_for_end(slow).await, Ending::Canceled);
    assert_eq!(cluster.master.wait_for_end(deaf).await, Ending::Canceled);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_off_worker_kills_its_package_before_the_lease_can_end() {
    let cluster = Cluster::new().await;
    let task = cluster.master.execute("Spawn.dtsx", 0);
    let worker = cluster.start();
    let file = cluster.task_folder(task).join("pid");
    until("the package's own child", || file.exists()).await;
    let pid: u32 = std::fs::read_to_string(&file).unwrap().parse().unwrap();
    cluster.master.wait_until_it_talks(task).await;
    cluster.master.set(Manners::Gone);
    until("the kill", || !is_alive(pid)).await;
    let expires = cluster
        .master
        .wait("its lease", task, |row| match row.task.phase {
            scaleout::Phase::Running(lease) => Some(lease.expires),
            scaleout::Phase::Waiting { .. } | scaleout::Phase::Done(_) => None,
        })
        .await;
    let now = std::time::SystemTime::now().duration_since(std::time::SystemTime::UNIX_EPOCH);
    assert!(i64::try_from(now.unwrap().as_micros()).unwrap() < expires.0, "killed too late");
    cluster.master.set(Manners::Good);
    assert_eq!(cluster.master.wait_for_end(task).await, Ending::EndedUnexpectedly);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unreachable_master_costs_patience_and_no_message() {
    let cluster = Cluster::new().await;
    let settings = Settings {
        lease_interval: Duration::from_secs(60),
        max_task_count: 1,
        ..cluster.settings()
    };
    let task = cluster.master.execute("Slow.dtsx", 0);
    let worker = cluster.start_with(settings);
    cluster.master.wait_until_it_talks(task).await;
    cluster.master.set(Manners::Gone);
    cluster.master.stop_operation(task);
    let before = cluster.master.state().requests.clone();
    until("more tries", || {
        let requests = cluster.master.state().requests.clone();
        before.get("renew").copied().unwrap_or(0) + 2 <= requests.get("renew").copied().unwrap_or(0)
    })
    .await;
    cluster.master.set(Manners::Good);
    assert_eq!(cluster.master.wait_for_end(task).await, Ending::Canceled);
    assert_eq!(cluster.master.texts(task, 1), ["message 1", "message 2"]);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_master_that_is_too_old_is_left_for_one_that_is_understood() {
    let cluster = Cluster::new().await;
    let old = Master::start(&identity("old")).await;
    old.set(Manners::Old);
    let settings = Settings {
        master_endpoints: vec![old.endpoint.clone(), cluster.master.endpoint.clone()],
        master_thumbprints: vec![old.thumbprint, cluster.master.thumbprint],
        ..cluster.settings()
    };
    let task = cluster.master.execute("Succeed.dtsx", 0);
    let worker = cluster.start_with(settings);
    assert_eq!(cluster.master.wait_for_end(task).await, Ending::Succeeded);
    let asked: Vec<String> = old.state().requests.keys().cloned().collect();
    assert_eq!(asked, ["register"], "nothing else is asked of a master that is too old");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_grant_whose_answer_was_lost_costs_no_retry() {
    let cluster = Cluster::new().await;
    cluster.master.set(Manners::LosesAGrant);
    let task = cluster.master.execute("Succeed.dtsx", 0);
    let worker = cluster
        .start_with(Settings { lease_interval: Duration::from_secs(300), ..cluster.settings() });
    assert_eq!(cluster.master.wait_for_end(task).await, Ending::Succeeded);
    let ends = cluster.master.state().rows[&task].ends.clone();
    assert_eq!(ends[0].0, "never_started");
    assert_eq!(ends[1].0, "the package succeeded");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_killed_worker_had_to_say_is_said_by_the_next_one() {
    let cluster = Cluster::new().await;
    let task = cluster.master.execute("Slow.dtsx", 1);
    let worker = cluster.start();
    cluster.master.wait_until_it_talks(task).await;
    let first = cluster.master.state().rows[&task].task.fence;
    worker.die().await;

    let worker = cluster.start();
    let restarted = |row: &master::Row| (first < row.task.fence).then(|| row.ends.clone());
    let ends = cluster.master.wait("the end of the lease", task, restarted).await;
    assert_eq!(ends[0].0, "worker_restarted", "at once, not when the lease runs out");
    cluster
        .master
        .wait("the second attempt", task, |row| {
            row.log.get(&model::Attempt(2)).filter(|log| log.len() == 2).map(|_| ())
        })
        .await;
    assert_eq!(cluster.master.texts(task, 1), ["message 1", "message 2"]);
    cluster.master.stop_operation(task);
    assert_eq!(cluster.master.wait_for_end(task).await, Ending::Canceled);
    until("the spool's end", || cluster.spools() == 0).await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_is_told_to_end_hands_back_what_does_not_finish() {
    let cluster = Cluster::new().await;
    let task = cluster.master.execute("Slow.dtsx", 0);
    let worker = cluster.start();
    cluster.master.wait_until_it_talks(task).await;
    worker.stop().await;
    {
        let state = cluster.master.state();
        assert_eq!(state.rows[&task].ends, [("the worker handed it back".to_owned(), 0)]);
        assert!(matches!(state.rows[&task].task.phase, scaleout::Phase::Waiting { .. }));
    }
    assert_eq!(cluster.spools(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_project_that_arrives_damaged_is_fetched_again_and_never_run() {
    let cluster = Cluster::new().await;
    cluster.master.set(Manners::SpoilsProjects);
    let task = cluster.master.execute("Succeed.dtsx", 0);
    let worker = cluster.start();
    let fetch = format!("projects/{}", master::PROJECT_HASH);
    let fetched = |n| cluster.master.state().requests.get(&fetch).is_some_and(|&seen| n <= seen);
    until("a second try", || fetched(2)).await;
    cluster.master.set(Manners::Good);
    assert_eq!(cluster.master.wait_for_end(task).await, Ending::Succeeded);
    let again = cluster.master.execute("Succeed.dtsx", 0);
    let before = cluster.master.state().requests[&fetch];
    assert_eq!(cluster.master.wait_for_end(again).await, Ending::Succeeded);
    assert_eq!(cluster.master.state().requests[&fetch], before, "the second one is here already");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_place_for_messages_no_package_starts() {
    let cluster = Cluster::new().await;
    let worker = cluster.start();
    until("the spool folder", || cluster.folder.path().join("spool").exists()).await;
    std::fs::remove_dir(cluster.folder.path().join("spool")).unwrap();
    let task = cluster.master.execute("Succeed.dtsx", 0);
    assert_eq!(cluster.master.wait_for_end(task).await, Ending::Failed);
    let texts = cluster.master.texts(task, 1);
    assert_eq!(texts.len(), 1, "{texts:?}");
    assert!(texts[0].starts_with("cannot make a spool for messages: "), "{texts:?}");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_workers_do_not_share_a_folder() {
    let cluster = Cluster::new().await;
    let _first = cluster.worker(cluster.settings());
    let options = Options {
        data_folder: cluster.folder.path().to_owned(),
        package_command: Vec::new(),
        template_command: Vec::new(),
        credentials: cluster.identity.clone().into(),
    };
    let error = Worker::new(cluster.settings(), options).err().unwrap().to_string();
    assert!(error.starts_with("another worker uses `"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_package_process_dies_with_its_worker_and_takes_its_children_along() {
    use std::process::{Command, Stdio};

    let folder = tempfile::tempdir().unwrap();
    let mut child =
        std::os::unix::process::CommandExt::process_group(&mut Command::new(package_process()), 0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let job = serde_json::json!({"frame": "run", "assignment": {
        "task": "64c020e2-f819-4c2d-a22f-efb31a91e70a", "execution": 1, "attempt": 1, "fence": 1,
        "lease_ms": 1000, "folder": "F", "project": "P", "package": "Spawn.dtsx",
        "project_hash": "", "parameters": [], "logging_level": 1, "caller": "tester"},
        "project_file": "/dev/null", "task_folder": folder.path(), "path_mappings": []});
    worker::frame::write(&mut stdin, &job).unwrap();
    let file = folder.path().join("pid");
    until("the grandchild", || std::fs::read_to_string(&file).is_ok_and(|text| !text.is_empty()))
        .await;
    let grandchild: u32 = std::fs::read_to_string(&file).unwrap().parse().unwrap();
    assert!(is_alive(grandchild));
    drop(stdin);
    until("the end of both", || {
        !is_alive(grandchild) && child.try_wait().is_ok_and(|status| status.is_some())
    })
    .await;
}

/// Process ids of the templates that this test process has started for `folder`'s worker.
fn templates() -> Vec<i32> {
    let entries = std::fs::read_dir("/proc").unwrap();
    let numbers = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let is_template = |process: &i32| {
        let read = |file: &str| std::fs::read_to_string(format!("/proc/{process}/{file}"));
        let line = read("cmdline").unwrap_or_default();
        let parent = format!("PPid:\t{}\n", std::process::id());
        line.contains("--template") && read("status").unwrap_or_default().contains(&parent)
    };
    numbers.filter(is_template).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn packages_run_in_processes_that_the_template_became_and_survive_its_loss() {
    let mut cluster = Cluster::new().await;
    // Other tests of this program have templates too; this one's is the one that is marked.
    cluster.template.push(cluster.folder.path().display().to_string());
    let worker = cluster.start();
    let mine = || {
        let mark = cluster.folder.path().display().to_string();
        let of = |process: i32| std::fs::read_to_string(format!("/proc/{process}/cmdline"));
        let all = templates().into_iter();
        all.filter(|&process| of(process).unwrap_or_default().contains(&mark)).collect::<Vec<_>>()
    };
    let task = cluster.master.execute("Succeed.dtsx", 0);
    assert_eq!(cluster.master.wait_for_end(task).await, Ending::Succeeded);
    let [template] = mine()[..] else { panic!("one template: {:?}", mine()) };
    let task = cluster.master.execute("Slow.dtsx", 0);
    until("the package to run", || !cluster.master.texts(task, 1).is_empty()).await;
    let kill = std::process::Command::new("kill").args(["-KILL", &template.to_string()]).status();
    assert!(kill.unwrap().success());
    // The processes that wait are used up, the loss is seen, and another template is started.
    for _ in 0..4 {
        let next = cluster.master.execute("Succeed.dtsx", 0);
        assert_eq!(cluster.master.wait_for_end(next).await, Ending::Succeeded);
    }
    cluster.master.stop_operation(task);
    assert_eq!(cluster.master.wait_for_end(task).await, Ending::Canceled);
    until("another template", || mine().iter().any(|&process| process != template)).await;
    worker.stop().await;
    until("the end of the templates", || mine().is_empty()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_template_that_cannot_be_started_costs_only_time() {
    let mut cluster = Cluster::new().await;
    for template in [vec!["/nowhere/packhorse".to_owned()], vec!["/bin/false".to_owned()], vec![]] {
        cluster.template = template;
        let worker = cluster.start();
        let task = cluster.master.execute("Succeed.dtsx", 0);
        assert_eq!(cluster.master.wait_for_end(task).await, Ending::Succeeded);
        worker.stop().await;
    }
}
