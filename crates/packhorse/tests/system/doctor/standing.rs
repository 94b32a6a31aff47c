//! A master that is reached and does not serve: one that stands by, that hangs, or that waits for
//! SSISDB; seen from a worker's machine and from the master's own.

use std::path::PathBuf;

use testkit::postgres::{Durability, PostgresServer, free_port};

use super::support::{Patient as _, Running};
use crate::harness::Packhorse;

/// SSISDB on a server, a master, and a worker that has joined from another data directory.
struct Ground {
    server: PostgresServer,
    url: String,
    master: Packhorse,
    worker: Packhorse,
    port: u16,
    thumbprint: String,
}

impl Ground {
    fn new() -> Self {
        let server = PostgresServer::start(Durability::Lazy);
        let (url, port) = (server.database(), free_port());
        let (master, worker) = (Packhorse::new(), Packhorse::new());
        let words = ["--json", "init", "--workers", "0", "--port", &port.to_string()];
        let made = master.ok(&[&words[..], &["--ssisdb", &url]].concat()).json();
        let thumbprint = made["thumbprint"].as_str().unwrap().to_owned();
        Self { server, url, master, worker, port, thumbprint }
    }

    fn settings(of: &Packhorse) -> PathBuf {
        of.data().join("MasterSettings.toml")
    }

    /// Starts a master that serves where the primary of SSISDB is that it has beside itself.
    fn start(of: &Packhorse, beside: &str) -> Running {
        let path = Self::settings(of);
        let text = std::fs::read_to_string(&path).unwrap();
        let ours = |line: &&str| !line.starts_with("Availability") && !line.starts_with("Local");
        let mut text: String = text.lines().filter(ours).map(|line| format!("{line}\n")).collect();
        text.push_str(&format!("Availability = 'with_catalog'\nLocalSqlServer = '{beside}'\n"));
        std::fs::write(&path, text).unwrap();
        std::fs::remove_file(of.data().join("master.endpoint")).ok();
        let command = "exec packhorse master --bind 127.0.0.1 --no-tds";
        let running = Running::start(of.shell(command), &of.folder().join("master.log"));
        testkit::wait_for("the master to say where it listens", || {
            let told = std::fs::read_to_string(of.folder().join("master.log")).unwrap_or_default();
            of.endpoint().ok_or(told)
        });
        running
    }

    fn here(&self) -> String {
        format!("127.0.0.1:{}", self.server.port())
    }

    /// Starts a worker that has joined.
    fn join(&self) -> Running {
        let endpoint = format!("https://127.0.0.1:{}", self.port);
        let added = self.master.ok(&["workers", "add", "--endpoint", &endpoint, "--json"]).json();
        let command = added["command"].as_str().unwrap();
        let joined = self.worker.shell(command).output().unwrap();
        assert!(joined.status.success(), "{joined:?}");
        self.start_worker("")
    }

    fn start_worker(&self, more: &str) -> Running {
        let command = format!("exec packhorse worker {more}");
        Running::start(self.worker.shell(&command), &self.worker.folder().join("worker.log"))
    }

    /// Another master of the same SSISDB, and where it listens.
    fn another(&self) -> (Packhorse, String) {
        let (other, port) = (Packhorse::new(), free_port().to_string());
        let key = self.master.data().join("ssisdb.key").to_string_lossy().into_owned();
        let words = ["init", "--workers", "0", "--port", &port, "--key", &key];
        other.ok(&[&words[..], &["--ssisdb", &self.url]].concat());
        (other, format!("https://127.0.0.1:{port}"))
    }
}

#[test]
fn masters_that_all_stand_by_are_found_and_a_standby_beside_one_that_serves_is_not() {
    let ground = Ground::new();
    let serving = Ground::start(&ground.master, &ground.here());
    let worker = ground.join();
    // A single server is a risk, as doctor says.
    ground.master.until("", &["PH0316"]);
    ground.worker.until("", &[]);
    serving.kill();
    let standby = Ground::start(&ground.master, "192.0.2.9:5432");
    let found = ground.worker.until("", &["PH0325"]);
    let (evidence, fix) = (found[0]["evidence"].to_string(), found[0]["fix"].to_string());
    assert!(evidence.contains(&ground.here()), "where the primary is: {evidence}");
    assert!(fix.contains("packhorse masters") && fix.contains("WorkerSettings.toml"), "{fix}");
    let found = ground.master.until("", &["PH0316", "PH0325"]);
    let standing = found.iter().find(|one| one["code"] == "PH0325").unwrap();
    let fix = standing["fix"].as_str().unwrap();
    assert!(fix.contains("correct LocalSqlServer"), "{fix}");
    // Where another serves, one that stands by is as it should be.
    standby.kill();
    let serving = Ground::start(&ground.master, &ground.here());
    let (other, endpoint) = ground.another();
    let _standby = Ground::start(&other, "192.0.2.9:5432");
    ground.worker.until("", &[]);
    worker.kill();
    let own = format!("https://127.0.0.1:{}", ground.port);
    let _worker = ground.start_worker(&format!("--master {endpoint} --master {own}"));
    ground.worker.until("", &[]);
    ground.master.until("", &["PH0316"]);
    // And when the one that serves is gone, both are said.
    serving.kill();
    let found = ground.worker.until("", &["PH0321", "PH0325"]);
    assert!(format!("{found:?}").contains(&endpoint), "{found:?}");
}

#[test]
fn a_master_that_hangs_or_waits_for_ssisdb_is_told_from_one_that_is_not_reached() {
    let ground = Ground::new();
    let master = Ground::start(&ground.master, &ground.here());
    let _worker = ground.join();
    ground.worker.until("", &[]);
    master.signal("-STOP");
    let found = ground.worker.findings("");
    master.signal("-CONT");
    let codes: Vec<&str> = found.iter().map(|one| one["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["PH0341"], "{found:#?}");
    assert_eq!(found[0]["run"], serde_json::json!(["packhorse doctor"]));
    assert_eq!(found[0]["run_at"], "127.0.0.1");
    ground.worker.until("", &[]);
    ground.server.stop();
    ground.worker.until("", &["PH0341"]);
    // What is said there: the master finds what it waits for.
    ground.master.until("", &["PH0326"]);
    ground.server.start_again();
    ground.worker.until("", &[]);
    let thumbprint =
        format!("--endpoint https://127.0.0.1:{} --thumbprint {}", ground.port, ground.thumbprint);
    ground.worker.expect(&thumbprint, &[]);
}
