//! `catalog.validate_project`.

use model::{ObjectType, OperationId, OperationType};

use super::refusal;
use super::validation::{self, Target, ValidationRequest};
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::store::{Tx, params};

/// Has all packages of a project validated by a worker. The operation is returned at once; its
/// status tells the outcome. `validate_type` is `F`; `D`, validation of dependencies, is
/// documented as not supported, and refused (27101).
pub fn validate_project(
    tx: &mut dyn Tx,
    caller: &Caller,
    request: &ValidationRequest<'_>,
    validate_type: &str,
) -> Result<OperationId, CatalogError> {
    if !validate_type.eq_ignore_ascii_case("F") {
        return Err(refusal::parameter_not_valid("validate_type"));
    }
    let project = validation::project(tx, caller, request)?;
    let sql = "SELECT name FROM packages WHERE project_id = ?1 ORDER BY name_key";
    let rows = tx.query(sql, &params![project.id])?;
    let packages: Vec<String> = rows.iter().map(|row| row.get(0)).collect::<Result<_, _>>()?;
    let checks = validation::checks(tx, caller, (&project, request.scope), &packages)?;
    let target = Target {
        kind: OperationType::ValidateProject,
        object_type: ObjectType::Project,
        name: &project.name,
    };
    validation::start(tx, caller, (request, &project), (&target, &checks))
}
