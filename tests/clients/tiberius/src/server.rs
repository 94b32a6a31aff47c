//! The server that this client is told of, and connections to it.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};
use tiberius::error::Error;
use tiberius::{AuthMethod, Config, EncryptionLevel};
use tokio::net::TcpStream;
use tokio_util::compat::{Compat, TokioAsyncWriteCompatExt as _};

/// A connection.
pub(crate) type Client = tiberius::Client<Compat<TcpStream>>;

/// As the certificate has it.
const HOST: &str = "localhost";

/// Longer than anything here takes; what is given up after [`Config::command_timeout`] breaks.
const PATIENCE: Duration = Duration::from_secs(180);

/// How many masters send a client on before it gives up.
const ROUTES_MAX: usize = 5;

/// Whose certificate is trusted.
#[derive(Clone, Copy)]
pub(crate) enum Trust {
    Anybody,
    Certificate,
}

/// What the variables of `cargo xtask clients` say.
pub(crate) struct Server {
    pub(crate) port: u16,
    pub(crate) user: String,
    password: String,
    certificate: String,
    pub(crate) folder: PathBuf,
    pub(crate) source: PathBuf,
    pub(crate) scripts: PathBuf,
    pub(crate) master: PathBuf,
    pub(crate) program: PathBuf,
}

impl Server {
    pub(crate) fn of_environment() -> Result<Self> {
        let text = |name: &str| {
            let name = format!("PACKHORSE_{name}");
            std::env::var(&name).with_context(|| format!("{name} is not set"))
        };
        Ok(Self {
            port: text("TDS_PORT")?.parse()?,
            user: text("TDS_USER")?,
            password: text("TDS_PASSWORD")?,
            certificate: text("TDS_CERTIFICATE")?,
            folder: text("CLIENTS_FOLDER")?.into(),
            source: text("CLIENTS_SOURCE")?.into(),
            scripts: text("CLIENTS_SCRIPTS")?.into(),
            master: PathBuf::from("/proc").join(text("MASTER_ID")?),
            program: text("PROGRAM")?.into(),
        })
    }

    pub(crate) fn config(&self, level: EncryptionLevel, trust: Trust) -> Config {
        let mut config = Config::new();
        config.host(HOST);
        config.port(self.port);
        config.database("SSISDB");
        config.authentication(AuthMethod::sql_server(&self.user, &self.password));
        config.encryption(level);
        config.command_timeout(Some(PATIENCE));
        match trust {
            Trust::Anybody => config.trust_cert(),
            Trust::Certificate => config.trust_cert_ca(&self.certificate),
        }
        config
    }

    /// The same with a password that is not the login's.
    pub(crate) fn config_with_wrong_password(&self) -> Config {
        let mut config = self.config(EncryptionLevel::Required, Trust::Anybody);
        config.authentication(AuthMethod::sql_server(&self.user, "wrong"));
        config
    }

    /// Connects to the server.
    pub(crate) async fn connect(&self) -> Result<Client, Error> {
        self.connect_by(self.config(EncryptionLevel::Off, Trust::Anybody)).await
    }

    /// Connects to the server of a port, and from there to wherever it sends this client: tiberius
    /// tells its caller where, and its documentation has the caller connect there.
    pub(crate) async fn connect_to(&self, port: u16) -> Result<Client, Error> {
        let mut config = self.config(EncryptionLevel::Off, Trust::Anybody);
        config.port(port);
        self.connect_by(config).await
    }

    pub(crate) async fn connect_by(&self, mut config: Config) -> Result<Client, Error> {
        let mut routes = 0;
        loop {
            let socket = TcpStream::connect(config.get_addr()).await?;
            socket.set_nodelay(true)?;
            match Box::pin(Client::connect(config.clone(), socket.compat_write())).await {
                Err(Error::Routing { host, port }) if routes < ROUTES_MAX => {
                    routes += 1;
                    config.host(host);
                    config.port(port);
                }
                other => return other,
            }
        }
    }
}
