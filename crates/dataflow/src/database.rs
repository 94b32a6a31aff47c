//! What the components that use a database have in common: their connection manager, the open
//! connection, and how its errors are worded.
//!
//! A connection is opened at validation and closed again, as SSIS does it, and opened for the
//! run, except that a connection manager with RetainSameConnection has one for all.

pub(crate) mod convert;
pub(crate) mod select;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, TryLockError};

use connect::database::{
    Api, Column, Database, DatabaseError, Kind, Limits, Target, unsupported_in_excel,
};
use model::dts;
use package::{Component, ComponentClass, ConnectionKind, ConnectionManager, ExternalColumn};

use crate::{Build, Context, Environment, Failure, Invalid, Message, ValidationStatus};

/// An open connection, for one at a time.
pub(crate) type Opened = Arc<Mutex<Box<dyn Database>>>;

/// The connection manager of a component, understood.
#[derive(Clone)]
pub(crate) struct Link {
    manager: Arc<ConnectionManager>,
    target: Target,
}

impl Link {
    /// The first connection manager of a component.
    pub(crate) fn of(build: &Build<'_>) -> Result<Self, Invalid> {
        let connection = build.component.connections.first();
        let reference = connection.map_or("", |connection| connection.connection_manager.as_str());
        let manager = build.environment.connection(reference).filter(|_| !reference.is_empty());
        let Some(manager) = manager else {
            return Err(Invalid::failed(
                dts::DTS_E_CANNOTFINDRUNTIMECONNECTIONMANAGER,
                format!(
                    "The runtime connection manager with the ID \"{reference}\" cannot be found. The connection \"{}\" of \"{}\" refers to it.",
                    connection.map_or("", |connection| connection.name.as_str()),
                    build.component.name
                ),
            ));
        };
        let target = target(&manager)?;
        Ok(Self { manager, target })
    }

    /// Whose words an error has.
    pub(crate) fn message(&self, error: &DatabaseError) -> Message {
        Message::new(error.code(), error.message(self.target.source_name()))
    }

    /// Opens the connection, or takes the one that is shared.
    pub(crate) fn open(
        &self,
        environment: &dyn Environment,
        stopped: &dyn Fn() -> bool,
    ) -> Result<Opened, Invalid> {
        let shared = environment.retained(&self.manager).filter(|_| self.manager.retain);
        if let Some(found) = shared.as_ref().and_then(|shared| shared.find(&self.manager.id)) {
            return Ok(found);
        }
        let resolve = |path: &str| -> Result<PathBuf, String> {
            environment.resolve_path(path).map_err(|error| error.to_string())
        };
        let database = self.target.open(&resolve, stopped).map_err(|error| {
            let message = self.message(&error);
            cannot_acquire(&self.manager, message.code, message.text)
        })?;
        let opened = Arc::new(Mutex::new(database));
        if let Some(shared) = shared {
            shared.keep(&self.manager.id, Arc::clone(&opened));
        }
        Ok(opened)
    }

    /// Opens the connection when the rows are about to flow.
    pub(crate) fn open_to_run(&self, context: &Context<'_>) -> Result<Opened, Failure> {
        let opened = self.open(context.environment(), &|| context.is_stopped());
        opened.map_err(|invalid| Failure {
            code: dts::DTS_E_CANNOTACQUIRECONNECTIONFROMCONNECTIONMANAGER,
            errors: invalid.errors,
        })
    }

    /// A failure of the component, in the provider's words.
    pub(crate) fn failure(&self, error: &DatabaseError) -> Failure {
        let message = self.message(error);
        Failure::new(message.code, message.text)
    }

    /// Looks at the database while the component is built.
    pub(crate) fn look<T>(
        &self,
        build: &Build<'_>,
        look: impl FnOnce(&mut dyn Database) -> Result<T, DatabaseError>,
    ) -> Result<T, Invalid> {
        let opened = self.open(build.environment, &|| false)?;
        let mut database = lock(&opened).map_err(|failure| {
            let Failure { code, errors } = failure;
            Invalid { status: ValidationStatus::Failed(code), errors }
        })?;
        look(database.as_mut()).map_err(|error| {
            let message = self.message(&error);
            Invalid::failed(message.code, message.text)
        })
    }
}

/// The connection for this component alone.
pub(crate) fn lock(opened: &Opened) -> Result<MutexGuard<'_, Box<dyn Database>>, Failure> {
    match opened.try_lock() {
        Ok(guard) => Ok(guard),
        Err(TryLockError::Poisoned(poisoned)) => Ok(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => Err(Failure::new(
            dts::DTS_E_OLEDBERROR,
            "Connection is busy with results for another command: components that work at the same time cannot share a connection manager with RetainSameConnection.",
        )),
    }
}

/// What a component may take for something.
pub(crate) fn limits<'a>(seconds: i64, stopped: &'a (dyn Fn() -> bool + Sync)) -> Limits<'a> {
    let seconds = u64::try_from(seconds).ok().filter(|seconds| *seconds != 0);
    Limits { time_max: seconds.map(std::time::Duration::from_secs), stopped }
}

/// How to connect.
fn target(manager: &ConnectionManager) -> Result<Target, Invalid> {
    let (api, provider) = match &manager.kind {
        ConnectionKind::OleDb | ConnectionKind::Ado | ConnectionKind::Excel => (Api::OleDb, ""),
        ConnectionKind::AdoNet { provider } => (Api::AdoNet, provider.as_str()),
        ConnectionKind::Odbc => (Api::Odbc, ""),
        ConnectionKind::FlatFile(_)
        | ConnectionKind::MultiFlatFile(_)
        | ConnectionKind::File { .. }
        | ConnectionKind::MultiFile { .. }
        | ConnectionKind::Cache(_)
        | ConnectionKind::Ftp
        | ConnectionKind::Http
        | ConnectionKind::Smtp
        | ConnectionKind::Other { .. } => {
            let text =
                format!("Connections of type {} are not to databases.", manager.creation_name);
            return Err(cannot_acquire(manager, dts::DTS_E_OLEDBERROR, text));
        }
    };
    let mut text = manager.connection_string.clone();
    if let Some(password) = &manager.password
        && text.get("Password").is_none_or(|own| own.is_empty())
    {
        text.set("Password", password.expose());
    }
    match Target::parse(api, provider, text.as_str()) {
        Ok(Target::Other(name)) => Err(cannot_acquire(
            manager,
            dts::DTS_E_OLEDB_NOPROVIDER_ERROR,
            format!(
                "SSIS Error Code DTS_E_OLEDB_NOPROVIDER_ERROR. The requested OLE DB provider {name} is not registered: {}.",
                Target::no_driver(&name)
            ),
        )),
        Ok(target) => Ok(target),
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

/// The name that a column has outside.
pub(crate) fn external_name<'a>(
    external: &'a [ExternalColumn],
    reference: &str,
    own: &'a str,
) -> &'a str {
    let found = external.iter().find(|column| !reference.is_empty() && column.ref_id == reference);
    found.map_or(own, |column| column.name.as_str())
}

/// The place of a column: by its exact name, or else in any letter case.
pub(crate) fn place_of(columns: &[Column], name: &str) -> Option<usize> {
    let exact = columns.iter().position(|column| column.name == name);
    exact.or_else(|| columns.iter().position(|column| column.name.eq_ignore_ascii_case(name)))
}

/// The text of a variable that a property names.
pub(crate) fn variable_text(build: &Build<'_>, property: &str) -> Result<String, Invalid> {
    let name = build.text(property).trim();
    let found = build.environment.variable(name).filter(|_| !name.is_empty());
    match found.map(|found| found.value) {
        Some(model::Value::Text(text)) if !text.trim().is_empty() => Ok(text.to_string()),
        _ => Err(build.bad_property(property, name)),
    }
}

/// What such a component is configured to do and does not do here.
pub(crate) fn unsupported(component: &Component) -> Option<String> {
    let command = component.property("SqlCommand").unwrap_or_default();
    let by_command = component.property("AccessMode").is_some_and(|mode| mode.trim() == "2");
    let writes = matches!(
        component.class,
        ComponentClass::OleDbDestination | ComponentClass::ExcelDestination
    );
    if !by_command {
        return None;
    }
    if writes && select::table(command).is_none() {
        let text = "rows written through a SQL command that is not a SELECT from one table";
        return Some(text.to_owned());
    }
    if component.class == ComponentClass::ExcelSource {
        return unsupported_in_excel(command);
    }
    None
}

/// Whether an error ends the data flow whatever the dispositions say.
pub(crate) const fn is_fatal(error: &DatabaseError) -> bool {
    matches!(error.kind, Kind::Connection | Kind::Login | Kind::Stopped | Kind::TimedOut)
}
