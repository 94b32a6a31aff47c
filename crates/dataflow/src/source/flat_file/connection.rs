//! The flat file connection manager of a component: its format, its columns, its files.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;

use connect::code_page::CodePage;
use connect::flat_file::{Column, Format, Layout};
use connect::path::{files, path_as_written};
use expression::Locale;
use model::dts;
use package::{
    ConnectionKind, ConnectionManager, ExternalColumn, FlatFileColumn, FlatFileColumnKind,
    FlatFileFormat, FlatFileKind,
};

use crate::{Build, Environment, Failure, Invalid};

/// The role of the connection manager, as designers write it.
const ROLE: &str = "FlatFileConnection";

/// Ends a row when neither the last column nor the format says what does.
const ROW_DELIMITER: &str = "\r\n";

/// A connection manager that is known to be one for flat files.
pub(crate) struct FlatFile {
    manager: Arc<ConnectionManager>,
    format: FlatFileFormat,
    is_list: bool,
}

impl FlatFile {
    /// The connection manager that a component uses.
    pub(crate) fn find(build: &Build<'_>) -> Result<Self, Invalid> {
        let connections = &build.component.connections;
        let named = connections.iter().find(|connection| connection.name == ROLE);
        let reference = named.or_else(|| connections.first());
        let reference = reference.map_or("", |connection| &connection.connection_manager);
        let manager = build.environment.connection(reference).ok_or_else(|| {
            Invalid::broken(
                dts::DTS_E_CANNOTFINDRUNTIMECONNECTIONMANAGER,
                format!(
                    "The runtime connection manager with the ID \"{reference}\" cannot be found."
                ),
            )
        })?;
        let Some(format) = manager.flat_file().cloned() else {
            let text = format!(
                "The connection acquired from the connection manager \"{}\" is not valid: \"{}\" needs a flat file connection, and this one is of type {}.",
                manager.name,
                build.component.name,
                manager.kind.name()
            );
            return Err(Invalid::broken(dts::DTS_E_ACQUIREDCONNECTIONISINVALID, text));
        };
        let is_list = matches!(manager.kind, ConnectionKind::MultiFlatFile(_));
        Ok(Self { manager, format, is_list })
    }

    /// The format in the words of the reader and the writer.
    pub(crate) fn format(&self, build: &Build<'_>) -> Result<Format, Invalid> {
        let invalid = |text: &dyn Error| {
            Invalid::broken(
                dts::DTS_E_FAILEDTOINITIALIZEFLATFILEPARSER,
                format!(
                    "Failed to initialize the flat file parser of \"{}\" for connection manager \"{}\": {text}.",
                    build.component.name, self.manager.name
                ),
            )
        };
        let format = &self.format;
        let code_page = if format.unicode {
            CodePage::UTF16
        } else {
            CodePage::new(format.code_page).map_err(|error| invalid(&error))?
        };
        let last = format.columns.len().saturating_sub(1);
        let column = |(at, column): (usize, &FlatFileColumn)| Column {
            name: column.name.clone(),
            layout: self.layout(column, at == last),
            text_qualified: column.text_qualified,
        };
        let made = Format {
            code_page,
            header_row_delimiter: format.header_row_delimiter.clone(),
            header_rows_to_skip: u64::from(format.header_rows_to_skip),
            data_rows_to_skip: u64::from(format.data_rows_to_skip),
            column_names_in_first_data_row: format.column_names_in_first_data_row,
            text_qualifier: format.text_qualifier.clone().unwrap_or_default(),
            always_check_for_row_delimiters: format.always_check_for_row_delimiters,
            columns: format.columns.iter().enumerate().map(column).collect(),
        };
        made.check().map_err(|error| invalid(&error))?;
        Ok(made)
    }

    fn layout(&self, column: &FlatFileColumn, is_last: bool) -> Layout {
        let is_fixed = match self.format.format {
            FlatFileKind::FixedWidth => true,
            FlatFileKind::RaggedRight => !is_last && column.kind == FlatFileColumnKind::FixedWidth,
            FlatFileKind::Delimited => false,
            FlatFileKind::Mixed => column.kind == FlatFileColumnKind::FixedWidth,
        };
        if is_fixed {
            return Layout::Fixed(column.width);
        }
        let row = &self.format.row_delimiter;
        Layout::Delimited(match (&column.delimiter, is_last) {
            (delimiter, false) => delimiter.clone(),
            (delimiter, true) if !delimiter.is_empty() => delimiter.clone(),
            (_, true) if !row.is_empty() => row.clone(),
            (_, true) => ROW_DELIMITER.to_owned(),
        })
    }

    /// Its columns, in the order of the file.
    pub(crate) fn columns(&self) -> &[FlatFileColumn] {
        &self.format.columns
    }

    /// Number of the file's column that a column of the component belongs to: by its external
    /// column, else by its name.
    pub(crate) fn column(
        &self,
        external_columns: &[ExternalColumn],
        reference: &str,
        name: &str,
    ) -> Option<usize> {
        let external = external_columns.iter().find(|external| external.ref_id == reference);
        let name = external.map_or(name, |external| external.name.as_str());
        self.format.columns.iter().position(|column| column.name == name)
    }

    /// The code page of its bytes; `None` when it is Unicode.
    pub(crate) fn code_page(&self) -> Option<CodePage> {
        (!self.format.unicode).then(|| CodePage::new(self.format.code_page).ok()).flatten()
    }

    /// The formats of numbers and dates in it.
    pub(crate) fn locale(&self, build: &Build<'_>) -> Result<Locale, Invalid> {
        let own = self.format.locale_id.filter(|&locale| locale != 0);
        own.and_then(Locale::from_lcid).map_or_else(|| build.locale(), Ok)
    }

    /// What a message calls the file, and where it is on this machine.
    pub(crate) fn path(&self, environment: &dyn Environment) -> Result<(String, PathBuf), Failure> {
        let name = self.manager.connection_string.as_str().trim();
        resolve(environment, name)
    }

    /// The same for all files that it means: several, of a multiple flat files connection.
    pub(crate) fn paths(
        &self,
        environment: &dyn Environment,
    ) -> Result<Vec<(String, PathBuf)>, Failure> {
        if !self.is_list {
            return Ok(vec![self.path(environment)?]);
        }
        let list = self.manager.connection_string.as_str();
        let mut found = Vec::new();
        for name in list.split('|').map(str::trim).filter(|name| !name.is_empty()) {
            let cut = name.rfind(['\\', '/']).map_or(0, |at| at + 1);
            if name[cut..].contains(['*', '?']) {
                found.extend(matching(environment, &name[..cut], &name[cut..])?);
            } else {
                found.push(resolve(environment, name)?);
            }
        }
        if found.is_empty() {
            return Err(cannot_open(list, "no file has such a name"));
        }
        Ok(found)
    }
}

fn resolve(environment: &dyn Environment, name: &str) -> Result<(String, PathBuf), Failure> {
    let path = environment.resolve_path(name);
    let path =
        path.map_err(|error| cannot_open(name, &with_causes(&error.to_string(), &*error)))?;
    Ok((name.to_owned(), path))
}

fn matching(
    environment: &dyn Environment,
    folder: &str,
    spec: &str,
) -> Result<Vec<(String, PathBuf)>, Failure> {
    let (_, root) = resolve(environment, if folder.is_empty() { "." } else { folder })?;
    let found = files(&root, spec, false);
    let found =
        found.map_err(|error| cannot_open(folder, &with_causes(&error.to_string(), &error)))?;
    Ok(found.into_iter().map(|path| (path_as_written(folder, &root, &path), path)).collect())
}

/// `Cannot open the datafile`, and why.
pub(crate) fn cannot_open(name: &str, why: &str) -> Failure {
    Failure::new(
        dts::DTS_E_CANNOTOPENDATAFILE,
        format!("Cannot open the datafile \"{name}\": {}.", why.trim_end_matches('.')),
    )
}

/// A message with what caused it behind.
pub(crate) fn with_causes(message: &str, error: &dyn Error) -> String {
    let mut text = message.to_owned();
    let mut cause = error.source();
    while let Some(error) = cause {
        let end = text.trim_end_matches('.').len();
        text.truncate(end);
        text.push_str(&format!(": {error}."));
        cause = error.source();
    }
    text
}
