//! Versions of the protocol: refuses who is too old before anything they say is read, and tells
//! its own with every answer.

use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use scaleout::message::{PROTOCOL_HEADER, PROTOCOL_OLDEST, PROTOCOL_VERSION};

use crate::error::ApiError;

/// Lets requests pass whose header names a version that this master understands. A newer one is
/// understood: fields are only ever added, and unknown ones are ignored.
pub(crate) async fn check(request: Request, next: Next) -> Response {
    let version = request.headers().get(PROTOCOL_HEADER).and_then(|value| value.to_str().ok());
    match version.map(str::parse::<u32>) {
        Some(Ok(version)) if PROTOCOL_OLDEST <= version => next.run(request).await,
        Some(Ok(version)) => too_old(version).into_response(),
        Some(Err(_)) | None => {
            let message = format!(
                "the header `{PROTOCOL_HEADER}` is missing or not a number: a worker sends the \
                 version of its protocol there, at present {PROTOCOL_VERSION}"
            );
            ApiError::bad_request(message).into_response()
        }
    }
}

/// The same for the command line, which need not say.
pub(crate) async fn check_if_told(request: Request, next: Next) -> Response {
    let version = request.headers().get(PROTOCOL_HEADER).and_then(|value| value.to_str().ok());
    match version.and_then(|version| version.parse().ok()) {
        Some(version) if version < PROTOCOL_OLDEST => too_old(version).into_response(),
        Some(_) | None => next.run(request).await,
    }
}

/// Says with every answer which version this master speaks.
pub(crate) async fn tell(mut response: Response) -> Response {
    response.headers_mut().insert(PROTOCOL_HEADER, HeaderValue::from(PROTOCOL_VERSION));
    response
}

fn too_old(version: u32) -> ApiError {
    let message = format!(
        "PH0342: this worker or command speaks protocol version {version}, and this master understands \
         versions from {PROTOCOL_OLDEST} on: upgrade it"
    );
    ApiError::new(StatusCode::UPGRADE_REQUIRED, "protocol_too_old", message)
}
