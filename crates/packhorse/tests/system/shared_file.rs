//! Two masters on one SSISDB file, either killed at any moment.

use std::time::Duration;

use testkit::wait_until;

use crate::roles::{Master, Running, lines, this_program};

/// Kills in the test, and executions that are submitted meanwhile.
const KILLS: usize = 12;
const EXECUTIONS: usize = 160;

/// Executions in one request.
const AT_A_TIME: usize = 4;

const ALL_DONE: Duration = Duration::from_secs(300);

/// Random numbers that are the same for the same seed (splitmix64).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((word ^ (word >> 31)) % bound as u64).unwrap()
    }
}

/// Submits executions to one master until all are acknowledged; returns their ids.
fn submit(master: &Master, wanted: usize) -> Vec<i64> {
    let mut acknowledged = Vec::new();
    wait_until("executions to be acknowledged", ALL_DONE, || {
        let times = AT_A_TIME.to_string();
        let words = ["execute", "Packhorse/Jobs/Job.dtsx", "--times", &times, "--json"];
        let said = master.packhorse.run(&words);
        if said.code == 0 {
            let ids = said.json()["executions"].as_array().cloned().unwrap();
            acknowledged.extend(ids.iter().filter_map(|id| id.as_i64()));
        }
        if wanted <= acknowledged.len() { Ok(()) } else { Err(said) }
    });
    acknowledged
}

#[test]
fn of_two_masters_on_one_file_either_is_killed_at_any_moment() {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20);
    eprintln!("SEED={seed}");
    let mut random = Random(seed);
    let program = this_program();
    let one = Master::first(None, 2);
    let two = Master::beside(&one, None);
    let masters = [&one, &two];
    let mut running: Vec<Running> = masters.iter().map(|master| master.start(&program)).collect();
    let workers = [1, 2].map(|number| one.start_worker(&program, number, &masters));
    let ran = one.packhorse.folder().join("ran");
    one.deploy(&format!("echo x >> {}", ran.display()));
    let acknowledged = std::thread::scope(|scope| {
        let clients = masters.map(|master| scope.spawn(|| submit(master, EXECUTIONS / 2)));
        for _ in 0..KILLS {
            // A moment of its own: behind so many more packages, in the middle of whatever goes on.
            let target = lines(&ran) + random.below(10);
            wait_until("packages to run", ALL_DONE, || {
                let seen = lines(&ran);
                let done = clients.iter().all(|client| client.is_finished());
                if target <= seen || done { Ok(()) } else { Err(seen) }
            });
            let chosen = random.below(3);
            let victims = if chosen == 2 { 0..2 } else { chosen..chosen + 1 };
            for victim in victims.clone() {
                running[victim].kill();
            }
            for victim in victims {
                running[victim] = masters[victim].start(&program);
            }
        }
        clients.map(|client| client.join().unwrap()).concat()
    });
    // A request that was cut off may have been carried out too: what is there counts.
    let executions = wait_until("all executions to have ended", ALL_DONE, || {
        let executions = one.executions()?;
        let left = executions.iter().filter(|(_, status)| *status != 7).count();
        if left == 0 { Ok(executions) } else { Err(format!("{left} of {}", executions.len())) }
    });
    for id in &acknowledged {
        let found = executions.iter().filter(|(there, _)| there == id).count();
        assert_eq!(found, 1, "execution {id} was acknowledged (seed {seed})");
    }
    assert_eq!(lines(&ran), executions.len(), "each package ran once (seed {seed})");
    for (id, _) in executions.iter().step_by(17) {
        let messages = one.packhorse.messages(*id);
        let starts = messages
            .iter()
            .filter(|one| one["source_name"] == "Job" && one["event_name"] == "OnPreExecute");
        assert_eq!(starts.count(), 1, "execution {id}: {messages:?}");
    }
    drop(workers);
}
