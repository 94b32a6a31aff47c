//! What a data flow says while it validates and runs: everything that the task logs, counts or
//! shows. Texts are SSIS's; where they go (log providers, catalog, console) is not decided here.
//!
//! Names of events and their texts: the Data Flow Task's log entries and the error reference.

use std::fmt;

use model::Timestamp;

/// An SSIS code with its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The code, for example `DTS_E_PROCESSINPUTFAILED`.
    pub code: u32,
    /// The text, complete.
    pub text: String,
}

impl Message {
    /// A code with its text.
    pub fn new(code: u32, text: impl Into<String>) -> Self {
        Self { code, text: text.into() }
    }
}

/// Who in the data flow speaks. Displays as the log's subcomponent: `Split [12]`,
/// `SSIS.Pipeline`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Subcomponent {
    /// The engine.
    Pipeline,
    /// A component.
    Component {
        /// Its name.
        name: String,
        /// The integer id that it has in this run.
        id: i32,
    },
}

impl fmt::Display for Subcomponent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pipeline => f.write_str("SSIS.Pipeline"),
            Self::Component { name, id } => write!(f, "{name} [{id}]"),
        }
    }
}

/// A call of the engine into a component, as `catalog.execution_component_phases` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Phase {
    /// Validate.
    Validate,
    /// PreExecute: files and connections open.
    PreExecute,
    /// PrimeOutput: a source makes its rows.
    PrimeOutput,
    /// ProcessInput: a component takes rows.
    ProcessInput,
    /// PostExecute.
    PostExecute,
}

impl Phase {
    /// The name in the catalog and in log texts.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Validate => "Validate",
            Self::PreExecute => "PreExecute",
            Self::PrimeOutput => "PrimeOutput",
            Self::ProcessInput => "ProcessInput",
            Self::PostExecute => "PostExecute",
        }
    }
}

/// The log entries that only a Data Flow Task has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LogEntry {
    /// Rows were too wide for the configured buffer.
    BufferSizeTuning,
    /// Settings at the start.
    PipelineInitialization,
    /// Before a source starts.
    OnPipelinePrePrimeOutput,
    /// After a source has returned.
    OnPipelinePostPrimeOutput,
    /// Rows arrived at an input.
    OnPipelineRowsSent,
    /// Before a component learns that no more rows come.
    OnPipelinePreEndOfRowset,
    /// After it has learned that.
    OnPipelinePostEndOfRowset,
    /// How long a component took in a phase.
    PipelineComponentTime,
    /// The execution trees.
    PipelineExecutionTrees,
    /// The threads and their work.
    PipelineExecutionPlan,
    /// Integer ids of columns, as XML.
    DiagnosticEx,
}

impl LogEntry {
    /// The event's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BufferSizeTuning => "BufferSizeTuning",
            Self::PipelineInitialization => "PipelineInitialization",
            Self::OnPipelinePrePrimeOutput => "OnPipelinePrePrimeOutput",
            Self::OnPipelinePostPrimeOutput => "OnPipelinePostPrimeOutput",
            Self::OnPipelineRowsSent => "OnPipelineRowsSent",
            Self::OnPipelinePreEndOfRowset => "OnPipelinePreEndOfRowset",
            Self::OnPipelinePostEndOfRowset => "OnPipelinePostEndOfRowset",
            Self::PipelineComponentTime => "PipelineComponentTime",
            Self::PipelineExecutionTrees => "PipelineExecutionTrees",
            Self::PipelineExecutionPlan => "PipelineExecutionPlan",
            Self::DiagnosticEx => "DiagnosticEx",
        }
    }
}

/// Something that happened in a data flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DataFlowEvent {
    /// OnError.
    Error {
        /// Who speaks.
        subcomponent: Subcomponent,
        /// What it says.
        message: Message,
    },
    /// OnWarning.
    Warning {
        /// Who speaks.
        subcomponent: Subcomponent,
        /// What it says.
        message: Message,
    },
    /// OnInformation.
    Information {
        /// Who speaks.
        subcomponent: Subcomponent,
        /// What it says.
        message: Message,
    },
    /// OnProgress.
    Progress {
        /// What is in progress: `Validating`, `Pre-Execute`.
        description: String,
        /// 0 to 100.
        percent: u8,
    },
    /// A log entry of the Data Flow Task's own.
    Log {
        /// Which one.
        entry: LogEntry,
        /// Its text.
        text: String,
    },
    /// A component came back from a call: a row of `execution_component_phases`.
    Phase {
        /// The component.
        component: String,
        /// Which call.
        phase: Phase,
        /// When it began.
        start: Timestamp,
        /// When it ended.
        end: Timestamp,
    },
    /// A batch went along a path: a row of `execution_data_statistics`. Comes once per batch and
    /// path, together with the log entry OnPipelineRowsSent.
    RowsSent {
        /// The path's id string: `Paths[Source.Flat File Source Output]`.
        path_id: String,
        /// The path's name.
        path_name: String,
        /// The component at its start.
        source: String,
        /// The component at its end.
        destination: String,
        /// Rows in the batch.
        rows: u64,
    },
}
