//! `catalog.get_parameter_values`.

use std::collections::HashMap;
use std::fmt;

use model::ObjectType;

use super::environment::{self, Variable};
use super::lookup::{self, ProjectName};
use super::names::fold;
use super::{environment_reference, refusal};
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::store::{Row, Tx, params};

/// A parameter of a package or its project, and the value that an execution would give it.
#[derive(Clone, PartialEq, Eq)]
pub struct ParameterValueRow {
    /// 20 project or 30 package.
    pub object_type: ObjectType,
    /// The type's .NET name.
    pub parameter_data_type: String,
    /// The parameter's name.
    pub parameter_name: String,
    /// The value as text; `None` when sensitive, or when an execution would have none.
    pub parameter_value: Option<String>,
    /// Whether its value is hidden.
    pub sensitive: bool,
    /// Whether an execution must have a value.
    pub required: bool,
    /// Whether the server has a value for it, or a variable that it refers to.
    pub value_set: bool,
}

impl fmt::Debug for ParameterValueRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParameterValueRow")
            .field("parameter_name", &self.parameter_name)
            .finish_non_exhaustive()
    }
}

/// The values that the parameters of a package, and of its project, have in an execution with
/// this environment reference. A parameter that refers to a variable has none without it, and
/// none where [`create_execution`](super::create_execution()) would refuse the variable.
pub fn get_parameter_values(
    tx: &mut dyn Tx,
    caller: &Caller,
    project: &ProjectName<'_>,
    (package_name, reference_id): (&str, Option<i64>),
) -> Result<Vec<ParameterValueRow>, CatalogError> {
    let row = lookup::project(tx, caller, project.folder_name, project.project_name)?;
    let package = fold(package_name);
    let sql = "SELECT 1 FROM packages WHERE project_id = ?1 AND name_key = ?2";
    if tx.query_opt(sql, &params![row.id, &package])?.is_none() {
        return Err(refusal::package_not_found(package_name));
    }
    let variables: HashMap<String, Variable> = match reference_id {
        None => HashMap::new(),
        Some(id) => {
            let reference = environment_reference::of_project(tx, row.id, id)?;
            let environment = reference.resolve(tx, caller)?;
            environment::variables(tx, environment)?.into_iter().collect()
        }
    };
    let sql = "SELECT object_type, data_type, parameter_name, sensitive, required, value_set,
                      value_type, referenced_variable_name, default_value, design_default_value
               FROM object_parameters
               WHERE project_id = ?1 AND (object_type = 20 OR (object_type = 30 AND object_key = ?2))
               ORDER BY object_type, parameter_id";
    let rows = tx.query(sql, &params![row.id, package])?;
    rows.iter().map(|row| one(row, &variables)).collect()
}

fn one(
    row: &Row,
    variables: &HashMap<String, Variable>,
) -> Result<ParameterValueRow, CatalogError> {
    let parameter_data_type: String = row.get(1)?;
    let (sensitive, required, value_set): (bool, bool, bool) =
        (row.get(3)?, row.get(4)?, row.get(5)?);
    let variable: Option<String> = row.get(7)?;
    let parameter_value = match variable {
        _ if sensitive => None,
        Some(name) if row.get::<String>(6)? == "R" => variables
            .get(&fold(&name))
            .filter(|found| !found.sensitive && found.type_name == parameter_data_type)
            .and_then(|found| found.value.clone()),
        _ if value_set => row.get(8)?,
        _ if required => None,
        _ => row.get(9)?,
    };
    Ok(ParameterValueRow {
        object_type: row.get(0)?,
        parameter_data_type,
        parameter_name: row.get(2)?,
        parameter_value,
        sensitive,
        required,
        value_set,
    })
}
