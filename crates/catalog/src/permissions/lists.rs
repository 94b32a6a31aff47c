//! `catalog.explicit_object_permissions` and `catalog.effective_object_permissions`.

use model::{PermissionType, SecurableType};
use serde::Serialize;

use super::{applies, visible};
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::store::Tx;

/// A grant or a denial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ExplicitPermission {
    /// What kind of object it is on.
    pub object_type: SecurableType,
    /// The object.
    pub object_id: i64,
    /// Whom it was given to.
    pub principal_id: i32,
    /// What.
    pub permission_type: PermissionType,
    /// Whether it was denied.
    pub is_deny: bool,
    /// Who gave it.
    pub grantor_id: i32,
}

/// Something that the caller may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct EffectivePermission {
    /// What kind of object it is on.
    pub object_type: SecurableType,
    /// The object.
    pub object_id: i64,
    /// What.
    pub permission_type: PermissionType,
}

/// All grants and denials, for administrators; for others those of their own principals and those
/// on objects whose permissions they may manage.
pub fn explicit(tx: &mut dyn Tx, caller: &Caller) -> Result<Vec<ExplicitPermission>, CatalogError> {
    let sql = format!(
        "SELECT object_type, object_id, principal_id, permission_type, is_deny, grantor_id
         FROM object_permissions e WHERE {}
         ORDER BY object_type, object_id, principal_id, permission_type",
        explicit_condition(caller)
    );
    let rows = tx.query(&sql, &[])?;
    let one = |row: &crate::store::Row| {
        Ok(ExplicitPermission {
            object_type: row.get(0)?,
            object_id: row.get(1)?,
            principal_id: row.get(2)?,
            permission_type: row.get(3)?,
            is_deny: row.get(4)?,
            grantor_id: row.get(5)?,
        })
    };
    rows.iter().map(one).collect()
}

/// Which rows of `object_permissions e` the caller may see.
fn explicit_condition(caller: &Caller) -> String {
    if caller.is_admin() {
        return "(1 = 1)".to_owned();
    }
    let own: Vec<String> = caller.principals.iter().map(i32::to_string).collect();
    let managed = SecurableType::ALL.iter().map(|&kind| {
        let manage = PermissionType::ManagePermissions;
        let condition = visible::condition(caller, kind, manage, "e.object_id");
        format!(" OR (e.object_type = {} AND {condition})", kind.number())
    });
    format!("(e.principal_id IN ({}){})", own.join(", "), managed.collect::<String>())
}

/// What the caller may do, on every object: a statement for each kind of object and permission.
pub fn effective(
    tx: &mut dyn Tx,
    caller: &Caller,
) -> Result<Vec<EffectivePermission>, CatalogError> {
    let mut found = Vec::new();
    for &object_type in SecurableType::ALL {
        let all = PermissionType::ALL.iter();
        for &permission_type in all.filter(|&&permission| applies(permission, object_type)) {
            for row in tx.query(&effective_sql(caller, object_type, permission_type), &[])? {
                let object_id = row.get(0)?;
                found.push(EffectivePermission { object_type, object_id, permission_type });
            }
        }
    }
    found.sort_by_key(|row| (row.object_type, row.object_id, row.permission_type));
    Ok(found)
}

/// The ids of the objects of one kind on which the caller has a permission. The views put these
/// together: one branch of a `UNION ALL` each.
pub fn effective_sql(
    caller: &Caller,
    object_type: SecurableType,
    permission_type: PermissionType,
) -> String {
    let (table, id) = match object_type {
        SecurableType::Folder => ("folders", "folder_id"),
        SecurableType::Project => ("projects", "project_id"),
        SecurableType::Environment => ("environments", "environment_id"),
        SecurableType::Operation => ("operations", "operation_id"),
    };
    let condition = if caller.is_admin() {
        "(1 = 1)".to_owned()
    } else {
        visible::condition(caller, object_type, permission_type, &format!("o.{id}"))
    };
    format!("SELECT o.{id} FROM {table} o WHERE {condition}")
}
