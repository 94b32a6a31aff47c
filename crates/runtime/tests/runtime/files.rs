//! File System Task.

use std::fs;
use std::path::Path;

use crate::support::{Ran, executables, package, package_of, run, task, variable};

/// Runs one operation whose paths are variables.
fn operate(operation: &str, from: &Path, to: &Path, more: &str) -> Ran {
    let data = format!(
        r#"<FileSystemData TaskOperationType="{operation}" TaskSourcePath="User::from"
  TaskIsSourceVariable="True" TaskDestinationPath="User::to" TaskIsDestinationVariable="True" {more} />"#
    );
    let variables = variable("from", 8, &from.display().to_string())
        + &variable("to", 8, &to.display().to_string());
    let body = executables(&[task("A", "Microsoft.FileSystemTask", "", &data)]);
    run(&package(&variables, &body))
}

const OVERWRITE: &str = r#"TaskOverwriteDestFile="True""#;

#[test]
fn files_are_copied_moved_renamed_and_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("a"), "text").unwrap();
    fs::create_dir(at("into")).unwrap();
    operate("CopyFile", &at("a"), &at("b"), "").succeeded();
    operate("CopyFile", &at("a"), &at("into"), "").succeeded();
    assert_eq!(fs::read_to_string(at("into/a")).unwrap(), "text");
    operate("MoveFile", &at("b"), &at("into"), "").succeeded();
    assert!(!at("b").exists() && at("into/b").exists());
    operate("RenameFile", &at("into/b"), &at("into/c"), "").succeeded();
    assert!(at("into/c").exists());
    operate("DeleteFile", &at("a"), &at(""), "").succeeded();
    assert!(!at("a").exists());
}

#[test]
fn an_existing_file_is_overwritten_only_on_request() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("a"), "new").unwrap();
    fs::write(at("b"), "old").unwrap();
    let ran = operate("CopyFile", &at("a"), &at("b"), "").failed();
    assert_eq!(ran.codes(), [0xC002_F304]);
    assert_eq!(fs::read_to_string(at("b")).unwrap(), "old");
    operate("CopyFile", &at("a"), &at("b"), OVERWRITE).succeeded();
    assert_eq!(fs::read_to_string(at("b")).unwrap(), "new");
    operate("MoveFile", &at("a"), &at("b"), OVERWRITE).succeeded();
    assert!(!at("a").exists());
}

#[test]
fn folders_are_made_copied_moved_emptied_and_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    operate("CreateDirectory", &at("x/y"), &at(""), "").succeeded();
    fs::write(at("x/y/file"), "text").unwrap();
    let ran = operate("CreateDirectory", &at("x/y"), &at(""), "").failed();
    assert_eq!(ran.codes(), [0xC002_F307]);
    operate("CreateDirectory", &at("x/y"), &at(""), OVERWRITE).succeeded();
    operate("CopyDirectory", &at("x"), &at("z"), "").succeeded();
    assert_eq!(fs::read_to_string(at("z/y/file")).unwrap(), "text");
    operate("CopyDirectory", &at("x"), &at("x/y/inside"), "").failed();
    operate("MoveDirectory", &at("z"), &at("w"), "").succeeded();
    assert!(!at("z").exists() && at("w/y/file").exists());
    operate("DeleteDirectoryContent", &at("w"), &at(""), "").succeeded();
    assert!(at("w").exists() && !at("w/y").exists());
    operate("DeleteDirectory", &at("x"), &at(""), "").succeeded();
    assert!(!at("x").exists());
}

#[test]
fn a_file_can_be_made_read_only_and_writable_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a");
    fs::write(&file, "").unwrap();
    let read_only = || fs::metadata(&file).unwrap().permissions().readonly();
    operate("SetAttributes", &file, &file, r#"TaskFileAttributes="ReadOnly""#).succeeded();
    assert!(read_only());
    operate("SetAttributes", &file, &file, r#"TaskFileAttributes="Normal""#).succeeded();
    assert!(!read_only());
    let ran = operate("SetAttributes", &file, &file, r#"TaskFileAttributes="Hidden""#).succeeded();
    assert!(ran.complaints()[0].contains("Hidden"));
}

#[test]
fn what_is_missing_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let ran = operate("CopyFile", &at("no"), &at("b"), "").failed();
    assert_eq!(ran.codes(), [0xC002_F30C]);
    let ran = operate("CopyFile", Path::new(""), &at("b"), "").failed();
    assert_eq!(ran.codes(), [0xC002_F30D]);
    let ran = operate("CopyFile", Path::new(r"D:\in\a.csv"), &at("b"), "").failed();
    assert!(ran.result.first_error.unwrap().1.contains("--map-path"));
    let data = r#"<FileSystemData TaskOperationType="DeleteFile" TaskSourcePath="User::gone"
        TaskIsSourceVariable="True" />"#;
    let body = executables(&[task("A", "Microsoft.FileSystemTask", "", data)]);
    let ran = run(&package("", &body)).failed();
    assert_eq!(ran.codes(), [0xC002_915F, 0xC002_4107]);
    assert!(ran.started().is_empty());
    let data = r#"<FileSystemData TaskOperationType="DeleteFile" TaskSourcePath="{2D0C7A4C-3A3B-4C65-9E5C-00000000F000}" />"#;
    let body = executables(&[task("A", "Microsoft.FileSystemTask", "", data)]);
    assert_eq!(run(&package_of("", "", &body)).failed().codes()[0], 0xC001_000E);
}
