//! Tests of one scale-out task's life.

use insta::assert_snapshot;
use proptest::collection::vec;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;

const LEASE_MS: u64 = 10_000;

fn agent(n: u128) -> AgentId {
    AgentId(Uuid::from_u128(n << 96))
}

fn task(retry_count: u32) -> Task {
    let id = TaskId(Uuid::from_u128(1 << 96));
    Task::new(id, ExecutionId(7), retry_count, Allowed::AnyWorker)
}

fn at(ms: i64) -> Timestamp {
    Timestamp(ms * 1_000)
}

fn granted(n: u128) -> Event {
    Event::Granted { agent: agent(n), lease_ms: LEASE_MS, claim: 1 }
}

fn reported(n: u128, outcome: Outcome) -> Event {
    Event::Reported { agent: agent(n), outcome }
}

fn crashed(n: u128) -> Event {
    reported(n, Outcome::EndedUnexpectedly { detail: "signal 11".to_owned() })
}

/// Sends events, each as if by somebody up to date, a second apart, and draws what came of each.
fn check(retry_count: u32, events: &[Event]) -> String {
    let mut task = task(retry_count);
    let mut story = Vec::new();
    for (second, event) in (0..).zip(events) {
        let line = match task.apply(event, task.fence, at(second * 1_000)) {
            Ok(effects) => {
                let end = effects
                    .attempt_ended
                    .map(|(lease, end)| format!(", {:?} {}", lease.attempt, end.name()));
                let again = if effects.waits_again { ", waits again" } else { "" };
                format!("{}{}{again}", task.status(), end.unwrap_or_default())
            }
            Err(refusal) => format!("refused: {refusal}"),
        };
        story.push(format!("{:?} {line}, retries left {}", task.fence, task.retries_left));
    }
    story.join("\n")
}

#[test]
fn a_package_that_succeeds_runs_once() {
    assert_snapshot!(check(2, &[granted(1), reported(1, Outcome::Succeeded)]), @r"
    #1 running, retries left 2
    #2 succeeded, a1 succeeded, retries left 2
    ");
}

#[test]
fn a_failed_package_is_tried_as_often_as_retry_count_says() {
    let failed = || reported(1, Outcome::Failed);
    let events = [granted(1), failed(), granted(1), failed(), granted(1)];
    assert_snapshot!(check(1, &events), @r"
    #1 running, retries left 1
    #2 running, a1 failed, waits again, retries left 0
    #3 running, retries left 0
    #4 failed, a2 failed, retries left 0
    #4 refused: task 00000001-0000-0000-0000-000000000000 at fence 4 cannot take Granted { agent: W00000001, lease_ms: 10000, claim: 1 } while Done(Failed), retries left 0
    ");
}

#[test]
fn a_lost_process_worker_or_lease_costs_a_retry() {
    for (event, name) in [(crashed(1), "ended_unexpectedly"), (Event::Lost, "worker_restarted")] {
        let story = check(0, &[granted(1), event.clone()]);
        assert_eq!(
            story,
            format!("#1 running, retries left 0\n#2 ended unexpectedly, a1 {name}, retries left 0")
        );
        let story = check(1, &[granted(1), event]);
        assert!(story.ends_with(&format!("running, a1 {name}, waits again, retries left 0")));
    }
}

#[test]
fn handing_back_and_a_lost_answer_cost_nothing() {
    let events =
        [granted(1), reported(1, Outcome::HandedBack), granted(2), Event::Unanswered, granted(1)];
    assert_snapshot!(check(0, &events), @r"
    #1 running, retries left 0
    #2 running, a1 handed_back, waits again, retries left 0
    #3 running, retries left 0
    #4 running, a2 never_started, waits again, retries left 0
    #5 running, retries left 0
    ");
}

#[test]
fn a_stop_while_waiting_cancels_at_once() {
    assert_snapshot!(check(5, &[Event::StopRequested, granted(1)]), @r"
    #1 canceled, retries left 5
    #1 refused: task 00000001-0000-0000-0000-000000000000 at fence 1 cannot take Granted { agent: W00000001, lease_ms: 10000, claim: 1 } while Done(Canceled), retries left 5
    ");
}

#[test]
fn a_stop_while_running_waits_for_the_worker_and_is_never_retried() {
    let story = |event| check(5, &[granted(1), Event::StopRequested, event]);
    assert_snapshot!(story(reported(1, Outcome::Canceled)), @r"
    #1 running, retries left 5
    #1 stopping, retries left 5
    #2 canceled, a1 canceled, retries left 5
    ");
    for event in [
        reported(1, Outcome::Failed),
        reported(1, Outcome::HandedBack),
        crashed(1),
        Event::Lost,
        Event::Unanswered,
    ] {
        let story = story(event);
        assert!(story.lines().last().unwrap().starts_with("#2 canceled"), "{story}");
    }
    let story = story(reported(1, Outcome::Succeeded));
    assert!(story.lines().last().unwrap().starts_with("#2 succeeded"), "it was faster: {story}");
}

#[test]
fn a_lease_ends_when_it_runs_out_and_not_before() {
    let mut task = task(0);
    task.apply(&granted(1), Fence(0), at(0)).unwrap();
    let early = task.apply(&Event::Expired, Fence(1), at(9_999)).unwrap_err();
    assert!(matches!(early, Refusal::LeaseLives { .. }) && !early.is_bug());
    let renewed = Event::Renewed { agent: agent(1), lease_ms: LEASE_MS };
    task.apply(&renewed, Fence(1), at(5_000)).unwrap();
    task.apply(&Event::Expired, Fence(1), at(10_000)).unwrap_err();
    let effects = task.apply(&Event::Expired, Fence(1), at(15_000)).unwrap();
    assert_eq!(effects.status, Some(OperationStatus::EndedUnexpectedly));
    assert_eq!(effects.attempt_ended.unwrap().1, AttemptEnd::LeaseExpired);
}

#[test]
fn a_late_renewal_never_shortens_a_lease() {
    let mut task = task(0);
    task.apply(&granted(1), Fence(0), at(0)).unwrap();
    let short = Event::Renewed { agent: agent(1), lease_ms: 1_000 };
    task.apply(&short, Fence(1), at(1_000)).unwrap();
    task.apply(&Event::Expired, Fence(1), at(9_999)).unwrap_err();
}

#[test]
fn what_is_out_of_date_is_told_from_what_is_wrong() {
    let mut task = task(1);
    task.apply(&granted(1), Fence(0), at(0)).unwrap();
    let second = task.apply(&granted(2), Fence(0), at(1)).unwrap_err();
    assert_snapshot!(second, @r"fence 0 is out of date: task 00000001-0000-0000-0000-000000000000 is at 1");
    assert!(!second.is_bug());
    let from_another = task.apply(&reported(2, Outcome::Failed), Fence(1), at(1)).unwrap_err();
    assert!(from_another.is_bug());
    let from_the_future = task.apply(&Event::Lost, Fence(9), at(1)).unwrap_err();
    assert!(from_the_future.is_bug());
}

#[test]
fn only_allowed_workers_are_granted_a_task() {
    let mut task = task(0);
    task.allowed = Allowed::Only([agent(2)].into());
    assert!(task.apply(&granted(1), Fence(0), at(0)).unwrap_err().is_bug());
    task.apply(&granted(2), Fence(0), at(0)).unwrap();
}

fn events() -> impl Strategy<Value = Event> {
    let outcome = prop_oneof![
        Just(Outcome::Succeeded),
        Just(Outcome::Completed),
        Just(Outcome::Failed),
        Just(Outcome::Canceled),
        Just(Outcome::HandedBack),
        Just(Outcome::EndedUnexpectedly { detail: String::new() }),
    ];
    prop_oneof![
        (1..3u128).prop_map(granted),
        (1..3u128, 1..20_000u64)
            .prop_map(|(n, lease_ms)| Event::Renewed { agent: agent(n), lease_ms }),
        (1..3u128, outcome).prop_map(|(n, outcome)| reported(n, outcome)),
        Just(Event::Expired),
        Just(Event::Lost),
        Just(Event::Unanswered),
        Just(Event::StopRequested),
    ]
}

proptest! {
    /// Whatever arrives, in whatever order: a fence never falls, a status only goes forward, the
    /// end is final, attempts never outnumber the retries, and what is refused changes nothing.
    #[test]
    fn no_schedule_breaks_a_task(
        retries in 0..4u32,
        schedule in vec((0..3u64, 0..15_000i64, events()), 0..60),
    ) {
        let mut task = task(retries);
        let mut now = 0;
        let mut costly = 0;
        for (behind, wait, event) in schedule {
            now += wait;
            let before = task.clone();
            let fence = Fence(task.fence.0.saturating_sub(behind));
            match task.apply(&event, fence, at(now)) {
                Err(_) => prop_assert_eq!(&task, &before),
                Ok(effects) => {
                    prop_assert!(before.fence <= task.fence);
                    prop_assert!(!matches!(before.phase, Phase::Done(_)));
                    if let Some(status) = effects.status {
                        prop_assert!(is_forward(before.status(), status));
                        prop_assert_eq!(status, task.status());
                    } else {
                        prop_assert_eq!(before.status(), task.status());
                    }
                    let changes_hands = !matches!(event, Event::Renewed { .. })
                        && (before.phase != task.phase);
                    prop_assert_eq!(changes_hands, before.fence < task.fence);
                    costly += before.retries_left - task.retries_left;
                }
            }
            prop_assert!(costly <= retries);
        }
    }
}
