//! All paths of a master, and what every request goes through: a deadline, size limits, errors
//! as [`scaleout::message::ErrorBody`].

mod credentials;
mod extract;
pub(crate) mod openapi;

use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn, from_fn_with_state, map_response};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

pub(crate) use self::credentials::CHALLENGE;
pub use self::extract::USER_HEADER;
pub(crate) use self::extract::{Admin, InPath, JsonBody, Parsed, Person, whole_body};
use crate::error::ApiError;
use crate::shared::Shared;
use crate::wait::WAIT_MAX;
use crate::{admin, cluster, standing};

/// How long a request may take: the longest hold, and time to send a large body and to commit.
const REQUEST_MAX: Duration = Duration::from_secs(120);
const _: () = assert!(WAIT_MAX.as_secs() + 30 <= REQUEST_MAX.as_secs());

/// Everything that a master serves.
pub(crate) fn router(shared: Shared) -> Router {
    Router::new()
        .merge(cluster::router(&shared))
        .merge(admin::router())
        .route_layer(from_fn_with_state(shared.clone(), standing::gate))
        .merge(admin::about_itself())
        .route("/ready", get(standing::ready))
        .route("/openapi.json", get(openapi::document))
        .fallback(no_such_path)
        .method_not_allowed_fallback(no_such_method)
        .layer(from_fn(deadline))
        .layer(map_response(cluster::protocol::tell))
        .with_state(shared)
}

async fn deadline(request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    match tokio::time::timeout(REQUEST_MAX, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            tracing::warn!(path, "a request took too long");
            let message = format!("{path} took longer than {REQUEST_MAX:?}: try again");
            ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "too_slow", message).into_response()
        }
    }
}

async fn no_such_path(request: Request) -> ApiError {
    let path = request.uri().path();
    ApiError::not_found(format!("there is no {path} here: see /openapi.json for what there is"))
}

async fn no_such_method(request: Request) -> ApiError {
    let message = format!("{} does not take {}", request.uri().path(), request.method());
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message)
}
