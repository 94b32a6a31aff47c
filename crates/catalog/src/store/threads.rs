//! The threads of a store: how they are started, fed with jobs and waited for.

use std::thread::{self, JoinHandle};

use tokio::sync::mpsc;

use super::Job;
use crate::error::{CatalogError, OpenError};

/// Puts a job into a queue, waiting for room. A queue that is closed or gone answers the job.
pub(super) async fn submit<T>(
    queue: Option<mpsc::Sender<T>>,
    item: T,
    job_of: fn(T) -> Box<dyn Job>,
) {
    let refused = match queue {
        None => Some(item),
        Some(queue) => queue.send(item).await.err().map(|error| error.0),
    };
    if let Some(item) = refused {
        job_of(item).done(Err(CatalogError::Closed));
    }
}

/// Starts a thread of the catalog at `place`.
pub(super) fn spawn(
    place: &str,
    name: &str,
    body: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>, OpenError> {
    let thread = thread::Builder::new().name(name.to_owned());
    thread.spawn(body).map_err(|source| OpenError::Thread { place: place.to_owned(), source })
}

/// Waits for the ends of threads that have been told to end.
pub(super) async fn join_all(threads: Vec<JoinHandle<()>>) {
    let joined = tokio::task::spawn_blocking(move || {
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a thread of the catalog ended in a panic");
            }
        }
    });
    if joined.await.is_err() {
        tracing::error!("waiting for the catalog's threads failed");
    }
}
