//! A package: its root executable and what belongs to the package as a whole.

mod checkpoint;

pub use checkpoint::{Checkpoint, CheckpointVariable};

use model::{Diagnostic, Span};

use crate::codes::numbered;
use crate::{ConnectionManager, Executable, Parameter, ReadError, ReadOptions, read};

/// A package as its author configured it.
#[derive(Clone, Debug)]
pub struct Package {
    /// `PackageFormatVersion`: 2 (2005), 3 (2008), 6 (2012), 8 (2014 and later).
    pub format_version: u32,
    /// The package as a container; its kind is [`crate::ExecutableKind::Package`], its name and id
    /// are the package's.
    pub root: Executable,
    /// The author's version numbers.
    pub version: PackageVersion,
    /// Who made it, when and where.
    pub creation: Creation,
    /// Build of the product that saved it last, for example `14.0.0800.98`.
    pub last_modified_product_version: String,
    /// How sensitive values are kept in the document.
    pub protection_level: ProtectionLevel,
    /// 5 for a package of the current designers.
    pub package_type: i32,
    /// How many executables run at once; -1 is the number of logical processors plus 2.
    pub max_concurrent_executables: i32,
    /// Priority class of the process: 0 default to 4 idle.
    pub priority_class: i32,
    /// Restarting from a checkpoint.
    pub checkpoints: Checkpoints,
    /// Whether package configurations are applied.
    pub enable_configurations: bool,
    /// Whether configurations that fail do so without a warning.
    pub suppress_configuration_warnings: bool,
    /// The package's own connection managers.
    pub connections: Vec<ConnectionManager>,
    /// The package's parameters.
    pub parameters: Vec<Parameter>,
    /// Log providers; executables choose among them.
    pub log_providers: Vec<LogProvider>,
    /// Package configurations, in the order in which they apply.
    pub configurations: Vec<Configuration>,
    /// Elements that no SSIS version is known to write, with their places.
    pub unknown: Vec<UnknownPart>,
}

impl Package {
    /// Reads a package (`.dtsx`). `file_name` is for messages only.
    pub fn from_bytes(
        file_name: &str,
        bytes: &[u8],
        options: &ReadOptions,
    ) -> Result<(Self, Vec<Diagnostic>), ReadError> {
        read::read_package(file_name, bytes, options)
    }

    /// The package's name (`ObjectName`), which is usually its file name without `.dtsx`.
    pub fn name(&self) -> &str {
        &self.root.name
    }

    /// The package's id, `{GUID}`.
    pub fn id(&self) -> &str {
        &self.root.id
    }

    /// The connection manager with this name, refId or id, in any letter case.
    pub fn connection(&self, key: &str) -> Option<&ConnectionManager> {
        self.connections.iter().find(|connection| connection.answers_to(key))
    }

    /// Every executable in document order, the root first, event handlers and what is in them
    /// included.
    pub fn executables(&self) -> Vec<&Executable> {
        let mut all = Vec::new();
        let mut open = vec![&self.root];
        while let Some(executable) = open.pop() {
            all.push(executable);
            open.extend(executable.event_handlers.iter().rev().map(|handler| &handler.body));
            open.extend(executable.children().iter().rev());
        }
        all
    }
}

/// The author's version numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackageVersion {
    /// Major version.
    pub major: i32,
    /// Minor version.
    pub minor: i32,
    /// Rises with each save.
    pub build: i32,
    /// Changes with each save: `{GUID}`.
    pub guid: String,
    /// The author's words about the version.
    pub comments: String,
}

/// Who made a package or project, when and where, as text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Creation {
    /// When, in the short form of the author's locale.
    pub date: String,
    /// Who.
    pub creator: String,
    /// On which computer.
    pub computer: String,
}

/// Restarting from a checkpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checkpoints {
    /// The checkpoint file.
    pub file_name: String,
    /// Whether an execution starts from it.
    pub usage: CheckpointUsage,
    /// Whether an execution writes it.
    pub save: bool,
}

numbered! {
    /// How sensitive values are kept in a document.
    ProtectionLevel {
        /// They are left out.
        DontSaveSensitive = 0, "DontSaveSensitive";
        /// Only the same Windows user can read them.
        #[default]
        EncryptSensitiveWithUserKey = 1, "EncryptSensitiveWithUserKey";
        /// They are encrypted with a password.
        EncryptSensitiveWithPassword = 2, "EncryptSensitiveWithPassword";
        /// The whole document is encrypted with a password.
        EncryptAllWithPassword = 3, "EncryptAllWithPassword";
        /// Only the same Windows user can read the document.
        EncryptAllWithUserKey = 4, "EncryptAllWithUserKey";
        /// The server protects them.
        ServerStorage = 5, "ServerStorage";
    }
    /// Whether an execution starts from the checkpoint file.
    CheckpointUsage {
        /// Never.
        #[default]
        Never = 0, "Never";
        /// If the file is there.
        IfExists = 1, "IfExists";
        /// Always; a missing file is an error.
        Always = 2, "Always";
    }
    /// Where a package configuration comes from.
    ConfigurationKind {
        /// A variable of the parent package.
        #[default]
        ParentVariable = 0, "ParentVariable";
        /// An XML file.
        XmlFile = 1, "ConfigFile";
        /// An environment variable.
        EnvironmentVariable = 2, "EnvVariable";
        /// A registry entry.
        RegistryEntry = 3, "RegEntry";
        /// A parent variable that an environment variable names.
        IndirectParentVariable = 4, "IParentVariable";
        /// An XML file that an environment variable names.
        IndirectXmlFile = 5, "IConfigFile";
        /// A registry entry that an environment variable names.
        IndirectRegistryEntry = 6, "IRegEntry";
        /// A table.
        SqlServer = 7, "SqlServer";
        /// An INI file.
        IniFile = 8, "IniFile";
        /// A table that an environment variable names.
        IndirectSqlServer = 9, "ISqlServer";
        /// An INI file that an environment variable names.
        IndirectIniFile = 10, "IIniFile";
    }
}

/// A log provider.
#[derive(Clone, Debug, Default)]
pub struct LogProvider {
    /// The provider's name.
    pub name: String,
    /// `{GUID}`, by which executables choose it.
    pub id: String,
    /// The author's words about it.
    pub description: String,
    /// Its type, for example `Microsoft.LogProviderTextFile`.
    pub creation_name: String,
    /// The name of the connection manager that it writes through.
    pub config_string: String,
    /// Expressions that set its properties.
    pub property_expressions: Vec<crate::PropertyExpression>,
    /// Where it is in the document.
    pub span: Span,
}

/// A package configuration (package deployment model).
#[derive(Clone, Debug, Default)]
pub struct Configuration {
    /// The configuration's name.
    pub name: String,
    /// `{GUID}`.
    pub id: String,
    /// Where the value comes from.
    pub kind: ConfigurationKind,
    /// The file, variable or table, depending on the kind.
    pub source: String,
    /// Path of the property that it sets; kinds that name their targets themselves have none.
    pub target: String,
    /// Where it is in the document.
    pub span: Span,
}

/// One value of a configuration file (`.dtsConfig`). Does not show the value, which may be
/// sensitive.
#[derive(Clone, PartialEq, Eq)]
pub struct ConfiguredValue {
    /// Path of what it sets: `\Package.Variables[User::x].Properties[Value]`.
    pub path: String,
    /// The value as text; `None` where the entry has none.
    pub value: Option<String>,
}

impl ConfiguredValue {
    /// Reads a configuration file. `file_name` is for messages only.
    pub fn from_bytes(file_name: &str, bytes: &[u8]) -> Result<Vec<Self>, ReadError> {
        read::read_configuration_file(file_name, bytes)
    }
}

impl std::fmt::Debug for ConfiguredValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConfiguredValue").field("path", &self.path).finish_non_exhaustive()
    }
}

/// A part of a document that is not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownPart {
    /// refId of the object that it belongs to.
    pub place: String,
    /// The element or attribute.
    pub what: String,
    /// Where it is in the document.
    pub span: Span,
}
