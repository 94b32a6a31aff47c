//! `catalog.validate_package`.

use model::{ObjectType, OperationId, OperationType};

use super::names::fold;
use super::refusal;
use super::validation::{self, Target, ValidationRequest};
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::store::{Tx, params};

/// Has a package validated by a worker. The operation is returned at once; its status tells the
/// outcome.
pub fn validate_package(
    tx: &mut dyn Tx,
    caller: &Caller,
    request: &ValidationRequest<'_>,
    package_name: &str,
) -> Result<OperationId, CatalogError> {
    let project = validation::project(tx, caller, request)?;
    let sql = "SELECT name FROM packages WHERE project_id = ?1 AND name_key = ?2";
    let name: Option<String> = tx.scalar(sql, &params![project.id, fold(package_name)])?;
    let name = name.ok_or_else(|| refusal::package_not_found(package_name))?;
    let packages = [name];
    let checks = validation::checks(tx, caller, (&project, request.scope), &packages)?;
    let target = Target {
        kind: OperationType::ValidatePackage,
        object_type: ObjectType::Package,
        name: &packages[0],
    };
    validation::start(tx, caller, (request, &project), (&target, &checks))
}
