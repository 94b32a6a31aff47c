//! A master's T-SQL: the listener and the browser, as its settings want them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use catalog::scale_out::TdsAddress;
use ssisdb::{Probe, Server, ServerFacts};
use tokio::runtime::Handle;
use tokio::task::JoinSet;
use transport::Credentials;

use super::options::{TdsOptions, TdsStartError};
use super::sessions::Sessions;
use super::{CatalogHosts, SqlBrowser, TdsListener};
use crate::chores::host_for_others;
use crate::settings::Settings;
use crate::shared::{Shared, stopped};

/// How long requests of clients may go on when the master goes down.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);

/// The parts that serve T-SQL clients. Nothing is taken before [`TdsService::spawn`].
pub(crate) struct TdsService {
    listener: TdsListener,
    browser: Option<SqlBrowser>,
    facts: ServerFacts,
    /// How long after its last heartbeat another master is believed to live, in milliseconds.
    others_live_ms: i64,
}

/// How many heartbeats of another master may be missing.
const HEARTBEATS_MISSED_MAX: u64 = 3;

impl TdsService {
    /// Binds the ports, if T-SQL clients are to be served.
    pub(crate) async fn bind(
        settings: &Settings,
        credentials: &Credentials,
        machine: &str,
    ) -> Result<Option<Self>, TdsStartError> {
        if !settings.tds_enabled {
            return Ok(None);
        }
        let server_name = match settings.has_default_instance() {
            true => machine.to_owned(),
            false => format!("{machine}\\{}", settings.instance_name),
        };
        let options = TdsOptions {
            address: settings.tds_address(),
            force_encryption: settings.force_encryption,
            batches_max: settings.tds_batches_max.into(),
            connections_max: settings.tds_connections_max.into(),
            server_name: server_name.clone(),
            instance: settings.instance_name.clone(),
            drain_timeout: DRAIN_TIMEOUT,
        };
        let listener = TdsListener::bind(options, credentials).await?;
        let port = listener.local_addr().port();
        let browser = match settings.sql_browser_enabled {
            true => {
                let address = SocketAddr::new(settings.bind_address, settings.sql_browser_port);
                Some(SqlBrowser::bind(address, machine, &settings.instance_name, port).await?)
            }
            false => None,
        };
        let facts = ServerFacts {
            server_name,
            machine_name: machine.to_owned(),
            port,
            program_version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let live_ms = settings.master_heartbeat_interval_in_ms * HEARTBEATS_MISSED_MAX;
        let others_live_ms = i64::try_from(live_ms).unwrap_or(i64::MAX);
        Ok(Some(Self { listener, browser, facts, others_live_ms }))
    }

    /// Where others reach it.
    pub(crate) fn address(&self) -> TdsAddress {
        let local = self.local_addr();
        TdsAddress { host: host_for_others(local.ip()), port: local.port() }
    }

    /// Where T-SQL clients connect to.
    pub(crate) fn local_addr(&self) -> SocketAddr {
        self.listener.local_addr()
    }

    /// Where clients ask for the port.
    pub(crate) fn browser_addr(&self) -> Option<SocketAddr> {
        self.browser.as_ref().map(SqlBrowser::local_addr)
    }

    /// Serves until the master goes down.
    pub(crate) fn spawn(
        self,
        parts: &mut JoinSet<&'static str>,
        shared: &Shared,
        probe: Arc<dyn Probe>,
    ) {
        let (runtime, catalog) = (Handle::current(), shared.catalog.clone());
        let address = self.address();
        let hosts = Arc::new(CatalogHosts {
            server: Server::new(catalog.clone(), runtime.clone(), self.facts, probe),
            catalog,
            runtime,
            sessions: self.listener.sessions(),
            standing: shared.standing.clone(),
            address,
            others_live_ms: self.others_live_ms,
        });
        parts.spawn(step_aside(shared.clone(), self.listener.sessions()));
        let mut stop = shared.stopping.clone();
        parts.spawn(async move {
            self.listener.serve(hosts, async { stopped(&mut stop).await }).await;
            "T-SQL listener"
        });
        if let Some(browser) = self.browser {
            let mut stop = shared.stopping.clone();
            parts.spawn(async move {
                browser.serve(async { stopped(&mut stop).await }).await;
                "SQL Server Browser"
            });
        }
    }
}

/// Ends all sessions whenever the master steps aside: their clients find the master that serves
/// when they connect again.
async fn step_aside(shared: Shared, sessions: Sessions) -> &'static str {
    let (mut stopping, mut standing) = (shared.stopping.clone(), shared.standing.clone());
    loop {
        tokio::select! {
            () = stopped(&mut stopping) => break,
            changed = standing.changed() => if changed.is_err() { break },
        }
        if standing.borrow_and_update().is_aside() {
            for number in sessions.numbers() {
                sessions.kill(number);
            }
        }
    }
    "end of sessions"
}
