//! For Loop and Foreach Loop.

use std::fs;

use model::MessageType;

use crate::support::{
    Ran, constraint, constraints, escape, executable, executables, expression, failing, handler,
    nothing, package, process, propagate, run, run_with, variable, variable_of,
};

pub(crate) fn for_loop(name: &str, expressions: [&str; 3], more: &str, inside: &str) -> String {
    let [init, eval, assign] = expressions.map(escape);
    let attributes = format!(
        r#"DTS:InitExpression="{init}" DTS:EvalExpression="{eval}" DTS:AssignExpression="{assign}" {more}"#
    );
    executable(name, "STOCK:FORLOOP", &attributes, inside)
}

pub(crate) const THREE: [&str; 3] = ["@i = 1", "@i <= 3", "@i = @i + 1"];

#[test]
fn a_for_loop_runs_its_children_once_an_iteration() {
    let inside = executables(&[expression("L\\A", "@[User::sum] = @[User::sum] + @[User::i]")]);
    let last =
        expression("Z", "@[User::sum] = @[User::sum] == 6 ? 1 : 1 / (@[User::sum] - @[User::sum])");
    let body = executables(&[for_loop("L", THREE, "", &inside), last])
        + &constraints(&[constraint("", "L", "Z", "")]);
    let variables = variable("i", 3, "0") + &variable("sum", 3, "0");
    let ran = run(&package(&variables, &body)).succeeded();
    assert_eq!(ran.started(), ["L", "L[1]\\A", "L[2]\\A", "L[3]\\A", "Z"]);
}

#[test]
fn a_loop_stops_when_it_has_had_as_many_errors_as_it_may() {
    let inside = executables(&[failing("L\\A", "")]);
    let of = |more: &str, inside: &str| {
        let body = executables(&[for_loop("L", THREE, more, inside)]);
        run(&package(&variable("i", 3, "0"), &body))
    };
    let ran = of("", &inside).failed();
    assert_eq!(ran.started(), ["L", "L[1]\\A"]);
    let ran = of(r#"DTS:MaxErrorCount="2""#, &inside).failed();
    assert_eq!(ran.started(), ["L", "L[1]\\A", "L[2]\\A"]);
    // The usual way to survive failures in a loop.
    let task = failing("L\\A", "").replace(
        "</DTS:Executable>",
        &(handler("L\\A", "OnError", &propagate(false)) + "</DTS:Executable>"),
    );
    let ran = of("", &executables(&[task])).succeeded();
    let started = ran.started();
    let tasks: Vec<_> = started.iter().filter(|path| path.ends_with("\\A")).collect();
    assert_eq!(tasks, ["L[1]\\A", "L[2]\\A", "L[3]\\A"]);
}

#[test]
fn a_for_loop_without_a_condition_or_with_one_that_is_not_boolean_is_an_error() {
    let of = |expressions| {
        let body = executables(&[for_loop("L", expressions, "", "")]);
        run(&package(&variable("i", 3, "0"), &body)).failed()
    };
    assert_eq!(of(["", "", ""]).codes(), [0xC001_F185]);
    assert_eq!(of(["", "@i + 1", ""]).codes(), [0xC001_7006]);
    let unknown = of(["", "@nothing == 1", ""]);
    assert!(unknown.complaints()[0].contains("nothing"), "{:?}", unknown.complaints());
}

#[test]
fn a_loop_expression_that_assigns_nothing_is_a_warning() {
    let body = executables(&[for_loop("L", ["@i == 1", "FALSE", "@i + 1"], "", "")]);
    let ran = run(&package(&variable("i", 3, "0"), &body)).succeeded();
    let warnings = ran.lines(|event| event.kind == MessageType::Warning);
    // Once when the package is validated, once before the loop runs.
    assert_eq!(warnings.len(), 4);
    assert!(warnings[0].contains("0x8001F204") && warnings[1].contains("0x8001F203"));
}

pub(crate) fn for_each(
    enumerator: &str,
    data: &str,
    mappings: &[(&str, i32)],
    inside: &str,
) -> String {
    let mappings: String = mappings
        .iter()
        .map(|(variable, index)| {
            format!(
                r#"<DTS:ForEachVariableMapping DTS:CreationName="" DTS:DTSID="{{2D0C7A4C-3A3B-4C65-9E5C-0000000000B{index}}}" DTS:ObjectName="m{index}" DTS:ValueIndex="{index}" DTS:VariableName="User::{variable}" />"#
            )
        })
        .collect();
    let inside = format!(
        r#"<DTS:ForEachEnumerator DTS:CreationName="{enumerator}"
  DTS:DTSID="{{2D0C7A4C-3A3B-4C65-9E5C-0000000000BB}}" DTS:ObjectName="e"><DTS:ObjectData>{data}</DTS:ObjectData></DTS:ForEachEnumerator>
  {inside}<DTS:ForEachVariableMappings>{mappings}</DTS:ForEachVariableMappings>"#
    );
    executable("L", "STOCK:FOREACHLOOP", "", &inside)
}

fn files_data(folder: &str, spec: &str, retrieval: u8, recurse: &str) -> String {
    format!(
        r#"<ForEachFileEnumeratorProperties><FEFEProperty Folder="{folder}" />
  <FEFEProperty FileSpec="{spec}" /><FEFEProperty FileNameRetrievalType="{retrieval}" />
  <FEFEProperty Recurse="{recurse}" /></ForEachFileEnumeratorProperties>"#
    )
}

/// What a loop over files puts into its variable, one a line.
fn files_seen(data: &str, map: Option<(&str, &str)>) -> (Vec<String>, Ran) {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let task = process("L\\A", "/bin/sh", "", "", "").replace(
        "<DTS:ObjectData>",
        &format!(
            r#"<DTS:PropertyExpression DTS:Name="Arguments">"-c \"printf '%s\\n' '" + @[User::f] + "' &gt;&gt; {}\""</DTS:PropertyExpression><DTS:ObjectData>"#,
            out.display()
        ),
    );
    let each =
        for_each("Microsoft.ForEachFileEnumerator", data, &[("f", 0)], &executables(&[task]));
    let text = package(&variable("f", 8, ""), &executables(&[each]));
    let ran = run_with(&[("P.dtsx", &text)], |options| {
        if let Some(map) = map {
            options.path_map = connect::path::PathMap::new([map], "");
        }
    });
    let seen = fs::read_to_string(&out).unwrap_or_default();
    (seen.lines().map(str::to_owned).collect(), ran)
}

#[test]
fn files_come_in_alphabetical_order_under_the_names_that_were_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["b.csv", "A.csv", "c.txt"] {
        fs::write(folder.path().join(name), "").unwrap();
    }
    fs::create_dir(folder.path().join("sub")).unwrap();
    fs::write(folder.path().join("sub/d.csv"), "").unwrap();
    let path = folder.path().display().to_string();
    let names = |retrieval, recurse| {
        let (seen, ran) = files_seen(&files_data(&path, "*.csv", retrieval, recurse), None);
        ran.succeeded();
        seen
    };
    assert_eq!(names(1, "0"), ["A.csv", "b.csv"]);
    assert_eq!(names(2, "0"), ["A", "b"]);
    assert_eq!(names(0, "0"), [format!("{path}/A.csv"), format!("{path}/b.csv")]);
    assert_eq!(names(1, "-1"), ["A.csv", "b.csv", "d.csv"]);
}

#[test]
fn a_windows_folder_is_looked_up_and_its_files_keep_windows_names() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.csv"), "").unwrap();
    let path = folder.path().display().to_string();
    let data = files_data(r"C:\Data\", "*.csv", 0, "0");
    let (seen, ran) = files_seen(&data, Some((r"C:\Data", &path)));
    ran.succeeded();
    assert_eq!(seen, [r"C:\Data\a.csv"]);
    let (_, ran) = files_seen(&data, None);
    assert!(ran.failed().complaints()[0].contains(r"C:\Data"));
}

#[test]
fn no_files_are_a_warning_and_the_loop_succeeds() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().display().to_string();
    let (seen, ran) = files_seen(&files_data(&path, "*.csv", 0, "0"), None);
    let ran = ran.succeeded();
    assert!(seen.is_empty());
    assert!(ran.complaints()[0].starts_with("OnWarning \\L 0x8001C004"));
}

fn items_of(rows: &[[&str; 2]]) -> String {
    let rows: String = rows
        .iter()
        .map(|[text, number]| {
            format!(
                r#"<FEIEItem><FEIEItemValue Type="8" Value="{text}" /><FEIEItemValue Type="3" Value="{number}" /></FEIEItem>"#
            )
        })
        .collect();
    format!("<FEIEItems>{rows}</FEIEItems>")
}

#[test]
fn items_are_mapped_column_by_column_and_converted() {
    let data = items_of(&[["1", "10"], ["2", "20"]]);
    let inside = executables(&[expression("L\\A", "@sum = @sum + @text * 100 + @number")]);
    let each =
        for_each("Microsoft.ForEachItemEnumerator", &data, &[("text", 0), ("number", 1)], &inside);
    let last = expression("Z", "@sum = 1 / (@sum == 330 ? 1 : 0)");
    let body = executables(&[each, last]) + &constraints(&[constraint("", "L", "Z", "")]);
    let variables = ["text", "number", "sum"].map(|name| variable(name, 3, "0")).concat();
    let ran = run(&package(&variables, &body)).succeeded();
    assert_eq!(ran.started(), ["L", "L[1]\\A", "L[2]\\A", "Z"]);
}

#[test]
fn a_mapping_that_cannot_be_applied_fails_the_loop() {
    let of = |mapping: (&str, i32), text: &str| {
        let data = items_of(&[[text, "1"]]);
        let each = for_each("Microsoft.ForEachItemEnumerator", &data, &[mapping], "");
        let variables =
            variable("n", 3, "0") + &variable_of("fixed", 3, "0", r#"DTS:ReadOnly="True""#);
        run(&package(&variables, &executables(&[each]))).failed()
    };
    assert!(of(("n", 0), "many").codes().contains(&0xC001_C012));
    assert!(of(("n", 7), "1").codes().contains(&0xC001_C012));
    assert!(of(("n", -1), "1").codes().contains(&0xC001_C011));
    assert!(of(("fixed", 0), "1").codes().contains(&0xC001_C012));
}

#[test]
fn the_elements_of_a_variable_are_gone_through() {
    let data = r#"<FEEFVE VariableName="User::word" />"#;
    let inside = executables(&[nothing("L\\A")]);
    let each = for_each("Microsoft.ForEachFromVarEnumerator", data, &[("f", 0)], &inside);
    let variables = variable("word", 8, "abc") + &variable("f", 8, "");
    let ran = run(&package(&variables, &executables(&[each]))).succeeded();
    assert_eq!(ran.started().len(), 4);
    let each = for_each("Microsoft.ForEachFromVarEnumerator", data, &[], "");
    let ran = run(&package(&variable("word", 3, "5"), &executables(&[each]))).failed();
    assert!(ran.complaints()[0].contains("a list or rows"), "{:?}", ran.complaints());
}
