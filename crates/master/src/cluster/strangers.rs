//! Refuses whoever is no worker before anything of what it says is read: a stranger's body costs
//! a master no memory.
//!
//! A worker that nobody trusts yet may introduce itself, in few words: administrators see who
//! waits for them.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http_body_util::Limited;
use transport::{PeerThumbprint, Visitor};

use crate::shared::Shared;

/// How long the introduction of a stranger may be.
const INTRODUCTION_MAX: usize = 64 << 10;

/// Lets workers pass.
pub(crate) async fn check(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<PeerThumbprint>().copied();
    let refused = shared.trust.any_worker(peer.unwrap_or(PeerThumbprint(None))).await.err();
    match refused {
        None => {
            // A claim is held for long, and its connection need not give way meanwhile.
            if let Some(visitor) = request.extensions().get::<Arc<Visitor>>() {
                visitor.is_welcome();
            }
            next.run(request).await
        }
        Some(_) if request.uri().path().ends_with("/register") => {
            next.run(request.map(|body| Body::new(Limited::new(body, INTRODUCTION_MAX)))).await
        }
        Some(refusal) => refusal.into_response(),
    }
}
