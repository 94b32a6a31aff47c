//! Ids. Each is its own type, so that an execution cannot be taken for an operation.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! number_ids {
    ($($(#[$doc:meta])* $name:ident($inner:ty), $short:literal;)*) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($short, "{}"), self.0)
            }
        }
    )*};
}

number_ids! {
    /// `operation_id`: a row of `catalog.operations`.
    OperationId(i64), "O";
    /// `execution_id`: a row of `catalog.executions`. An execution is also an operation, and has
    /// the same number as one.
    ExecutionId(i64), "E";
    /// `folder_id`: a row of `catalog.folders`.
    FolderId(i64), "F";
    /// `project_id`: a row of `catalog.projects`.
    ProjectId(i64), "P";
    /// How many times a scale-out task has been handed to a worker; the first attempt is 1.
    Attempt(u32), "a";
    /// Rises with every change of responsibility for a scale-out task; what carries an older
    /// number is out of date.
    Fence(u64), "#";
}

impl From<ExecutionId> for OperationId {
    fn from(id: ExecutionId) -> Self {
        Self(id.0)
    }
}

macro_rules! guid_ids {
    ($($(#[$doc:meta])* $name:ident, $short:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0.as_hyphenated())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($short, "{}"), &self.0.as_simple().to_string()[..8])
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Ok(Self(Uuid::parse_str(text)?))
            }
        }
    )*};
}

guid_ids! {
    /// `TaskId`: the scale-out task that carries an execution to a worker. Users search logs
    /// and task folders for it.
    TaskId, "T";
    /// `WorkerAgentId`: a Scale Out Worker's lasting id.
    AgentId, "W";
}
