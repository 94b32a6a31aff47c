//! The master that answers, and what the catalog knows of masters.

use axum::Json;
use axum::extract::State;
use catalog::reads;
use catalog::scale_out::{self, MasterRow};
use scaleout::message::PROTOCOL_VERSION;

use crate::api::{self, MasterInfo, MasterList};
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
        protocol: PROTOCOL_VERSION,
        standing: shared.standing.borrow().name().to_owned(),
    }))
}

/// `GET /api/masters`
pub(crate) async fn masters(
    State(shared): State<Shared>,
    Person(caller): Person,
) -> Result<Json<MasterList>, ApiError> {
    // Who may know the workers may know the masters.
    let read = shared.catalog.read(move |tx| {
        let rows = match caller.may_run_in_scale_out() {
            true => scale_out::masters(tx)?,
            false => Vec::new(),
        };
        Ok((rows, tx.now()))
    });
    let (rows, now) = read.await?;
    let row = |row: MasterRow| api::MasterRow {
        is_online: now < row.online_until,
        machine_name: row.machine_name,
        port: row.port,
        address: row.address,
        version: row.version,
        protocol: row.protocol,
        schema: row.schema,
        standing: row.standing,
        last_online_time: row.last_online,
    };
    Ok(Json(MasterList { masters: rows.into_iter().map(row).collect() }))
}
