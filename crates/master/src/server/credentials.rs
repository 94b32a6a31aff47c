//! `Authorization: Basic` of a request: a login with its password, as T-SQL clients have it.
//!
//! The connection is TLS, so the password is as safe on the way as in T-SQL. Why a login is
//! refused is told to nobody but the log, and wrong passwords slow it down on every master, as at
//! the T-SQL door (`catalog::logins`).
//!
//! Source of the header's form: RFC 7617.

use std::net::{Ipv4Addr, SocketAddr};

use axum::http::StatusCode;
use axum::http::header::{AUTHORIZATION, HeaderMap, WWW_AUTHENTICATE};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use catalog::logins::{Refused, sign_in, wait_in_line};
use catalog::{Caller, Catalog};

use crate::error::{ApiError, chain};

/// What browsers say of a request: whether a page of another site has sent it.
const SEC_FETCH_SITE: &str = "sec-fetch-site";

/// Whom the header names; `None` without a header.
pub(super) async fn caller(
    catalog: &Catalog,
    headers: &HeaderMap,
    from: Option<SocketAddr>,
) -> Result<Option<Caller>, ApiError> {
    let Some(value) = headers.get(AUTHORIZATION) else { return Ok(None) };
    // A browser sends a password that it remembers also when a page of another site asks it to.
    let site = headers.get(SEC_FETCH_SITE).map(axum::http::HeaderValue::as_bytes);
    if site.is_some_and(|site| site != b"same-origin" && site != b"none") {
        let message = "a page of another site cannot use a login here";
        return Err(ApiError::forbidden("cross_site", message));
    }
    let (name, password) = value.to_str().ok().and_then(parse).ok_or_else(|| {
        let message = "the Authorization header is not `Basic` with a login's name and password";
        ApiError::new(StatusCode::UNAUTHORIZED, "login_failed", message)
    })?;
    let _turn = wait_in_line(from.map_or(Ipv4Addr::UNSPECIFIED.into(), |from| from.ip())).await;
    sign_in(catalog, &name, &password).await.map(Some).map_err(|reason| refusal(&name, &reason))
}

/// `Basic` and the base64 of `name:password`.
fn parse(value: &str) -> Option<(String, String)> {
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (name, password) = text.split_once(':')?;
    Some((name.to_owned(), password.to_owned()))
}

fn refusal(name: &str, reason: &Refused) -> ApiError {
    let error = chain(reason);
    if matches!(reason, Refused::Catalog(_)) {
        tracing::error!(name, error, "a login cannot be checked");
        let message = "the login cannot be checked now: try again";
        return ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "catalog_busy", message);
    }
    tracing::warn!(name, error, "a login was refused");
    let message = format!("login failed for user '{name}'");
    ApiError::new(StatusCode::UNAUTHORIZED, "login_failed", message)
}

/// How a client is asked for a login.
pub(crate) const CHALLENGE: (axum::http::HeaderName, &str) =
    (WWW_AUTHENTICATE, "Basic realm=\"Packhorse\", charset=\"UTF-8\"");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_may_have_colons_and_the_scheme_any_case() {
        let encoded = STANDARD.encode("ann:a:b ü");
        let parsed = parse(&format!("basic {encoded}"));
        assert_eq!(parsed, Some(("ann".to_owned(), "a:b ü".to_owned())));
        for bad in ["Basic", "Bearer abc", "Basic ???", "Basic YW5u"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
