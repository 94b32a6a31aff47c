//! Data taps: `catalog.add_data_tap`.

use std::fs;
use std::path::Path;

use model::MessageType;
use model::record::DataTap;
use runtime::RunOptions;

use crate::data_flow::{CONNECTION, PIPELINE, counts, numbers};
use crate::loops::{THREE, for_loop};
use crate::support::{Ran, executables, package_of, run_with, task, variable};

fn tap(file: &str) -> DataTap {
    DataTap {
        package_path: Some(r"\Package\Load".to_owned()),
        path_id: "Paths[Source.Out]".to_owned(),
        file_name: file.to_owned(),
        ..DataTap::default()
    }
}

fn tapping(folder: &Path, taps: Vec<DataTap>) -> impl FnOnce(&mut RunOptions) {
    let dumps = folder.join("DataDumps");
    move |options| {
        options.data_taps = taps;
        options.data_dumps_folder = dumps;
    }
}

fn run_tapped(folder: &Path, taps: Vec<DataTap>) -> Ran {
    let text = counts(&numbers(folder, 3), 3);
    run_with(&[("P.dtsx", &text)], tapping(folder, taps))
}

#[test]
fn a_tap_by_path_or_by_id_writes_the_rows_into_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let ran = run_tapped(folder.path(), vec![tap(r"sub\rows.csv")]).succeeded();
    let id = ran.events().iter().find(|e| e.source.name == "Load").unwrap().source.id.clone();
    let file = folder.path().join("DataDumps/sub/rows.csv");
    assert_eq!(fs::read_to_string(file).unwrap(), "N\r\n0\r\n1\r\n2\r\n");
    let by_id = DataTap {
        package_path: None,
        task_guid: Some(id.trim_matches(['{', '}']).to_lowercase()),
        max_rows: Some(2),
        ..tap("two.csv")
    };
    run_tapped(folder.path(), vec![by_id]).succeeded();
    let file = folder.path().join("DataDumps/two.csv");
    assert_eq!(fs::read_to_string(file).unwrap(), "N\r\n0\r\n1\r\n");
}

#[test]
fn each_iteration_of_a_loop_has_a_file_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let inside = PIPELINE.replace("Package\\Load", "Package\\L\\Load");
    let inside = executables(&[task("L\\Load", "Microsoft.Pipeline", "", &inside)]);
    let variables = variable("file", 8, &numbers(folder.path(), 3).display().to_string())
        + &variable("rows", 3, "0")
        + &variable("i", 3, "0");
    let head = format!("{CONNECTION}<DTS:Variables>{variables}</DTS:Variables>");
    let text = package_of("", &head, &executables(&[for_loop("L", THREE, "", &inside)]));
    let one = DataTap { package_path: Some(r"\Package\L\Load".to_owned()), ..tap("rows.csv") };
    run_with(&[("P.dtsx", &text)], tapping(folder.path(), vec![one])).succeeded();
    let files = fs::read_dir(folder.path().join("DataDumps")).unwrap();
    let mut files: Vec<_> = files.map(|file| file.unwrap().file_name()).collect();
    files.sort();
    assert_eq!(files, ["1_rows.csv", "2_rows.csv", "3_rows.csv"]);
}

#[test]
fn a_tap_on_a_path_that_is_not_there_fails_its_task() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = DataTap { path_id: "Paths[Out]".to_owned(), ..tap("rows.csv") };
    let ran = run_tapped(folder.path(), vec![wrong]).failed();
    let said = ran.complaints().join("\n");
    assert!(said.contains("no path \"Paths[Out]\""), "{said}");
}

#[test]
fn a_tap_on_a_task_that_does_not_run_is_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let other = DataTap { package_path: Some(r"\Package\load".to_owned()), ..tap("rows.csv") };
    let ran = run_tapped(folder.path(), vec![other]).succeeded();
    let warnings = ran.lines(|event| event.kind == MessageType::Warning);
    assert!(warnings.iter().any(|line| line.contains("data tap")), "{warnings:?}");
    assert!(!folder.path().join("DataDumps").exists());
}

#[test]
fn a_tap_cannot_write_outside_of_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    for name in [r"..\rows.csv", "/tmp/rows.csv", r"C:\rows.csv"] {
        let ran = run_tapped(folder.path(), vec![tap(name)]).failed();
        let error = ran.result.first_error.clone().unwrap().1;
        assert!(error.contains(&format!("`{name}`")), "{error}");
        assert!(ran.started().is_empty());
    }
}
