//! What can go wrong with SQL Server, in words that say what to do next.

use std::io;

use model::dts;

use super::statement::StatementError;

/// Why a connection or a statement failed. None of these has a password or the connection
/// string in it.
#[derive(Debug, thiserror::Error)]
pub enum SqlError {
    /// The host's name leads to no address.
    #[error(
        "server `{server}` is unknown: no address was found for its name; check Data Source in \
         the connection string"
    )]
    Unknown {
        /// The server.
        server: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Nothing listens there, or the network says no.
    #[error(
        "cannot connect to server `{server}`; check that SQL Server runs there, listens on TCP \
         on that port, and that no firewall is between"
    )]
    Refused {
        /// The server, with its port.
        server: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The server did not answer in time.
    #[error(
        "server `{server}` did not answer within {seconds} s; check Data Source in the \
         connection string, the network, and Connect Timeout"
    )]
    ConnectTimedOut {
        /// The server, with its port.
        server: String,
        /// How long it had.
        seconds: u64,
    },
    /// The SQL Server Browser of the host does not know the instance.
    #[error(
        "the port of instance `{server}` is not known: the SQL Server Browser there (UDP 1434) \
         did not tell; write the port into the connection string, as HOST,PORT"
    )]
    Instance {
        /// The server, with its instance.
        server: String,
    },
    /// The connection string asks for the Windows account.
    #[error(
        "server `{server}` cannot be logged in to with Integrated Security, because there is no \
         Windows account on Linux; use a SQL Server login: replace Integrated Security by \
         User ID and Password"
    )]
    IntegratedSecurity {
        /// The server.
        server: String,
    },
    /// The connection string names no user.
    #[error("the connection string for server `{server}` has no User ID")]
    NoUser {
        /// The server.
        server: String,
    },
    /// The server refused the login.
    #[error("login to server `{server}` failed: {text}")]
    Login {
        /// The server.
        server: String,
        /// SQL Server's error number, for example 18456.
        number: u32,
        /// Its message.
        text: String,
    },
    /// The server's certificate is not trusted, or there is no encryption in common.
    #[error(
        "no trusted encryption with server `{server}`: {text}; install the certificate's \
         authority on this machine, or set TrustServerCertificate=yes in the connection string"
    )]
    Certificate {
        /// The server.
        server: String,
        /// What TLS said.
        text: String,
    },
    /// The server answered something that is not understood, or hung up.
    #[error("the connection to server `{server}` broke: {text}")]
    Broken {
        /// The server.
        server: String,
        /// What happened.
        text: String,
    },
    /// The statement failed.
    #[error("{text}")]
    Server {
        /// SQL Server's error number.
        number: u32,
        /// Its state.
        state: u8,
        /// Its severity.
        severity: u8,
        /// Line of the batch or procedure.
        line: u32,
        /// The procedure, or empty.
        procedure: String,
        /// The message.
        text: String,
    },
    /// The statement took too long.
    #[error("the query timed out after {seconds} s")]
    QueryTimedOut {
        /// How long it had.
        seconds: u64,
    },
    /// [`super::Interrupter::interrupt`] was called.
    #[error("the query was interrupted")]
    Interrupted,
    /// The statement's text and parameters do not go together.
    #[error("the statement cannot be sent")]
    Statement(#[source] StatementError),
    /// A runtime could not be started.
    #[error("cannot prepare a connection")]
    Runtime(#[source] io::Error),
}

impl SqlError {
    /// The SSIS code: DTS_E_OLEDBERROR, as for all errors of providers.
    pub const fn code(&self) -> u32 {
        dts::DTS_E_OLEDBERROR
    }

    /// The HRESULT that an OLE DB provider would have given.
    pub const fn hresult(&self) -> u32 {
        match self {
            // DB_SEC_E_AUTH_FAILED.
            Self::Login { number: 18456, .. } => 0x8004_0E4D,
            // DB_E_INTEGRITYVIOLATION: foreign key, unique constraint, unique index, NOT NULL.
            Self::Server { number: 515 | 547 | 2601 | 2627, .. } => 0x8004_0E2F,
            // DB_E_NOTABLE.
            Self::Server { number: 208, .. } => 0x8004_0E37,
            // DB_E_ERRORSINCOMMAND.
            Self::Server { .. } | Self::Statement(_) => 0x8004_0E14,
            // DB_E_ABORTLIMITREACHED.
            Self::QueryTimedOut { .. } => 0x8004_0E31,
            // E_FAIL.
            Self::Unknown { .. }
            | Self::Refused { .. }
            | Self::ConnectTimedOut { .. }
            | Self::Instance { .. }
            | Self::IntegratedSecurity { .. }
            | Self::NoUser { .. }
            | Self::Login { .. }
            | Self::Certificate { .. }
            | Self::Broken { .. }
            | Self::Interrupted
            | Self::Runtime(_) => 0x8000_4005,
        }
    }

    /// SQL Server's own error number, where it gave one.
    pub const fn number(&self) -> Option<u32> {
        if let Self::Login { number, .. } | Self::Server { number, .. } = self {
            Some(*number)
        } else {
            None
        }
    }

    /// Whether trying again later may help.
    pub const fn is_transient(&self) -> bool {
        match self {
            Self::Refused { .. } | Self::ConnectTimedOut { .. } | Self::Broken { .. } => true,
            // Deadlock victim, lock timeout, database starting, Azure's failovers.
            Self::Server { number, .. } | Self::Login { number, .. } => {
                matches!(number, 1205 | 1222 | 4060 | 40197 | 40501 | 40613 | 49918 | 49919 | 49920)
            }
            Self::Unknown { .. }
            | Self::Instance { .. }
            | Self::IntegratedSecurity { .. }
            | Self::NoUser { .. }
            | Self::Certificate { .. }
            | Self::QueryTimedOut { .. }
            | Self::Interrupted
            | Self::Statement(_)
            | Self::Runtime(_) => false,
        }
    }

    /// The whole description as one line: the message and its causes.
    pub fn description(&self) -> String {
        let mut text = self.to_string();
        let mut source = std::error::Error::source(self);
        while let Some(cause) = source {
            text.push_str(": ");
            text.push_str(&cause.to_string());
            source = cause.source();
        }
        text
    }

    /// The message as SSIS words it; `source_name` is [`super::Settings::source_name`].
    pub fn message(&self, source_name: &str) -> String {
        let hresult = self.hresult();
        format!(
            "SSIS Error Code DTS_E_OLEDBERROR.  An OLE DB error has occurred. Error code: \
             0x{hresult:08X}.\nAn OLE DB record is available.  Source: \"{source_name}\"  Hresult: \
             0x{hresult:08X}  Description: \"{}\".",
            self.description()
        )
    }
}
