//! Tries the rules of this crate against bad luck: masters with stale pictures, workers that
//! die, freeze, are cut off and come back, and mail that is lost, late or doubled.
//!
//! One [`World`] is everything, one seed is every decision, and checkers run after each step, so
//! a seed that finds a mistake finds it again: [`replay`].
//!
//! The world holds a catalog that does what SSISDB does (compare fences, append messages once),
//! masters that look and act at different times, and machines that drive the same
//! [`Holder`](crate::Holder) as a real worker.
//!
//! # What is checked
//!
//! * A package never outlives its lease, so at no time do two of one task live.
//! * No attempt is granted twice, and no outcome recorded for an attempt that is over.
//! * An execution's status only moves forward; a final one never changes.
//! * What a package says is in the catalog exactly once and in order, whatever dies.
//! * Nothing correct is ever called illegal.
//! * When the bad luck ends, every task ends, and nothing is left on any machine.

mod catalog;
mod machine;
mod rng;
mod world;

use std::fmt;

use world::World;

/// What one seed did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The seed.
    pub seed: u64,
    /// Steps of bad luck taken, before the world was healed.
    pub steps: u32,
    /// Tasks made.
    pub n_tasks: usize,
    /// Attempts granted.
    pub n_attempts: usize,
    /// Messages in the catalog.
    pub n_messages: usize,
    /// Events refused because their sender was out of date.
    pub n_stale: usize,
    /// Leases that ran out.
    pub n_expired: usize,
    /// Leases taken back because the worker never heard of them.
    pub n_taken_back: usize,
    /// Packages killed because their lease was about to end.
    pub n_killed: usize,
    /// The rule that was broken, and when.
    pub violation: Option<String>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "seed {}: {} steps, {} tasks, {} attempts, {} messages, {} stale, {} expired, \
             {} taken back, {} killed: {}",
            self.seed,
            self.steps,
            self.n_tasks,
            self.n_attempts,
            self.n_messages,
            self.n_stale,
            self.n_expired,
            self.n_taken_back,
            self.n_killed,
            self.violation.as_deref().unwrap_or("no rule was broken"),
        )
    }
}

/// Runs one schedule of bad luck, then heals the world and waits for every task to end.
pub fn simulate(seed: u64, steps: u32) -> Report {
    World::new(seed, None).run(steps)
}

/// The same as [`simulate`], telling every event on the way.
pub fn replay(seed: u64, steps: u32, tell: &mut dyn FnMut(&str)) -> Report {
    World::new(seed, Some(tell)).run(steps)
}

#[cfg(test)]
mod tests;
