//! The parameters of a project and its packages as the catalog lists them.

use model::{ObjectType, TypeCode, Value};

use super::{ObjectParameter, Project, ProjectPackage, stem};
use crate::{ConnectionManager, Parameter};

impl Project {
    /// Every parameter: the project's, then each package's, those of connection managers
    /// (`CM.<connection>.<property>`) behind the declared ones.
    pub fn object_parameters(&self) -> Vec<ObjectParameter> {
        let mut all = self.project_parameters();
        for package in &self.packages {
            all.extend(self.package_parameters(package));
        }
        all
    }

    /// The parameters that an execution of this package takes: the project's and its own; `None`
    /// when there is no such package.
    pub fn parameters_of(&self, file_name: &str) -> Option<Vec<ObjectParameter>> {
        let package = self.package(file_name)?;
        let mut all = self.project_parameters();
        all.extend(self.package_parameters(package));
        Some(all)
    }

    fn project_parameters(&self) -> Vec<ObjectParameter> {
        let owner = (ObjectType::Project, self.name.as_str());
        let listed = self.listed_parameters.iter().filter(|(package, _)| package.is_none());
        let listed = listed.map(|(_, parameter)| parameter);
        all_of(owner, &self.parameters, &self.connections, listed)
    }

    fn package_parameters(&self, package: &ProjectPackage) -> Vec<ObjectParameter> {
        let owner = (ObjectType::Package, package.file_name.as_str());
        let wanted = stem(&package.file_name);
        let listed = self.listed_parameters.iter().filter(|(package, _)| {
            package.as_deref().is_some_and(|file_name| stem(file_name) == wanted)
        });
        let listed = listed.map(|(_, parameter)| parameter);
        all_of(owner, &package.package.parameters, &package.package.connections, listed)
    }
}

type Owner<'a> = (ObjectType, &'a str);

/// Declared parameters, those of connection managers, and those that only the manifest knows.
fn all_of<'a>(
    owner: Owner<'_>,
    declared: &[Parameter],
    connections: &[ConnectionManager],
    listed: impl Iterator<Item = &'a Parameter>,
) -> Vec<ObjectParameter> {
    let mut all: Vec<ObjectParameter> =
        declared.iter().map(|parameter| from_declared(owner, parameter)).collect();
    for connection in connections {
        all.extend(of_connection(owner, connection));
    }
    for parameter in listed {
        if !all.iter().any(|known| known.name.eq_ignore_ascii_case(&parameter.name)) {
            all.push(from_declared(owner, parameter));
        }
    }
    all
}

fn from_declared((object_type, object_name): Owner<'_>, parameter: &Parameter) -> ObjectParameter {
    ObjectParameter {
        object_type,
        object_name: object_name.to_owned(),
        name: parameter.name.clone(),
        type_code: parameter.type_code,
        required: parameter.required,
        sensitive: parameter.sensitive,
        description: parameter.description.clone(),
        design_default: parameter.value.clone(),
        secret: parameter.secret.clone(),
    }
}

/// The parameters of a connection manager: one for each property that its kind offers.
fn of_connection(
    (object_type, object_name): Owner<'_>,
    connection: &ConnectionManager,
) -> Vec<ObjectParameter> {
    let offered = connection.offered_properties().iter();
    let parameter = |&(property, type_code, sensitive): &(&str, TypeCode, bool)| ObjectParameter {
        object_type,
        object_name: object_name.to_owned(),
        name: format!("CM.{}.{property}", connection.name),
        type_code,
        required: false,
        sensitive,
        description: String::new(),
        design_default: match sensitive {
            true => Value::Null,
            false => connection.property(property).unwrap_or_default(),
        },
        secret: if sensitive { connection.password.clone() } else { None },
    };
    offered.map(parameter).collect()
}
