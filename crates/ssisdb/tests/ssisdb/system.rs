//! Every system view can be selected from, and every system procedure called.

use crate::project::deploy;
use crate::support::server;

const VIEWS: &[&str] = &[
    "sys.databases",
    "sys.schemas",
    "sys.types",
    "sys.objects",
    "sys.all_objects",
    "sys.views",
    "sys.all_views",
    "sys.system_views",
    "sys.system_objects",
    "sys.procedures",
    "sys.tables",
    "sys.table_types",
    "sys.columns",
    "sys.all_columns",
    "sys.parameters",
    "sys.all_parameters",
    "sys.sql_modules",
    "sys.all_sql_modules",
    "sys.server_principals",
    "sys.server_role_members",
    "sys.sql_logins",
    "sys.syslogins",
    "sys.database_principals",
    "sys.database_role_members",
    "sys.dm_exec_sessions",
    "sys.dm_exec_connections",
    "sys.dm_os_sys_info",
    "sys.servers",
    "sys.configurations",
    "sys.indexes",
    "sys.index_columns",
    "sys.key_constraints",
    "sys.foreign_keys",
    "sys.foreign_key_columns",
    "sys.check_constraints",
    "sys.default_constraints",
    "sys.computed_columns",
    "sys.identity_columns",
    "sys.triggers",
    "sys.synonyms",
    "sys.sequences",
    "sys.extended_properties",
    "sys.assemblies",
    "sys.linked_logins",
    "sys.database_permissions",
    "sys.master_files",
    "sys.sysobjects",
    "sys.syscolumns",
    "sys.sysdatabases",
    "sys.sysusers",
    "sys.sysprocesses",
    "dbo.sysobjects",
    "master..sysdatabases",
    "INFORMATION_SCHEMA.SCHEMATA",
    "INFORMATION_SCHEMA.TABLES",
    "INFORMATION_SCHEMA.VIEWS",
    "INFORMATION_SCHEMA.COLUMNS",
    "INFORMATION_SCHEMA.ROUTINES",
    "INFORMATION_SCHEMA.PARAMETERS",
    "INFORMATION_SCHEMA.TABLE_CONSTRAINTS",
    "INFORMATION_SCHEMA.KEY_COLUMN_USAGE",
    "INFORMATION_SCHEMA.REFERENTIAL_CONSTRAINTS",
];

const PROCEDURES: &[&str] = &[
    "sp_databases",
    "sp_server_info",
    "sp_datatype_info",
    "sp_datatype_info_90 0",
    "sp_datatype_info_100 0, 3",
    "sp_tables",
    "sp_columns N'folders'",
    "sp_columns_90 N'folders'",
    "sp_columns_100 N'folders', N'catalog'",
    "sp_stored_procedures",
    "sp_sproc_columns N'create_folder'",
    "sp_sproc_columns_90 N'create_folder'",
    "sp_sproc_columns_100 N'create_folder', N'catalog'",
    "sp_pkeys N'folders'",
    "sp_fkeys N'folders'",
    "sp_statistics N'folders'",
    "sp_statistics_100 N'folders'",
    "sp_special_columns N'folders'",
    "sp_special_columns_100 N'folders'",
    "sp_who",
    "sp_who2",
    "sp_helpuser",
    "sp_helprolemember",
    "sp_helpdb",
    "xp_msver",
];

#[test]
fn every_system_view_can_be_selected_from() {
    let server = server();
    let mut talk = server.admin();
    for view in VIEWS {
        talk.shows(&format!("SELECT TOP (3) * FROM {view}"));
    }
}

#[test]
fn every_system_procedure_can_be_called() {
    let server = server();
    let mut talk = server.admin();
    for procedure in PROCEDURES {
        let shown = talk.shows(&format!("EXEC {procedure}"));
        assert!(shown.contains('|'), "{procedure} gave {shown}");
    }
}

#[test]
fn every_documented_view_can_be_selected_from_in_t_sql() {
    let server = server();
    let mut talk = server.admin();
    crate::project::deploy(&mut talk);
    let names = talk.shows(
        "SELECT s.name + '.' + v.name FROM sys.views v JOIN sys.schemas s ON s.schema_id = v.schema_id",
    );
    let names: Vec<&str> = names.lines().skip(1).collect();
    assert!(names.len() > 30, "{names:?}");
    for name in names {
        talk.shows(&format!("SELECT TOP (2) * FROM SSISDB.{name}"));
    }
    talk.shows("SELECT * FROM [catalog].[dm_execution_performance_counters](NULL)");
    talk.shows("SELECT catalog.get_operation_log_size(), catalog.get_version_log_size()");
}

#[test]
fn what_sys_says_of_a_procedure_is_what_is_documented() {
    let server = server();
    let mut talk = server.admin();
    let shown = talk.shows(
        "SELECT p.name, t.name, p.max_length, p.is_output
         FROM SSISDB.sys.parameters p
         JOIN SSISDB.sys.objects o ON o.object_id = p.object_id
         JOIN SSISDB.sys.types t ON t.user_type_id = p.user_type_id
         WHERE o.name = 'create_folder' ORDER BY p.parameter_id",
    );
    assert_eq!(
        shown,
        "name|name|max_length|is_output\n@folder_name|nvarchar|256|0\n@folder_id|bigint|8|1\n"
    );
    assert_eq!(
        talk.value("SELECT OBJECT_NAME(OBJECT_ID(N'[catalog].[create_execution]', 'P'))"),
        "create_execution"
    );
}

#[test]
fn a_users_table_type_keeps_its_keys_defaults_and_checks() {
    let server = server();
    let mut talk = server.admin();
    talk.shows(
        "CREATE TYPE dbo.Pairs AS TABLE
             (id int NOT NULL PRIMARY KEY, name nvarchar(50) NULL DEFAULT (N'?'), CHECK (id > 0))
         GO
         CREATE PROCEDURE dbo.use_pairs @p dbo.Pairs READONLY AS SELECT MAX(name) FROM @p",
    );
    let used = "DECLARE @p dbo.Pairs; INSERT @p (id) VALUES (1); EXEC dbo.use_pairs @p";
    assert_eq!(talk.value(used), "?");
    assert_eq!(talk.fails("DECLARE @p dbo.Pairs; INSERT @p VALUES (1, N'a'), (1, N'b')"), 2627);
    assert_eq!(talk.fails("DECLARE @p dbo.Pairs; INSERT @p VALUES (-1, N'a')"), 547);
}

#[test]
fn parameters_have_the_other_name_that_their_pages_give_them() {
    let server = server();
    let mut talk = server.admin();
    deploy(&mut talk);
    talk.shows(
        "EXEC catalog.create_environment N'Finance', N'Dev'
         EXEC catalog.create_environment_variable N'Finance', N'Dev', N'V', N'String', 0, N'x', N''
         EXEC catalog.set_environment_variable_protection @folder_name = N'Finance',
              @environment_name = N'Dev', @variable_name = N'V', @is_sensitive = 1
         EXEC catalog.create_environment_reference @folder_name = N'Finance',
              @project_name = N'DailyLoad', @environment_name = N'Dev', @reference_location = A,
              @environment_folder_name = N'Finance', @reference_id = NULL",
    );
    assert_eq!(talk.value("SELECT sensitive FROM catalog.environment_variables"), "1");
    assert_eq!(talk.value("SELECT reference_type FROM catalog.environment_references"), "A");
    let unknown = "EXEC catalog.delete_folder @folder = N'Finance'";
    assert_eq!(talk.fails(unknown), 8145);
}

#[test]
fn statistics_of_the_server_are_counted() {
    let server = server();
    let mut talk = server.admin();
    assert_eq!(talk.value("SELECT @@TIMETICKS"), "31250");
    assert_eq!(talk.value("SELECT @@CONNECTIONS"), "1");
    let _other = server.guest();
    assert_eq!(talk.value("SELECT @@CONNECTIONS"), "2");
    assert_eq!(talk.value("SELECT IIF(@@TOTAL_READ > 0 AND @@CPU_BUSY >= 0, 1, 0)"), "1");
    assert_eq!(talk.value("SELECT @@MICROSOFTVERSION / 0x01000000"), "16");
    assert_eq!(
        talk.shows("SELECT server_name, state FROM catalog.alwayson_replicas"),
        "server_name|state\n"
    );
}

#[test]
fn columns_of_sys_columns_need_no_brackets() {
    let server = server();
    let mut talk = server.admin();
    let precision = "SELECT c.precision FROM sys.columns c
                     WHERE c.object_id = OBJECT_ID('catalog.folders') AND c.name = 'folder_id'";
    assert_eq!(talk.value(precision), "19");
    assert_eq!(talk.value("EXEC sp_helprole 'ssis_admin'"), "ssis_admin|5|0");
    assert_eq!(talk.fails("EXEC sp_helprole 'nope'"), 50000);
}
