//! The errors of the documented procedures: each number is raised by the cause that its page
//! lists, with severity 16 and state 1, and a sentence that says what is wrong.
//!
//! The table is `tests/errors.tsv`; names in braces are those of the scene that permissions are
//! tried in. Errors for a lack of permission are in `tests/permissions.tsv`.

use std::collections::BTreeSet;

use testkit::permissions::gates_of;

use crate::permissions::a_scene;
use crate::support::server;

const TABLE: &str = include_str!("../../../../tests/errors.tsv");

/// Procedures whose pages list no cause of an error but a lack of permission, or that report by
/// other means.
const WITHOUT: &[&str] =
    &["startup", "check_schema_version", "cleanup_server_log", "enable_scaleout"];

struct Row {
    procedure: &'static str,
    cause: &'static str,
    number: i32,
    says: &'static str,
    call: &'static str,
}

fn rows() -> Vec<Row> {
    let row = |line: &'static str| {
        let cells: Vec<&str> = line.split('\t').collect();
        let [procedure, cause, number, says, call] = cells[..] else {
            panic!("not five cells: {line}")
        };
        Row { procedure, cause, number: number.parse().unwrap(), says, call }
    };
    TABLE.lines().skip(1).map(row).collect()
}

#[test]
fn every_documented_cause_raises_its_error() {
    let server = server();
    let scene = a_scene(&server);
    let mut talk = server.admin();
    let mut faults = Vec::new();
    for row in rows() {
        talk.shows("BEGIN TRAN");
        let seen = talk.run(&scene.fill(row.call, None));
        talk.shows("IF @@TRANCOUNT > 0 ROLLBACK");
        let told = seen.errors.first().map(|(number, text)| (*number, without_numbers(text)));
        let levels = seen.levels.first().copied();
        if told != Some((row.number, row.says.to_owned())) || levels != Some((16, 1)) {
            faults.push(format!("{}: {}\t{told:?} {levels:?}", row.procedure, row.cause));
        }
    }
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
}

/// Numbers and GUIDs are ids that differ from one run of the scene to the next.
fn without_numbers(text: &str) -> String {
    let is_guid = |part: &str| part.len() == 36 && part.matches('-').count() == 4;
    let parts: Vec<&str> =
        text.split('\'').map(|part| if is_guid(part) { "0" } else { part }).collect();
    let mut shown = String::new();
    for character in parts.join("'").chars() {
        match character.is_ascii_digit() {
            true if shown.ends_with('#') => {}
            true => shown.push('#'),
            false => shown.push(character),
        }
    }
    shown
}

#[test]
fn every_procedure_is_in_the_table() {
    let told: BTreeSet<&str> =
        rows().iter().map(|row| row.procedure).chain(WITHOUT.iter().copied()).collect();
    let gates = gates_of(&["procedure"]);
    let there: BTreeSet<&str> =
        gates.iter().filter_map(|gate| gate.name.strip_prefix("catalog.")).collect();
    assert_eq!(told, there);
}
