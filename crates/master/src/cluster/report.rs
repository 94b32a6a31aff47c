//! `report`: how attempts ended, with the last of their messages.

use axum::extract::State;
use axum::{Extension, Json};
use catalog::scale_out;
use scaleout::message::{OutcomeState, Report, Reported};
use transport::PeerThumbprint;

use crate::error::ApiError;
use crate::server::JsonBody;
use crate::shared::{Shared, write_each};

/// Answers once the outcomes are durable. They are independent of each other, and each may be
/// sent any number of times.
pub(crate) async fn report(
    State(shared): State<Shared>,
    Extension(peer): Extension<PeerThumbprint>,
    JsonBody(report): JsonBody<Report>,
) -> Result<Json<Reported>, ApiError> {
    let agent = report.agent;
    shared.trust.worker(peer, agent).await?;
    let outcomes = report.outcomes.into_iter().map(|outcome| (agent, outcome)).collect();
    let answers = write_each(&shared.catalog, outcomes, |tx, (agent, outcome)| {
        let now = tx.now();
        scale_out::report(tx, *agent, outcome, now)
    });
    let outcomes = answers.await.into_iter().collect::<Result<Vec<OutcomeState>, _>>()?;
    Ok(Json(Reported { outcomes }))
}
