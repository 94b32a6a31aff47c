//! `catalog.object_parameters` and `catalog.execution_parameter_values`. Sensitive values are not
//! shown.

use model::{ExecutionId, ObjectType, PermissionType, ProjectId};
use serde::Serialize;

use super::visible;
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::permissions;
use crate::store::{Row, Tx, params};

/// A parameter of a deployed project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ObjectParameterRow {
    /// 20 project or 30 package.
    pub object_type: ObjectType,
    /// Name of the project, or file name of the package.
    pub object_name: String,
    /// The parameter's name.
    pub name: String,
    /// The type's .NET name.
    pub data_type: String,
    /// Whether an execution must have a value.
    pub required: bool,
    /// Whether its value is hidden.
    pub sensitive: bool,
    /// What it is for.
    pub description: Option<String>,
    /// The author's value; `None` when sensitive.
    pub design_default: Option<String>,
    /// The server's value; `None` when sensitive or not set.
    pub default_value: Option<String>,
    /// Whether the server has a value for it.
    pub value_set: bool,
    /// The environment variable that it refers to.
    pub variable: Option<String>,
}

/// The parameters of a project, as the project lists them.
pub fn object_parameters(
    tx: &mut dyn Tx,
    caller: &Caller,
    project: ProjectId,
) -> Result<Vec<ObjectParameterRow>, CatalogError> {
    if !permissions::has(tx, caller, project, PermissionType::Read)? {
        return Ok(Vec::new());
    }
    let sql = "SELECT object_type, object_name, parameter_name, data_type, required, sensitive,
                      description, design_default_value, default_value, value_set,
                      referenced_variable_name
               FROM object_parameters WHERE project_id = ?1
               ORDER BY object_type, object_key, parameter_id";
    let one = |row: &Row| {
        Ok(ObjectParameterRow {
            object_type: row.get(0)?,
            object_name: row.get(1)?,
            name: row.get(2)?,
            data_type: row.get(3)?,
            required: row.get(4)?,
            sensitive: row.get(5)?,
            description: row.get(6)?,
            design_default: row.get(7)?,
            default_value: row.get(8)?,
            value_set: row.get(9)?,
            variable: row.get(10)?,
        })
    };
    tx.query(sql, &params![project])?.iter().map(one).collect()
}

/// A parameter of an execution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExecutionParameterRow {
    /// 20 project, 30 package or 50 system.
    pub object_type: ObjectType,
    /// The parameter's name.
    pub name: String,
    /// The type's .NET name.
    pub data_type: String,
    /// The value; `None` when sensitive or NULL.
    pub value: Option<String>,
    /// Whether its value is hidden.
    pub sensitive: bool,
    /// Whether it must have a value.
    pub required: bool,
    /// Whether it has one.
    pub value_set: bool,
    /// Whether this execution changed it.
    pub runtime_override: bool,
}

/// The parameters of an execution.
pub fn execution_parameters(
    tx: &mut dyn Tx,
    caller: &Caller,
    execution: ExecutionId,
) -> Result<Vec<ExecutionParameterRow>, CatalogError> {
    let sql = format!(
        "SELECT p.object_type, p.parameter_name, p.parameter_data_type, p.parameter_value,
                      p.sensitive, p.required, p.value_set, p.runtime_override
               FROM execution_parameter_values p
               JOIN operations o ON o.operation_id = p.execution_id
               WHERE p.execution_id = ?1 AND {}
               ORDER BY p.object_type, p.execution_parameter_id",
        visible(caller, "o.operation_id")
    );
    let one = |row: &Row| {
        Ok(ExecutionParameterRow {
            object_type: row.get(0)?,
            name: row.get(1)?,
            data_type: row.get(2)?,
            value: row.get(3)?,
            sensitive: row.get(4)?,
            required: row.get(5)?,
            value_set: row.get(6)?,
            runtime_override: row.get(7)?,
        })
    };
    tx.query(&sql, &params![execution])?.iter().map(one).collect()
}
