//! The handle through which everything reads and writes a catalog.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{oneshot, watch};

use crate::error::{CatalogError, OpenError};
use crate::key::CatalogKey;
use crate::store::setup::Opening;
use crate::store::{Job, PostgresStore, SqliteStore, Store, Topic, Tx, WriteMode, is_address};

/// An open catalog. Clones share it.
#[derive(Clone)]
pub struct Catalog {
    store: Arc<dyn Store>,
}

impl Catalog {
    /// Opens the SQLite catalog at `path`, and makes it where there is none.
    pub fn open(path: impl AsRef<Path>, key: CatalogKey) -> Result<Self, OpenError> {
        Ok(Self::over(Arc::new(SqliteStore::open(path, key)?)))
    }

    /// Opens the catalog at `place`: a `postgres://` URL, or the name of an SQLite file. Waits up
    /// to `patience` for a PostgreSQL server that takes writes. May block for that long.
    pub fn open_at(place: &str, key: CatalogKey, patience: Duration) -> Result<Self, OpenError> {
        Self::open_for(place, key, patience, Opening::Use)
    }

    /// The same, with its schema left as it is: for looking only.
    pub fn look_at(place: &str, key: CatalogKey, patience: Duration) -> Result<Self, OpenError> {
        Self::open_for(place, key, patience, Opening::Look)
    }

    /// The same, with all that this program's schema has and has not any more. Refused while a
    /// master is online that would miss what is taken away.
    pub fn upgrade(place: &str, key: CatalogKey, patience: Duration) -> Result<Self, OpenError> {
        Self::open_for(place, key, patience, Opening::Contract)
    }

    pub(crate) fn open_for(
        place: &str,
        key: CatalogKey,
        patience: Duration,
        opening: Opening<'_>,
    ) -> Result<Self, OpenError> {
        if is_address(place) {
            let store = PostgresStore::open_for(place, key, patience, opening)?;
            return Ok(Self::over(Arc::new(store)));
        }
        Ok(Self::over(Arc::new(SqliteStore::open_for(Path::new(place), key, opening)?)))
    }

    /// The catalog in `store`.
    pub fn over(store: Arc<dyn Store>) -> Self {
        Self { store }
    }

    /// Runs `job` in a transaction that may write, and answers once it is durable. No other
    /// write goes on meanwhile. The job may be run again after a transient failure, so it must
    /// act through its [`Tx`] only.
    pub async fn write<T, F>(&self, job: F) -> Result<T, CatalogError>
    where
        T: Send + 'static,
        F: Fn(&mut dyn Tx) -> Result<T, CatalogError> + Send + 'static,
    {
        self.write_in_mode(job, WriteMode::Alone).await
    }

    /// The same beside other such writes, as [`WriteMode::Beside`] describes: for what clusters
    /// do all the time.
    pub async fn write_beside<T, F>(&self, job: F) -> Result<T, CatalogError>
    where
        T: Send + 'static,
        F: Fn(&mut dyn Tx) -> Result<T, CatalogError> + Send + 'static,
    {
        self.write_in_mode(job, WriteMode::Beside).await
    }

    async fn write_in_mode<T, F>(&self, job: F, mode: WriteMode) -> Result<T, CatalogError>
    where
        T: Send + 'static,
        F: Fn(&mut dyn Tx) -> Result<T, CatalogError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        self.store.write(Box::new(Call { job, value: None, reply }), mode).await;
        answer.await.unwrap_or(Err(CatalogError::Closed))
    }

    /// Runs `job` on one unchanging state of the catalog.
    pub async fn read<T, F>(&self, job: F) -> Result<T, CatalogError>
    where
        T: Send + 'static,
        F: Fn(&mut dyn Tx) -> Result<T, CatalogError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        self.store.read(Box::new(Call { job, value: None, reply })).await;
        answer.await.unwrap_or(Err(CatalogError::Closed))
    }

    /// A counter that rises when workers may have something to do: with commits that concern
    /// [`Topic::Tasks`], whoever made them.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.store.changes(Topic::Tasks)
    }

    /// A counter that rises with commits that concern `topic`, whoever made them.
    pub fn changes_of(&self, topic: Topic) -> watch::Receiver<u64> {
        self.store.changes(topic)
    }

    /// Finishes what is queued, and gives back files and threads. What comes later is answered
    /// with [`CatalogError::Closed`].
    pub async fn close(&self) {
        self.store.close().await;
    }
}

/// A closure, the value it makes and the caller who waits for it.
struct Call<T, F> {
    job: F,
    value: Option<T>,
    reply: oneshot::Sender<Result<T, CatalogError>>,
}

impl<T, F> Job for Call<T, F>
where
    T: Send + 'static,
    F: Fn(&mut dyn Tx) -> Result<T, CatalogError> + Send + 'static,
{
    fn run(&mut self, tx: &mut dyn Tx) -> Result<(), CatalogError> {
        self.value = None;
        self.value = Some((self.job)(tx)?);
        Ok(())
    }

    fn done(self: Box<Self>, result: Result<(), CatalogError>) {
        let Self { value, reply, .. } = *self;
        let answer = result.and_then(|()| value.ok_or(CatalogError::Closed));
        if reply.send(answer).is_err() {
            tracing::debug!("nobody waits for the answer of a catalog job any more");
        }
    }
}
