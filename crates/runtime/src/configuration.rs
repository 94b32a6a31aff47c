//! Package configurations (package deployment model): values that a package takes in from outside
//! before it runs.
//!
//! ```text
//!   /ConfigFile ─▶ /Connection, /Set ─▶ configurations of the package, parent variables last
//! ```
//!
//! Each sets properties and variables by path; what comes later wins. A configuration that cannot
//! be loaded is a warning, and the package runs with the values it has. dtexec applies the
//! package's configurations before its options and once more behind them, so that an option can
//! say where a configuration comes from but cannot replace what it sets. Only the second time
//! shows, so here it is the only one.
//!
//! Rules: dtsx facts 2.8.

mod source;
mod table;

use std::sync::Arc;

use model::{MessageType, Value, dts};
use package::{Configuration, ConfiguredValue, Package, SetPropertyError};

use self::source::Origin;
use crate::RunOptions;
use crate::frame::Frame;
use crate::runner::Runner;
use crate::scope::Cell;

/// A package with the values that it has taken in, and what there is to say about that.
pub(crate) struct Configured {
    /// The package.
    pub(crate) package: Package,
    /// What to say when it starts.
    pub(crate) notes: Vec<Note>,
    /// What configurations have set, in order.
    pub(crate) values: Vec<ConfiguredValue>,
    /// Names of the configurations that could not be loaded (`System::FailedConfigurations`).
    pub(crate) failed: Vec<String>,
}

/// Something to say when a package starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Note {
    /// OnWarning or OnInformation.
    pub(crate) kind: MessageType,
    /// SSIS code.
    pub(crate) code: u32,
    /// The text.
    pub(crate) text: String,
}

/// Where a package is configured.
pub(crate) struct Surroundings<'a> {
    /// The run.
    pub(crate) runner: &'a Runner,
    /// The Execute Package Task, for a child package.
    pub(crate) parent: Option<&'a Arc<Frame>>,
    /// The parameters of the package and its project.
    pub(crate) parameters: &'a [Cell],
}

/// Why a configuration, or one of its values, does not count.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    code: u32,
    text: String,
}

impl Problem {
    fn new(code: u32, text: impl Into<String>) -> Self {
        Self { code, text: text.into() }
    }
}

impl Configured {
    /// A package as it was saved.
    pub(crate) const fn new(package: Package) -> Self {
        Self { package, notes: Vec::new(), values: Vec::new(), failed: Vec::new() }
    }

    /// Takes the values of the files that the caller named.
    pub(crate) fn take_files(&mut self, options: &RunOptions) {
        for file in &options.configuration_files {
            self.say(Origin::XmlFile, file);
            let read = source::file(options, file);
            self.take(file, read);
        }
    }

    /// Takes the values of the package's own configurations.
    pub(crate) fn configure(&mut self, around: &Surroundings<'_>) {
        if !self.package.enable_configurations {
            return;
        }
        let configurations = self.package.configurations.clone();
        let (last, first): (Vec<_>, Vec<_>) =
            configurations.iter().partition(|configuration| source::is_of_parent(configuration));
        for configuration in first.into_iter().chain(last) {
            let read = self.read(around, configuration);
            self.take(&configuration.name, read);
        }
    }

    fn read(
        &mut self,
        around: &Surroundings<'_>,
        configuration: &Configuration,
    ) -> Result<Vec<ConfiguredValue>, Problem> {
        let options = &around.runner.options;
        let (origin, from) = source::origin(options, configuration)?;
        self.say(origin, &from);
        let one = |value: String| {
            vec![ConfiguredValue { path: configuration.target.clone(), value: Some(value) }]
        };
        match origin {
            Origin::XmlFile => source::file(options, &from),
            Origin::EnvironmentVariable => source::environment(options, &from).map(one),
            Origin::ParentVariable => source::parent_variable(around.parent, &from).map(one),
            Origin::SqlServer => table::read(&self.package, around, &from),
            Origin::Registry => Err(Problem::new(
                dts::DTS_W_CONFIGKEYNOTFOUND,
                format!(
                    "Configuration registry key \"{from}\" was not found. There is no registry on \
                     Linux; move the value to an XML configuration file or an environment variable."
                ),
            )),
            Origin::IniFile => Err(Problem::new(
                dts::DTS_W_INICONFIGURATIONPROBLEM,
                format!(
                    "The configuration from the INI file \"{from}\" was not loaded: configurations \
                     from INI files are not supported. Move the values to an XML configuration file."
                ),
            )),
        }
    }

    /// Sets what a configuration says, as far as it can be set.
    fn take(&mut self, name: &str, read: Result<Vec<ConfiguredValue>, Problem>) {
        let problems: Vec<Problem> = match read {
            Ok(values) => values.iter().filter_map(|value| self.set(value).err()).collect(),
            Err(problem) => vec![problem],
        };
        if problems.is_empty() {
            return;
        }
        for problem in problems {
            self.warn(problem);
        }
        self.warn(Problem::new(
            dts::DTS_W_ONEORMORECONFIGLOADFAILED,
            format!(
                "Failed to load at least one of the configuration entries for the package. Check \
                 configuration entries for \"{name}\" and previous warnings to see descriptions of \
                 which configuration failed."
            ),
        ));
        self.failed.push(name.to_owned());
    }

    fn set(&mut self, configured: &ConfiguredValue) -> Result<(), Problem> {
        let path = configured.path.trim();
        if !path.get(..8).is_some_and(|start| start.eq_ignore_ascii_case(r"\Package")) {
            return Err(Problem::new(
                dts::DTS_W_CONFIGFORMATINVALID_PACKAGEDELIMITER,
                format!(
                    "The configuration entry, \"{path}\", has an incorrect format because it does \
                     not begin with the package delimiter. Prepend \"\\package\" to the package \
                     path."
                ),
            ));
        }
        let Some(value) = &configured.value else {
            return Err(Problem::new(
                dts::DTS_W_CONFIGNODEINVALID,
                format!(
                    "The configuration entry \"{path}\" in the configuration file was not valid, \
                     or failed to configure the variable: it has no value."
                ),
            ));
        };
        let variable = self.package.variable_at(path);
        if variable.is_some_and(|variable| variable.read_only) && is_value(path) {
            return Err(Problem::new(
                dts::DTS_W_CONFIGREADONLYVARIABLE,
                format!(
                    "The configuration attempted to change a read-only variable. The variable is \
                     at the package path \"{path}\"."
                ),
            ));
        }
        let set = self.package.set_property(path, &Value::text(value.as_str()));
        set.map_err(|error| not_set(path, error))?;
        self.values.push(configured.clone());
        Ok(())
    }

    fn say(&mut self, origin: Origin, from: &str) {
        let (code, what) = origin.message();
        let text = format!("The package is attempting to configure from {what} \"{from}\".");
        self.notes.push(Note { kind: MessageType::Information, code, text });
    }

    fn warn(&mut self, problem: Problem) {
        if !self.package.suppress_configuration_warnings {
            let Problem { code, text } = problem;
            self.notes.push(Note { kind: MessageType::Warning, code, text });
        }
    }
}

/// Whether a path to a variable ends at its value.
fn is_value(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    path.ends_with(".properties[value]") || path.ends_with(".value")
}

/// The value itself is never shown: it may be a password.
fn not_set(path: &str, error: SetPropertyError) -> Problem {
    match error {
        SetPropertyError::UnknownObject { object, .. } => Problem::new(
            dts::DTS_W_CANNOTFINDOBJECT,
            format!(
                "The package path referenced an object that cannot be found: \"{path}\". There is \
                 no \"{object}\" in the package."
            ),
        ),
        SetPropertyError::BadPath { .. } => Problem::new(
            dts::DTS_W_CONFIGFORMATINVALID,
            format!(
                "The configuration entry \"{path}\" had an incorrect format. A path ends in \
                 .Properties[Name] or .Variables[Namespace::Name].Properties[Value]."
            ),
        ),
        SetPropertyError::UnknownProperty { object, property }
        | SetPropertyError::BadValue { object, property, .. } => Problem::new(
            dts::DTS_W_PROCESSCONFIGURATIONFAILEDSET,
            format!(
                "Process configuration failed to set the destination at the package path of \
                 \"{path}\". The property \"{property}\" of {object} does not exist, cannot be set \
                 or does not take such a value."
            ),
        ),
    }
}
