//! Components that need a server and do not run in this version: OLE DB and ADO NET Source and
//! Destination, OLE DB Command, Lookup and others.
//!
//! Their connection is acquired all the same, as SSIS acquires it at validation: who has no
//! server gets the connection error that says so, and only who has one learns that the component
//! does not run.

use connect::sql_server::{Api, Connection, Settings, Target};
use model::dts;
use package::{ComponentConnection, ConnectionKind, ConnectionManager};

use crate::{Build, Invalid, ValidationStatus, class};

/// Why such a component does not pass validation.
pub(crate) fn refuse(build: &Build<'_>) -> Invalid {
    for connection in &build.component.connections {
        if let Err(invalid) = acquire(build, connection) {
            return invalid;
        }
    }
    class::refusal(build.component)
}

/// Opens the connection of a component, and closes it again.
fn acquire(build: &Build<'_>, connection: &ComponentConnection) -> Result<(), Invalid> {
    let reference = &connection.connection_manager;
    let manager = build.environment.connection(reference).filter(|_| !reference.is_empty());
    let Some(manager) = manager else {
        return Err(Invalid::failed(
            dts::DTS_E_CANNOTFINDRUNTIMECONNECTIONMANAGER,
            format!(
                "The runtime connection manager with the ID \"{reference}\" cannot be found. The connection \"{}\" of \"{}\" refers to it.",
                connection.name, build.component.name
            ),
        ));
    };
    let Some(settings) = settings(&manager)? else { return Ok(()) };
    match Connection::open(&settings) {
        Ok(_) => Ok(()),
        Err(error) => {
            let text = error.message(&settings.source_name);
            Err(cannot_acquire(&manager, dts::DTS_E_OLEDBERROR, text))
        }
    }
}

/// How to connect; `None` when it is no database connection.
fn settings(manager: &ConnectionManager) -> Result<Option<Settings>, Invalid> {
    let (api, provider) = match &manager.kind {
        ConnectionKind::OleDb | ConnectionKind::Ado => (Api::OleDb, ""),
        ConnectionKind::AdoNet { provider } => (Api::AdoNet, provider.as_str()),
        ConnectionKind::Odbc => (Api::Odbc, ""),
        ConnectionKind::Excel
        | ConnectionKind::FlatFile(_)
        | ConnectionKind::MultiFlatFile(_)
        | ConnectionKind::File { .. }
        | ConnectionKind::MultiFile { .. }
        | ConnectionKind::Cache(_)
        | ConnectionKind::Ftp
        | ConnectionKind::Http
        | ConnectionKind::Smtp
        | ConnectionKind::Other { .. } => return Ok(None),
    };
    let mut text = manager.connection_string.clone();
    if let Some(password) = &manager.password {
        text.set("Password", password.expose());
    }
    match Target::parse(api, provider, text.as_str()) {
        Ok(Target::SqlServer(settings)) => Ok(Some(*settings)),
        Ok(Target::Other(name)) => Err(cannot_acquire(
            manager,
            dts::DTS_E_OLEDB_NOPROVIDER_ERROR,
            format!(
                "SSIS Error Code DTS_E_OLEDB_NOPROVIDER_ERROR. The requested OLE DB provider {name} is not registered."
            ),
        )),
        Err(error) => {
            let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
            let text = format!(
                "SSIS Error Code DTS_E_OLEDBERROR. An OLE DB error has occurred. Error code: 0x80004005. Description: \"{error}{}\".",
                cause.unwrap_or_default()
            );
            Err(cannot_acquire(manager, dts::DTS_E_OLEDBERROR, text))
        }
    }
}

/// The error of the connection manager, and behind it the component's.
fn cannot_acquire(manager: &ConnectionManager, code: u32, text: String) -> Invalid {
    let mut invalid = Invalid::failed(code, text).and(
        dts::DTS_E_CANNOTACQUIRECONNECTIONFROMCONNECTIONMANAGER,
        format!(
            "SSIS Error Code DTS_E_CANNOTACQUIRECONNECTIONFROMCONNECTIONMANAGER. The AcquireConnection method call to the connection manager \"{}\" failed with error code 0x{code:08X}.",
            manager.name
        ),
    );
    invalid.status =
        ValidationStatus::Failed(dts::DTS_E_CANNOTACQUIRECONNECTIONFROMCONNECTIONMANAGER);
    invalid
}

#[cfg(test)]
mod tests;
