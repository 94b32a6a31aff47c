//! Stopping a package.

use std::fs;
use std::path::Path;
use std::thread;

use model::ExecutionResult;
use runtime::Cancel;
use testkit::wait_for;

use crate::support::{
    constraint, constraints, executables, nothing, package, process, run_until, variable,
};

fn is_alive(id: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    // A zombie has ended; only its parent has not looked yet.
    stat.rsplit(')').next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with(" Z"))
}

fn read(file: &Path) -> Result<String, String> {
    match fs::read_to_string(file) {
        Ok(text) if text.ends_with('\n') => Ok(text.trim().to_owned()),
        other => Err(format!("{other:?}")),
    }
}

#[test]
fn a_stop_ends_the_program_and_all_that_it_started() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ids");
    let script = format!("-c \"sleep 600 & echo $$ $! > {}; wait\"", file.display());
    let body = executables(&[process("A", "/bin/sh", &script, "", ""), nothing("B")])
        + &constraints(&[constraint("", "A", "B", r#"DTS:Value="2""#)]);
    let text = package("", &body);
    let cancel = Cancel::new();
    let runner = {
        let cancel = cancel.clone();
        thread::spawn(move || run_until(&[("P.dtsx", &text)], |_| {}, cancel))
    };
    let ids = wait_for("the program", || read(&file));
    cancel.cancel();
    let ran = runner.join().unwrap();
    assert_eq!(ran.outcome(), ExecutionResult::Canceled);
    assert_eq!(ran.started(), ["A"]);
    for id in ids.split(' ') {
        wait_for("the end of the program", || if is_alive(id) { Err(id) } else { Ok(()) });
    }
}

#[test]
fn a_stop_ends_what_programs_have_left_behind() {
    let folder = tempfile::tempdir().unwrap();
    let (file, ready) = (folder.path().join("ids"), folder.path().join("ready"));
    // One stays in the group of a program that has ended, one is in a session of its own.
    let inner = format!("echo $$ >> {}; exec sleep 600", file.display());
    let left = format!("-c \"sleep 600 & echo $! > {}; setsid sh -c '{inner}' &\"", file.display());
    let waits = format!("-c \"echo > {}; sleep 600\"", ready.display());
    let tasks = [process("A", "/bin/sh", &left, "", ""), process("B", "/bin/sh", &waits, "", "")];
    let text = package("", &(executables(&tasks) + &constraints(&[constraint("", "A", "B", "")])));
    let cancel = Cancel::new();
    let runner = {
        let cancel = cancel.clone();
        let launch = |options: &mut runtime::RunOptions| {
            options.launcher = vec!["/usr/bin/env".to_owned()];
        };
        thread::spawn(move || run_until(&[("P.dtsx", &text)], launch, cancel))
    };
    wait_for("the second task", || read(&ready));
    let ids = wait_for("both programs", || match read(&file) {
        Ok(ids) if ids.lines().count() == 2 => Ok(ids),
        other => Err(other),
    });
    assert!(ids.lines().all(is_alive));
    cancel.cancel();
    assert_eq!(runner.join().unwrap().outcome(), ExecutionResult::Canceled);
    for id in ids.lines() {
        wait_for("the end of the program", || if is_alive(id) { Err(id) } else { Ok(()) });
    }
}

#[test]
fn a_stop_leaves_an_endless_loop() {
    let attributes = r#"DTS:EvalExpression="TRUE""#;
    let inside = executables(&[nothing("L\\A")]);
    let each = crate::support::executable("L", "STOCK:FORLOOP", attributes, &inside);
    let text = package(&variable("i", 3, "0"), &executables(&[each]));
    let cancel = Cancel::new();
    let runner = {
        let cancel = cancel.clone();
        thread::spawn(move || run_until(&[("P.dtsx", &text)], |_| {}, cancel))
    };
    cancel.cancel();
    assert_eq!(runner.join().unwrap().outcome(), ExecutionResult::Canceled);
}

#[test]
fn a_package_that_is_stopped_before_it_starts_runs_nothing() {
    let cancel = Cancel::new();
    cancel.cancel();
    let text = package("", &executables(&[nothing("A")]));
    let ran = run_until(&[("P.dtsx", &text)], |_| {}, cancel);
    assert_eq!(ran.outcome(), ExecutionResult::Canceled);
    assert!(ran.started().is_empty());
}
