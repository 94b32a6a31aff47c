//! What could be lost with the server of SSISDB, as `catalog show` tells it: a Patroni cluster
//! whose commits wait for a standby, do not wait, and have none to wait for.

use std::time::Duration;

use serde_json::Value;
use testkit::patroni::Patroni;
use testkit::wait_until;

use crate::harness::Packhorse;

/// Longer than Patroni needs to change its mind on a loaded machine.
const CHANGED: Duration = Duration::from_secs(90);

/// What `catalog show` says as JSON.
fn shown(packhorse: &Packhorse) -> Value {
    let said = packhorse.run(&["--json", "catalog", "show"]);
    serde_json::from_str(&said.out).unwrap_or(Value::String(said.err))
}

fn wait_for_risk(packhorse: &Packhorse, risk: &str) -> Value {
    wait_until(risk, CHANGED, || {
        let shown = shown(packhorse);
        if shown["replication"]["at_risk"] == risk { Ok(shown) } else { Err(shown) }
    })
}

#[test]
fn catalog_show_says_what_would_be_lost_with_the_server() {
    let cluster = Patroni::start(true);
    let packhorse = Packhorse::new();
    packhorse.ok(&["init", "--ssisdb", &cluster.database("ssisdb"), "--workers", "0"]);
    let safe = wait_for_risk(&packhorse, "nothing");
    let standbys = safe["replication"]["standbys"].as_array().unwrap().clone();
    assert_eq!(standbys.len(), 2, "{safe}");
    assert_eq!(standbys.iter().filter(|one| one["is_synchronous"] == true).count(), 1, "{safe}");
    let text = packhorse.ok(&["catalog", "show"]).out;
    assert!(text.contains("at risk     nothing:") && text.contains(" synchronous,"), "{text}");

    // An account that may not look sees that it does not know.
    cluster.sql(
        "ssisdb",
        "CREATE ROLE app LOGIN; GRANT ALL ON SCHEMA public TO app;
                           GRANT ALL ON ALL TABLES IN SCHEMA public TO app;
                           GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO app",
    );
    let settings = packhorse.data().join("MasterSettings.toml");
    let owned = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(&settings, owned.replace("postgres://postgres@", "postgres://app@")).unwrap();
    wait_for_risk(&packhorse, "unknown");
    let text = packhorse.ok(&["catalog", "show"]).out;
    assert!(text.contains("pg_monitor"), "{text}");
    cluster.sql("postgres", "GRANT pg_monitor TO app");
    wait_for_risk(&packhorse, "nothing");
    std::fs::write(&settings, owned).unwrap();

    cluster.set_synchronous(false);
    let shown = wait_for_risk(&packhorse, "latest");
    assert_eq!(shown["replication"]["synchronous_standby_names"], "", "{shown}");
    let text = packhorse.ok(&["catalog", "show"]).out;
    assert!(text.contains("acknowledged last") && !text.contains(" synchronous,"), "{text}");

    let primary = cluster.primary().unwrap();
    for node in (1..=3).filter(|node| *node != primary) {
        cluster.kill(node);
    }
    wait_for_risk(&packhorse, "everything");
}
