//! The ClusterManagement interface: what workers ask of masters. Bodies and paths are those of
//! [`scaleout::message`].

mod certificates;
pub(crate) mod claim;
pub(crate) mod claim_loop;
mod heartbeat;
mod inspect;
mod messages;
mod project;
pub(crate) mod protocol;
mod register;
mod renew;
mod report;
mod strangers;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};

use crate::shared::Shared;

/// The longest body of a worker's request. A batch of messages is far smaller; one message with
/// a huge text must still pass.
const BODY_MAX: usize = 128 << 20;

/// Paths, with the method of each.
pub(crate) fn router(shared: &Shared) -> Router<Shared> {
    Router::new()
        .route("/ClusterManagement/register", post(register::register))
        .route("/ClusterManagement/heartbeat", post(heartbeat::heartbeat))
        .route("/ClusterManagement/claim", post(claim::claim))
        .route("/ClusterManagement/renew", post(renew::renew))
        .route("/ClusterManagement/messages", post(messages::messages))
        .route("/ClusterManagement/report", post(report::report))
        .route("/ClusterManagement/inspect/{agent}", get(inspect::inspect))
        .route("/ClusterManagement/certificates", post(certificates::change))
        .route("/ClusterManagement/projects/{hash}", get(project::project))
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .route_layer(from_fn_with_state(shared.clone(), strangers::check))
        .route_layer(from_fn(protocol::check))
}
