//! Tests of what a worker holds.
use super::*;
use model::Fence;
use uuid::Uuid;

const LIMITS: Limits =
    Limits { tasks_max: 2, renew_every_ms: 2_000, lease_ms: 10_000, unreported_max: 2 };
const ME: AgentId = AgentId(Uuid::from_u128(7));

fn lease(task: u128, attempt: u32) -> LeaseRef {
    LeaseRef {
        task: TaskId(Uuid::from_u128(task)),
        attempt: Attempt(attempt),
        fence: Fence(u64::from(attempt)),
    }
}

/// A worker that was granted these at time 0, by one claim.
fn holder(leases: &[LeaseRef]) -> Holder {
    let mut holder = Holder::new(LIMITS, 100);
    let claim = holder.claim(ME, 0, true);
    let granted: Vec<_> = leases.iter().map(|&lease| (lease, 10_000)).collect();
    assert_eq!(holder.on_claimed(claim.number, &granted, 0, 5), leases);
    holder
}

#[test]
fn a_package_is_killed_before_its_unrenewed_lease_can_end() {
    let mut holder = holder(&[lease(1, 1)]);
    assert_eq!(holder.on_time(7_999), []);
    assert_eq!(holder.on_time(8_000), [Command::Kill(lease(1, 1), Why::LeaseEnds)]);
    assert_eq!(holder.on_time(9_000), [], "once is enough");
}

#[test]
fn a_renewal_counts_from_when_it_was_sent() {
    let mut holder = holder(&[lease(1, 1)]);
    assert_eq!(holder.renewal(ME, 1_999), None);
    let renew = holder.renewal(ME, 2_000).unwrap();
    assert_eq!(renew.leases, [lease(1, 1)]);
    let held = LeaseState::Held { lease_ms: 10_000, stop: false };
    assert_eq!(holder.on_renewed(&lease(1, 1), held, 2_000), None);
    assert_eq!(holder.on_time(9_999), []);
    assert_eq!(holder.on_time(10_000).len(), 1);
}

#[test]
fn a_late_answer_of_an_old_renewal_shortens_nothing() {
    let mut holder = holder(&[lease(1, 1)]);
    let held = LeaseState::Held { lease_ms: 10_000, stop: false };
    holder.on_renewed(&lease(1, 1), held, 4_000);
    holder.on_renewed(&lease(1, 1), held, 2_000);
    assert_eq!(holder.on_time(11_999), []);
}

#[test]
fn a_lost_lease_kills_at_once_and_is_never_reported() {
    let mut holder = holder(&[lease(1, 1)]);
    let kill = holder.on_renewed(&lease(1, 1), LeaseState::Lost, 1);
    assert_eq!(kill, Some(Command::Kill(lease(1, 1), Why::LeaseLost)));
    holder.on_said(&lease(1, 1), 3);
    holder.on_ended(&lease(1, 1));
    assert_eq!(holder.unreported().count(), 0);
    assert_eq!(holder.unsent(&lease(1, 1)), Some(1..=3), "its messages still count");
    assert_eq!(holder.forget_finished(), []);
    let task = lease(1, 1).task;
    holder.on_committed(&Committed { task, attempt: Attempt(1), last_sequence: Some(3) });
    assert_eq!(holder.forget_finished(), [lease(1, 1)]);
}

#[test]
fn a_full_worker_asks_for_nothing_but_stop_requests() {
    let mut holder = holder(&[lease(1, 1), lease(2, 1)]);
    let claim = holder.claim(ME, 30_000, true);
    assert_eq!((claim.tasks_max, claim.running.len()), (0, 2));
    assert_eq!(holder.on_stop(lease(2, 1).task), Some(Command::Stop(lease(2, 1))));
    assert_eq!(holder.on_stop(lease(2, 1).task), None, "told once");
    let claim = holder.claim(ME, 30_000, true);
    assert_eq!((claim.running, claim.also_held), (vec![lease(1, 1)], vec![lease(2, 1)]));
}

#[test]
fn unreported_outcomes_hold_back_new_tasks() {
    let mut holder = holder(&[lease(1, 1), lease(2, 1)]);
    holder.on_ended(&lease(1, 1));
    assert_eq!(holder.room(), 1);
    holder.on_ended(&lease(2, 1));
    assert_eq!(holder.room(), 0);
    holder.on_outcome(&lease(1, 1), OutcomeState::Recorded);
    assert_eq!(holder.room(), 2);
}

#[test]
fn an_answer_to_a_claim_that_was_given_up_starts_nothing() {
    let mut holder = Holder::new(LIMITS, 100);
    let old = holder.claim(ME, 0, true);
    let new = holder.claim(ME, 0, true);
    let granted = [(lease(1, 1), 10_000)];
    assert_eq!(holder.on_claimed(old.number, &granted, 0, 5), []);
    assert_eq!(holder.on_claimed(new.number, &granted, 0, 5), [lease(1, 1)]);
    holder.on_ended(&lease(1, 1));
    holder.on_outcome(&lease(1, 1), OutcomeState::Recorded);
    assert_eq!(holder.forget_finished(), [lease(1, 1)]);
    assert_eq!(holder.on_claimed(new.number, &granted, 0, 6), [], "a duplicate");
}

#[test]
fn an_answer_that_took_as_long_as_the_lease_starts_nothing() {
    let mut holder = Holder::new(LIMITS, 100);
    let claim = holder.claim(ME, 0, true);
    assert_eq!(holder.on_claimed(claim.number, &[(lease(1, 1), 10_000)], 0, 8_000), []);
}

#[test]
fn a_task_does_not_start_again_while_its_old_package_dies() {
    let mut holder = holder(&[lease(1, 1)]);
    holder.on_renewed(&lease(1, 1), LeaseState::Lost, 1);
    let again = [(lease(1, 2), 10_000)];
    let claim = holder.claim(ME, 0, true);
    assert_eq!(holder.on_claimed(claim.number, &again, 10, 20), []);
    holder.on_ended(&lease(1, 1));
    let claim = holder.claim(ME, 0, true);
    assert_eq!(holder.on_claimed(claim.number, &again, 10, 20), [lease(1, 2)]);
}

#[test]
fn after_a_restart_messages_are_sent_again_and_known_outcomes_reported() {
    let mut holder = Holder::new(LIMITS, 200);
    holder.adopt(lease(1, 1), 4, true);
    holder.adopt(lease(2, 1), 2, false);
    let (number, running) = holder.registration();
    assert_eq!((number, running), (201, vec![lease(1, 1)]), "the other one died with its worker");
    assert_eq!(holder.unreported().collect::<Vec<_>>(), [lease(1, 1)]);
    assert_eq!(holder.unsent(&lease(2, 1)), Some(1..=2));
    holder.on_outcome(&lease(1, 1), OutcomeState::MessagesMissing { last_sequence: 3 });
    assert_eq!(holder.unsent(&lease(1, 1)), Some(4..=4));
}

#[test]
fn the_next_deadlines_are_the_next_renewal_and_kill() {
    let mut holder = holder(&[lease(1, 1)]);
    assert_eq!((holder.next_renewal(), holder.next_kill()), (Some(2_000), Some(8_000)));
    holder.renewal(ME, 7_500);
    assert_eq!((holder.next_renewal(), holder.next_kill()), (Some(9_500), Some(8_000)));
    holder.on_time(8_000);
    assert_eq!(holder.next_kill(), None);
}

#[test]
fn what_a_claim_under_way_is_granted_survives_a_registration_meanwhile() {
    let mut holder = Holder::new(LIMITS, 100);
    assert_eq!(holder.registration(), (101, Vec::new()));
    let claim = holder.claim(ME, 20_000, true);
    // The worker shows another certificate from now on, and says so. A master ends the leases of
    // claims before this number that are not listed: that of the claim under way is none of them.
    let (number, running) = holder.registration();
    assert!(number <= claim.number && running.is_empty(), "{number}");
    assert_eq!(holder.on_claimed(claim.number, &[(lease(1, 1), 10_000)], 0, 5), [lease(1, 1)]);
    let (number, running) = holder.registration();
    assert!(claim.number < number, "{number}");
    assert_eq!(running, [lease(1, 1)]);
}
