//! A project: packages, parameters and connection managers that are deployed together.

use std::sync::Arc;

use model::{ObjectType, TypeCode, Value};

use crate::{ConnectionManager, Creation, Package, Parameter, ProtectionLevel, Secret};

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
    /// The documents that it was read from.
    pub parts: Vec<Part>,
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
    /// The package with this file name, in any letter case, with or without `.dtsx`.
    pub fn package(&self, file_name: &str) -> Option<&ProjectPackage> {
        let stem = |name: &str| name.to_lowercase().trim_end_matches(".dtsx").to_owned();
        let wanted = stem(file_name);
        self.packages.iter().find(|package| stem(&package.file_name) == wanted)
    }
}
