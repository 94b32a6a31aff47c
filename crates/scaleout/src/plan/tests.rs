//! Tests of planning: a cluster drawn as text, the plan as text.

use insta::assert_snapshot;
use model::{Attempt, ExecutionId, OperationStatus};
use uuid::Uuid;

use super::*;
use crate::explain;
use crate::task::Allowed;

const NOW: Timestamp = Timestamp(100_000_000);

fn agent(n: u128) -> AgentId {
    AgentId(Uuid::from_u128(n << 96))
}

fn task_id(n: u128) -> TaskId {
    TaskId(Uuid::from_u128(n << 96))
}

fn number(text: &str) -> u128 {
    text.trim_start_matches(char::is_alphabetic).parse().unwrap()
}

/// Reads a drawn cluster. A line is a worker or a task:
///
/// ```text
/// W1 free=2 claim=5 holds=T3      W2 silent 31000      W3 disabled free=1
/// T1 waiting    T2 waiting only=W1,W3    T3 waiting avoid=W1    T4 at=W2 claim=4 ends=-5
/// ```
fn read(cluster: &str) -> Snapshot {
    let mut snapshot = Snapshot::default();
    for line in cluster.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let value = |key: &str| words.iter().find_map(|word| word.strip_prefix(key));
        if line.starts_with('W') {
            snapshot.workers.push(worker(&words, value));
        } else {
            let task = task(&words, value);
            match task.phase {
                Phase::Waiting { .. } => snapshot.waiting.push(task),
                Phase::Running(_) | Phase::Done(_) => snapshot.leased.push(task),
            }
        }
    }
    snapshot
}

fn worker<'a>(words: &[&str], value: impl Fn(&str) -> Option<&'a str>) -> Worker {
    let held =
        |name: &str| LeaseRef { task: task_id(number(name)), attempt: Attempt(1), fence: Fence(1) };
    let silent = words.iter().position(|&word| word == "silent");
    let silent_ms = silent.map_or(0, |at| words[at + 1].parse().unwrap());
    let asking = value("free=").map(|free| Asking {
        tasks_max: free.parse().unwrap(),
        lease_ms: 0,
        number: value("claim=").map_or(9, |claim| claim.parse().unwrap()),
        held: value("holds=").into_iter().flat_map(|names| names.split(',')).map(held).collect(),
    });
    Worker {
        agent: agent(number(words[0])),
        enabled: !words.contains(&"disabled"),
        last_online: NOW.plus_ms(-silent_ms),
        asking,
    }
}

fn task<'a>(words: &[&str], value: impl Fn(&str) -> Option<&'a str>) -> Task {
    let n = number(words[0]);
    let allowed = value("only=").map_or(Allowed::AnyWorker, |names| {
        Allowed::Only(names.split(',').map(|name| agent(number(name))).collect())
    });
    let mut task = Task::new(task_id(n), ExecutionId(n.try_into().unwrap()), 3, allowed);
    let avoid = value("avoid=").map(|name| Avoid {
        agent: agent(number(name)),
        until: NOW.plus_ms(value("until=").map_or(1_000, |ms| ms.parse().unwrap())),
    });
    task.phase = Phase::Waiting { avoid };
    if let Some(name) = value("at=") {
        (task.attempt, task.fence) = (Attempt(1), Fence(1));
        task.phase = Phase::Running(Lease {
            agent: agent(number(name)),
            attempt: Attempt(1),
            expires: NOW.plus_ms(value("ends=").map_or(5_000, |ms| ms.parse().unwrap())),
            claim: value("claim=").map_or(1, |claim| claim.parse().unwrap()),
        });
    }
    task
}

fn short(id: Uuid) -> u128 {
    id.as_u128() >> 96
}

/// The plan for a drawn cluster, as text.
fn check(cluster: &str) -> String {
    let decisions = plan(&read(cluster), NOW).decisions;
    let draw = |decision: &Decision| {
        let (task, fence) = (short(decision.task().0), decision.fence());
        match decision {
            Decision::Grant { agent, lease_ms, claim, .. } => format!(
                "grant T{task} at {fence:?} to W{} for {lease_ms} ms, claim {claim}",
                short(agent.0)
            ),
            Decision::Expire { .. } => format!("expire T{task} at {fence:?}"),
            Decision::TakeBack { .. } => format!("take back T{task} at {fence:?}"),
            Decision::Lose { .. } => format!("lose T{task} at {fence:?}"),
        }
    };
    decisions.iter().map(draw).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_freest_worker_gets_the_oldest_task() {
    assert_snapshot!(check("
        W1 free=1
        W2 free=2
        T7 waiting
        T8 waiting
        T9 waiting
        T10 waiting
    "), @r"
    grant T7 at #0 to W2 for 10000 ms, claim 9
    grant T8 at #0 to W1 for 10000 ms, claim 9
    grant T9 at #0 to W2 for 10000 ms, claim 9
    ");
}

#[test]
fn tasks_go_only_where_they_may_and_do_not_hold_up_others() {
    assert_snapshot!(check("
        W1 free=1
        W2 free=3 disabled
        W3 free=0
        T1 waiting only=W2
        T2 waiting only=W3
        T3 waiting only=W1,W2
        T4 waiting
    "), @r"grant T3 at #0 to W1 for 10000 ms, claim 9");
}

#[test]
fn a_retry_goes_elsewhere_when_there_is_an_elsewhere() {
    let elsewhere = "grant T1 at #0 to W2 for 10000 ms, claim 9";
    let there = "grant T1 at #0 to W1 for 10000 ms, claim 9";
    assert_eq!(check("W1 free=9\nW2 free=1\nT1 waiting avoid=W1"), elsewhere);
    assert_eq!(check("W1 free=9\nW2\nT1 waiting avoid=W1"), "", "W2 is online: wait for it");
    assert_eq!(check("W1 free=9\nW2\nT1 waiting avoid=W1 until=0"), there, "long enough");
    assert_eq!(check("W1 free=9\nW2 silent 31000\nT1 waiting avoid=W1"), there);
    assert_eq!(check("W1 free=9\nW2 disabled\nT1 waiting avoid=W1"), there);
    assert_eq!(check("W1 free=9\nW2\nT1 waiting avoid=W1 only=W1"), there);
    assert_eq!(check("W1 free=9\nT1 waiting avoid=W1"), there);
}

#[test]
fn leases_that_ran_out_are_ended() {
    assert_snapshot!(check("
        T1 at=W1 ends=1
        T2 at=W1 ends=0
        T3 at=W2 ends=-5000
    "), @r"
    expire T2 at #1
    expire T3 at #1
    ");
}

#[test]
fn a_task_that_its_worker_never_heard_of_is_taken_back() {
    assert_snapshot!(check("
        W1 free=0 claim=5 holds=T1
        T1 at=W1 claim=4
        T2 at=W1 claim=4
        T3 at=W1 claim=5
        T4 at=W1 claim=6
        T5 at=W2 claim=1
    "), @r"take back T2 at #1");
}

fn registration(number: u64, running: &[u128]) -> Register {
    let lease = |&n: &u128| LeaseRef { task: task_id(n), attempt: Attempt(1), fence: Fence(1) };
    Register {
        agent: agent(1),
        display_name: String::new(),
        description: String::new(),
        machine_name: String::new(),
        user_account: String::new(),
        version: String::new(),
        running: running.iter().map(lease).collect(),
        number,
        lease_ms: 0,
        sender: None,
    }
}

#[test]
fn what_a_new_worker_process_does_not_list_is_lost_unless_it_came_later() {
    let leased = read("T1 at=W1 claim=4\nT2 at=W1 claim=4\nT3 at=W1 claim=9\nT4 at=W2").leased;
    let plan = plan_registration(&leased, &registration(5, &[1]));
    assert_eq!(plan.decisions, [Decision::Lose { task: task_id(2), fence: Fence(1) }]);
}

#[test]
fn a_decision_does_to_a_task_what_it_says() {
    let snapshot = read("W1 free=1\nT1 waiting");
    let decision = plan(&snapshot, NOW).decisions[0];
    let mut task = snapshot.waiting[0].clone();
    let effects = task.apply(&decision.event(), decision.fence(), NOW).unwrap();
    assert_eq!(effects.status, Some(OperationStatus::Running));
    assert!(task.apply(&decision.event(), decision.fence(), NOW).is_err(), "once");
}

#[test]
fn people_are_told_why_each_worker_does_not_run_a_task() {
    let snapshot = read(
        "
        W1 free=0
        W2 disabled free=5
        W3 silent 60000
        W4 free=1
        W5
        W6 free=2
        T1 waiting only=W6
        T2 waiting only=W6
        T3 waiting only=W1,W2,W3,W5,W6 avoid=W5
    ",
    );
    let reasons = explain(&snapshot, task_id(3), NOW);
    let told: Vec<String> =
        reasons.iter().map(|(agent, reason)| format!("W{} {reason}", short(agent.0))).collect();
    assert_snapshot!(told.join("\n"), @r"
    W1 is full
    W2 is disabled
    W3 is offline since 1970-01-01 00:00:40.000000 +00:00
    W4 is not among the workers chosen for the execution
    W5 ran the attempt that failed, and is passed over until 1970-01-01 00:01:41.000000 +00:00
    W6 has older tasks, or freer workers, before this one
    ");
    assert!(explain(&snapshot, task_id(99), NOW).is_empty());
    let next = explain(&snapshot, task_id(1), NOW);
    assert!(next.contains(&(agent(6), crate::Reason::Next)));
}
