//! `packhorse upgrade`: from a catalog of an older version to this program's, with no stop.
//!
//! A change of the schema either adds, and masters of older versions go on beside it, or takes
//! away, and waits until no master is online that would miss it. See `docs/guides/upgrade.md`.

mod plan;

use std::process::ExitCode;

use anyhow::{Context, Result};
use catalog::reads::{SchemaState, schema_state};
use catalog::{Catalog, CatalogKey, OpenError};

use self::plan::Plan;
use crate::cli::UpgradeArgs;
use crate::data_dir::DataDir;
use crate::output;

/// Says what would happen, or does it.
pub(crate) async fn run(dir: &DataDir, args: &UpgradeArgs, json: bool) -> Result<ExitCode> {
    dir.require_initialised()?;
    let place = dir.catalog()?;
    let shown = catalog::shown_address(&place);
    if args.plan {
        let plan = Plan::new(&shown, look(dir, &place).await?);
        plan.show(json)?;
        return Ok(ExitCode::SUCCESS);
    }
    // Opening makes the changes that add.
    let catalog = Catalog::open_at(&place, CatalogKey::load(dir.key())?, dir.patience()?)?;
    catalog.close().await;
    let before = look(dir, &place).await?;
    let waits_for = match before.contracts.is_empty() {
        true => None,
        false => contract(dir, &place).await?,
    };
    let plan = Plan::new(&shown, look(dir, &place).await?);
    if json {
        plan.show(true)?;
        return Ok(ExitCode::SUCCESS);
    }
    output::line(&format!("SSISDB {shown} has schema {}", plan.state.found))?;
    if let Some(masters) = waits_for {
        output::note(&format!(
            "what older versions use is still there, as such masters are online: {masters}; \
             upgrade them, then run this again"
        ));
    }
    plan.show_steps()?;
    Ok(ExitCode::SUCCESS)
}

/// The state of the schema, which is left as it is.
async fn look(dir: &DataDir, place: &str) -> Result<SchemaState> {
    let catalog = Catalog::look_at(place, CatalogKey::load(dir.key())?, dir.patience()?)?;
    let state = catalog.read(schema_state).await;
    catalog.close().await;
    state.context("cannot read the state of SSISDB's schema")
}

/// Takes away what no master needs any more; the masters that it waits for otherwise.
async fn contract(dir: &DataDir, place: &str) -> Result<Option<String>> {
    match Catalog::upgrade(place, CatalogKey::load(dir.key())?, dir.patience()?) {
        Ok(catalog) => {
            catalog.close().await;
            Ok(None)
        }
        Err(OpenError::OlderMasters { masters, .. }) => Ok(Some(masters)),
        Err(error) => Err(error.into()),
    }
}
