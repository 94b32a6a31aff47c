//! What handlers take out of requests, with refusals in our own words.

use std::net::SocketAddr;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use catalog::Caller;
use serde::de::DeserializeOwned;
use transport::PeerThumbprint;

use super::credentials;
use crate::error::ApiError;
use crate::shared::Shared;

/// Request header with the name of the person at an administrator's command line; shown as
/// `caller_name`. An administrator's certificate may act under any name.
pub const USER_HEADER: &str = "packhorse-user";

/// A body of JSON.
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let bytes = whole_body(request, state).await?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| {
            ApiError::bad_request(format!("the request's body is not understood: {error}"))
        })
    }
}

/// The whole body, within the limit of its path.
pub(crate) async fn whole_body<S: Send + Sync>(
    request: Request,
    state: &S,
) -> Result<Bytes, ApiError> {
    Bytes::from_request(request, state).await.map_err(|rejection| {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            let message = "the request's body is longer than this path takes";
            return ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message);
        }
        ApiError::bad_request(format!("the request's body cannot be read: {rejection}"))
    })
}

/// The query string.
pub(crate) struct Parsed<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Parsed<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(query)) => Ok(Self(query)),
            Err(error) => Err(ApiError::bad_request(format!("the query: {error}"))),
        }
    }
}

/// What the path carries: ids and names.
pub(crate) struct InPath<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for InPath<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Path::<T>::from_request_parts(parts, state).await {
            Ok(Path(value)) => Ok(Self(value)),
            Err(error) => Err(ApiError::bad_request(format!("the path: {}", error.body_text()))),
        }
    }
}

/// Whoever asks: a login with its password, or the holder of an administrator's certificate. What
/// it may do is for the catalog to say.
pub(crate) struct Person(pub(crate) Caller);

impl FromRequestParts<Shared> for Person {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, ApiError> {
        let from = parts.extensions.get::<SocketAddr>().copied();
        if let Some(caller) = credentials::caller(&shared.catalog, &parts.headers, from).await? {
            return Ok(Self(caller));
        }
        let peer = parts.extensions.get::<PeerThumbprint>().copied();
        let user = parts.headers.get(USER_HEADER).and_then(|value| value.to_str().ok());
        let user = user.map(str::trim).filter(|user| !user.is_empty());
        shared.trust.admin(peer.unwrap_or(PeerThumbprint(None)), user).await.map(Self)
    }
}

/// Whoever asks, who must have the server (`sysadmin`): what is trusted and joins is beyond the
/// catalog's roles.
pub(crate) struct Admin(pub(crate) Caller);

impl FromRequestParts<Shared> for Admin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, ApiError> {
        let Person(caller) = Person::from_request_parts(parts, shared).await?;
        if caller.roles.sysadmin {
            return Ok(Self(caller));
        }
        let message = "this takes an administrator's certificate, or a login in sysadmin";
        Err(ApiError::forbidden("not_an_administrator", message))
    }
}
