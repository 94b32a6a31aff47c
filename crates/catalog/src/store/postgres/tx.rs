//! A transaction on one session.

use std::pin::{Pin, pin};
use std::task::Poll;

use model::Timestamp;
use tokio::runtime::Runtime;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Statement};

use super::bind::{Bound, Read};
use super::failure::{Context, Failure};
use super::session::{Open, wait};
use crate::error::CatalogError;
use crate::key::CatalogKey;
use crate::store::{Cell, Change, Param, Row, Topic, Tx};

/// How many requests are under way at a time, without waiting for their answers.
const PIPELINED_MAX: usize = 500;

/// One job's view of a session inside a transaction.
pub(super) struct PostgresTx<'s> {
    pub(super) open: &'s mut Open,
    pub(super) runtime: &'s Runtime,
    pub(super) context: Context<'s>,
    pub(super) key: &'s CatalogKey,
    pub(super) now: Timestamp,
    /// Which topics the job has notified, by number.
    pub(super) topics: [bool; Topic::ALL.len()],
    /// The first statement that failed: the transaction cannot be committed any more, whatever
    /// the job makes of it.
    pub(super) failed: Option<Failure>,
}

impl PostgresTx<'_> {
    fn note<T>(&mut self, result: Result<T, Failure>) -> Result<T, CatalogError> {
        result.map_err(|failure| {
            let error = CatalogError::Store(failure.error.clone());
            self.failed.get_or_insert(failure);
            error
        })
    }

    fn prepare(&mut self, sql: &str) -> Result<Statement, Failure> {
        self.open.prepare(self.runtime, self.context, sql)
    }

    fn try_query(&mut self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>, Failure> {
        let statement = self.prepare(sql)?;
        let bound: Vec<_> = params.iter().map(Bound).collect();
        let bound = as_dyn(&bound);
        let client = &self.open.client;
        let found = wait(self.runtime, self.context, sql, client.query(&statement, &bound))?;
        let rows = found.iter().map(|row| {
            let cells = (0..row.len()).map(|column| row.try_get(column).map(|Read(cell)| cell));
            cells.collect::<Result<Vec<Cell>, _>>().map(Row::new)
        });
        rows.collect::<Result<_, _>>().map_err(|error| self.context.failure(sql, &error))
    }

    fn try_execute(&mut self, sql: &str, params: &[Param<'_>]) -> Result<u64, Failure> {
        let statement = self.prepare(sql)?;
        let bound: Vec<_> = params.iter().map(Bound).collect();
        let bound = as_dyn(&bound);
        let client = &self.open.client;
        wait(self.runtime, self.context, sql, client.execute(&statement, &bound))
    }

    fn try_execute_many(&mut self, sql: &str, rows: &[Vec<Param<'_>>]) -> Result<(), Failure> {
        let statement = self.prepare(sql)?;
        for some in rows.chunks(PIPELINED_MAX) {
            let requests = some.iter().map(|row| (&statement, row.as_slice()));
            let sent = pipelined(&self.open.client, requests);
            wait(self.runtime, self.context, sql, sent)?;
        }
        Ok(())
    }

    fn try_make_again(&mut self, changes: &[&Change]) -> Result<Vec<u64>, Failure> {
        let mut counts = Vec::with_capacity(changes.len());
        for some in changes.chunks(PIPELINED_MAX) {
            let statements: Vec<Statement> =
                some.iter().map(|change| self.prepare(&change.sql)).collect::<Result<_, _>>()?;
            let requests = statements.iter().zip(some);
            let requests = requests.map(|(sql, change)| (sql, change.params.as_slice()));
            let sent = pipelined(&self.open.client, requests);
            let first = some.first().map_or("", |change| change.sql.as_str());
            counts.extend(wait(self.runtime, self.context, first, sent)?);
        }
        Ok(counts)
    }
}

fn as_dyn<'b>(bound: &'b [Bound<'_>]) -> Vec<&'b (dyn ToSql + Sync)> {
    bound.iter().map(|bound| bound as &(dyn ToSql + Sync)).collect()
}

/// Sends the requests, in order, and only then waits for the answers: how many rows each changed.
async fn pipelined<'r>(
    client: &Client,
    requests: impl Iterator<Item = (&'r Statement, &'r [Param<'r>])>,
) -> Result<Vec<u64>, tokio_postgres::Error> {
    let mut under_way = Vec::new();
    for (statement, row) in requests {
        let mut request = Box::pin(send(client, statement, row));
        // The first poll sends the request.
        match poll_once(request.as_mut()).await {
            Some(answer) => under_way.push(Err(answer?)),
            None => under_way.push(Ok(request)),
        }
    }
    let mut counts = Vec::with_capacity(under_way.len());
    for request in under_way {
        counts.push(match request {
            Ok(request) => request.await?,
            Err(count) => count,
        });
    }
    Ok(counts)
}

async fn send(
    client: &Client,
    statement: &Statement,
    row: &[Param<'_>],
) -> Result<u64, tokio_postgres::Error> {
    let bound: Vec<_> = row.iter().map(Bound).collect();
    client.execute_raw(statement, as_dyn(&bound)).await
}

async fn poll_once<F: Future>(mut future: Pin<&mut F>) -> Option<F::Output> {
    std::future::poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

/// Sends two requests at once, the second behind the first, and waits for both answers.
pub(super) async fn both<A, B>(
    first: impl Future<Output = A>,
    second: impl Future<Output = B>,
) -> (A, B) {
    let (mut first, mut second) = (pin!(first), pin!(second));
    let early = poll_once(first.as_mut()).await;
    let second_early = poll_once(second.as_mut()).await;
    let first = match early {
        Some(answer) => answer,
        None => first.await,
    };
    let second = match second_early {
        Some(answer) => answer,
        None => second.await,
    };
    (first, second)
}

impl Tx for PostgresTx<'_> {
    fn query(&mut self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>, CatalogError> {
        let found = self.try_query(sql, params);
        self.note(found)
    }

    fn execute(&mut self, sql: &str, params: &[Param<'_>]) -> Result<u64, CatalogError> {
        let changed = self.try_execute(sql, params);
        self.note(changed)
    }

    fn execute_many(&mut self, sql: &str, rows: &[Vec<Param<'_>>]) -> Result<(), CatalogError> {
        let done = self.try_execute_many(sql, rows);
        self.note(done)
    }

    fn make_again(&mut self, changes: &[&Change]) -> Result<Vec<u64>, CatalogError> {
        let made = self.try_make_again(changes);
        self.note(made)
    }

    /// A sequence does not take part in transactions: what it gave is gone.
    fn reserve_id(&mut self, _table: &'static str, _id: i64) -> Result<(), CatalogError> {
        Ok(())
    }

    fn notify(&mut self, topic: Topic) {
        self.topics[topic as usize] = true;
    }

    fn now(&self) -> Timestamp {
        self.now
    }

    fn key(&self) -> &CatalogKey {
        self.key
    }
}
