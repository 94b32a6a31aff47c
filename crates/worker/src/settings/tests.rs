//! Tests of what `WorkerSettings.toml` may say.

use insta::assert_snapshot;

use super::*;

fn read(text: &str) -> Result<Settings, SettingsError> {
    Settings::from_toml(text, Path::new("WorkerSettings.toml"))
}

fn check(text: &str) -> String {
    read(text).unwrap_err().to_string()
}

#[test]
fn an_empty_file_has_defaults_that_move_a_dead_workers_packages_within_15_seconds() {
    let settings = read("").unwrap();
    assert_eq!(settings, Settings::default());
    assert_eq!(settings.lease_interval, Duration::from_secs(10));
    assert_eq!(settings.max_task_count, 10);
}

#[test]
fn the_originals_keys_are_understood() {
    let pin = "AB".repeat(32);
    let settings = read(&format!(
        r#"
        DisplayName = "Loader"
        MasterEndpoint = "https://a:8391;https://b:8391"
        MasterHttpsCertThumbprint = ["{pin}"]
        LeaseInternval = "00:00:30"
        TaskHeartbeatInterval = "00:00:05"
        TaskRequestMaxCPU = 90.0
        TasksRootFolder = ""
        AgentId = "64c020e2-f819-4c2d-a22f-efb31a91e70a"
        HeartbeatErrorTollerance = "00:10:00"
        PathMappings = ['C:\Data\=/srv/data/']
        "#
    ))
    .unwrap();
    assert_eq!(settings.master_endpoints, ["https://a:8391", "https://b:8391"]);
    assert_eq!(settings.master_thumbprints.len(), 1);
    assert_eq!(settings.lease_interval, Duration::from_secs(30));
    assert_eq!(settings.tasks_root_folder, None);
    assert_eq!(settings.path_mappings[0].from, r"C:\Data\");
    assert_eq!(settings.unused[0].key, "HeartbeatErrorTollerance");
    assert!(settings.agent_id.is_some());
}

#[test]
fn mistakes_are_named_with_what_was_meant() {
    assert_snapshot!(check("MaxTaskCont = 3"), @"`WorkerSettings.toml` has the unknown key `MaxTaskCont`: did you mean `MaxTaskCount`?");
    assert_snapshot!(check("Colour = 3"), @"`WorkerSettings.toml` has the unknown key `Colour`");
    assert_snapshot!(check("LeaseInterval = '10'"), @"`WorkerSettings.toml` sets LeaseInterval to `10`: a duration is written `hh:mm:ss` or `d.hh:mm:ss`");
    assert_snapshot!(check("AgentId = 'seven'"), @"`WorkerSettings.toml` sets AgentId to `seven`: a GUID is expected");
    assert_snapshot!(check("PathMappings = ['C:']"), @r"`WorkerSettings.toml` sets PathMappings to `C:`: FROM=TO is expected, for example C:\Data\=/srv/data/");
    assert_snapshot!(check("MaxTaskCount = 0"), @"`WorkerSettings.toml` sets MaxTaskCount to `0`: from 1 to 1000");
    assert_snapshot!(check("TaskHeartbeatInterval = '00:00:09'"), @"`WorkerSettings.toml` sets TaskHeartbeatInterval to `9s`: from 100 ms to a third of LeaseInterval, so that one lost renewal does not end a lease");
    assert_snapshot!(check("MaxTaskCount = 'x'"), @"cannot understand `WorkerSettings.toml`");
}
