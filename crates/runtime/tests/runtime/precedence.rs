//! Precedence constraints.

use crate::support::{
    constraint, constraints, executables, expression_of, failing, nothing, package, package_of,
    run, sequence, shell, variable,
};

const AND: &str = r#"DTS:LogicalAnd="True""#;

/// A task A that succeeds or fails, a constraint, a task B: whether B ran.
fn second_runs(first_fails: bool, attributes: &str) -> bool {
    let first = if first_fails { failing("A", "") } else { nothing("A") };
    let body =
        executables(&[first, nothing("B")]) + &constraints(&[constraint("", "A", "B", attributes)]);
    let package = package(&variable("Go", 11, "-1"), &body);
    run(&package).started().contains(&"B".to_owned())
}

#[test]
fn a_constraint_waits_for_the_result_it_names() {
    assert!(second_runs(false, ""));
    assert!(!second_runs(true, ""));
    assert!(!second_runs(false, r#"DTS:Value="1""#));
    assert!(second_runs(true, r#"DTS:Value="1""#));
    assert!(second_runs(false, r#"DTS:Value="2""#));
    assert!(second_runs(true, r#"DTS:Value="2""#));
}

#[test]
fn an_expression_alone_ignores_the_outcome() {
    assert!(second_runs(true, r#"DTS:EvalOp="1" DTS:Expression="@[User::Go]""#));
    assert!(!second_runs(false, r#"DTS:EvalOp="1" DTS:Expression="!@[User::Go]""#));
}

#[test]
fn an_expression_and_a_result_are_both_needed_or_one_of_them() {
    let and = |expression| format!(r#"DTS:EvalOp="3" DTS:Expression="{expression}""#);
    assert!(second_runs(false, &and("@[User::Go]")));
    assert!(!second_runs(false, &and("!@[User::Go]")));
    assert!(!second_runs(true, &and("@[User::Go]")));
    let or = |expression| format!(r#"DTS:EvalOp="4" DTS:Expression="{expression}""#);
    assert!(second_runs(false, &or("!@[User::Go]")));
    assert!(second_runs(true, &or("@[User::Go]")));
    assert!(!second_runs(true, &or("!@[User::Go]")));
}

/// Good and Bad both lead to Last: whether it ran, and how often.
fn runs_of_last(attributes: &str) -> usize {
    let body = executables(&[nothing("Good"), failing("Bad", ""), nothing("Last")])
        + &constraints(&[
            constraint("", "Good", "Last", attributes),
            constraint("", "Bad", "Last", attributes),
        ]);
    let ran = run(&package("", &body));
    ran.started().iter().filter(|path| *path == "Last").count()
}

#[test]
fn all_constraints_must_hold_or_one_is_enough() {
    assert_eq!(runs_of_last(AND), 0);
    assert_eq!(runs_of_last(r#"DTS:LogicalAnd="False""#), 1);
    assert_eq!(runs_of_last(r#"DTS:LogicalAnd="True" DTS:Value="2""#), 1);
    // Both hold, and the target still runs once.
    assert_eq!(runs_of_last(r#"DTS:Value="2""#), 1);
}

#[test]
fn what_follows_a_skipped_task_is_skipped_without_a_word() {
    let body = executables(&[nothing("A"), nothing("B"), nothing("C"), nothing("D")])
        + &constraints(&[
            constraint("", "A", "B", r#"DTS:Value="1""#),
            constraint("", "B", "C", r#"DTS:Value="2""#),
            constraint("", "C", "D", r#"DTS:Value="2""#),
        ]);
    let ran = run(&package("", &body)).succeeded();
    assert_eq!(ran.started(), ["A"]);
}

#[test]
fn a_disabled_task_counts_as_successful() {
    let disabled = expression_of("A", "nonsense", r#"DTS:Disabled="True""#);
    let body =
        executables(&[disabled, nothing("B")]) + &constraints(&[constraint("", "A", "B", "")]);
    let ran = run(&package("", &body)).succeeded();
    assert_eq!(ran.started(), ["B"]);
}

#[test]
fn a_circle_of_constraints_is_refused() {
    let body = executables(&[nothing("A"), nothing("B")])
        + &constraints(&[constraint("", "A", "B", ""), constraint("", "B", "A", "")]);
    let ran = run(&package("", &body)).failed();
    assert_eq!(ran.started(), Vec::<String>::new());
    assert!(ran.complaints()[0].contains("form a circle"), "{:?}", ran.complaints());
}

/// Each task waits until the other has started, so both only end when they run together.
fn two_that_wait_for_each_other(attributes: &str, folder: &str) -> String {
    let wait = |own: &str, other: &str| {
        shell(
            own,
            &format!(
                "touch {folder}/{own}; for i in $(seq 100); do [ -e {folder}/{other} ] && exit 0; \
             sleep 0.01; done; exit 1"
            ),
        )
    };
    let body = executables(&[wait("A", "B"), wait("B", "A")]);
    package_of(attributes, "", &body)
}

#[test]
fn unconnected_tasks_run_together_up_to_max_concurrent_executables() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().display().to_string();
    let together = two_that_wait_for_each_other(r#"DTS:MaxConcurrentExecutables="2""#, &path);
    run(&together).succeeded();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().display().to_string();
    let alone = two_that_wait_for_each_other(r#"DTS:MaxConcurrentExecutables="1""#, &path);
    run(&alone).failed();
}

#[test]
fn one_slot_is_enough_for_containers_in_containers() {
    let inner = sequence("S\\T", "", &executables(&[nothing("S\\T\\A"), nothing("S\\T\\B")]));
    let outer = sequence("S", "", &executables(&[inner]));
    let body = executables(&[outer, nothing("Z")]);
    let ran = run(&package_of(r#"DTS:MaxConcurrentExecutables="1""#, "", &body)).succeeded();
    assert_eq!(ran.started(), ["S", "S\\T", "S\\T\\A", "S\\T\\B", "Z"]);
}

#[test]
fn an_expression_may_set_max_concurrent_executables() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().display().to_string();
    let expression = r#"<DTS:PropertyExpression DTS:Name="MaxConcurrentExecutables">3 - 2</DTS:PropertyExpression><DTS:Executables>"#;
    let together = two_that_wait_for_each_other("", &path);
    run(&together.replacen("<DTS:Executables>", expression, 1)).failed();
    run(&together.replacen("<DTS:Executables>", &expression.replace("3 - 2", "@x"), 1)).failed();
}

#[test]
fn no_executables_at_once_is_refused() {
    let ran = run(&package_of(r#"DTS:MaxConcurrentExecutables="0""#, "", "")).failed();
    assert!(ran.complaints()[0].contains("MaxConcurrentExecutables is 0"));
}
