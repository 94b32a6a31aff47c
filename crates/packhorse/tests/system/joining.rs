//! `packhorse workers add`, `join`, `approve`, `drain`, `remove`, `explain`: a worker's life.

use std::process::Stdio;

use testkit::wait_for;

use crate::harness::{Packhorse, Said, shell_package};

/// A worker process of another data directory, killed when dropped.
struct Worker(std::process::Child);

impl Worker {
    fn start(of: &Packhorse) -> Self {
        let log = std::fs::File::create(of.folder().join("worker.log")).unwrap();
        let mut command = of.command(&["worker"]);
        Self(command.stdout(Stdio::null()).stderr(log).spawn().unwrap())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

fn workers(packhorse: &Packhorse) -> Vec<serde_json::Value> {
    packhorse.ok(&["workers", "--json"]).json()["workers"].as_array().unwrap().clone()
}

fn until_online(packhorse: &Packhorse, id: &str) {
    wait_for("the worker to be online", || {
        let all = workers(packhorse);
        let found = all.iter().find(|one| one["worker_agent_id"] == id);
        match found {
            Some(found) if found["is_online"] == true => Ok(()),
            other => Err(format!("{other:?}")),
        }
    });
}

fn run_words(of: &Packhorse, line: &str) -> Said {
    let words: Vec<&str> = line.split(' ').skip(1).collect();
    of.ok(&words)
}

#[test]
fn one_printed_command_makes_another_machine_a_worker() {
    let (packhorse, machine) = (Packhorse::new(), Packhorse::new());
    let up = packhorse.up(0, &[]);
    let path = packhorse.write("Job.dtsx", shell_package("Job", &["true"]));
    packhorse.ok(&["deploy", &path.to_string_lossy(), "--project", "Jobs"]);
    packhorse.ok(&["execute", "Packhorse/Jobs/Job.dtsx"]);
    let execution = packhorse.executions()[0]["execution_id"].to_string();
    let explained = packhorse.ok(&["explain", &execution]);
    assert!(explained.out.contains("no worker has registered"), "{explained:?}");

    let added = packhorse.ok(&["workers", "add", "--json"]).json();
    let (command, id) = (added["command"].as_str().unwrap(), &added["worker_agent_id"]);
    let id = id.as_str().unwrap().to_owned();
    run_words(&machine, command);
    assert!(!machine.data().join("ssisdb.sqlite").exists(), "it only works");
    let worker = Worker::start(&machine);
    until_online(&packhorse, &id);
    let explained = packhorse.ok(&["explain", &execution, "--json"]).json();
    assert_eq!(explained["workers"][0]["reason"], "is disabled");
    packhorse.ok(&["workers", "enable", &id]);
    wait_for("the execution to succeed", || {
        let status = packhorse.executions()[0]["status"].clone();
        if status == 7 { Ok(()) } else { Err(status) }
    });

    packhorse.ok(&["workers", "tag", &id, "fast"]);
    packhorse.ok(&["workers", "describe", &id, "the one on the left"]);
    assert_eq!(workers(&packhorse)[0]["tags"], "fast");
    packhorse.ok(&["workers", "drain", &id, "--deadline", "60"]);
    assert_eq!(workers(&packhorse)[0]["is_enabled"], false);
    packhorse.ok(&["workers", "remove", &id]);
    assert!(workers(&packhorse).is_empty());
    wait_for("the worker to be turned away", || {
        let log = std::fs::read_to_string(machine.folder().join("worker.log")).unwrap();
        if log.contains("not trusted") { Ok(()) } else { Err(log) }
    });
    drop(worker);
    up.stop();
}

#[test]
fn a_worker_that_introduces_itself_waits_for_approval() {
    let (packhorse, machine) = (Packhorse::new(), Packhorse::new());
    let up = packhorse.up(0, &[]);
    let endpoint = std::fs::read_to_string(packhorse.data().join("master.endpoint")).unwrap();
    let added = packhorse.ok(&["workers", "add", "--json"]).json();
    let command = added["command"].as_str().unwrap();
    let pin = command.split(' ').skip_while(|word| *word != "--thumbprint").nth(1).unwrap();
    let joined = machine.ok(&["join", endpoint.trim(), "--thumbprint", pin, "--json"]).json();
    let id = joined["worker_agent_id"].as_str().unwrap().to_owned();
    let worker = Worker::start(&machine);
    wait_for("the worker to wait", || {
        let list = packhorse.ok(&["workers", "waiting", "--json"]).json();
        if list["workers"][0]["worker_agent_id"] == id.as_str() { Ok(()) } else { Err(list) }
    });
    packhorse.ok(&["workers", "approve", &id]);
    until_online(&packhorse, &id);
    packhorse.ok(&["workers", "remove", &id, "--now"]);
    drop(worker);
    up.stop();
}
