//! Packages outside of the project: files that a FILE connection manager leads to.
//!
//! Such a package stands for itself: it has no project, so that its parameters have their design
//! defaults, and it is told things by configurations from parent variables. A package on a server
//! (msdb) or in the package store is refused by name.
//!
//! Rules: control-flow facts 9.2, dtsx facts 6.1.

use std::sync::Arc;

use fs_err as fs;
use model::{Severity, dts};
use package::ReadOptions;
use package::{ConnectionKind, ConnectionManager, ExecutePackage, Package, ProjectPackage};

use crate::evaluate::{self, Mistake};
use crate::frame::Frame;
use crate::property;

/// The connection manager that leads to the file.
pub(super) fn manager(frame: &Arc<Frame>, key: &str) -> Result<ConnectionManager, Mistake> {
    if key.trim().is_empty() {
        return Err(Mistake::new(
            dts::DTS_E_TKEXECPACKAGE_UNSPECIFIEDCONNECTION,
            "The connection is not specified.",
        ));
    }
    let manager = property::connection(frame, key)?.ok_or_else(|| {
        Mistake::new(
            dts::DTS_E_CONNECTIONNOTFOUND,
            format!("The connection \"{key}\" is not found."),
        )
    })?;
    match refusal(&manager) {
        None => Ok(manager),
        Some(why) => Err(Mistake::new(
            dts::DTS_E_TKEXECPACKAGE_INCORRECTCONNECTIONMANAGERTYPE,
            format!(
                "The connection manager \"{}\" is an incorrect type. The type required is \"FILE\": \
                 {why}.",
                manager.name
            ),
        )),
    }
}

/// Why a package behind this connection manager cannot be run; `None` when it can.
pub(crate) fn refusal(manager: &ConnectionManager) -> Option<String> {
    match manager.kind {
        ConnectionKind::File { .. } => None,
        ConnectionKind::OleDb => Some(
            "packages that lie in SQL Server (msdb) are not supported; export the package to a \
             file or make it part of the project"
                .to_owned(),
        ),
        ConnectionKind::FlatFile(_)
        | ConnectionKind::MultiFlatFile(_)
        | ConnectionKind::MultiFile { .. }
        | ConnectionKind::AdoNet { .. }
        | ConnectionKind::Ado
        | ConnectionKind::Odbc
        | ConnectionKind::Excel
        | ConnectionKind::Cache(_)
        | ConnectionKind::Ftp
        | ConnectionKind::Http
        | ConnectionKind::Smtp
        | ConnectionKind::Other { .. } => {
            Some(format!("no package lies behind a connection of type {}", manager.creation_name))
        }
    }
}

/// Reads the package.
pub(super) fn load(
    frame: &Arc<Frame>,
    task: &ExecutePackage,
    key: &str,
) -> Result<ProjectPackage, Mistake> {
    let manager = manager(frame, key)?;
    let written = manager.connection_string.as_str();
    let file_name = written.rsplit(['\\', '/']).next().unwrap_or(written).to_owned();
    let not_loaded = |reason: String| {
        Mistake::new(
            dts::DTS_E_TKEXECPACKAGE_UNABLETOLOADFILE,
            format!(
                "Error 0x{:08X} while loading package file \"{written}\". {reason}.",
                dts::DTS_E_OPENPACKAGEFILE
            ),
        )
    };
    let path = frame.run.runner.options.path_map.resolve(written);
    let path = path.map_err(|error| not_loaded(evaluate::chain(&error)))?;
    let bytes = fs::read(path).map_err(|error| not_loaded(evaluate::chain(&error)))?;
    let options = ReadOptions { password: task.password.clone() };
    let read = Package::from_bytes(&file_name, &bytes, &options);
    let (package, diagnostics) = read.map_err(|error| not_loaded(evaluate::chain(&error)))?;
    let mut wrong = diagnostics.iter().filter(|found| found.severity == Severity::Error);
    if let Some(first) = wrong.next() {
        return Err(not_loaded(first.to_string()));
    }
    Ok(ProjectPackage { file_name, entry_point: true, package })
}
