//! Tasks: claimed, renewed, lost, reported.

use catalog::procedures::{
    CreateExecution, add_execution_worker, create_execution, disable_worker_agent,
    enable_worker_agent, set_worker_agent_property, start_execution, stop_operation,
};
use catalog::reads;
use catalog::scale_out::{
    CertificateRole, MasterRow, TrustedCertificate, agent_heartbeat, announce_master, carry_out,
    certificate_of, certificates, masters, register_agent, renew, report, revoke_certificate,
    snapshot, stops_for, trust_certificate, withdraw_master,
};
use model::{ExecutionId, OperationStatus, Timestamp};
use scaleout::message::{LeaseState, Outcome, OutcomeState, Renew, Sender};
use scaleout::{Asking, Phase, plan};

use crate::support::{
    Fixture, Recipe, admin, agent, claim_at, event, lease_of, load, outcome, register,
};

async fn execution(at: &Fixture, id: ExecutionId) -> reads::ExecutionRow {
    at.read(move |tx| reads::execution(tx, &admin(), id)).await.unwrap()
}

pub(crate) async fn a_new_worker_is_disabled_and_gets_nothing(at: Fixture) {
    at.deployed(&Recipe::default()).await;
    at.started(0).await;
    let enabled = at
        .write(|tx| {
            let now = tx.now();
            register_agent(tx, &register(agent(1)), Some("ab"), now)
        })
        .await;
    assert!(!enabled);
    assert!(at.claim(agent(1), 4, 1).await.is_empty());
    at.write(|tx| enable_worker_agent(tx, &admin(), agent(1))).await;
    let beat = at.write(|tx| agent_heartbeat(tx, agent(1), None, Timestamp(5))).await;
    assert!(beat.known && beat.enabled);
    let beat = at.write(|tx| agent_heartbeat(tx, agent(2), None, Timestamp(5))).await;
    assert!(!beat.known);
    at.write(|tx| set_worker_agent_property(tx, &admin(), agent(1), "displayname", "Big")).await;
    let again = at
        .write(|tx| {
            let now = tx.now();
            register_agent(tx, &register(agent(1)), None, now)
        })
        .await;
    assert!(again, "an enabled worker stays enabled when it registers again");
    let workers = at.read(|tx| reads::workers(tx, &admin())).await;
    assert_eq!(workers[0].display_name, "Big");
    assert_eq!(workers[0].thumbprint.as_deref(), Some("ab"));
    assert_eq!(at.refused(|tx| enable_worker_agent(tx, &admin(), agent(2))).await.0, 27243);
    let property = |name: &'static str| {
        at.refused(move |tx| set_worker_agent_property(tx, &admin(), agent(1), name, "x"))
    };
    assert_eq!(property("Colour").await.0, 27101);
    at.write(|tx| disable_worker_agent(tx, &admin(), agent(1))).await;
    assert!(at.claim(agent(1), 4, 2).await.is_empty());
}

pub(crate) async fn two_processes_that_pass_for_one_worker_are_told_from_a_restart(at: Fixture) {
    let hear = async |instance: &str, clock: i64| {
        let sender = Sender {
            instance: instance.to_owned(),
            place: format!("box:/srv/{instance}"),
            clock_us: clock,
        };
        at.write(move |tx| {
            let now = Timestamp(1_000_000);
            agent_heartbeat(tx, agent(1), Some(&sender), now)
        })
        .await;
        at.read(|tx| reads::workers(tx, &admin())).await.remove(0)
    };
    at.write(|tx| register_agent(tx, &register(agent(1)), None, Timestamp(0))).await;
    assert_eq!(hear("one", 1_000_000).await.clock_ahead_ms, Some(0));
    assert_eq!(hear("one", 9_000_000).await.clock_ahead_ms, Some(8_000));
    assert_eq!(hear("two", 0).await.doubled, None, "a restart");
    assert_eq!(hear("two", 0).await.doubled, None);
    let back = hear("one", 0).await;
    assert_eq!(back.doubled, Some(Timestamp(1_000_000)));
    let places = back.places.map(Option::unwrap);
    assert_eq!(places, ["box:/srv/one", "box:/srv/two"]);
}

pub(crate) async fn masters_are_known_until_they_end_or_are_forgotten(at: Fixture) {
    let master = |machine: &str, heard: i64| MasterRow {
        id: format!("id of {machine}"),
        machine_name: machine.to_owned(),
        port: 8391,
        address: format!("https://{machine}:8391"),
        thumbprint: "ab".to_owned(),
        version: "0.1.0".to_owned(),
        last_online: Timestamp(heard),
        clock_ahead_ms: -7,
        protocol: 1,
        schema: reads::known_schema(),
        standing: "serving".to_owned(),
        online_until: Timestamp(heard).plus_ms(90_000),
    };
    let announce = async |machine: &str, heard: i64| {
        let row = master(machine, heard);
        at.write(move |tx| announce_master(tx, &row)).await;
        at.read(masters).await.iter().map(|row| row.machine_name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(announce("one", 1).await, ["one"]);
    assert_eq!(announce("two", 2).await, ["one", "two"]);
    at.write(|tx| withdraw_master(tx, "id of one")).await;
    assert_eq!(at.read(masters).await, [master("two", 2)]);
    // Machines with one name, as containers have: each master is itself.
    let twin = MasterRow { id: "another".to_owned(), ..master("two", 3) };
    let row = twin.clone();
    at.write(move |tx| announce_master(tx, &row)).await;
    assert_eq!(at.read(masters).await, [twin.clone(), master("two", 2)]);
    // Who listens where one fell silent has taken its place.
    let later = MasterRow { last_online: Timestamp(200_000_000), ..twin };
    let row = later.clone();
    at.write(move |tx| announce_master(tx, &row)).await;
    assert_eq!(at.read(masters).await, [later]);
    let tomorrow = 25 * 3600 * 1_000_000;
    assert_eq!(announce("three", tomorrow).await, ["three"]);
}

pub(crate) async fn a_claim_hands_out_the_oldest_task_with_all_it_needs(at: Fixture) {
    let project = at.deployed(&Recipe::default()).await;
    let worker = at.worker(1).await;
    let (first, started) = at.started(0).await;
    let (second, _) = at.started(0).await;
    let assignment = at.claim(worker, 1, 1).await.remove(0);
    assert_eq!((assignment.execution, assignment.task), (first, started.task));
    assert_eq!((assignment.attempt.0, assignment.fence.0), (1, 1));
    assert_eq!((assignment.folder.as_str(), assignment.package.as_str()), ("Sales", "Load.dtsx"));
    assert_eq!(assignment.project_hash, project.hash);
    assert_eq!(assignment.caller, "ada");
    let row = execution(&at, first).await;
    assert_eq!((row.status, row.worker), (OperationStatus::Running, Some(worker)));
    assert!(row.started.is_some());
    assert_eq!(row.executed_count, 1);
    assert_eq!(execution(&at, second).await.status, OperationStatus::Pending);
}

pub(crate) async fn of_two_masters_one_wins(at: Fixture) {
    at.deployed(&Recipe::default()).await;
    let (one, two) = (at.worker(1).await, at.worker(2).await);
    at.started(0).await;
    let asking = Asking { tasks_max: 1, number: 1, ..Asking::default() };
    let grants = at
        .write(move |tx| {
            let now = tx.now();
            let mut decisions = Vec::new();
            for agent in [one, two] {
                let picture = snapshot(tx, &[(agent, asking.clone())], now)?;
                decisions.extend(plan(&picture, now).decisions);
            }
            assert_eq!(decisions.len(), 2, "both masters would hand it out");
            let mut grants = Vec::new();
            for decision in decisions {
                grants.extend(carry_out(tx, &decision, now)?);
            }
            Ok(grants)
        })
        .await;
    assert_eq!(grants.len(), 1);
}

pub(crate) async fn only_a_named_worker_gets_the_task(at: Fixture) {
    at.deployed(&Recipe::default()).await;
    let (one, two) = (at.worker(1).await, at.worker(2).await);
    at.write(move |tx| {
        let request = CreateExecution { use_any_worker: false, ..load() };
        let id = create_execution(tx, &admin(), &request)?;
        add_execution_worker(tx, &admin(), id, two)?;
        start_execution(tx, &admin(), id, 0)
    })
    .await;
    assert!(at.claim(one, 4, 1).await.is_empty());
    assert_eq!(at.claim(two, 4, 1).await.len(), 1);
}

pub(crate) async fn a_renewal_prolongs_and_tells_of_a_stop(at: Fixture) {
    at.deployed(&Recipe::default()).await;
    let worker = at.worker(1).await;
    let (id, _) = at.started(0).await;
    let assignment = at.claim(worker, 1, 1).await.remove(0);
    let lease = lease_of(&assignment);
    let at = &at;
    let renew_now = move |agent, leases: Vec<_>| {
        let request = Renew { agent, leases, lease_ms: 5_000 };
        at.write(move |tx| {
            let now = tx.now();
            renew(tx, &request, now)
        })
    };
    let held = renew_now(worker, vec![lease]).await;
    assert_eq!(held, [LeaseState::Held { lease_ms: 5_000, stop: false }]);
    assert_eq!(renew_now(agent(2), vec![lease]).await, [LeaseState::Lost]);
    let old = scaleout::message::LeaseRef { fence: model::Fence(0), ..lease };
    assert_eq!(renew_now(worker, vec![old]).await, [LeaseState::Lost]);
    assert!(at.write(move |tx| stops_for(tx, worker, &[lease])).await.is_empty());
    at.write(move |tx| stop_operation(tx, &admin(), id.into())).await;
    let held = renew_now(worker, vec![lease]).await;
    assert_eq!(held, [LeaseState::Held { lease_ms: 5_000, stop: true }]);
    let stops = at.write(move |tx| stops_for(tx, worker, &[lease])).await;
    assert_eq!(stops, [lease.task]);
    assert!(at.write(move |tx| stops_for(tx, worker, &[])).await.is_empty());
    assert_eq!(execution(at, id).await.status, OperationStatus::Stopping);
    let again = at.refused(move |tx| stop_operation(tx, &admin(), id.into())).await;
    assert_eq!(again.0, 27126);
}

pub(crate) async fn an_expired_lease_is_retried_then_ends_unexpectedly(at: Fixture) {
    at.deployed(&Recipe::default()).await;
    let (one, two) = (at.worker(1).await, at.worker(2).await);
    let (id, _) = at.started(1).await;
    let first = at.claim(one, 1, 1).await.remove(0);
    let later = |ms: i64| {
        at.write(move |tx| {
            let now = tx.now().plus_ms(ms);
            claim_at(tx, two, &Asking { tasks_max: 1, number: 1, ..Asking::default() }, now)
        })
    };
    assert!(later(1_000).await.is_empty(), "the lease lives");
    assert!(later(20_000).await.is_empty(), "this round ends the lease");
    let second = later(20_000).await.remove(0);
    assert_eq!((second.task, second.attempt.0), (first.task, 2));
    assert_eq!(execution(&at, id).await.status, OperationStatus::Running);
    later(60_000).await;
    let row = execution(&at, id).await;
    assert_eq!((row.status, row.executed_count), (OperationStatus::EndedUnexpectedly, 2));
    assert!(row.first_error.unwrap().contains("stopped renewing its lease"));
    let attempts = at.read(move |tx| reads::attempts(tx, &admin(), id)).await;
    let shown: Vec<_> =
        attempts.iter().map(|a| (a.attempt, a.worker, a.outcome.as_deref())).collect();
    assert_eq!(shown, [(1, one, Some("lease_expired")), (2, two, Some("lease_expired"))]);
    let late = outcome(&first, Outcome::Succeeded, vec![event("late")]);
    let state = at
        .write(move |tx| {
            let now = tx.now();
            report(tx, one, &late, now)
        })
        .await;
    assert_eq!(state, OutcomeState::Stale);
}

pub(crate) async fn a_restarted_worker_loses_its_leases(at: Fixture) {
    at.deployed(&Recipe::default()).await;
    let worker = at.worker(1).await;
    let (kept, _) = at.started(0).await;
    let (lost, _) = at.started(0).await;
    let claimed = at.claim(worker, 2, 1).await;
    let running = vec![lease_of(&claimed[0])];
    at.write(move |tx| {
        let now = tx.now();
        let again =
            scaleout::message::Register { running: running.clone(), number: 2, ..register(worker) };
        register_agent(tx, &again, None, now)
    })
    .await;
    assert_eq!(execution(&at, kept).await.status, OperationStatus::Running);
    assert_eq!(execution(&at, lost).await.status, OperationStatus::EndedUnexpectedly);
}

pub(crate) async fn a_report_ends_the_execution_once(at: Fixture) {
    at.deployed(&Recipe::default()).await;
    let worker = at.worker(1).await;
    let (id, _) = at.started(3).await;
    let assignment = at.claim(worker, 1, 1).await.remove(0);
    let done = outcome(&assignment, Outcome::Succeeded, vec![event("one"), event("two")]);
    for _ in 0..2 {
        let done = done.clone();
        let state = at
            .write(move |tx| {
                let now = tx.now();
                report(tx, worker, &done, now)
            })
            .await;
        assert_eq!(state, OutcomeState::Recorded);
    }
    let row = execution(&at, id).await;
    assert_eq!((row.status, row.rows_written), (OperationStatus::Succeeded, 42));
    assert_eq!((row.process_id, row.machine_name.as_deref()), (Some(4711), Some("box")));
    assert!(row.ended.is_some());
    let other = outcome(&assignment, Outcome::Failed, vec![event("one"), event("two")]);
    let state = at
        .write(move |tx| {
            let now = tx.now();
            report(tx, worker, &other, now)
        })
        .await;
    assert_eq!(state, OutcomeState::Stale, "a final status never changes");
    let filter = reads::MessageFilter { limit: 10, ..Default::default() };
    let messages = at.read(move |tx| reads::messages(tx, &admin(), id.into(), &filter)).await;
    assert_eq!(messages.len(), 2);
}

pub(crate) async fn a_failed_attempt_is_retried(at: Fixture) {
    at.deployed(&Recipe::default()).await;
    let worker = at.worker(1).await;
    let (id, _) = at.started(1).await;
    for attempt in 1..=2 {
        let assignment = at.claim(worker, 1, attempt).await.remove(0);
        assert_eq!(u64::from(assignment.attempt.0), attempt);
        let failed = outcome(&assignment, Outcome::Failed, Vec::new());
        at.write(move |tx| {
            let now = tx.now();
            report(tx, worker, &failed, now)
        })
        .await;
    }
    let row = execution(&at, id).await;
    assert_eq!((row.status, row.executed_count), (OperationStatus::Failed, 2));
    assert!(at.claim(worker, 1, 3).await.is_empty());
}

pub(crate) async fn a_stopped_package_ends_canceled(at: Fixture) {
    at.deployed(&Recipe::default()).await;
    let worker = at.worker(1).await;
    let (id, _) = at.started(5).await;
    let assignment = at.claim(worker, 1, 1).await.remove(0);
    at.write(move |tx| stop_operation(tx, &admin(), id.into())).await;
    let stopped = outcome(&assignment, Outcome::Canceled, Vec::new());
    at.write(move |tx| {
        let now = tx.now();
        report(tx, worker, &stopped, now)
    })
    .await;
    assert_eq!(execution(&at, id).await.status, OperationStatus::Canceled);
}

pub(crate) async fn certificates_are_trusted_until_revoked(at: Fixture) {
    let certificate = TrustedCertificate {
        thumbprint: "AB:CD:01".to_owned(),
        sha1_thumbprint: None,
        role: CertificateRole::Worker,
        agent: Some(agent(1)),
        added_by: "ada".to_owned(),
        added: Timestamp(0),
        revoked: None,
    };
    at.write(move |tx| trust_certificate(tx, &certificate)).await;
    let found = at.read(|tx| certificate_of(tx, "abcd01")).await.unwrap();
    assert_eq!((found.role, found.agent), (CertificateRole::Worker, Some(agent(1))));
    assert_eq!(at.read(|tx| certificate_of(tx, "abcd02")).await, None);
    assert!(at.write(|tx| revoke_certificate(tx, "AB CD 01")).await);
    assert!(!at.write(|tx| revoke_certificate(tx, "abcd01")).await);
    assert_eq!(at.read(|tx| certificate_of(tx, "abcd01")).await, None);
    let all = at.read(certificates).await;
    assert!(all.len() == 1 && all[0].revoked.is_some());
}

pub(crate) async fn a_snapshot_is_bounded_by_what_is_asked_for(at: Fixture) {
    at.deployed(&Recipe::default()).await;
    let (one, two) = (at.worker(1).await, at.worker(2).await);
    for _ in 0..9 {
        at.started(0).await;
    }
    at.claim(two, 1, 1).await;
    let look = |asking: Vec<_>| {
        at.read(move |tx| {
            let now = tx.now();
            snapshot(tx, &asking, now)
        })
    };
    let asking = |tasks_max| Asking { tasks_max, number: 2, ..Asking::default() };
    let picture = look(vec![(two, asking(0)), (one, asking(3))]).await;
    assert_eq!(picture.waiting.len(), 3);
    let agents: Vec<_> = picture.workers.iter().map(|worker| worker.agent).collect();
    assert_eq!(agents, [two, one], "in the order in which they asked");
    assert!(matches!(picture.leased[0].phase, Phase::Running(lease) if lease.agent == two));
    let picture = look(vec![(one, asking(0))]).await;
    assert!(picture.waiting.is_empty() && picture.leased.is_empty());
}
