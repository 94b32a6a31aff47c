//! What an upgrade consists of, in order.

use anyhow::Result;
use catalog::reads::{SchemaState, WorkerVersion};
use catalog::scale_out::MasterRow;
use serde_json::json;

use crate::output;

/// This program's version.
const OWN: &str = env!("CARGO_PKG_VERSION");

/// The state of a catalog, and what is still to be done.
pub(super) struct Plan {
    ssisdb: String,
    pub(super) state: SchemaState,
    steps: Vec<String>,
    /// What waits, and for what.
    waits: Option<String>,
    /// Whether programs of the version before can be used again, and why.
    rollback: (bool, String),
}

impl Plan {
    pub(super) fn new(ssisdb: &str, state: SchemaState) -> Self {
        let steps = steps(&state);
        let waits = waits(&state);
        let rollback = rollback(&state);
        Self { ssisdb: ssisdb.to_owned(), state, steps, waits, rollback }
    }

    /// All of it.
    pub(super) fn show(&self, json: bool) -> Result<()> {
        let SchemaState { found, known, expands, contracts, masters, workers, .. } = &self.state;
        let after = (*found).max(*known);
        if json {
            return output::json(&json!({
                "program": OWN,
                "ssisdb": self.ssisdb,
                "schema": { "now": found, "after": after, "adds": expands, "takes_away": contracts },
                "masters": masters,
                "workers": workers,
                "steps": self.steps,
                "waits": self.waits,
                "rollback": { "possible": self.rollback.0, "because": self.rollback.1 },
            }));
        }
        output::line(&format!("program   {OWN}, knows schemas up to {known}"))?;
        output::line(&format!("SSISDB    {}, schema {found}, afterwards {after}", self.ssisdb))?;
        for master in masters {
            let MasterRow { machine_name, address, version, schema, standing, .. } = master;
            output::line(&format!(
                "master    {machine_name} {address}, version {version}, knows schema {schema}, \
                 {standing}"
            ))?;
        }
        if masters.is_empty() {
            output::line("master    none is online")?;
        }
        for worker in workers {
            let state = if worker.is_online { "online" } else { "not online" };
            output::line(&format!(
                "worker    {} ({}), version {}, {state}, runs {}",
                worker.display_name, worker.id, worker.version, worker.running
            ))?;
        }
        self.show_steps()?;
        output::line(&format!("waits     {}", self.waits.as_deref().unwrap_or("nothing")))?;
        let (possible, because) = &self.rollback;
        let possible = if *possible { "possible" } else { "not possible" };
        output::line(&format!("rollback  {possible}: {because}"))
    }

    /// What is still to be done.
    pub(super) fn show_steps(&self) -> Result<()> {
        if self.steps.is_empty() {
            return output::line("nothing to do");
        }
        for (index, step) in self.steps.iter().enumerate() {
            output::line(&format!("step {:<4} {step}", index + 1))?;
        }
        Ok(())
    }
}

fn steps(state: &SchemaState) -> Vec<String> {
    let mut steps = Vec::new();
    if !state.expands.is_empty() {
        steps.push(format!(
            "`packhorse upgrade` (or the first master of version {OWN}) adds to the schema: {}; \
             nobody has to stop",
            numbers(&state.expands)
        ));
    }
    let older: Vec<&MasterRow> =
        state.masters.iter().filter(|master| master.version != OWN).collect();
    let alone = if state.masters.len() == 1 {
        "it is the only one: running packages go on, and new ones wait meanwhile"
    } else {
        "its workers and clients go to another master meanwhile"
    };
    for MasterRow { machine_name, address, version, .. } in &older {
        steps.push(format!(
            "master {machine_name} {address}: stop version {version} there, start version {OWN}; \
             {alone}"
        ));
    }
    let of_other_version = |worker: &&WorkerVersion| worker.is_online && worker.version != OWN;
    for worker in state.workers.iter().filter(of_other_version) {
        let WorkerVersion { id, display_name, version, .. } = worker;
        let drain = match worker.is_enabled {
            true => format!(
                "`packhorse workers drain {id}`, stop version {version}, start version {OWN}, \
                 `packhorse workers enable {id}`"
            ),
            false => format!("stop version {version}, start version {OWN} (it is disabled)"),
        };
        steps.push(format!("worker {display_name}: {drain}"));
    }
    if !state.contracts.is_empty() {
        steps.push(format!(
            "`packhorse upgrade` again takes away what only older versions use: {}",
            numbers(&state.contracts)
        ));
    }
    steps
}

fn waits(state: &SchemaState) -> Option<String> {
    if state.contracts.is_empty() {
        return None;
    }
    let older = state.masters.iter().filter(|master| master.schema < state.will_need);
    let older: Vec<String> =
        older.map(|master| format!("{} {}", master.machine_name, master.address)).collect();
    match older.is_empty() {
        true => None,
        false => Some(format!(
            "what takes away waits until these masters know schema {} or are gone: {}",
            state.will_need,
            older.join(", ")
        )),
    }
}

fn rollback(state: &SchemaState) -> (bool, String) {
    if state.needs != 0 {
        let because = format!(
            "programs that do not know schema {} cannot use SSISDB any more; restore a backup for \
             them",
            state.needs
        );
        return (false, because);
    }
    let mut because = "all changes so far only add, so older versions work beside them".to_owned();
    if !state.contracts.is_empty() {
        because.push_str(&format!(
            "; no longer after the last step, for versions that do not know schema {}",
            state.will_need
        ));
    }
    (true, because)
}

fn numbers(versions: &[i64]) -> String {
    let versions: Vec<String> = versions.iter().map(|version| version.to_string()).collect();
    versions.join(", ")
}

#[cfg(test)]
mod tests {
    use model::Timestamp;

    use super::*;

    fn master(version: &str, schema: i64) -> MasterRow {
        MasterRow {
            id: "1".to_owned(),
            machine_name: "db1".to_owned(),
            port: 8391,
            address: "https://db1:8391".to_owned(),
            thumbprint: String::new(),
            version: version.to_owned(),
            last_online: Timestamp::default(),
            clock_ahead_ms: 0,
            protocol: 1,
            schema,
            standing: "serving".to_owned(),
            online_until: Timestamp::default(),
        }
    }

    fn state(masters: Vec<MasterRow>, expands: Vec<i64>, contracts: Vec<i64>) -> SchemaState {
        SchemaState {
            found: 8,
            known: 10,
            will_need: if contracts.is_empty() { 0 } else { 9 },
            expands,
            contracts,
            needs: 0,
            masters,
            workers: Vec::new(),
        }
    }

    #[test]
    fn what_takes_away_comes_last_and_waits_for_older_masters() {
        let plan = Plan::new("here", state(vec![master("0.0.9", 8)], vec![9], vec![10]));
        assert_eq!(plan.steps.len(), 3, "{:?}", plan.steps);
        assert!(plan.steps[0].contains("adds to the schema: 9"));
        assert!(plan.steps[1].starts_with("master db1 https://db1:8391: stop version 0.0.9"));
        assert!(plan.steps[1].contains("it is the only one"));
        assert!(plan.steps[2].contains("takes away"));
        assert!(plan.waits.is_some_and(|waits| waits.contains("db1 https://db1:8391")));
        assert!(plan.rollback.0 && plan.rollback.1.contains("no longer after the last step"));
    }

    #[test]
    fn nothing_is_to_be_done_where_all_have_this_version() {
        let mut all = state(vec![master(OWN, 10), master(OWN, 10)], Vec::new(), Vec::new());
        all.found = 10;
        let plan = Plan::new("here", all);
        assert!(plan.steps.is_empty() && plan.waits.is_none());
        assert!(plan.rollback.0);
    }

    #[test]
    fn once_something_is_taken_away_there_is_no_way_back() {
        let mut taken = state(vec![master(OWN, 10)], Vec::new(), Vec::new());
        taken.needs = 9;
        assert!(!Plan::new("here", taken).rollback.0);
    }
}
