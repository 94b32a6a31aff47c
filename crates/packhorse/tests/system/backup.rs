//! SSISDB in one file, taken while packages run, and restored on another machine.

use std::time::Duration;

use catalog::procedures::{
    EnvironmentName, NewVariable, VariableName, create_environment, create_environment_variable,
    set_environment_variable_protection,
};
use catalog::{Caller, Catalog, CatalogKey};
use model::Value as SsisValue;
use serde_json::Value;
use testkit::postgres::PostgresServer;
use testkit::wait_until;

use crate::harness::Packhorse;
use crate::roles::{Master, lines, this_program};

const ALL_DONE: Duration = Duration::from_secs(240);
const EXECUTIONS: usize = 40;
const PASSPHRASE: &str = "correct horse battery";
const SECRET: &str = "xyzzy-plugh-27182";

const PASSWORD: VariableName<'static> = VariableName {
    environment: EnvironmentName { folder_name: "Packhorse", environment_name: "Prod" },
    variable_name: "Password",
};

/// Runs a job on the SSISDB of a data directory, beside its masters.
fn write<T: Send + 'static>(
    packhorse: &Packhorse,
    url: Option<&str>,
    job: fn(&mut dyn catalog::Tx) -> Result<T, catalog::CatalogError>,
) -> T {
    let file = packhorse.data().join("ssisdb.sqlite").to_string_lossy().into_owned();
    let key = CatalogKey::load(packhorse.data().join("ssisdb.key")).unwrap();
    let catalog = Catalog::open_at(url.unwrap_or(&file), key, ALL_DONE).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let done = catalog.write(job).await.unwrap();
        catalog.close().await;
        done
    })
}

fn keep_a_secret(tx: &mut dyn catalog::Tx) -> Result<(), catalog::CatalogError> {
    let caller = Caller::admin("ada");
    create_environment(tx, &caller, &PASSWORD.environment, None)?;
    let value = SsisValue::text(SECRET);
    let new =
        NewVariable { data_type: "String", sensitive: true, value: &value, description: None };
    create_environment_variable(tx, &caller, &PASSWORD, &new).map(drop)
}

fn tell_the_secret(tx: &mut dyn catalog::Tx) -> Result<Option<String>, catalog::CatalogError> {
    let caller = Caller::admin("ada");
    set_environment_variable_protection(tx, &caller, &PASSWORD, false)?;
    tx.scalar("SELECT value FROM environment_variables WHERE name = 'Password'", &[])
}

/// Backs up an SSISDB while packages run in it, and restores it on another machine.
fn back_up_and_restore(from: Option<&str>, to: Option<&str>) {
    let one = Master::first(from, 1);
    let master = one.start(&this_program());
    let worker = one.start_worker(&this_program(), 1, &[&one]);
    let ran = one.packhorse.folder().join("ran");
    one.deploy(&format!("echo x >> {}; sleep 0.2", ran.display()));
    write(&one.packhorse, from, keep_a_secret);
    let times = EXECUTIONS.to_string();
    one.packhorse.ok(&["execute", "Packhorse/Jobs/Job.dtsx", "--times", &times]);
    wait_until("some packages to have run", ALL_DONE, || match one.succeeded()? {
        0..5 => Err("fewer than 5".to_owned()),
        _ => Ok(()),
    });
    let backup = one.packhorse.folder().join("backup").to_string_lossy().into_owned();
    let passphrase = one.packhorse.write("passphrase", format!("{PASSPHRASE}\n"));
    let passphrase = passphrase.to_string_lossy().into_owned();
    let words = ["catalog", "backup", &backup, "--passphrase-file", &passphrase, "--json"];
    let taken = one.packhorse.ok(&words).json();
    assert_eq!(taken["has_key"], true);
    // The first machine is lost.
    drop((master, worker));

    let two = Packhorse::new();
    let mut words = vec!["catalog", "restore", &backup, "--passphrase-file", &passphrase, "--json"];
    words.extend(to.iter().flat_map(|url| ["--to", url]));
    let restored = two.ok(&words).json();
    assert_eq!(restored["tables"], taken["tables"], "the same rows");
    let before = two.executions();
    assert_eq!(before.len(), EXECUTIONS);
    let succeeded: Vec<&Value> = before.iter().filter(|row| row["status"] == 7).collect();
    assert!(5 <= succeeded.len(), "{before:?}");
    assert!(!two.messages(succeeded[0]["execution_id"].as_i64().unwrap()).is_empty());
    assert_eq!(write(&two, to, tell_the_secret).as_deref(), Some(SECRET));

    // What ran when the backup was taken is lost with its machine; what waited runs here.
    let up = two.up(1, &[]);
    two.ok(&["execute", "Packhorse/Jobs/Job.dtsx", "--wait"]);
    wait_until("all executions to have ended", ALL_DONE, || {
        let rows = two.executions();
        let left: Vec<_> =
            rows.iter().filter(|row| row["status"] != 7 && row["status"] != 6).cloned().collect();
        if left.is_empty() { Ok(()) } else { Err(left) }
    });
    let rows = two.executions();
    let ended_well = rows.iter().filter(|row| row["status"] == 7).count();
    let ran_then = before.iter().filter(|row| row["status"] == 2).count();
    assert_eq!(rows.len() - ended_well, ran_then, "lost is what ran then: {before:?} {rows:?}");
    assert!(ended_well <= lines(&ran));
    up.stop();
}

#[test]
fn a_file_is_restored_on_another_machine() {
    back_up_and_restore(None, None);
}

#[test]
fn a_server_is_restored_to_a_server_and_to_a_file() {
    let server = PostgresServer::shared();
    back_up_and_restore(Some(&server.database()), Some(&server.database()));
}

#[test]
fn what_cannot_be_restored_is_refused_and_changes_nothing() {
    let one = Packhorse::new();
    one.ok(&["init", "--workers", "0"]);
    one.write("passphrase", PASSPHRASE);
    one.write("wrong", "another passphrase");
    one.write("short", "short");
    let short = one.run(&["catalog", "backup", "b", "--passphrase-file", "short"]);
    assert!(short.code == 1 && short.err.contains("at least 12 characters"), "{short:?}");
    one.ok(&["catalog", "backup", "b", "--passphrase-file", "passphrase"]);
    one.ok(&["catalog", "backup", "bare", "--without-key"]);
    let again = one.run(&["catalog", "backup", "b", "--passphrase-file", "passphrase"]);
    assert!(again.code == 1 && again.err.contains("is there already"), "{again:?}");
    let bytes = std::fs::read(one.folder().join("b")).unwrap();
    let key = std::fs::read_to_string(one.data().join("ssisdb.key")).unwrap();
    let key = key.lines().last().unwrap().as_bytes();
    assert!(!bytes.windows(key.len()).any(|some| some == key), "the key is not in the file");
    one.write("cut", &bytes[..bytes.len() - 100]);
    let mut changed = bytes.clone();
    changed[bytes.len() / 2] ^= 1;
    one.write("changed", &changed);

    let two = Packhorse::new();
    let file = |name: &str| one.folder().join(name).to_string_lossy().into_owned();
    let refused = |backup: &str, passphrase: &str, why: &str| {
        let words = ["catalog", "restore", &file(backup), "--passphrase-file", &file(passphrase)];
        let said = two.run(&words);
        assert!(said.code == 1 && said.err.contains(why), "{backup}: {said:?}");
        assert!(!two.data().exists(), "{backup}: nothing was made");
    };
    refused("b", "wrong", "the passphrase is not the one");
    refused("cut", "passphrase", "is damaged");
    refused("changed", "passphrase", "is damaged");
    refused("passphrase", "passphrase", "is not a backup");
    refused("bare", "passphrase", "--key");
    let over = one.run(&["catalog", "restore", "b", "--passphrase-file", "passphrase"]);
    assert!(over.code == 1 && over.err.contains("has an SSISDB already"), "{over:?}");

    let url = PostgresServer::shared().database();
    let three = Packhorse::new();
    three.ok(&["init", "--ssisdb", &url, "--workers", "0"]);
    let words =
        ["catalog", "restore", &file("b"), "--passphrase-file", &file("passphrase"), "--to", &url];
    let over = two.run(&words);
    assert!(over.code == 1 && over.err.contains("is not empty"), "{over:?}");
    assert!(!two.data().join("ssisdb.key").exists(), "the key is not left without its SSISDB");
    three.ok(&["workers"]);

    let key = one.data().join("ssisdb.key").to_string_lossy().into_owned();
    two.ok(&["catalog", "restore", &file("bare"), "--key", &key]);
    two.ok(&["workers"]);
}
