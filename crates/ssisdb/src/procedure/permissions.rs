//! Permissions on folders, projects, environments and operations.

use catalog::procedures::{self, Granted, PermissionRequest};
use catalog::{Caller, CatalogError, Tx};
use tsql::value::SqlError;

use super::call::Call;
use super::{BIGINT, Definition, INT, Parameter, SMALLINT};

const PARAMETERS: &[Parameter] = &[
    Parameter::new("@object_type", SMALLINT),
    Parameter::new("@object_id", BIGINT),
    Parameter::new("@principal_id", INT),
    Parameter::new("@permission_type", SMALLINT),
];

pub(super) const DEFINITIONS: &[Definition] = &[
    Definition::catalog("grant_permission", PARAMETERS, |call| {
        change(call, procedures::grant_permission)
    }),
    Definition::catalog("deny_permission", PARAMETERS, |call| {
        change(call, procedures::deny_permission)
    }),
    Definition::catalog("revoke_permission", PARAMETERS, |call| {
        change(call, |tx, caller, request| {
            procedures::revoke_permission(tx, caller, request).map(|()| Granted::Now)
        })
    }),
];

/// The return status of a procedure that failed: 1, but the procedures here document their own.
pub(super) fn failed_status(definition: &Definition, error: &SqlError) -> i32 {
    let is_documented = DEFINITIONS.iter().any(|one| one.name == definition.name);
    if !is_documented {
        return 1;
    }
    let (number, message) = (error.number, error.message.clone());
    procedures::permission_return_code(&CatalogError::Procedure { number, message })
}

/// A permission that was there already is told about, and no error.
fn change<F>(call: &mut Call<'_>, change: F) -> Result<i32, SqlError>
where
    F: Fn(&mut dyn Tx, &Caller, &PermissionRequest) -> Result<Granted, CatalogError>
        + Send
        + Sync
        + 'static,
{
    let request = PermissionRequest {
        object_type: small(call.int(0)?),
        object_id: call.number(1)?,
        principal_id: call.int(2)?,
        permission_type: call
            .number_or_null(3)
            .map(|number| small(number.try_into().unwrap_or(i32::MAX))),
    };
    let granted = call.write(move |tx, caller| change(tx, caller, &request))?;
    if granted == Granted::Already {
        let text = "The permission was granted or denied to the principal before.";
        call.tell(SqlError::new(27161, 10, 1, text))?;
    }
    Ok(0)
}

/// The parameters are `smallint`, so that no value is cut here.
fn small(number: i32) -> i16 {
    i16::try_from(number).unwrap_or(i16::MAX)
}
