//! What the handlers and loops of one master have in common.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use catalog::{Catalog, CatalogError, Tx};
use model::Timestamp;
use tokio::sync::watch;
use tokio::task::JoinSet;
use transport::Credentials;

use crate::clock_guard::ClockGuard;
use crate::cluster::claim::Claims;
use crate::progress::ProgressBoard;
use crate::standing::Standing;
use crate::trust::Trust;

/// Handed to every handler and loop.
#[derive(Clone)]
pub(crate) struct Shared(Arc<Inner>);

/// The parts; reached through [`Shared`].
pub(crate) struct Inner {
    /// Where everything is kept.
    pub(crate) catalog: Catalog,
    /// What is known of the catalog's clock.
    pub(crate) clock: Arc<ClockGuard>,
    /// Who may do what, by certificate.
    pub(crate) trust: Trust,
    /// The claims that are held until there is something to say.
    pub(crate) claims: Claims,
    /// How far packages are.
    pub(crate) progress: ProgressBoard,
    /// True once the master goes down; held requests end then.
    pub(crate) stopping: watch::Receiver<bool>,
    /// Whether this master serves.
    pub(crate) standing: watch::Receiver<Standing>,
    /// What this master shows, now.
    pub(crate) credentials: Credentials,
    /// Where it listens.
    pub(crate) local: SocketAddr,
}

impl Shared {
    pub(crate) fn new(inner: Inner) -> Self {
        Self(Arc::new(inner))
    }
}

impl std::ops::Deref for Shared {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

/// Writes each item as a job of its own, all at once: the catalog commits them together, and one
/// that fails takes none of the others with it. The answers come in the order of the items.
pub(crate) async fn write_each<I, T>(
    catalog: &Catalog,
    items: Vec<I>,
    act: fn(&mut dyn Tx, &I) -> Result<T, CatalogError>,
) -> Vec<Result<T, CatalogError>>
where
    I: Send + 'static,
    T: Send + 'static,
{
    let mut answers: Vec<_> = items.iter().map(|_| Err(CatalogError::Closed)).collect();
    let mut jobs = JoinSet::new();
    for (index, item) in items.into_iter().enumerate() {
        let catalog = catalog.clone();
        jobs.spawn(async move { (index, catalog.write_beside(move |tx| act(tx, &item)).await) });
    }
    while let Some(joined) = jobs.join_next().await {
        match joined {
            Ok((index, answer)) => answers[index] = answer,
            Err(error) => tracing::error!(%error, "a write of the catalog was lost"),
        }
    }
    answers
}

/// This machine's clock. Only for people: nothing is decided by it.
pub(crate) fn clock() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    Timestamp(since.map_or(0, |since| i64::try_from(since.as_micros()).unwrap_or(i64::MAX)))
}

/// Returns when the master goes down.
pub(crate) async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // An error means that the master is gone already, which is the same.
    drop(stopping.wait_for(|stopping| *stopping).await);
}
