//! A connection to a master, for the commands that ask or order something.
//!
//! When no master runs and the catalog is on this machine, one is started inside the command
//! for as long as it takes, so that `packhorse messages` works after `packhorse run` has ended.
//! It is the same master behind the same interface.
//!
//! Whoever can read the data directory asks with its administrator's certificate. With `--login`
//! a command asks with a name and a password instead, and may do what that login may
//! (`docs/guides/permissions.md`).

mod patience;

use std::time::Duration;

use anyhow::{Context, Result, bail};
use master::api::MasterInfo;
use scaleout::message::{PROTOCOL_HEADER, PROTOCOL_OLDEST, PROTOCOL_VERSION};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::sleep;
use transport::{
    CertificateFiles, CertificateRequest, Client, ClientError, Credentials, GivenThumbprint,
    Identity, Pins, follow_files,
};

pub(crate) use self::patience::patiently;
use crate::cli::Access;
use crate::data_dir::{DataDir, user_name};
use crate::{one_box, output, secret_input};

/// How long a request may take that waits for nothing.
pub(crate) const REQUEST_DEADLINE: Duration = Duration::from_secs(60);

/// How long a master may take to answer the first request: its machine may be busy. One that does
/// not run is known at once, as nobody listens there.
const FIRST_DEADLINE: Duration = Duration::from_secs(30);

/// How often a command that waits looks which certificates its master may show.
const LEARN_EVERY: Duration = Duration::from_millis(500);

/// A connection to a master.
pub(crate) struct Session {
    client: Client,
    embedded: Option<one_box::Embedded>,
}

impl Session {
    /// Connects to the master that is asked for: by default the one that serves this data
    /// directory.
    pub(crate) async fn open(dir: &DataDir, access: &Access) -> Result<Self> {
        let asker = Asker::of(dir, access)?;
        if let Some(server) = &access.server {
            let client = asker.client(server.clone())?;
            greet(&client).await?.context("the master cannot be asked")?;
            return Ok(Self { client, embedded: None });
        }
        if let Some(endpoint) = dir.endpoint() {
            let client = asker.client(endpoint)?;
            // If nobody is there, the file is left over from a master that has ended.
            if greet(&client).await?.is_ok() {
                return Ok(Self { client, embedded: None });
            }
        }
        let embedded = one_box::Embedded::start(dir).await?;
        let client = asker.client(embedded.endpoint())?;
        Ok(Self { client, embedded: Some(embedded) })
    }

    /// Whether a master of its own runs, not one started for this command.
    pub(crate) fn is_live(&self) -> bool {
        self.embedded.is_none()
    }

    /// The client itself.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// `GET path`.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        Ok(patiently(async || self.client.get_json(path, REQUEST_DEADLINE).await).await?)
    }

    /// `POST path`.
    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T> {
        Ok(patiently(async || self.client.post_json(path, body, REQUEST_DEADLINE).await).await?)
    }

    /// `DELETE path`.
    pub(crate) async fn delete<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        Ok(patiently(async || self.client.delete_json(path, REQUEST_DEADLINE).await).await?)
    }

    /// Ends the session; an embedded master is stopped and joined.
    pub(crate) async fn close(self) {
        if let Some(embedded) = self.embedded {
            embedded.stop().await;
        }
    }
}

/// Asks a master who it is. The inner error says that nobody is there.
async fn greet(client: &Client) -> Result<Result<(), ClientError>> {
    let ask = async || match client.get_json("/api/master", FIRST_DEADLINE).await {
        Err(error @ ClientError::Unreachable { .. }) => Ok(Err(error)),
        answer => answer.map(Ok::<MasterInfo, _>),
    };
    match patiently(ask).await {
        Ok(Ok(master)) if (1..PROTOCOL_OLDEST).contains(&master.protocol) => bail!(
            "the master has version {}, which is too old for this program ({}): upgrade the \
             master, or use its own version of this command",
            master.version,
            env!("CARGO_PKG_VERSION")
        ),
        Ok(there) => Ok(there.map(drop)),
        Err(error) => Err(error).context("the master does not serve this command"),
    }
}

/// Who asks, and what certificate it takes for a master's.
enum Asker<'a> {
    /// Whoever can read this data directory.
    Administrator(&'a DataDir, Option<Pins>),
    /// A login, with its password.
    Login { name: &'a str, password: String, pins: Pins },
}

impl<'a> Asker<'a> {
    fn of(dir: &'a DataDir, access: &'a Access) -> Result<Self> {
        let pins = given_pins(access)?;
        let Some(name) = &access.login else {
            if access.login_password_file.is_some() {
                bail!("--login-password-file is the password of a --login, and there is none");
            }
            dir.require_initialised()?;
            return Ok(Self::Administrator(dir, pins));
        };
        if name.is_empty() || name.contains(':') {
            bail!("`{name}` cannot be a login: it is empty, or has a colon");
        }
        let pins = match pins {
            Some(pins) => pins,
            None if access.server.is_some() && !dir.is_initialised()? => bail!(
                "nothing says which certificate the master at --server has: give \
                 --server-thumbprint, which `packhorse cert show` prints on the master's machine"
            ),
            None => {
                dir.require_initialised()?;
                Pins::from(dir.master_pins()?)
            }
        };
        let file = access.login_password_file.as_deref();
        let password = secret_input::password_of_login(name, file)?;
        Ok(Self::Login { name, password, pins })
    }

    fn client(&self, endpoint: String) -> Result<Client> {
        match self {
            Self::Administrator(dir, pins) => admin_client_with(dir, vec![endpoint], pins.as_ref()),
            Self::Login { name, password, pins } => {
                // The password says who asks; the certificate is nobody's.
                let names = CertificateRequest {
                    common_name: "packhorse".to_owned(),
                    names: Vec::new(),
                    days: 1,
                };
                let client = Client::new(vec![endpoint], Identity::generate(&names)?, pins)?;
                let client = client.with_header(PROTOCOL_HEADER, &PROTOCOL_VERSION.to_string());
                Ok(client.with_login(name, password))
            }
        }
    }
}

/// The certificates of `--server-thumbprint`, if there are any.
fn given_pins(access: &Access) -> Result<Option<Pins>> {
    let given = &access.server_thumbprints;
    if given.is_empty() {
        return Ok(None);
    }
    if access.server.is_none() {
        bail!("--server-thumbprint is of the master at --server, which is not given");
    }
    let given: Result<Vec<GivenThumbprint>, _> = given.iter().map(|text| text.parse()).collect();
    Ok(Some(Pins::new(given.context("--server-thumbprint is not usable")?)))
}

/// A client that shows the administrator's certificate of this data directory, also when
/// certificates are exchanged while it waits.
pub(crate) fn admin_client(dir: &DataDir, endpoints: Vec<String>) -> Result<Client> {
    admin_client_with(dir, endpoints, None)
}

/// The same, which also trusts `others`.
fn admin_client_with(
    dir: &DataDir,
    endpoints: Vec<String>,
    others: Option<&Pins>,
) -> Result<Client> {
    let credentials = Credentials::new(dir.identity("admin", &[])?);
    let pins = match others {
        Some(others) => others.clone(),
        None => Pins::from(dir.master_pins()?),
    };
    let client = Client::new(endpoints, &credentials, &pins)?;
    // Changes nothing but these two, so it may end with the command.
    tokio::spawn(keep_up(dir.clone(), credentials, pins));
    let client = client.with_header(PROTOCOL_HEADER, &PROTOCOL_VERSION.to_string());
    Ok(client.with_header(master::USER_HEADER, &user_name()))
}

async fn keep_up(dir: DataDir, credentials: Credentials, pins: Pins) {
    let files = CertificateFiles::of(&dir.certificates(), "admin");
    let learn = async {
        loop {
            sleep(LEARN_EVERY).await;
            // While files are moved they may not be there; they are looked at again.
            pins.learn(&dir.master_pins().unwrap_or_default(), &[]);
        }
    };
    tokio::join!(follow_files(credentials, files, |_| Ok(())), learn);
}

/// A name as part of a path: everything but letters, digits and `-._~` as `%XX`.
pub(crate) fn encode(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

/// Says that nothing will run what was asked for, when that is so.
pub(crate) fn warn_when_nothing_runs(session: &Session) {
    if !session.is_live() {
        output::note("no master runs now; start one with `packhorse up` to have this executed");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_safe_in_a_path() {
        assert_eq!(encode("Retail"), "Retail");
        assert_eq!(encode("My Project/ü"), "My%20Project%2F%C3%BC");
    }
}
