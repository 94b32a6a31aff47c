//! Packages and projects as typed models, read from bytes; nothing here runs or opens a file.
//! Facts: `[MS-DTSX]`, `[MS-DTSX2]`, and packages that designers saved. Read `package.rs` first.
//! # Invariants
//! * A part that is not known here never refuses a document: it stays in the model, with its place.
//! * Any bytes give a model or an error, in bounded memory and without a panic.
//! * A sensitive value is a [`Secret`], which shows itself to nobody who does not ask.

mod archive;
mod codes;
mod connection;
mod decrypt;
mod document;
mod executable;
mod for_each;
mod package;
mod pipeline;
mod project;
mod read;
mod secret;
mod set;
mod task;
mod variable;

pub use connection::{
    CacheColumn, CacheFormat, ConnectionKind, ConnectionManager, ConnectionString, FileUsage,
    FlatFileColumn, FlatFileColumnKind, FlatFileFormat, FlatFileKind,
};
pub use document::{ReadError, ReadOptions};
pub use executable::{
    ColumnFilter, Container, EvalOp, EventHandler, Executable, ExecutableKind, FilterKind,
    ForEachLoop, ForLoop, LoggingMode, LoggingOptions, PrecedenceConstraint, TransactionOption,
    VariableMapping,
};
pub use for_each::{
    AdoEnumeration, FileNameRetrieval, ForEachEnumerator, ForEachKind, NodeEnumeration, NodeList,
    StockForEach,
};
pub use package::{
    Checkpoint, CheckpointUsage, CheckpointVariable, Checkpoints, Configuration, ConfigurationKind,
    ConfiguredValue, Creation, LogProvider, Package, PackageVersion, ProtectionLevel, UnknownPart,
};
pub use pipeline::{
    ColumnUsage, Component, ComponentClass, ComponentConnection, Disposition, Dispositions,
    ExternalColumn, Input, InputColumn, Output, OutputColumn, Pipeline, PipelinePath, Property,
    PropertyValue,
};
pub use project::{ObjectParameter, Part, Project, ProjectPackage, ProjectVersion};
pub use secret::Secret;
pub use set::{SetPropertyError, coerce, split_connection_parameter};
pub use task::{
    BulkInsert, ColumnChoice, DataFileType, DataProfiling, ExecutePackage, ExecuteProcess,
    ExecuteSql, ExpressionTask, FileSystem, FileSystemOperation, FileSystemPath, Ftp, FtpOperation,
    FtpPath, MailPriority, MailSource, OtherTask, PackageReference, ParameterAssignment,
    ParameterBinding, ParameterDirection, PatternOptions, ProfileDestination, ProfileInput,
    ProfileInputError, ProfileKind, ProfileRequest, ProfiledColumn, ProfiledTable, Report,
    ResultBinding, ResultSetType, ScriptTask, SendMail, SqlSource, StockTask, TaskKind, Threshold,
    TypeConversion, WindowStyle, XPathOperation, XmlDestination, XmlDiffAlgorithm, XmlOperand,
    XmlOperation, XmlSourceType, XmlTask, XmlValidation,
};
pub use variable::{Parameter, PropertyExpression, Variable};
