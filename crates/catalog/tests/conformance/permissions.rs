//! Who may do what.

use std::sync::Arc;

use catalog::permissions::{self, Securable};
use catalog::principals;
use catalog::procedures::{
    self, CreateExecution, EnvironmentName, Granted, NewVariable, ObjectParameterName,
    PermissionRequest, ProjectFile, ProjectName, ReferenceLocation, VariableName, create_execution,
    delete_project, deny_permission, deploy_project, get_project, grant_permission,
    permission_return_code, revoke_permission, set_execution_parameter_text, start_execution,
    stop_operation,
};
use catalog::{Caller, CatalogError, reads, views};
use model::{ExecutionId, FolderId, ObjectType, PermissionType, ProjectId, Value};
use package::ReadOptions;

use crate::support::{Fixture, Recipe, admin, ispac, user};

const READ: i16 = 1;
const MODIFY: i16 = 2;
const EXECUTE: i16 = 3;
const MANAGE: i16 = 4;

fn on(securable: impl Into<Securable>, to: &Caller, permission_type: i16) -> PermissionRequest {
    let securable = securable.into();
    PermissionRequest {
        object_type: securable.kind.number(),
        object_id: securable.id,
        principal_id: to.user.unwrap(),
        permission_type: Some(permission_type),
    }
}

impl Fixture {
    async fn grant(&self, on: impl Into<Securable>, to: &Caller, permissions: &[i16]) {
        let on = on.into();
        for &permission in permissions {
            let request = self::on(on, to, permission);
            self.write(move |tx| grant_permission(tx, &admin(), &request)).await;
        }
    }

    async fn deny(&self, on: impl Into<Securable>, to: &Caller, permission: i16) {
        let request = self::on(on, to, permission);
        self.write(move |tx| deny_permission(tx, &admin(), &request)).await;
    }

    async fn sales(&self) -> FolderId {
        let folders = self.read(|tx| reads::folders(tx, &admin())).await;
        folders[0].id
    }

    /// The number with which the caller's attempt to make an execution is refused.
    async fn create_as(&self, caller: &Caller) -> Result<ExecutionId, i32> {
        let caller = caller.clone();
        let request = CreateExecution {
            run_in_scale_out: Some(false),
            ..CreateExecution::new("Sales", "Etl", "Load.dtsx")
        };
        let made = self.catalog.write(move |tx| create_execution(tx, &caller, &request)).await;
        made.map_err(|error| error.number().unwrap())
    }

    async fn get_as(&self, caller: &Caller) -> Result<(), i32> {
        let caller = caller.clone();
        let got = self.catalog.read(move |tx| get_project(tx, &caller, "Sales", "Etl")).await;
        got.map(drop).map_err(|error| error.number().unwrap())
    }

    async fn projects_of(&self, caller: &Caller) -> usize {
        let caller = caller.clone();
        self.read(move |tx| reads::projects(tx, &caller, None)).await.len()
    }
}

pub(crate) async fn a_grant_shows_a_project_and_lets_it_run(at: Fixture) {
    let project = at.deployed(&Recipe::default()).await.id;
    let ann = user(&at, "ann", &[]).await;
    assert_eq!(at.projects_of(&ann).await, 0);
    assert_eq!(at.create_as(&ann).await, Err(27104));
    assert_eq!(at.get_as(&ann).await, Err(27104));
    at.grant(at.sales().await, &ann, &[READ]).await;
    assert_eq!(at.create_as(&ann).await, Err(27109), "the folder is known, the project not");
    at.grant(project, &ann, &[READ]).await;
    assert_eq!(at.projects_of(&ann).await, 1);
    assert_eq!(at.get_as(&ann).await, Ok(()));
    assert_eq!(at.create_as(&ann).await, Err(27178));
    at.grant(project, &ann, &[EXECUTE]).await;
    let id = at.create_as(&ann).await.unwrap();
    let name = ObjectParameterName {
        object_type: ObjectType::Project,
        folder_name: "Sales",
        project_name: "Etl",
        object_name: None,
        parameter_name: "Day",
    };
    let by = ann.clone();
    let clear =
        at.refused(move |tx| procedures::clear_object_parameter_value(tx, &by, &name)).await;
    assert_eq!(clear.0, 27109, "MODIFY is missing");
    let by = ann.clone();
    at.write(move |tx| {
        let day = (ObjectType::Project, "Day");
        set_execution_parameter_text(tx, &by, id, day, "Friday")?;
        start_execution(tx, &by, id, 0)
    })
    .await;
    // Scale Out needs a role besides.
    let request = CreateExecution {
        run_in_scale_out: Some(true),
        ..CreateExecution::new("Sales", "Etl", "Load.dtsx")
    };
    assert_eq!(at.refused(move |tx| create_execution(tx, &ann, &request)).await.0, 27178);
}

pub(crate) async fn a_folder_gives_its_objects_permissions(at: Fixture) {
    at.deployed(&Recipe::default()).await;
    let ann = user(&at, "ann", &[]).await;
    at.grant(at.sales().await, &ann, &[101]).await;
    assert_eq!(at.get_as(&ann).await, Ok(()));
    assert_eq!(at.projects_of(&ann).await, 1);
    assert_eq!(at.create_as(&ann).await, Err(27178));
    at.grant(at.sales().await, &ann, &[103]).await;
    at.create_as(&ann).await.unwrap();
    let by = ann.clone();
    assert!(at.read(move |tx| reads::folders(tx, &by)).await.is_empty(), "not the folder itself");
    let by = ann.clone();
    let delete = at.refused(move |tx| delete_project(tx, &by, "Sales", "Etl")).await;
    assert_eq!(delete.0, 27109);
    at.grant(at.sales().await, &ann, &[102]).await;
    at.write(move |tx| delete_project(tx, &ann, "Sales", "Etl")).await;
}

pub(crate) async fn a_denial_wins(at: Fixture) {
    let project = at.deployed(&Recipe::default()).await.id;
    let ann = user(&at, "ann", &[]).await;
    let public = Caller { user: Some(0), ..ann.clone() };
    at.grant(at.sales().await, &ann, &[101]).await;
    at.deny(project, &public, READ).await;
    assert_eq!(at.get_as(&ann).await, Err(27104));
    assert_eq!(at.projects_of(&ann).await, 0);
    let request = on(project, &public, READ);
    at.write(move |tx| revoke_permission(tx, &admin(), &request)).await;
    assert_eq!(at.get_as(&ann).await, Ok(()));
    // A grant of the same to the same principal takes the place of the denial.
    at.deny(project, &ann, READ).await;
    assert_eq!(at.get_as(&ann).await, Err(27104));
    at.grant(project, &ann, &[READ]).await;
    assert_eq!(at.get_as(&ann).await, Ok(()));
    // Nothing is denied to administrators.
    let boss = user(&at, "boss", &["ssis_admin"]).await;
    at.deny(project, &boss, READ).await;
    assert_eq!(at.get_as(&boss).await, Ok(()));
}

pub(crate) async fn what_cannot_be_granted_is_refused_with_its_return_code(at: Fixture) {
    let project = at.deployed(&Recipe::default()).await.id;
    let ann = user(&at, "ann", &[]).await;
    let valid = on(project, &ann, READ);
    for (request, number, code) in [
        (PermissionRequest { object_type: 5, ..valid }, 27101, 1),
        (PermissionRequest { object_id: 99, ..valid }, 27197, 2),
        (PermissionRequest { principal_id: 99, ..valid }, 27197, 3),
        (PermissionRequest { permission_type: Some(100), ..valid }, 27191, 4),
        (PermissionRequest { permission_type: Some(7), ..valid }, 27191, 4),
        (PermissionRequest { permission_type: None, ..valid }, 27100, 4),
    ] {
        let grant = at.catalog.write(move |tx| grant_permission(tx, &admin(), &request)).await;
        let error = grant.unwrap_err();
        assert_eq!((error.number(), permission_return_code(&error)), (Some(number), code));
    }
    let grant = at.catalog.write(move |tx| grant_permission(tx, &ann, &valid)).await;
    let error = grant.unwrap_err();
    assert_eq!((error.number(), permission_return_code(&error)), (Some(27192), 5));
    let twice = at
        .write(move |tx| {
            let first = grant_permission(tx, &admin(), &valid)?;
            Ok((first, grant_permission(tx, &admin(), &valid)?))
        })
        .await;
    assert_eq!(twice, (Granted::Now, Granted::Already));
}

pub(crate) async fn revoking_is_no_error_when_there_is_nothing(at: Fixture) {
    let project = at.deployed(&Recipe::default()).await.id;
    let ann = user(&at, "ann", &[]).await;
    let request = on(project, &ann, MODIFY);
    at.write(move |tx| revoke_permission(tx, &admin(), &request)).await;
    at.grant(project, &ann, &[READ, EXECUTE]).await;
    let all = PermissionRequest { permission_type: None, ..request };
    at.write(move |tx| revoke_permission(tx, &admin(), &all)).await;
    assert_eq!(at.read(|tx| permissions::explicit(tx, &admin())).await, []);
    at.write(move |tx| deny_permission(tx, &admin(), &all)).await;
    let denied = at.read(|tx| permissions::explicit(tx, &admin())).await;
    let types: Vec<i16> = denied.iter().map(|row| row.permission_type.number()).collect();
    assert_eq!(types, [READ, MODIFY, EXECUTE, MANAGE]);
    assert!(denied.iter().all(|row| row.is_deny && row.grantor_id == 1));
}

pub(crate) async fn managers_of_an_object_give_its_permissions(at: Fixture) {
    let project = at.deployed(&Recipe::default()).await.id;
    let (ann, bob) = (user(&at, "ann", &[]).await, user(&at, "bob", &[]).await);
    at.grant(project, &ann, &[MANAGE]).await;
    let request = on(project, &bob, READ);
    let by = ann.clone();
    at.write(move |tx| grant_permission(tx, &by, &request)).await;
    assert_eq!(at.get_as(&bob).await, Ok(()));
    let rows = at.read(move |tx| permissions::explicit(tx, &ann)).await;
    let of_bob = rows.iter().find(|row| Some(row.principal_id) == bob.user).unwrap();
    assert_ne!(of_bob.grantor_id, 1);
    let of_folder = on(at.sales().await, &bob, READ);
    let refused = at.refused(move |tx| grant_permission(tx, &bob, &of_folder)).await;
    assert_eq!(refused.0, 27192);
}

pub(crate) async fn whoever_deploys_may_do_all_with_the_project(at: Fixture) {
    at.write(|tx| procedures::create_folder(tx, &admin(), "Sales")).await;
    let (ann, bob) = (user(&at, "ann", &[]).await, user(&at, "bob", &[]).await);
    let deploy = |by: &Caller| {
        let by = by.clone();
        let bytes = ispac(&Recipe::default());
        let file = Arc::new(ProjectFile::read(bytes, &ReadOptions::default()));
        at.catalog.write(move |tx| deploy_project(tx, &by, "Sales", "Etl", &file)?.into_project())
    };
    let number = |error: CatalogError| error.number().unwrap();
    assert_eq!(deploy(&ann).await.map_err(number), Err(27104));
    at.grant(at.sales().await, &ann, &[READ]).await;
    assert_eq!(deploy(&ann).await.map_err(number), Err(27206));
    at.grant(at.sales().await, &ann, &[100]).await;
    deploy(&ann).await.unwrap();
    deploy(&ann).await.unwrap();
    at.create_as(&ann).await.unwrap();
    at.grant(at.sales().await, &bob, &[READ, 100]).await;
    let again = deploy(&bob).await.map_err(number);
    assert_eq!(again, Err(27206), "CREATE_OBJECTS does not change what others made");
}

pub(crate) async fn an_execution_belongs_to_its_creator(at: Fixture) {
    let project = at.deployed(&Recipe::default()).await.id;
    let (ann, bob) = (user(&at, "ann", &[]).await, user(&at, "bob", &[]).await);
    at.grant(project, &ann, &[READ, EXECUTE]).await;
    at.grant(project, &bob, &[READ, EXECUTE]).await;
    let id = at.create_as(&ann).await.unwrap();
    let by = bob.clone();
    assert_eq!(at.refused(move |tx| start_execution(tx, &by, id, 0)).await.0, 27103);
    let (by, to) = (ann.clone(), on(id, &bob, READ));
    at.write(move |tx| grant_permission(tx, &by, &to)).await;
    let by = bob.clone();
    assert!(at.read(move |tx| reads::execution(tx, &by, id)).await.is_some());
    let by = ann.clone();
    at.write(move |tx| start_execution(tx, &by, id, 0)).await;
    let by = bob.clone();
    assert_eq!(at.refused(move |tx| stop_operation(tx, &by, id.into())).await.0, 27143);
    at.write(move |tx| stop_operation(tx, &ann, id.into())).await;
}

pub(crate) async fn log_readers_see_and_change_nothing(at: Fixture) {
    at.deployed(&Recipe::default()).await;
    let id = at.created().await;
    let lou = user(&at, "lou", &["ssis_logreader"]).await;
    let by = lou.clone();
    assert!(at.read(move |tx| reads::execution(tx, &by, id)).await.is_some());
    assert_eq!(at.projects_of(&lou).await, 1);
    assert_eq!(at.get_as(&lou).await, Err(27104));
    assert_eq!(at.refused(move |tx| start_execution(tx, &lou, id, 0)).await.0, 27103);
}

pub(crate) async fn views_list_what_is_explicit_and_effective(at: Fixture) {
    let project = at.deployed(&Recipe::default()).await.id;
    let ann = user(&at, "ann", &[]).await;
    at.grant(at.sales().await, &ann, &[101]).await;
    at.grant(project, &ann, &[EXECUTE]).await;
    at.deny(project, &ann, MODIFY).await;
    let by = ann.clone();
    let effective = at.read(move |tx| permissions::effective(tx, &by)).await;
    let shown: Vec<(i16, i64, i16)> = effective
        .iter()
        .map(|row| (row.object_type.number(), row.object_id, row.permission_type.number()))
        .collect();
    let (folder, ProjectId(project)) = (at.sales().await.0, project);
    assert_eq!(shown, [(1, folder, 101), (2, project, READ), (2, project, EXECUTE)]);
    assert_eq!(at.read(move |tx| permissions::explicit(tx, &ann)).await.len(), 3);
    let all = at.read(|tx| permissions::effective(tx, &admin())).await;
    let of_project = all.iter().filter(|row| row.object_type.number() == 2).count();
    assert_eq!(of_project, 4);
    let gus = user(&at, "gus", &[]).await;
    let by = gus.clone();
    assert_eq!(at.read(move |tx| permissions::explicit(tx, &by)).await, []);
    assert_eq!(at.read(move |tx| permissions::effective(tx, &gus)).await, []);
}

pub(crate) async fn a_deleted_object_leaves_no_permissions(at: Fixture) {
    let project = at.deployed(&Recipe::default()).await.id;
    let ann = user(&at, "ann", &[]).await;
    at.grant(project, &ann, &[READ]).await;
    at.grant(at.sales().await, &ann, &[READ]).await;
    at.write(|tx| {
        delete_project(tx, &admin(), "Sales", "Etl")?;
        procedures::delete_folder(tx, &admin(), "Sales")
    })
    .await;
    assert_eq!(at.read(|tx| permissions::explicit(tx, &admin())).await, []);
    let has = at.read(move |tx| permissions::has(tx, &ann, project, PermissionType::Read)).await;
    assert!(!has);
}

/// What stands for one principal on one object.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stands {
    Nothing,
    Grant,
    Denial,
}

pub(crate) async fn every_mix_of_grants_and_denials_follows_one_rule(at: Fixture) {
    let project = at.deployed(&Recipe::default()).await.id;
    let ann = user(&at, "ann", &["ssis_cluster_executor"]).await;
    let role = Caller { user: Some(principals::SSIS_CLUSTER_EXECUTOR), ..ann.clone() };
    let folder = at.sales().await;
    let places = [
        on(project, &ann, READ),
        on(project, &role, READ),
        on(folder, &ann, 101),
        on(folder, &role, 101),
    ];
    for number in 0..81_u32 {
        let stands: Vec<Stands> = (0..4)
            .map(|place| match number / 3_u32.pow(place) % 3 {
                0 => Stands::Nothing,
                1 => Stands::Grant,
                _ => Stands::Denial,
            })
            .collect();
        let wanted = stands.contains(&Stands::Grant) && !stands.contains(&Stands::Denial);
        let by = ann.clone();
        let (may, n_seen) = at
            .write(move |tx| {
                for (request, stands) in places.iter().zip(&stands) {
                    match stands {
                        Stands::Nothing => revoke_permission(tx, &admin(), request)?,
                        Stands::Grant => drop(grant_permission(tx, &admin(), request)?),
                        Stands::Denial => drop(deny_permission(tx, &admin(), request)?),
                    }
                }
                let may = permissions::has(tx, &by, project, PermissionType::Read)?;
                Ok((may, reads::projects(tx, &by, None)?.len()))
            })
            .await;
        assert_eq!((may, n_seen), (wanted, usize::from(wanted)), "mix {number}");
    }
}

pub(crate) async fn views_show_what_a_folder_permission_opens_and_no_more(at: Fixture) {
    for folder in ["Other", "Sales"] {
        let file = Arc::new(ProjectFile::read(ispac(&Recipe::default()), &ReadOptions::default()));
        at.write(move |tx| {
            procedures::create_folder(tx, &admin(), folder)?;
            drop(deploy_project(tx, &admin(), folder, "Etl", &file)?.into_project()?);
            let environment = EnvironmentName { folder_name: folder, environment_name: "Prod" };
            procedures::create_environment(tx, &admin(), &environment, None)?;
            let value = Value::I4(1);
            let variable = NewVariable {
                data_type: "Int32",
                sensitive: false,
                value: &value,
                description: None,
            };
            let name = VariableName { environment, variable_name: "Size" };
            procedures::create_environment_variable(tx, &admin(), &name, &variable)?;
            let project = ProjectName { folder_name: folder, project_name: "Etl" };
            let place = (ReferenceLocation::Relative, "Prod");
            procedures::create_environment_reference(tx, &admin(), &project, place)
        })
        .await;
    }
    let ann = user(&at, "ann", &[]).await;
    let lou = user(&at, "lou", &["ssis_logreader"]).await;
    let sales = at.read(|tx| reads::folders(tx, &admin())).await;
    let sales = sales.iter().find(|folder| folder.name == "Sales").unwrap().id;
    at.grant(sales, &ann, &[101]).await;
    let count = |caller: &Caller, name: &'static str| {
        let caller = caller.clone();
        at.read(move |tx| {
            let view = views::view_named("catalog", name).unwrap();
            Ok(views::rows(tx, &caller, view, &views::ViewQuery::default())?.len())
        })
    };
    // Of each there are as many in the other folder.
    for (name, all, is_log) in [
        ("projects", 2, true),
        ("packages", 4, true),
        ("object_versions", 2, false),
        ("environments", 2, false),
        ("environment_variables", 2, false),
        ("environment_references", 2, false),
    ] {
        assert_eq!(count(&admin(), name).await, all, "{name}");
        assert_eq!(count(&ann, name).await, all / 2, "{name}");
        assert_eq!(count(&lou, name).await, if is_log { all } else { 0 }, "{name}");
    }
    let parameters = count(&admin(), "object_parameters").await;
    assert_eq!(count(&ann, "object_parameters").await, parameters / 2);
    assert_eq!(count(&lou, "object_parameters").await, 0);
    assert_eq!(count(&ann, "folders").await, 0);
    at.deny(sales, &ann, 101).await;
    assert_eq!(count(&ann, "packages").await, 0);
}
