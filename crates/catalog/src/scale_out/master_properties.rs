//! `catalog.master_properties`.

use crate::error::CatalogError;
use crate::store::{Tx, params};

/// Writes properties of this master, for example `LAST_ONLINE_TIME`; the others stay.
pub fn write_master_properties(
    tx: &mut dyn Tx,
    properties: &[(&str, &str)],
) -> Result<(), CatalogError> {
    let sql = "INSERT INTO master_properties (property_name, property_value) VALUES (?1, ?2)
               ON CONFLICT (property_name) DO UPDATE SET property_value = excluded.property_value";
    let rows: Vec<_> =
        properties.iter().map(|(name, value)| params![*name, *value].to_vec()).collect();
    tx.execute_many(sql, &rows)
}
