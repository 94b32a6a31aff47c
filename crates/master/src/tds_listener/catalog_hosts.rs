//! Logins of the catalog, and SSISDB behind them.

use std::sync::Arc;

use catalog::logins::{Refused, find, sign_in};
use catalog::scale_out::{TdsAddress, other_tds};
use catalog::{Caller, Catalog};
use ssisdb::{Client, Server};
use tds::{Login7, PacketCounts};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tsql::host::Host;
use tsql::session::{Session, SessionSettings};
use tsql::value::Language;

use super::host::{ConnectionFacts, Elsewhere, Hosts, LoginRefusal, Welcome};
use super::sessions::Sessions;
use crate::standing::Standing;

/// What is served to logins of a catalog.
pub(crate) struct CatalogHosts {
    pub(crate) catalog: Catalog,
    /// SSISDB; its catalog has the logins.
    pub(crate) server: Server,
    /// Where the catalog is waited for.
    pub(crate) runtime: Handle,
    pub(crate) sessions: Sessions,
    /// Whether this master serves.
    pub(crate) standing: watch::Receiver<Standing>,
    /// Where clients reach this master.
    pub(crate) address: TdsAddress,
    /// How long after its last heartbeat another master is believed to live, in milliseconds.
    pub(crate) others_live_ms: i64,
}

impl CatalogHosts {
    fn client(&self, caller: Caller, login: &Login7, facts: &ConnectionFacts) -> Client {
        let (sessions, number) = (self.sessions.clone(), facts.session);
        Client {
            caller,
            session: number.cast_signed(),
            host_name: login.host_name.clone(),
            program: login.application.clone(),
            address: facts.peer.ip().to_string(),
            encrypted: facts.encrypted,
            kill: Arc::new(move || {
                sessions.kill(number);
            }),
        }
    }

    /// The database that the session starts in, as it is spelt.
    fn database(
        &self,
        host: &dyn Host,
        login: &Login7,
        caller: &Caller,
    ) -> Result<String, LoginRefusal> {
        let wanted = match login.database.as_str() {
            "" => self.default_database(caller),
            named => named.to_owned(),
        };
        match host.database(&wanted) {
            Ok(Some(database)) => Ok(database),
            Ok(None) | Err(_) => Err(LoginRefusal::of_database(&login.user_name, &wanted)),
        }
    }

    fn default_database(&self, caller: &Caller) -> String {
        let name = caller.name.clone();
        let found = self.runtime.block_on(self.catalog.read(move |tx| find(tx, &name)));
        let database = found.ok().flatten().map(|login| login.default_database);
        database.unwrap_or_else(|| SessionSettings::default().database)
    }
}

impl Hosts for CatalogHosts {
    fn connect(&self, login: &Login7, facts: &ConnectionFacts) -> Result<Welcome, LoginRefusal> {
        let user = &login.user_name;
        if self.standing.borrow().is_aside() {
            return Err(LoginRefusal::of_standby(user));
        }
        let signing_in = sign_in(&self.catalog, user, login.password.expose());
        let caller = self.runtime.block_on(signing_in).map_err(|reason| {
            log_refusal(user, facts, &reason);
            LoginRefusal::of(user)
        })?;
        let host = self.server.connect(self.client(caller.clone(), login, facts));
        let database = self.database(&*host, login, &caller)?;
        // A language that is not known is the default one.
        let language = Language::named(&login.language).unwrap_or_default().name.to_owned();
        let settings = SessionSettings {
            database: database.clone(),
            language: language.clone(),
            ..SessionSettings::default()
        };
        let conversation = Box::new(Session::new(host, settings));
        Ok(Welcome { conversation, database, language })
    }

    fn counted(&self, packets: PacketCounts) {
        let PacketCounts { received, sent, broken } = packets;
        self.server.count_packets(received, sent, broken);
    }

    fn elsewhere(&self, stopping: bool) -> Option<Elsewhere> {
        if !stopping && !self.standing.borrow().is_aside() {
            return None;
        }
        let (own, live_ms) = (self.address.clone(), self.others_live_ms);
        let found = self.catalog.read(move |tx| {
            let since = tx.now().plus_ms(-live_ms);
            other_tds(tx, &own, since)
        });
        let found = self.runtime.block_on(found).ok().flatten();
        found.map(|TdsAddress { host, port }| Elsewhere { server: host, port })
    }

    fn disconnected(&self, _session: u16) {}
}

/// Clients do not hear why, so that nobody can find out which logins there are.
fn log_refusal(user: &str, facts: &ConnectionFacts, reason: &Refused) {
    let (peer, error) = (facts.peer, crate::error::chain(reason));
    if matches!(reason, Refused::Catalog(_)) {
        tracing::error!(user, %peer, error, "a T-SQL login cannot be checked");
    } else {
        tracing::warn!(user, %peer, error, "a T-SQL login was refused");
    }
}
