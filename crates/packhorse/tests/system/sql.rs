//! A T-SQL client: tiberius, asked one batch after the other.

use std::time::Duration;

use tiberius::error::Error;
use tiberius::{AuthMethod, Client, Config, EncryptionLevel, Row};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::time::timeout;
use tokio_util::compat::{Compat, TokioAsyncWriteCompatExt as _};

/// How long a batch may take.
const DEADLINE: Duration = Duration::from_secs(120);

/// A connection.
pub(crate) struct Sql {
    runtime: Runtime,
    client: Client<Compat<TcpStream>>,
}

impl Sql {
    /// Connects to this machine, encrypted.
    pub(crate) fn connect(port: u16, user: &str, password: &str) -> Result<Self, Error> {
        Self::connect_by(port, user, password, EncryptionLevel::Required)
    }

    /// Connects to this machine in a way of encryption.
    pub(crate) fn connect_by(
        port: u16,
        user: &str,
        password: &str,
        encryption: EncryptionLevel,
    ) -> Result<Self, Error> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let mut config = Config::new();
        config.port(port);
        config.database("SSISDB");
        config.authentication(AuthMethod::sql_server(user, password));
        config.encryption(encryption);
        config.trust_cert();
        let client = runtime.block_on(async {
            let socket = TcpStream::connect(("127.0.0.1", port)).await?;
            socket.set_nodelay(true)?;
            Box::pin(Client::connect(config, socket.compat_write())).await
        })?;
        Ok(Self { runtime, client })
    }

    /// The rows of a batch's last result, or its error.
    pub(crate) fn ask(&mut self, text: &str) -> Result<String, Error> {
        let Self { runtime, client } = self;
        let results = runtime.block_on(async {
            let asked = async { client.simple_query(text).await?.into_results().await };
            timeout(DEADLINE, asked).await.unwrap_or_else(|_| panic!("no end of {text}"))
        })?;
        let rows = results.iter().rev().find(|rows| !rows.is_empty());
        Ok(rows.map(|rows| shown(rows)).unwrap_or_default())
    }

    /// The rows of the last result of a batch that succeeds.
    #[track_caller]
    pub(crate) fn show(&mut self, text: &str) -> String {
        self.ask(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    /// The same of a script's last batch.
    #[track_caller]
    pub(crate) fn script(&mut self, text: &str) -> String {
        let batches = text.split("\nGO").filter(|batch| !batch.trim().is_empty());
        batches.map(|batch| self.show(batch)).last().unwrap_or_default()
    }

    /// Number and text of the error of a batch that fails.
    #[track_caller]
    pub(crate) fn fails(&mut self, text: &str) -> (u32, String) {
        match self.ask(text) {
            Err(Error::Server(error)) => (error.code(), error.message().to_owned()),
            other => panic!("{text}: {other:?}"),
        }
    }
}

fn shown(rows: &[Row]) -> String {
    let lines = rows.iter().map(|row| {
        let cells = (0..row.columns().len()).map(|at| cell(row, at));
        cells.collect::<Vec<_>>().join("|")
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn cell(row: &Row, at: usize) -> String {
    fn text<T: ToString>(value: Option<T>) -> String {
        value.map_or_else(|| "NULL".to_owned(), |value| value.to_string())
    }
    row.try_get::<&str, _>(at)
        .map(text)
        .or_else(|_| row.try_get::<i64, _>(at).map(text))
        .or_else(|_| row.try_get::<i32, _>(at).map(text))
        .or_else(|_| row.try_get::<bool, _>(at).map(|bit| text(bit.map(u8::from))))
        .or_else(|_| row.try_get::<tiberius::Uuid, _>(at).map(text))
        .unwrap_or_else(|_| "?".to_owned())
}
