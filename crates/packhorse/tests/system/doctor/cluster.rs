//! A cluster of three masters, each on a machine of its own, and SSISDB on two servers.

use std::time::{Duration, Instant};

use testkit::lab::{Lab, Machine, postgres};
use testkit::wait_for;

use super::support::{Patient as _, Running, commands, programs};

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
    // It is remembered when it does not come back.
    let long_ago = "UPDATE masters SET last_online_time = last_online_time - 300000000
                    WHERE machine_name = 'two'";
    sql(&db1, long_ago);
    let found = one.expect("", &["PH0335"]);
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

fn sql(db1: &Machine, statement: &str) {
    wait_for("the statement", || {
        let script = "psql -XAtq -h /mnt -U postgres -d ssisdb -c \"$SQL\"";
        let said = db1.command("sh").args(["-c", script]).env("SQL", statement).output().unwrap();
        if said.status.success() { Ok(()) } else { Err(format!("{said:?}")) }
    });
}
