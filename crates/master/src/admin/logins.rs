//! Logins: listed, made, changed, removed. Passwords are hashed here, outside the catalog's
//! transactions, and are in no log.

use axum::Json;
use axum::extract::State;
use catalog::Tx;
use catalog::logins::{self, PasswordHash, check_policy};
use catalog::{Caller, CatalogError};

use crate::api::{ChangeLogin, Done, LoginRow, Logins, NewLogin};
use crate::error::{ApiError, chain};
use crate::server::{InPath, JsonBody, Person};
use crate::shared::Shared;

/// `GET /api/logins`
pub(crate) async fn list(
    State(shared): State<Shared>,
    Person(caller): Person,
) -> Result<Json<Logins>, ApiError> {
    Ok(Json(Logins { logins: shared.catalog.read(move |tx| rows(tx, &caller)).await? }))
}

fn rows(tx: &mut dyn Tx, caller: &Caller) -> Result<Vec<LoginRow>, CatalogError> {
    let mut rows = Vec::new();
    for login in logins::visible(tx, caller)? {
        rows.push(LoginRow {
            roles: logins::roles(tx, &login)?,
            name: login.name,
            is_disabled: login.disabled,
            default_database: login.default_database,
            created_time: login.created,
            modified_time: login.modified,
        });
    }
    Ok(rows)
}

/// `POST /api/logins`
pub(crate) async fn create(
    State(shared): State<Shared>,
    Person(caller): Person,
    JsonBody(request): JsonBody<NewLogin>,
) -> Result<Json<Done>, ApiError> {
    let hash = hashed(&request.name, &request.password).await?;
    let NewLogin { name, roles, .. } = request;
    let (by, shown) = (caller.name.clone(), name.clone());
    let made = shared.catalog.write(move |tx| {
        let login =
            logins::NewLogin { name: &name, password: &hash, sid: None, default_database: None };
        logins::create(tx, &caller, &login)?;
        grant(tx, &caller, &name, &roles)
    });
    made.await?;
    tracing::info!(login = shown, by, "login made");
    Ok(Json(Done { done: true }))
}

/// `POST /api/logins/{name}`
pub(crate) async fn change(
    State(shared): State<Shared>,
    Person(caller): Person,
    InPath(name): InPath<String>,
    JsonBody(request): JsonBody<ChangeLogin>,
) -> Result<Json<Done>, ApiError> {
    let hash = match &request.password {
        Some(password) => Some(hashed(&name, password).await?),
        None => None,
    };
    let (by, shown) = (caller.name.clone(), name.clone());
    let changed = shared.catalog.write(move |tx| {
        if let Some(hash) = &hash {
            logins::set_password(tx, &caller, (&name, false), hash)?;
        }
        match request.is_disabled {
            Some(true) => logins::disable(tx, &caller, &name)?,
            Some(false) => logins::enable(tx, &caller, &name)?,
            None => {}
        }
        grant(tx, &caller, &name, &request.grant_roles)?;
        for role in &request.revoke_roles {
            logins::revoke_role(tx, &caller, &name, role)?;
        }
        Ok(())
    });
    changed.await?;
    tracing::info!(login = shown, by, "login changed");
    Ok(Json(Done { done: true }))
}

/// `DELETE /api/logins/{name}`
pub(crate) async fn remove(
    State(shared): State<Shared>,
    Person(caller): Person,
    InPath(name): InPath<String>,
) -> Result<Json<Done>, ApiError> {
    let (by, shown) = (caller.name.clone(), name.clone());
    shared.catalog.write(move |tx| logins::drop_with_user(tx, &caller, &name)).await?;
    tracing::info!(login = shown, by, "login removed");
    Ok(Json(Done { done: true }))
}

fn grant(
    tx: &mut dyn Tx,
    caller: &Caller,
    name: &str,
    roles: &[String],
) -> Result<(), CatalogError> {
    for role in roles {
        logins::grant_role(tx, caller, name, role)?;
    }
    Ok(())
}

async fn hashed(name: &str, password: &str) -> Result<PasswordHash, ApiError> {
    check_policy(name, password)?;
    let password = password.to_owned();
    let hashed = tokio::task::spawn_blocking(move || PasswordHash::of(&password)).await;
    match hashed {
        Ok(Ok(hash)) => Ok(hash),
        Ok(Err(error)) => Err(ApiError::bad_request(chain(&error))),
        Err(_) => Err(ApiError::stopping()),
    }
}
