//! `catalog.catalog_properties`, as the procedures read it.

use crate::error::CatalogError;
use crate::store::{Tx, params};

pub(crate) fn text(tx: &mut dyn Tx, name: &str) -> Result<Option<String>, CatalogError> {
    let sql = "SELECT property_value FROM catalog_properties WHERE property_name = ?1";
    tx.scalar(sql, &params![name])
}

/// A whole number; `default` when the property is absent.
pub(crate) fn number(tx: &mut dyn Tx, name: &str, default: i64) -> Result<i64, CatalogError> {
    Ok(text(tx, name)?.and_then(|value| value.parse().ok()).unwrap_or(default))
}

/// Whether it is TRUE or 1; `false` when the property is absent.
pub(crate) fn truth(tx: &mut dyn Tx, name: &str) -> Result<bool, CatalogError> {
    Ok(text(tx, name)?.is_some_and(|value| value.eq_ignore_ascii_case("true") || value == "1"))
}

pub(crate) fn set(tx: &mut dyn Tx, name: &str, value: &str) -> Result<(), CatalogError> {
    tx.execute(
        "INSERT INTO catalog_properties (property_name, property_value) VALUES (?1, ?2)
         ON CONFLICT (property_name) DO UPDATE SET property_value = excluded.property_value",
        &params![name, value],
    )?;
    Ok(())
}

pub(crate) fn remove(tx: &mut dyn Tx, name: &str) -> Result<(), CatalogError> {
    tx.execute("DELETE FROM catalog_properties WHERE property_name = ?1", &params![name])?;
    Ok(())
}
