//! Rows that a running package adds to the catalog, as they travel from the package's process
//! through worker and master to `catalog.event_messages` and its siblings.
//!
//! Columns and their meaning follow the documentation of each view.

use serde::{Deserialize, Serialize};

use crate::{ExecutionResult, MessageSourceType, MessageType, Timestamp};

/// One thing that a running package says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Record {
    /// A row of `catalog.event_messages`.
    EventMessage(EventMessage),
    /// A row of `catalog.executables`.
    Executable(Executable),
    /// A row of `catalog.executable_statistics`.
    ExecutableStatistics(ExecutableStatistics),
    /// A row of `catalog.execution_component_phases`.
    ComponentPhase(ComponentPhase),
    /// A row of `catalog.execution_data_statistics`.
    DataStatistics(DataStatistics),
    /// What `catalog.dm_execution_performance_counters` shows from now on.
    PerformanceCounters(PerformanceCounters),
}

/// A row of `catalog.execution_data_taps`: rows of one path are to be copied into a file. It
/// travels to the package, not from it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataTap {
    /// The Data Flow Task by its place in the package, `\Package\Load`; case-sensitive. `None`
    /// where it is named by [`DataTap::task_guid`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package_path: Option<String>,
    /// The Data Flow Task by its id, with or without braces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_guid: Option<String>,
    /// The path's IdentificationString: `Paths[Source.Output]`.
    pub path_id: String,
    /// How many rows are copied at most; `None` is all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_rows: Option<i32>,
    /// Name of the file, relative to the worker's `DataDumps` folder.
    pub file_name: String,
}

/// A row of `catalog.event_messages`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventMessage {
    /// When the event was raised.
    pub time: Timestamp,
    /// Which event.
    pub message_type: MessageType,
    /// What kind of object raised it.
    pub source_type: MessageSourceType,
    /// The message.
    pub message: String,
    /// File name of the package, for example `Load.dtsx`.
    pub package_name: String,
    /// For example `OnError`; custom events have names of their own.
    pub event_name: String,
    /// Name of the executable that raised it.
    pub source_name: String,
    /// Its id, as `{GUID}`.
    pub source_id: String,
    /// The data flow component, or `SSIS.Pipeline`; empty outside data flows.
    pub subcomponent_name: String,
    /// Place of the executable in the package: `\Package\Sequence\Task`.
    pub package_path: String,
    /// The same with the number of the iteration behind loops: `\Package\Loop[2]\Task`.
    pub execution_path: String,
    /// Operating system thread.
    pub thread_id: i64,
    /// SSIS code as a signed number, 0 where there is none.
    pub message_code: i32,
    /// What was true when it happened: properties and variables, for errors.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub context: Vec<MessageContext>,
}

/// A row of `catalog.event_message_context`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MessageContext {
    /// 0 before the start, 1 at the error.
    pub depth: i32,
    /// Place of the object in the package.
    pub package_path: String,
    /// 10 task ... 80 connection manager, as documented.
    pub context_type: i16,
    /// The object's name.
    pub source_name: String,
    /// The object's id.
    pub source_id: String,
    /// The property's name.
    pub property_name: String,
    /// The property's value; never a sensitive one.
    pub property_value: String,
}

/// A row of `catalog.executables`: one executable of a running package.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Executable {
    /// Number within the execution, from 1; statistics refer to it.
    pub executable_id: i64,
    /// The executable's name.
    pub name: String,
    /// Its id, as `{GUID}`.
    pub guid: String,
    /// File name of the package.
    pub package_name: String,
    /// Place in the package.
    pub package_path: String,
}

/// A row of `catalog.executable_statistics`: one run of one executable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExecutableStatistics {
    /// Which executable, as in [`Executable::executable_id`].
    pub executable_id: i64,
    /// Place of this run.
    pub execution_path: String,
    /// When pre-execute began.
    pub start_time: Timestamp,
    /// When post-execute ended.
    pub end_time: Timestamp,
    /// Milliseconds between them.
    pub duration_ms: i64,
    /// How it ended.
    pub result: ExecutionResult,
    /// The executable's execution value as text, where it has one.
    pub value: Option<String>,
}

/// A row of `catalog.execution_component_phases`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ComponentPhase {
    /// File name of the package.
    pub package_name: String,
    /// The data flow task.
    pub task_name: String,
    /// The component.
    pub subcomponent_name: String,
    /// `Validate`, `PreExecute`, `PrimeOutput`, `ProcessInput`, `PostExecute`.
    pub phase: String,
    /// When the phase began.
    pub start_time: Timestamp,
    /// When it ended.
    pub end_time: Timestamp,
    /// Place of this run of the task.
    pub execution_path: String,
}

/// A row of `catalog.execution_data_statistics`: rows sent along a path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataStatistics {
    /// File name of the package.
    pub package_name: String,
    /// The data flow task.
    pub task_name: String,
    /// The path's id string.
    pub path_id: String,
    /// The path's name.
    pub path_name: String,
    /// The component at its start.
    pub source_component: String,
    /// The component at its end.
    pub destination_component: String,
    /// How many rows.
    pub rows_sent: i64,
    /// When.
    pub time: Timestamp,
    /// Place of this run of the task.
    pub execution_path: String,
}

/// The data flow counters of a running package, all its data flows together: the object
/// `SQLServer:SSIS Pipeline`. Totals are since the start of the package, the others of this moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PerformanceCounters {
    /// Bytes of long values that sources have read: DT_TEXT, DT_NTEXT, DT_IMAGE.
    pub blob_bytes_read: i64,
    /// Bytes of long values in files.
    pub blob_bytes_written: i64,
    /// Files that hold long values.
    pub blob_files_in_use: i64,
    /// Bytes that data flows hold in memory.
    pub buffer_memory: i64,
    /// Batches of rows in memory, of whatever kind.
    pub buffers_in_use: i64,
    /// Batches that were set aside in files because memory was short.
    pub buffers_spooled: i64,
    /// Of the memory, that of batches on their way between components.
    pub flat_buffer_memory: i64,
    /// Batches on their way between components.
    pub flat_buffers_in_use: i64,
    /// Of the memory, that which components keep for themselves: sorts, aggregates, caches.
    pub private_buffer_memory: i64,
    /// Batches that components keep for themselves.
    pub private_buffers_in_use: i64,
    /// Rows that sources have read.
    pub rows_read: i64,
    /// Rows that were offered to destinations.
    pub rows_written: i64,
}

impl PerformanceCounters {
    /// Each counter by its documented name, in alphabetical order.
    pub const fn by_name(&self) -> [(&'static str, i64); 12] {
        [
            ("BLOB bytes read", self.blob_bytes_read),
            ("BLOB bytes written", self.blob_bytes_written),
            ("BLOB files in use", self.blob_files_in_use),
            ("Buffer memory", self.buffer_memory),
            ("Buffers in use", self.buffers_in_use),
            ("Buffers spooled", self.buffers_spooled),
            ("Flat buffer memory", self.flat_buffer_memory),
            ("Flat buffers in use", self.flat_buffers_in_use),
            ("Private buffer memory", self.private_buffer_memory),
            ("Private buffers in use", self.private_buffers_in_use),
            ("Rows read", self.rows_read),
            ("Rows written", self.rows_written),
        ]
    }
}
