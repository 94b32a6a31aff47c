//! The code of an error that somebody can mend: where a command cannot go on, it names the page.
//!
//! Diagnostics of packages have codes of their own, which are in their text; refusals of
//! procedures have SSISDB's numbers.

use std::fmt;
use std::io;

use catalog::{CatalogError, KeyError, OpenError, StoreError};
use transport::{ClientError, IdentityError, ListenError, PfxError, TlsError};
use worker::WorkerError;

use super::fault::{
    BAD_SETTINGS, CANNOT_LISTEN, DATABASE_REFUSES, DISK_FULL, Fault, IN_USE, LATE, NEWER_CATALOG,
    NO_ANSWER, NO_CATALOG, NO_DATABASE, NO_PERMISSION, NO_SUCH_HOST, NO_TLS, NOBODY_LISTENS,
    OPEN_KEY, OTHER_CERTIFICATE, PORT_TAKEN, PROTOCOL, REFUSED, UNTRUSTED_WORKER,
    UNUSABLE_IDENTITY, WRONG_KEY,
};

/// An error of a command itself, with the fault that it is.
#[derive(Debug)]
pub(crate) struct Named {
    fault: Fault,
    text: String,
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Named {}

/// An error with the fault that it is.
pub(crate) fn named(fault: Fault, text: impl Into<String>) -> anyhow::Error {
    Named { fault, text: text.into() }.into()
}

/// The fault that an error is, by the first of its causes that is known.
pub(crate) fn of(error: &anyhow::Error) -> Option<Fault> {
    error.chain().find_map(of_cause)
}

fn of_cause(cause: &(dyn std::error::Error + 'static)) -> Option<Fault> {
    if let Some(named) = cause.downcast_ref::<Named>() {
        return Some(named.fault);
    }
    if cause.is::<master::SettingsError>() || cause.is::<worker::SettingsError>() {
        return Some(BAD_SETTINGS);
    }
    if cause.is::<TlsError>() || cause.is::<PfxError>() {
        return Some(UNUSABLE_IDENTITY);
    }
    let found = cause.downcast_ref().map(of_start);
    found
        .or_else(|| cause.downcast_ref().map(of_worker))
        .or_else(|| cause.downcast_ref().and_then(of_identity))
        .or_else(|| cause.downcast_ref().map(of_open))
        .or_else(|| cause.downcast_ref().map(of_key))
        .or_else(|| cause.downcast_ref().and_then(of_catalog))
        .or_else(|| cause.downcast_ref().and_then(of_client))
        .or_else(|| cause.downcast_ref().and_then(of_system))
}

fn of_start(error: &master::StartError) -> Fault {
    use master::StartError;
    use master::tds_listener::TdsStartError;
    match error {
        StartError::Certificate { .. } => BAD_SETTINGS,
        StartError::Tls(_) | StartError::Tds(TdsStartError::Tls(_)) => UNUSABLE_IDENTITY,
        StartError::Listen(ListenError::InUse { .. })
        | StartError::Tds(TdsStartError::InUse { .. }) => PORT_TAKEN,
        StartError::Tds(TdsStartError::Browser { source, .. })
            if source.kind() == io::ErrorKind::AddrInUse =>
        {
            PORT_TAKEN
        }
        StartError::Listen(ListenError::Forbidden { .. } | ListenError::Listen { .. })
        | StartError::Tds(TdsStartError::Listen { .. } | TdsStartError::Browser { .. }) => {
            CANNOT_LISTEN
        }
        StartError::Catalog(source) => of_catalog(source).unwrap_or(NO_CATALOG),
    }
}

fn of_worker(error: &WorkerError) -> Fault {
    match error {
        WorkerError::Folder { source } => of_system(source).unwrap_or(NO_PERMISSION),
        WorkerError::Spool { .. } => NO_PERMISSION,
        WorkerError::InUse { .. } => IN_USE,
        WorkerError::BadId { .. } | WorkerError::Certificate { .. } => BAD_SETTINGS,
        WorkerError::Client { source } => of_client(source).unwrap_or(BAD_SETTINGS),
    }
}

/// What the system says of a certificate's file is told by what it says.
fn of_identity(error: &IdentityError) -> Option<Fault> {
    match error {
        IdentityError::KeyReadableByOthers { .. } => Some(OPEN_KEY),
        IdentityError::Read { source } | IdentityError::Save { source } => {
            of_system(source).or(Some(UNUSABLE_IDENTITY))
        }
        IdentityError::Generate { .. }
        | IdentityError::Unusable { .. }
        | IdentityError::NotACertificate { .. }
        | IdentityError::NotAKey { .. }
        | IdentityError::Mismatch { .. } => Some(UNUSABLE_IDENTITY),
    }
}

fn of_open(error: &OpenError) -> Fault {
    match error {
        OpenError::Key(key) => of_key(key),
        OpenError::WrongKey { .. } => WRONG_KEY,
        OpenError::NewerSchema { .. } => NEWER_CATALOG,
        OpenError::Store { source, .. } => of_catalog(source).unwrap_or(NO_CATALOG),
        OpenError::Address(_)
        | OpenError::NetworkFileSystem { .. }
        | OpenError::NotACatalog { .. }
        | OpenError::NotEmpty { .. }
        | OpenError::OlderMasters { .. }
        | OpenError::Thread { .. } => NO_CATALOG,
    }
}

fn of_key(error: &KeyError) -> Fault {
    match error {
        KeyError::TooOpen { .. } => OPEN_KEY,
        KeyError::Read { .. }
        | KeyError::Create { .. }
        | KeyError::NotAKey { .. }
        | KeyError::Random => WRONG_KEY,
    }
}

/// What a store says. Refusals of procedures have numbers of their own.
pub(crate) fn of_catalog(error: &CatalogError) -> Option<Fault> {
    let CatalogError::Store(error) = error else { return None };
    let server = match error {
        StoreError::Unreachable { source, .. }
        | StoreError::Uncertain { source, .. }
        | StoreError::ServerStatement { source, .. } => source,
        StoreError::Full { .. } => return Some(DISK_FULL),
        StoreError::Locked { .. }
        | StoreError::Corrupt { .. }
        | StoreError::Unusable { .. }
        | StoreError::Contended { .. }
        | StoreError::ServerFull { .. }
        | StoreError::Statement { .. } => return Some(NO_CATALOG),
    };
    Some(if server.is_refusal() { DATABASE_REFUSES } else { NO_DATABASE })
}

fn of_client(error: &ClientError) -> Option<Fault> {
    match error {
        ClientError::Unreachable { source, .. } => Some(of_connecting(source)),
        ClientError::Handshake { source, .. } if source.kind() == io::ErrorKind::TimedOut => {
            Some(LATE)
        }
        ClientError::Handshake { .. } | ClientError::Lost { .. } => Some(NO_TLS),
        ClientError::Deadline { .. } => Some(NO_ANSWER),
        ClientError::Untrusted { .. } => Some(OTHER_CERTIFICATE),
        ClientError::NoEndpoint | ClientError::BadEndpoint { .. } => Some(BAD_SETTINGS),
        ClientError::Identity(_) => Some(UNUSABLE_IDENTITY),
        ClientError::Unfit { .. } => Some(PROTOCOL),
        ClientError::Refused { error, .. } => match error.as_str() {
            "protocol_too_old" => Some(PROTOCOL),
            "wrong_agent" | "not_a_worker" => Some(UNTRUSTED_WORKER),
            "unknown_certificate" | "no_certificate" | "not_an_administrator" | "login_failed" => {
                Some(REFUSED)
            }
            _ => None,
        },
        ClientError::TooLong { .. }
        | ClientError::Decode { .. }
        | ClientError::Encode { .. }
        | ClientError::BadPath { .. }
        | ClientError::Write { .. } => None,
    }
}

/// Why nobody was reached.
pub(crate) fn of_connecting(error: &io::Error) -> Fault {
    if error.kind() == io::ErrorKind::ConnectionRefused {
        NOBODY_LISTENS
    } else if error.kind() == io::ErrorKind::NotFound || error.to_string().contains("lookup") {
        NO_SUCH_HOST
    } else {
        NO_ANSWER
    }
}

fn of_system(error: &io::Error) -> Option<Fault> {
    use io::ErrorKind::{PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    if matches!(error.kind(), PermissionDenied | ReadOnlyFilesystem) {
        return Some(NO_PERMISSION);
    }
    matches!(error.kind(), StorageFull | QuotaExceeded).then_some(DISK_FULL)
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::*;

    #[test]
    fn the_first_cause_that_is_known_names_the_page() {
        let denied = io::Error::from(io::ErrorKind::PermissionDenied);
        let error = Err::<(), _>(denied).context("cannot do it").unwrap_err();
        assert_eq!(of(&error), Some(NO_PERMISSION));
        let error = named(PORT_TAKEN, "taken").context("no master");
        assert_eq!(of(&error), Some(PORT_TAKEN));
        assert_eq!(of(&anyhow::anyhow!("typed wrongly")), None);
    }

    #[test]
    fn a_name_that_has_no_address_is_told_from_a_port_where_nobody_listens() {
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        assert_eq!(of_connecting(&refused), NOBODY_LISTENS);
        let lookup = io::Error::other("failed to lookup address information");
        assert_eq!(of_connecting(&lookup), NO_SUCH_HOST);
        assert_eq!(of_connecting(&io::Error::from(io::ErrorKind::TimedOut)), NO_ANSWER);
    }
}
