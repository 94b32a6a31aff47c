//! Starts a master, and ends it.
//!
//! ```text
//!    Master::start ──▶ heartbeat written ──▶ port bound ──▶ loops and listener run ──▶ Handle
//!    Handle::shutdown: held requests answer, the listener drains, loops end, all are joined
//! ```

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use catalog::{Catalog, CatalogError, logins};
use hyper_util::service::TowerToHyperService;
use ssisdb::Probe;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use transport::{
    Credentials, GivenThumbprint, Identity, ListenError, ListenOptions, Listener, Thumbprint,
    TlsError, server_config,
};

use crate::chores::{
    Facts, cleanup_loop, expiry_loop, heartbeat, heartbeat_loop, machine_name, stuck_loop,
};
use crate::clock_guard::ClockGuard;
use crate::cluster::claim::{ClaimQueue, Claims};
use crate::cluster::claim_loop::claim_loop;
use crate::progress::ProgressBoard;
use crate::server::router;
use crate::settings::Settings;
use crate::shared::{Inner, Shared, stopped};
use crate::standing::{Rule, Standing, standing_loop};
use crate::tds_listener::{TdsService, TdsStartError};
use crate::trust::Trust;

/// How long the loops may take to end after the listener has drained. Each ends between two
/// writes, and a write takes far less.
const LOOPS_END_WITHIN: Duration = Duration::from_secs(10);

/// How long to wait before the catalog is tried again at the start.
const RETRY_PAUSE: Duration = Duration::from_millis(200);

/// From how many days before its end on a certificate is warned of.
const EXPIRY_WARNING_DAYS: i64 = 30;

/// A Scale Out Master.
pub struct Master;

/// A running master. Dropping it ends the master without waiting for requests under way.
pub struct Handle {
    local: SocketAddr,
    tds: Option<SocketAddr>,
    browser: Option<SocketAddr>,
    stop: watch::Sender<bool>,
    parts: JoinSet<&'static str>,
}

/// A master cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The settings ask for another certificate.
    #[error(
        "SSLCertThumbprint is {expected}, and the master's certificate is {actual}: correct the \
         setting or install the certificate"
    )]
    Certificate {
        /// As set.
        expected: String,
        /// The certificate's.
        actual: Thumbprint,
    },
    /// The certificate cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The port cannot be listened on.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// T-SQL clients cannot be served.
    #[error(transparent)]
    Tds(#[from] TdsStartError),
    /// The catalog cannot be written.
    #[error("the master cannot write to SSISDB")]
    Catalog(#[source] CatalogError),
}

impl Master {
    /// Binds the port, writes the first heartbeat, and serves until [`Handle::shutdown`].
    /// Nothing is enabled or trusted by this. Such a master knows no way to connect to other
    /// servers, which only `update_logdb_info` and `update_master_address` ask for.
    pub async fn start(
        settings: Settings,
        catalog: Catalog,
        credentials: impl Into<Credentials>,
    ) -> Result<Handle, StartError> {
        Self::start_with(settings, catalog, credentials, Arc::new(NoDrivers)).await
    }

    /// The same, with a way to connect to other servers. What `credentials` show may change while
    /// the master runs.
    pub async fn start_with(
        settings: Settings,
        catalog: Catalog,
        credentials: impl Into<Credentials>,
        probe: Arc<dyn Probe>,
    ) -> Result<Handle, StartError> {
        let credentials = credentials.into();
        check_certificate(&settings, &credentials.identity())?;
        let config = server_config(&credentials)?;
        let options = ListenOptions::default();
        let listener = Listener::bind(settings.listen_address(), config, options).await?;
        let local = listener.local_addr();
        let tds = TdsService::bind(&settings, &credentials, &machine_name()).await?;
        let tds_address = tds.as_ref().map(TdsService::local_addr);
        let browser = tds.as_ref().and_then(TdsService::browser_addr);
        let reached_at = tds.as_ref().map(TdsService::address);
        let facts = Facts::of(&settings, &credentials, local, reached_at);
        warn_of(&credentials.identity(), &facts);
        let rule = Rule::of(&settings);
        let first = rule.look(&catalog).await;
        first_heartbeat(&catalog, &facts, (&first, settings.sql_connection_timeout())).await?;
        let (standing, is_standing) = watch::channel(first);
        logins::ensure_log_login(&catalog).await.map_err(StartError::Catalog)?;
        let (stop, stopping) = watch::channel(false);
        let (claims, queue) = Claims::new();
        let shared = Shared::new(Inner {
            trust: Trust::new(catalog.clone()),
            catalog,
            clock: Arc::new(ClockGuard::new()),
            claims,
            progress: ProgressBoard::default(),
            stopping,
            standing: is_standing,
            credentials: credentials.clone(),
            local,
        });
        let mut parts = JoinSet::new();
        spawn_loops(&mut parts, &shared, (queue, facts), &settings);
        let looking =
            standing_loop(shared.catalog.clone(), rule, standing, shared.stopping.clone());
        parts.spawn(named("standing loop", looking));
        if let Some(tds) = tds {
            tds.spawn(&mut parts, &shared, probe);
        }
        spawn_listener(&mut parts, shared, listener);
        tracing::info!(address = %local, thumbprint = %credentials.thumbprint(), "master started");
        Ok(Handle { local, tds: tds_address, browser, stop, parts })
    }
}

impl Handle {
    /// Where the master listens, with the port that was chosen.
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// Where T-SQL clients connect to, with the port that was chosen; `None` if they are not
    /// served.
    pub fn tds_addr(&self) -> Option<SocketAddr> {
        self.tds
    }

    /// Where T-SQL clients ask for the port of an instance, if they may.
    pub fn browser_addr(&self) -> Option<SocketAddr> {
        self.browser
    }

    /// Takes no more connections, lets requests under way end within a deadline, ends the loops.
    pub async fn shutdown(mut self) {
        self.stop.send_replace(true);
        let deadline = ListenOptions::default().drain_timeout + LOOPS_END_WITHIN;
        let all = async {
            while let Some(ended) = self.parts.join_next().await {
                match ended {
                    Ok(part) => tracing::debug!(part, "ended"),
                    Err(error) => tracing::error!(%error, "a part of the master failed"),
                }
            }
        };
        if timeout(deadline, all).await.is_err() {
            tracing::warn!("some parts of the master did not end in time and are cut off");
            self.parts.shutdown().await;
        }
        tracing::info!("master stopped");
    }
}

/// No way to connect to other servers, and no paths but those of this machine.
struct NoDrivers;

impl Probe for NoDrivers {
    fn ask(&self, _: &str, _: &str) -> Result<Vec<Option<String>>, String> {
        Err("this master has no drivers to connect to other servers with".to_owned())
    }

    fn certificate_at(&self, _: &str) -> Result<String, String> {
        Err("this master has no way to connect to other masters".to_owned())
    }

    fn locate(&self, path: &str) -> Result<PathBuf, String> {
        Ok(PathBuf::from(path))
    }
}

/// Whether a certificate is the one that the settings name.
pub fn check_certificate(settings: &Settings, identity: &Identity) -> Result<(), StartError> {
    let expected = &settings.ssl_cert_thumbprint;
    let actual = identity.thumbprint();
    match expected.parse() {
        _ if expected.is_empty() => Ok(()),
        Ok(GivenThumbprint::Sha256(given)) if given == actual => Ok(()),
        Ok(given) if given.names(identity.certificate_der()) => {
            tracing::warn!(
                "SSLCertThumbprint is a SHA-1: write the SHA-256 in its place: {actual}"
            );
            Ok(())
        }
        Ok(_) | Err(_) => Err(StartError::Certificate { expected: expected.clone(), actual }),
    }
}

/// Trust is by thumbprint, so an expired certificate, or one for other names, still works among
/// masters and workers; other programs will refuse it.
fn warn_of(identity: &Identity, own: &Facts) {
    let Some(facts) = identity.facts() else { return };
    let thumbprint = identity.thumbprint();
    let days_left = facts.days_left(std::time::SystemTime::now());
    if days_left < EXPIRY_WARNING_DAYS {
        tracing::warn!(
            %thumbprint, days_left,
            "the master's certificate ends soon or has ended: packhorse cert renew"
        );
    }
    for host in own.hosts().filter(|host| !facts.covers(host)) {
        tracing::warn!(
            %thumbprint, host,
            "the master's certificate does not name a host that clients use: \
             packhorse cert renew --host {host}"
        );
    }
}

/// Writes the first heartbeat; a catalog that is busy is waited for.
async fn first_heartbeat(
    catalog: &Catalog,
    facts: &Facts,
    (standing, patience): (&Standing, Duration),
) -> Result<(), StartError> {
    let deadline = Instant::now() + patience;
    loop {
        match heartbeat(catalog, facts, standing).await {
            Ok(()) => return Ok(()),
            Err(error) if error.is_transient() && Instant::now() < deadline => {
                tracing::warn!(error = crate::error::chain(&error), "waiting for SSISDB");
                sleep(RETRY_PAUSE).await;
            }
            Err(error) => return Err(StartError::Catalog(error)),
        }
    }
}

fn spawn_loops(
    parts: &mut JoinSet<&'static str>,
    shared: &Shared,
    (queue, facts): (ClaimQueue, Facts),
    settings: &Settings,
) {
    let claims = claim_loop(
        (shared.catalog.clone(), Arc::clone(&shared.clock)),
        queue,
        shared.stopping.clone(),
    );
    parts.spawn(named("claim loop", claims));
    let interval_ms = settings.deal_with_expired_tasks_interval_in_ms;
    parts.spawn(named("expiry loop", expiry_loop(shared.clone(), interval_ms)));
    let interval_ms = settings.master_heartbeat_interval_in_ms;
    parts.spawn(named("heartbeat loop", heartbeat_loop(shared.clone(), facts, interval_ms)));
    let interval_ms = settings.cleanup_completed_jobs_interval_in_ms;
    parts.spawn(named("cleanup loop", cleanup_loop(shared.clone(), interval_ms)));
    parts.spawn(named("loop over what waits", stuck_loop(shared.clone())));
}

fn spawn_listener(parts: &mut JoinSet<&'static str>, shared: Shared, listener: Listener) {
    let mut stopping = shared.stopping.clone();
    let service = TowerToHyperService::new(router(shared));
    let serve =
        async move { listener.serve(service, async { stopped(&mut stopping).await }).await };
    parts.spawn(named("listener", serve));
}

async fn named(name: &'static str, part: impl Future<Output = ()>) -> &'static str {
    part.await;
    name
}
