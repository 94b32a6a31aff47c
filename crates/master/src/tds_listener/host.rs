//! What stands behind the listener: who may log in, and what answers them.

use std::net::SocketAddr;

use tds::{Login7, PacketCounts};
use tsql::host::{Cancel, Output, Stopped};
use tsql::session::{BulkRows, RemoteCall, Session, TransactionCommand};
use tsql::value::SqlError;

/// Checks logins and gives each connection somebody to talk to.
pub trait Hosts: Send + Sync + 'static {
    /// Checks a login. May take long: it is called where waiting is allowed.
    fn connect(&self, login: &Login7, facts: &ConnectionFacts) -> Result<Welcome, LoginRefusal>;

    /// Another server that clients shall connect to instead, where this one is not to serve them,
    /// or not any more because it is `stopping`.
    fn elsewhere(&self, stopping: bool) -> Option<Elsewhere>;

    /// Packets came and went.
    fn counted(&self, _packets: PacketCounts) {}

    /// The connection of a login that succeeded has ended.
    fn disconnected(&self, session: u16);
}

/// What is known of a connection besides its login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionFacts {
    /// The session's number, `@@SPID`.
    pub session: u16,
    /// Where the client is.
    pub peer: SocketAddr,
    /// Where it has connected to.
    pub local: SocketAddr,
    /// Whether everything is encrypted.
    pub encrypted: bool,
}

/// A login that succeeded.
pub struct Welcome {
    /// Answers the requests.
    pub conversation: Box<dyn Conversation>,
    /// The database that the session starts in.
    pub database: String,
    /// The language that it starts with.
    pub language: String,
}

/// A login that failed: what the client is told, in order. The last is usually error 18456.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginRefusal {
    /// What the client is told.
    pub errors: Vec<SqlError>,
}

impl LoginRefusal {
    /// The refusal of a wrong password and of an unknown login alike.
    pub fn of(user: &str) -> Self {
        let text = format!("Login failed for user '{user}'.");
        Self { errors: vec![SqlError::new(18456, 14, 1, text)] }
    }

    /// The refusal of any login while SSISDB is served by another master, which cannot be named.
    /// Clients that try again take SQL Server's number for this as passing.
    pub fn of_standby(user: &str) -> Self {
        let text = "Unable to access availability database 'SSISDB' because the database replica \
                    is not in the PRIMARY or SECONDARY role. Connections to an availability \
                    database is permitted only when the database replica is in the PRIMARY or \
                    SECONDARY role. Try the operation again later.";
        let mut refusal = Self::of(user);
        refusal.errors.insert(0, SqlError::new(983, 14, 1, text));
        refusal
    }

    /// The refusal of a login that may not use the database that it asks for.
    pub fn of_database(user: &str, database: &str) -> Self {
        let text = format!(
            "Cannot open database \"{database}\" requested by the login. The login failed."
        );
        let mut refusal = Self::of(user);
        refusal.errors.insert(0, SqlError::new(4060, 11, 1, text));
        refusal
    }
}

/// Another server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elsewhere {
    /// Its host name or address.
    pub server: String,
    /// Its TCP port.
    pub port: u16,
}

/// Answers the requests of one connection, one after the other. [`Session`] does.
pub trait Conversation: Send {
    /// Runs a batch.
    fn batch(
        &mut self,
        text: &str,
        output: &mut dyn Output,
        cancel: &Cancel,
    ) -> Result<(), Stopped>;

    /// Puts rows into the table that the batch before has named with `INSERT BULK`.
    fn bulk_load(
        &mut self,
        rows: BulkRows,
        output: &mut dyn Output,
        cancel: &Cancel,
    ) -> Result<(), Stopped>;

    /// Runs a procedure that the client called.
    fn call(
        &mut self,
        call: &RemoteCall,
        output: &mut dyn Output,
        cancel: &Cancel,
    ) -> Result<(), Stopped>;

    /// Does what the client asks of the transaction.
    fn transaction(
        &mut self,
        command: &TransactionCommand,
        output: &mut dyn Output,
    ) -> Result<(), Stopped>;

    /// Forgets what the requests so far have left behind; the transaction too, unless it is kept.
    fn reset(&mut self, keep_transaction: bool);

    /// The number of the open transaction, 0 without one.
    fn transaction_id(&self) -> u64;
}

impl Conversation for Session {
    fn batch(
        &mut self,
        text: &str,
        output: &mut dyn Output,
        cancel: &Cancel,
    ) -> Result<(), Stopped> {
        Session::batch(self, text, output, cancel)
    }

    fn bulk_load(
        &mut self,
        rows: BulkRows,
        output: &mut dyn Output,
        cancel: &Cancel,
    ) -> Result<(), Stopped> {
        Session::bulk_load(self, rows, output, cancel)
    }

    fn call(
        &mut self,
        call: &RemoteCall,
        output: &mut dyn Output,
        cancel: &Cancel,
    ) -> Result<(), Stopped> {
        Session::call(self, call, output, cancel)
    }

    fn transaction(
        &mut self,
        command: &TransactionCommand,
        output: &mut dyn Output,
    ) -> Result<(), Stopped> {
        Session::transaction(self, command, output)
    }

    fn reset(&mut self, keep_transaction: bool) {
        Session::reset(self, keep_transaction);
    }

    fn transaction_id(&self) -> u64 {
        Session::transaction_id(self)
    }
}
