//! DUMP_ON_ERROR and what else asks for a dump.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use runtime::Dumps;

use crate::support::{executables, failing, nothing, package, run_with, variable_of};

/// The dumps of a package with these tasks.
fn dumps(folder: &Path, tasks: &[String], dumps: Dumps) -> Vec<String> {
    let shown = r#"DTS:DTSID="{1}" DTS:IncludeInDebugDump="6789""#;
    let hidden = r#"DTS:DTSID="{2}" DTS:IncludeInDebugDump="2345""#;
    let variables =
        variable_of("shown", 8, "visible", shown) + &variable_of("kept", 8, "invisible", hidden);
    let text = package(&variables, &executables(tasks));
    let folder = folder.join("ErrorDumps");
    run_with(&[("P.dtsx", &text)], |options| {
        options.dumps = Dumps { folder: folder.clone(), ..dumps };
    });
    let Ok(files) = fs::read_dir(&folder) else { return Vec::new() };
    let read = files.map(|file| {
        let path = file.unwrap().path();
        assert_eq!(path.extension().unwrap(), "tmp");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::read_to_string(path).unwrap()
    });
    read.collect()
}

#[test]
fn the_first_error_of_a_run_writes_one_dump_of_its_state() {
    let folder = tempfile::tempdir().unwrap();
    let tasks = [failing("A", ""), failing("B", "")];
    let on_error = Dumps { on_error: true, ..Dumps::default() };
    let files = dumps(folder.path(), &tasks, on_error);
    assert_eq!(files.len(), 1);
    let text = &files[0];
    assert!(text.starts_with("# SSIS Textual Dump taken at "), "{text}");
    for part in [
        &format!("#PID {}", std::process::id()),
        "Event Name: OnError",
        "Data Code: -1073573551",
        r"\Package.Variables[User::shown] Value = visible",
        r"MaximumErrorCount = 1",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert!(!text.contains("invisible"), "{text}");
}

#[test]
fn only_what_was_asked_for_writes_a_dump() {
    let folder = tempfile::tempdir().unwrap();
    let wanted = |codes: &[u32]| Dumps { event_codes: codes.to_vec(), ..Dumps::default() };
    let on_error = Dumps { on_error: true, ..Dumps::default() };
    assert!(dumps(folder.path(), &[nothing("A")], on_error).is_empty());
    assert!(dumps(folder.path(), &[failing("A", "")], Dumps::default()).is_empty());
    assert!(dumps(folder.path(), &[failing("A", "")], wanted(&[0xC020_801C])).is_empty());
    let both = wanted(&[0xC020_801C, 0xC002_9151]);
    assert_eq!(dumps(folder.path(), &[failing("A", "")], both).len(), 1);
}
