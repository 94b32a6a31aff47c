//! Logins, and validations on a worker.

use std::io::Write as _;
use std::process::Stdio;

use catalog::procedures::{
    EnvironmentScope, ValidationRequest, validate_package, validate_project,
};
use catalog::{Caller, Catalog, CatalogKey, logins, reads};
use model::{OperationId, OperationStatus};
use testkit::wait_for;

use crate::harness::{Packhorse, Said, shell_package};

impl Packhorse {
    /// Runs a command that reads this from its standard input.
    fn run_with_input(&self, words: &[&str], input: &str) -> Said {
        let mut command = self.command(words);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap().into()
    }

    pub(crate) fn catalog(&self) -> Catalog {
        let key = CatalogKey::load(self.data().join("ssisdb.key")).unwrap();
        Catalog::open(self.data().join("ssisdb.sqlite"), key).unwrap()
    }
}

#[test]
fn logins_are_made_with_passwords_that_no_process_list_shows() {
    let packhorse = Packhorse::new();
    packhorse.ok(&["init", "--workers", "1"]);
    let create = ["login", "create", "ann", "--role", "ssis_admin"];
    let weak = packhorse.run_with_input(&create, "short\n");
    assert_eq!(weak.code, 1, "{weak:?}");
    assert!(weak.err.contains("too short") && !weak.err.contains("short\n"), "{weak:?}");
    let made = packhorse.run_with_input(&create, "Correct horse 1\n");
    assert_eq!(made.code, 0, "{made:?}");
    let file = packhorse.write("password", "Battery staple 2\n");
    packhorse.ok(&["login", "password", "ann", "--password-file", &file.to_string_lossy()]);
    packhorse.ok(&["login", "grant-role", "ann", "ssis_logreader"]);
    packhorse.ok(&["login", "revoke-role", "ann", "ssis_admin"]);
    let list = packhorse.ok(&["login", "list", "--json"]).json();
    let rows = list["logins"].as_array().unwrap();
    let ann = rows.iter().find(|row| row["name"] == "ann").unwrap();
    assert_eq!(ann["roles"], serde_json::json!(["ssis_logreader"]));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let catalog = packhorse.catalog();
        logins::sign_in(&catalog, "ann", "Correct horse 1").await.unwrap_err();
        let caller = logins::sign_in(&catalog, "ann", "Battery staple 2").await.unwrap();
        assert!(caller.roles.ssis_logreader && !caller.is_admin());
        catalog.close().await;
    });
    packhorse.ok(&["login", "disable", "ann"]);
    packhorse.ok(&["login", "drop", "ann"]);
    assert_eq!(packhorse.run(&["login", "drop", "ann"]).code, 1);
    let unknown = packhorse.run(&["login", "grant-role", "nobody", "ssis_admin"]);
    assert!(unknown.err.contains("nobody"), "{unknown:?}");
}

/// Waits for the end of a validation, and returns its status and its errors.
fn outcome(
    runtime: &tokio::runtime::Runtime,
    catalog: &Catalog,
    id: OperationId,
) -> (OperationStatus, Vec<String>) {
    let admin = || Caller::admin("ada");
    let status = wait_for("the validation to end", || {
        let row = runtime
            .block_on(catalog.read(move |tx| reads::operation(tx, &admin(), id)))
            .unwrap()
            .unwrap();
        if row.status.is_final() { Ok(row.status) } else { Err(row.status) }
    });
    let filter =
        reads::MessageFilter { limit: 1000, at_least_type: Some(120), ..Default::default() };
    let said = runtime
        .block_on(catalog.read(move |tx| reads::messages(tx, &admin(), id, &filter)))
        .unwrap();
    (status, said.into_iter().map(|message| message.message).collect())
}

#[test]
fn a_worker_validates_packages_and_runs_none() {
    let packhorse = Packhorse::new();
    let marker = packhorse.folder().join("ran");
    let step = format!("touch {}", marker.display());
    let good = packhorse.write("p/Good.dtsx", shell_package("Good", &[&step]));
    let bad = shell_package("Bad", &["true"]).replace("/bin/sh", "/nowhere/program");
    packhorse.write("p/Bad.dtsx", bad);
    packhorse.ok(&["init", "--workers", "1"]);
    let up = packhorse.up(1, &[]);
    let folder = good.parent().unwrap().to_string_lossy().into_owned();
    packhorse.ok(&["deploy", &folder, "--project", "Jobs"]);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let catalog = packhorse.catalog();
    let request = || ValidationRequest {
        folder_name: "Packhorse",
        project_name: "Jobs",
        use32bitruntime: false,
        scope: EnvironmentScope::DefaultsOnly,
    };
    let admin = || Caller::admin("ada");
    let job = catalog.write(move |tx| validate_package(tx, &admin(), &request(), "Good.dtsx"));
    let id = runtime.block_on(job).unwrap();
    assert_eq!(outcome(&runtime, &catalog, id), (OperationStatus::Succeeded, Vec::new()));
    let job = catalog.write(move |tx| validate_project(tx, &admin(), &request(), "F"));
    let id = runtime.block_on(job).unwrap();
    let (status, errors) = outcome(&runtime, &catalog, id);
    assert_eq!(status, OperationStatus::Failed);
    assert!(errors.iter().any(|error| error.contains("/nowhere")), "{errors:?}");
    assert!(!marker.exists(), "a validation runs nothing");
    runtime.block_on(catalog.close());
    up.stop();
}
