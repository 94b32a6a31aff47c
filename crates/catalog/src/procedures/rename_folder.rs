//! `catalog.rename_folder`.

use super::names::{self, fold};
use super::{lookup, refusal};
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::store::{Tx, params};

/// Renames a folder. Environment references that name the folder are left as they are.
pub fn rename_folder(
    tx: &mut dyn Tx,
    caller: &Caller,
    old_name: &str,
    new_name: &str,
) -> Result<(), CatalogError> {
    if !caller.is_admin() {
        return Err(refusal::folders_need_admin());
    }
    let folder = lookup::folder(tx, caller, old_name)?;
    if new_name.is_empty() {
        return Err(refusal::folder_name_empty());
    }
    names::check(new_name, |name| refusal::folder_name_not_valid(name))?;
    let sql = "SELECT count(*) FROM folders WHERE name_key = ?1 AND folder_id <> ?2";
    if tx.scalar::<i64>(sql, &params![fold(new_name), folder])? != Some(0) {
        return Err(refusal::new_folder_name_taken(new_name));
    }
    let sql = "UPDATE folders SET name = ?2, name_key = ?3 WHERE folder_id = ?1";
    tx.execute(sql, &params![folder, new_name, fold(new_name)])?;
    Ok(())
}
