//! A refusal on its way to a worker, the command line or a page: a status and an [`ErrorBody`].
//!
//! `error` is a stable name that programs may compare; `message` says what happened and what to
//! do next, for people. What went wrong inside (a full disk, a bug) is logged with its causes
//! and told without them where they would not help.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use catalog::CatalogError;
use scaleout::message::ErrorBody;

use crate::server::CHALLENGE;

/// Any answer that is not a success.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    pub(crate) body: ErrorBody,
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, error: &str, message: impl Into<String>) -> Self {
        let body = ErrorBody { error: error.to_owned(), message: message.into(), number: None };
        Self { status, body }
    }

    /// The request itself is wrong.
    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", message)
    }

    /// There is nothing of that name or number.
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    /// The certificate may not do this.
    pub(crate) fn forbidden(error: &str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, error, message)
    }

    /// The master is going down; another one, or this one in a moment, will serve.
    pub(crate) fn stopping() -> Self {
        let message = "this master is shutting down: ask again, or ask another master";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "stopping", message)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if self.status == StatusCode::UNAUTHORIZED {
            return (self.status, [CHALLENGE], axum::Json(self.body)).into_response();
        }
        (self.status, axum::Json(self.body)).into_response()
    }
}

impl From<CatalogError> for ApiError {
    fn from(error: CatalogError) -> Self {
        let message = chain(&error);
        if let Some(number) = error.number() {
            let mut refusal = Self::new(status_of(number), "catalog", message);
            refusal.body.number = Some(number);
            return refusal;
        }
        if matches!(error, CatalogError::Closed) {
            return Self::stopping();
        }
        if error.is_transient() {
            tracing::warn!(error = message, "the catalog is busy");
            return Self::new(StatusCode::SERVICE_UNAVAILABLE, "catalog_busy", message);
        }
        tracing::error!(error = message, "the catalog failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "catalog_failed", message)
    }
}

/// The documented numbers for a caller who may not do something, and for something that is not
/// there; all others are about what was asked for.
fn status_of(number: i32) -> StatusCode {
    match number {
        15151 | 15247 | 27143 | 27178 | 27188 | 27206 | 27218 | 27219 => StatusCode::FORBIDDEN,
        27103 | 27104 | 27105 | 27109 => StatusCode::NOT_FOUND,
        _ => StatusCode::CONFLICT,
    }
}

/// An error and what caused it, on one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
