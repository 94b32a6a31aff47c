//! `Availability = "with_catalog"`: the master serves that is beside SSISDB's primary. The
//! machines of the test are the nodes of a Patroni cluster, each with its master. And a master
//! that is there before SSISDB is.

use std::time::Duration;

use testkit::patroni::{NODES, Patroni};
use testkit::postgres::{Durability, PostgresServer};
use testkit::{wait_for, wait_until};

use crate::harness::signal;
use crate::roles::{Master, command, lines, login, select_one, this_program};

const EXECUTIONS: usize = 60;
const ALL_DONE: Duration = Duration::from_secs(300);

/// Which masters say that they serve, by node.
fn serving(masters: &[Master]) -> Vec<usize> {
    (1..=NODES).filter(|node| masters[node - 1].ready() == 200).collect()
}

#[test]
fn a_master_with_its_catalog_steps_aside_when_the_primary_moves() {
    let cluster = Patroni::start(true);
    let url = cluster.database("ssisdb");
    let mut masters = vec![Master::first(Some(&url), 1)];
    for _ in 1..NODES {
        masters.push(Master::beside(&masters[0], Some(&url)));
    }
    for (index, master) in masters.iter().enumerate() {
        let here = format!("127.0.0.1:{}", cluster.port(index + 1));
        master.set(&format!("Availability = \"with_catalog\"\nLocalSqlServer = \"{here}\""));
    }
    let running: Vec<_> = masters.iter().map(|master| master.start(&this_program())).collect();
    let first = cluster.primary().unwrap();
    wait_until("the master beside the primary to serve alone", ALL_DONE, || {
        let serving = serving(&masters);
        if serving == [first] { Ok(()) } else { Err(serving) }
    });
    let active = &masters[first - 1];
    let standby = &masters[first % NODES];
    assert_eq!(standby.ready(), 503);
    let refused = standby.packhorse.run(&["executions"]);
    assert!(refused.code == 1 && refused.err.contains("this master is a standby"), "{refused:?}");
    let list = standby.packhorse.ok(&["masters", "--json"]).json();
    let mut standings: Vec<&str> = list["masters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|master| master["standing"].as_str().unwrap())
        .collect();
    standings.sort_unstable();
    assert_eq!(standings, ["serving", "standby", "standby"]);
    login(&active.packhorse);
    wait_until("the standby to send a T-SQL client to the active master", ALL_DONE, || {
        select_one("127.0.0.1", standby.tds_port)
    });

    let all: Vec<&Master> = masters.iter().collect();
    let worker = masters[0].start_worker(&this_program(), 1, &all);
    let ran = active.packhorse.folder().join("ran");
    active.deploy(&format!("echo x >> {}; sleep 0.1", ran.display()));
    let times = EXECUTIONS.to_string();
    active.packhorse.ok(&["execute", "Packhorse/Jobs/Job.dtsx", "--times", &times]);
    wait_until("some packages to have run", ALL_DONE, || {
        let ran = lines(&ran);
        if 10 <= ran { Ok(()) } else { Err(ran) }
    });
    cluster.kill(first);
    let next = wait_until("the master beside the new primary to serve alone", ALL_DONE, || {
        let primary = cluster.primary().ok_or("no primary")?;
        let serving = serving(&masters);
        if serving == [primary] && primary != first { Ok(primary) } else { Err("not yet") }
    });
    assert_eq!(masters[first - 1].ready(), 503, "the old one is a standby, and still there");
    let there = &masters[next - 1];
    wait_until("all packages to have succeeded", ALL_DONE, || {
        let done = there.succeeded()?;
        if done == EXECUTIONS { Ok(()) } else { Err(format!("{done}: {:?}", there.executions())) }
    });
    assert_eq!(lines(&ran), EXECUTIONS, "each package ran once");
    drop((worker, running));
}

#[test]
fn a_master_that_is_there_before_ssisdb_waits_for_it() {
    let server = PostgresServer::start(Durability::Lazy);
    let master = Master::first(Some(&server.database()), 0);
    server.stop();
    let path = master.packhorse.folder().join("master.log");
    let waiting = || {
        let told = std::fs::read_to_string(&path).unwrap_or_default();
        if told.contains("waiting for SSISDB") { Ok(()) } else { Err(told) }
    };
    // One that waits stops when it is told to.
    let log = std::fs::File::create(&path).unwrap();
    let mut one = command(&this_program(), &master.packhorse, &["master", "--port", "0"]);
    let mut one = one.stderr(log).spawn().unwrap();
    wait_for("the master to wait", waiting);
    signal(one.id().cast_signed(), "-TERM");
    assert!(one.wait().unwrap().success());
    std::fs::remove_file(&path).unwrap();
    std::thread::scope(|scope| {
        let started = scope.spawn(|| master.start(&this_program()));
        wait_for("the master to wait", waiting);
        assert_eq!(master.ready(), 0, "nobody is served yet");
        server.start_again();
        let _running = started.join().unwrap();
        wait_for("the master to serve", || match master.ready() {
            200 => Ok(()),
            other => Err(other),
        });
    });
}
