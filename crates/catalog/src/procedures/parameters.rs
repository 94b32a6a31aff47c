//! The packages and parameters of a project's current version.

use model::{ProjectId, Value};
use package::{ObjectParameter, Project, ProjectPackage};

use super::names::fold;
use crate::error::CatalogError;
use crate::sealed::{self, DESIGN_DEFAULT, ParameterKey, SERVER_DEFAULT, Stored};
use crate::store::{Row, Tx, params};

/// What happens to values that were set on the server.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Overrides {
    /// They stay where the parameter still has the same type, as after a new deployment.
    Keep,
    /// All are reset, as after a restore.
    Reset,
}

/// Makes packages and parameters those of `project`.
pub(super) fn replace(
    tx: &mut dyn Tx,
    id: ProjectId,
    project: &Project,
    overrides: Overrides,
) -> Result<usize, CatalogError> {
    replace_packages(tx, id, &project.packages)?;
    let parameters = project.object_parameters();
    for parameter in &parameters {
        upsert_parameter(tx, id, parameter, overrides)?;
    }
    delete_others(tx, id, &parameters)?;
    Ok(parameters.len())
}

fn replace_packages(
    tx: &mut dyn Tx,
    id: ProjectId,
    packages: &[ProjectPackage],
) -> Result<(), CatalogError> {
    for package in packages {
        upsert_package(tx, id, package)?;
    }
    let sql = "SELECT package_id, name_key FROM packages WHERE project_id = ?1";
    for row in tx.query(sql, &params![id])? {
        let key: String = row.get(1)?;
        if !packages.iter().any(|package| fold(&package.file_name) == key) {
            let package: i64 = row.get(0)?;
            tx.execute("DELETE FROM packages WHERE package_id = ?1", &params![package])?;
        }
    }
    Ok(())
}

fn upsert_package(
    tx: &mut dyn Tx,
    id: ProjectId,
    package: &ProjectPackage,
) -> Result<(), CatalogError> {
    let model = &package.package;
    tx.execute(
        "INSERT INTO packages (project_id, name, name_key, package_guid, description,
             package_format_version, version_major, version_minor, version_build,
             version_comments, version_guid, entry_point)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
         ON CONFLICT (project_id, name_key) DO UPDATE SET
             name = excluded.name, package_guid = excluded.package_guid,
             description = excluded.description,
             package_format_version = excluded.package_format_version,
             version_major = excluded.version_major, version_minor = excluded.version_minor,
             version_build = excluded.version_build,
             version_comments = excluded.version_comments,
             version_guid = excluded.version_guid, entry_point = excluded.entry_point,
             validation_status = 'N', last_validation_time = NULL",
        &params![
            id,
            &package.file_name,
            fold(&package.file_name),
            &model.root.id,
            &model.root.description,
            model.format_version,
            model.version.major,
            model.version.minor,
            model.version.build,
            &model.version.comments,
            &model.version.guid,
            package.entry_point,
        ],
    )?;
    Ok(())
}

/// What a parameter of an earlier version had.
struct Earlier {
    data_type: String,
    sensitive: bool,
    value_type: String,
    value_set: bool,
    variable: Option<String>,
    stored: Stored,
}

fn earlier(row: &Row) -> Result<Earlier, CatalogError> {
    Ok(Earlier {
        data_type: row.get(0)?,
        sensitive: row.get(1)?,
        value_type: row.get(2)?,
        value_set: row.get(3)?,
        variable: row.get(4)?,
        stored: Stored { text: row.get(5)?, sealed: row.get(6)? },
    })
}

fn upsert_parameter(
    tx: &mut dyn Tx,
    id: ProjectId,
    parameter: &ObjectParameter,
    overrides: Overrides,
) -> Result<(), CatalogError> {
    let (object_key, key) = (fold(&parameter.object_name), fold(&parameter.name));
    let object_type = i64::from(parameter.object_type.number());
    let row_key = ParameterKey { project: id.0, object_type, object_key: &object_key, key: &key };
    let sql = "SELECT data_type, sensitive, value_type, value_set, referenced_variable_name,
                      default_value, sealed_default
               FROM object_parameters
               WHERE project_id = ?1 AND object_type = ?2 AND object_key = ?3
                 AND parameter_key = ?4";
    let found = tx.query_opt(sql, &params![id, object_type, &object_key, &key])?;
    let kept = match found.as_ref().map(earlier).transpose()? {
        Some(earlier) if overrides == Overrides::Keep => keep(tx, earlier, parameter, &row_key)?,
        Some(_) | None => Kept::default(),
    };
    let design = design_default(parameter);
    let place = sealed::object_parameter(DESIGN_DEFAULT, &row_key);
    let design = sealed::store(tx, &place, design.as_deref(), parameter.sensitive)?;
    tx.execute(
        "INSERT INTO object_parameters (project_id, object_type, object_name, object_key,
             parameter_name, parameter_key, data_type, required, sensitive, description,
             design_default_value, sealed_design_default, default_value, sealed_default,
             value_type, value_set, referenced_variable_name)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)
         ON CONFLICT (project_id, object_type, object_key, parameter_key) DO UPDATE SET
             object_name = excluded.object_name, parameter_name = excluded.parameter_name,
             data_type = excluded.data_type, required = excluded.required,
             sensitive = excluded.sensitive, description = excluded.description,
             design_default_value = excluded.design_default_value,
             sealed_design_default = excluded.sealed_design_default,
             default_value = excluded.default_value, sealed_default = excluded.sealed_default,
             value_type = excluded.value_type, value_set = excluded.value_set,
             referenced_variable_name = excluded.referenced_variable_name",
        &params![
            id,
            object_type,
            &parameter.object_name,
            &object_key,
            &parameter.name,
            &key,
            parameter.type_code.name(),
            parameter.required,
            parameter.sensitive,
            &parameter.description,
            design.text,
            design.sealed,
            kept.stored.text,
            kept.stored.sealed,
            kept.value_type.as_deref().unwrap_or("V"),
            kept.value_set,
            kept.variable,
        ],
    )?;
    Ok(())
}

/// The server's value of a parameter after a deployment.
#[derive(Default)]
struct Kept {
    value_type: Option<String>,
    value_set: bool,
    variable: Option<String>,
    stored: Stored,
}

fn keep(
    tx: &dyn Tx,
    earlier: Earlier,
    parameter: &ObjectParameter,
    row_key: &ParameterKey<'_>,
) -> Result<Kept, CatalogError> {
    if earlier.data_type != parameter.type_code.name() {
        return Ok(Kept::default());
    }
    let stored = if earlier.sensitive == parameter.sensitive {
        earlier.stored
    } else {
        let place = sealed::object_parameter(SERVER_DEFAULT, row_key);
        let what = || format!("the server default of parameter `{}`", parameter.name);
        let value = sealed::reveal(tx, &place, earlier.stored, what)?;
        sealed::store(tx, &place, value.as_deref(), parameter.sensitive)?
    };
    Ok(Kept {
        value_type: Some(earlier.value_type),
        value_set: earlier.value_set,
        variable: earlier.variable,
        stored,
    })
}

fn design_default(parameter: &ObjectParameter) -> Option<String> {
    if parameter.sensitive {
        return parameter.secret.as_ref().map(|secret| secret.expose().to_owned());
    }
    Some(&parameter.design_default).filter(|value| !value.is_null()).map(Value::to_string)
}

fn delete_others(
    tx: &mut dyn Tx,
    id: ProjectId,
    parameters: &[ObjectParameter],
) -> Result<(), CatalogError> {
    let current: std::collections::HashSet<(i64, String, String)> = parameters
        .iter()
        .map(|parameter| {
            let object_type = i64::from(parameter.object_type.number());
            (object_type, fold(&parameter.object_name), fold(&parameter.name))
        })
        .collect();
    let sql = "SELECT parameter_id, object_type, object_key, parameter_key FROM object_parameters
               WHERE project_id = ?1";
    for row in tx.query(sql, &params![id])? {
        if !current.contains(&(row.get(1)?, row.get(2)?, row.get(3)?)) {
            let parameter: i64 = row.get(0)?;
            let sql = "DELETE FROM object_parameters WHERE parameter_id = ?1";
            tx.execute(sql, &params![parameter])?;
        }
    }
    Ok(())
}
