//! Logins, users, roles and permissions in T-SQL, and validations.

use catalog::logins::sign_in;

use crate::project::deploy;
use crate::support::server;

#[test]
fn a_login_made_in_t_sql_sees_what_it_was_granted() {
    let server = server();
    let mut admin = server.admin();
    deploy(&mut admin);
    admin.shows(
        "CREATE LOGIN ann WITH PASSWORD = N'Correct horse 1'
         CREATE USER ann FOR LOGIN ann
         CREATE ROLE readers
         ALTER ROLE readers ADD MEMBER ann",
    );
    let caller = || {
        let signed_in = sign_in(&server.catalog, "ann", "Correct horse 1");
        server.runtime.block_on(signed_in).unwrap()
    };
    let mut ann = server.session(caller(), 60);
    let folders = "SELECT count(*) FROM catalog.folders";
    assert_eq!(ann.value(folders), "0");
    assert_eq!(ann.value("SELECT USER_NAME() + ' ' + SUSER_SNAME()"), "ann ann");
    assert_eq!(ann.value("SELECT IS_MEMBER('readers')"), "1");
    assert_eq!(ann.value("SELECT IS_SRVROLEMEMBER('sysadmin')"), "0");
    admin.shows(
        "DECLARE @folder bigint = (SELECT folder_id FROM catalog.folders WHERE name = 'Finance')
         DECLARE @reader int = DATABASE_PRINCIPAL_ID('readers')
         EXEC catalog.grant_permission @object_type = 1, @object_id = @folder,
              @principal_id = @reader, @permission_type = 1",
    );
    assert_eq!(ann.value(folders), "1");
    let explicit = "SELECT count(*) FROM catalog.explicit_object_permissions";
    assert_eq!(ann.value(explicit), "1");
    assert_eq!(ann.fails("EXEC catalog.create_folder N'Mine'"), 27188);
    assert_eq!(ann.fails("EXEC catalog.grant_permission 1, 1, 0, 1"), 27192);
    assert_eq!(ann.fails("CREATE LOGIN eve WITH PASSWORD = N'Correct horse 1'"), 15247);
    assert_eq!(admin.fails("EXEC catalog.grant_permission 1, 99, 0, 1"), 27197);
    assert_eq!(admin.fails("EXEC catalog.grant_permission 1, 1, 0, 3"), 27191);
    assert_eq!(admin.fails("DROP ROLE readers"), 15144);
}

#[test]
fn validations_are_started_and_watched() {
    let server = server();
    let mut talk = server.admin();
    deploy(&mut talk);
    let name = "(SELECT TOP 1 name FROM catalog.packages ORDER BY package_id)";
    let started = talk.shows(&format!(
        "DECLARE @id bigint, @package nvarchar(260) = {name}
         DECLARE @folder sysname = (SELECT TOP 1 name FROM catalog.folders)
         DECLARE @project sysname = (SELECT TOP 1 name FROM catalog.projects)
         EXEC catalog.validate_package @folder_name = @folder, @project_name = @project,
              @package_name = @package, @validation_id = @id OUTPUT, @environment_scope = D
         EXEC catalog.validate_project @folder, @project, 'F', @id OUTPUT
         SELECT environment_scope, validate_type, operation_type, status
         FROM catalog.validations ORDER BY validation_id"
    ));
    assert_eq!(
        started,
        "environment_scope|validate_type|operation_type|status\nD|F|301|5\nD|F|300|5\n"
    );
    let scope = "EXEC catalog.validate_project N'x', N'y', 'F', NULL, 0, 'S'";
    assert_eq!(talk.fails(scope), 27101);
}

#[test]
fn a_grant_that_fails_returns_what_its_page_says() {
    let server = server();
    let mut talk = server.admin();
    talk.shows("EXEC catalog.create_folder N'Finance'");
    let mut status = |arguments: &str| {
        let seen = talk.run(&format!(
            "DECLARE @rc int
             EXEC @rc = catalog.grant_permission {arguments}
             SELECT @rc"
        ));
        seen.text.lines().nth(1).map(str::to_owned)
    };
    assert_eq!(status("1, 1, 0, 1").as_deref(), Some("0"));
    assert_eq!(status("9, 1, 0, 1").as_deref(), Some("1"), "no such kind of object");
    assert_eq!(status("1, 99, 0, 1").as_deref(), Some("2"), "no such folder");
    assert_eq!(status("1, 1, 12345, 1").as_deref(), Some("3"), "no such principal");
    assert_eq!(status("1, 1, 0, 3").as_deref(), Some("4"), "nothing for a folder");
    let other = "DECLARE @rc int EXEC @rc = catalog.delete_folder N'Nope' SELECT @rc";
    assert_eq!(talk.run(other).text, "\n1\n");
}

#[test]
fn a_validation_lists_its_packages() {
    let server = server();
    let mut talk = server.admin();
    deploy(&mut talk);
    let listed = talk.shows(
        "DECLARE @id bigint
         EXEC catalog.validate_project N'Finance', N'DailyLoad', F, @id OUTPUT
         SELECT object_name, object_type, status FROM catalog.extended_operation_info
         WHERE operation_id = @id ORDER BY object_name",
    );
    assert_eq!(listed, "object_name|object_type|status\nMain.dtsx|30|5\nStage.dtsx|30|5\n");
}

#[test]
fn workers_that_nobody_heard_of_for_a_week_are_forgotten_by_administrators() {
    let server = server();
    let mut talk = server.admin();
    talk.shows("EXEC internal.cleanup_expired_worker");
    assert_eq!(talk.fails("EXEC internal.cleanup_expired_worker @hoursToKeep = -1"), 27101);
    let mut guest = server.guest();
    for procedure in ["cleanup_expired_worker", "cleanup_completed_jobs_exclusive"] {
        assert_eq!(guest.fails(&format!("EXEC internal.{procedure}")), 27219);
    }
}
