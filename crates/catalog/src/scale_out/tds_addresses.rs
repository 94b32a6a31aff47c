//! Where T-SQL clients reach the masters, so that one that goes down can send them to another.

use model::Timestamp;

use crate::error::CatalogError;
use crate::store::{Tx, params};

/// A master that has said nothing for so long has ended, and is forgotten: a day, in
/// milliseconds.
const FORGOTTEN_AFTER_MS: i64 = 24 * 60 * 60 * 1000;

/// Where T-SQL clients reach a master.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TdsAddress {
    /// A host name or address.
    pub host: String,
    /// A TCP port.
    pub port: u16,
}

/// Says that a master serves T-SQL clients now.
pub fn announce_tds(tx: &mut dyn Tx, address: &TdsAddress) -> Result<(), CatalogError> {
    let now = tx.now();
    let old = "DELETE FROM tds_addresses WHERE last_online_time < ?1";
    tx.execute(old, &params![now.plus_ms(-FORGOTTEN_AFTER_MS)])?;
    let sql = "INSERT INTO tds_addresses (host, port, last_online_time) VALUES (?1, ?2, ?3)
               ON CONFLICT (host, port) DO UPDATE SET last_online_time = excluded.last_online_time";
    tx.execute(sql, &params![&address.host, i64::from(address.port), now])?;
    Ok(())
}

/// Says that a master serves T-SQL clients no more.
pub fn withdraw_tds(tx: &mut dyn Tx, address: &TdsAddress) -> Result<(), CatalogError> {
    let sql = "DELETE FROM tds_addresses WHERE host = ?1 AND port = ?2";
    tx.execute(sql, &params![&address.host, i64::from(address.port)])?;
    Ok(())
}

/// Another master that has said since `since` that it serves T-SQL clients: the last to say so.
pub fn other_tds(
    tx: &mut dyn Tx,
    own: &TdsAddress,
    since: Timestamp,
) -> Result<Option<TdsAddress>, CatalogError> {
    let sql = "SELECT host, port FROM tds_addresses
               WHERE ?3 <= last_online_time AND NOT (host = ?1 AND port = ?2)
               ORDER BY last_online_time DESC LIMIT 1";
    let row = tx.query_opt(sql, &params![&own.host, i64::from(own.port), since])?;
    let Some(row) = row else { return Ok(None) };
    let (host, port): (String, i64) = (row.get(0)?, row.get(1)?);
    Ok(u16::try_from(port).ok().map(|port| TdsAddress { host, port }))
}
