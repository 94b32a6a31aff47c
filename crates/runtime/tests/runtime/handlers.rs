//! Event handlers.

use model::MessageType;

use crate::support::{
    executables, expression, expression_of, failing, handler, nothing, package, package_of,
    propagate, run, sequence, shell, variable, variable_of,
};

#[test]
fn a_handler_of_the_package_runs_for_each_failing_task_and_knows_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("seen");
    let note = format!(
        r#"DTS:refId="x" DTS:Name="Arguments">"-c \"echo " + @[System::SourceName] + " " + (DT_WSTR, 20)@[System::ErrorCode] + " &gt;&gt; {}\"""#,
        file.display()
    );
    let task = shell("X", "exit 1").replace(
        "<DTS:ObjectData>",
        &format!("<DTS:PropertyExpression {note}</DTS:PropertyExpression><DTS:ObjectData>"),
    );
    let task = task.replace("Package\\X", "Package.EventHandlers[OnError]\\X");
    let body = executables(&[failing("A", ""), failing("B", "")])
        + &handler("", "OnError", &executables(&[task]));
    let ran = run(&package_of(r#"DTS:MaxConcurrentExecutables="1""#, "", &body)).failed();
    let seen = std::fs::read_to_string(&file).unwrap();
    assert_eq!(seen, "A -1073573551\nB -1073573551\n", "{:#?}", ran.complaints());
}

#[test]
fn a_handler_stands_between_the_event_and_what_follows() {
    let inside = executables(&[expression("H", "@[User::n] = @[User::n] + 1")])
        .replace("Package\\H", "Package\\A.EventHandlers[OnError]\\H");
    let task = failing("A", "")
        .replace("</DTS:Executable>", &(handler("A", "OnError", &inside) + "</DTS:Executable>"));
    let ran = run(&package(&variable("n", 3, "0"), &executables(&[task]))).failed();
    let lines = ran.lines(|event| {
        matches!(event.kind, MessageType::Error | MessageType::PreExecute | MessageType::TaskFailed)
    });
    let lines: Vec<&str> = lines.iter().map(|line| line.split(" 0x").next().unwrap()).collect();
    assert_eq!(
        lines,
        [
            "OnPreExecute (package)",
            "OnPreExecute \\A",
            "OnError \\A",
            "OnPreExecute \\A.EventHandlers[OnError]",
            "OnPreExecute \\A.EventHandlers[OnError]\\H",
            "OnTaskFailed \\A",
        ]
    );
}

/// A package whose OnError handler counts, around a sequence whose handler does something else.
fn counted(inner: &str, attributes: &str) -> usize {
    let count = executables(&[expression("C", "@[User::n] = @[User::n] + 1")])
        .replace("Package\\C", "Package.EventHandlers[OnError]\\C");
    let inside = executables(&[failing("S\\A", "")]) + inner;
    let body = executables(&[sequence("S", "", &inside)]) + &handler("", "OnError", &count);
    let head = format!("<DTS:Variables>{}</DTS:Variables>", variable("n", 3, "0"));
    let ran = run(&package_of(attributes, &head, &body));
    ran.started().len() - ran.started().iter().filter(|path| path.starts_with('S')).count()
        + ran.lines(|event| event.source.name == "C" && event.kind == MessageType::PreExecute).len()
}

#[test]
fn an_event_rises_after_a_handler_unless_propagate_is_false() {
    assert_eq!(counted("", ""), 1);
    assert_eq!(counted(&handler("S", "OnError", &propagate(true)), ""), 1);
    assert_eq!(counted(&handler("S", "OnError", &propagate(false)), ""), 0);
    let switched_off = counted("", r#"DTS:DisableEventHandlers="True""#);
    assert_eq!(switched_off, 0);
}

#[test]
fn propagate_can_be_set_while_the_handler_runs() {
    let set = executables(&[expression("P", "@[System::Propagate] = FALSE")])
        .replace("Package\\P", "Package\\S.EventHandlers[OnError]\\P");
    assert_eq!(counted(&handler("S", "OnError", &(propagate(true) + &set)), ""), 0);
}

#[test]
fn a_handler_does_not_handle_its_own_events() {
    let inside =
        executables(&[failing("H", "")]).replace("Package\\H", "Package.EventHandlers[OnError]\\H");
    let body = executables(&[failing("A", "")]) + &handler("", "OnError", &inside);
    let ran = run(&package("", &body)).failed();
    // The handler's own failure counts for the package too.
    assert_eq!(ran.result.errors, 2);
}

#[test]
fn handlers_of_start_and_end_run_once_for_each_executable() {
    let count = |event: &str| {
        let inside = executables(&[expression("C", "@[User::n] = @[User::n] + 1")])
            .replace("Package\\C", &format!("Package.EventHandlers[{event}]\\C"));
        handler("", event, &inside)
    };
    let both = count("OnPreExecute") + &count("OnPostExecute");
    let both = both.replace("</DTS:EventHandlers><DTS:EventHandlers>", "");
    // Several at once: handlers of one event run side by side and within those of another.
    let body = executables(&["A", "B", "C", "D"].map(nothing)) + &both;
    let ran = run(&package(&variable("n", 3, "0"), &body)).succeeded();
    let counted = |event: &str| {
        let place = format!(".EventHandlers[{event}]\\C");
        ran.lines(|e| e.kind == MessageType::PreExecute && e.source.package_path.ends_with(&place))
            .len()
    };
    // For the package and four tasks, and for what runs in the other handler.
    assert!(5 <= counted("OnPreExecute") && 5 <= counted("OnPostExecute"));
}

#[test]
fn a_changed_variable_tells_the_container_that_defines_it() {
    let variables =
        variable_of("n", 3, "0", r#"DTS:RaiseChangedEvent="True""#) + &variable("quiet", 3, "0");
    let tasks = executables(&[sequence(
        "S",
        "",
        &executables(&[
            expression("S\\A", "@[User::n] = 5"),
            expression_of("S\\B", "@[User::quiet] = 5", ""),
            expression_of("S\\C", "@[User::n] = 5", ""),
        ]),
    )]);
    let package = package_of(
        r#"DTS:MaxConcurrentExecutables="1""#,
        &format!("<DTS:Variables>{variables}</DTS:Variables>"),
        &tasks,
    );
    let ran = run(&package).succeeded();
    let changes = ran.lines(|event| event.kind == MessageType::VariableValueChanged);
    assert_eq!(changes, ["OnVariableValueChanged (package) User::n"]);
}

#[test]
fn a_handler_may_stop_the_package() {
    let stop = executables(&[expression("Q", "@[System::Cancel] = TRUE")])
        .replace("Package\\Q", "Package.EventHandlers[OnQueryCancel]\\Q");
    let body = executables(&[nothing("A")]) + &handler("", "OnQueryCancel", &stop);
    let ran = run(&package("", &body));
    assert_eq!(ran.outcome(), model::ExecutionResult::Canceled);
}
