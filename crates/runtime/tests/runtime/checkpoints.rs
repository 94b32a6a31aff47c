//! Checkpoints: what a failed run leaves behind, and how the next one goes on.

use std::fs;
use std::path::Path;

use crate::support::{
    Ran, constraint, constraints, executable, executables, expression, package_of, process,
    run_with, sequence, variable,
};

const RESTART: &str = r#"DTS:SaveCheckpoints="True" DTS:CheckpointUsage="1" DTS:CheckpointFileName="check.xml" DTS:MaxConcurrentExecutables="1""#;

/// A task that writes its name into the file `ran`; with `until` it fails unless that file exists.
fn step(path: &str, until: Option<&str>, attributes: &str) -> String {
    let name = path.rsplit('\\').next().unwrap();
    let check = until.map(|file| format!(" && test -e {file}")).unwrap_or_default();
    process(path, "/bin/sh", &format!("-c \"echo {name} >> ran{check}\""), "", attributes)
}

fn run(text: &str, folder: &Path) -> Ran {
    run_with(&[("P.dtsx", text)], |options| {
        options.path_map = connect::path::PathMap::new([("X:", "")], folder);
    })
}

/// What ran since the last time.
fn ran(folder: &Path) -> String {
    let text = fs::read_to_string(folder.join("ran")).unwrap_or_default();
    drop(fs::remove_file(folder.join("ran")));
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn told(ran: &Ran) -> Vec<u32> {
    let events = ran.events();
    let codes = events.iter().map(|event| event.code);
    codes
        .filter(|code| (0x4001_6045..=0x4001_6049).contains(code) || *code == 0x8001_4058)
        .collect()
}

fn chain(steps: &[&str]) -> String {
    let links = steps.windows(2).map(|pair| constraint("", pair[0], pair[1], ""));
    constraints(&links.collect::<Vec<_>>())
}

#[test]
fn a_restart_skips_what_was_completed_and_keeps_variables() {
    let folder = tempfile::tempdir().unwrap();
    let fails = r#"DTS:FailPackageOnFailure="True""#;
    let steps = [
        step("A", None, ""),
        expression("N", "@[User::n] = @[User::n] + 1"),
        step("B", Some("go"), fails),
        expression("Check", "@[User::n] = 1 / (@[User::n] == 6 ? 1 : 0)"),
    ];
    let head = format!("<DTS:Variables>{}</DTS:Variables>", variable("n", 3, "5"));
    let body = executables(&steps) + &chain(&["A", "N", "B", "Check"]);
    let text = package_of(RESTART, &head, &body);
    let first = run(&text, folder.path()).failed();
    assert_eq!(ran(folder.path()), "A B");
    assert_eq!(told(&first), [0x4001_6045, 0x4001_6049, 0x4001_6047, 0x4001_6049, 0x4001_6047]);
    // Once more without anything having changed: the file is still good.
    run(&text, folder.path()).failed();
    assert_eq!(ran(folder.path()), "B");
    fs::write(folder.path().join("go"), "").unwrap();
    let last = run(&text, folder.path()).succeeded();
    assert_eq!(ran(folder.path()), "B");
    assert_eq!(last.started(), ["B", "Check"]);
    let [updates @ .., deleted] = &told(&last)[..] else { panic!() };
    assert_eq!((updates[0], updates[1], *deleted), (0x4001_6046, 0x4001_6045, 0x4001_6048));
    assert!(!folder.path().join("check.xml").exists());
    // From the beginning again.
    run(&text, folder.path()).succeeded();
    assert_eq!(ran(folder.path()), "A B");
}

#[test]
fn a_loop_runs_again_as_a_whole_and_a_sequence_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let fails = r#"DTS:FailPackageOnFailure="True""#;
    let inside = executables(&[step("S\\C", None, ""), step("S\\D", Some("go"), fails)])
        + &constraints(&[constraint("S\\", "C", "D", "")]);
    let twice = r#"DTS:InitExpression="@i = 0" DTS:EvalExpression="@i &lt; 2" DTS:AssignExpression="@i = @i + 1""#;
    let each = executables(&[step("L\\E", None, ""), step("L\\F", Some("go"), fails)])
        + &constraints(&[constraint("L\\", "E", "F", "")]);
    let head = format!("<DTS:Variables>{}</DTS:Variables>", variable("i", 3, "0"));
    let of = |container: String| package_of(RESTART, &head, &executables(&[container]));
    let sequence = of(sequence("S", "", &inside));
    let each = of(executable("L", "STOCK:FORLOOP", twice, &each));
    run(&sequence, folder.path()).failed();
    assert_eq!(ran(folder.path()), "C D");
    run(&sequence, folder.path()).failed();
    assert_eq!(ran(folder.path()), "D");
    fs::remove_file(folder.path().join("check.xml")).unwrap();
    run(&each, folder.path()).failed();
    assert_eq!(ran(folder.path()), "E F");
    fs::write(folder.path().join("go"), "").unwrap();
    run(&each, folder.path()).succeeded();
    assert_eq!(ran(folder.path()), "E F E F");
}

#[test]
fn a_task_that_does_not_fail_the_package_is_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let text = package_of(RESTART, "", &executables(&[step("A", Some("go"), "")]));
    let first = run(&text, folder.path()).failed();
    assert_eq!(told(&first), [0x4001_6045, 0x8001_4058]);
    let file = fs::metadata(folder.path().join("check.xml")).unwrap();
    // Variables in it are nobody else's business.
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&file.permissions()) & 0o077, 0);
}

#[test]
fn configured_values_are_those_of_the_first_run() {
    let folder = tempfile::tempdir().unwrap();
    let configuration = r#"<DTS:Configurations><DTS:Configuration DTS:ConfigurationType="2"
  DTS:ConfigurationString="V" DTS:ConfigurationVariable="\Package.Variables[User::v].Value"
  DTS:CreationName="" DTS:ObjectName="C"
  DTS:DTSID="{2D0C7A4C-3A3B-4C65-9E5C-000000001000}" /></DTS:Configurations>"#;
    let head = format!("{configuration}<DTS:Variables>{}</DTS:Variables>", variable("v", 8, ""));
    let right = r#"@[User::v] = SUBSTRING("first", 1, 5 / (@[User::v] == "first" ? 1 : 0))"#;
    let check = expression("A", right);
    let steps = executables(&[check, step("B", Some("go"), "")]) + &chain(&["A", "B"]);
    let text = package_of(&format!("{RESTART} DTS:EnableConfig=\"True\""), &head, &steps);
    let run = |value: &str| {
        run_with(&[("P.dtsx", &text)], |options| {
            options.path_map = connect::path::PathMap::new([("X:", "")], folder.path());
            options.environment = vec![("V".to_owned(), value.to_owned())];
        })
    };
    run("first").failed();
    let file = folder.path().join("check.xml");
    let saved = fs::read_to_string(&file).unwrap();
    assert!(saved.contains(">first</DTS:Configuration>"), "{saved}");
    // As if A had not been completed: it sees the value of the first run.
    let cut: Vec<&str> = saved.lines().filter(|line| !line.contains("DTS:Container")).collect();
    fs::write(&file, cut.join("\n")).unwrap();
    fs::write(folder.path().join("go"), "").unwrap();
    run("second").succeeded();
}

#[test]
fn a_checkpoint_file_that_does_not_fit_fails_the_package_before_it_runs() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("check.xml");
    let first = |usage: &str, name: &str| {
        let attributes = format!(
            "DTS:SaveCheckpoints=\"True\" DTS:CheckpointUsage=\"{usage}\" DTS:CheckpointFileName=\"{name}\""
        );
        let text = package_of(&attributes, "", &executables(&[step("A", None, "")]));
        let ran = run(&text, folder.path()).failed();
        assert!(ran.started().is_empty());
        ran.codes()[0]
    };
    assert_eq!(first("2", "check.xml"), 0xC001_F083);
    assert_eq!(first("1", ""), 0xC001_F081);
    assert_eq!(first("1", "no/such/folder/c"), 0xC001_604D);
    fs::write(&file, "<Checkpoint").unwrap();
    assert_eq!(first("1", "check.xml"), 0xC001_F082);
    fs::write(&file, "<Checkpoint PackageID=\"{0}\"/>").unwrap();
    assert_eq!(first("1", "check.xml"), 0xC001_6049);
    assert_eq!(first("0", "check.xml"), 0xC001_604A);
    assert_eq!(ran(folder.path()), "");
    assert_eq!(fs::read_to_string(&file).unwrap(), "<Checkpoint PackageID=\"{0}\"/>");
}

#[test]
fn checkpoints_are_not_named_by_check() {
    let text = package_of(RESTART, "", &executables(&[step("A", None, "")]));
    let project = crate::support::project(&[("P.dtsx", &text)]);
    assert!(runtime::check(&project, &project.packages[0].package).is_empty());
}
