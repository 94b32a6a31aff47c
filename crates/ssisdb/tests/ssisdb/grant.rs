//! What scripts that make procedures end with: roles in roles, and GRANT EXECUTE.

use crate::support::server;

#[test]
fn scripts_may_grant_what_everybody_may_do_with_a_procedure() {
    let server = server();
    let mut admin = server.admin();
    admin.shows("CREATE PROCEDURE dbo.hello AS SELECT 1");
    admin.shows(
        "IF NOT EXISTS (SELECT 1 FROM sys.database_principals WHERE type = 'R' AND name = 'operators')
             CREATE ROLE [operators]
         ALTER ROLE [operators] ADD MEMBER [ssis_admin]
         GRANT EXECUTE ON [dbo].[hello] TO [operators], [ssis_admin]
         GRANT EXEC ON OBJECT::dbo.hello TO public",
    );
    assert_eq!(server.guest().value("EXEC dbo.hello"), "1");
}

#[test]
fn a_grant_or_denial_that_would_change_nothing_is_refused() {
    let server = server();
    let mut admin = server.admin();
    admin.shows("CREATE PROCEDURE dbo.hello AS SELECT 1");
    for statement in [
        "DENY EXECUTE ON dbo.hello TO ssis_admin",
        "REVOKE EXECUTE ON dbo.hello TO ssis_admin",
        "GRANT CONTROL ON dbo.hello TO ssis_admin",
        "GRANT EXECUTE ON dbo.hello TO ssis_admin WITH GRANT OPTION",
        "GRANT EXECUTE TO ssis_admin",
        "GRANT EXECUTE ON catalog.create_folder TO public",
        "GRANT EXECUTE ON SCHEMA::catalog TO public",
    ] {
        assert_eq!(admin.fails(statement), 40514, "{statement}");
    }
    assert_eq!(admin.fails("GRANT EXECUTE ON dbo.nothing TO public"), 15151);
    assert_eq!(admin.fails("GRANT EXECUTE ON dbo.hello TO nobody"), 15151);
}
