//! The masters of this SSISDB, as each says of itself with its heartbeat.

use model::Timestamp;
use serde::Serialize;

use crate::error::CatalogError;
use crate::store::{Row, Tx, params};

/// A master that has said nothing for so long is forgotten: a day, in milliseconds.
const FORGOTTEN_AFTER_MS: i64 = 24 * 60 * 60 * 1000;

/// A master.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MasterRow {
    /// That of its data directory.
    pub id: String,
    /// The name that its machine gives itself.
    pub machine_name: String,
    /// Where it listens.
    pub port: u16,
    /// `https://host:port`, as others reach it.
    pub address: String,
    /// SHA-256 of its certificate, lower-case hex.
    pub thumbprint: String,
    /// The program's version.
    pub version: String,
    /// When it last said so.
    pub last_online: Timestamp,
    /// How far its clock is ahead of the time that SSISDB goes by, in milliseconds.
    pub clock_ahead_ms: i64,
    /// The version of the protocol that it speaks with workers.
    pub protocol: u32,
    /// The newest schema that it knows.
    pub schema: i64,
    /// `serving`, `standby` or `waiting` (for SSISDB).
    pub standing: String,
    /// Until when it counts as online without another sign of life.
    pub online_until: Timestamp,
}

/// Says that a master is there, from now on and still. Forgets those that are not: who has said
/// nothing for a day, and who fell silent at the address where this one listens now.
pub fn announce_master(tx: &mut dyn Tx, master: &MasterRow) -> Result<(), CatalogError> {
    let now = master.last_online;
    let old = now.plus_ms(-FORGOTTEN_AFTER_MS);
    let sql = "DELETE FROM masters
               WHERE last_online_time < ?1
                  OR (address = ?2 AND master_id <> ?3 AND online_until < ?4)";
    tx.execute(sql, &params![old, &master.address, &master.id, now])?;
    let sql = "INSERT INTO masters (master_id, machine_name, port, address, thumbprint,
                                    program_version, last_online_time, clock_ahead_ms,
                                    protocol_version, schema_version, standing, online_until)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
               ON CONFLICT (master_id) DO UPDATE SET
                   machine_name = excluded.machine_name,
                   port = excluded.port,
                   address = excluded.address,
                   thumbprint = excluded.thumbprint,
                   program_version = excluded.program_version,
                   last_online_time = excluded.last_online_time,
                   clock_ahead_ms = excluded.clock_ahead_ms,
                   protocol_version = excluded.protocol_version,
                   schema_version = excluded.schema_version,
                   standing = excluded.standing,
                   online_until = excluded.online_until";
    tx.execute(
        sql,
        &params![
            &master.id,
            &master.machine_name,
            i64::from(master.port),
            &master.address,
            &master.thumbprint,
            &master.version,
            master.last_online,
            master.clock_ahead_ms,
            i64::from(master.protocol),
            master.schema,
            &master.standing,
            master.online_until,
        ],
    )?;
    Ok(())
}

/// Says that a master serves no more.
pub fn withdraw_master(tx: &mut dyn Tx, id: &str) -> Result<(), CatalogError> {
    tx.execute("DELETE FROM masters WHERE master_id = ?1", &params![id])?;
    Ok(())
}

/// All masters that were heard of within a day and have not said that they end, by machine.
pub fn masters(tx: &mut dyn Tx) -> Result<Vec<MasterRow>, CatalogError> {
    let sql = "SELECT master_id, machine_name, port, address, thumbprint, program_version,
                      last_online_time, clock_ahead_ms, protocol_version, schema_version, standing,
                      online_until
               FROM masters ORDER BY machine_name, port, master_id";
    tx.query(sql, &[])?.iter().map(from_row).collect()
}

fn from_row(row: &Row) -> Result<MasterRow, CatalogError> {
    let port: i64 = row.get(2)?;
    let expected = "a TCP port";
    Ok(MasterRow {
        id: row.get(0)?,
        machine_name: row.get(1)?,
        port: u16::try_from(port)
            .map_err(|_| CatalogError::UnexpectedCell { column: 2, expected })?,
        address: row.get(3)?,
        thumbprint: row.get(4)?,
        version: row.get(5)?,
        last_online: row.get(6)?,
        clock_ahead_ms: row.get(7)?,
        protocol: u32::try_from(row.get::<i64>(8)?).unwrap_or_default(),
        schema: row.get(9)?,
        standing: row.get(10)?,
        online_until: row.get(11)?,
    })
}
