//! Faults that SSISDB shows: the server away or refusing, nothing enabled, nobody to run, leases
//! that nobody takes back, messages that nobody takes.

use testkit::postgres::{Durability, PostgresServer, name_in};
use testkit::wait_for;

use super::support::{Patient as _, Running, commands};
use crate::harness::{Packhorse, shell_package};

fn deploy(packhorse: &Packhorse, step: &str) {
    let path = packhorse.write("Job.dtsx", shell_package("Job", &[step]));
    packhorse.ok(&["deploy", &path.to_string_lossy(), "--project", "Jobs"]);
}

/// A master and a worker with ports of their own, without T-SQL clients.
fn set_up(packhorse: &Packhorse, more: &[&str]) {
    packhorse.ok(&[&["init", "--workers", "1", "--port", "0"], more].concat());
    let settings = packhorse.data().join("MasterSettings.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    let more = "TdsEnabled = false\nBindAddress = '127.0.0.1'\n";
    std::fs::write(&settings, format!("{text}{more}")).unwrap();
}

#[test]
fn a_server_that_is_away_or_refuses_is_told_apart() {
    let server = PostgresServer::start(Durability::Lazy);
    let url = server.database();
    let packhorse = Packhorse::new();
    set_up(&packhorse, &["--ssisdb", &url]);
    let log = packhorse.folder().join("up.log");
    let _up = Running::start(packhorse.shell("exec packhorse up --workers 1"), &log);
    // A single server is a risk, as doctor says.
    let well = ["PH0316"];
    packhorse.until("", &well);
    server.stop();
    let found = packhorse.findings("");
    let codes: Vec<_> = found.iter().map(|one| one["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["PH0326"], "{found:#?}");
    server.start_again();
    packhorse.until("", &well);
    let settings = packhorse.data().join("MasterSettings.toml");
    let right = std::fs::read_to_string(&settings).unwrap();
    let name = name_in(&url);
    let wrong = |from: &str, to: &str, code: &str| {
        std::fs::write(&settings, right.replace(from, to)).unwrap();
        let found = packhorse.until("", &[code]);
        let fix = found[0]["fix"].as_str().unwrap();
        assert!(fix.contains("MasterSettings.toml"), "{fix}");
        std::fs::write(&settings, &right).unwrap();
    };
    wrong(&format!("/{name}?"), "/nothing?", "PH0327");
    wrong("postgres@", "nobody:Hush-hush@", "PH0327");
    wrong(&format!(":{}/", server.port()), ":1/", "PH0326");
    packhorse.until("", &well);
}

#[test]
fn an_ssisdb_in_which_nobody_enabled_scale_out_is_found() {
    let server = PostgresServer::shared();
    let (url, empty) = (server.database(), server.database());
    let packhorse = Packhorse::new();
    packhorse.ok(&["init", "--workers", "0", "--port", "0", "--ssisdb", &url]);
    // The master is led to another, empty database, and makes an SSISDB there.
    let settings = packhorse.data().join("MasterSettings.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    let text = text.replace(name_in(&url), name_in(&empty));
    std::fs::write(&settings, format!("{text}TdsEnabled = false\n")).unwrap();
    let log = packhorse.folder().join("master.log");
    let _master = Running::start(packhorse.shell("exec packhorse master"), &log);
    let found = packhorse.until("", &["PH0311", "PH0316"]);
    packhorse.mend(&found[0]);
    packhorse.expect("", &["PH0316"]);
}

#[test]
fn the_password_of_ssisdb_is_in_no_finding() {
    let packhorse = Packhorse::new();
    packhorse.ok(&["init", "--workers", "0"]);
    let settings = packhorse.data().join("MasterSettings.toml");
    let line = "SqlServerName = 'postgres://sa:Hush-hush@127.0.0.1:1/ssisdb?connect_timeout=1'\n";
    std::fs::write(&settings, line).unwrap();
    let seen = packhorse.run(&["doctor"]);
    let json = packhorse.run(&["doctor", "--json"]);
    assert!(json.out.contains("PH03") && seen.code == 1, "{json:?}");
    assert!(!format!("{seen:?}{json:?}").contains("Hush"), "{seen:?} {json:?}");
}

#[test]
fn what_waits_for_nobody_is_found_with_the_command_that_lets_somebody() {
    let packhorse = Packhorse::new();
    let up = packhorse.up(1, &[]);
    deploy(&packhorse, "true");
    let list = packhorse.ok(&["workers", "--json"]).json();
    let id = list["workers"][0]["worker_agent_id"].as_str().unwrap().to_owned();
    packhorse.ok(&["workers", "disable", &id]);
    packhorse.ok(&["execute", "Packhorse/Jobs/Job.dtsx"]);
    let found = packhorse.expect("", &["PH0313"]);
    assert_eq!(commands(&found[0]), [format!("packhorse workers enable {id}")]);
    packhorse.mend(&found[0]);
    packhorse.expect("", &[]);
    up.stop();
}

#[test]
fn messages_that_no_master_takes_wait_and_are_found() {
    let packhorse = Packhorse::new();
    set_up(&packhorse, &[]);
    let log = |name: &str| packhorse.folder().join(name);
    let master = Running::start(packhorse.shell("exec packhorse master"), &log("master.log"));
    wait_for("the master", || packhorse.endpoint().ok_or("no endpoint"));
    let port = packhorse.endpoint().unwrap();
    let worker = format!("exec packhorse worker --master {port}");
    let _worker = Running::start(packhorse.shell(&worker), &log("worker.log"));
    packhorse.until("", &[]);
    deploy(&packhorse, "sleep 3");
    packhorse.ok(&["execute", "Packhorse/Jobs/Job.dtsx"]);
    wait_for("the package to run", || {
        let status = packhorse.executions()[0]["status"].clone();
        if status == 2 { Ok(()) } else { Err(status) }
    });
    master.kill();
    // The package ends, and there is nobody to tell.
    let found = packhorse.until("", &["PH0308", "PH0321"]);
    let nobody = found.iter().find(|one| one["code"] == "PH0321").unwrap();
    let start = commands(nobody)[0].replace("packhorse master", "exec packhorse master");
    let number = port.rsplit(':').next().unwrap().trim();
    let start = format!("{start} --port {number}");
    let _master = Running::start(packhorse.shell(&start), &log("master-2.log"));
    packhorse.until("", &[]);
}

#[test]
fn leases_that_nobody_takes_back_are_found() {
    let packhorse = Packhorse::new();
    set_up(&packhorse, &[]);
    let log = |name: &str| packhorse.folder().join(name);
    let up = Running::start(packhorse.shell("exec packhorse up --workers 1"), &log("up.log"));
    packhorse.until("", &[]);
    deploy(&packhorse, "sleep 300");
    packhorse.ok(&["execute", "Packhorse/Jobs/Job.dtsx"]);
    wait_for("the package to run", || {
        let status = packhorse.executions()[0]["status"].clone();
        if status == 2 { Ok(()) } else { Err(status) }
    });
    // Master and worker die at once.
    up.kill();
    packhorse.assert_nothing_runs();
    std::fs::remove_file(packhorse.data().join("master.endpoint")).ok();
    // Minutes later.
    let said = packhorse.shell("faketime -f +4m packhorse doctor --json").output().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&said.stdout).unwrap();
    let found = report["findings"].as_array().unwrap();
    let found: Vec<_> = found.iter().filter(|one| one["code"] != "PH0307").collect();
    let codes: Vec<_> = found.iter().map(|one| one["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["PH0312", "PH0314"], "{found:#?}");
    assert_eq!(commands(found[1]), ["packhorse up"]);
    let _up = Running::start(packhorse.shell("exec packhorse up"), &log("up-2.log"));
    packhorse.until("", &[]);
}
