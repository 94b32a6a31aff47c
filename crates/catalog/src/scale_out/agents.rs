//! Workers: who they are, and that they live.

use model::{AgentId, Timestamp};
use scaleout::message::{AgentHeartbeatReply, Register, Sender};
use scaleout::plan_registration;

use super::carry_out::carry_out;
use super::certificates::master_certificates;
use super::task_row::{self, select_tasks};
use crate::error::CatalogError;
use crate::store::{Tx, params};

/// Records a worker that introduces itself, and ends the leases that died with an earlier
/// process of it. True when it is enabled; a new worker is disabled.
pub fn register_agent(
    tx: &mut dyn Tx,
    register: &Register,
    thumbprint: Option<&str>,
    now: Timestamp,
) -> Result<bool, CatalogError> {
    // What an administrator has set stays.
    let sql = "INSERT INTO worker_agents (WorkerAgentId, IsEnabled, DisplayName, Description,
                   MachineName, Tags, UserAccount, LastOnlineTime, thumbprint, program_version,
                   registered_time)
               VALUES (?1, 0, ?2, ?3, ?4, '', ?5, ?6, ?7, ?8, ?6)
               ON CONFLICT (WorkerAgentId) DO UPDATE SET
                   DisplayName = CASE WHEN worker_agents.display_name_set = 1
                                 THEN worker_agents.DisplayName ELSE excluded.DisplayName END,
                   Description = CASE WHEN worker_agents.description_set = 1
                                 THEN worker_agents.Description ELSE excluded.Description END,
                   MachineName = excluded.MachineName,
                   UserAccount = excluded.UserAccount,
                   LastOnlineTime = excluded.LastOnlineTime,
                   thumbprint = coalesce(excluded.thumbprint, worker_agents.thumbprint),
                   program_version = excluded.program_version
               RETURNING IsEnabled";
    let enabled = tx.scalar(
        sql,
        &params![
            register.agent,
            &register.display_name,
            &register.description,
            &register.machine_name,
            &register.user_account,
            now,
            thumbprint,
            &register.version,
        ],
    )?;
    if let Some(sender) = &register.sender {
        hear(tx, register.agent, sender, now)?;
    }
    let leased = load_leased(tx, register.agent)?;
    for decision in plan_registration(&leased, register).decisions {
        carry_out(tx, &decision, now)?;
    }
    Ok(enabled.unwrap_or(false))
}

fn load_leased(tx: &mut dyn Tx, agent: AgentId) -> Result<Vec<scaleout::Task>, CatalogError> {
    let sql = select_tasks!("WHERE t.phase = 1 AND t.WorkerAgentId = ?1 ORDER BY t.ordinal");
    let tasks = task_row::load_all(tx, sql, &params![agent])?;
    Ok(tasks.into_iter().map(|ordered| ordered.task).collect())
}

/// Notes which process speaks for a worker, and whether it is one that another had followed.
fn hear(
    tx: &mut dyn Tx,
    agent: AgentId,
    sender: &Sender,
    now: Timestamp,
) -> Result<(), CatalogError> {
    let ahead_ms = Timestamp(sender.clock_us).ms_since(now);
    let sql = "UPDATE worker_agents SET
                   doubled_time = CASE WHEN other_instance = ?2 THEN ?5 ELSE doubled_time END,
                   other_place = CASE WHEN instance <> ?2 THEN place ELSE other_place END,
                   other_instance = CASE WHEN instance <> ?2 THEN instance ELSE other_instance END,
                   instance = ?2, place = ?3, clock_ahead_ms = ?4
               WHERE WorkerAgentId = ?1";
    tx.execute(sql, &params![agent, &sender.instance, &sender.place, ahead_ms, now])?;
    Ok(())
}

/// Records that a worker lives. The answer has the masters' certificates as they are after that:
/// a worker whose sign of life is later than a certificate has been told of it.
pub fn agent_heartbeat(
    tx: &mut dyn Tx,
    agent: AgentId,
    sender: Option<&Sender>,
    now: Timestamp,
) -> Result<AgentHeartbeatReply, CatalogError> {
    if let Some(sender) = sender {
        hear(tx, agent, sender, now)?;
    }
    let sql = "UPDATE worker_agents SET LastOnlineTime = ?2 WHERE WorkerAgentId = ?1
               RETURNING IsEnabled";
    let enabled: Option<bool> = tx.scalar(sql, &params![agent, now])?;
    let known = enabled.is_some();
    Ok(AgentHeartbeatReply {
        known,
        enabled: enabled.unwrap_or(false),
        masters: master_certificates(tx)?,
    })
}
