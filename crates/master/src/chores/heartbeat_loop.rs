//! Writes that the master is online (`MasterHeartbeatIntervalInMs`) into
//! `catalog.master_properties`, under the documented names.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use catalog::reads::{known_schema, master_properties};
use catalog::scale_out::{
    MasterRow, TdsAddress, announce_master, announce_tds, withdraw_master, withdraw_tds,
    write_master_properties,
};
use catalog::{Catalog, CatalogError, Tx};
use model::Timestamp;
use scaleout::message::PROTOCOL_VERSION;
use tokio::time::sleep;
use transport::Credentials;

use crate::error::chain;
use crate::settings::Settings;
use crate::shared::{Shared, stopped};
use crate::standing::Standing;

/// How many heartbeats may be missing before a master does not count as online.
const HEARTBEATS_MISSED_MAX: u64 = 3;

/// Addresses that belong to nobody (RFC 5737, RFC 3849): only the route to them is asked for.
const DOCUMENTATION_V4: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), 9);
const DOCUMENTATION_V6: SocketAddr =
    SocketAddr::new(IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)), 9);

/// What a master says of itself.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    /// By which SSISDB knows it.
    id: String,
    /// Properties that are the master's to say.
    own: Vec<(&'static str, String)>,
    /// MASTER_ADDRESS, unless `update_master_address` has published another host's.
    address: String,
    /// CLUSTER_LOGDB_SERVER, unless there is one (`update_logdb_info`).
    logdb_server: String,
    /// How long it counts as online after a heartbeat, in milliseconds.
    online_for_ms: i64,
    /// Where T-SQL clients connect to, if they are served.
    tds: Option<TdsAddress>,
    /// Its port.
    port: u16,
    /// For SSLCERT_THUMBPRINT, which changes when the certificate is exchanged.
    credentials: Credentials,
}

impl Facts {
    pub(crate) fn of(
        settings: &Settings,
        credentials: &Credentials,
        local: SocketAddr,
        tds: Option<TdsAddress>,
    ) -> Self {
        let address = if settings.master_address.is_empty() {
            format!("https://{}:{}", host_for_others(local.ip()), local.port())
        } else {
            settings.master_address.clone()
        };
        let id = match settings.master_id.as_str() {
            "" => uuid::Uuid::new_v4().to_string(),
            id => id.to_owned(),
        };
        let port = local.port();
        let own = vec![
            ("MACHINE_IP", machine_ip(local.ip()).to_string()),
            ("MACHINE_NAME", machine_name()),
            ("MASTER_SERVICE_PORT", port.to_string()),
        ];
        let (logdb_server, credentials) = (settings.sql_server_name.shown(), credentials.clone());
        let online_for_ms = settings.master_heartbeat_interval_in_ms * HEARTBEATS_MISSED_MAX;
        let online_for_ms = i64::try_from(online_for_ms).unwrap_or(i64::MAX);
        Self { id, own, address, logdb_server, online_for_ms, tds, port, credentials }
    }

    /// This master's row among all.
    fn row(&self, now: Timestamp, standing: &Standing) -> MasterRow {
        MasterRow {
            id: self.id.clone(),
            machine_name: machine_name(),
            port: self.port,
            address: self.address.clone(),
            thumbprint: self.credentials.thumbprint().to_string(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            last_online: now,
            clock_ahead_ms: crate::shared::clock().ms_since(now),
            protocol: PROTOCOL_VERSION,
            schema: known_schema(),
            standing: standing.name().to_owned(),
            online_until: now.plus_ms(self.online_for_ms),
        }
    }

    /// The names by which clients reach the master.
    pub(crate) fn hosts(&self) -> impl Iterator<Item = &str> {
        let address = host(&self.address).trim_start_matches("https://");
        let address = address.trim_start_matches('[').trim_end_matches(']');
        let tds = self.tds.iter().map(|tds| tds.host.as_str()).filter(move |tds| *tds != address);
        std::iter::once(address).chain(tds)
    }

    /// The rows to write, given those that there are.
    fn rows<'a>(
        &'a self,
        known: &[(String, String)],
        (now, thumbprint): (&'a str, &'a str),
    ) -> Vec<(&'a str, &'a str)> {
        let find = |name: &str| known.iter().find(|(known, _)| known == name);
        let mut rows: Vec<(&str, &str)> =
            self.own.iter().map(|(name, value)| (*name, value.as_str())).collect();
        rows.push(("LAST_ONLINE_TIME", now));
        rows.push(("SSLCERT_THUMBPRINT", thumbprint));
        if find("MASTER_ADDRESS").is_none_or(|(_, known)| host(known) == host(&self.address)) {
            rows.push(("MASTER_ADDRESS", &self.address));
        }
        if find("CLUSTER_LOGDB_SERVER").is_none() {
            rows.push(("CLUSTER_LOGDB_SERVER", &self.logdb_server));
        }
        rows
    }
}

/// An address without its port: the port of a master may change with its settings.
fn host(address: &str) -> &str {
    address.rsplit_once(':').map_or(address, |(host, _)| host)
}

/// Writes the heartbeat once.
pub(crate) async fn heartbeat(
    catalog: &Catalog,
    facts: &Facts,
    standing: &Standing,
) -> Result<(), CatalogError> {
    let (facts, standing) = (facts.clone(), standing.clone());
    catalog.write(move |tx| beat(tx, &facts, &standing)).await
}

fn beat(tx: &mut dyn Tx, facts: &Facts, standing: &Standing) -> Result<(), CatalogError> {
    let now = tx.now();
    announce_master(tx, &facts.row(now, standing))?;
    // The properties are those of a master that serves, and so is where clients are sent.
    if standing.is_aside() {
        return facts.tds.as_ref().map_or(Ok(()), |tds| withdraw_tds(tx, tds));
    }
    let now = now.to_string();
    let known = master_properties(tx)?;
    let thumbprint = facts.credentials.thumbprint().to_string();
    write_master_properties(tx, &facts.rows(&known, (&now, &thumbprint)))?;
    facts.tds.as_ref().map_or(Ok(()), |tds| announce_tds(tx, tds))
}

/// Takes back what must not be believed of a master that has ended.
async fn withdraw(catalog: &Catalog, facts: Facts) -> Result<(), CatalogError> {
    let withdrawn = catalog.write(move |tx| {
        withdraw_master(tx, &facts.id)?;
        facts.tds.as_ref().map_or(Ok(()), |tds| withdraw_tds(tx, tds))
    });
    withdrawn.await
}

/// What others call this machine, where it listens at `address`.
pub(crate) fn host_for_others(address: IpAddr) -> String {
    if address.is_loopback() { "localhost".to_owned() } else { machine_name() }
}

/// The name that this machine gives itself.
pub(crate) fn machine_name() -> String {
    let name = fs_err::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    if name.is_empty() { "localhost".to_owned() } else { name.to_owned() }
}

/// The address that others reach this machine at: the one listened at, or where that is all of
/// them, the one that packets to the outside leave by. No packet is sent to find out.
fn machine_ip(listens_at: IpAddr) -> IpAddr {
    if !listens_at.is_unspecified() {
        return listens_at;
    }
    let outgoing = UdpSocket::bind((listens_at, 0)).and_then(|socket| {
        socket.connect(match listens_at {
            IpAddr::V4(_) => DOCUMENTATION_V4,
            IpAddr::V6(_) => DOCUMENTATION_V6,
        })?;
        socket.local_addr()
    });
    outgoing.map_or(listens_at, |address| address.ip())
}

/// Runs until the master goes down. Another standing or certificate is written at once.
pub(crate) async fn heartbeat_loop(shared: Shared, facts: Facts, interval_ms: u64) {
    let (mut stopping, mut standing) = (shared.stopping.clone(), shared.standing.clone());
    let mut written = facts.credentials.thumbprint();
    loop {
        tokio::select! {
            () = stopped(&mut stopping) => break,
            () = sleep(Duration::from_millis(interval_ms)) => {}
            Ok(()) = standing.changed() => {}
            () = facts.credentials.changed_from(written) => {}
        }
        written = facts.credentials.thumbprint();
        let now = standing.borrow_and_update().clone();
        if let Err(error) = heartbeat(&shared.catalog, &facts, &now).await {
            tracing::warn!(error = chain(&error), "cannot write the master's heartbeat");
        }
    }
    if let Err(error) = withdraw(&shared.catalog, facts).await {
        tracing::warn!(error = chain(&error), "cannot write that the master ends");
    }
}

#[cfg(test)]
mod tests {
    use transport::{CertificateRequest, Identity};

    use super::*;

    /// What is written for MASTER_ADDRESS when `published` is there.
    fn check(published: &str) -> Option<String> {
        let facts = Facts {
            id: String::new(),
            own: Vec::new(),
            address: "https://db1:8391".to_owned(),
            logdb_server: String::new(),
            online_for_ms: 1,
            tds: None,
            port: 8391,
            credentials: Identity::generate(&CertificateRequest {
                common_name: "master".to_owned(),
                names: Vec::new(),
                days: 1,
            })
            .unwrap()
            .into(),
        };
        let known = [("MASTER_ADDRESS".to_owned(), published.to_owned())];
        let rows = facts.rows(&known, ("now", "00FF"));
        let written = rows.iter().find(|(name, _)| *name == "MASTER_ADDRESS");
        written.map(|(_, value)| (*value).to_owned())
    }

    #[test]
    fn a_master_corrects_its_own_address_and_leaves_a_published_one() {
        assert_eq!(check("https://db1:9000").as_deref(), Some("https://db1:8391"));
        assert_eq!(check("https://masters.example.com:8391"), None);
    }
}
