//! A cluster of three masters, each on a machine of its own, and SSISDB on two servers.

use std::process::Command;
use std::time::{Duration, Instant};

use testkit::lab::{Lab, Machine, postgres};

use super::support::{Patient, Running, commands, programs};

/// How long doctor may take on a healthy cluster.
const SOON: Duration = Duration::from_secs(2);

/// The same on a machine that runs other tests meanwhile.
const SOON_UNDER_LOAD: Duration = Duration::from_secs(20);

#[test]
fn doctor_knows_every_master_the_replication_and_the_clocks_of_a_cluster() {
    let folder = tempfile::tempdir().unwrap();
    let lab = Lab::new(folder.path(), &["one", "two", "three", "db1", "db2"]);
    let [one, two, three, db1, db2] =
        ["one", "two", "three", "db1", "db2"].map(|name| lab.machine(name, programs()));
    postgres::primary(&db1);
    postgres::sql(&db1, "CREATE DATABASE ssisdb");
    postgres::standby(&db2, &db1);
    let url = "'postgres://postgres@db1,db2/ssisdb?sslmode=disable'";
    one.ok(&format!("packhorse init --workers 0 --host one --ssisdb {url}"));
    let key = one.home().join(".packhorse/ssisdb.key");
    for machine in [&two, &three] {
        let (name, key) = (machine.name(), key.display());
        machine.ok(&format!("packhorse init --workers 0 --host {name} --key {key} --ssisdb {url}"));
    }
    let start = |machine: &Machine, command: &str| {
        let log = folder.path().join(format!("{}.log", machine.name()));
        Running::start(machine.shell(&format!("exec {command}")), &log)
    };
    let _one = start(&one, "packhorse master");
    let second = start(&two, "packhorse master");
    let _three = start(&three, "packhorse master");
    for machine in [&one, &two, &three] {
        machine.until("", &[]);
    }
    let began = Instant::now();
    let checks = one.ok("packhorse doctor");
    let took = began.elapsed();
    println!("doctor on a healthy cluster of three masters: {took:?} (goal {SOON:?})");
    assert!(took < SOON_UNDER_LOAD, "{took:?}");
    assert!(checks.starts_with("nothing is wrong"), "{checks}");
    // A master dies.
    second.kill();
    let found = one.expect("", &["PH0321"]);
    assert!(found[0]["evidence"].as_str().unwrap().contains("https://two:8391"), "{found:?}");
    assert_eq!(found[0]["run_at"], "two");
    let second = start(&two, &commands(&found[0])[0]);
    one.until("", &[]);
    second.kill();
    // A master whose clock is an hour ahead.
    let second = start(&two, "faketime -f +1h packhorse master");
    let found = one.until("", &["PH0317"]);
    assert!(found[0]["evidence"].as_str().unwrap().contains("https://two:8391"), "{found:?}");
    second.kill();
    let _second = start(&two, "packhorse master");
    one.until("", &[]);
    replication(&one, &db1, &db2);
}

/// Asynchronous, then lagging, then gone.
fn replication(one: &Machine, db1: &Machine, db2: &Machine) {
    postgres::sql(db1, "ALTER SYSTEM SET synchronous_standby_names = ''");
    postgres::sql(db1, "SELECT pg_reload_conf()");
    let found = one.until("", &["PH0316"]);
    assert!(found[0]["fix"].as_str().unwrap().contains("synchronous_standby_names"), "{found:?}");
    // The standby hangs while the log grows.
    db2.ok("pkill -STOP -u postgres");
    for _ in 0..3 {
        postgres::sql(db1, "SELECT pg_switch_wal(); CREATE TABLE t (a int); DROP TABLE t");
    }
    one.until("", &["PH0316", "PH0332"]);
    db2.ok("pkill -CONT -u postgres");
    one.until("", &["PH0316"]);
    postgres::sql(db1, "ALTER SYSTEM SET synchronous_standby_names = '*'");
    postgres::sql(db1, "SELECT pg_reload_conf()");
    one.until("", &[]);
}

/// A machine four minutes later.
struct Later<'a>(&'a Machine);

impl Patient for Later<'_> {
    fn shell(&self, script: &str) -> Command {
        let mut command = self.0.command("faketime");
        command.args(["-f", "+4m", "sh", "-c", script]);
        command
    }
}

#[test]
fn a_master_that_fell_silent_is_remembered_until_it_is_started_again() {
    let folder = tempfile::tempdir().unwrap();
    let lab = Lab::new(folder.path(), &["one", "two"]);
    let [one, two] = ["one", "two"].map(|name| lab.machine(name, programs()));
    one.ok("packhorse init --workers 0 --host one");
    let (home, other) = (one.home().join(".packhorse"), two.home().join(".packhorse"));
    std::fs::create_dir_all(&other).unwrap();
    let text = format!(
        "MasterAddress = 'https://two:8391'\nSqlServerName = '{}'\n",
        home.join("ssisdb.sqlite").display()
    );
    std::fs::write(other.join("MasterSettings.toml"), text).unwrap();
    let key = home.join("ssisdb.key");
    two.ok(&format!("packhorse init --workers 0 --host two --key {}", key.display()));
    let log = |name: &str| folder.path().join(name);
    let first = Running::start(one.shell("exec packhorse master"), &log("one.log"));
    let second = Running::start(two.shell("exec packhorse master"), &log("two.log"));
    two.until("", &[]);
    one.until("", &[]);
    // The power fails, and only one machine comes back, minutes later.
    first.kill();
    second.kill();
    let (one, two) = (Later(&one), Later(&two));
    let _first = Running::start(one.shell("exec packhorse master"), &log("one-2.log"));
    let found = one.until("", &["PH0335"]);
    let evidence = found[0]["evidence"].as_str().unwrap();
    assert!(evidence.contains("https://two:8391"), "{evidence}");
    assert_eq!(found[0]["run_at"], "two");
    let _second = Running::start(two.shell(&commands(&found[0])[0]), &log("two-2.log"));
    one.until("", &[]);
}
