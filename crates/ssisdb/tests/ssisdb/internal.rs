//! The tables of the schema `internal` that scripts in the wild read.

use crate::project::deploy;
use crate::support::server;

const NAMES: &[&str] = &[
    "folders",
    "environments",
    "environment_variables",
    "environment_references",
    "projects",
    "packages",
    "object_versions",
    "object_parameters",
    "operations",
    "operation_messages",
    "extended_operation_info",
    "event_messages",
    "event_message_context",
    "execution_info",
    "executions",
    "execution_parameter_values",
    "execution_property_override_values",
    "executables",
    "executable_statistics",
    "execution_component_phases",
    "execution_data_statistics",
    "validations",
    "catalog_properties",
];

#[test]
fn scripts_that_read_internal_tables_find_what_the_catalog_holds() {
    let server = server();
    let mut talk = server.admin();
    deploy(&mut talk);
    for name in NAMES {
        talk.shows(&format!("SELECT * FROM SSISDB.internal.{name}"));
    }
    let shown = talk.shows(
        "EXEC catalog.create_environment N'Finance', N'Test';
         EXEC catalog.create_environment_variable N'Finance', N'Test', N'Year', N'Int32', 0, 2026, N'';
         DECLARE @id bigint;
         EXEC catalog.create_execution N'Finance', N'DailyLoad', N'Main.dtsx', @execution_id = @id OUTPUT;
         SELECT environments.environment_name, folders.name, v.value
         FROM SSISDB.internal.environments
         INNER JOIN SSISDB.internal.folders ON environments.folder_id = folders.folder_id
         INNER JOIN SSISDB.internal.environment_variables v
             ON v.environment_id = environments.environment_id;
         SELECT o.object_name, x.package_name, k.name
         FROM [internal].[operations] o
         JOIN [internal].[execution_info] x ON x.execution_id = o.operation_id
         JOIN [internal].[packages] k ON k.project_version_lsn = x.project_lsn
                                      AND k.name = x.package_name
         WHERE o.operation_type = 200;
         SELECT om.message
         FROM internal.event_messages em
         JOIN internal.operation_messages om ON om.operation_message_id = em.event_message_id;",
    );
    insta::assert_snapshot!(shown, @r"
    environment_name|name|value
    Test|Finance|2026
    object_name|package_name|name
    DailyLoad|Main.dtsx|Main.dtsx
    message
    ");
}

#[test]
fn they_show_nobody_more_than_the_views_do() {
    let server = server();
    deploy(&mut server.admin());
    let mut guest = server.guest();
    let shown = guest.shows(
        "SELECT (SELECT COUNT(*) FROM internal.folders) AS folders,
                (SELECT COUNT(*) FROM internal.projects) AS projects,
                (SELECT COUNT(*) FROM internal.operations) AS operations;",
    );
    insta::assert_snapshot!(shown, @r"
    folders|projects|operations
    0|0|0
    ");
}

#[test]
fn they_are_in_ssisdb_only() {
    let server = server();
    let mut talk = server.admin();
    assert_eq!(talk.fails("SELECT * FROM master.internal.folders"), 208);
}
