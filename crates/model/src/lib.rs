//! The nouns of SSIS: ids, statuses, types, values, diagnostics.
//!
//! Everything above speaks in these words. Nothing here acts: there is no clock, no file, no
//! socket and no randomness, and nothing here depends on another crate of the project.
//!
//! # Invariants
//!
//! * Codes that SSISDB stores ([`OperationStatus`], [`MessageType`], ...) have the numbers that
//!   SSIS documents, and converting a number that is not one of them is an error, never a guess.
//! * Only ids and [`record`]s can be serialised: records *are* rows of the catalog, and travel
//!   from the package to the catalog unchanged.
//!
//! Read `data_type.rs` and `value.rs` first.

pub mod dts;
pub mod record;

mod data_type;
mod date_time;
mod decimal;
mod diagnostic;
mod id;
mod status;
mod time;
mod value;
mod variant;

pub use data_type::{DataType, TypeParts};
pub use date_time::{DAYS_TO_1970, TICKS_PER_DAY, TICKS_PER_SECOND, Ticks};
pub use decimal::Decimal;
pub use diagnostic::{Code, Diagnostic, Severity, Span};
pub use id::{AgentId, Attempt, ExecutionId, Fence, FolderId, OperationId, ProjectId, TaskId};
pub use status::{
    ExecutionResult, LoggingLevel, MessageSourceType, MessageType, ObjectType, OperationStatus,
    OperationType, PermissionType, SecurableType, UnknownCode,
};
pub use time::Timestamp;
pub use value::{RowSet, Value};
pub use variant::{ConversionError, TypeCode};
