//! Statistics of data flows: which level has them, and where in loops they belong.

use std::collections::BTreeSet;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use model::record::{PerformanceCounters, Record};
use model::{ExecutionResult, LoggingLevel};
use runtime::{Cancel, Logging, Sink};

use crate::data_flow::{CONNECTION, PIPELINE, counts, numbers};
use crate::loops::{THREE, for_loop};
use crate::support::{executables, options, package_of, run_with, shell, task, variable};

/// Kinds of rows that a customized level with this profile has: statistics, rows sent, phases.
fn kinds(profile: i64) -> [bool; 3] {
    let folder = tempfile::tempdir().unwrap();
    let text = counts(&numbers(folder.path(), 10), 10);
    let logging = Logging { level: LoggingLevel::Customized, profile, events: 0 };
    let ran = run_with(&[("P.dtsx", &text)], |options| options.logging = logging).succeeded();
    let records = ran.records();
    assert!(!records.iter().any(|record| matches!(record, Record::EventMessage(_))));
    let any = |wanted: fn(&Record) -> bool| records.iter().any(wanted);
    [
        any(|record| matches!(record, Record::ExecutableStatistics(_))),
        any(|record| matches!(record, Record::DataStatistics(_))),
        any(|record| matches!(record, Record::ComponentPhase(_))),
    ]
}

#[test]
fn a_customized_level_has_the_statistics_of_its_profile() {
    assert_eq!(kinds(0), [false, false, false]);
    assert_eq!(kinds(1), [true, false, false]);
    assert_eq!(kinds(2), [false, true, false]);
    assert_eq!(kinds(4), [false, false, true]);
    assert_eq!(kinds(7), [true, true, true]);
}

#[test]
fn every_iteration_has_its_phases_and_rows_under_its_own_place() {
    let folder = tempfile::tempdir().unwrap();
    let inside = PIPELINE.replace("Package\\Load", "Package\\L\\Load");
    let inside = executables(&[task("L\\Load", "Microsoft.Pipeline", "", &inside)]);
    let variables = variable("file", 8, &numbers(folder.path(), 5).display().to_string())
        + &variable("rows", 3, "0")
        + &variable("i", 3, "0");
    let head = format!("{CONNECTION}<DTS:Variables>{variables}</DTS:Variables>");
    let text = package_of("", &head, &executables(&[for_loop("L", THREE, "", &inside)]));
    let records = run_with(&[("P.dtsx", &text)], |_| {}).succeeded().records();
    let mut sent = Vec::new();
    let mut phases = BTreeSet::new();
    for record in &records {
        if let Record::DataStatistics(row) = record {
            sent.push((row.execution_path.as_str(), row.path_id.as_str(), row.rows_sent));
            assert_eq!(row.source_component, "Source");
            assert_eq!(row.destination_component, "Count");
        }
        if let Record::ComponentPhase(row) = record {
            assert!(row.start_time <= row.end_time);
            let path = row.execution_path.as_str();
            phases.insert((path, row.subcomponent_name.as_str(), row.phase.as_str()));
        }
    }
    let paths = [r"\Package\L[1]\Load", r"\Package\L[2]\Load", r"\Package\L[3]\Load"];
    assert_eq!(sent, paths.map(|path| (path, "Paths[Source.Out]", 5)));
    for path in paths {
        let of: Vec<_> = phases.iter().filter(|row| row.0 == path).map(|r| (r.1, r.2)).collect();
        let wanted = [
            ("Count", "PostExecute"),
            ("Count", "PreExecute"),
            ("Count", "ProcessInput"),
            ("Count", "Validate"),
            ("Source", "PostExecute"),
            ("Source", "PreExecute"),
            ("Source", "PrimeOutput"),
            ("Source", "Validate"),
        ];
        assert_eq!(of, wanted);
    }
}

/// Waits for counters, and then lets the package end.
#[derive(Default)]
struct Waits {
    seen: Mutex<Option<PerformanceCounters>>,
    changed: Condvar,
}

impl Sink for Waits {
    fn record(&self, record: Record) {
        if let Record::PerformanceCounters(counters) = record {
            *self.seen.lock().unwrap() = Some(counters);
            self.changed.notify_all();
        }
    }
}

#[test]
fn counters_are_told_at_every_level_while_the_package_runs() {
    let folder = tempfile::tempdir().unwrap();
    let stop = folder.path().join("stop");
    // What comes behind the data flow lasts until the counters have been seen.
    let wait = shell("Check", &format!("until test -e {}; do sleep 0.05; done", stop.display()));
    let text = counts(&numbers(folder.path(), 1000), 1000);
    let start = text.find(r#"<DTS:Executable DTS:refId="Package\Check""#).unwrap();
    let end = start + text[start..].find("</DTS:Executable>").unwrap() + "</DTS:Executable>".len();
    let text = format!("{}{wait}{}", &text[..start], &text[end..]);
    let sink = Arc::new(Waits::default());
    let options = options(&[("P.dtsx", &text)], |o| o.logging = Logging::from(LoggingLevel::None));
    let running = Arc::<Waits>::clone(&sink);
    let run = std::thread::spawn(move || runtime::run(options, running, Cancel::new()));
    let seen = sink.seen.lock().unwrap();
    let wait = |seen: &mut Option<PerformanceCounters>| seen.is_none_or(|c| c.rows_read != 1000);
    let (seen, waited) =
        sink.changed.wait_timeout_while(seen, Duration::from_secs(20), wait).unwrap();
    std::fs::write(stop, "").unwrap();
    assert!(!waited.timed_out(), "{seen:?}");
    let seen = seen.unwrap();
    assert_eq!((seen.buffers_in_use, seen.buffer_memory), (0, 0));
    assert_eq!(run.join().unwrap().result, ExecutionResult::Success);
}
