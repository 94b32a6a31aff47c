//! What a worker is handed with a task.

use model::record::DataTap;
use model::{Attempt, ExecutionId, Fence, ObjectType, TaskId};
use serde::{Deserialize, Serialize};

/// One package to run, under a lease.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Assignment {
    /// The scale-out task.
    pub task: TaskId,
    /// The execution that it carries.
    pub execution: ExecutionId,
    /// Which attempt this is, from 1.
    pub attempt: Attempt,
    /// The fence of this grant; renewals and the report must carry it.
    pub fence: Fence,
    /// How long the lease lasts, counted by the worker from before it sent the claim, plus
    /// [`super::Claimed::held_ms`].
    pub lease_ms: u64,
    /// Catalog folder.
    pub folder: String,
    /// Project name.
    pub project: String,
    /// File name of the package, for example `Load.dtsx`.
    pub package: String,
    /// SHA-256 of the project's `.ispac`, lowercase hex.
    pub project_hash: String,
    /// Every parameter that has a value, project, package and system ones.
    pub parameters: Vec<ParameterValue>,
    /// Properties to set before validation.
    #[serde(default)]
    pub property_overrides: Vec<PropertyOverride>,
    /// `LOGGING_LEVEL`.
    pub logging_level: i32,
    /// What level 100 records; there with that level only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customized_level: Option<CustomizedLevel>,
    /// `catalog.execution_data_taps` of the execution.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub data_taps: Vec<DataTap>,
    /// What to validate, in place of running a package: `package` is empty then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation: Option<Validation>,
    /// The name of the login that started the execution.
    pub caller: String,
}

/// A row of `catalog.validations`: packages to validate one after the other, without running any.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Validation {
    /// After how many milliseconds it is given up (VALIDATION_TIMEOUT).
    pub timeout_ms: u64,
    /// What to validate.
    pub checks: Vec<PackageCheck>,
}

/// One package to validate, with one set of values.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PackageCheck {
    /// File name of the package.
    pub package: String,
    /// The environment that the values come from, for people; `None` for default values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// Every parameter that has a value, of project and package.
    pub parameters: Vec<ParameterValue>,
}

/// What a customized logging level records: a row of `catalog.customized_logging_levels` as it
/// was when the execution started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomizedLevel {
    /// `profile_value`: statistics by bit, 0 execution, 1 volume, 2 performance.
    pub profile: i64,
    /// `events_value`: events by bit, and 32 bits higher the same events with their context.
    pub events: i64,
}

/// A parameter's value for one execution.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct ParameterValue {
    /// 20 project, 30 package, 50 system.
    pub object_type: ObjectType,
    /// The parameter's name; `CM.<connection>.<property>` for a connection manager's property.
    pub name: String,
    /// The type's .NET name, for example `Int32`.
    pub data_type: String,
    /// The value as text; `None` is NULL.
    pub value: Option<String>,
    /// Whether the value must not be shown.
    pub sensitive: bool,
}

/// A property set for one execution (`set_execution_property_override_value`).
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct PropertyOverride {
    /// Path of the property: `\Package\Task.Properties[Name]`.
    pub path: String,
    /// The value as text.
    pub value: String,
    /// Whether the value must not be shown.
    pub sensitive: bool,
}

macro_rules! redacted_debug {
    ($name:ident, $label:ident) => {
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let shown: &dyn std::fmt::Debug =
                    if self.sensitive { &"<sensitive>" } else { &self.value };
                f.debug_struct(stringify!($name))
                    .field(stringify!($label), &self.$label)
                    .field("value", shown)
                    .finish_non_exhaustive()
            }
        }
    };
}

redacted_debug!(ParameterValue, name);
redacted_debug!(PropertyOverride, path);
