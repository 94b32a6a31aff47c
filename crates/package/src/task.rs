//! Tasks: what each kind was configured with.

mod bulk_insert;
mod data_profiling;
mod execute_package;
mod execute_process;
mod execute_sql;
mod file_system;
mod ftp;
mod send_mail;
mod stock;
mod xml;

pub use bulk_insert::{BulkInsert, DataFileType};
pub use data_profiling::{
    ColumnChoice, DataProfiling, PatternOptions, ProfileDestination, ProfileInput,
    ProfileInputError, ProfileKind, ProfileRequest, ProfiledColumn, ProfiledTable, Report,
    Threshold,
};
pub use execute_package::{ExecutePackage, PackageReference, ParameterAssignment};
pub use execute_process::{ExecuteProcess, WindowStyle};
pub use execute_sql::{
    ExecuteSql, ParameterBinding, ParameterDirection, ResultBinding, ResultSetType, SqlSource,
    TypeConversion,
};
pub use file_system::{FileSystem, FileSystemOperation, FileSystemPath};
pub use ftp::{Ftp, FtpOperation, FtpPath};
pub use send_mail::{MailPriority, MailSource, SendMail};
pub use stock::StockTask;
pub use xml::{
    XPathOperation, XmlDestination, XmlDiffAlgorithm, XmlOperand, XmlOperation, XmlSourceType,
    XmlTask, XmlValidation,
};

use crate::Pipeline;

/// What a task does.
#[derive(Clone, Debug)]
pub enum TaskKind {
    /// Data Flow Task.
    DataFlow(Box<Pipeline>),
    /// Expression Task.
    Expression(ExpressionTask),
    /// Execute Process Task.
    ExecuteProcess(Box<ExecuteProcess>),
    /// File System Task.
    FileSystem(FileSystem),
    /// FTP Task.
    Ftp(Box<Ftp>),
    /// Execute Package Task.
    ExecutePackage(ExecutePackage),
    /// Execute SQL Task.
    ExecuteSql(Box<ExecuteSql>),
    /// Bulk Insert Task.
    BulkInsert(Box<BulkInsert>),
    /// Data Profiling Task.
    DataProfiling(Box<DataProfiling>),
    /// Send Mail Task.
    SendMail(Box<SendMail>),
    /// XML Task.
    Xml(Box<XmlTask>),
    /// Script Task.
    Script(ScriptTask),
    /// A documented task that this model has no fields for.
    Other(OtherTask),
    /// A task of unknown type.
    Unknown {
        /// The type as the document names it.
        creation_name: String,
        /// Its settings as in the document.
        data_xml: String,
    },
}

/// Expression Task.
#[derive(Clone, Debug, Default)]
pub struct ExpressionTask {
    /// One assignment.
    pub expression: String,
}

/// Script Task. Its code is managed; the model keeps what surrounds it and its source.
#[derive(Clone, Debug, Default)]
pub struct ScriptTask {
    /// Name of the script project.
    pub project_name: String,
    /// `CSharp` or `VisualBasic`.
    pub language: String,
    /// Name of the method that runs.
    pub entry_point: String,
    /// Variables that the script reads.
    pub read_only_variables: Vec<String>,
    /// Variables that the script reads and writes.
    pub read_write_variables: Vec<String>,
    /// Names and texts of the source files.
    pub sources: Vec<(String, String)>,
}

/// A documented task that this model has no fields for.
#[derive(Clone, Debug)]
pub struct OtherTask {
    /// Which one.
    pub stock: StockTask,
    /// Its settings as in the document.
    pub data_xml: String,
    /// The attributes of the settings' root element, without prefixes.
    pub properties: Vec<(String, String)>,
}

impl TaskKind {
    /// The task's name in the designer, for example `Execute SQL Task`; the creation name of an
    /// unknown one.
    pub fn display_name(&self) -> &str {
        match self {
            Self::DataFlow(_) => StockTask::DataFlow.name(),
            Self::Expression(_) => StockTask::Expression.name(),
            Self::ExecuteProcess(_) => StockTask::ExecuteProcess.name(),
            Self::FileSystem(_) => StockTask::FileSystem.name(),
            Self::Ftp(_) => StockTask::Ftp.name(),
            Self::ExecutePackage(_) => StockTask::ExecutePackage.name(),
            Self::ExecuteSql(_) => StockTask::ExecuteSql.name(),
            Self::BulkInsert(_) => StockTask::BulkInsert.name(),
            Self::DataProfiling(_) => StockTask::DataProfiling.name(),
            Self::SendMail(_) => StockTask::SendMail.name(),
            Self::Xml(_) => StockTask::Xml.name(),
            Self::Script(_) => StockTask::Script.name(),
            Self::Other(other) => other.stock.name(),
            Self::Unknown { creation_name, .. } => creation_name,
        }
    }
}
