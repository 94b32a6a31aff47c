//! Conditions for statements: which rows a caller may see.
//!
//! The ids of the caller's principals are written into the text. They are numbers of ours, so no
//! parameter is needed and the condition fits into any statement; callers with the same roles
//! share its prepared form. Administrators get a condition that is always true.

use model::{PermissionType, SecurableType};

use super::inherited_from;
use crate::caller::Caller;

/// Always true, in the SQL of every store.
const ALL: &str = "(1 = 1)";

/// Never true.
const NOTHING: &str = "(1 = 0)";

/// The table under names of its own: a column of the statement around the condition must not be
/// taken for one of this table, whether or not it is written with the name of its table.
const PERMISSIONS: &str = "(SELECT object_type AS op_kind, object_id AS op_object,
                                   principal_id AS op_principal, permission_type AS op_permission,
                                   is_deny AS op_deny
                            FROM object_permissions) op";

/// The condition that the caller may read the object whose id `column` holds, for the `WHERE` of
/// any statement: `p.project_id` becomes a condition on that column.
pub fn readable(caller: &Caller, kind: SecurableType, column: &str) -> String {
    if caller.is_admin() {
        return ALL.to_owned();
    }
    condition(caller, kind, PermissionType::Read, column)
}

/// The same for what members of `ssis_logreader` may see in full: operations with all that hangs
/// on them, projects, packages.
pub fn readable_by_log_readers(caller: &Caller, kind: SecurableType, column: &str) -> String {
    if caller.may_read_logs() {
        return ALL.to_owned();
    }
    readable(caller, kind, column)
}

/// True where the greatest `is_deny` of all rows that concern the caller is 0: something was
/// granted, and nothing denied.
pub(super) fn condition(
    caller: &Caller,
    kind: SecurableType,
    permission: PermissionType,
    column: &str,
) -> String {
    if caller.principals.is_empty() {
        return NOTHING.to_owned();
    }
    let principals: Vec<String> = caller.principals.iter().map(i32::to_string).collect();
    let on_object = format!(
        "(op_kind = {} AND op_object = {column} AND op_permission = {})",
        kind.number(),
        permission.number()
    );
    let folder = folder_of(kind, column).zip(inherited_from(permission));
    let on_folder = folder.map_or_else(String::new, |(folder, inherited)| {
        format!(
            " OR (op_kind = {} AND op_object = {folder} AND op_permission = {})",
            SecurableType::Folder.number(),
            inherited.number()
        )
    });
    format!(
        "(coalesce((SELECT max(op_deny) FROM {PERMISSIONS}
                    WHERE op_principal IN ({}) AND ({on_object}{on_folder})), 1) = 0)",
        principals.join(", ")
    )
}

/// The folder that an object is in, as an expression.
fn folder_of(kind: SecurableType, column: &str) -> Option<String> {
    let (table, id) = match kind {
        SecurableType::Project => ("projects", "project_id"),
        SecurableType::Environment => ("environments", "environment_id"),
        SecurableType::Folder | SecurableType::Operation => return None,
    };
    Some(format!(
        "(SELECT op_folder FROM (SELECT {id} AS op_id, folder_id AS op_folder FROM {table}) opf
          WHERE op_id = {column})"
    ))
}
