//! `projects/{hash}`: the bytes of a project, for a worker that does not have them yet.
//!
//! The hash is the content's, so an answer never goes out of date, and a worker checks what it
//! received against the name it asked for.

use axum::Extension;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use catalog::reads::project_bytes;
use transport::PeerThumbprint;

use crate::error::ApiError;
use crate::server::InPath;
use crate::shared::Shared;

/// Digits of a SHA-256.
const HASH_DIGITS: usize = 64;

/// Answers with the `.ispac` whose SHA-256 is `hash`.
pub(crate) async fn project(
    State(shared): State<Shared>,
    Extension(peer): Extension<PeerThumbprint>,
    InPath(hash): InPath<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    shared.trust.any_worker(peer).await?;
    if hash.len() != HASH_DIGITS || !hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(ApiError::bad_request(format!("`{hash}` is not the SHA-256 of a project")));
    }
    let tag = format!("\"{}\"", hash.to_ascii_lowercase());
    let cached = [(ETAG, tag.clone()), (CACHE_CONTROL, "private, immutable".to_owned())];
    if headers.get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return Ok((StatusCode::NOT_MODIFIED, cached).into_response());
    }
    let wanted = hash.to_ascii_lowercase();
    let bytes = shared.catalog.read(move |tx| project_bytes(tx, &wanted)).await?;
    let Some(bytes) = bytes else {
        let message = format!("no project version with the SHA-256 {hash} is in the catalog");
        return Err(ApiError::not_found(message));
    };
    Ok((cached, [(CONTENT_TYPE, "application/octet-stream")], bytes).into_response())
}
