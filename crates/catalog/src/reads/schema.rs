//! The version of the schema, and what this program would make of it.

use model::AgentId;
use scaleout::policy;
use serde::Serialize;

use crate::error::CatalogError;
use crate::scale_out::{MasterRow, masters};
use crate::store::migrate::{MIGRATIONS, NEEDS_SINCE, newest};
use crate::store::setup::applied;
use crate::store::{Row, Tx};

/// Where a catalog stands between this program's version and others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SchemaState {
    /// The newest change that it has.
    pub found: i64,
    /// The newest that this program knows.
    pub known: i64,
    /// Changes to come that only add.
    pub expands: Vec<i64>,
    /// Changes to come that take something away.
    pub contracts: Vec<i64>,
    /// The oldest schema that a program must know to use the catalog as it is.
    pub needs: i64,
    /// The same, once all changes are made.
    pub will_need: i64,
    /// The masters that said of themselves which schema they know, and are online.
    pub masters: Vec<MasterRow>,
    /// All workers.
    pub workers: Vec<WorkerVersion>,
}

/// The version of a worker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WorkerVersion {
    /// Its id.
    pub id: AgentId,
    /// Its name for people.
    pub display_name: String,
    /// The version of its program.
    pub version: String,
    /// Whether it is given tasks.
    pub is_enabled: bool,
    /// Whether it was heard of lately.
    pub is_online: bool,
    /// How many tasks it holds.
    pub running: i64,
}

/// The newest schema that this program knows.
pub fn known_schema() -> i64 {
    newest()
}

/// The state of the catalog's schema, also of one that is older than this program.
pub fn schema_state(tx: &mut dyn Tx) -> Result<SchemaState, CatalogError> {
    let applied = applied(tx)?;
    let versions = |contracts: bool| {
        let pending = applied.pending(MIGRATIONS).filter(|one| one.contracts() == contracts);
        pending.map(|migration| migration.version).collect::<Vec<_>>()
    };
    let to_come = applied.pending(MIGRATIONS).map(|migration| migration.needs).max();
    let now = tx.now();
    let mut online = Vec::new();
    if applied.versions.contains(&NEEDS_SINCE) {
        online = masters(tx)?;
        online.retain(|master| now < master.online_until);
    }
    Ok(SchemaState {
        found: applied.newest(),
        known: newest(),
        expands: versions(false),
        contracts: versions(true),
        needs: applied.needs,
        will_need: applied.needs.max(to_come.unwrap_or_default()),
        masters: online,
        workers: workers(tx)?,
    })
}

/// Of columns that every version has.
fn workers(tx: &mut dyn Tx) -> Result<Vec<WorkerVersion>, CatalogError> {
    let now = tx.now();
    let sql = "SELECT WorkerAgentId, DisplayName, program_version, IsEnabled, LastOnlineTime,
                      (SELECT count(*) FROM tasks t WHERE t.phase = 1
                       AND t.WorkerAgentId = worker_agents.WorkerAgentId)
               FROM worker_agents ORDER BY DisplayName, WorkerAgentId";
    let worker = |row: &Row| {
        Ok(WorkerVersion {
            id: row.get(0)?,
            display_name: row.get(1)?,
            version: row.get(2)?,
            is_enabled: row.get(3)?,
            is_online: now.ms_since(row.get(4)?) <= policy::OFFLINE_AFTER_MS,
            running: row.get(5)?,
        })
    };
    tx.query(sql, &[])?.iter().map(worker).collect()
}
