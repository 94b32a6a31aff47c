//! The JSON interface under `/api/`: what the command line and the Manager pages ask. Bodies are
//! those of [`crate::api`]. A person asks with a login's name and password, or with an
//! administrator's certificate; the catalog says what either may do. Certificates and joining
//! take `sysadmin`; a worker with a token has its own certificate trusted.
//!
//! Who may do what: `tests/permissions.tsv`.

mod certificates;
mod executions;
mod explain;
mod folders;
mod joining;
mod logins;
mod messages;
mod projects;
mod start;
mod topology;
mod watch;
mod workers;

pub(crate) use self::joining::with_own;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn;
use axum::routing::{delete, get, post, put};

use crate::cluster::protocol;
use crate::shared::Shared;

/// The longest `.ispac` taken. It is held in memory while it is read and sealed.
const PROJECT_MAX: usize = 512 << 20;

/// The longest body of other requests: a list of 10,000 executions with parameters fits.
const BODY_MAX: usize = 64 << 20;

/// The longest body of a stranger with a token.
const JOIN_MAX: usize = 4096;

/// Paths, with the methods of each.
pub(crate) fn router() -> Router<Shared> {
    let deploy = put(projects::deploy).layer(DefaultBodyLimit::max(PROJECT_MAX));
    Router::new()
        .route("/api/folders", get(folders::list).post(folders::create))
        .route("/api/projects", get(projects::list))
        .route("/api/executions", get(executions::list).post(start::start))
        .route("/api/executions/watch", post(watch::watch))
        .route("/api/executions/{id}", get(executions::one))
        .route("/api/executions/{id}/explain", get(explain::explain))
        .route("/api/executions/{id}/messages", get(messages::of_operation))
        .route("/api/operations/{id}/messages", get(messages::of_operation))
        .route("/api/operations/{id}/stop", post(executions::stop))
        .route("/api/workers", get(workers::list))
        .route("/api/workers/waiting", get(joining::waiting))
        .route("/api/workers/{id}", post(workers::change).delete(workers::remove))
        .route("/api/joins", post(joining::create))
        .route("/api/join", post(joining::join).layer(DefaultBodyLimit::max(JOIN_MAX)))
        .route("/api/workers/{id}/enable", post(workers::enable))
        .route("/api/workers/{id}/disable", post(workers::disable))
        .route("/api/logins", get(logins::list).post(logins::create))
        .route("/api/logins/{name}", post(logins::change).delete(logins::remove))
        .route("/api/certificates", get(certificates::list).post(certificates::trust))
        .route("/api/certificates/{thumbprint}", delete(certificates::revoke))
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .route("/api/projects/{folder}/{project}", deploy)
        .route_layer(from_fn(protocol::check_if_told))
}

/// Paths that a standby answers too.
pub(crate) fn about_itself() -> Router<Shared> {
    Router::new()
        .route("/api/master", get(topology::master))
        .route("/api/masters", get(topology::masters))
        .route_layer(from_fn(protocol::check_if_told))
}
