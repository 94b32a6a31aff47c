//! How far running packages are, for people who watch. Never stored: it is out of date the
//! moment it is said, and another master does not know it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use model::{AgentId, ExecutionId};
use scaleout::child::Progress;
use scaleout::message::TaskProgress;

/// What was said longer ago is not shown: the worker is dead, or talks to another master.
const SHOWN_FOR: Duration = Duration::from_secs(30);

/// How many executions are kept track of.
const KEPT_MAX: usize = 20_000;

/// The last that each running execution said.
#[derive(Default)]
pub(crate) struct ProgressBoard {
    said: Mutex<HashMap<ExecutionId, Said>>,
}

struct Said {
    /// The worker that runs it.
    by: AgentId,
    progress: Progress,
    since: Instant,
}

impl ProgressBoard {
    /// Of which executions a worker speaks that it has not spoken of before: it may not run them.
    pub(crate) fn unheard(&self, by: AgentId, progress: &[TaskProgress]) -> Vec<ExecutionId> {
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let is_heard = |id: &ExecutionId| said.get(id).is_some_and(|said| said.by == by);
        progress.iter().map(|one| one.execution).filter(|id| !is_heard(id)).collect()
    }

    /// Takes what the worker says that runs them.
    pub(crate) fn take(&self, by: AgentId, progress: Vec<TaskProgress>) {
        if progress.is_empty() {
            return;
        }
        let now = Instant::now();
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if KEPT_MAX <= said.len() {
            said.retain(|_, said| said.since.elapsed() < SHOWN_FOR);
        }
        for TaskProgress { execution, progress } in progress {
            if said.len() < KEPT_MAX || said.contains_key(&execution) {
                said.insert(execution, Said { by, progress, since: now });
            }
        }
    }

    /// How far an execution is, if it said so lately.
    pub(crate) fn of(&self, execution: ExecutionId) -> Option<Progress> {
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let Said { progress, since, .. } = said.get(&execution)?;
        (since.elapsed() < SHOWN_FOR).then(|| progress.clone())
    }

    /// Forgets an execution that has ended.
    pub(crate) fn drop_ended(&self, execution: ExecutionId) {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).remove(&execution);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(execution: i64, rows_read: u64) -> TaskProgress {
        let progress = Progress { rows_read, ..Progress::default() };
        TaskProgress { execution: ExecutionId(execution), progress }
    }

    #[test]
    fn the_last_word_counts_until_the_execution_ends() {
        let board = ProgressBoard::default();
        let worker = AgentId(uuid::Uuid::nil());
        let first = vec![said(7, 10), said(8, 1)];
        assert_eq!(board.unheard(worker, &first), [ExecutionId(7), ExecutionId(8)]);
        board.take(worker, first);
        assert!(board.unheard(worker, &[said(7, 20)]).is_empty());
        board.take(worker, vec![said(7, 20)]);
        assert_eq!(board.of(ExecutionId(7)).unwrap().rows_read, 20);
        board.drop_ended(ExecutionId(7));
        assert_eq!(board.of(ExecutionId(7)), None);
        assert_eq!(board.of(ExecutionId(8)).unwrap().rows_read, 1);
    }

    #[test]
    fn memory_stays_bounded_whatever_workers_say() {
        let board = ProgressBoard::default();
        let many = (0..2 * KEPT_MAX).map(|id| said(i64::try_from(id).unwrap(), 1)).collect();
        board.take(AgentId(uuid::Uuid::nil()), many);
        assert_eq!(board.said.lock().unwrap().len(), KEPT_MAX);
    }
}
