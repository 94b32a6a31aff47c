//! Logins, users, roles.

use catalog::logins::{self, NewLogin, PasswordHash, Refused, sign_in};
use catalog::principals::{self, SSIS_ADMIN, SSIS_LOGREADER, UserLogin};
use catalog::procedures::{PermissionRequest, create_folder, grant_permission};
use catalog::{Caller, CatalogError, Roles, Tx};

use crate::support::{Fixture, admin, user};

/// A login named `ann` with this password.
async fn ann(at: &Fixture, password: &'static str) -> i64 {
    at.write(move |tx| {
        let password = PasswordHash::of(password).unwrap();
        let login =
            NewLogin { name: "Ann", password: &password, sid: None, default_database: None };
        logins::create(tx, &admin(), &login)
    })
    .await
}

pub(crate) async fn a_login_comes_in_with_its_roles(at: Fixture) {
    ann(&at, "Correct horse 1").await;
    let caller = sign_in(&at.catalog, "ANN", "Correct horse 1").await.unwrap();
    assert_eq!((caller.name.as_str(), caller.user), ("Ann", None));
    assert_eq!(caller.roles, Roles::default());
    let user = at
        .write(|tx| {
            let user = principals::create_user(tx, &admin(), "ann", UserLogin::SameName)?;
            principals::add_role_member(tx, &admin(), "ssis_logreader", "ann")?;
            Ok(user)
        })
        .await;
    let caller = sign_in(&at.catalog, "ann", "Correct horse 1").await.unwrap();
    assert_eq!(caller.user, Some(user));
    assert_eq!(caller.principals, [0, SSIS_LOGREADER, user]);
    assert!(caller.roles.ssis_logreader && !caller.is_admin());
    at.write(|tx| logins::add_server_role_member(tx, &admin(), "SYSADMIN", "ann")).await;
    let caller = sign_in(&at.catalog, "ann", "Correct horse 1").await.unwrap();
    assert!(caller.roles.sysadmin && caller.is_admin());
    assert_eq!(caller.user, Some(principals::DBO));
    assert!(caller.sid.is_some_and(|sid| sid.len() == 16));
}

pub(crate) async fn wrong_passwords_slow_a_login_down(at: Fixture) {
    ann(&at, "Correct horse 1").await;
    for _ in 0..4 {
        let refused = sign_in(&at.catalog, "ann", "wrong").await.unwrap_err();
        assert!(matches!(refused, Refused::Unknown), "{refused:?}");
        let CatalogError::Procedure { number, message } = refused.to_client("ann") else {
            panic!("{refused:?}");
        };
        assert_eq!((number, message.as_str()), (18456, "Login failed for user 'ann'."));
    }
    // The right password starts the count anew.
    sign_in(&at.catalog, "ann", "Correct horse 1").await.unwrap();
    for _ in 0..5 {
        sign_in(&at.catalog, "ann", "wrong").await.unwrap_err();
    }
    let refused = sign_in(&at.catalog, "ann", "Correct horse 1").await.unwrap_err();
    assert!(matches!(refused, Refused::Blocked), "{refused:?}");
    assert_eq!(refused.to_client("ann").number(), Some(18456));
    at.write(|tx| logins::enable(tx, &admin(), "ann")).await;
    sign_in(&at.catalog, "ann", "Correct horse 1").await.unwrap();
}

pub(crate) async fn a_disabled_login_is_refused_like_an_unknown_one(at: Fixture) {
    ann(&at, "Correct horse 1").await;
    at.write(|tx| logins::disable(tx, &admin(), "ann")).await;
    let disabled = sign_in(&at.catalog, "ann", "Correct horse 1").await.unwrap_err();
    let unknown = sign_in(&at.catalog, "bob", "Correct horse 1").await.unwrap_err();
    assert!(matches!(disabled, Refused::Disabled));
    assert!(matches!(unknown, Refused::Unknown));
    assert_eq!(disabled.to_client("x").to_string(), unknown.to_client("x").to_string());
}

pub(crate) async fn logins_are_managed_by_those_who_may(at: Fixture) {
    fn security() -> Caller {
        Caller::new("sec", Roles { securityadmin: true, ..Roles::default() })
    }
    fn create(tx: &mut dyn Tx, by: &Caller, name: &str) -> Result<i64, CatalogError> {
        let password = PasswordHash::of_unknown().unwrap();
        let login = NewLogin { name, password: &password, sid: None, default_database: None };
        logins::create(tx, by, &login)
    }
    let ssis_admin = user(&at, "sam", &["ssis_admin"]).await;
    let refused = at.refused(move |tx| create(tx, &ssis_admin, "x")).await;
    assert_eq!(refused.0, 15247);
    at.write(|tx| create(tx, &security(), "boss")).await;
    assert_eq!(at.refused(|tx| create(tx, &security(), "BOSS")).await.0, 15025);
    assert_eq!(at.refused(|tx| create(tx, &security(), "a\\b")).await.0, 15006);
    let promote = |role: &'static str| {
        at.catalog.write(move |tx| logins::add_server_role_member(tx, &security(), role, "boss"))
    };
    assert_eq!(promote("sysadmin").await.unwrap_err().number(), Some(15151));
    assert_eq!(promote("dbcreator").await.unwrap_err().number(), Some(15151));
    promote("securityadmin").await.unwrap();
    at.write(|tx| logins::add_server_role_member(tx, &admin(), "sysadmin", "boss")).await;
    for refused in [
        at.refused(|tx| logins::disable(tx, &security(), "boss")).await,
        at.refused(|tx| logins::drop(tx, &security(), "boss")).await,
        at.refused(|tx| logins::rename(tx, &security(), "boss", "b")).await,
        at.refused(|tx| logins::drop(tx, &admin(), "nobody")).await,
    ] {
        assert_eq!(refused.0, 15151, "{}", refused.1);
    }
    at.write(|tx| logins::drop(tx, &admin(), "boss")).await;
    let left = at.read(|tx| logins::list(tx)).await;
    assert_eq!(left.iter().map(|login| login.name.as_str()).collect::<Vec<_>>(), ["sam"]);
}

pub(crate) async fn a_login_changes_its_own_password(at: Fixture) {
    ann(&at, "Correct horse 1").await;
    let me = sign_in(&at.catalog, "ann", "Correct horse 1").await.unwrap();
    let set = |old_was_shown| {
        let me = me.clone();
        let hash = PasswordHash::of("Battery staple 2").unwrap();
        at.catalog.write(move |tx| logins::set_password(tx, &me, ("ann", old_was_shown), &hash))
    };
    assert_eq!(set(false).await.unwrap_err().number(), Some(15151));
    set(true).await.unwrap();
    sign_in(&at.catalog, "ann", "Battery staple 2").await.unwrap();
    sign_in(&at.catalog, "ann", "Correct horse 1").await.unwrap_err();
}

pub(crate) async fn users_and_roles_have_sql_servers_errors(at: Fixture) {
    ann(&at, "Correct horse 1").await;
    let guest = user(&at, "gus", &[]).await;
    let create = |name: &'static str, login| {
        at.catalog.write(move |tx| principals::create_user(tx, &admin(), name, login))
    };
    assert_eq!(create("bob", UserLogin::SameName).await.unwrap_err().number(), Some(15007));
    assert_eq!(create("bob", UserLogin::Named("ann")).await.unwrap(), 10);
    assert_eq!(create("ann", UserLogin::SameName).await.unwrap_err().number(), Some(15063));
    assert_eq!(create("Bob", UserLogin::None).await.unwrap_err().number(), Some(15023));
    assert_eq!(at.refused(move |tx| principals::create_role(tx, &guest, "r")).await.0, 15247);
    let add = |role: &'static str, member: &'static str| {
        at.catalog.write(move |tx| principals::add_role_member(tx, &admin(), role, member))
    };
    assert_eq!(add("nothing", "bob").await.unwrap_err().number(), Some(15151));
    assert_eq!(add("ssis_admin", "nobody").await.unwrap_err().number(), Some(15151));
    assert_eq!(add("public", "bob").await.unwrap_err().number(), Some(15081));
    assert_eq!(add("ssis_admin", "dbo").await.unwrap_err().number(), Some(15405));
    let drop = at.refused(|tx| principals::drop_role(tx, &admin(), "ssis_admin")).await;
    assert_eq!(drop.0, 15150);
    assert_eq!(at.refused(|tx| principals::drop_user(tx, &admin(), "x")).await.0, 15151);
    at.write(|tx| principals::drop_user(tx, &admin(), "bob")).await;
    at.write(|tx| principals::drop_user(tx, &admin(), "gus")).await;
}

pub(crate) async fn roles_in_roles_count(at: Fixture) {
    let caller = user(&at, "ann", &[]).await;
    let before = caller.clone();
    let again = at
        .write(move |tx| {
            principals::create_role(tx, &admin(), "inner")?;
            principals::create_role(tx, &admin(), "outer")?;
            principals::add_role_member(tx, &admin(), "inner", "ann")?;
            principals::add_role_member(tx, &admin(), "outer", "inner")?;
            principals::add_role_member(tx, &admin(), "ssis_admin", "outer")?;
            Ok(principals::refresh(tx, &before)?.unwrap())
        })
        .await;
    assert!(!caller.is_admin());
    assert!(again.is_admin() && again.principals.contains(&SSIS_ADMIN));
    let add = at.refused(|tx| principals::add_role_member(tx, &admin(), "inner", "outer")).await;
    assert_eq!(add.0, 15413);
    assert_eq!(at.refused(|tx| principals::drop_role(tx, &admin(), "outer")).await.0, 15144);
    at.write(|tx| principals::drop_role_member(tx, &admin(), "outer", "inner")).await;
    at.write(|tx| principals::drop_role(tx, &admin(), "outer")).await;
}

pub(crate) async fn a_principal_with_permissions_is_not_dropped(at: Fixture) {
    let ann = user(&at, "ann", &[]).await;
    at.write(move |tx| {
        let folder = create_folder(tx, &admin(), "Sales")?;
        let principal_id = ann.user.unwrap();
        let request = PermissionRequest {
            object_type: 1,
            object_id: folder.0,
            principal_id,
            permission_type: Some(1),
        };
        grant_permission(tx, &admin(), &request)
    })
    .await;
    assert_eq!(at.refused(|tx| principals::drop_user(tx, &admin(), "ann")).await.0, 27226);
}

pub(crate) async fn the_log_login_is_made_once(at: Fixture) {
    logins::ensure_log_login(&at.catalog).await.unwrap();
    logins::ensure_log_login(&at.catalog).await.unwrap();
    let caller = at
        .read(|tx| {
            let login = logins::find(tx, logins::LOG_LOGIN)?.unwrap();
            principals::caller(tx, login.id)
        })
        .await
        .unwrap();
    assert!(caller.roles.ssis_cluster_worker && !caller.is_admin());
    let hash = PasswordHash::of("A new one 3").unwrap();
    let name = (logins::LOG_LOGIN, false);
    at.write(move |tx| logins::set_password(tx, &admin(), name, &hash)).await;
    sign_in(&at.catalog, logins::LOG_LOGIN, "A new one 3").await.unwrap();
}
