//! A server over a new catalog, and clients that write down what they are told.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use catalog::scale_out::{MasterRow, announce_master};
use catalog::{Caller, Catalog, CatalogError, CatalogKey, PostgresStore, Roles, Tx};
use ssisdb::{Client, Probe, Server, ServerFacts};
use tempfile::TempDir;
use testkit::postgres::PostgresServer;
use tokio::runtime::Runtime;
use tsql::host::{
    Cancel, Column, Message, Output, OutputValue, SessionChange, StatementDone, Stopped,
};
use tsql::session::{Session, SessionSettings};
use tsql::value::SqlValue;

/// A server with an empty catalog.
pub(crate) struct Fixture {
    server: Server,
    pub(crate) catalog: Catalog,
    pub(crate) runtime: Runtime,
    _folder: TempDir,
}

/// Nothing is reachable but a server that calls itself SSISDB, and a master.
struct Unreachable;

/// The security id of its user for logs.
pub(crate) const SID: &str = "0x000102030405060708090A0B0C0D0E0F";

/// The thumbprint of the master's certificate.
pub(crate) const THUMBPRINT: &str = "abcd";

impl Probe for Unreachable {
    fn ask(&self, connection_string: &str, _: &str) -> Result<Vec<Option<String>>, String> {
        let words: Vec<&str> = connection_string.split(';').collect();
        let text = |text: &str| Some(text.to_owned());
        match words.first() {
            Some(&"Data Source=reachable") => Ok(vec![text("SSISDB"), text("1"), text(SID)]),
            Some(&"Data Source=elsewhere") => Ok(vec![text("SSISDB"), text("1"), text("0x02")]),
            Some(&"Data Source=reader") => Ok(vec![text("SSISDB"), text("0"), text(SID)]),
            Some(&"Data Source=master") => Ok(vec![text("master"), None, None]),
            Some(_) | None => Err("nobody listens there".to_owned()),
        }
    }

    fn certificate_at(&self, address: &str) -> Result<String, String> {
        match address {
            "https://master:8391" => Ok(THUMBPRINT.to_uppercase()),
            "https://other:8391" => Ok("0000".to_owned()),
            _ => Err("nobody listens there".to_owned()),
        }
    }

    fn locate(&self, path: &str) -> Result<PathBuf, String> {
        Ok(PathBuf::from(path))
    }
}

pub(crate) fn server() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let key = CatalogKey::load_or_create(folder.path().join("key")).unwrap();
    let catalog = Catalog::open(folder.path().join("ssisdb.sqlite"), key).unwrap();
    over(catalog, folder)
}

/// The same over a database of a PostgreSQL server.
pub(crate) fn server_on_postgres() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let key = CatalogKey::generate().unwrap();
    let url = PostgresServer::shared().database();
    let store = PostgresStore::open(&url, key, Duration::from_secs(60)).unwrap();
    over(Catalog::over(Arc::new(store)), folder)
}

/// A server over this catalog, which may use the folder.
pub(crate) fn over(catalog: Catalog, folder: TempDir) -> Fixture {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.unwrap();
    let facts = ServerFacts {
        server_name: "HOST".to_owned(),
        machine_name: "HOST".to_owned(),
        port: 1433,
        program_version: "0.0.0".to_owned(),
    };
    let server =
        Server::new(catalog.clone(), runtime.handle().clone(), facts, Arc::new(Unreachable));
    Fixture { server, catalog, runtime, _folder: folder }
}

impl Fixture {
    /// Runs a write of the catalog that must succeed.
    pub(crate) fn write<T: Send + 'static>(
        &self,
        job: impl Fn(&mut dyn Tx) -> Result<T, CatalogError> + Send + 'static,
    ) -> T {
        self.runtime.block_on(self.catalog.write(job)).unwrap()
    }

    /// Makes the master known that is at `https://master:8391`.
    pub(crate) fn announce_master(&self) {
        self.write(|tx| {
            let master = MasterRow {
                id: "1".to_owned(),
                machine_name: "master".to_owned(),
                port: 8391,
                address: "https://master:8391".to_owned(),
                thumbprint: THUMBPRINT.to_owned(),
                version: "0.1.0".to_owned(),
                last_online: tx.now(),
                clock_ahead_ms: 0,
                protocol: 1,
                schema: 1,
                standing: "serving".to_owned(),
                online_until: tx.now().plus_ms(90_000),
            };
            announce_master(tx, &master)
        });
    }

    /// An administrator's session in SSISDB.
    pub(crate) fn admin(&self) -> Talk {
        self.session(Caller::admin("ada"), 51)
    }

    /// The session of somebody without any role.
    pub(crate) fn guest(&self) -> Talk {
        self.session(Caller::new("gus", Roles::default()), 52)
    }

    pub(crate) fn session(&self, caller: Caller, session: i16) -> Talk {
        let settings = SessionSettings { database: "SSISDB".to_owned(), ..Default::default() };
        Talk { session: self.engine_session(caller, session, settings) }
    }

    /// A session as the engine has it.
    pub(crate) fn engine_session(
        &self,
        caller: Caller,
        session: i16,
        settings: SessionSettings,
    ) -> Session {
        let client = Client {
            caller,
            session,
            host_name: "desk".to_owned(),
            program: "test".to_owned(),
            address: "127.0.0.1".to_owned(),
            encrypted: true,
            kill: Arc::new(|| {}),
        };
        Session::new(self.server.connect(client), settings)
    }
}

/// A session that is talked to.
pub(crate) struct Talk {
    session: Session,
}

impl Talk {
    /// Runs a script, batch by batch, and gives what the client saw.
    pub(crate) fn run(&mut self, script: &str) -> Seen {
        let mut seen = Seen::default();
        for batch in tsql::split_batches(script) {
            for _ in 0..batch.count {
                self.session.batch(batch.text, &mut seen, &Cancel::default()).unwrap();
            }
        }
        seen
    }

    /// Runs a script that must not fail, and shows what it gave.
    #[track_caller]
    pub(crate) fn shows(&mut self, script: &str) -> String {
        let seen = self.run(script);
        assert!(seen.errors.is_empty(), "{script}\n{:?}", seen.errors);
        seen.text
    }

    /// Runs a script that must fail, and gives the number of its first error.
    #[track_caller]
    pub(crate) fn fails(&mut self, script: &str) -> i32 {
        let seen = self.run(script);
        seen.errors.first().map(|(number, _)| *number).expect("it did not fail")
    }

    /// The one value that a query gives.
    #[track_caller]
    pub(crate) fn value(&mut self, query: &str) -> String {
        let shown = self.shows(query);
        shown.lines().nth(1).unwrap_or_else(|| panic!("no row: {query}")).to_owned()
    }
}

/// What a client saw: results as text, a line for each row, and errors.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) text: String,
    pub(crate) errors: Vec<(i32, String)>,
    /// Severity and state of each error.
    pub(crate) levels: Vec<(u8, u8)>,
    pub(crate) messages: Vec<String>,
}

impl Output for Seen {
    fn columns(&mut self, columns: &[Column]) -> Result<(), Stopped> {
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        writeln!(self.text, "{}", names.join("|")).unwrap();
        Ok(())
    }

    fn row(&mut self, row: &[SqlValue]) -> Result<(), Stopped> {
        let cells: Vec<String> = row.iter().map(show).collect();
        writeln!(self.text, "{}", cells.join("|")).unwrap();
        Ok(())
    }

    fn statement_done(&mut self, _: StatementDone) -> Result<(), Stopped> {
        Ok(())
    }

    fn procedure_done(&mut self, _: i32, _: u32) -> Result<(), Stopped> {
        Ok(())
    }

    fn output_value(&mut self, _: &OutputValue) -> Result<(), Stopped> {
        Ok(())
    }

    fn message(&mut self, message: &Message) -> Result<(), Stopped> {
        let text = message.error.message.clone();
        if message.error.severity > 10 {
            self.errors.push((message.error.number, text));
            self.levels.push((message.error.severity, message.error.state));
        } else {
            self.messages.push(text);
        }
        Ok(())
    }

    fn changed(&mut self, _: &SessionChange) -> Result<(), Stopped> {
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Stopped> {
        Ok(())
    }
}

fn show(value: &SqlValue) -> String {
    if value.is_null() {
        return "NULL".to_owned();
    }
    let text = tsql::types::SqlType::NVARCHAR_MAX;
    let shown = tsql::value::cast(value.unwrapped(), &text);
    shown
        .ok()
        .and_then(|text| text.as_str().map(str::to_owned))
        .unwrap_or_else(|| format!("{value:?}"))
}
