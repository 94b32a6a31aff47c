//! Results and error counts.

use model::{ExecutionResult, MessageType};

use crate::support::{
    constraint, constraints, executables, failing, handler, nothing, package, package_of,
    propagate, run, sequence,
};

#[test]
fn a_failed_task_says_so_and_fails_the_package_by_its_error() {
    let ran = run(&package("", &executables(&[failing("A", "")]))).failed();
    let lines = ran.lines(|event| event.kind != MessageType::Custom);
    let lines = lines.join("\n");
    insta::assert_snapshot!(lines, @r#"
    OnPreValidate (package)
    OnPreValidate \A
    OnPostValidate \A
    OnPostValidate (package)
    OnPreExecute (package)
    OnPreExecute \A
    OnPreValidate \A
    OnPostValidate \A
    OnError \A 0xC0029151 In Executing "/bin/false" "" at ".", The process exit code was "1" while the expected was 
    OnTaskFailed \A
    OnPostExecute \A
    OnWarning (package) 0x80019002 SSIS Warning Code DTS_W_MAXIMUMERRORCOUNTREACHED.  The Execution method succeeded, but the
    OnPostExecute (package)
    "#);
    assert_eq!(ran.result.errors, 1);
    assert_eq!(ran.result.first_error.as_ref().unwrap().0, 0xC002_9151);
}

#[test]
fn a_handled_failure_still_counts_unless_the_package_may_have_more_errors() {
    let body = executables(&[failing("A", ""), nothing("B")])
        + &constraints(&[constraint("", "A", "B", r#"DTS:Value="1""#)]);
    let ran = run(&package("", &body)).failed();
    assert_eq!(ran.started(), ["A", "B"]);
    let ran = run(&package_of(r#"DTS:MaxErrorCount="2""#, "", &body)).succeeded();
    assert_eq!(ran.started(), ["A", "B"]);
    run(&package_of(r#"DTS:MaxErrorCount="0""#, "", &body)).succeeded();
}

#[test]
fn each_container_on_the_way_up_reaches_its_limit() {
    let inside = executables(&[failing("S\\A", "")]);
    let ran = run(&package("", &executables(&[sequence("S", "", &inside)]))).failed();
    let warnings = ran.lines(|event| event.kind == MessageType::Warning);
    assert_eq!(warnings.len(), 2);
    assert!(warnings[0].starts_with("OnWarning \\S 0x80019002"));
    assert!(warnings[1].starts_with("OnWarning (package) 0x80019002"));
    // A sequence that may have errors succeeds; the package counted the same error.
    let body = executables(&[sequence("S", r#"DTS:MaxErrorCount="5""#, &inside), nothing("B")])
        + &constraints(&[constraint("", "S", "B", "")]);
    let ran = run(&package("", &body)).failed();
    assert_eq!(ran.started(), ["S", "S\\A", "B"]);
}

#[test]
fn an_error_that_does_not_propagate_does_not_count_further_up() {
    let stops = handler("S", "OnError", &propagate(false));
    let inside = executables(&[failing("S\\A", "")]) + &stops;
    let body = executables(&[sequence("S", r#"DTS:MaxErrorCount="0""#, &inside)]);
    run(&package("", &body)).succeeded();
}

#[test]
fn a_forced_result_hides_what_happened() {
    let body = executables(&[failing("A", r#"DTS:ForceExecutionResult="0""#), nothing("B")])
        + &constraints(&[constraint("", "A", "B", "")]);
    let ran = run(&package_of(r#"DTS:MaxErrorCount="0""#, "", &body)).succeeded();
    assert_eq!(ran.started(), ["A", "B"]);
    // Errors that were already counted still count.
    run(&package("", &body)).failed();
    let forced = r#"DTS:ForceExecutionResult="2""#;
    let ran = run(&package_of(forced, "", &executables(&[failing("A", "")])));
    assert_eq!(ran.outcome(), ExecutionResult::Completion);
}

#[test]
fn a_failure_may_fail_the_parent_or_the_package_whatever_their_limits() {
    let many = r#"DTS:MaxErrorCount="0""#;
    let inside = |attributes: &str| {
        executables(&[failing("S\\A", attributes), nothing("S\\B")])
            + &constraints(&[constraint("S\\", "A", "B", r#"DTS:Value="2""#)])
    };
    let body = |attributes: &str| {
        executables(&[sequence("S", many, &inside(attributes)), nothing("Z")])
            + &constraints(&[constraint("", "S", "Z", r#"DTS:Value="2""#)])
    };
    let of = |attributes: &str| run(&package_of(many, "", &body(attributes)));
    assert_eq!(of("").succeeded().started(), ["S", "S\\A", "S\\B", "Z"]);
    // The parent fails and starts nothing new; the package goes on.
    let ran = of(r#"DTS:FailParentOnFailure="True""#).succeeded();
    assert_eq!(ran.started(), ["S", "S\\A", "Z"]);
    let ran = of(r#"DTS:FailPackageOnFailure="True""#).failed();
    assert_eq!(ran.started(), ["S", "S\\A"]);
}
