//! `claim`: a worker asks for tasks, and whether to stop any. The request is held until there is
//! something to say.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::extract::State;
use axum::{Extension, Json};
use model::AgentId;
use scaleout::Asking;
use scaleout::message::{Claim, Claimed};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use transport::PeerThumbprint;

use crate::error::ApiError;
use crate::server::JsonBody;
use crate::shared::Shared;
use crate::wait::WAIT_MAX;

/// How many claims may wait for the claim loop to take them up. One per worker is usual.
const QUEUE_MAX: usize = 1024;

/// How many may wait for the claim loop to say who asks.
const WHO_MAX: usize = 16;

/// A claim that is held.
pub(crate) struct Held {
    pub(crate) claim: Claim,
    pub(crate) arrived: Instant,
    /// When it is answered although there is nothing to say.
    pub(crate) deadline: Instant,
    /// Whether the worker is enabled, as far as the last look showed.
    pub(crate) enabled: bool,
    pub(crate) reply: oneshot::Sender<Result<Claimed, ApiError>>,
}

/// The workers whose claims a master holds, with what they ask for.
pub(crate) type WhoAsks = Vec<(AgentId, Asking)>;

/// Hands claims to the claim loop.
pub(crate) struct Claims {
    queue: mpsc::Sender<Held>,
    who: mpsc::Sender<oneshot::Sender<WhoAsks>>,
    n_held: Arc<AtomicU32>,
}

/// The claim loop's end of [`Claims`].
pub(crate) struct ClaimQueue {
    pub(crate) queue: mpsc::Receiver<Held>,
    /// Those who want to know which claims are held.
    pub(crate) who: mpsc::Receiver<oneshot::Sender<WhoAsks>>,
    /// How many claims the loop holds, for people.
    pub(crate) n_held: Arc<AtomicU32>,
}

impl Claims {
    pub(crate) fn new() -> (Self, ClaimQueue) {
        let (sender, receiver) = mpsc::channel(QUEUE_MAX);
        let (who, who_receiver) = mpsc::channel(WHO_MAX);
        let n_held = Arc::new(AtomicU32::new(0));
        let queue = ClaimQueue { queue: receiver, who: who_receiver, n_held: Arc::clone(&n_held) };
        (Self { queue: sender, who, n_held }, queue)
    }

    /// Who asks this master for tasks now.
    pub(crate) async fn who_asks(&self) -> Result<WhoAsks, ApiError> {
        let (reply, answer) = oneshot::channel();
        self.who.send(reply).await.map_err(|_| ApiError::stopping())?;
        answer.await.map_err(|_| ApiError::stopping())
    }

    /// How many claims are held.
    pub(crate) fn n_held(&self) -> u32 {
        self.n_held.load(Ordering::Relaxed)
    }

    async fn ask(&self, claim: Claim) -> Result<Claimed, ApiError> {
        let wait = Duration::from_millis(claim.wait_ms).min(WAIT_MAX);
        let (reply, answer) = oneshot::channel();
        let arrived = Instant::now();
        let held = Held { claim, arrived, deadline: arrived + wait, enabled: false, reply };
        self.queue.send(held).await.map_err(|_| ApiError::stopping())?;
        answer.await.unwrap_or_else(|_| Err(ApiError::stopping()))
    }
}

/// Answers with tasks, stop requests, or nothing when the time is over.
pub(crate) async fn claim(
    State(shared): State<Shared>,
    Extension(peer): Extension<PeerThumbprint>,
    JsonBody(claim): JsonBody<Claim>,
) -> Result<Json<Claimed>, ApiError> {
    let agent = claim.agent;
    shared.trust.worker(peer, agent).await?;
    let claimed = shared.claims.ask(claim).await?;
    // It was held for a while: a worker that was shut out meanwhile gets nothing. What was granted
    // to it goes elsewhere when its lease ends.
    shared.trust.worker(peer, agent).await?;
    Ok(Json(claimed))
}
