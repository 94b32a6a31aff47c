//! Projects: deploying them, and which there are.

use axum::Json;
use axum::extract::{Request, State};
use catalog::procedures::{Deployment, ProjectFile, create_folder, deploy_project};
use catalog::{Caller, CatalogError, Tx, reads};

use crate::api::{DeployQuery, Deployed, PackageRow, ProjectRow, Projects};
use crate::error::ApiError;
use crate::server::{InPath, Parsed, Person, whole_body};
use crate::shared::Shared;

/// The documented error for a folder that is there already.
const FOLDER_EXISTS: i32 = 27190;

/// `GET /api/projects`
pub(crate) async fn list(
    State(shared): State<Shared>,
    Person(caller): Person,
) -> Result<Json<Projects>, ApiError> {
    let projects = shared.catalog.read(move |tx| all(tx, &caller)).await?;
    Ok(Json(Projects { projects }))
}

/// `PUT /api/projects/{folder}/{project}`
pub(crate) async fn deploy(
    State(shared): State<Shared>,
    Person(caller): Person,
    InPath((folder, project)): InPath<(String, String)>,
    Parsed(query): Parsed<DeployQuery>,
    request: Request,
) -> Result<Json<Deployed>, ApiError> {
    let bytes = whole_body(request, &()).await?.to_vec();
    // Reading a project takes a while, and so does not belong on a thread that serves requests.
    let reading = tokio::task::spawn_blocking(|| ProjectFile::read(bytes, &Default::default()));
    let file = reading.await.map_err(|error| {
        tracing::error!(%error, "reading a project failed");
        ApiError::bad_request("the project cannot be read: reading it failed unexpectedly")
    })?;
    let (place, by) = ((folder.clone(), project.clone()), caller.clone());
    let deployment = shared
        .catalog
        .write(move |tx| deploy_into(tx, &by, (&place.0, &place.1, query), &file))
        .await?;
    let operation_id = deployment.operation;
    let deployed = deployment.into_project()?;
    tracing::info!(folder, project, by = caller.name, "project deployed");
    let id = deployed.id;
    // Who may change the project and not read it is shown what it has just sent.
    let read = shared.catalog.read(|tx| all(tx, &Caller::admin("deploy"))).await?;
    let project = read.into_iter().find(|project| project.project_id == id).ok_or_else(|| {
        ApiError::not_found(format!("project {folder}/{project} was deleted meanwhile"))
    })?;
    Ok(Json(Deployed { operation_id, project }))
}

fn deploy_into(
    tx: &mut dyn Tx,
    caller: &Caller,
    (folder, project, query): (&str, &str, DeployQuery),
    file: &ProjectFile,
) -> Result<Deployment, CatalogError> {
    // Who may make no folders may still deploy to one that is there.
    if query.create_folder
        && caller.is_admin()
        && let Err(error) = create_folder(tx, caller, folder)
        && error.number() != Some(FOLDER_EXISTS)
    {
        return Err(error);
    }
    deploy_project(tx, caller, folder, project, file)
}

fn all(tx: &mut dyn Tx, caller: &Caller) -> Result<Vec<ProjectRow>, CatalogError> {
    let projects = reads::projects(tx, caller, None)?;
    projects.into_iter().map(|project| row(tx, caller, project)).collect()
}

fn row(
    tx: &mut dyn Tx,
    caller: &Caller,
    project: reads::ProjectRow,
) -> Result<ProjectRow, CatalogError> {
    let packages = reads::packages(tx, caller, project.id)?
        .into_iter()
        .map(|package| PackageRow { name: package.name, entry_point: package.entry_point });
    Ok(ProjectRow {
        project_id: project.id,
        folder: project.folder,
        name: project.name,
        description: project.description.unwrap_or_default(),
        object_version_lsn: project.object_version_lsn,
        last_deployed_time: project.deployed,
        deployed_by_name: project.deployed_by,
        packages: packages.collect(),
    })
}
