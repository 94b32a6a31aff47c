//! Environments, their variables, and the references of projects to them.

use catalog::procedures::{
    self, EnvironmentName, NewVariable, ProjectName, PropertyValue, ReferenceLocation, VariableName,
};
use catalog::{Caller, CatalogError, Tx};
use tsql::value::{SqlError, SqlValue};

use super::call::Call;
use super::{BIGINT, BIT, CHAR, Default as Or, Definition, NAME, Parameter, VARIANT, text};

const FOLDER: Parameter = Parameter::new("@folder_name", NAME);
const ENVIRONMENT: Parameter = Parameter::new("@environment_name", NAME);
const VARIABLE: Parameter = Parameter::new("@variable_name", NAME);
const PROPERTY: Parameter = Parameter::new("@property_name", NAME);
const REFERENCE: Parameter = Parameter::new("@reference_id", BIGINT);
const SENSITIVE: Parameter = Parameter::new("@sensitive", BIT).also("@is_sensitive");
const REFERENCE_TYPE: Parameter =
    Parameter::new("@reference_type", CHAR).also("@reference_location");

pub(super) const DEFINITIONS: &[Definition] = &[
    Definition::catalog(
        "create_environment",
        &[FOLDER, ENVIRONMENT, Parameter::new("@environment_description", text(1024)).or(Or::Null)],
        |call| {
            let description = call.text_or_null(2);
            on_environment(call, move |tx, caller, name| {
                let description = description.as_deref();
                procedures::create_environment(tx, caller, name, description).map(drop)
            })
        },
    ),
    Definition::catalog("delete_environment", &[FOLDER, ENVIRONMENT], |call| {
        on_environment(call, procedures::delete_environment)
    }),
    Definition::catalog(
        "rename_environment",
        &[FOLDER, ENVIRONMENT, Parameter::new("@new_environment_name", NAME)],
        |call| {
            let new_name = call.text(2)?;
            on_environment(call, move |tx, caller, name| {
                procedures::rename_environment(tx, caller, name, &new_name)
            })
        },
    ),
    Definition::catalog(
        "move_environment",
        &[
            Parameter::new("@source_folder", NAME),
            ENVIRONMENT,
            Parameter::new("@destination_folder", NAME),
        ],
        |call| {
            let destination = call.text(2)?;
            on_environment(call, move |tx, caller, name| {
                procedures::move_environment(tx, caller, name, &destination)
            })
        },
    ),
    Definition::catalog(
        "set_environment_property",
        &[FOLDER, ENVIRONMENT, PROPERTY, Parameter::new("@property_value", text(1024))],
        |call| {
            let (property_name, property_value) = (call.text(2)?, call.text_or_null(3));
            on_environment(call, move |tx, caller, name| {
                let property = PropertyValue {
                    property_name: &property_name,
                    property_value: property_value.as_deref(),
                };
                procedures::set_environment_property(tx, caller, name, &property)
            })
        },
    ),
    Definition::catalog(
        "create_environment_variable",
        &[
            FOLDER,
            ENVIRONMENT,
            VARIABLE,
            Parameter::new("@data_type", NAME),
            SENSITIVE,
            Parameter::new("@value", VARIANT),
            Parameter::new("@description", text(1024)).or(Or::Null),
        ],
        create_environment_variable,
    ),
    Definition::catalog("delete_environment_variable", &[FOLDER, ENVIRONMENT, VARIABLE], |call| {
        on_variable(call, procedures::delete_environment_variable)
    }),
    Definition::catalog(
        "set_environment_variable_value",
        &[FOLDER, ENVIRONMENT, VARIABLE, Parameter::new("@value", VARIANT)],
        |call| {
            let value = call.variant(3)?;
            on_variable(call, move |tx, caller, name| {
                procedures::set_environment_variable_value(tx, caller, name, &value)
            })
        },
    ),
    Definition::catalog(
        "set_environment_variable_property",
        &[FOLDER, ENVIRONMENT, VARIABLE, PROPERTY, Parameter::new("@property_value", text(4000))],
        |call| {
            let (property_name, property_value) = (call.text(3)?, call.text_or_null(4));
            on_variable(call, move |tx, caller, name| {
                let property = PropertyValue {
                    property_name: &property_name,
                    property_value: property_value.as_deref(),
                };
                procedures::set_environment_variable_property(tx, caller, name, &property)
            })
        },
    ),
    Definition::catalog(
        "set_environment_variable_protection",
        &[FOLDER, ENVIRONMENT, VARIABLE, SENSITIVE],
        |call| {
            let sensitive = call.bit(3)?;
            on_variable(call, move |tx, caller, name| {
                procedures::set_environment_variable_protection(tx, caller, name, sensitive)
            })
        },
    ),
    Definition::catalog(
        "create_environment_reference",
        &[
            FOLDER,
            Parameter::new("@project_name", NAME),
            ENVIRONMENT,
            REFERENCE_TYPE,
            Parameter::new("@environment_folder_name", NAME).or(Or::Null),
            REFERENCE.or(Or::Null).out(),
        ],
        create_environment_reference,
    ),
    Definition::catalog("delete_environment_reference", &[REFERENCE], |call| {
        let id = call.number(0)?;
        call.write(move |tx, caller| procedures::delete_environment_reference(tx, caller, id))?;
        Ok(0)
    }),
    Definition::catalog(
        "set_environment_reference_type",
        &[REFERENCE, REFERENCE_TYPE, Parameter::new("@environment_folder_name", NAME).or(Or::Null)],
        |call| {
            let (id, folder) = (call.number(0)?, location(call, 1, 2)?);
            call.write(move |tx, caller| {
                procedures::set_environment_reference_type(tx, caller, id, at(&folder))
            })?;
            Ok(0)
        },
    ),
];

/// Changes the environment that the first two arguments name.
fn on_environment<F>(call: &mut Call<'_>, change: F) -> Result<i32, SqlError>
where
    F: Fn(&mut dyn Tx, &Caller, &EnvironmentName<'_>) -> Result<(), CatalogError>
        + Send
        + Sync
        + 'static,
{
    let (folder, environment) = (call.text(0)?, call.text(1)?);
    call.write(move |tx, caller| {
        let name = EnvironmentName { folder_name: &folder, environment_name: &environment };
        change(tx, caller, &name)
    })?;
    Ok(0)
}

/// Changes the variable that the first three arguments name.
fn on_variable<F>(call: &mut Call<'_>, change: F) -> Result<i32, SqlError>
where
    F: Fn(&mut dyn Tx, &Caller, &VariableName<'_>) -> Result<(), CatalogError>
        + Send
        + Sync
        + 'static,
{
    let (folder, environment, variable) = (call.text(0)?, call.text(1)?, call.text(2)?);
    call.write(move |tx, caller| {
        let environment = EnvironmentName { folder_name: &folder, environment_name: &environment };
        change(tx, caller, &VariableName { environment, variable_name: &variable })
    })?;
    Ok(0)
}

fn create_environment_variable(call: &mut Call<'_>) -> Result<i32, SqlError> {
    let (data_type, sensitive) = (call.text(3)?, call.bit(4)?);
    let (value, description) = (call.variant(5)?, call.text_or_null(6));
    on_variable(call, move |tx, caller, name| {
        let new = NewVariable {
            data_type: &data_type,
            sensitive,
            value: &value,
            description: description.as_deref(),
        };
        procedures::create_environment_variable(tx, caller, name, &new).map(drop)
    })
}

/// The folder of an absolute reference, which has to be named; `None` for a relative one.
fn location(call: &Call<'_>, kind: usize, folder: usize) -> Result<Option<String>, SqlError> {
    match call.text(kind)?.as_str() {
        "R" | "r" => Ok(None),
        "A" | "a" => {
            let name = call.text_or_null(folder).filter(|name| !name.is_empty());
            let text = "The value of the input parameter 'environment_folder_name' is not valid.";
            name.map(Some).ok_or_else(|| SqlError::new(27101, 16, 1, text))
        }
        _ => {
            let text = "The value of the input parameter 'reference_type' is not valid: use R for \
                        a relative or A for an absolute reference.";
            Err(SqlError::new(27101, 16, 1, text))
        }
    }
}

fn at(folder: &Option<String>) -> ReferenceLocation<'_> {
    folder.as_deref().map_or(ReferenceLocation::Relative, ReferenceLocation::Absolute)
}

fn create_environment_reference(call: &mut Call<'_>) -> Result<i32, SqlError> {
    let (folder_name, project_name) = (call.text(0)?, call.text(1)?);
    let (environment, folder) = (call.text(2)?, location(call, 3, 4)?);
    let id = call.write(move |tx, caller| {
        let project = ProjectName { folder_name: &folder_name, project_name: &project_name };
        let to = (at(&folder), environment.as_str());
        procedures::create_environment_reference(tx, caller, &project, to)
    })?;
    call.set(5, SqlValue::BigInt(id));
    Ok(0)
}
