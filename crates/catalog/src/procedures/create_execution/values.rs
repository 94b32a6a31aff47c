//! The values that the parameters of a new execution have: environment variable, else server
//! default, else design default.

use std::collections::HashMap;

use model::ExecutionId;
use scaleout::message::ParameterValue;

use super::super::environment::{self, Variable};
use super::super::environment_reference::{self, ReferenceRow};
use super::super::lookup::ProjectRow;
use super::super::names::fold;
use super::super::refusal;
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::sealed::{self, DESIGN_DEFAULT, ParameterKey, SERVER_DEFAULT, Stored};
use crate::store::{Row, Tx, params};

/// The environment that an execution refers to.
pub(in super::super) struct Environment {
    pub(in super::super) reference: ReferenceRow,
    variables: HashMap<String, Variable>,
}

/// The environment of a reference of the project, with its variables.
pub(in super::super) fn environment(
    tx: &mut dyn Tx,
    caller: &Caller,
    project: &ProjectRow,
    reference: i64,
) -> Result<Environment, CatalogError> {
    let reference = environment_reference::of_project(tx, project.id, reference)?;
    let id = reference.resolve(tx, caller)?;
    let variables = environment::variables(tx, id)?.into_iter().collect();
    Ok(Environment { reference, variables })
}

/// Copies the parameters of project and package. Most are copied by one statement; those that
/// are sealed, or refer to a variable, one by one.
pub(super) fn insert(
    tx: &mut dyn Tx,
    execution: ExecutionId,
    project: &ProjectRow,
    (package, environment): (&str, Option<&Environment>),
) -> Result<(), CatalogError> {
    let package = fold(package);
    tx.execute(
        "INSERT INTO execution_parameter_values (execution_id, object_type,
             parameter_data_type, parameter_name, parameter_key, parameter_value, sensitive,
             required, value_set, runtime_override, value_source)
         SELECT CAST(?1 AS BIGINT), object_type, data_type, parameter_name, parameter_key,
                CASE WHEN value_set = 1 THEN default_value
                     WHEN required = 1 THEN NULL
                     ELSE design_default_value END,
                0, required,
                CASE WHEN value_set = 1 OR required = 0 THEN 1 ELSE 0 END,
                0, CASE WHEN value_set = 1 THEN 'S' ELSE 'D' END
         FROM object_parameters
         WHERE project_id = ?2 AND (object_type = 20 OR (object_type = 30 AND object_key = ?3))
           AND sensitive = 0 AND value_type = 'V'
         ORDER BY parameter_id",
        &params![execution, project.id, &package],
    )?;
    let sql = "SELECT object_type, object_key, parameter_key, parameter_name, data_type, required,
                      sensitive, value_type, value_set, referenced_variable_name, default_value,
                      sealed_default, design_default_value, sealed_design_default
               FROM object_parameters
               WHERE project_id = ?1 AND (object_type = 20 OR (object_type = 30 AND object_key = ?2))
                 AND (sensitive = 1 OR value_type = 'R')
               ORDER BY parameter_id";
    let rows = tx.query(sql, &params![project.id, &package])?;
    check_references(&rows, environment)?;
    for row in &rows {
        let (value, source) = resolve(tx, project, row, environment)?;
        insert_one(tx, execution, row, (value.as_deref(), source))?;
    }
    Ok(())
}

/// A parameter, and the value that it has without an execution of its own.
pub(in super::super) struct Resolved {
    pub(in super::super) value: ParameterValue,
    pub(in super::super) required: bool,
    /// Whether nobody has set it: it has the value of its author.
    pub(in super::super) by_design: bool,
}

/// The values that the parameters of project and package have with this environment.
pub(in super::super) fn resolved(
    tx: &mut dyn Tx,
    project: &ProjectRow,
    (package, environment): (&str, Option<&Environment>),
) -> Result<Vec<Resolved>, CatalogError> {
    let sql = "SELECT object_type, object_key, parameter_key, parameter_name, data_type, required,
                      sensitive, value_type, value_set, referenced_variable_name, default_value,
                      sealed_default, design_default_value, sealed_design_default
               FROM object_parameters
               WHERE project_id = ?1 AND (object_type = 20 OR (object_type = 30 AND object_key = ?2))
               ORDER BY parameter_id";
    let rows = tx.query(sql, &params![project.id, fold(package)])?;
    check_references(&rows, environment)?;
    let mut all = Vec::with_capacity(rows.len());
    for row in &rows {
        let (value, source) = resolve(tx, project, row, environment)?;
        let value = ParameterValue {
            object_type: row.get(0)?,
            name: row.get(3)?,
            data_type: row.get(4)?,
            value,
            sensitive: row.get(6)?,
        };
        all.push(Resolved { value, required: row.get(5)?, by_design: source == "D" });
    }
    Ok(all)
}

/// All missing variables are named at once.
fn check_references(rows: &[Row], environment: Option<&Environment>) -> Result<(), CatalogError> {
    let mut missing = Vec::new();
    for row in rows {
        let variable: Option<String> = row.get(9)?;
        let Some(variable) = variable.filter(|_| refers(row)) else { continue };
        match environment {
            None => missing.push(row.get::<String>(3)?),
            Some(environment) if !environment.variables.contains_key(&fold(&variable)) => {
                missing.push(variable);
            }
            Some(_) => {}
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing.join(", ");
    Err(match environment {
        None => refusal::reference_needed(names),
        Some(_) => refusal::variables_missing(names),
    })
}

fn refers(row: &Row) -> bool {
    row.get::<String>(7).is_ok_and(|value_type| value_type == "R")
}

/// The value, and where it comes from.
fn resolve(
    tx: &dyn Tx,
    project: &ProjectRow,
    row: &Row,
    environment: Option<&Environment>,
) -> Result<(Option<String>, &'static str), CatalogError> {
    let name: String = row.get(3)?;
    if refers(row) {
        let variable: String = row.get(9)?;
        let variable = environment.and_then(|found| found.variables.get(&fold(&variable)));
        let variable = variable.ok_or_else(|| refusal::variables_missing(&name))?;
        if variable.type_name != row.get::<String>(4)? {
            return Err(refusal::variable_type_differs(name));
        }
        if variable.sensitive && !row.get::<bool>(6)? {
            return Err(refusal::sensitive_variable(name));
        }
        return Ok((variable.value.clone(), "E"));
    }
    let (object_key, key): (String, String) = (row.get(1)?, row.get(2)?);
    let row_key = ParameterKey {
        project: project.id.0,
        object_type: row.get(0)?,
        object_key: &object_key,
        key: &key,
    };
    let what = || format!("the default of parameter `{name}`");
    if row.get(8)? {
        let stored = Stored { text: row.get(10)?, sealed: row.get(11)? };
        let place = sealed::object_parameter(SERVER_DEFAULT, &row_key);
        return Ok((sealed::reveal(tx, &place, stored, what)?, "S"));
    }
    if row.get(5)? {
        return Ok((None, "D"));
    }
    let stored = Stored { text: row.get(12)?, sealed: row.get(13)? };
    let place = sealed::object_parameter(DESIGN_DEFAULT, &row_key);
    Ok((sealed::reveal(tx, &place, stored, what)?, "D"))
}

fn insert_one(
    tx: &mut dyn Tx,
    execution: ExecutionId,
    row: &Row,
    (value, source): (Option<&str>, &str),
) -> Result<(), CatalogError> {
    let (object_type, key, sensitive): (i64, String, bool) =
        (row.get(0)?, row.get(2)?, row.get(6)?);
    let place = sealed::execution_parameter(execution.0, object_type, &key);
    let stored = sealed::store(tx, &place, value, sensitive)?;
    tx.execute(
        "INSERT INTO execution_parameter_values (execution_id, object_type,
             parameter_data_type, parameter_name, parameter_key, parameter_value, sealed_value,
             sensitive, required, value_set, runtime_override, value_source)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, ?11)",
        &params![
            execution,
            object_type,
            row.get::<String>(4)?,
            row.get::<String>(3)?,
            key,
            stored.text,
            stored.sealed,
            sensitive,
            row.get::<bool>(5)?,
            value.is_some(),
            source,
        ],
    )?;
    Ok(())
}

/// The system parameters (object type 50) of the `set_execution_parameter_value` page.
pub(super) fn insert_system(
    tx: &mut dyn Tx,
    execution: ExecutionId,
    logging_level: i64,
) -> Result<(), CatalogError> {
    tx.execute(
        "INSERT INTO execution_parameter_values (execution_id, object_type,
             parameter_data_type, parameter_name, parameter_key, parameter_value, sensitive,
             required, value_set, runtime_override, value_source)
         VALUES
             (?1, 50, 'String', 'CALLER_INFO', 'caller_info', NULL, 0, 0, 0, 0, 'D'),
             (?1, 50, 'String', 'CUSTOMIZED_LOGGING_LEVEL', 'customized_logging_level', NULL,
              0, 0, 0, 0, 'D'),
             (?1, 50, 'String', 'DUMP_EVENT_CODE', 'dump_event_code', NULL, 0, 0, 0, 0, 'D'),
             (?1, 50, 'Boolean', 'DUMP_ON_ERROR', 'dump_on_error', 'False', 0, 0, 1, 0, 'D'),
             (?1, 50, 'Boolean', 'DUMP_ON_EVENT', 'dump_on_event', 'False', 0, 0, 1, 0, 'D'),
             (?1, 50, 'Int32', 'LOGGING_LEVEL', 'logging_level', ?2, 0, 0, 1, 0, 'S'),
             (?1, 50, 'Boolean', 'SYNCHRONIZED', 'synchronized', 'False', 0, 0, 1, 0, 'D')",
        &params![execution, logging_level.to_string()],
    )?;
    Ok(())
}
