//! Codes that SSISDB stores, with the numbers that its documentation gives them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A number that is not a code of the named kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{number} is not a documented {kind}")]
pub struct UnknownCode {
    /// What the number was meant to be.
    pub kind: &'static str,
    /// The number.
    pub number: i64,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $kind:ident($repr:ty) {
        $($(#[$vdoc:meta])* $variant:ident = $number:literal, $text:literal;)*
    })*) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(into = "i32", try_from = "i32")]
        #[repr(i32)]
        pub enum $kind { $($(#[$vdoc])* $variant = $number,)* }

        impl $kind {
            /// Every code, in order of number.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The number that SSISDB stores.
            pub const fn number(self) -> $repr {
                self as $repr
            }

            /// The documented name.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }
        }

        impl From<$kind> for i32 {
            fn from(code: $kind) -> i32 {
                code as i32
            }
        }

        impl TryFrom<i32> for $kind {
            type Error = UnknownCode;

            fn try_from(number: i32) -> Result<Self, UnknownCode> {
                match number {
                    $($number => Ok(Self::$variant),)*
                    _ => Err(UnknownCode { kind: stringify!($kind), number: number.into() }),
                }
            }
        }

        impl fmt::Display for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }
    )*};
}

codes! {
    /// `catalog.operations.status`.
    OperationStatus(i32) {
        /// The only status in which parameters can be set.
        Created = 1, "created";
        /// A worker runs it.
        Running = 2, "running";
        /// Stopped by `stop_operation`.
        Canceled = 3, "canceled";
        /// Ran, and failed.
        Failed = 4, "failed";
        /// Started by the caller, waiting for a worker.
        Pending = 5, "pending";
        /// The process or the worker was lost.
        EndedUnexpectedly = 6, "ended unexpectedly";
        /// Ran, and succeeded.
        Succeeded = 7, "succeeded";
        /// A stop was asked for and is under way.
        Stopping = 8, "stopping";
        /// Ran to its end with the result Completion.
        Completed = 9, "completed";
    }
    /// `catalog.operations.operation_type`.
    OperationType(i32) {
        /// Initialisation of the server.
        Initialization = 1, "Integration Services initialization";
        /// Retention window clean-up.
        RetentionWindow = 2, "Retention window";
        /// Clean-up of project versions.
        MaxProjectVersion = 3, "MaxProjectVersion";
        /// `deploy_project`.
        DeployProject = 101, "deploy_project";
        /// `restore_project`.
        RestoreProject = 106, "restore_project";
        /// `create_execution` and `start_execution`.
        Execution = 200, "create_execution and start_execution";
        /// `stop_operation`.
        StopOperation = 202, "stop_operation";
        /// `validate_project`.
        ValidateProject = 300, "validate_project";
        /// `validate_package`.
        ValidatePackage = 301, "validate_package";
        /// `configure_catalog`.
        ConfigureCatalog = 1000, "configure_catalog";
    }
    /// `object_type` of operations and parameters.
    ObjectType(i16) {
        /// A folder.
        Folder = 10, "folder";
        /// A project, or a project parameter.
        Project = 20, "project";
        /// A package, or a package parameter.
        Package = 30, "package";
        /// An environment.
        Environment = 40, "environment";
        /// An instance of execution, or a system parameter of one.
        Execution = 50, "instance of execution";
    }
    /// `message_type` of `catalog.operation_messages` and `catalog.event_messages`.
    MessageType(i16) {
        /// Not known.
        Unknown = -1, "Unknown";
        /// OnPreValidate.
        PreValidate = 10, "OnPreValidate";
        /// OnPostValidate.
        PostValidate = 20, "OnPostValidate";
        /// OnPreExecute.
        PreExecute = 30, "OnPreExecute";
        /// OnPostExecute.
        PostExecute = 40, "OnPostExecute";
        /// OnExecStatusChanged.
        StatusChange = 50, "OnExecStatusChanged";
        /// OnProgress.
        Progress = 60, "OnProgress";
        /// OnInformation.
        Information = 70, "OnInformation";
        /// OnVariableValueChanged.
        VariableValueChanged = 80, "OnVariableValueChanged";
        /// Diagnostic.
        Diagnostic = 90, "Diagnostic";
        /// OnQueryCancel.
        QueryCancel = 100, "OnQueryCancel";
        /// OnWarning.
        Warning = 110, "OnWarning";
        /// OnError.
        Error = 120, "OnError";
        /// OnTaskFailed.
        TaskFailed = 130, "OnTaskFailed";
        /// DiagnosticEx.
        DiagnosticEx = 140, "DiagnosticEx";
        /// Custom events; the event's name says which.
        Custom = 200, "Custom";
        /// NonDiagnostic.
        NonDiagnostic = 400, "NonDiagnostic";
    }
    /// `message_source_type`.
    MessageSourceType(i16) {
        /// T-SQL and other entry points.
        EntryApi = 10, "entry API";
        /// The process that runs the package.
        ExecutionProcess = 20, "execution process";
        /// The package and what belongs to it.
        Package = 30, "package";
        /// A control flow task.
        Task = 40, "task";
        /// A control flow container.
        Container = 50, "container";
        /// A data flow task.
        DataFlow = 60, "data flow";
    }
    /// `execution_result` of `catalog.executable_statistics`; the numbers of DTSExecResult.
    ExecutionResult(i32) {
        /// Success.
        Success = 0, "Success";
        /// Failure.
        Failure = 1, "Failure";
        /// Completion: ended, with neither called for.
        Completion = 2, "Completion";
        /// Cancelled.
        Canceled = 3, "Cancelled";
    }
    /// `object_type` of the permission procedures and views: what permissions are given on.
    SecurableType(i16) {
        /// A folder.
        Folder = 1, "folder";
        /// A project.
        Project = 2, "project";
        /// An environment.
        Environment = 3, "environment";
        /// An operation: an execution, a validation, a deployment.
        Operation = 4, "operation";
    }
    /// `permission_type` of the permission procedures and views. A code, not a mask.
    PermissionType(i16) {
        /// Read properties, not what is contained.
        Read = 1, "READ";
        /// Change properties, not what is contained.
        Modify = 2, "MODIFY";
        /// Execute all packages of a project.
        Execute = 3, "EXECUTE";
        /// Give permissions on the object.
        ManagePermissions = 4, "MANAGE_PERMISSIONS";
        /// Create objects in a folder.
        CreateObjects = 100, "CREATE_OBJECTS";
        /// Read all objects in a folder.
        ReadObjects = 101, "READ_OBJECTS";
        /// Change all objects in a folder.
        ModifyObjects = 102, "MODIFY_OBJECTS";
        /// Execute all packages in a folder.
        ExecuteObjects = 103, "EXECUTE_OBJECTS";
        /// Give permissions on all objects in a folder.
        ManageObjectPermissions = 104, "MANAGE_OBJECT_PERMISSIONS";
    }
    /// LOGGING_LEVEL: how much of a run is recorded.
    LoggingLevel(i32) {
        /// Only the status.
        None = 0, "None";
        /// All events but custom and diagnostic ones.
        Basic = 1, "Basic";
        /// Performance statistics, errors, warnings.
        Performance = 2, "Performance";
        /// Everything.
        Verbose = 3, "Verbose";
        /// Data flow lineage.
        RuntimeLineage = 4, "RuntimeLineage";
        /// What CUSTOMIZED_LOGGING_LEVEL names.
        Customized = 100, "Customized";
    }
}

impl OperationStatus {
    /// Whether the operation has ended. A final status never changes.
    pub const fn is_final(self) -> bool {
        matches!(
            self,
            Self::Canceled
                | Self::Failed
                | Self::EndedUnexpectedly
                | Self::Succeeded
                | Self::Completed
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_the_number_it_came_from() {
        for &status in OperationStatus::ALL {
            assert_eq!(OperationStatus::try_from(status.number()), Ok(status));
        }
        let error = OperationStatus::try_from(10).unwrap_err();
        assert_eq!(error.to_string(), "10 is not a documented OperationStatus");
    }

    #[test]
    fn the_final_statuses_are_the_documented_ones() {
        let last: Vec<i32> = OperationStatus::ALL
            .iter()
            .filter(|status| status.is_final())
            .map(|status| status.number())
            .collect();
        assert_eq!(last, [3, 4, 6, 7, 9]);
    }
}
