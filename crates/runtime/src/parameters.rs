//! Parameters: which value each has in a run, and which values cannot be.

use model::{ObjectType, Value};
use package::{ConnectionManager, Package, Parameter, SetPropertyError};

use crate::ParameterValue;
use crate::convert::to_type;
use crate::scope::{Cell, PACKAGE_PARAMETER, PROJECT_PARAMETER};

/// A run cannot start with the values that were given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParameterError {
    /// A required parameter has no value.
    #[error(
        "the {owner} parameter `{name}` is required and has no value; give one with \
         --param '{name}=VALUE'"
    )]
    Missing {
        /// `project` or `package`.
        owner: &'static str,
        /// The parameter.
        name: String,
    },
    /// A value of the wrong type.
    #[error("the {owner} parameter `{name}` is of type {type_code} and does not take {value}")]
    WrongType {
        /// `project` or `package`.
        owner: &'static str,
        /// The parameter.
        name: String,
        /// Its type, by its .NET name.
        type_code: &'static str,
        /// The value; not that of a sensitive parameter.
        value: String,
    },
    /// There is no such parameter.
    #[error("the {owner} has no parameter `{name}`")]
    Unknown {
        /// `project` or `package`.
        owner: &'static str,
        /// The parameter.
        name: String,
    },
    /// A parameter that stands for a property of a connection manager cannot be applied.
    #[error("the {owner} parameter `{name}` cannot be applied")]
    Connection {
        /// `project` or `package`.
        owner: &'static str,
        /// The parameter.
        name: String,
        /// Why.
        #[source]
        source: SetPropertyError,
    },
}

/// The values given for one scope, while parameters are taken from them.
pub(crate) struct Given<'a> {
    owner: &'static str,
    values: Vec<&'a ParameterValue>,
}

impl<'a> Given<'a> {
    /// The values for the project or the package.
    pub(crate) fn of(scope: ObjectType, values: &'a [ParameterValue]) -> Self {
        let owner = if scope == ObjectType::Project { "project" } else { "package" };
        Self { owner, values: values.iter().filter(|value| value.scope == scope).collect() }
    }

    /// The variables that stand for `parameters`, with their values. The last value that was
    /// given counts; without one, the design default.
    pub(crate) fn cells(&self, parameters: &[Parameter]) -> Result<Vec<Cell>, ParameterError> {
        let namespace = if self.owner == "project" { PROJECT_PARAMETER } else { PACKAGE_PARAMETER };
        for value in self.values.iter().filter(|value| !is_connection(&value.name)) {
            if !parameters.iter().any(|parameter| parameter.name == value.name) {
                return Err(ParameterError::Unknown {
                    owner: self.owner,
                    name: value.name.clone(),
                });
            }
        }
        let cell = |parameter: &Parameter| {
            Ok(Cell::of_parameter(namespace, parameter, self.value_of(parameter)?))
        };
        parameters.iter().map(cell).collect()
    }

    fn value_of(&self, parameter: &Parameter) -> Result<Value, ParameterError> {
        let given = self.values.iter().rev().find(|value| value.name == parameter.name);
        match given {
            Some(given) => typed(self.owner, parameter, &given.value),
            None if parameter.required => {
                Err(ParameterError::Missing { owner: self.owner, name: parameter.name.clone() })
            }
            None => Ok(design_default(parameter)),
        }
    }

    /// Applies the values that stand for properties of connection managers.
    pub(crate) fn apply_to(
        &self,
        connections: &mut [ConnectionManager],
    ) -> Result<(), ParameterError> {
        for value in &self.values {
            let Some((connection, property)) = package::split_connection_parameter(&value.name)
            else {
                continue;
            };
            let found = connections.iter_mut().find(|c| c.name.eq_ignore_ascii_case(connection));
            let Some(found) = found else {
                return Err(ParameterError::Unknown {
                    owner: self.owner,
                    name: value.name.clone(),
                });
            };
            found.set_property(property, &value.value).map_err(|source| {
                ParameterError::Connection { owner: self.owner, name: value.name.clone(), source }
            })?;
            // An explicit value is not to be overwritten by the design's expression.
            found.property_expressions.retain(|e| !e.property.eq_ignore_ascii_case(property));
        }
        Ok(())
    }
}

fn is_connection(name: &str) -> bool {
    package::split_connection_parameter(name).is_some()
}

/// The value of a parameter as its type has it.
pub(crate) fn typed(
    owner: &'static str,
    parameter: &Parameter,
    value: &Value,
) -> Result<Value, ParameterError> {
    to_type(value, parameter.type_code).map_err(|_| ParameterError::WrongType {
        owner,
        name: parameter.name.clone(),
        type_code: parameter.type_code.name(),
        value: if parameter.sensitive { "the value".to_owned() } else { format!("`{value}`") },
    })
}

/// The value a parameter has when nobody gives one.
pub(crate) fn design_default(parameter: &Parameter) -> Value {
    match &parameter.secret {
        Some(secret) => Value::text(secret.expose()),
        None => parameter.value.clone(),
    }
}

/// The variables of a child package: its own parameters from what its parent assigns.
pub(crate) fn cells_of_child(
    package: &Package,
    assigned: &[(String, Value)],
) -> Result<Vec<Cell>, ParameterError> {
    let values: Vec<ParameterValue> = assigned
        .iter()
        .map(|(name, value)| ParameterValue {
            scope: ObjectType::Package,
            name: name.clone(),
            value: value.clone(),
        })
        .collect();
    Given::of(ObjectType::Package, &values).cells(&package.parameters)
}
