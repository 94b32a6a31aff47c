//! Logins, users, roles and who is in which, as `sys` shows them.

use std::collections::HashSet;
use std::sync::Arc;

use catalog::{logins, principals};
use tsql::host::Row;
use tsql::value::{SqlError, SqlValue};

use super::{bit, moment, narrow, text};
use crate::connection::{Inside, SSISDB};

pub(super) const SERVER_PRINCIPAL_COLUMNS: &str = "name sysname, principal_id int, sid varbinary(85)?, type char(1), type_desc nvarchar(60)?, is_disabled bit?, create_date datetime, modify_date datetime, default_database_name sysname?, default_language_name sysname?, credential_id int?, owning_principal_id int?, is_fixed_role bit";

pub(super) const DATABASE_PRINCIPAL_COLUMNS: &str = "name sysname, principal_id int, type char(1), type_desc nvarchar(60)?, default_schema_name sysname?, create_date datetime, modify_date datetime, owning_principal_id int?, sid varbinary(85)?, is_fixed_role bit, authentication_type int, authentication_type_desc nvarchar(60)?";

/// The server roles as principals, with the numbers that every server has.
const SERVER_ROLES: [(&str, i32); 3] = [("public", 2), ("sysadmin", 3), ("securityadmin", 4)];

/// The number of a login.
fn login_number(id: i64) -> SqlValue {
    SqlValue::Int(i32::try_from(id).unwrap_or(i32::MAX))
}

/// Logins: all of them for administrators, else the caller's own.
pub(super) fn server_principals(connection: &Arc<Inside>, _: &str) -> Result<Vec<Row>, SqlError> {
    let started = moment(connection.server.started.0);
    let role = |(name, id): &(&str, i32)| {
        let kind = [narrow("R"), text("SERVER_ROLE"), bit(false)];
        let mut row = vec![text(name), SqlValue::Int(*id), SqlValue::Null];
        row.extend(kind);
        row.extend([started.clone(), started.clone(), SqlValue::Null, SqlValue::Null]);
        row.extend([SqlValue::Null, SqlValue::Int(1), bit(true)]);
        row
    };
    let mut rows: Vec<Row> = SERVER_ROLES.iter().map(role).collect();
    for login in visible_logins(connection)? {
        rows.push(vec![
            text(&login.name),
            login_number(login.id),
            SqlValue::binary(login.sid),
            narrow("S"),
            text("SQL_LOGIN"),
            bit(login.disabled),
            moment(login.created.0),
            moment(login.modified.0),
            text(&login.default_database),
            text("us_english"),
            SqlValue::Null,
            SqlValue::Null,
            bit(false),
        ]);
    }
    Ok(rows)
}

fn visible_logins(connection: &Arc<Inside>) -> Result<Vec<logins::LoginRow>, SqlError> {
    let caller = connection.caller();
    connection.work.read(move |tx| logins::visible(tx, &caller))
}

pub(super) fn server_role_members(connection: &Arc<Inside>, _: &str) -> Result<Vec<Row>, SqlError> {
    let mut rows = Vec::new();
    for login in visible_logins(connection)? {
        for role in &login.server_roles {
            let number = SERVER_ROLES.iter().find(|(name, _)| name == role);
            rows.extend(number.map(|(_, id)| vec![SqlValue::Int(*id), login_number(login.id)]));
        }
    }
    Ok(rows)
}

pub(super) fn database_principals(
    connection: &Arc<Inside>,
    database: &str,
) -> Result<Vec<Row>, SqlError> {
    let is_ssisdb = database.eq_ignore_ascii_case(SSISDB);
    let row = |principal: &principals::PrincipalRow| {
        let (kind, description) = match principal.is_role {
            true => ("R", "DATABASE_ROLE"),
            false => ("S", "SQL_USER"),
        };
        let authentication = i32::from(!principal.is_role && principal.sid.is_some());
        vec![
            text(&principal.name),
            SqlValue::Int(principal.id),
            narrow(kind),
            text(description),
            if principal.is_role { SqlValue::Null } else { text("dbo") },
            moment(principal.created.0),
            moment(principal.modified.0),
            if principal.is_role { SqlValue::Int(1) } else { SqlValue::Null },
            principal.sid.clone().map_or(SqlValue::Null, SqlValue::binary),
            bit(principal.is_role && principal.is_fixed),
            SqlValue::Int(authentication),
            text(if authentication == 1 { "INSTANCE" } else { "NONE" }),
        ]
    };
    let all = visible(connection)?;
    Ok(all.iter().filter(|row| is_ssisdb || row.is_fixed).map(row).collect())
}

fn visible(connection: &Arc<Inside>) -> Result<Vec<principals::PrincipalRow>, SqlError> {
    let caller = connection.caller();
    connection.work.read(move |tx| principals::visible(tx, &caller))
}

pub(super) fn role_members(connection: &Arc<Inside>, database: &str) -> Result<Vec<Row>, SqlError> {
    if !database.eq_ignore_ascii_case(SSISDB) {
        return Ok(Vec::new());
    }
    let all = connection.work.read(principals::role_members)?;
    let seen: HashSet<i32> = visible(connection)?.iter().map(|row| row.id).collect();
    Ok(all
        .iter()
        .filter(|(role, member)| seen.contains(role) && seen.contains(member))
        .map(|(role, member)| vec![SqlValue::Int(*role), SqlValue::Int(*member)])
        .collect())
}
