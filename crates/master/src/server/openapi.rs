//! `/openapi.json`: what a master serves, for people and programs that generate clients.
//!
//! The document is a file of the project; tests compare it with the routes and the bodies.

use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

/// The document.
pub(crate) const DOCUMENT: &str = include_str!("../../openapi.json");

/// Answers anybody: it holds no data.
pub(crate) async fn document() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], DOCUMENT)
}

#[cfg(test)]
mod examples;
#[cfg(test)]
mod tests;
