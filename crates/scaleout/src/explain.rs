//! Why a task is not at a worker: the same rules as `plan`, told as one reason per worker.

use std::fmt;

use model::{AgentId, TaskId, Timestamp};

use crate::plan::{Decision, Snapshot, Worker, avoided, plan};
use crate::task::{Phase, Task};

/// Why a worker does not run a task, or that it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It runs it.
    Runs,
    /// It is the one to be given the task.
    Next,
    /// `add_execution_worker` named others.
    NotAllowed,
    /// It is disabled.
    Disabled,
    /// It gave no sign of life since.
    Offline {
        /// When it last did.
        since: Timestamp,
    },
    /// It does not ask for tasks: it holds all it can, its CPU or memory limit is reached, or
    /// its claim is held by another master.
    NotAsking,
    /// It asks only for stop requests: it holds all it can.
    Full,
    /// The last attempt failed there, and another worker is preferred.
    Avoided {
        /// Until then.
        until: Timestamp,
    },
    /// Older tasks, or freer workers, come first.
    OthersFirst,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Runs => f.write_str("runs it"),
            Self::Next => f.write_str("gets it next"),
            Self::NotAllowed => f.write_str("is not among the workers chosen for the execution"),
            Self::Disabled => f.write_str("is disabled"),
            Self::Offline { since } => write!(f, "is offline since {since}"),
            Self::NotAsking => f.write_str(
                "does not ask here for tasks: it is full, over its CPU or memory limit, or asks \
                 another master",
            ),
            Self::Full => f.write_str("is full"),
            Self::Avoided { until } => {
                write!(f, "ran the attempt that failed, and is passed over until {until}")
            }
            Self::OthersFirst => f.write_str("has older tasks, or freer workers, before this one"),
        }
    }
}

impl Reason {
    /// Whether only a person or a machine's return changes it: time alone does not.
    pub const fn is_lasting(&self) -> bool {
        match self {
            Self::NotAllowed | Self::Disabled | Self::Offline { .. } => true,
            Self::Runs
            | Self::Next
            | Self::NotAsking
            | Self::Full
            | Self::Avoided { .. }
            | Self::OthersFirst => false,
        }
    }
}

/// One sentence about all workers: who runs a task, or why nobody does. Pairs are a worker's name
/// and its reason, as [`explain`] gives it.
pub fn sentence(reasons: &[(String, Reason)]) -> String {
    let list = |of: &[&(String, Reason)]| {
        let each = of.iter().map(|(name, reason)| format!("{name} {reason}"));
        each.collect::<Vec<_>>().join("; ")
    };
    let chosen: Vec<_> = reasons
        .iter()
        .filter(|(_, reason)| matches!(reason, Reason::Runs | Reason::Next))
        .collect();
    if !chosen.is_empty() {
        return list(&chosen);
    }
    let all: Vec<_> = reasons.iter().collect();
    if all.is_empty() {
        "no worker has registered".to_owned()
    } else if reasons.iter().all(|(_, reason)| reason.is_lasting()) {
        format!("no worker can run it: {}", list(&all))
    } else {
        format!("it waits for a worker: {}", list(&all))
    }
}

/// Says for every worker of `snapshot` why it does not run `task`, or that it does. Empty when
/// the task is not in the snapshot or is over.
pub fn explain(snapshot: &Snapshot, task: TaskId, now: Timestamp) -> Vec<(AgentId, Reason)> {
    let mut known = snapshot.waiting.iter().chain(&snapshot.leased);
    let Some(task) = known.find(|known| known.id == task) else { return Vec::new() };
    let granted_to = |decision: &Decision| match *decision {
        Decision::Grant { task: granted, agent, .. } if granted == task.id => Some(agent),
        Decision::Grant { .. }
        | Decision::Expire { .. }
        | Decision::TakeBack { .. }
        | Decision::Lose { .. } => None,
    };
    let next = plan(snapshot, now).decisions.iter().find_map(granted_to);
    let reason = |worker: &Worker| match task.phase {
        Phase::Done(_) => None,
        Phase::Running(lease) if lease.agent == worker.agent => Some(Reason::Runs),
        Phase::Running(_) | Phase::Waiting { .. } if next == Some(worker.agent) => {
            Some(Reason::Next)
        }
        Phase::Running(_) | Phase::Waiting { .. } => Some(why_not(snapshot, task, worker, now)),
    };
    let reasons = snapshot.workers.iter().map(|worker| Some((worker.agent, reason(worker)?)));
    reasons.flatten().collect()
}

fn why_not(snapshot: &Snapshot, task: &Task, worker: &Worker, now: Timestamp) -> Reason {
    if !task.allowed.contains(worker.agent) {
        return Reason::NotAllowed;
    }
    if !worker.enabled {
        return Reason::Disabled;
    }
    if !worker.is_online(now) {
        return Reason::Offline { since: worker.last_online };
    }
    if let Some(until) = avoided(snapshot, task, worker.agent, now) {
        return Reason::Avoided { until };
    }
    match &worker.asking {
        None => Reason::NotAsking,
        Some(asking) if asking.tasks_max == 0 => Reason::Full,
        Some(_) => Reason::OthersFirst,
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    fn check(reasons: &[(&str, Reason)]) -> String {
        let reasons = reasons.iter().map(|(name, reason)| ((*name).to_owned(), *reason));
        sentence(&reasons.collect::<Vec<_>>())
    }

    #[test]
    fn one_sentence_says_why_nobody_runs_it_or_who_does() {
        let since = Timestamp(1_700_000_000_000_000);
        assert_snapshot!(check(&[]), @"no worker has registered");
        assert_snapshot!(check(&[("w1", Reason::Disabled), ("w2", Reason::Offline { since })]), @"no worker can run it: w1 is disabled; w2 is offline since 2023-11-14 22:13:20.000000 +00:00");
        assert_snapshot!(check(&[("w1", Reason::Disabled), ("w2", Reason::Full)]), @"it waits for a worker: w1 is disabled; w2 is full");
        assert_snapshot!(check(&[("w1", Reason::Disabled), ("w2", Reason::Runs)]), @"w2 runs it");
    }
}
