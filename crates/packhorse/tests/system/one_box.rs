//! `packhorse run`: from nothing to a summary.

use crate::harness::{Packhorse, package, shell_package};

#[test]
fn an_empty_package_succeeds_on_a_fresh_machine() {
    let packhorse = Packhorse::new();
    let path = packhorse.write("Empty.dtsx", package("Empty", ""));
    let said = packhorse.ok(&["run", &path.to_string_lossy()]);
    assert!(said.out.contains("Empty.dtsx"), "{said:?}");
    assert!(said.out.contains("succeeded"), "{said:?}");
    packhorse.assert_nothing_runs();
}

#[test]
fn only_the_owner_can_read_keys() {
    use std::os::unix::fs::PermissionsExt;
    let packhorse = Packhorse::new();
    packhorse.ok(&["init", "--workers", "1"]);
    for name in ["ssisdb.key", "certs/master.key", "certs/admin.key", "workers/1/certs/worker.key"]
    {
        let mode = std::fs::metadata(packhorse.data().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name}: {mode:o}");
    }
    let again = packhorse.run(&["init"]);
    assert_eq!(again.code, 1);
    assert!(again.err.contains("set up already"), "{again:?}");
}

#[test]
fn a_failing_package_fails_the_run_and_says_why() {
    let packhorse = Packhorse::new();
    let good = packhorse.write("p/Good.dtsx", shell_package("Good", &["true"]));
    packhorse.write("p/Bad.dtsx", shell_package("Bad", &["exit 3"]));
    let folder = good.parent().unwrap().to_string_lossy().into_owned();
    let said = packhorse.run(&["run", &folder, "--json"]);
    assert_eq!(said.code, 1, "{said:?}");
    let summary = said.json();
    assert_eq!(summary["succeeded"], false);
    let of = |name: &str| {
        let list = summary["executions"].as_array().unwrap();
        list.iter().find(|one| one["package"] == name).unwrap().clone()
    };
    assert_eq!(of("Good.dtsx")["status"], "succeeded");
    assert_eq!(of("Bad.dtsx")["status"], "failed");
    let error = of("Bad.dtsx")["first_error"].as_str().unwrap().to_owned();
    assert!(error.contains("exit code was \"3\""), "{error}");
}

#[test]
fn a_package_that_fails_is_tried_again_as_often_as_asked() {
    let packhorse = Packhorse::new();
    let marker = packhorse.folder().join("tries");
    let step = format!("echo x >> {0}; test $(wc -l < {0}) -ge 3", marker.display());
    let path = packhorse.write("Flaky.dtsx", shell_package("Flaky", &[&step]));
    let path = path.to_string_lossy();
    let said = packhorse.ok(&["run", &path, "--retry-count", "2", "--json"]);
    let execution = &said.json()["executions"][0];
    assert_eq!(execution["attempts"], 3, "{execution}");
    assert_eq!(std::fs::read_to_string(&marker).unwrap().lines().count(), 3);
}

#[test]
fn what_a_package_said_can_be_read_after_the_run() {
    let packhorse = Packhorse::new();
    let path = packhorse.write("Say.dtsx", shell_package("Say", &["true"]));
    packhorse.ok(&["run", &path.to_string_lossy()]);
    let id = packhorse.executions()[0]["execution_id"].as_i64().unwrap();
    let messages = packhorse.messages(id);
    let texts: Vec<_> = messages.iter().map(|one| one["message"].as_str().unwrap()).collect();
    assert!(texts.iter().any(|text| text.starts_with("Say:Start")), "{texts:?}");
    assert!(texts.iter().any(|text| text.starts_with("Step 0:Finished")), "{texts:?}");
    let events: Vec<_> = messages.iter().map(|one| one["event_name"].as_str().unwrap()).collect();
    assert!(events.contains(&"OnPreExecute") && events.contains(&"OnPostExecute"), "{events:?}");
    packhorse.assert_nothing_runs();
}

#[test]
fn logging_level_none_keeps_only_the_status() {
    let packhorse = Packhorse::new();
    let path = packhorse.write("Quiet.dtsx", shell_package("Quiet", &["true"]));
    packhorse.ok(&["run", &path.to_string_lossy(), "--logging-level", "None"]);
    let execution = &packhorse.executions()[0];
    assert_eq!(execution["status"], 7);
    assert_eq!(packhorse.messages(execution["execution_id"].as_i64().unwrap()).len(), 0);
}
