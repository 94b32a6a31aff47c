//! What clients ask right after they connect, and what tools ask of the system views.

use crate::support::{SID, server};

#[test]
fn connect_sequences_get_the_types_and_rows_that_they_look_for() {
    let server = server();
    let mut talk = server.admin();
    assert!(talk.value("SELECT @@VERSION").starts_with("Microsoft SQL Server 2022"));
    let version = "SELECT CAST(SERVERPROPERTY('ProductVersion') AS VARCHAR)";
    assert_eq!(talk.value(version), "16.0.1000.6");
    assert_eq!(talk.value("SELECT schema_name()"), "dbo");
    assert_eq!(
        talk.value("SELECT @@SERVERNAME + '/' + DB_NAME() + '/' + SUSER_SNAME()"),
        "HOST/SSISDB/ada"
    );
    let known = "SELECT name FROM sys.system_views
                 WHERE name IN ('dm_exec_sessions', 'dm_pdw_nodes_exec_sessions')";
    assert_eq!(talk.value(known), "dm_exec_sessions");
    let level = "SELECT CASE transaction_isolation_level WHEN 0 THEN NULL WHEN 1 THEN 'READ UNCOMMITTED'
                 WHEN 2 THEN 'READ COMMITTED' END FROM sys.dm_exec_sessions WHERE session_id = @@SPID";
    assert_eq!(talk.value(level), "READ COMMITTED");
    talk.shows("sp_datatype_info_100 12, 3");
    talk.shows("exec sp_databases");
    talk.shows("exec sp_tables @table_owner = N'catalog'");
    talk.shows("exec sp_columns N'folders', N'catalog'");
    talk.shows("exec sp_who");
    assert_eq!(talk.value("SELECT COUNT(*) FROM sys.databases"), "4");
}

#[test]
fn a_guest_sees_no_row_and_is_refused_by_name() {
    let server = server();
    server.admin().shows("EXEC catalog.create_folder N'Secret'");
    let mut guest = server.guest();
    assert_eq!(guest.value("SELECT COUNT(*) FROM catalog.folders"), "0");
    assert_eq!(guest.fails("EXEC catalog.delete_folder N'Secret'"), 27188);
    assert_eq!(guest.fails("EXEC catalog.set_folder_description N'Secret', N'x'"), 27104);
    assert_eq!(guest.fails("CREATE LOGIN mallory WITH PASSWORD = 'Str0ng!Password'"), 15247);
}

#[test]
fn logins_and_roles_are_made_in_t_sql() {
    let server = server();
    let mut talk = server.admin();
    talk.shows(
        "CREATE LOGIN etl WITH PASSWORD = N'Str0ng!Password', DEFAULT_DATABASE = SSISDB;
         CREATE USER etl FOR LOGIN etl;
         ALTER ROLE ssis_admin ADD MEMBER etl;
         EXEC sp_addrolemember N'ssis_logreader', N'etl';",
    );
    let roles = "SELECT STRING_AGG(r.name, ',') WITHIN GROUP (ORDER BY r.name)
                 FROM sys.database_role_members m
                 JOIN sys.database_principals r ON r.principal_id = m.role_principal_id
                 JOIN sys.database_principals u ON u.principal_id = m.member_principal_id
                 WHERE u.name = 'etl'";
    assert_eq!(talk.value(roles), "ssis_admin,ssis_logreader");
    talk.shows("ALTER ROLE ssis_admin DROP MEMBER etl; DROP LOGIN etl;");
}

#[test]
fn a_log_database_that_would_lose_logs_is_not_taken() {
    let server = server();
    let mut talk = server.admin();
    talk.shows(&format!(
        "CREATE LOGIN [##MS_SSISLogDBWorkerAgentLogin##] WITH PASSWORD = N'Correct horse 1',
             SID = {SID}
         CREATE USER [##MS_SSISLogDBWorkerAgentLogin##]"
    ));
    let mut update = |source: &str| {
        let seen = talk.run(&format!(
            "EXEC catalog.update_logdb_info @server_name = N'reachable,1433',
                 @connection_string = N'Data Source={source};User Id=x;Password=hush'"
        ));
        seen.errors.first().map(|(number, text)| {
            assert!(*number == 27101 && !text.contains("hush"), "{number} {text}");
            text.clone()
        })
    };
    for (source, reason) in [
        ("gone", "nobody listens there"),
        ("master", "the database 'master'"),
        ("elsewhere", "another server's SSISDB"),
        ("reader", "ssis_cluster_worker"),
    ] {
        let said = update(source).unwrap();
        assert!(said.contains(reason), "{source}: {said}");
    }
    assert_eq!(update("reachable"), None);
    let server_name = "SELECT property_value FROM catalog.master_properties
                       WHERE property_name = 'CLUSTER_LOGDB_SERVER'";
    assert_eq!(talk.value(server_name), "reachable,1433");
}

#[test]
fn an_address_without_a_master_of_this_ssisdb_is_not_published() {
    let server = server();
    server.announce_master();
    let mut talk = server.admin();
    let mut update = |address: &str| {
        let seen = talk.run(&format!("EXEC catalog.update_master_address N'{address}'"));
        seen.errors.first().map(|(_, text)| text.clone())
    };
    for (address, reason) in [
        ("https://gone:8391", "nobody listens there"),
        ("https://other:8391", "not that of a master of this SSISDB"),
        ("http://master:8391", "'MasterAddress' is not valid"),
    ] {
        let said = update(address).unwrap();
        assert!(said.contains(reason), "{address}: {said}");
    }
    assert_eq!(update("https://master:8391"), None);
    let published = "SELECT property_value FROM catalog.master_properties
                     WHERE property_name = 'MASTER_ADDRESS'";
    assert_eq!(talk.value(published), "https://master:8391");
}

#[test]
fn procedures_of_users_stay_for_others() {
    let server = server();
    server.admin().shows(
        "CREATE PROCEDURE dbo.answer @plus int = 0, @result int = NULL OUTPUT AS
         BEGIN SET @result = 42 + @plus; RETURN 7; END",
    );
    let mut other = server.session(catalog::Caller::admin("bob"), 60);
    let shown = other.shows(
        "DECLARE @rc int, @r int;
         EXEC @rc = dbo.answer 1, @r OUTPUT;
         SELECT @rc AS rc, @r AS r;",
    );
    assert_eq!(shown, "rc|r\n7|43\n");
    assert_eq!(other.value("SELECT COUNT(*) FROM sys.procedures WHERE name = 'answer'"), "1");
    other.shows("DROP PROCEDURE dbo.answer");
    assert_eq!(other.fails("EXEC dbo.answer"), 2812);
}

#[test]
fn the_execution_id_may_stand_sixth_as_up_to_2016() {
    let server = server();
    let mut talk = server.admin();
    crate::project::deploy(&mut talk);
    let shown = talk.shows(
        "DECLARE @execution_id bigint;
         EXEC catalog.create_execution 'Finance', 'DailyLoad', 'Main.dtsx', NULL, 0, @execution_id OUT;
         EXEC catalog.set_execution_parameter_value @execution_id, 50, 'DUMP_ON_ERROR', 1;
         SELECT status FROM catalog.executions WHERE execution_id = @execution_id;",
    );
    assert_eq!(shown, "status\n1\n");
}

#[test]
fn a_project_is_validated_by_a_worker() {
    let server = server();
    let mut talk = server.admin();
    crate::project::deploy(&mut talk);
    let shown = talk.shows(
        "DECLARE @id bigint;
         EXEC SSISDB.catalog.validate_project @folder_name = N'Finance', @project_name = N'DailyLoad',
              @validate_type = F, @validation_id = @id OUTPUT, @use32bitruntime = False,
              @environment_scope = A, @reference_id = NULL;
         SELECT operation_type, environment_scope, validate_type, status, object_name
         FROM SSISDB.catalog.validations WHERE validation_id = @id;",
    );
    assert_eq!(
        shown,
        "operation_type|environment_scope|validate_type|status|object_name\n300|A|F|5|DailyLoad\n"
    );
    let single = "DECLARE @id bigint; EXEC catalog.validate_package N'Finance', N'DailyLoad',
                  N'Main.dtsx', @id OUTPUT, 0, 'S'";
    assert_eq!(talk.fails(single), 27101);
}
