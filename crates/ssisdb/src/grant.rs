//! GRANT, DENY and REVOKE.
//!
//! What a user may do is decided by roles and by `catalog.grant_permission`. Users' procedures,
//! functions and views run with the rights of who calls them, and anybody may call them: so
//! `GRANT EXECUTE` on one, which scripts that make procedures end with, asks for what is so
//! already. Everything else would change nothing, and is refused.

use std::sync::Arc;

use catalog::principals;
use tsql::ast::{PermissionChange, PermissionVerb};
use tsql::host::QualifiedName;
use tsql::value::SqlError;

use crate::connection::Inside;
use crate::system::objects;

/// What everybody may do with a user's module.
const HELD: [&str; 4] = ["EXECUTE", "EXEC", "SELECT", "VIEW DEFINITION"];

/// Accepts a grant of what everybody may do already, and refuses the others.
pub(crate) fn run(
    connection: &Arc<Inside>,
    change: &PermissionChange,
    database: &str,
) -> Result<(), SqlError> {
    let name = module_of(change).ok_or_else(refused)?;
    let name = QualifiedName {
        server: None,
        database: name.database().unwrap_or(database).to_owned(),
        schema: name.schema().map(str::to_owned),
        name: name.name().to_owned(),
    };
    let found = objects::named(connection, &name)?;
    match found {
        Some(object) if !object.is_shipped => {}
        Some(_) => return Err(refused()),
        None => {
            return Err(missing(&format!("find the object '{}'", name.name)));
        }
    }
    for principal in &change.principals {
        let wanted = principal.value.clone();
        if connection.work.read(move |tx| principals::find(tx, &wanted))?.is_none() {
            return Err(missing(&format!("find the user '{}'", principal.value)));
        }
    }
    Ok(())
}

/// The object of a grant that only asks for what everybody may do with a module.
fn module_of(change: &PermissionChange) -> Option<&tsql::ast::ObjectName> {
    let on = change.on.as_ref()?;
    let is_object = on.class.as_deref().is_none_or(|class| class == "OBJECT");
    let is_held = |permission: &tsql::ast::Permission| {
        permission.columns.is_empty() && HELD.contains(&permission.name.as_str())
    };
    let is_plain = !change.with_grant_option && change.grantor.is_none();
    (change.verb == PermissionVerb::Grant
        && is_plain
        && is_object
        && on.name.server().is_none()
        && change.permissions.iter().all(is_held))
    .then_some(&on.name)
}

/// 15151, in SQL Server's words.
fn missing(what: &str) -> SqlError {
    let text = format!("Cannot {what}, because it does not exist or you do not have permission.");
    SqlError::new(15_151, 16, 1, text)
}

fn refused() -> SqlError {
    SqlError::unsupported(
        "GRANT, DENY and REVOKE on objects of SSISDB change nothing here: what a user may do is \
         decided by roles (ALTER ROLE ... ADD MEMBER) and by catalog.grant_permission",
    )
}
