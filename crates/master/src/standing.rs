//! Whether this master serves: SSISDB answers, and with `Availability = "with_catalog"` its
//! primary is on this machine (the failover cluster instance of the scale-out fact sheet,
//! section 8). `/ready` says so to whoever asks, without a certificate: load balancers do.
//!
//! # Invariants
//!
//! * A master that steps aside ends every request that it holds, and takes none but those about
//!   itself, until the primary is here again.
//! * While SSISDB does not answer, nothing is known: such a master is not ready, and refuses
//!   nobody for it, as SSISDB may answer the next request.

use std::net::IpAddr;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use catalog::reads::{Primary, primary};
use catalog::{Catalog, CatalogError};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::error::{ApiError, chain};
use crate::settings::{Availability, LocalSqlServer, Settings};
use crate::shared::{Shared, stopped};

/// How often the master looks where SSISDB is, in milliseconds.
const LOOK_EVERY_MS: u64 = 500;

/// How long SSISDB may take to answer before the master does not count as ready.
const PATIENCE: Duration = Duration::from_secs(3);

/// What a master is there for at the moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It serves.
    Serving,
    /// SSISDB is on another machine, and so is the work.
    Standby {
        /// Where SSISDB's primary is.
        primary: String,
    },
    /// SSISDB does not answer.
    Waiting,
}

impl Standing {
    /// A word for lists and programs.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Serving => "serving",
            Self::Standby { .. } => "standby",
            Self::Waiting => "waiting",
        }
    }

    /// Whether somebody else serves in its place.
    pub(crate) const fn is_aside(&self) -> bool {
        matches!(self, Self::Standby { .. })
    }
}

/// What decides on a master's standing.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    availability: Availability,
    here: LocalSqlServer,
}

impl Rule {
    pub(crate) fn of(settings: &Settings) -> Self {
        Self { availability: settings.availability, here: settings.local_sql_server.clone() }
    }

    /// The standing, asked of SSISDB now.
    pub(crate) async fn look(&self, catalog: &Catalog) -> Standing {
        match timeout(PATIENCE, catalog.read(primary)).await {
            Ok(found) => self.judge(found),
            Err(_) => Standing::Waiting,
        }
    }

    fn judge(&self, found: Result<Option<Primary>, CatalogError>) -> Standing {
        match (found, self.availability) {
            (Err(error), _) => {
                tracing::debug!(error = chain(&error), "SSISDB does not answer");
                Standing::Waiting
            }
            (Ok(_), Availability::Independent) | (Ok(None), Availability::WithCatalog) => {
                Standing::Serving
            }
            (Ok(Some(primary)), Availability::WithCatalog) => {
                let address = primary.address.parse().ok();
                if self.here.is_at(address, primary.port, &is_of_this_machine) {
                    return Standing::Serving;
                }
                let primary = match address {
                    Some(IpAddr::V6(address)) => format!("[{address}]:{}", primary.port),
                    Some(IpAddr::V4(_)) | None => format!("{}:{}", primary.address, primary.port),
                };
                Standing::Standby { primary }
            }
        }
    }
}

/// Whether an address is one of this machine's.
fn is_of_this_machine(address: IpAddr) -> bool {
    if address.is_loopback() {
        return true;
    }
    let read = |path: &str| fs_err::read_to_string(path).unwrap_or_default();
    match address {
        IpAddr::V4(address) => is_in_fib_trie(&read("/proc/net/fib_trie"), &address.to_string()),
        IpAddr::V6(address) => {
            let digits: String =
                address.octets().iter().map(|byte| format!("{byte:02x}")).collect();
            read("/proc/net/if_inet6").lines().any(|line| line.starts_with(&digits))
        }
    }
}

/// Whether the kernel's routes say that a packet to `address` has arrived.
fn is_in_fib_trie(routes: &str, address: &str) -> bool {
    let mut is_at = false;
    for line in routes.lines().map(str::trim) {
        if let Some(leaf) = line.strip_prefix("|-- ") {
            is_at = leaf == address;
        } else if is_at && line.ends_with("/32 host LOCAL") {
            return true;
        }
    }
    false
}

/// Runs until the master goes down.
pub(crate) async fn standing_loop(
    catalog: Catalog,
    rule: Rule,
    standing: watch::Sender<Standing>,
    mut stopping: watch::Receiver<bool>,
) {
    loop {
        tokio::select! {
            () = stopped(&mut stopping) => return,
            () = look_again(&catalog, &rule, &standing) => {}
        }
        tokio::select! {
            () = stopped(&mut stopping) => return,
            () = sleep(Duration::from_millis(LOOK_EVERY_MS)) => {}
        }
    }
}

/// Looks once. SSISDB is not asked again before it has answered.
async fn look_again(catalog: &Catalog, rule: &Rule, standing: &watch::Sender<Standing>) {
    let mut look = std::pin::pin!(catalog.read(primary));
    let found = match timeout(PATIENCE, look.as_mut()).await {
        Ok(found) => found,
        Err(_) => {
            change(standing, Standing::Waiting);
            look.await
        }
    };
    change(standing, rule.judge(found));
}

fn change(standing: &watch::Sender<Standing>, now: Standing) {
    standing.send_if_modified(|before| {
        if *before == now {
            return false;
        }
        tracing::warn!(before = before.name(), now = now.name(), "the master's standing changed");
        *before = now;
        true
    });
}

/// Answers 200 to whoever asks while this master serves, else 503; and nothing else.
pub(crate) async fn ready(State(shared): State<Shared>) -> StatusCode {
    let serves = *shared.standing.borrow() == Standing::Serving && !*shared.stopping.borrow();
    if serves { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}

/// Lets requests pass while this master serves, and ends those that it holds when it steps aside.
/// Clients go on to the next master then.
pub(crate) async fn gate(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let mut standing = shared.standing.clone();
    tokio::select! {
        biased;
        primary = aside(&mut standing) => standby(&primary).into_response(),
        response = next.run(request) => response,
    }
}

/// Returns once the master has stepped aside: where SSISDB's primary is.
async fn aside(standing: &mut watch::Receiver<Standing>) -> String {
    loop {
        if let Standing::Standby { primary } = &*standing.borrow_and_update() {
            return primary.clone();
        }
        if standing.changed().await.is_err() {
            // The master goes down; its requests end in another way.
            std::future::pending::<()>().await;
        }
    }
}

fn standby(primary: &str) -> ApiError {
    let message = format!(
        "this master is a standby, as Availability is with_catalog and the primary of SSISDB is \
         at {primary}: ask the master there"
    );
    ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "standby", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(availability: &str, here: &str) -> Rule {
        let text = format!("Availability = '{availability}'\nLocalSqlServer = '{here}'");
        Rule::of(&Settings::from_toml(&text, std::path::Path::new("MasterSettings.toml")).unwrap())
    }

    fn at(address: &str, port: u16) -> Result<Option<Primary>, CatalogError> {
        Ok(Some(Primary { address: address.to_owned(), port }))
    }

    #[test]
    fn a_master_with_its_catalog_serves_where_the_primary_is() {
        let with = rule("with_catalog", "");
        assert_eq!(with.judge(at("127.0.0.1", 5432)), Standing::Serving);
        assert_eq!(with.judge(at("", 0)), Standing::Serving, "a socket of this machine");
        assert_eq!(with.judge(Ok(None)), Standing::Serving, "a file");
        let elsewhere = Standing::Standby { primary: "192.0.2.9:5432".to_owned() };
        assert_eq!(with.judge(at("192.0.2.9", 5432)), elsewhere);
        assert_eq!(with.judge(Err(CatalogError::Closed)), Standing::Waiting);
        assert_eq!(rule("independent", "").judge(at("192.0.2.9", 1)), Standing::Serving);
    }

    #[test]
    fn the_instance_of_this_machine_can_be_named() {
        let with = rule("with_catalog", "127.0.0.1:5433");
        assert_eq!(with.judge(at("127.0.0.1", 5433)), Standing::Serving);
        assert!(with.judge(at("127.0.0.1", 5434)).is_aside());
        let with = rule("with_catalog", "192.0.2.9");
        assert_eq!(with.judge(at("192.0.2.9", 1)), Standing::Serving);
        assert!(with.judge(at("127.0.0.1", 1)).is_aside());
    }

    #[test]
    fn an_address_of_this_machine_is_found_among_its_routes() {
        let routes = "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 10.0.0.0\n        /24 link UNICAST\n     \
                      |-- 10.0.0.7\n        /32 host LOCAL\n     |-- 10.0.0.255\n        \
                      /32 link BROADCAST\n";
        assert!(is_in_fib_trie(routes, "10.0.0.7"));
        assert!(!is_in_fib_trie(routes, "10.0.0.255"));
        assert!(!is_in_fib_trie(routes, "10.0.0.8"));
    }
}
