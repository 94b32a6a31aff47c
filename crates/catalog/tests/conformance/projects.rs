//! Projects: deployed, versioned, restored, deleted.

use std::sync::Arc;

use catalog::procedures::{
    DefaultValue, Deployment, NewPackage, ObjectParameterName, PackageUpdate, ProjectFile,
    ProjectName, configure_catalog, create_folder, delete_project, deploy_packages, deploy_project,
    get_project, restore_project, set_object_parameter_value, stored_project,
};
use catalog::{CatalogError, Tx, reads};
use model::{ObjectType, OperationStatus, OperationType, ProjectId, Value};
use package::{Project, ReadOptions};

use crate::support::{Fixture, Recipe, admin, ispac, package};

pub(crate) async fn a_project_is_deployed_with_packages_and_parameters(at: Fixture) {
    let project = at.deployed(&Recipe::default()).await;
    assert_eq!(project.entry_points, ["Child.dtsx", "Load.dtsx"]);
    let id = project.id;
    let projects = at.read(|tx| reads::projects(tx, &admin(), Some("sales"))).await;
    assert_eq!(projects.len(), 1);
    assert_eq!((projects[0].name.as_str(), projects[0].folder.as_str()), ("Etl", "Sales"));
    assert_eq!(projects[0].hash, project.hash);
    let packages = at.read(move |tx| reads::packages(tx, &admin(), id)).await;
    let names: Vec<&str> = packages.iter().map(|package| package.name.as_str()).collect();
    assert_eq!(names, ["Child.dtsx", "Load.dtsx"]);
    assert_eq!(packages[0].format_version, Some(8));
    let parameters = at.read(move |tx| reads::object_parameters(tx, &admin(), id)).await;
    let shown: Vec<String> = parameters
        .iter()
        .map(|p| {
            let default = p.design_default.as_deref().unwrap_or("-");
            let flags = (u8::from(p.required), u8::from(p.sensitive));
            format!(
                "{} {} {} {} {default} {flags:?}",
                p.object_type.number(),
                p.object_name,
                p.name,
                p.data_type
            )
        })
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @r"
    20 Etl Count Int32 5 (0, 0)
    20 Etl Day String Monday (0, 0)
    20 Etl Password String - (0, 1)
    30 Child.dtsx Greeting String hi (0, 0)
    30 Load.dtsx Greeting String hello (0, 0)
    ");
    let operations = at.read(|tx| reads::operations(tx, &admin(), None, 10)).await;
    assert_eq!(operations[0].operation_type, OperationType::DeployProject);
    assert_eq!(operations[0].status, OperationStatus::Succeeded);
    assert_eq!(operations[0].object_id, Some(id.0));
}

pub(crate) async fn the_same_bytes_come_back(at: Fixture) {
    let project = at.deployed(&Recipe::default()).await;
    let bytes = ispac(&Recipe::default());
    let got = at.read(|tx| get_project(tx, &admin(), "Sales", "etl")).await;
    assert_eq!(got, bytes);
    let hash = project.hash.clone();
    assert_eq!(at.read(move |tx| reads::project_bytes(tx, &hash)).await, Some(bytes));
    assert_eq!(at.read(|tx| reads::project_bytes(tx, "00")).await, None);
    let missing = at.refused(|tx| get_project(tx, &admin(), "Sales", "None")).await;
    assert_eq!(missing.0, 27109);
}

pub(crate) async fn a_broken_file_leaves_an_operation_with_the_reason_and_no_project(at: Fixture) {
    at.deployed(&Recipe::default()).await;
    let mut bytes = ispac(&Recipe { greeting: "changed", ..Recipe::default() });
    bytes.truncate(bytes.len() / 2);
    let file = Arc::new(ProjectFile::read(bytes, &ReadOptions::default()));
    let deployment = at.write(move |tx| deploy_project(tx, &admin(), "Sales", "Etl", &file)).await;
    let operation = deployment.operation;
    let row = at.read(move |tx| reads::operation(tx, &admin(), operation)).await.unwrap();
    assert_eq!(row.status, OperationStatus::Failed);
    let filter = reads::MessageFilter { limit: 10, ..Default::default() };
    let messages = at.read(move |tx| reads::messages(tx, &admin(), operation, &filter)).await;
    assert_eq!(messages[0].message_type, 120);
    let error = deployment.into_project().unwrap_err();
    assert_eq!(error.number(), Some(27203));
    assert!(error.to_string().contains(&messages[0].message), "{error}");
    let still = at.read(|tx| get_project(tx, &admin(), "Sales", "Etl")).await;
    assert_eq!(still, ispac(&Recipe::default()));
}

pub(crate) async fn the_name_inside_the_file_counts(at: Fixture) {
    at.deployed(&Recipe::default()).await;
    let file = Arc::new(ProjectFile::read(ispac(&Recipe::default()), &ReadOptions::default()));
    assert_eq!(file.project_name(), Some("Etl"));
    let other = at.write(move |tx| deploy_project(tx, &admin(), "Sales", "Other", &file)).await;
    let error = other.into_project().unwrap_err();
    assert_eq!(error.number(), Some(27203));
    assert!(error.to_string().contains("`Etl`"), "{error}");
    assert_eq!(at.read(|tx| reads::projects(tx, &admin(), None)).await.len(), 1);
}

fn count<'a>() -> ObjectParameterName<'a> {
    ObjectParameterName {
        object_type: ObjectType::Project,
        folder_name: "Sales",
        project_name: "Etl",
        object_name: None,
        parameter_name: "Count",
    }
}

async fn server_value_of_count(at: &Fixture, id: ProjectId) -> Option<String> {
    let parameters = at.read(move |tx| reads::object_parameters(tx, &admin(), id)).await;
    parameters.into_iter().find(|p| p.name == "Count").unwrap().default_value
}

fn set_count(tx: &mut dyn Tx) -> Result<(), catalog::CatalogError> {
    let value = Value::I4(7);
    set_object_parameter_value(tx, &admin(), &count(), DefaultValue::Literal(&value))
}

pub(crate) async fn deploying_again_keeps_what_the_server_set(at: Fixture) {
    let first = at.deployed(&Recipe::default()).await;
    at.write(set_count).await;
    let recipe = Recipe { greeting: "bye", with_child: false, ..Recipe::default() };
    let second = at.deployed(&recipe).await;
    assert_eq!(second.id, first.id);
    assert!(first.object_version_lsn < second.object_version_lsn);
    let id = first.id;
    assert_eq!(server_value_of_count(&at, id).await.as_deref(), Some("7"));
    let packages = at.read(move |tx| reads::packages(tx, &admin(), id)).await;
    assert_eq!(packages.len(), 1, "a package that is not in the new version is gone");
    let parameters = at.read(move |tx| reads::object_parameters(tx, &admin(), id)).await;
    let greetings: Vec<_> =
        parameters.iter().filter(|p| p.name == "Greeting").map(|p| &p.design_default).collect();
    assert_eq!(greetings, [&Some("bye".to_owned())]);
}

pub(crate) async fn only_so_many_versions_are_kept(at: Fixture) {
    at.write(|tx| configure_catalog(tx, &admin(), "max_project_versions", "2")).await;
    let mut last = None;
    for greeting in ["a", "b", "c", "d"] {
        last = Some(at.deployed(&Recipe { greeting, ..Recipe::default() }).await);
    }
    let last = last.unwrap();
    let id = last.id;
    let versions = at.read(move |tx| reads::versions(tx, &admin(), id)).await;
    assert_eq!(versions.len(), 2);
    assert_eq!(versions[0].lsn, last.object_version_lsn);
    let oldest = versions[1].hash.clone();
    assert!(at.read(move |tx| reads::project_bytes(tx, &oldest)).await.is_some());
    let files = at.read(|tx| tx.scalar::<i64>("SELECT count(*) FROM project_files", &[])).await;
    assert_eq!(files, Some(2), "files that no version has are deleted");
}

pub(crate) async fn an_earlier_version_is_restored_with_design_defaults(at: Fixture) {
    let first = at.deployed(&Recipe::default()).await;
    at.write(set_count).await;
    let second = at.deployed(&Recipe { greeting: "bye", ..Recipe::default() }).await;
    let lsn = second.object_version_lsn;
    let same = at.refused(move |tx| restore(tx, lsn)).await;
    assert_eq!(same.0, 27155);
    let wrong = at.refused(|tx| restore(tx, 999)).await;
    assert_eq!(wrong.0, 27179);
    let lsn = first.object_version_lsn;
    let bytes = at.write(move |tx| restore(tx, lsn)).await;
    assert_eq!(bytes, ispac(&Recipe::default()));
    assert_eq!(server_value_of_count(&at, first.id).await, None);
    let projects = at.read(|tx| reads::projects(tx, &admin(), None)).await;
    assert_eq!(projects[0].object_version_lsn, lsn);
    let operations = at.read(|tx| reads::operations(tx, &admin(), None, 1)).await;
    assert_eq!(operations[0].operation_type, OperationType::RestoreProject);
}

pub(crate) async fn a_deleted_project_is_gone_and_its_versions_stay(at: Fixture) {
    let project = at.deployed(&Recipe::default()).await;
    at.write(|tx| delete_project(tx, &admin(), "Sales", "Etl")).await;
    let id = project.id;
    assert!(at.read(move |tx| reads::object_parameters(tx, &admin(), id)).await.is_empty());
    assert_eq!(at.read(move |tx| reads::versions(tx, &admin(), id)).await.len(), 1);
    let again = at.refused(|tx| delete_project(tx, &admin(), "Sales", "Etl")).await;
    assert_eq!(again.0, 27109);
}

const ETL: ProjectName<'static> = ProjectName { folder_name: "Sales", project_name: "Etl" };

fn restore(tx: &mut dyn Tx, lsn: i64) -> Result<Vec<u8>, CatalogError> {
    let stored = stored_project(tx, &admin(), &ETL, Some(lsn))?;
    let bytes = stored.bytes().to_vec();
    restore_project(tx, &admin(), &ETL, (lsn, &stored.read()))?;
    Ok(bytes)
}

fn deploy_all(tx: &mut dyn Tx, packages: &[NewPackage]) -> Result<Deployment, CatalogError> {
    let current = stored_project(tx, &admin(), &ETL, None)?;
    let update = PackageUpdate::new(&current, packages.to_vec());
    deploy_packages(tx, &admin(), &ETL, &update)
}

fn new_package(name: &str, package_data: Vec<u8>) -> NewPackage {
    NewPackage { name: name.to_owned(), package_data: Some(package_data) }
}

pub(crate) async fn packages_are_deployed_into_a_project(at: Fixture) {
    let before = at.deployed(&Recipe::default()).await;
    let id = before.id;
    let value = Value::I4(9);
    at.write(move |tx| {
        set_object_parameter_value(tx, &admin(), &count(), DefaultValue::Literal(&value))
    })
    .await;
    let after = at
        .write(|tx| {
            let packages = [
                new_package("load", package("Load", "changed")),
                new_package("New.dtsx", package("New", "fresh")),
            ];
            deploy_all(tx, &packages)?.into_project()
        })
        .await;
    assert_eq!(after.id, id);
    assert!(before.object_version_lsn < after.object_version_lsn);
    assert_eq!(after.entry_points, ["Child.dtsx", "Load.dtsx", "New.dtsx"]);
    let parameters = at.read(move |tx| reads::object_parameters(tx, &admin(), id)).await;
    let greeting = |package: &str| {
        let found = parameters.iter().find(|p| p.object_name == package && p.name == "Greeting");
        found.and_then(|p| p.design_default.clone())
    };
    assert_eq!(greeting("Load.dtsx").as_deref(), Some("changed"));
    assert_eq!(greeting("New.dtsx").as_deref(), Some("fresh"));
    assert_eq!(greeting("Child.dtsx").as_deref(), Some("hi"), "the others stay");
    assert_eq!(server_value_of_count(&at, id).await.as_deref(), Some("9"));
    let file = at.read(|tx| get_project(tx, &admin(), "Sales", "Etl")).await;
    let read = ProjectFile::read(file, &ReadOptions::default());
    assert_eq!((read.project_name(), read.hash()), (Some("Etl"), after.hash.as_str()));
    let lsn = before.object_version_lsn;
    at.write(move |tx| restore(tx, lsn)).await;
    assert_eq!(at.read(move |tx| reads::packages(tx, &admin(), id)).await.len(), 2);
}

pub(crate) async fn packages_that_cannot_be_read_change_nothing(at: Fixture) {
    let before = at.deployed(&Recipe::default()).await;
    let deployment = at
        .write(|tx| {
            let empty = NewPackage { name: "Empty".to_owned(), package_data: None };
            let packages = [
                new_package("Bad", b"no package".to_vec()),
                empty,
                new_package("Two", package("Two", "")),
                new_package("two.dtsx", package("Two", "")),
            ];
            deploy_all(tx, &packages)
        })
        .await;
    let problems = deployment.project.clone().unwrap_err();
    assert_eq!(problems.len(), 3, "{problems:?}");
    let operation = deployment.operation;
    let row = at.read(move |tx| reads::operation(tx, &admin(), operation)).await.unwrap();
    assert_eq!((row.status, row.object_id), (OperationStatus::Failed, Some(before.id.0)));
    assert_eq!(deployment.into_project().unwrap_err().number(), Some(27231));
    let projects = at.read(|tx| reads::projects(tx, &admin(), None)).await;
    assert_eq!(projects[0].object_version_lsn, before.object_version_lsn);
    let missing = ProjectName { project_name: "None", ..ETL };
    let refused = at.refused(move |tx| stored_project(tx, &admin(), &missing, None)).await;
    assert_eq!(refused.0, 27109);
    assert_eq!(at.refused(|tx| deploy_all(tx, &[])).await.0, 27102);
}

pub(crate) async fn a_project_may_start_empty(at: Fixture) {
    at.write(|tx| create_folder(tx, &admin(), "Sales")).await;
    let options = ReadOptions::default();
    let (mut project, _) = Project::from_ispac(&ispac(&Recipe::default()), &options).unwrap();
    project.packages.clear();
    let file = Arc::new(ProjectFile::read(project.to_ispac().unwrap(), &options));
    let deployed = at
        .write(move |tx| deploy_project(tx, &admin(), "Sales", "Etl", &file)?.into_project())
        .await;
    assert!(deployed.entry_points.is_empty());
    let filled = at
        .write(|tx| {
            let packages = [new_package("Load", package("Load", "hello"))];
            deploy_all(tx, &packages)?.into_project()
        })
        .await;
    assert_eq!(filled.entry_points, ["Load.dtsx"]);
    at.worker(1).await;
    at.started(0).await;
}

pub(crate) async fn packages_go_into_the_version_that_is_current_then(at: Fixture) {
    at.deployed(&Recipe::default()).await;
    let update = at
        .read(|tx| {
            let current = stored_project(tx, &admin(), &ETL, None)?;
            let packages = vec![new_package("New", package("New", "fresh"))];
            Ok(Arc::new(PackageUpdate::new(&current, packages)))
        })
        .await;
    at.deployed(&Recipe { with_child: false, ..Recipe::default() }).await;
    let deployed =
        at.write(move |tx| deploy_packages(tx, &admin(), &ETL, &update)?.into_project()).await;
    assert_eq!(deployed.entry_points, ["Load.dtsx", "New.dtsx"]);
}
