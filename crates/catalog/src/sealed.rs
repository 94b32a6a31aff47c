//! Values that stand in two columns: readably, or sealed when they are sensitive.

use crate::error::CatalogError;
use crate::key::Place;
use crate::store::Tx;

/// What to write into the two columns of a value.
#[derive(Default)]
pub(crate) struct Stored {
    pub(crate) text: Option<String>,
    pub(crate) sealed: Option<Vec<u8>>,
}

/// Prepares a value for its row.
pub(crate) fn store(
    tx: &dyn Tx,
    place: &Place,
    value: Option<&str>,
    sensitive: bool,
) -> Result<Stored, CatalogError> {
    let Some(value) = value else { return Ok(Stored::default()) };
    if !sensitive {
        return Ok(Stored { text: Some(value.to_owned()), sealed: None });
    }
    let sealed = tx.key().seal(place, value.as_bytes()).map_err(CatalogError::Seal)?;
    Ok(Stored { text: None, sealed: Some(sealed) })
}

/// The value that a row holds in either form.
pub(crate) fn reveal(
    tx: &dyn Tx,
    place: &Place,
    stored: Stored,
    what: impl FnOnce() -> String,
) -> Result<Option<String>, CatalogError> {
    let Some(sealed) = stored.sealed else { return Ok(stored.text) };
    let text = tx.key().open_text(place, &sealed);
    text.map(Some).map_err(|source| CatalogError::Sealed { what: what(), source })
}

/// A parameter of one execution.
pub(crate) fn execution_parameter(execution: i64, object_type: i64, key: &str) -> Place {
    let row = [execution.to_string(), object_type.to_string()];
    Place::new("execution_parameter_values.sealed_value", &[&row[0], &row[1], key])
}

/// A property set for one execution.
pub(crate) fn property_override(execution: i64, path: &str) -> Place {
    Place::new("execution_property_override_values.sealed_value", &[&execution.to_string(), path])
}

/// A parameter of a project or package: its design default, or its server default.
pub(crate) fn object_parameter(column: &'static str, parameter: &ParameterKey<'_>) -> Place {
    let row = [parameter.project.to_string(), parameter.object_type.to_string()];
    Place::new(column, &[&row[0], &row[1], parameter.object_key, parameter.key])
}

/// The natural key of a row of `object_parameters`.
pub(crate) struct ParameterKey<'a> {
    pub(crate) project: i64,
    pub(crate) object_type: i64,
    pub(crate) object_key: &'a str,
    pub(crate) key: &'a str,
}

/// The column of a sealed server default.
pub(crate) const SERVER_DEFAULT: &str = "object_parameters.sealed_default";

/// The column of a sealed design default.
pub(crate) const DESIGN_DEFAULT: &str = "object_parameters.sealed_design_default";

/// A variable of an environment.
pub(crate) fn environment_variable(environment: i64, key: &str) -> Place {
    Place::new("environment_variables.sealed_value", &[&environment.to_string(), key])
}

/// What a validation checks.
pub(crate) fn validation_checks(validation: i64) -> Place {
    Place::new("validations.sealed_checks", &[&validation.to_string()])
}

/// A project's file.
pub(crate) fn project_file(hash: &str) -> Place {
    Place::new("project_files.sealed", &[hash])
}
