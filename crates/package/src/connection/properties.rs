//! Properties of connection managers by name, to set and to read.

use model::{TypeCode, Value};

use super::{ConnectionKind, ConnectionManager, ConnectionString, FileUsage, FlatFileFormat};
use crate::read::text_qualifier;
use crate::set::{SetPropertyError, Setter};
use crate::{CacheFormat, FlatFileKind, Secret};

/// What a kind of connection manager offers as `CM.<name>.<property>` parameters: name, type and
/// whether the value is sensitive. As the manifests of designers list them.
type Offered = &'static [(&'static str, TypeCode, bool)];

const SERVER: Offered = &[
    ("ConnectionString", TypeCode::String, false),
    ("InitialCatalog", TypeCode::String, false),
    ("Password", TypeCode::String, true),
    ("RetainSameConnection", TypeCode::Boolean, false),
    ("ServerName", TypeCode::String, false),
    ("UserName", TypeCode::String, false),
];
const EXCEL: Offered = &[
    ("ConnectionString", TypeCode::String, false),
    ("ExcelFilePath", TypeCode::String, false),
    ("ExcelVersionNumber", TypeCode::String, false),
    ("FirstRowHasColumnName", TypeCode::Boolean, false),
    ("InitialCatalog", TypeCode::String, false),
    ("Password", TypeCode::String, true),
    ("RetainSameConnection", TypeCode::Boolean, false),
    ("ServerName", TypeCode::String, false),
    ("UserName", TypeCode::String, false),
];
const FLAT_FILE: Offered = &[
    ("AlwaysCheckForRowDelimiters", TypeCode::Boolean, false),
    ("CodePage", TypeCode::Int32, false),
    ("ColumnNamesInFirstDataRow", TypeCode::Boolean, false),
    ("ConnectionString", TypeCode::String, false),
    ("DataRowsToSkip", TypeCode::Int32, false),
    ("Format", TypeCode::String, false),
    ("HeaderRowDelimiter", TypeCode::String, false),
    ("HeaderRowsToSkip", TypeCode::Int32, false),
    ("LocaleID", TypeCode::Int32, false),
    ("RowDelimiter", TypeCode::String, false),
    ("TextQualifier", TypeCode::String, false),
    ("Unicode", TypeCode::Boolean, false),
];
const CACHE: Offered = &[
    ("ConnectionString", TypeCode::String, false),
    ("RetainData", TypeCode::Boolean, false),
    ("UseEncryption", TypeCode::Boolean, false),
    ("UseFile", TypeCode::Boolean, false),
];
const PATH: Offered = &[("ConnectionString", TypeCode::String, false)];
const FTP: Offered = &[
    ("ChunkSize", TypeCode::Int32, false),
    ("ConnectionString", TypeCode::String, false),
    ("Retries", TypeCode::Int32, false),
    ("ServerName", TypeCode::String, false),
    ("ServerPassword", TypeCode::String, true),
    ("ServerPort", TypeCode::Int32, false),
    ("ServerUserName", TypeCode::String, false),
    ("Timeout", TypeCode::Int32, false),
    ("UsePassiveMode", TypeCode::Boolean, false),
];
const HTTP: Offered = &[
    ("ChunkSize", TypeCode::Int32, false),
    ("ConnectionString", TypeCode::String, false),
    ("ServerPassword", TypeCode::String, true),
    ("ServerURL", TypeCode::String, false),
    ("ServerUserName", TypeCode::String, false),
    ("Timeout", TypeCode::Int32, false),
    ("UseServerCredentials", TypeCode::Boolean, false),
];
const SMTP: Offered = &[
    ("ConnectionString", TypeCode::String, false),
    ("EnableSsl", TypeCode::Boolean, false),
    ("SmtpServer", TypeCode::String, false),
    ("Timeout", TypeCode::Int32, false),
    ("UseWindowsAuthentication", TypeCode::Boolean, false),
];
/// Properties that builds of 2016 and later list besides, for any kind.
const LATER: &[&str] = &[
    "ConnectByProxy",
    "ConnectRetryCount",
    "ConnectRetryInterval",
    "ConnectUsingManagedIdentity",
    "TargetServerVersion",
];

impl ConnectionKind {
    /// The kind that a creation name means, empty of settings; `None` for one without a kind.
    pub(crate) fn of_creation_name(kind: &str, provider: &str) -> Option<Self> {
        Some(match kind.trim().to_ascii_uppercase().as_str() {
            "OLEDB" => Self::OleDb,
            "ADO.NET" => Self::AdoNet { provider: provider.to_owned() },
            "ADO" => Self::Ado,
            "ODBC" => Self::Odbc,
            "EXCEL" => Self::Excel,
            "FLATFILE" => Self::FlatFile(Box::default()),
            "MULTIFLATFILE" => Self::MultiFlatFile(Box::default()),
            "FILE" => Self::File { usage: FileUsage::default() },
            "MULTIFILE" => Self::MultiFile { usage: FileUsage::default() },
            "CACHE" => Self::Cache(CacheFormat::default()),
            "FTP" => Self::Ftp,
            "HTTP" => Self::Http,
            "SMTP" => Self::Smtp,
            _ => return None,
        })
    }

    /// Whether the connection string is `key=value;` pairs, not a path or an address.
    const fn has_pairs(&self) -> bool {
        matches!(
            self,
            Self::OleDb
                | Self::AdoNet { .. }
                | Self::Ado
                | Self::Odbc
                | Self::Excel
                | Self::Smtp
                | Self::Other { .. }
        )
    }

    const fn offered(&self) -> Offered {
        match self {
            Self::OleDb | Self::AdoNet { .. } | Self::Ado | Self::Odbc => SERVER,
            Self::Excel => EXCEL,
            Self::FlatFile(_) | Self::MultiFlatFile(_) => FLAT_FILE,
            Self::Cache(_) => CACHE,
            Self::File { .. } | Self::MultiFile { .. } | Self::Other { .. } => PATH,
            Self::Ftp => FTP,
            Self::Http => HTTP,
            Self::Smtp => SMTP,
        }
    }
}

impl ConnectionManager {
    /// The properties that parameters `CM.<name>.<property>` may set: name, type, and whether the
    /// value is sensitive.
    pub fn offered_properties(&self) -> &'static [(&'static str, TypeCode, bool)] {
        self.kind.offered()
    }

    /// Takes a connection string; a password in it goes where passwords are kept.
    pub(crate) fn set_connection_string(&mut self, text: &str) {
        self.connection_string = ConnectionString::new(text);
        if !self.kind.has_pairs() {
            return;
        }
        if let Some(password) = self.connection_string.take("Password")
            && !password.is_empty()
        {
            self.password = Some(Secret::new(password));
        }
    }

    /// Sets a property by the name that property expressions use.
    pub fn set_property(&mut self, name: &str, value: &Value) -> Result<(), SetPropertyError> {
        let object = format!("connection manager `{}`", self.name);
        let set = Setter { object: &object, property: name, value };
        match set.key().as_str() {
            "name" => set.text(&mut self.name),
            "description" => set.text(&mut self.description),
            "delayvalidation" => set.flag(&mut self.delay_validation),
            "connectionstring" => {
                self.set_connection_string(&set.shown());
                if matches!(self.kind, ConnectionKind::Ftp) {
                    // It is another way to set these two.
                    self.properties.retain(|(name, _)| {
                        !["ServerName", "ServerPort"].iter().any(|of| of.eq_ignore_ascii_case(name))
                    });
                }
                Ok(())
            }
            "servername" | "serverport" if matches!(self.kind, ConnectionKind::Ftp) => {
                self.set_other_setting(set)?;
                self.connection_string = ConnectionString::new(self.ftp_address());
                Ok(())
            }
            "retainsameconnection" => set.flag(&mut self.retain),
            "password" | "serverpassword" => {
                self.password = Some(Secret::new(set.shown()));
                Ok(())
            }
            _ => self.set_kind_property(set),
        }
    }

    fn set_kind_property(&mut self, set: Setter<'_>) -> Result<(), SetPropertyError> {
        let key = set.key();
        if let Some(pair) = self.pair_of(&key) {
            self.connection_string.set(pair, &set.shown());
            return Ok(());
        }
        match &mut self.kind {
            ConnectionKind::FlatFile(format) | ConnectionKind::MultiFlatFile(format) => {
                format.set_property(set)
            }
            ConnectionKind::File { usage } | ConnectionKind::MultiFile { usage }
                if key == "fileusagetype" =>
            {
                set.code(usage, FileUsage::from_text)
            }
            ConnectionKind::Cache(cache) if key == "usefile" => set.flag(&mut cache.use_file),
            ConnectionKind::Excel if key == "firstrowhascolumnname" => {
                let mut header = false;
                set.flag(&mut header)?;
                self.set_excel_header(header);
                Ok(())
            }
            ConnectionKind::OleDb
            | ConnectionKind::AdoNet { .. }
            | ConnectionKind::Ado
            | ConnectionKind::Odbc
            | ConnectionKind::Excel
            | ConnectionKind::File { .. }
            | ConnectionKind::MultiFile { .. }
            | ConnectionKind::Cache(_)
            | ConnectionKind::Ftp
            | ConnectionKind::Http
            | ConnectionKind::Smtp
            | ConnectionKind::Other { .. } => self.set_other_setting(set),
        }
    }

    /// The key of the connection string that a property stands for.
    fn pair_of(&self, property: &str) -> Option<&'static str> {
        if !self.kind.has_pairs() {
            return None;
        }
        let smtp = matches!(self.kind, ConnectionKind::Smtp);
        let excel = matches!(self.kind, ConnectionKind::Excel);
        match property {
            "smtpserver" if smtp => Some("SmtpServer"),
            "usewindowsauthentication" if smtp => Some("UseWindowsAuthentication"),
            "enablessl" if smtp => Some("EnableSsl"),
            "timeout" if smtp => Some("Timeout"),
            "excelfilepath" if excel => Some("Data Source"),
            "servername" if !smtp => Some("Data Source"),
            "initialcatalog" if !smtp => Some("Initial Catalog"),
            "username" => Some("User ID"),
            _ => None,
        }
    }

    /// `server:port` of an FTP connection manager: its settings before its connection string.
    pub fn ftp_address(&self) -> String {
        let setting = |wanted: &str| {
            let found = self.properties.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
            found.map(|(_, value)| value.trim().to_owned()).filter(|value| !value.is_empty())
        };
        let written = self.connection_string.as_str().trim();
        let (name, port) = written.rsplit_once(':').unwrap_or((written, "21"));
        let name = setting("ServerName").unwrap_or_else(|| name.to_owned());
        let port = setting("ServerPort").unwrap_or_else(|| port.to_owned());
        format!("{name}:{port}")
    }

    /// `HDR=YES` in the extended properties says that the first row holds the column names.
    fn set_excel_header(&mut self, header: bool) {
        let mut extended = ConnectionString::new(
            self.connection_string.get("Extended Properties").unwrap_or_default(),
        );
        extended.set("HDR", if header { "YES" } else { "NO" });
        let text = extended.as_str().to_owned();
        self.connection_string.set("Extended Properties", &text);
    }

    /// Settings without a field: those in the document, and those that the kind offers.
    fn set_other_setting(&mut self, set: Setter<'_>) -> Result<(), SetPropertyError> {
        let mut settings = self.properties.iter_mut();
        if let Some(entry) = settings.find(|entry| entry.0.eq_ignore_ascii_case(set.property)) {
            return set.text(&mut entry.1);
        }
        let offered = self.kind.offered().iter().map(|entry| entry.0);
        let name = offered
            .chain(LATER.iter().copied())
            .find(|name| name.eq_ignore_ascii_case(set.property))
            .ok_or_else(|| set.unknown())?;
        self.properties.push((name.to_owned(), set.shown()));
        Ok(())
    }

    /// The value of a property, as a parameter's design default; `None` where it has none.
    /// Sensitive ones are not read this way.
    pub fn property(&self, name: &str) -> Option<Value> {
        let key = name.to_ascii_lowercase();
        if let Some(pair) = self.pair_of(&key) {
            return self.connection_string.get(pair).map(Value::text);
        }
        match key.as_str() {
            "name" => return Some(Value::text(self.name.as_str())),
            "connectionstring" => return Some(Value::text(self.connection_string.as_str())),
            "retainsameconnection" => return Some(Value::Bool(self.retain)),
            _ => {}
        }
        if let Some(format) = self.flat_file() {
            return format.property(&key);
        }
        if let ConnectionKind::Cache(cache) = &self.kind
            && key == "usefile"
        {
            return Some(Value::Bool(cache.use_file));
        }
        let setting = self.properties.iter().find(|entry| entry.0.eq_ignore_ascii_case(name))?;
        let type_code =
            self.kind.offered().iter().find(|entry| entry.0 == setting.0).map(|entry| entry.1);
        type_code.unwrap_or(TypeCode::String).parse(&setting.1).ok()
    }
}

impl FlatFileFormat {
    fn set_property(&mut self, set: Setter<'_>) -> Result<(), SetPropertyError> {
        match set.key().as_str() {
            "alwayscheckforrowdelimiters" => set.flag(&mut self.always_check_for_row_delimiters),
            "codepage" => set.number(&mut self.code_page),
            "columnnamesinfirstdatarow" => set.flag(&mut self.column_names_in_first_data_row),
            "datarowstoskip" => set.number(&mut self.data_rows_to_skip),
            "fileusagetype" => set.code(&mut self.usage, FileUsage::from_text),
            "format" => set.code(&mut self.format, FlatFileKind::from_text),
            "headerrowdelimiter" => set.text(&mut self.header_row_delimiter),
            "headerrowstoskip" => set.number(&mut self.header_rows_to_skip),
            "localeid" => {
                let mut number = -1_i64;
                set.number(&mut number)?;
                self.locale_id = u32::try_from(number).ok();
                Ok(())
            }
            "rowdelimiter" => set.text(&mut self.row_delimiter),
            "textqualifier" => {
                self.text_qualifier = text_qualifier(&set.shown());
                Ok(())
            }
            "unicode" => set.flag(&mut self.unicode),
            _ => Err(set.unknown()),
        }
    }

    fn property(&self, key: &str) -> Option<Value> {
        let number = |n: u32| i32::try_from(n).ok().map(Value::I4);
        match key {
            "alwayscheckforrowdelimiters" => {
                Some(Value::Bool(self.always_check_for_row_delimiters))
            }
            "codepage" => number(self.code_page),
            "columnnamesinfirstdatarow" => Some(Value::Bool(self.column_names_in_first_data_row)),
            "datarowstoskip" => number(self.data_rows_to_skip),
            "fileusagetype" => Some(Value::I4(self.usage.number())),
            "format" => Some(Value::text(self.format.name())),
            "headerrowdelimiter" => Some(Value::text(self.header_row_delimiter.as_str())),
            "headerrowstoskip" => number(self.header_rows_to_skip),
            "localeid" => self.locale_id.and_then(number),
            "rowdelimiter" => Some(Value::text(self.row_delimiter.as_str())),
            "textqualifier" => {
                Some(Value::text(self.text_qualifier.as_deref().unwrap_or("<none>")))
            }
            "unicode" => Some(Value::Bool(self.unicode)),
            _ => None,
        }
    }
}
