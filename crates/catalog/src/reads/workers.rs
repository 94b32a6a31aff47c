//! `catalog.worker_agents`, `catalog.master_properties` and `catalog.catalog_properties`.

use model::{AgentId, Timestamp};
use serde::Serialize;

use crate::caller::Caller;
use crate::error::CatalogError;
use crate::store::{Row, Tx, params};

/// A worker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WorkerRow {
    /// Its id.
    pub id: AgentId,
    /// Whether it is given tasks.
    pub enabled: bool,
    /// Its name for people.
    pub display_name: String,
    /// What it is for.
    pub description: String,
    /// Its host.
    pub machine_name: String,
    /// Free text.
    pub tags: String,
    /// The account that its packages run under.
    pub user_account: String,
    /// When it last gave a sign of life.
    pub last_online: Timestamp,
    /// SHA-256 of its certificate.
    pub thumbprint: Option<String>,
    /// The program's version.
    pub version: String,
    /// How many tasks it has under a lease.
    pub n_tasks: i64,
    /// How far its clock is ahead of the time that SSISDB goes by, in milliseconds.
    pub clock_ahead_ms: Option<i64>,
    /// When two processes were last heard that pass for it.
    pub doubled: Option<Timestamp>,
    /// Where the process runs that spoke last, and where the other one does.
    pub places: [Option<String>; 2],
}

/// Reads rows for [`from_row`].
macro_rules! select_workers {
    ($rest:literal) => {
        concat!(
            "SELECT WorkerAgentId, IsEnabled, DisplayName, Description, MachineName, Tags,
                    UserAccount, LastOnlineTime, thumbprint, program_version,
                    (SELECT count(*) FROM tasks t WHERE t.phase = 1
                     AND t.WorkerAgentId = worker_agents.WorkerAgentId),
                    clock_ahead_ms, doubled_time, place, other_place
             FROM worker_agents ",
            $rest
        )
    };
}

/// All workers, by name, for those who may run in Scale Out (`catalog.worker_agents`).
pub fn workers(tx: &mut dyn Tx, caller: &Caller) -> Result<Vec<WorkerRow>, CatalogError> {
    if !caller.may_run_in_scale_out() {
        return Ok(Vec::new());
    }
    let sql = select_workers!("ORDER BY DisplayName, WorkerAgentId");
    tx.query(sql, &[])?.iter().map(from_row).collect()
}

/// One worker.
pub fn worker(
    tx: &mut dyn Tx,
    caller: &Caller,
    agent: AgentId,
) -> Result<Option<WorkerRow>, CatalogError> {
    if !caller.may_run_in_scale_out() {
        return Ok(None);
    }
    let sql = select_workers!("WHERE WorkerAgentId = ?1");
    tx.query_opt(sql, &params![agent])?.as_ref().map(from_row).transpose()
}

fn from_row(row: &Row) -> Result<WorkerRow, CatalogError> {
    Ok(WorkerRow {
        id: row.get(0)?,
        enabled: row.get(1)?,
        display_name: row.get(2)?,
        description: row.get(3)?,
        machine_name: row.get(4)?,
        tags: row.get(5)?,
        user_account: row.get(6)?,
        last_online: row.get(7)?,
        thumbprint: row.get(8)?,
        version: row.get(9)?,
        n_tasks: row.get(10)?,
        clock_ahead_ms: row.get(11)?,
        doubled: row.get(12)?,
        places: [row.get(13)?, row.get(14)?],
    })
}

/// `catalog.master_properties`: name and value, visible to everybody.
pub fn master_properties(tx: &mut dyn Tx) -> Result<Vec<(String, String)>, CatalogError> {
    let sql = "SELECT property_name, property_value FROM master_properties ORDER BY property_name";
    tx.query(sql, &[])?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// `catalog.catalog_properties`: name and value, for administrators.
pub fn catalog_properties(
    tx: &mut dyn Tx,
    caller: &Caller,
) -> Result<Vec<(String, String)>, CatalogError> {
    if !caller.is_admin() {
        return Ok(Vec::new());
    }
    let sql = "SELECT property_name, property_value FROM catalog_properties ORDER BY property_name";
    tx.query(sql, &[])?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}
