//! Whether what was acknowledged survives the loss of the server that has SSISDB.

use crate::error::CatalogError;
use crate::store::{Row, Tx};

/// A server that follows SSISDB's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standby {
    /// The name that it gives itself: with Patroni, that of its node. Empty when this account may
    /// not know.
    pub name: String,
    /// Where it connects from; empty for a socket of the same machine.
    pub address: String,
    /// `streaming` when it is up to date or nearly so; empty when this account may not know.
    pub state: String,
    /// Whether commits wait for it; `None` when this account may not know.
    pub is_synchronous: Option<bool>,
    /// How much of the log it has not yet on its disk, in bytes.
    pub behind_bytes: Option<i64>,
}

/// How a server's catalog is replicated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replication {
    /// PostgreSQL's version, as it shows it.
    pub server_version: String,
    /// What commits are configured to wait for: `synchronous_standby_names`.
    pub synchronous_standby_names: String,
    /// By name.
    pub standbys: Vec<Standby>,
}

/// What the loss of the server would cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtRisk {
    /// Nothing: a standby has all that was acknowledged.
    Nothing,
    /// What was acknowledged last, as no commit waits for a standby.
    Latest,
    /// Everything since the last backup: there is no standby.
    Everything,
    /// Writes wait for a standby that is not there: nothing is lost, and nothing goes on.
    Availability,
    /// Not known: commits are to wait for a standby, and this account may not see whether one of
    /// those that are connected is it. PostgreSQL tells members of `pg_read_all_stats`.
    Unknown,
}

impl Replication {
    /// What the loss of the server would cost now.
    pub fn at_risk(&self) -> AtRisk {
        let any = |wanted: Option<bool>| {
            self.standbys.iter().any(|standby| standby.is_synchronous == wanted)
        };
        match (self.synchronous_standby_names.is_empty(), self.standbys.is_empty()) {
            (true, true) => AtRisk::Everything,
            (true, false) => AtRisk::Latest,
            (false, _) if any(Some(true)) => AtRisk::Nothing,
            (false, _) if any(None) => AtRisk::Unknown,
            (false, _) => AtRisk::Availability,
        }
    }
}

/// Replication of the server's catalog. Fails on a catalog that is a file.
pub fn replication(tx: &mut dyn Tx) -> Result<Replication, CatalogError> {
    let sql = "SELECT current_setting('server_version'),
                      current_setting('synchronous_standby_names')";
    let none = CatalogError::UnexpectedCell { column: 0, expected: "the server's settings" };
    let settings = tx.query_opt(sql, &[])?.ok_or(none)?;
    // Accounts without pg_read_all_stats see that somebody follows, and NULL for all the rest.
    let sql = "SELECT coalesce(application_name, ''), coalesce(host(client_addr), ''),
                      coalesce(state, ''), sync_state IN ('sync', 'quorum'),
                      CAST(pg_wal_lsn_diff(pg_current_wal_lsn(), flush_lsn) AS BIGINT)
               FROM pg_stat_replication
               WHERE state IS NULL OR state <> 'backup' ORDER BY application_name";
    let standbys = tx.query(sql, &[])?.iter().map(standby).collect::<Result<_, _>>()?;
    Ok(Replication {
        server_version: settings.get(0)?,
        synchronous_standby_names: settings.get(1)?,
        standbys,
    })
}

/// Where the server that takes SSISDB's writes listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Primary {
    /// Its IP address; empty where it was reached by a socket of this machine.
    pub address: String,
    /// Its TCP port.
    pub port: u16,
}

/// The server that has SSISDB; `None` for a file.
pub fn primary(tx: &mut dyn Tx) -> Result<Option<Primary>, CatalogError> {
    let sql = "SELECT {{server_address}}, {{server_port}}, {{is_server}}";
    let Some(row) = tx.query_opt(sql, &[])? else { return Ok(None) };
    if row.get::<i64>(2)? == 0 {
        return Ok(None);
    }
    let port = u16::try_from(row.get::<i64>(1)?).unwrap_or_default();
    Ok(Some(Primary { address: row.get(0)?, port }))
}

fn standby(row: &Row) -> Result<Standby, CatalogError> {
    Ok(Standby {
        name: row.get(0)?,
        address: row.get(1)?,
        state: row.get(2)?,
        is_synchronous: row.get(3)?,
        behind_bytes: row.get(4)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_risk(names: &str, standbys: &[Option<bool>]) -> AtRisk {
        let standby = |is_synchronous: &Option<bool>| Standby {
            name: String::new(),
            address: String::new(),
            state: String::new(),
            is_synchronous: *is_synchronous,
            behind_bytes: None,
        };
        let replication = Replication {
            server_version: "17".to_owned(),
            synchronous_standby_names: names.to_owned(),
            standbys: standbys.iter().map(standby).collect(),
        };
        replication.at_risk()
    }

    #[test]
    fn only_a_standby_that_commits_wait_for_makes_them_safe() {
        assert_eq!(at_risk("", &[]), AtRisk::Everything);
        assert_eq!(at_risk("", &[Some(false)]), AtRisk::Latest);
        assert_eq!(at_risk("", &[None]), AtRisk::Latest);
        assert_eq!(at_risk("*", &[Some(false), Some(true)]), AtRisk::Nothing);
        assert_eq!(at_risk("b", &[Some(false)]), AtRisk::Availability);
        assert_eq!(at_risk("b", &[]), AtRisk::Availability);
        assert_eq!(at_risk("b", &[None]), AtRisk::Unknown);
    }
}
