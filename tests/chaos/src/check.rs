//! The checker: compares what clients were told, what the catalog has and what packages did.
//!
//! | what must hold | from |
//! |---|---|
//! | an acknowledged execution exists, once, and has one final status | ledger, `executions` |
//! | a success did all that it had to | marks |
//! | attempts of one execution do not overlap, in the catalog and on the hosts | `task_attempts`, marks |
//! | nothing runs after its attempt's end | both |
//! | messages are there once and in order | `operation_messages`, a run without faults |
//! | no more attempts than were allowed | ledger, `task_attempts` |

use std::collections::BTreeMap;

use anyhow::{Context, Result};

use crate::database::Database;
use crate::fault::Kind;
use crate::ledger::{Entry, Ledger, Way};
use crate::marks::{Overlap, Run, Runs};
use crate::report::Report;
use crate::schedule::Done;

/// How long what was frozen may take to see that it is late, in microseconds.
const WAKE_MAX: i64 = 1_500_000;

/// How much a worker's clock may differ from the database's, in microseconds: they are one.
const CLOCK_ROOM: i64 = 20_000;

/// An execution as the catalog has it.
#[derive(Clone, Debug)]
struct Execution {
    id: i64,
    status: i64,
    attempts: Vec<Attempt>,
}

#[derive(Clone, Debug)]
struct Attempt {
    number: i64,
    agent: String,
    start: i64,
    end: Option<i64>,
    outcome: String,
}

/// What is compared.
pub(crate) struct Evidence<'a> {
    pub(crate) ledger: &'a Ledger,
    pub(crate) marks: &'a BTreeMap<String, Runs>,
    pub(crate) faults: &'a [Done],
    /// Hosts of the workers, by agent id.
    pub(crate) hosts: &'a BTreeMap<String, String>,
    /// The messages of a run without faults, as [`messages`] gives them.
    pub(crate) reference: &'a str,
}

#[derive(Debug, Default)]
struct Counts {
    statuses: BTreeMap<i64, usize>,
    attempts: usize,
    again: usize,
    woke: usize,
    woke_longest: i64,
    lost: usize,
    doubled: usize,
    unanswered: usize,
}

/// Compares everything.
pub(crate) fn check(
    database: &Database,
    evidence: &Evidence<'_>,
    report: &mut Report,
) -> Result<()> {
    let executions = executions(database)?;
    let mut counts = Counts::default();
    let nothing = Runs::default();
    for (key, entry) in &evidence.ledger.entries() {
        let found = executions.get(key).map_or(&[][..], Vec::as_slice);
        check_entry((key, entry), found, report, &mut counts);
        let runs = evidence.marks.get(key).unwrap_or(&nothing);
        for execution in found {
            check_execution((key, entry), execution, runs, report);
            check_runs(evidence, (key, execution), runs, (report, &mut counts));
            *counts.statuses.entry(execution.status).or_default() += 1;
            counts.attempts += execution.attempts.len();
            counts.again += usize::from(1 < execution.attempts.len());
        }
    }
    check_messages(database, evidence.reference, &executions, report)?;
    report.wrong.extend(evidence.ledger.contradictions());
    tell(&counts, report);
    Ok(())
}

fn tell(counts: &Counts, report: &mut Report) {
    let name = |status: i64| match status {
        1 => "created, never acknowledged as started",
        3 => "canceled",
        4 => "failed",
        6 => "ended unexpectedly",
        7 => "succeeded",
        _ => "in another status",
    };
    for (status, n) in &counts.statuses {
        report.line(format!("executions {} ({status})", name(*status)), n);
    }
    report.line("attempts", counts.attempts);
    report.line("executions with more than one attempt", counts.again);
    report.line("requests whose answer was lost, effect or not", counts.unanswered);
    report.line("acknowledged executions lost", counts.lost);
    report.line("executions doubled", counts.doubled);
    let woke = counts.woke_longest / 1_000;
    let what = "marks of packages that were frozen beyond their lease, in the moment they woke";
    report.line(what, format!("{}, at most {woke} ms after", counts.woke));
}

/// One acknowledgement, one execution.
fn check_entry(
    (key, entry): (&str, &Entry),
    found: &[Execution],
    report: &mut Report,
    counts: &mut Counts,
) {
    if 1 < found.len() {
        counts.doubled += 1;
        report.wrong.push(format!("{key}: {} executions", found.len()));
    }
    match entry.execution {
        Some(id) if !found.iter().any(|one| one.id == id) => {
            counts.lost += 1;
            report.wrong.push(format!("{key}: execution {id} was acknowledged and is not there"));
        }
        Some(_) => {}
        None if entry.way == Way::Api => {
            report.wrong.push(format!("{key}: a client of the API never got an answer"));
        }
        None => counts.unanswered += 1,
    }
}

/// One final status, and attempts one after the other, no more than allowed.
fn check_execution(
    (key, entry): (&str, &Entry),
    execution: &Execution,
    runs: &Runs,
    report: &mut Report,
) {
    let id = execution.id;
    let mut wrong = |text: String| report.wrong.push(format!("{key}, execution {id}: {text}"));
    let is_final = matches!(execution.status, 3 | 4 | 6 | 7 | 9);
    if !is_final && (entry.execution.is_some() || execution.status != 1) {
        wrong(format!("its status is {}", execution.status));
    }
    let succeeded = execution.attempts.iter().filter(|one| one.outcome == "succeeded").count();
    if (execution.status == 7) != (succeeded == 1) {
        wrong(format!("status {} with {succeeded} successful attempts", execution.status));
    }
    if execution.status == 7 && !runs.runs.iter().any(|run| run.is_complete) {
        wrong("it succeeded without its effect".to_owned());
    }
    for pair in execution.attempts.windows(2) {
        let [one, next] = pair else { continue };
        if one.end.is_none_or(|end| next.start < end) {
            wrong(format!("attempts {} and {} overlap", one.number, next.number));
        }
    }
    if execution.attempts.len() < runs.runs.len() {
        let (ran, granted) = (runs.runs.len(), execution.attempts.len());
        wrong(format!("it ran {ran} times in {granted} attempts"));
    }
    let counted = execution.attempts.iter().filter(|one| !is_free(&one.outcome)).count();
    if usize::try_from(entry.retry_count).unwrap_or(0) + 1 < counted {
        wrong(format!("{counted} attempts with {} retries", entry.retry_count));
    }
}

/// Outcomes of attempts that cost no retry.
fn is_free(outcome: &str) -> bool {
    matches!(outcome, "handed_back" | "never_started" | "not_delivered")
}

/// No run goes on beside a later one, or after the end of its attempt. What was frozen is given
/// the moment that it needs to see how late it is.
fn check_runs(
    evidence: &Evidence<'_>,
    (key, execution): (&str, &Execution),
    runs: &Runs,
    (report, counts): (&mut Report, &mut Counts),
) {
    for Overlap { host, time, late } in &runs.overlaps {
        if woke(evidence.faults, host, *time) {
            counts.woke += 1;
            counts.woke_longest = counts.woke_longest.max(*late);
        } else {
            counts.doubled += 1;
            let id = execution.id;
            let text = format!(
                "{key}, execution {id}: it still ran on {host} at {time}, {late} µs after a later attempt had started"
            );
            report.wrong.push(text);
        }
    }
    for run in &runs.runs {
        let Some(end) = end_of(evidence.hosts, execution, run) else { continue };
        if end + CLOCK_ROOM < run.last && !woke(evidence.faults, &run.host, run.last) {
            let (id, late) = (execution.id, run.last - end);
            let host = &run.host;
            let text = format!(
                "{key}, execution {id}: it ran on {host} until {}, {late} µs after its attempt had ended",
                run.last
            );
            report.wrong.push(text);
        }
    }
}

/// Whether something at the host was frozen until just before this time.
fn woke(faults: &[Done], host: &str, time: i64) -> bool {
    let freezes = |kind| matches!(kind, Kind::WorkerHostFrozen | Kind::PackageFrozen);
    let mut frozen = faults.iter().filter(|one| freezes(one.fault.kind) && one.fault.host == host);
    frozen.any(|one| (one.cured - WAKE_MAX..one.cured + WAKE_MAX).contains(&time))
}

/// When the attempt ended that a run belongs to.
fn end_of(hosts: &BTreeMap<String, String>, execution: &Execution, run: &Run) -> Option<i64> {
    let here = |one: &&Attempt| hosts.get(&one.agent) == Some(&run.host);
    let mut mine = execution.attempts.iter().filter(here);
    mine.rfind(|one| one.start <= run.first + CLOCK_ROOM)?.end
}

/// Everything that the catalog has, by key.
fn executions(database: &Database) -> Result<BTreeMap<String, Vec<Execution>>> {
    let mut attempts: BTreeMap<i64, Vec<Attempt>> = BTreeMap::new();
    let sql = "SELECT execution_id, attempt, lower(WorkerAgentId), start_time,
                      coalesce(end_time, -1), coalesce(outcome, '')
               FROM task_attempts ORDER BY execution_id, attempt";
    for row in database.rows(sql)? {
        let [id, number, agent, start, end, outcome] = &row[..] else { continue };
        let end: i64 = end.parse()?;
        attempts.entry(id.parse()?).or_default().push(Attempt {
            number: number.parse()?,
            agent: agent.clone(),
            start: start.parse()?,
            end: (0 <= end).then_some(end),
            outcome: outcome.clone(),
        });
    }
    let mut all: BTreeMap<String, Vec<Execution>> = BTreeMap::new();
    let sql = "SELECT o.operation_id, o.status, coalesce(v.parameter_value, '')
               FROM operations o
               JOIN executions e ON e.execution_id = o.operation_id
               JOIN execution_parameter_values v ON v.execution_id = e.execution_id
               WHERE v.parameter_name = 'Key' ORDER BY 1";
    for row in database.rows(sql)? {
        let [id, status, key] = &row[..] else { continue };
        let id: i64 = id.parse()?;
        let execution = Execution {
            id,
            status: status.parse()?,
            attempts: attempts.remove(&id).unwrap_or_default(),
        };
        all.entry(key.clone()).or_default().push(execution);
    }
    Ok(all)
}

/// Messages of each attempt in their order, as event and source.
fn messages(database: &Database, of: Option<i64>) -> Result<BTreeMap<(i64, i64), String>> {
    let which = of.map_or(String::new(), |id| format!("AND operation_id = {id}"));
    let sql = format!(
        "SELECT operation_id, attempt, string_agg(event_name || ' ' || message_source_name, ','
                ORDER BY operation_message_id)
         FROM operation_messages WHERE attempt IS NOT NULL AND event_name IS NOT NULL {which}
         GROUP BY 1, 2"
    );
    let mut all = BTreeMap::new();
    for row in database.rows(&sql)? {
        let [id, attempt, list] = &row[..] else { continue };
        all.insert((id.parse()?, attempt.parse()?), list.clone());
    }
    Ok(all)
}

/// The messages of an execution whose first attempt succeeded.
pub(crate) fn reference(database: &Database, execution: i64) -> Result<String> {
    let all = messages(database, Some(execution))?;
    all.into_values().next().context("an execution without messages")
}

fn check_messages(
    database: &Database,
    reference: &str,
    executions: &BTreeMap<String, Vec<Execution>>,
    report: &mut Report,
) -> Result<()> {
    let all = messages(database, None)?;
    let mut n = 0;
    for execution in executions.values().flatten() {
        for attempt in &execution.attempts {
            let list = all.get(&(execution.id, attempt.number)).map_or("", String::as_str);
            n += list.split(',').filter(|one| !one.is_empty()).count();
            let holds = match attempt.outcome.as_str() {
                "succeeded" => list == reference,
                _ => is_part(list, reference),
            };
            if !holds {
                let (id, number, outcome) = (execution.id, attempt.number, &attempt.outcome);
                let text = format!("execution {id}, attempt {number} ({outcome}): messages {list}");
                report.wrong.push(text);
            }
        }
    }
    report.line("messages in the catalog", n);
    Ok(())
}

/// Whether all that a whole run says too is there at most once and in its order.
fn is_part(list: &str, reference: &str) -> bool {
    let mut rest = reference.split(',');
    let known = list.split(',').filter(|one| reference.split(',').any(|other| other == *one));
    known.into_iter().all(|one| rest.any(|other| other == one))
}

#[cfg(test)]
mod tests {
    use super::is_part;

    #[test]
    fn messages_of_an_attempt_that_was_cut_short_keep_their_order() {
        let whole = "a,b,c,d";
        assert!(is_part("a,b", whole) && is_part("", whole) && is_part("a,b,error,d", whole));
        assert!(!is_part("b,a", whole), "out of order");
        assert!(!is_part("a,a", whole), "twice");
    }
}
