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
    let (by, sid) = (&caller.name, caller.sid.as_ref());
    let id = tx.insert_unless(
        ("folders", "folder_id"),
        "name, name_key, created_by_name, created_by_sid, created_time",
        &params![folder_name, fold(folder_name), by, sid, tx.now()],
        "name_key",
    )?;
    id.map(FolderId).ok_or_else(|| refusal::folder_exists(folder_name))
}
