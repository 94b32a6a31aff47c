//! `catalog.delete_folder`.

use super::{lookup, refusal};
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::permissions;
use crate::store::{Tx, params};

/// Deletes a folder that has no project and no environment.
pub fn delete_folder(
    tx: &mut dyn Tx,
    caller: &Caller,
    folder_name: &str,
) -> Result<(), CatalogError> {
    if !caller.is_admin() {
        return Err(refusal::folders_need_admin());
    }
    let folder = lookup::folder(tx, caller, folder_name)?;
    let sql = "SELECT (SELECT count(*) FROM projects WHERE folder_id = ?1)
                    + (SELECT count(*) FROM environments WHERE folder_id = ?1)";
    let content: Option<i64> = tx.scalar(sql, &params![folder])?;
    if content != Some(0) {
        return Err(refusal::folder_not_empty(folder_name));
    }
    permissions::forget(tx, folder)?;
    tx.execute("DELETE FROM folders WHERE folder_id = ?1", &params![folder])?;
    Ok(())
}
