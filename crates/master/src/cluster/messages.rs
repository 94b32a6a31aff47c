//! `messages`: what running packages say, and how far they are.

use axum::extract::State;
use axum::{Extension, Json};
use catalog::scale_out::append_messages;
use scaleout::message::{AppendMessages, MessagesAppended};
use transport::PeerThumbprint;

use crate::error::ApiError;
use crate::server::JsonBody;
use crate::shared::{Shared, write_each};

/// Answers once the messages are durable. Batches are independent: one that fails keeps no
/// other from the catalog, and the worker sends all again.
pub(crate) async fn messages(
    State(shared): State<Shared>,
    Extension(peer): Extension<PeerThumbprint>,
    JsonBody(append): JsonBody<AppendMessages>,
) -> Result<Json<MessagesAppended>, ApiError> {
    let agent = append.agent;
    shared.trust.worker(peer, agent).await?;
    shared.progress.take(append.progress);
    let batches = append.batches.into_iter().map(|batch| (agent, batch)).collect();
    let answers = write_each(&shared.catalog, batches, |tx, (agent, batch)| {
        append_messages(tx, *agent, batch)
    });
    let committed = answers.await.into_iter().collect::<Result<Vec<_>, _>>()?;
    Ok(Json(MessagesAppended { committed }))
}
