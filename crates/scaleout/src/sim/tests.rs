//! The simulation as a test: 200 seeds of 4,000 steps. `SEED=48 STEPS=4000 cargo test
//! -p scaleout -- --nocapture replay_one_seed` tells what one seed does.

use super::{Report, replay, simulate};

const STEPS: u32 = 4_000;

fn all(seeds: std::ops::Range<u64>) -> Vec<Report> {
    let middle = seeds.start + (seeds.end - seeds.start) / 2;
    let (first, second) = (seeds.start..middle, middle..seeds.end);
    std::thread::scope(|scope| {
        let other = scope.spawn(|| second.map(|seed| simulate(seed, STEPS)).collect::<Vec<_>>());
        let mut reports: Vec<_> = first.map(|seed| simulate(seed, STEPS)).collect();
        reports.extend(other.join().unwrap());
        reports
    })
}

#[test]
fn no_schedule_breaks_a_rule() {
    let reports = all(0..200);
    let broken: Vec<String> =
        reports.iter().filter(|report| report.violation.is_some()).map(Report::to_string).collect();
    assert!(broken.is_empty(), "{} seeds:\n{}", broken.len(), broken.join("\n"));

    // Luck must have been bad enough to mean something.
    let sum = |of: fn(&Report) -> usize| reports.iter().map(of).sum::<usize>();
    assert!(2_000 < sum(|report| report.n_tasks), "few tasks: {}", reports[0]);
    assert!(4_000 < sum(|report| report.n_attempts), "few attempts: {}", reports[0]);
    assert!(10_000 < sum(|report| report.n_messages), "few messages: {}", reports[0]);
    assert!(2_000 < sum(|report| report.n_stale), "nobody was out of date: {}", reports[0]);
    assert!(200 < sum(|report| report.n_expired), "no lease ran out: {}", reports[0]);
    assert!(200 < sum(|report| report.n_taken_back), "no answer was lost: {}", reports[0]);
    assert!(200 < sum(|report| report.n_killed), "nothing was killed: {}", reports[0]);
}

fn variable(name: &str) -> Option<u64> {
    let value = std::env::vars().find(|(key, _)| key == name)?.1;
    Some(value.parse().unwrap_or_else(|_| panic!("{name} is a number, not `{value}`")))
}

#[test]
fn replay_one_seed_tells_the_same_story() {
    let seed = variable("SEED");
    let steps = u32::try_from(variable("STEPS").unwrap_or(STEPS.into())).unwrap();
    let mut story = Vec::new();
    let report = replay(seed.unwrap_or(48), steps, &mut |line| story.push(line.to_owned()));
    if seed.is_some() {
        println!("{}\n{report}", story.join("\n"));
    }
    assert_eq!(report, simulate(seed.unwrap_or(48), steps));
    assert!(!story.is_empty());
    assert_eq!(report.violation, None);
}
