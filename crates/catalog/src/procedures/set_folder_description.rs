//! `catalog.set_folder_description`.

use super::{lookup, refusal};
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::store::{Tx, params};

/// The view's column is `nvarchar(1024)`.
const DESCRIPTION_MAX: usize = 1024;

/// Describes a folder; for administrators only, as documented.
pub fn set_folder_description(
    tx: &mut dyn Tx,
    caller: &Caller,
    folder_name: &str,
    folder_description: &str,
) -> Result<(), CatalogError> {
    let folder = lookup::folder(tx, caller, folder_name)?;
    caller.require_admin()?;
    if DESCRIPTION_MAX < folder_description.encode_utf16().count() {
        return Err(refusal::parameter_not_valid("folder_description"));
    }
    let sql = "UPDATE folders SET description = ?2 WHERE folder_id = ?1";
    tx.execute(sql, &params![folder, folder_description])?;
    Ok(())
}
