//! `packhorse up`: nothing is lost when a process is killed.

use std::collections::BTreeMap;

use serde_json::Value;
use testkit::{wait_for, wait_until};

use crate::harness::{Packhorse, shell_package, signal};

/// Executions that are queued when something dies.
const QUEUED: usize = 200;

/// How long all of them may take: some seconds are usual.
const ALL_DONE: std::time::Duration = std::time::Duration::from_secs(180);

/// Deploys a package that appends a line to a file and takes a moment.
fn deploy(packhorse: &Packhorse, step: &str) {
    let path = packhorse.write("Job.dtsx", shell_package("Job", &[step]));
    packhorse.ok(&["deploy", &path.to_string_lossy(), "--project", "Jobs"]);
}

fn start(packhorse: &Packhorse, times: usize, more: &[&str]) {
    let times = times.to_string();
    let mut words = vec!["execute", "Packhorse/Jobs/Job.dtsx", "--times", &times];
    words.extend(more);
    packhorse.ok(&words);
}

/// How many executions there are in each status.
fn statuses(packhorse: &Packhorse) -> BTreeMap<i64, usize> {
    let mut counts = BTreeMap::new();
    for execution in packhorse.executions() {
        *counts.entry(execution["status"].as_i64().unwrap()).or_default() += 1;
    }
    counts
}

fn wait_until_all_succeeded(packhorse: &Packhorse, count: usize) {
    wait_until("all executions to succeed", ALL_DONE, || {
        // Between the end of one master and the start of the next there is nobody to ask.
        let said = packhorse.run(&["executions", "--json", "--limit", "1000"]);
        let list: Value = serde_json::from_str(&said.out).map_err(|_| said.err.clone())?;
        let rows = list["executions"].as_array().cloned().unwrap_or_default();
        let done = rows.iter().filter(|row| row["status"] == 7).count();
        if done == count { Ok(()) } else { Err(format!("{done} of {}", rows.len())) }
    });
}

/// Every message is there once: each event of each executable in its order.
fn assert_messages_once(packhorse: &Packhorse, execution: &Value) {
    let id = execution["execution_id"].as_i64().unwrap();
    let messages = packhorse.messages(id);
    let events: Vec<String> = messages
        .iter()
        .map(|one| format!("{} {}", one["source_name"], one["event_name"]))
        .collect();
    let count = |event: &str| events.iter().filter(|seen| seen.as_str() == event).count();
    for event in ["OnPreExecute", "OnPostExecute"] {
        for source in ["Job", "Step 0"] {
            let name = format!("\"{source}\" \"{event}\"");
            assert_eq!(count(&name), 1, "execution {id}: {events:?}");
        }
    }
}

#[test]
fn a_killed_master_loses_nothing() {
    let packhorse = Packhorse::new();
    let lines = packhorse.folder().join("lines");
    let up = packhorse.up(2, &[]);
    deploy(&packhorse, &format!("echo x >> {}", lines.display()));
    start(&packhorse, QUEUED, &[]);
    wait_for("some executions to have ended", || {
        let done = statuses(&packhorse).get(&7).copied().unwrap_or(0);
        if 10 < done { Ok(()) } else { Err(done) }
    });
    let [master] = packhorse.processes("master")[..] else { panic!("one master") };
    signal(master, "-KILL");
    wait_until_all_succeeded(&packhorse, QUEUED);
    let executions = packhorse.executions();
    // A grant whose answer died with the master is taken back and made again: two attempts may be
    // recorded, but the package ran in one of them only.
    let ran = std::fs::read_to_string(&lines).unwrap().lines().count();
    assert_eq!(ran, QUEUED, "each package ran once");
    for execution in executions.iter().step_by(7) {
        assert_messages_once(&packhorse, execution);
    }
    up.stop();
}

#[test]
fn a_killed_worker_has_its_packages_run_again() {
    let packhorse = Packhorse::new();
    let up = packhorse.up(2, &[]);
    deploy(&packhorse, "sleep 0.3");
    start(&packhorse, 40, &["--retry-count", "2"]);
    wait_for("packages to run on both workers", || {
        let running = statuses(&packhorse).get(&2).copied().unwrap_or(0);
        if 10 < running { Ok(()) } else { Err(running) }
    });
    let workers = packhorse.processes("worker");
    signal(workers[0], "-KILL");
    wait_until_all_succeeded(&packhorse, 40);
    let executions = packhorse.executions();
    let again = executions.iter().filter(|one| one["attempts"].as_i64() > Some(1)).count();
    assert!(again > 0, "no package was run again");
    up.stop();
}

#[test]
fn without_retries_a_killed_worker_is_an_unexpected_end() {
    let packhorse = Packhorse::new();
    let up = packhorse.up(1, &[]);
    // The shell starts another program, which must not outlive the worker either.
    deploy(&packhorse, "sleep 54321; true");
    start(&packhorse, 1, &[]);
    wait_for("the package to run", || {
        let seen = statuses(&packhorse);
        if seen.contains_key(&2) { Ok(()) } else { Err(seen) }
    });
    wait_for("the program to run", || {
        let all = crate::harness::all_processes();
        let runs = all.iter().any(|(_, line)| line == &["sleep", "54321", ""]);
        if runs { Ok(()) } else { Err("not yet") }
    });
    let [worker] = packhorse.processes("worker")[..] else { panic!("one worker") };
    signal(worker, "-KILL");
    wait_for("the execution to have ended unexpectedly", || {
        let seen = statuses(&packhorse);
        if seen.contains_key(&6) { Ok(()) } else { Err(seen) }
    });
    wait_until_gone("54321");
    up.stop();
}

/// Waits until a process has this word on its command line; its id.
fn wait_until_runs(word: &str) -> i32 {
    wait_for("the program to run", || {
        let all = crate::harness::all_processes();
        let found = all.iter().find(|(_, line)| line == &["sleep", word, ""]);
        found.map(|(id, _)| *id).ok_or("not yet")
    })
}

#[test]
fn packages_of_a_frozen_worker_end_before_their_leases_do() {
    let packhorse = Packhorse::new();
    let up = packhorse.up(1, &[]);
    deploy(&packhorse, "sleep 54322; true");
    start(&packhorse, 1, &[]);
    wait_until_runs("54322");
    let [worker] = packhorse.processes("worker")[..] else { panic!("one worker") };
    signal(worker, "-STOP");
    wait_until_gone("54322");
    assert_eq!(statuses(&packhorse), BTreeMap::from([(2, 1)]), "its lease has not ended yet");
    signal(worker, "-CONT");
    wait_for("the execution to have ended unexpectedly", || {
        let seen = statuses(&packhorse);
        if seen.contains_key(&6) { Ok(()) } else { Err(seen) }
    });
    up.stop();
}

#[test]
fn what_a_killed_package_process_started_is_ended() {
    let packhorse = Packhorse::new();
    let up = packhorse.up(1, &[]);
    deploy(&packhorse, "sleep 54323; true");
    start(&packhorse, 1, &[]);
    let program = wait_until_runs("54323");
    // Package process, shell, program.
    let parent = |id: i32| -> i32 {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
        stat.rsplit_once(')').unwrap().1.split_whitespace().nth(1).unwrap().parse().unwrap()
    };
    signal(parent(parent(program)), "-KILL");
    wait_until_gone("54323");
    up.stop();
}

/// Waits until no process has this word on its command line.
fn wait_until_gone(word: &str) {
    wait_for("the started program to be gone", || {
        let all = crate::harness::all_processes();
        let left = all.into_iter().find(|(_, line)| line.iter().any(|one| one.contains(word)));
        left.map_or(Ok(()), Err)
    });
}

#[test]
fn a_stopped_execution_is_canceled_and_leaves_no_process() {
    let packhorse = Packhorse::new();
    let up = packhorse.up(1, &[]);
    deploy(&packhorse, "exec sleep 98765");
    start(&packhorse, 1, &[]);
    wait_for("the package to run", || {
        let seen = statuses(&packhorse);
        if seen.contains_key(&2) { Ok(()) } else { Err(seen) }
    });
    let id = packhorse.executions()[0]["execution_id"].to_string();
    packhorse.ok(&["stop", &id]);
    wait_for("the execution to be canceled", || {
        let seen = statuses(&packhorse);
        if seen.contains_key(&3) { Ok(()) } else { Err(seen) }
    });
    let again = packhorse.run(&["stop", &id]);
    assert_eq!(again.code, 1, "what has ended cannot be stopped: {again:?}");
    wait_until_gone("98765");
    up.stop();
}

#[test]
fn a_disabled_worker_gets_nothing_until_it_is_enabled() {
    let packhorse = Packhorse::new();
    let up = packhorse.up(1, &[]);
    let list = packhorse.ok(&["workers", "--json"]).json();
    let id = list["workers"][0]["worker_agent_id"].as_str().unwrap().to_owned();
    packhorse.ok(&["workers", "disable", &id]);
    deploy(&packhorse, "true");
    start(&packhorse, 1, &[]);
    let heartbeats = |packhorse: &Packhorse| {
        let list = packhorse.ok(&["workers", "--json"]).json();
        list["workers"][0]["last_online_time"].as_i64().unwrap()
    };
    // The worker has been heard of since, and still has not been given the package.
    let before = heartbeats(&packhorse);
    wait_for("another heartbeat", || {
        let now = heartbeats(&packhorse);
        if before < now { Ok(()) } else { Err(now) }
    });
    assert_eq!(statuses(&packhorse), BTreeMap::from([(5, 1)]), "it waits");
    packhorse.ok(&["workers", "enable", &id]);
    wait_until_all_succeeded(&packhorse, 1);
    up.stop();
}
