//! Execute Process Task.

use std::fs;

use crate::support::{
    constraint, constraints, executables, expression, package, process, run, run_with, shell,
    variable, variable_of,
};

#[test]
fn output_errors_and_input_go_through_variables() {
    let settings = r#"StandardInputVariable="User::in" StandardOutputVariable="User::out"
        StandardErrorVariable="User::err""#;
    let task = process("A", "/bin/sh", "-c \"cat; echo oops >&2\"", settings, "");
    let right = r#"@[User::in] = @[User::out] == "hello" && @[User::err] == "oops\n" ? "" : (DT_WSTR,9)(1 / (LEN(@[User::in]) - LEN(@[User::in])))"#;
    let body = executables(&[task, expression("Z", right)])
        + &constraints(&[constraint("", "A", "Z", "")]);
    let variables = variable("in", 8, "hello") + &variable("out", 8, "") + &variable("err", 8, "");
    run(&package(&variables, &body)).succeeded();
}

#[test]
fn another_exit_code_fails_the_task_unless_it_does_not_matter() {
    let of = |settings: &str| {
        let task = process("A", "/bin/sh", "-c \"exit 3\"", settings, "");
        run(&package("", &executables(&[task])))
    };
    let ran = of("").failed();
    assert_eq!(ran.codes(), [0xC002_9151]);
    let description = ran.result.first_error.clone().unwrap().1;
    assert_eq!(
        description,
        "In Executing \"/bin/sh\" \"-c \"exit 3\"\" at \".\", The process exit code was \"3\" \
         while the expected was \"0\"."
    );
    of(r#"SuccessValue="3""#).succeeded();
    of(r#"FailTaskIfReturnCodeIsNotSuccessValue="False""#).succeeded();
}

#[test]
fn what_cannot_be_started_says_why() {
    let of = |program: &str, settings: &str| {
        run(&package("", &executables(&[process("A", program, "", settings, "")]))).failed()
    };
    assert_eq!(of("", "").codes()[0], 0xC002_914D);
    // Found out at validation, so that nothing has run.
    assert_eq!(of("no-such-program", "").codes(), [0xC002_9154, 0xC002_4107]);
    assert_eq!(of("/no/such/program", "").codes(), [0xC002_9153, 0xC002_4107]);
    assert_eq!(of("/bin/true", r#"WorkingDirectory="/no/such""#).codes(), [0xC002_9156]);
    let ran = of(r"C:\Tools\load.exe", "");
    assert_eq!(ran.codes(), [0xC002_9153, 0xC002_4107]);
    assert!(ran.started().is_empty());
    assert!(ran.result.first_error.unwrap().1.contains("--map-path"));
}

#[test]
fn a_program_that_need_not_be_there_yet_is_a_warning_until_it_runs() {
    let folder = tempfile::tempdir().unwrap();
    let late = folder.path().join("late");
    let script = format!("-c \"printf '%s\\n' '#!/bin/sh' > {0}; chmod +x {0}\"", late.display());
    let settings = r#"RequireFullFileName="False""#;
    let program = late.display().to_string();
    let body = |constrained: bool| {
        let tasks =
            [process("A", "/bin/sh", &script, "", ""), process("B", &program, "", settings, "")];
        let order = if constrained { constraint("", "A", "B", "") } else { String::new() };
        executables(if constrained { &tasks } else { &tasks[1..] }) + &constraints(&[order])
    };
    let ran = run(&package("", &body(false))).failed();
    assert_eq!(ran.codes(), [0xC002_9153]);
    let ran = run(&package("", &body(true))).succeeded();
    let warnings = ran.lines(|event| event.code == 0x8002_9185);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
}

#[test]
fn a_launcher_in_front_does_not_hide_what_is_missing() {
    let launched = |program: &str| {
        let text = package("", &executables(&[process("A", program, "", "", "")]));
        let launch = |options: &mut runtime::RunOptions| {
            options.launcher = vec!["/usr/bin/env".to_owned()];
        };
        run_with(&[("P.dtsx", &text)], launch).failed()
    };
    let ran = launched("cmd.exe");
    assert_eq!(ran.codes()[0], 0xC002_9154);
    assert!(
        ran.result.first_error.unwrap().1.starts_with("File/Process \"cmd.exe\" is not in path.")
    );
    assert_eq!(launched("/no/such/program").codes()[0], 0xC002_9153);
}

#[test]
fn programs_and_folders_are_found_through_the_path_map() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("Tool.exe"), "#!/bin/sh\npwd > here\n").unwrap();
    let mode = <fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o755);
    fs::set_permissions(folder.path().join("Tool.exe"), mode).unwrap();
    let task = process("A", r"c:\tools\tool.exe", "", r#"WorkingDirectory="C:\Tools""#, "");
    let text = package("", &executables(&[task]));
    let map = (r"C:\Tools", folder.path().to_owned());
    run_with(&[("P.dtsx", &text)], |options| {
        options.path_map = connect::path::PathMap::new([map], "");
    })
    .succeeded();
    let here = fs::read_to_string(folder.path().join("here")).unwrap();
    assert_eq!(here.trim(), folder.path().canonicalize().unwrap().display().to_string());
}

#[test]
fn a_program_that_takes_too_long_is_ended() {
    let task = process("A", "/bin/sleep", "600", r#"TimeOut="1""#, "");
    let ran = run(&package("", &executables(&[task]))).failed();
    assert_eq!(ran.codes(), [0xC002_914C]);
}

#[test]
fn a_read_only_variable_cannot_take_output() {
    let task = process("A", "/bin/echo", "x", r#"StandardOutputVariable="User::out""#, "");
    let variables = variable_of("out", 8, "", r#"DTS:ReadOnly="True""#);
    let ran = run(&package(&variables, &executables(&[task, shell("B", "exit 0")]))).failed();
    assert_eq!(ran.codes()[0], 0xC002_914E);
    // Validation failed, so nothing ran.
    assert!(ran.started().is_empty());
}

#[test]
fn a_launcher_starts_the_programs() {
    let settings = r#"StandardOutputVariable="User::out""#;
    let task = process("A", "/bin/sh", "-c \"echo $GREETING\"", settings, "");
    let check = r#"@[User::out] = @[User::out] == "hi\n" ? "" : (DT_WSTR,9)(1 / (LEN(@[User::out]) - LEN(@[User::out])))"#;
    let body = executables(&[task, expression("Z", check)])
        + &constraints(&[constraint("", "A", "Z", "")]);
    let text = package(&variable("out", 8, ""), &body);
    run_with(&[("P.dtsx", &text)], |options| {
        options.launcher = vec!["/usr/bin/env".to_owned(), "GREETING=hi".to_owned()];
    })
    .succeeded();
}
