//! A listener with a scripted conversation behind it.
//!
//! The text of a batch says what happens: `rows N`, `wait`, `print TEXT`, `fail`, `fatal`,
//! `panic`, `begin`, `commit`, `state`, `big BYTES`. `state` gives how often the session was
//! reset and whether a transaction is open.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use master::tds_listener::{
    ConnectionFacts, Conversation, Elsewhere, Hosts, LoginRefusal, Sessions, TdsListener,
    TdsOptions, Welcome,
};
use tds::Login7;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use transport::{CertificateRequest, Identity};
use tsql::host::{
    Cancel, Column, Command, Message, Output, OutputValue, SessionChange, StatementDone, Stopped,
};
use tsql::session::{BulkRows, RemoteArgument, RemoteCall, TransactionCommand};
use tsql::types::SqlType;
use tsql::value::{SqlError, SqlValue};

/// What the conversations of a server have done, for tests to look at.
#[derive(Default)]
pub(crate) struct Ledger {
    /// Batches that are running now.
    pub(crate) running: AtomicUsize,
    /// The most that ever ran at once.
    pub(crate) most: AtomicUsize,
    /// Sessions that have ended.
    pub(crate) ended: AtomicUsize,
    /// Transactions that were rolled back by a reset.
    pub(crate) rolled_back: AtomicUsize,
    /// Rows that were handed over.
    pub(crate) rows: AtomicUsize,
    /// Where new clients are sent to.
    pub(crate) elsewhere: Mutex<Option<Elsewhere>>,
}

struct Scripted(Arc<Ledger>);

impl Hosts for Scripted {
    fn connect(&self, login: &Login7, _facts: &ConnectionFacts) -> Result<Welcome, LoginRefusal> {
        if login.user_name != "sa" || login.password.expose() != "secret" {
            return Err(LoginRefusal::of(&login.user_name));
        }
        if login.database == "nowhere" {
            return Err(LoginRefusal::of_database(&login.user_name, &login.database));
        }
        let script = Script { ledger: Arc::clone(&self.0), resets: 0, transaction: 0 };
        let (database, language) = ("SSISDB".to_owned(), "us_english".to_owned());
        Ok(Welcome { conversation: Box::new(script), database, language })
    }

    fn elsewhere(&self, _stopping: bool) -> Option<Elsewhere> {
        self.0.elsewhere.lock().unwrap().clone()
    }

    fn disconnected(&self, _session: u16) {
        self.0.ended.fetch_add(1, Ordering::SeqCst);
    }
}

struct Script {
    ledger: Arc<Ledger>,
    resets: i32,
    transaction: u64,
}

pub(crate) fn text_column() -> Column {
    Column::new("text", SqlType::NVARCHAR_MAX)
}

impl Script {
    fn run(&mut self, text: &str, out: &mut dyn Output, cancel: &Cancel) -> Result<(), Stopped> {
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        match word {
            "rows" => self.rows(rest.parse().unwrap(), out),
            "big" => {
                out.columns(&[text_column()])?;
                out.row(&[SqlValue::nvarchar("x".repeat(rest.parse().unwrap()))])?;
                out.statement_done(done(Some(1), Command::Select))
            }
            "wait" => {
                print("waiting", out)?;
                out.flush()?;
                if cancel.wait(Duration::from_secs(60)) { Err(Stopped) } else { Ok(()) }
            }
            "print" => print(rest, out),
            "fail" => error(SqlError::new(8134, 16, 1, "Divide by zero error encountered."), out),
            "fatal" => error(SqlError::new(596, 21, 1, "The session is in the kill state."), out),
            "panic" => panic!("as asked"),
            "mismatch" => {
                out.columns(&[Column::new("n", SqlType::Int)])?;
                out.row(&[SqlValue::nvarchar("not a number")])
            }
            "begin" => {
                self.transaction = 7;
                out.changed(&SessionChange::Begun(7))?;
                out.statement_done(done(None, Command::Other))
            }
            "commit" => {
                self.transaction = 0;
                out.changed(&SessionChange::Committed(7))?;
                out.statement_done(done(None, Command::Other))
            }
            "state" => {
                out.columns(&[
                    Column::new("resets", SqlType::Int).not_null(),
                    Column::new("transaction", SqlType::BigInt),
                ])?;
                let transaction = SqlValue::BigInt(self.transaction.cast_signed());
                out.row(&[SqlValue::Int(self.resets), transaction])?;
                out.statement_done(done(Some(1), Command::Select))
            }
            _ => Ok(()),
        }
    }

    fn rows(&self, count: i32, out: &mut dyn Output) -> Result<(), Stopped> {
        out.columns(&[Column::new("n", SqlType::Int), text_column()])?;
        for n in 0..count {
            let text =
                if n % 3 == 0 { SqlValue::Null } else { SqlValue::nvarchar(format!("row {n}")) };
            out.row(&[SqlValue::Int(n), text])?;
            self.ledger.rows.fetch_add(1, Ordering::Relaxed);
        }
        out.statement_done(done(Some(count.unsigned_abs().into()), Command::Select))
    }
}

fn done(count: Option<u64>, command: Command) -> StatementDone {
    StatementDone { count, depth: 0, command, failed: false }
}

fn print(text: &str, out: &mut dyn Output) -> Result<(), Stopped> {
    let error = SqlError::new(0, 0, 1, text);
    out.message(&Message { error, line: 1, procedure: String::new() })
}

fn error(error: SqlError, out: &mut dyn Output) -> Result<(), Stopped> {
    out.message(&Message { error, line: 2, procedure: "p".to_owned() })?;
    out.statement_done(StatementDone { failed: true, ..done(None, Command::Other) })
}

impl Conversation for Script {
    fn batch(&mut self, text: &str, out: &mut dyn Output, cancel: &Cancel) -> Result<(), Stopped> {
        let ledger = Arc::clone(&self.ledger);
        let running = ledger.running.fetch_add(1, Ordering::SeqCst) + 1;
        ledger.most.fetch_max(running, Ordering::SeqCst);
        let result = text.split(';').try_for_each(|one| self.run(one.trim(), out, cancel));
        ledger.running.fetch_sub(1, Ordering::SeqCst);
        result
    }

    /// Counts the rows.
    fn bulk_load(
        &mut self,
        rows: BulkRows,
        out: &mut dyn Output,
        _cancel: &Cancel,
    ) -> Result<(), Stopped> {
        let mut count = 0;
        for row in rows.rows {
            match row {
                Ok(_row) => count += 1,
                Err(broken) => return error(broken, out),
            }
        }
        out.statement_done(done(Some(count), Command::Insert))
    }

    /// Gives every OUTPUT parameter back, and returns how many parameters there were.
    fn call(
        &mut self,
        call: &RemoteCall,
        out: &mut dyn Output,
        _cancel: &Cancel,
    ) -> Result<(), Stopped> {
        if call.procedure == "missing" {
            let text = "Could not find stored procedure 'missing'.";
            let error = SqlError::new(2812, 16, 62, text);
            return out.message(&Message { error, line: 1, procedure: String::new() });
        }
        out.columns(&[text_column()])?;
        out.row(&[SqlValue::nvarchar(call.procedure.as_str())])?;
        out.statement_done(StatementDone { depth: 1, ..done(Some(1), Command::Select) })?;
        let status = i32::try_from(call.parameters.len()).unwrap();
        out.procedure_done(99, 1)?;
        out.procedure_done(status, 0)?;
        for (ordinal, parameter) in (0..).zip(&call.parameters) {
            if let (true, RemoteArgument::Scalar { data_type, value }) =
                (parameter.output, &parameter.argument)
            {
                let (name, data_type, value) = (parameter.name.clone(), *data_type, value.clone());
                out.output_value(&OutputValue { ordinal, name, data_type, value })?;
            }
        }
        Ok(())
    }

    fn transaction(
        &mut self,
        command: &TransactionCommand,
        out: &mut dyn Output,
    ) -> Result<(), Stopped> {
        match command {
            TransactionCommand::Begin { .. } => self.run("begin", out, &Cancel::default()),
            TransactionCommand::Commit { .. } => self.run("commit", out, &Cancel::default()),
            TransactionCommand::Rollback { .. } | TransactionCommand::Save { .. } => Ok(()),
        }
    }

    fn reset(&mut self, keep_transaction: bool) {
        self.resets += 1;
        if !keep_transaction && self.transaction != 0 {
            self.transaction = 0;
            self.ledger.rolled_back.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn transaction_id(&self) -> u64 {
        self.transaction
    }
}

/// A running listener.
pub(crate) struct TestServer {
    pub(crate) address: SocketAddr,
    pub(crate) identity: Identity,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) sessions: Sessions,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<()>,
}

pub(crate) fn options() -> TdsOptions {
    TdsOptions {
        address: "127.0.0.1:0".parse().unwrap(),
        force_encryption: false,
        batches_max: 64,
        connections_max: 4096,
        server_name: "BOX".to_owned(),
        instance: "MSSQLSERVER".to_owned(),
        drain_timeout: Duration::from_secs(20),
    }
}

impl TestServer {
    pub(crate) async fn start() -> Self {
        Self::start_with(options()).await
    }

    pub(crate) async fn start_with(options: TdsOptions) -> Self {
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let request = CertificateRequest { common_name: "master".to_owned(), names, days: 2 };
        let identity = Identity::generate(&request).unwrap();
        let listener = TdsListener::bind(options, &identity).await.unwrap();
        let (address, sessions) = (listener.local_addr(), listener.sessions());
        let ledger = Arc::new(Ledger::default());
        let (stop, stopped) = oneshot::channel();
        let hosts = Arc::new(Scripted(Arc::clone(&ledger)));
        let serving = tokio::spawn(listener.serve(hosts, async { drop(stopped.await) }));
        Self { address, identity, ledger, sessions, stop: Some(stop), serving }
    }

    /// Asks it to stop, and goes on.
    pub(crate) fn ask_to_stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }

    /// Waits until it has stopped.
    pub(crate) async fn stopped(mut self) {
        if self.stop.is_some() {
            self.ask_to_stop();
        }
        self.serving.await.unwrap();
    }
}
