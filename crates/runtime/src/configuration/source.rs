//! Where the values of configurations are: files, environment variables, variables of the parent
//! package. Indirect configurations name an environment variable that says where.

use std::io;
use std::sync::Arc;

use fs_err as fs;
use model::{Value, dts};
use package::{Configuration, ConfigurationKind, ConfiguredValue};

use super::Problem;
use crate::RunOptions;
use crate::evaluate::{chain, value_of};
use crate::frame::Frame;

/// Where the values of a configuration are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    XmlFile,
    EnvironmentVariable,
    ParentVariable,
    SqlServer,
    Registry,
    IniFile,
}

impl Origin {
    /// Code and words of the message that an attempt is made.
    pub(super) const fn message(self) -> (u32, &'static str) {
        match self {
            Self::XmlFile => (dts::DTS_I_CONFIGFROMFILE, "the XML file"),
            Self::EnvironmentVariable => (dts::DTS_I_CONFIGFROMENVVAR, "the environment variable"),
            Self::ParentVariable => (dts::DTS_I_CONFIGFROMPARENTVARIABLE, "the parent variable"),
            Self::SqlServer => {
                (dts::DTS_I_CONFIGFROMSQLSERVER, "SQL Server using the configuration string")
            }
            Self::Registry => (dts::DTS_I_CONFIGFROMREG, "a registry entry using the registry key"),
            Self::IniFile => (dts::DTS_I_CONFIGFROMINIFILE, "the .ini file"),
        }
    }
}

/// Whether a configuration takes its value from the parent package. Those come last.
pub(super) fn is_of_parent(configuration: &Configuration) -> bool {
    use ConfigurationKind as Kind;
    matches!(configuration.kind, Kind::ParentVariable | Kind::IndirectParentVariable)
}

/// Where a configuration's values are, and under which name.
pub(super) fn origin(
    options: &RunOptions,
    configuration: &Configuration,
) -> Result<(Origin, String), Problem> {
    use ConfigurationKind as Kind;
    let (origin, indirect) = match configuration.kind {
        Kind::ParentVariable => (Origin::ParentVariable, false),
        Kind::XmlFile => (Origin::XmlFile, false),
        Kind::EnvironmentVariable => (Origin::EnvironmentVariable, false),
        Kind::RegistryEntry => (Origin::Registry, false),
        Kind::SqlServer => (Origin::SqlServer, false),
        Kind::IniFile => (Origin::IniFile, false),
        Kind::IndirectParentVariable => (Origin::ParentVariable, true),
        Kind::IndirectXmlFile => (Origin::XmlFile, true),
        Kind::IndirectRegistryEntry => (Origin::Registry, true),
        Kind::IndirectSqlServer => (Origin::SqlServer, true),
        Kind::IndirectIniFile => (Origin::IniFile, true),
    };
    let written = configuration.source.clone();
    Ok((origin, if indirect { environment(options, &written)? } else { written }))
}

/// The value of an environment variable. Windows does not mind the letter case of its name.
pub(super) fn environment(options: &RunOptions, name: &str) -> Result<String, Problem> {
    let name = name.trim();
    let exact = options.environment.iter().find(|(own, _)| own == name);
    let alike = || options.environment.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
    exact.or_else(alike).map(|(_, value)| value.clone()).ok_or_else(|| {
        Problem::new(
            dts::DTS_W_CONFIGENVVARNOTFOUND,
            format!(
                "The configuration environment variable was not found. The environment variable \
                 was: \"{name}\". The process that runs the package must have it."
            ),
        )
    })
}

/// The values in a configuration file.
pub(super) fn file(options: &RunOptions, written: &str) -> Result<Vec<ConfiguredValue>, Problem> {
    let path = options.path_map.resolve(written).map_err(|error| {
        Problem::new(
            dts::DTS_W_CONFIGFILENAMEINVALID,
            format!("The configuration file name \"{written}\" is not valid: {}.", chain(&error)),
        )
    })?;
    let bytes = fs::read(&path).map_err(|error| {
        if error.kind() != io::ErrorKind::NotFound {
            let text = format!("Failure importing configuration file: \"{written}\": {error}.");
            return Problem::new(dts::DTS_W_CONFIGFILEFAILEDIMPORT, text);
        }
        let text = format!(
            "The configuration file \"{written}\" cannot be found. Check the directory and file \
             name ({} here).",
            path.display()
        );
        Problem::new(dts::DTS_W_CONFIGFILENOTFOUND, text)
    })?;
    if bytes.trim_ascii().is_empty() {
        let text = format!("The configuration file \"{written}\" is empty.");
        return Err(Problem::new(dts::DTS_W_CONFIGFILEEMPTY, text));
    }
    let values = ConfiguredValue::from_bytes(written, &bytes).map_err(|error| {
        let is_xml = error.diagnostic.code == model::Code::NotAPackage;
        let (code, what) = if is_xml {
            (dts::DTS_W_CONFIGFILEINVALID, "The configuration file loaded, but is not valid")
        } else {
            (dts::DTS_W_FAILEDCONFIGLOAD, "Cannot load the XML configuration file")
        };
        Problem::new(code, format!("{what}: {error}."))
    })?;
    if values.is_empty() {
        let text = format!("The configuration file \"{written}\" has no entries.");
        return Err(Problem::new(dts::DTS_W_CONFIGFILEINVALID, text));
    }
    Ok(values)
}

/// The value of a variable that the Execute Package Task of the parent package sees.
pub(super) fn parent_variable(parent: Option<&Arc<Frame>>, name: &str) -> Result<String, Problem> {
    let missing = || {
        Problem::new(
            dts::DTS_W_PARENTVARIABLENOTFOUND,
            format!(
                "Configuration from a parent variable \"{name}\" did not occur because there was \
                 no parent variable. Error code: 0xC0010001."
            ),
        )
    };
    let found = parent.and_then(|frame| frame.scope().find_written(name));
    let (owner, cell) = found.ok_or_else(missing)?;
    match value_of(&owner, &cell, 0) {
        Ok(Value::Null | Value::List(_) | Value::Rows(_)) | Err(_) => Err(missing()),
        Ok(value) => Ok(value.to_string()),
    }
}
