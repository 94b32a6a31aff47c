//! What the catalog gets at each logging level.

use model::record::Record;
use model::{ExecutionResult, LoggingLevel, MessageSourceType, MessageType};
use runtime::Logging;

use crate::support::{executables, failing, nothing, package, run_with, sequence};

fn records(level: LoggingLevel) -> Vec<Record> {
    let inside = executables(&[nothing("S\\A")]);
    let body = executables(&[sequence("S", "", &inside), failing("B", "")]);
    let text = package("", &body);
    run_with(&[("P.dtsx", &text)], |options| options.logging = Logging::from(level))
        .failed()
        .records()
}

fn kinds(records: &[Record]) -> [usize; 3] {
    let count = |wanted: fn(&Record) -> bool| records.iter().filter(|r| wanted(r)).count();
    [
        count(|record| matches!(record, Record::Executable(_))),
        count(|record| matches!(record, Record::ExecutableStatistics(_))),
        count(|record| matches!(record, Record::EventMessage(_))),
    ]
}

#[test]
fn each_level_records_what_the_documentation_says() {
    assert_eq!(kinds(&records(LoggingLevel::None)), [0, 0, 0]);
    let [executables, statistics, basic] = kinds(&records(LoggingLevel::Basic));
    assert_eq!((executables, statistics), (4, 4));
    // One error, and the package's warning about it.
    assert_eq!(kinds(&records(LoggingLevel::Performance)), [4, 4, 2]);
    let [_, _, verbose] = kinds(&records(LoggingLevel::Verbose));
    assert!(basic < verbose);
}

#[test]
fn messages_have_the_form_that_ssisdb_shows() {
    let records = records(LoggingLevel::Basic);
    let messages = records.iter().filter_map(|record| {
        if let Record::EventMessage(message) = record { Some(message) } else { None }
    });
    let of = |kind: MessageType, name: &str| {
        let mut fitting = messages.clone();
        fitting.find(|m| m.message_type == kind && m.source_name == name).unwrap()
    };
    assert_eq!(of(MessageType::PreValidate, "A").message, "A:Validation has started.");
    assert_eq!(of(MessageType::PostValidate, "P").message, "P:Validation is complete.");
    let start = &of(MessageType::PreExecute, "S").message;
    assert!(start.starts_with("S:Start, ") && start.ends_with("M."), "{start}");
    let end = &of(MessageType::PostExecute, "S").message;
    assert!(end.starts_with("S:Finished, ") && end.contains("M, Elapsed time: 00:00:0"), "{end}");
    let error = of(MessageType::Error, "B");
    assert!(error.message.starts_with("B:Error: In Executing \"/bin/false\""));
    assert_eq!(error.message_code, -1_073_573_551);
    assert_eq!(error.package_name, "P.dtsx");
    assert_eq!(error.package_path, "\\Package\\B");
    assert_ne!(error.thread_id, 0);
    let types = ["P", "S", "A"].map(|name| of(MessageType::PreExecute, name).source_type);
    let wanted =
        [MessageSourceType::Package, MessageSourceType::Container, MessageSourceType::Task];
    assert_eq!(types, wanted);
}

#[test]
fn statistics_refer_to_the_executables_of_the_package() {
    let records = records(LoggingLevel::Basic);
    let name_of = |id: i64| {
        records.iter().find_map(|record| {
            let Record::Executable(row) = record else { return None };
            (row.executable_id == id).then(|| row.name.clone())
        })
    };
    let mut seen = Vec::new();
    for record in &records {
        if let Record::ExecutableStatistics(row) = record {
            assert!(row.start_time <= row.end_time);
            seen.push((name_of(row.executable_id).unwrap(), row.result));
        }
    }
    seen.sort();
    let (ok, failed) = (ExecutionResult::Success, ExecutionResult::Failure);
    let wanted = [("A", ok), ("B", failed), ("P", failed), ("S", ok)];
    assert_eq!(seen, wanted.map(|(name, result)| (name.to_owned(), result)));
}

#[test]
fn secrets_and_values_stay_out_of_debug_output() {
    let value = crate::support::parameter("key", model::Value::text("hunter2"));
    assert!(!format!("{value:?}").contains("hunter2"));
}
