//! Tests of package processes, with shell scripts in their place.

use std::path::Path;

use model::{Attempt, MessageType};
use scaleout::child::FromChild;

use super::*;

fn shell(script: &str) -> Vec<String> {
    ["/bin/sh", "-c", script].map(str::to_owned).to_vec()
}

fn is_alive(pid: i32) -> bool {
    // A process that was killed and not reaped yet has no command line.
    fs_err::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| !line.is_empty())
}

fn pid_in(file: &Path) -> i32 {
    testkit::wait_for("a process id", || {
        let text = fs_err::read_to_string(file).unwrap_or_default();
        text.trim().parse().map_err(|_| text)
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_dies_says_how_and_what_it_complained_about() {
    let script = "echo first >&2; echo 'out of luck' >&2; exit 3";
    let mut process = PackageProcess::start(&shell(script), "").unwrap();
    assert!(matches!(process.next::<FromChild>().await, Ok(None)));
    let (status, last) = process.finish(Duration::from_secs(10)).await;
    assert_eq!(status.unwrap().code(), Some(3));
    assert_eq!(last, "out of luck");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_package_started_dies_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pid");
    let script = format!("sleep 1000 & echo $! > {}; wait", file.display());
    let process = PackageProcess::start(&shell(&script), "").unwrap();
    let grandchild = pid_in(&file);
    assert!(is_alive(grandchild));
    process.finish(Duration::ZERO).await;
    testkit::wait_for("the end of the grandchild", || {
        if is_alive(grandchild) { Err("alive") } else { Ok(()) }
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dropping_a_process_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pid");
    let script = format!("sleep 1000 & echo $! > {}; wait", file.display());
    let process = PackageProcess::start(&shell(&script), "").unwrap();
    let grandchild = pid_in(&file);
    drop(process);
    testkit::wait_for("the end of the grandchild", || {
        if is_alive(grandchild) { Err("alive") } else { Ok(()) }
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines_of_standard_error_are_in_the_log_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let log = Arc::new(TaskLog::open(Some(folder.path()), Attempt(1), 127));
    log.records(&[crate::testing::event(MessageType::Error, "no file")]);
    let script = "echo early >&2; head -c 4 >/dev/null; echo late >&2; exit 0";
    let mut process = PackageProcess::start(&shell(script), "").unwrap();
    testkit::wait_for("the early line", || {
        let last = lock(&process.stderr).last.clone();
        if last == "early" { Ok(()) } else { Err(last) }
    });
    process.log_to(log);
    process.send(&"go").await.unwrap();
    assert!(matches!(process.next::<FromChild>().await, Ok(None)));
    process.finish(Duration::from_secs(10)).await;
    let text = fs_err::read_to_string(folder.path().join("attempt-1.log")).unwrap();
    let lines: Vec<&str> = text.lines().map(|line| &line[24..]).collect();
    assert_eq!(lines, [r"OnError \Package no file", "stderr early", "stderr late"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_that_is_not_there_is_named() {
    let error = PackageProcess::start(&["/nowhere/packhorse".to_owned()], "").err().unwrap();
    assert_eq!(error.to_string(), "cannot start the package process `/nowhere/packhorse`");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pool_hands_out_processes_that_wait_and_replaces_them() {
    let pool = Arc::new(Pool::new(shell("head -c 1 >/dev/null"), Vec::new(), 2, String::new()));
    let refill = {
        let pool = Arc::clone(&pool);
        tokio::spawn(async move { pool.refill_loop().await })
    };
    let full = || {
        testkit::wait_for("a full pool", || match lock(&pool.idle).len() {
            2 => Ok(()),
            n => Err(n),
        });
    };
    full();
    let waiting = lock(&pool.idle).front().unwrap().id();
    let process = pool.take().await.unwrap();
    assert_eq!(process.id(), waiting);
    full();
    refill.abort();
    pool.close().await;
    assert!(lock(&pool.idle).is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_waiting_process_that_died_is_not_handed_out() {
    let pool = Pool::new(shell("exit 1"), Vec::new(), 1, String::new());
    let mut dead = PackageProcess::start(&pool.command, "").unwrap();
    testkit::wait_for("its end", || if dead.is_running() { Err("running") } else { Ok(()) });
    lock(&pool.idle).push_back(dead);
    let process = pool.take().await.unwrap();
    assert!(process.id().is_some(), "a new one");
}
