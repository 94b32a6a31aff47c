//! The queues in front of an asynchronous component, one per input, under one lock.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use arrow_array::RecordBatch;
use model::Timestamp;

use super::outbox::PathNames;
use super::overflow::Overflow;
use super::report;
use super::{Context, POLL, QUEUE_BATCHES, Shared, Who};
use crate::{Phase, Stop};

/// The queues of one component.
pub(crate) struct Inbox {
    state: Mutex<State>,
    changed: Condvar,
    /// Folders for what does not fit into memory, separated by `;`.
    temp_folders: String,
}

struct State {
    inputs: Vec<Queue>,
    /// The input that the reader waits for and finds empty; `None` while it is busy.
    starving: Option<Wanted>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Any,
    Input(usize),
}

#[derive(Default)]
struct Queue {
    batches: VecDeque<(RecordBatch, Kept)>,
    /// Batches behind those.
    overflow: Overflow,
    finished: bool,
}

/// Bytes that a batch beyond the bound took from the memory budget.
type Kept = usize;

impl Inbox {
    pub(crate) fn new(inputs: usize, temp_folders: &str) -> Self {
        let inputs = (0..inputs).map(|_| Queue::default()).collect();
        Self {
            state: Mutex::new(State { inputs, starving: None }),
            changed: Condvar::new(),
            temp_folders: temp_folders.to_owned(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A thread that panicked here left whole queues behind: each change is one call.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until there is room, then puts a batch in.
    pub(crate) fn push(
        &self,
        shared: &Shared<'_>,
        input: usize,
        batch: RecordBatch,
    ) -> Result<(), Stop> {
        let memory = batch.get_array_memory_size();
        shared.counters.hold(memory);
        let mut state = self.lock();
        loop {
            shared.check()?;
            let is_starving =
                matches!(state.starving, Some(Wanted::Input(other)) if other != input);
            let queue = &mut state.inputs[input];
            let in_memory = queue.overflow.len() == 0;
            if in_memory && queue.batches.len() < QUEUE_BATCHES {
                queue.batches.push_back((batch, 0));
                break;
            }
            if is_starving && in_memory && shared.reserve(memory).is_ok() {
                queue.batches.push_back((batch, memory));
                break;
            }
            if is_starving {
                queue.overflow.push(shared, &self.temp_folders, &batch)?;
                shared.counters.let_go(memory);
                break;
            }
            state = self.wait(state);
        }
        drop(state);
        self.changed.notify_all();
        Ok(())
    }

    /// No more batches come for this input.
    pub(crate) fn finish(&self, input: usize) {
        self.lock().inputs[input].finished = true;
        self.changed.notify_all();
    }

    fn pop(
        &self,
        shared: &Shared<'_>,
        wanted: Wanted,
    ) -> Result<Option<(usize, RecordBatch)>, Stop> {
        let mut state = self.lock();
        loop {
            shared.check()?;
            if let Some((input, batch, kept)) = state.take(shared, wanted)? {
                state.starving = None;
                drop(state);
                if let Some(kept) = kept {
                    shared.release(kept);
                    shared.counters.let_go(batch.get_array_memory_size());
                }
                self.changed.notify_all();
                return Ok(Some((input, batch)));
            }
            if state.is_finished(wanted) {
                state.starving = None;
                return Ok(None);
            }
            if state.starving != Some(wanted) {
                state.starving = Some(wanted);
                self.changed.notify_all();
            }
            state = self.wait(state);
        }
    }

    fn wait<'g>(&self, guard: MutexGuard<'g, State>) -> MutexGuard<'g, State> {
        self.changed.wait_timeout(guard, POLL).unwrap_or_else(PoisonError::into_inner).0
    }
}

impl State {
    /// The next batch of an input, with what it kept while it was in memory.
    fn take(
        &mut self,
        shared: &Shared<'_>,
        wanted: Wanted,
    ) -> Result<Option<(usize, RecordBatch, Option<Kept>)>, Stop> {
        let input = match wanted {
            Wanted::Input(input) => Some(input),
            // The fullest first, so that no writer waits longer than it must.
            Wanted::Any => {
                let inputs = self.inputs.iter().enumerate();
                inputs
                    .max_by_key(|(_, queue)| queue.batches.len() + queue.overflow.len())
                    .map(|(input, _)| input)
            }
        };
        let queue = input.and_then(|input| Some((input, self.inputs.get_mut(input)?)));
        let Some((input, queue)) = queue else { return Ok(None) };
        if let Some((batch, kept)) = queue.batches.pop_front() {
            return Ok(Some((input, batch, Some(kept))));
        }
        Ok(queue.overflow.pop(shared)?.map(|batch| (input, batch, None)))
    }

    fn is_finished(&self, wanted: Wanted) -> bool {
        match wanted {
            Wanted::Input(input) => self.inputs.get(input).is_none_or(|queue| queue.finished),
            Wanted::Any => self.inputs.iter().all(|queue| queue.finished),
        }
    }
}

/// The inputs of a running asynchronous component, numbered as in the package. An input without
/// a path has no rows.
pub struct Inputs<'a> {
    pub(crate) inbox: &'a Inbox,
    pub(crate) shared: &'a Shared<'a>,
    pub(crate) who: &'a Who,
    /// By input.
    pub(crate) paths: &'a [Option<PathNames>],
    pub(crate) waited: Duration,
    /// When the component got the batch that it works on.
    pub(crate) call: Option<Timestamp>,
}

impl Inputs<'_> {
    /// What the component may ask of the engine.
    pub fn context(&self) -> Context<'_> {
        Context { shared: self.shared, who: self.who }
    }

    /// How many inputs there are.
    pub fn count(&self) -> usize {
        self.paths.len()
    }

    /// The next batch of any input with the input's number; `None` when all are at their end.
    pub fn next_of_any(&mut self) -> Result<Option<(usize, RecordBatch)>, Stop> {
        self.next(Wanted::Any)
    }

    /// The next batch of one input; `None` at its end.
    pub fn next_of(&mut self, input: usize) -> Result<Option<RecordBatch>, Stop> {
        Ok(self.next(Wanted::Input(input))?.map(|(_, batch)| batch))
    }

    fn next(&mut self, wanted: Wanted) -> Result<Option<(usize, RecordBatch)>, Stop> {
        self.end_of_call();
        let start = Instant::now();
        let next = self.inbox.pop(self.shared, wanted);
        self.waited += start.elapsed();
        if let Ok(Some((input, batch))) = &next
            && let Some(Some(path)) = self.paths.get(*input)
        {
            report::rows_sent(self.shared, path, batch.num_rows());
        }
        if let Ok(Some(_)) = &next {
            self.call = Some(self.shared.environment.now());
        }
        next
    }

    /// The component is through with the batch that it got last: one call of ProcessInput, as the
    /// original would have made it.
    pub(crate) fn end_of_call(&mut self) {
        if let Some(start) = self.call.take() {
            let times = (start, self.shared.environment.now());
            report::phase(self.shared, self.who, Phase::ProcessInput, times);
        }
    }
}

#[cfg(test)]
mod tests;
