//! The master that answers, and what the catalog knows of masters.

use axum::Json;
use axum::extract::State;
use catalog::reads;

use crate::api::MasterInfo;
use crate::error::ApiError;
use crate::server::Person;
use crate::shared::Shared;

/// `GET /api/master`
pub(crate) async fn master(
    State(shared): State<Shared>,
    Person(caller): Person,
) -> Result<Json<MasterInfo>, ApiError> {
    let read = shared.catalog.read(move |tx| {
        Ok((reads::master_properties(tx)?, reads::catalog_properties(tx, &caller)?))
    });
    let (properties, catalog) = read.await?;
    let scaleout_enabled = catalog
        .iter()
        .any(|(name, value)| name == "IS_SCALEOUT_ENABLED" && value.eq_ignore_ascii_case("true"));
    let identity = shared.credentials.identity();
    Ok(Json(MasterInfo {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        thumbprint: identity.thumbprint().to_string(),
        thumbprint_sha1: transport::sha1(identity.certificate_der()),
        port: shared.local.port(),
        properties: properties.into_iter().collect(),
        scaleout_enabled,
        waiting_claims: shared.claims.n_held(),
    }))
}
