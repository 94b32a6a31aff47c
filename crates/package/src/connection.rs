//! Connection managers: where data comes from and goes to.

mod cache;
mod connection_string;
mod flat_file;
mod properties;

pub use cache::{CacheColumn, CacheFormat};
pub use connection_string::ConnectionString;
pub use flat_file::{FlatFileColumn, FlatFileColumnKind, FlatFileFormat, FlatFileKind};

use model::{Diagnostic, Span};

use crate::codes::numbered;
use crate::{PropertyExpression, ReadError, ReadOptions, Secret, read};

/// A connection manager of a package or project.
#[derive(Clone, Debug)]
pub struct ConnectionManager {
    /// `Package.ConnectionManagers[Name]` or `Project.ConnectionManagers[Name]`.
    pub ref_id: String,
    /// `{GUID}`.
    pub id: String,
    /// The connection manager's name.
    pub name: String,
    /// The author's words about it.
    pub description: String,
    /// The type as the document names it, for example `OLEDB` or `ADO.NET:SQL`.
    pub creation_name: String,
    /// What it connects to.
    pub kind: ConnectionKind,
    /// The connection string, path or URL; it never holds the password, see `password`.
    pub connection_string: ConnectionString,
    /// The password, where the document holds it readably.
    pub password: Option<Secret>,
    /// Whether everything in the package shares one connection (`RetainSameConnection`).
    pub retain: bool,
    /// Whether it is validated only when it is used.
    pub delay_validation: bool,
    /// Expressions that set its properties.
    pub property_expressions: Vec<PropertyExpression>,
    /// Other settings, by the names that the document uses.
    pub properties: Vec<(String, String)>,
    /// Whether it belongs to the project, not the package.
    pub is_project_level: bool,
    /// Where it is in the document.
    pub span: Span,
}

/// What a connection manager connects to.
#[derive(Clone, Debug)]
pub enum ConnectionKind {
    /// OLEDB.
    OleDb,
    /// ADO.NET.
    AdoNet {
        /// The provider's .NET type; empty for SqlClient.
        provider: String,
    },
    /// ADO.
    Ado,
    /// ODBC.
    Odbc,
    /// EXCEL.
    Excel,
    /// FLATFILE.
    FlatFile(Box<FlatFileFormat>),
    /// MULTIFLATFILE.
    MultiFlatFile(Box<FlatFileFormat>),
    /// FILE.
    File {
        /// Whether it is a file or a folder, and whether it must exist.
        usage: FileUsage,
    },
    /// MULTIFILE.
    MultiFile {
        /// Whether they are files or folders, and whether they must exist.
        usage: FileUsage,
    },
    /// CACHE.
    Cache(CacheFormat),
    /// FTP.
    Ftp,
    /// HTTP.
    Http,
    /// SMTP.
    Smtp,
    /// Any other kind; `creation_name` says which.
    Other {
        /// Its settings as in the document.
        data_xml: String,
    },
}

impl ConnectionKind {
    /// The kind's documented name, for example `OLEDB`; `other` for one that is not in the model.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::OleDb => "OLEDB",
            Self::AdoNet { .. } => "ADO.NET",
            Self::Ado => "ADO",
            Self::Odbc => "ODBC",
            Self::Excel => "EXCEL",
            Self::FlatFile(_) => "FLATFILE",
            Self::MultiFlatFile(_) => "MULTIFLATFILE",
            Self::File { .. } => "FILE",
            Self::MultiFile { .. } => "MULTIFILE",
            Self::Cache(_) => "CACHE",
            Self::Ftp => "FTP",
            Self::Http => "HTTP",
            Self::Smtp => "SMTP",
            Self::Other { .. } => "other",
        }
    }
}

impl ConnectionManager {
    /// Reads a project's connection manager (`.conmgr`). `file_name` is for messages only.
    pub fn from_bytes(
        file_name: &str,
        bytes: &[u8],
        options: &ReadOptions,
    ) -> Result<(Self, Vec<Diagnostic>), ReadError> {
        read::read_connection_manager(file_name, bytes, options)
    }

    /// Whether a task, component or log provider that writes `key` means this one: its refId, its
    /// id or its name, in any letter case. `{GUID}:external` is a form of the id.
    pub fn answers_to(&self, key: &str) -> bool {
        let id = key.strip_suffix(":external").unwrap_or(key);
        !key.is_empty()
            && (self.ref_id.eq_ignore_ascii_case(key)
                || self.id.eq_ignore_ascii_case(id)
                || self.name.eq_ignore_ascii_case(key))
    }

    /// The flat file format, if it has one.
    pub fn flat_file(&self) -> Option<&FlatFileFormat> {
        if let ConnectionKind::FlatFile(format) | ConnectionKind::MultiFlatFile(format) = &self.kind
        {
            Some(format)
        } else {
            None
        }
    }
}

numbered! {
    /// What a file connection manager leads to.
    FileUsage {
        /// A file that exists.
        #[default]
        ExistingFile = 0, "FileExists";
        /// A file to create.
        CreateFile = 1, "CreateFile";
        /// A folder that exists.
        ExistingFolder = 2, "FolderExists";
        /// A folder to create.
        CreateFolder = 3, "CreateFolder";
    }
}
