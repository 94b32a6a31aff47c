//! Checks of SSISDB: whether it opens, and what masters wrote there about what waits and runs.

use std::time::{SystemTime, UNIX_EPOCH};

use catalog::reads::{self, AtRisk, Replication};
use catalog::scale_out::Explained;
use catalog::{Caller, Catalog, CatalogError, KeyError, OpenError, Tx};
use model::{ExecutionId, Timestamp};
use scaleout::Reason;

use super::fault::{
    AT_RISK, CLOCK_SKEW, DATABASE_REFUSES, DEAD_LEASES, NEWER_CATALOG, NO_CATALOG, NO_DATABASE,
    NO_MASTER, NOBODY_RUNS, NOT_ENABLED, REPLICA_LAGS, WRONG_KEY,
};
use super::topology;
pub(crate) use super::topology::Topology;
use super::{Fix, Report, chain, code};
use crate::data_dir::{DataDir, user_name};

/// A master that has not written for so long counts as gone: four of its usual heartbeats.
pub(super) const MASTER_GONE_MS: i64 = 120_000;

/// How far clocks may be apart.
pub(super) const SKEW_MAX_MS: i64 = 5_000;

/// How long after its end a lease may stay: several looks of the masters at their usual interval.
const LEASE_LATE_MS: i64 = 30_000;

/// How much of the log a standby may be behind, in bytes: what a busy SSISDB writes in seconds.
const LAG_BYTES_MAX: i64 = 16 << 20;

/// How many executions a finding names.
const NAMED_MAX: usize = 5;

/// What the catalog says.
struct Facts {
    is_enabled: bool,
    last_online: String,
    now: Timestamp,
    nobody_runs: Vec<(ExecutionId, Explained)>,
    dead_leases: i64,
    topology: Topology,
}

/// Looks at the catalog, and returns what it says of masters and workers.
pub(crate) async fn look(
    dir: &DataDir,
    catalog: &Catalog,
    settings: &master::Settings,
    report: &mut Report,
) -> Option<Topology> {
    report.check("SSISDB opens");
    let every_ms = i64::try_from(settings.deal_with_expired_tasks_interval_in_ms);
    let late_ms = LEASE_LATE_MS.max(every_ms.unwrap_or(i64::MAX).saturating_mul(2));
    let facts = match catalog.read(move |tx| facts(tx, late_ms)).await {
        Ok(facts) => facts,
        Err(error) => {
            not_read(dir, &error, report);
            return None;
        }
    };
    judge(dir, &facts, report);
    topology::judge(&facts.topology, facts.now, report);
    if catalog::is_address(settings.sql_server_name.as_written()) {
        report.check("clocks of this machine and the server");
        skew(facts.now, report);
        report.check("replication of the server");
        match catalog.read(reads::replication).await {
            Ok(replication) => replicated(&replication, report),
            Err(error) => report.find(AT_RISK, chain(&error), "see what the evidence names"),
        }
    }
    Some(facts.topology)
}

/// Says why SSISDB does not open.
pub(crate) fn not_opened(dir: &DataDir, error: &OpenError, report: &mut Report) {
    report.check("SSISDB opens");
    let said = chain(error);
    match error {
        // Said of the key already.
        OpenError::Key(KeyError::TooOpen { .. }) => {}
        OpenError::Key(_) | OpenError::WrongKey { .. } => {
            let key = dir.key();
            let fix = format!(
                "put the key back that this SSISDB was made with: copy `ssisdb.key` of another \
                 master, or of a backup, to `{}`, for its owner only",
                key.display()
            );
            report.find(WRONG_KEY, said, fix);
        }
        OpenError::NewerSchema { .. } => {
            report.find(NEWER_CATALOG, said, "upgrade this program to the other masters' version");
        }
        OpenError::Store { source, .. } => not_read(dir, source, report),
        OpenError::Address(_)
        | OpenError::NetworkFileSystem { .. }
        | OpenError::NotACatalog { .. }
        | OpenError::NotEmpty { .. }
        | OpenError::OlderMasters { .. }
        | OpenError::Thread { .. } => report.find(NO_CATALOG, said, wrong_address(dir)),
    }
}

/// SSISDB does not open because of what `SqlServerName` says.
pub(crate) fn wrong_address(dir: &DataDir) -> String {
    let path = dir.master_settings();
    format!("correct SqlServerName in `{}`, or put SSISDB back from a backup", path.display())
}

fn not_read(dir: &DataDir, error: &CatalogError, report: &mut Report) {
    let said = chain(error);
    let settings = dir.master_settings();
    let fault = code::of_catalog(error).unwrap_or(NO_CATALOG);
    if fault == DATABASE_REFUSES {
        let fix = format!(
            "correct the account in SqlServerName (`{}`) or its password (`passfile`, \
             PGPASSWORD), or let it in at the server (pg_hba.conf, GRANT)",
            settings.display()
        );
        report.find(DATABASE_REFUSES, said, fix);
    } else if fault == NO_DATABASE {
        let fix = format!(
            "start the server, open its port in the firewalls on the way, or correct \
             SqlServerName in `{}`",
            settings.display()
        );
        report.find(NO_DATABASE, said, fix);
    } else {
        // A file on a full disk too: what is written of the disk is another check's.
        report.find(NO_CATALOG, said, wrong_address(dir));
    }
}

fn facts(tx: &mut dyn Tx, late_ms: i64) -> Result<Facts, CatalogError> {
    let caller = Caller::admin(user_name());
    let now = tx.now();
    let master = reads::master_properties(tx)?;
    let of_master = |name: &str| {
        let found = master.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let catalog = reads::catalog_properties(tx, &caller)?;
    let is_enabled = catalog
        .iter()
        .any(|(name, value)| name == "IS_SCALEOUT_ENABLED" && value.eq_ignore_ascii_case("true"));
    Ok(Facts {
        is_enabled,
        last_online: of_master("LAST_ONLINE_TIME"),
        now,
        nobody_runs: catalog::scale_out::stuck(tx)?,
        dead_leases: catalog::scale_out::leases_ended_before(tx, now.plus_ms(-late_ms))?,
        topology: Topology::read(tx, &caller)?,
    })
}

fn judge(dir: &DataDir, facts: &Facts, report: &mut Report) {
    report.check("Scale Out is enabled");
    if !facts.is_enabled {
        let fix =
            Fix::new("enable it; as a T-SQL client: EXEC [SSISDB].[catalog].[enable_scaleout]")
                .run(dir.shell("catalog enable-scaleout"));
        report.find(NOT_ENABLED, "IS_SCALEOUT_ENABLED is not True", fix);
    }
    report.check("a master is online");
    let gone = facts.now.plus_ms(-MASTER_GONE_MS).to_string();
    // Both are written alike, in UTC, so that their order as text is their order in time. Masters
    // that stand by are there, and another finding when all do.
    if facts.last_online < gone && facts.topology.standbys.is_empty() {
        let evidence = match facts.last_online.as_str() {
            "" => "no master has ever written to this SSISDB".to_owned(),
            last => format!("the last sign of a master is of {last}"),
        };
        let start = if dir.worker_settings(1).exists() { "up" } else { "master" };
        report.find(NO_MASTER, evidence, Fix::new("start one").run(dir.shell(start)));
    }
    report.check("a worker for everything that waits");
    if let Some((execution, why)) = facts.nobody_runs.first() {
        let ids: Vec<String> =
            facts.nobody_runs.iter().take(NAMED_MAX).map(|(id, _)| id.to_string()).collect();
        let evidence = format!(
            "{} executions wait ({}); {execution}: {}",
            facts.nobody_runs.len(),
            ids.join(", "),
            why.sentence
        );
        report.find(NOBODY_RUNS, evidence, somebody_to_run(dir, why, facts));
    }
    report.check("leases are renewed or taken back");
    if 0 < facts.dead_leases {
        let evidence =
            format!("{} leases have ended and were not taken back since", facts.dead_leases);
        let start = if dir.worker_settings(1).exists() { "up" } else { "master" };
        let fix = Fix::new("start a master, which takes them back").run(dir.shell(start));
        report.find(DEAD_LEASES, evidence, fix);
    }
}

/// What lets a worker run what waits: the one that is closest to it.
fn somebody_to_run(dir: &DataDir, why: &Explained, facts: &Facts) -> Fix {
    let allowed = || why.workers.iter().filter(|(_, _, reason)| *reason != Reason::NotAllowed);
    let is_online = |agent| facts.topology.is_online(agent, facts.now);
    let disabled = |online: bool| {
        let mut all = allowed().filter(|(_, _, reason)| *reason == Reason::Disabled);
        all.find(|(agent, _, _)| is_online(*agent) == online)
    };
    if let Some((agent, name, _)) = disabled(true) {
        let enable = dir.shell(&format!("workers enable {agent}"));
        return Fix::new(format!("enable {name}, which is online")).run(enable);
    }
    let mut offline = allowed().filter(|(_, _, reason)| matches!(reason, Reason::Offline { .. }));
    if let Some((agent, name, _)) = offline.next() {
        return topology::start_worker(*agent, name, &facts.topology);
    }
    if let Some((agent, name, _)) = disabled(false) {
        let enable = dir.shell(&format!("workers enable {agent}"));
        return Fix::new(format!("enable {name} and start it")).run(enable);
    }
    Fix::new("let a worker join, and enable it").run(dir.shell("workers add"))
}

fn skew(server: Timestamp, report: &mut Report) {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let here = Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX));
    let skew_ms = here.ms_since(server);
    if SKEW_MAX_MS < skew_ms.abs() {
        let evidence = format!("this machine's clock is {skew_ms} ms ahead of the server's");
        report.find(CLOCK_SKEW, evidence, "run a time service (chrony) on both machines");
    }
}

fn replicated(replication: &Replication, report: &mut Report) {
    let n = replication.standbys.len();
    let synchronous = "set `synchronous_mode: true` with Patroni, or synchronous_standby_names";
    match replication.at_risk() {
        AtRisk::Nothing => {}
        AtRisk::Latest => {
            report.find(AT_RISK, format!("{n} standbys, all asynchronous"), synchronous);
        }
        AtRisk::Everything => {
            let fix = "give the server a standby, and let commits wait for it";
            report.find(AT_RISK, "the server has no standby", fix);
        }
        AtRisk::Availability => {
            let evidence = format!(
                "synchronous_standby_names is `{}`, and no such standby is connected: writes wait",
                replication.synchronous_standby_names
            );
            report.find(AT_RISK, evidence, "start the standby that it names, or correct it");
        }
        AtRisk::Unknown => {
            let evidence = "this account may not see whether a standby is synchronous";
            report.find(AT_RISK, evidence, "on the server: GRANT pg_monitor TO the account");
        }
    }
    for standby in &replication.standbys {
        let behind = standby.behind_bytes.unwrap_or_default();
        if LAG_BYTES_MAX < behind {
            let evidence = format!("{} is {} MB behind", standby.name, behind >> 20);
            let fix = "see why the standby's machine or its network is slow; restart the standby";
            report.find(REPLICA_LAGS, evidence, fix);
        }
    }
}
