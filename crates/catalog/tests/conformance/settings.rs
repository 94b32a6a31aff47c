//! Properties of the catalog and of its masters.

use catalog::procedures::{
    configure_catalog, enable_scaleout, update_logdb_info, update_master_address,
};
use catalog::{Caller, Roles, reads};
use model::OperationType;

use crate::support::{Fixture, Recipe, admin};

async fn property(at: &Fixture, name: &str) -> Option<String> {
    let all = at.read(|tx| reads::catalog_properties(tx, &admin())).await;
    all.into_iter().find(|(known, _)| known == name).map(|(_, value)| value)
}

pub(crate) async fn properties_take_documented_values_only(at: Fixture) {
    let set = |name: &'static str, value: &'static str| {
        at.catalog.write(move |tx| configure_catalog(tx, &admin(), name, value))
    };
    set("retention_window", "30").await.unwrap();
    assert_eq!(property(&at, "RETENTION_WINDOW").await.as_deref(), Some("30"));
    set("version_cleanup_enabled", "0").await.unwrap();
    assert_eq!(property(&at, "VERSION_CLEANUP_ENABLED").await.as_deref(), Some("FALSE"));
    for (name, value, number) in [
        ("NONE", "1", 27156),
        ("RETENTION_WINDOW", "0", 27163),
        ("RETENTION_WINDOW", "x", 27163),
        ("DEFAULT_EXECUTION_MODE", "2", 27163),
        ("SCHEMA_VERSION", "9", 27163),
        ("SERVER_LOGGING_LEVEL", "9", 27217),
        ("SERVER_LOGGING_LEVEL", "100", 27241),
    ] {
        assert_eq!(set(name, value).await.unwrap_err().number(), Some(number), "{name} {value}");
    }
    let operations = at.read(|tx| reads::operations(tx, &admin(), None, 10)).await;
    assert_eq!(operations.len(), 2);
    assert_eq!(operations[0].operation_type, OperationType::ConfigureCatalog);
}

pub(crate) async fn active_operations_forbid_configuring(at: Fixture) {
    at.deployed(&Recipe::default()).await;
    at.started(0).await;
    let set = at.refused(|tx| configure_catalog(tx, &admin(), "RETENTION_WINDOW", "30")).await;
    assert_eq!(set.0, 27139);
}

pub(crate) async fn scale_out_is_enabled_by_a_sysadmin(at: Fixture) {
    fn only_ssis_admin() -> Caller {
        let roles = Roles { ssis_admin: true, ..Roles::default() };
        Caller::new("sid", roles)
    }
    assert_eq!(at.refused(|tx| enable_scaleout(tx, &only_ssis_admin())).await.0, 27260);
    at.write(|tx| enable_scaleout(tx, &admin())).await;
    assert_eq!(property(&at, "IS_SCALEOUT_ENABLED").await.as_deref(), Some("True"));
}

pub(crate) async fn master_addresses_are_https(at: Fixture) {
    let refused = at.refused(|tx| update_master_address(tx, &admin(), "http://m:8391")).await;
    assert_eq!(refused.0, 27101);
    at.write(|tx| {
        update_master_address(tx, &admin(), "https://m:8391")?;
        update_logdb_info(tx, &admin(), "db,1433", "Data Source=db;Password=hunter2")
    })
    .await;
    let properties = at.read(reads::master_properties).await;
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let want = [pair("CLUSTER_LOGDB_SERVER", "db,1433"), pair("MASTER_ADDRESS", "https://m:8391")];
    assert_eq!(properties, want);
}
