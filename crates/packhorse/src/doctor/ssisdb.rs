//! Checks of SSISDB: what masters and workers wrote there.

use std::time::{SystemTime, UNIX_EPOCH};

use catalog::reads::{self, AtRisk};
use catalog::{Caller, Catalog, CatalogError, Tx};
use model::Timestamp;
use scaleout::policy;

use super::fault::{
    AT_RISK, CLOCK_SKEW, DEAD_LEASES, NO_CATALOG, NO_MASTER, NOBODY_RUNS, NOT_ENABLED, VERSION_MIX,
};
use super::{Report, chain};
use crate::data_dir::user_name;

/// A master that has not written for so long counts as gone: four of its usual heartbeats.
const MASTER_GONE_MS: i64 = 120_000;

/// How far clocks may be apart.
const SKEW_MAX_MS: i64 = 5_000;

/// How long after its end a lease may stay: one look of the masters, at the usual interval, and
/// a margin.
const LEASE_LATE_MS: i64 = 360_000;

/// How many executions a finding names.
const NAMED_MAX: usize = 5;

/// What the catalog says.
#[derive(Debug)]
struct Facts {
    is_enabled: bool,
    last_online: String,
    now: Timestamp,
    online_versions: Vec<(String, String)>,
    nobody_runs: Vec<(i64, String)>,
    dead_leases: i64,
}

/// Looks at the catalog.
pub(crate) async fn look(catalog: &Catalog, is_server: bool, report: &mut Report) {
    report.check("SSISDB opens");
    let facts = match catalog.read(facts).await {
        Ok(facts) => facts,
        Err(error) => {
            report.find(NO_CATALOG, chain(&error), "see what the evidence names");
            return;
        }
    };
    judge(&facts, report);
    if is_server {
        report.check("clocks of this machine and the server");
        skew(facts.now, report);
        report.check("replication of the server");
        if let Ok(replication) = catalog.read(reads::replication).await
            && !matches!(replication.at_risk(), AtRisk::Nothing)
        {
            let evidence = format!("{} standbys", replication.standbys.len());
            report.find(AT_RISK, evidence, "packhorse catalog show says what is at risk");
        }
    }
}

fn facts(tx: &mut dyn Tx) -> Result<Facts, CatalogError> {
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
    let is_online =
        |worker: &reads::WorkerRow| now.ms_since(worker.last_online) <= policy::OFFLINE_AFTER_MS;
    let online = reads::workers(tx, &caller)?.into_iter().filter(is_online);
    let online_versions = online.map(|worker| (worker.display_name, worker.version)).collect();
    Ok(Facts {
        is_enabled,
        last_online: of_master("LAST_ONLINE_TIME"),
        now,
        online_versions,
        nobody_runs: catalog::scale_out::stuck(tx)?
            .into_iter()
            .map(|(execution, sentence)| (execution.0, sentence))
            .collect(),
        dead_leases: catalog::scale_out::leases_ended_before(tx, now.plus_ms(-LEASE_LATE_MS))?,
    })
}

fn judge(facts: &Facts, report: &mut Report) {
    report.check("Scale Out is enabled");
    if !facts.is_enabled {
        let fix = "EXEC [catalog].[enable_scaleout]";
        report.find(NOT_ENABLED, "IS_SCALEOUT_ENABLED is not True", fix);
    }
    report.check("a master is online");
    let gone = facts.now.plus_ms(-MASTER_GONE_MS).to_string();
    // Both are written alike, in UTC, so that their order as text is their order in time.
    if facts.last_online < gone {
        let evidence = match facts.last_online.as_str() {
            "" => "no master has ever written to this SSISDB".to_owned(),
            last => format!("the last sign of a master is of {last}"),
        };
        report.find(NO_MASTER, evidence, "packhorse master, or packhorse up");
    }
    report.check("a worker for everything that waits");
    if let Some((execution, sentence)) = facts.nobody_runs.first() {
        let ids: Vec<String> =
            facts.nobody_runs.iter().take(NAMED_MAX).map(|(id, _)| id.to_string()).collect();
        let evidence = format!(
            "{} executions wait ({}); {execution}: {sentence}",
            facts.nobody_runs.len(),
            ids.join(", ")
        );
        report.find(NOBODY_RUNS, evidence, "packhorse workers enable ID, or start that worker");
    }
    report.check("leases are renewed or taken back");
    if 0 < facts.dead_leases {
        let evidence = format!("{} leases ended minutes ago", facts.dead_leases);
        report.find(DEAD_LEASES, evidence, "start a master: packhorse master");
    }
    report.check("versions of workers");
    let own = env!("CARGO_PKG_VERSION");
    let others = facts.online_versions.iter().filter(|(_, version)| version != own);
    let others: Vec<String> = others.map(|(name, version)| format!("{name} {version}")).collect();
    if !others.is_empty() {
        let evidence = format!("this program is {own}; {}", others.join(", "));
        report.find(VERSION_MIX, evidence, "upgrade the older ones, one after the other");
    }
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
