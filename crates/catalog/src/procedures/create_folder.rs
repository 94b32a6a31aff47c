//! `catalog.create_folder`.

use model::FolderId;

use super::names::{self, fold};
use super::refusal;
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::store::{Tx, params};

/// Makes a folder.
pub fn create_folder(
    tx: &mut dyn Tx,
    caller: &Caller,
    folder_name: &str,
) -> Result<FolderId, CatalogError> {
    if !caller.is_admin() {
        return Err(refusal::folders_need_admin());
    }
    if folder_name.is_empty() {
        return Err(refusal::folder_name_empty());
    }
    names::check(folder_name, |name| refusal::folder_name_not_valid(name))?;
    let sql = "INSERT INTO folders (name, name_key, created_by_name, created_time)
               VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT (name_key) DO NOTHING RETURNING folder_id";
    let id = tx.scalar(sql, &params![folder_name, fold(folder_name), &caller.name, tx.now()])?;
    id.ok_or_else(|| refusal::folder_exists(folder_name))
}
