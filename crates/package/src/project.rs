//! A project: packages, parameters and connection managers that are deployed together.

mod build;
mod parameters;
mod read;

use std::sync::Arc;

use model::{Diagnostic, ObjectType, TypeCode, Value};

use crate::{
    ConnectionManager, Creation, Package, Parameter, ProtectionLevel, ReadError, ReadOptions,
    Secret, SetPropertyError, archive, set,
};

/// A project as its author configured it.
#[derive(Clone, Debug)]
pub struct Project {
    /// The project's name.
    pub name: String,
    /// `{GUID}`.
    pub id: String,
    /// The author's words about it.
    pub description: String,
    /// The author's version numbers.
    pub version: ProjectVersion,
    /// Who made it, when and where.
    pub creation: Creation,
    /// How sensitive values are kept in its documents.
    pub protection_level: ProtectionLevel,
    /// The project's parameters.
    pub parameters: Vec<Parameter>,
    /// The project's connection managers.
    pub connections: Vec<ConnectionManager>,
    /// Its packages, in the order of the manifest.
    pub packages: Vec<ProjectPackage>,
    /// File names of the documents of `connections`, in the same order.
    pub connection_files: Vec<String>,
    /// The documents that it was read from.
    pub parts: Vec<Part>,
    /// What the manifest repeats about `CM.` parameters: file name of the package (`None` for the
    /// project), and the parameter.
    pub listed_parameters: Vec<(Option<String>, Parameter)>,
}

/// A package of a project.
#[derive(Clone, Debug)]
pub struct ProjectPackage {
    /// For example `Load Customers.dtsx`.
    pub file_name: String,
    /// Whether it is meant to be started by itself.
    pub entry_point: bool,
    /// The package.
    pub package: Package,
}

/// The author's version numbers of a project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProjectVersion {
    /// Major version.
    pub major: i32,
    /// Minor version.
    pub minor: i32,
    /// Build.
    pub build: i32,
    /// The author's words about the version.
    pub comments: String,
}

/// One document of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// File name, not URL-encoded, without folders.
    pub name: String,
    /// Content.
    pub bytes: Arc<[u8]>,
}

/// A parameter as `catalog.object_parameters` lists it.
#[derive(Clone, Debug)]
pub struct ObjectParameter {
    /// Whether it belongs to the project or to a package.
    pub object_type: ObjectType,
    /// Name of the project, or file name of the package.
    pub object_name: String,
    /// The parameter's name; `CM.<connection>.<property>` for a property of a connection manager.
    pub name: String,
    /// The type of its values.
    pub type_code: TypeCode,
    /// Whether an execution must supply a value.
    pub required: bool,
    /// Whether the value is sensitive.
    pub sensitive: bool,
    /// The author's words about it.
    pub description: String,
    /// The value it has when nobody gives one; NULL for a sensitive one, see `secret`.
    pub design_default: Value,
    /// The design default of a sensitive parameter, where the project holds it readably.
    pub secret: Option<Secret>,
}

impl Project {
    /// Reads a project deployment file (`.ispac`).
    pub fn from_ispac(
        bytes: &[u8],
        options: &ReadOptions,
    ) -> Result<(Self, Vec<Diagnostic>), ReadError> {
        Self::from_parts(archive::read(bytes)?, options)
    }

    /// Reads a project from its documents: those of an `.ispac`, those of a folder with a `.dtproj`
    /// file, loose `.dtsx`, `.conmgr` and `Project.params` files, or a single `.dtsx` file.
    ///
    /// Without a manifest, every package is an entry point, and the project has the name of its
    /// first package; the caller, who knows the folder, may give it another.
    pub fn from_parts(
        parts: Vec<Part>,
        options: &ReadOptions,
    ) -> Result<(Self, Vec<Diagnostic>), ReadError> {
        read::read(parts, options)
    }

    /// The project as a deployment file: the same bytes for the same project. What is deployed are
    /// the documents that the project was read from, with a manifest that says what this value
    /// says.
    pub fn to_ispac(&self) -> Result<Vec<u8>, ReadError> {
        build::build(self)
    }

    /// Sets the property of a project connection manager that a parameter
    /// `CM.<connection>.<property>` stands for.
    pub fn set_connection_parameter(
        &mut self,
        parameter: &str,
        value: &Value,
    ) -> Result<(), SetPropertyError> {
        set::set_connection_parameter(&mut self.connections, parameter, value)
    }

    /// The connection manager of the project with this name, refId or id, in any letter case.
    pub fn connection(&self, key: &str) -> Option<&ConnectionManager> {
        self.connections.iter().find(|connection| connection.answers_to(key))
    }

    /// The package with this file name, in any letter case, with or without `.dtsx`.
    pub fn package(&self, file_name: &str) -> Option<&ProjectPackage> {
        let wanted = stem(file_name);
        self.packages.iter().find(|package| stem(&package.file_name) == wanted)
    }
}

/// A file name in small letters without `.dtsx`.
fn stem(file_name: &str) -> String {
    let name = file_name.to_lowercase();
    name.strip_suffix(".dtsx").map_or(name.clone(), str::to_owned)
}

#[cfg(test)]
mod tests;
