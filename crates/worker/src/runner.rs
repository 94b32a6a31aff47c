//! Runs the attempts that the claims won, each in its own tokio task, and waits for all of them.

use std::sync::Arc;

use scaleout::message::Assignment;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::attempt::{self, RunningAttempt};
use crate::shared::Shared;

/// An attempt to start.
pub(crate) struct Start {
    pub(crate) attempt: Arc<RunningAttempt>,
    pub(crate) assignment: Assignment,
}

/// Runs attempts until no more can come and all have ended.
pub(crate) async fn run_loop(shared: Arc<Shared>, mut starts: mpsc::Receiver<Start>) {
    let mut running = JoinSet::new();
    loop {
        tokio::select! {
            start = starts.recv() => {
                let Some(Start { attempt, assignment }) = start else { break };
                running.spawn(attempt::run(Arc::clone(&shared), attempt, assignment));
            }
            Some(ended) = running.join_next() => note(ended),
        }
    }
    while let Some(ended) = running.join_next().await {
        note(ended);
    }
}

fn note(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "an attempt ended by a mistake in the worker");
    }
}
