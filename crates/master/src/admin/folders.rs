//! Folders of the catalog.

use axum::Json;
use axum::extract::State;
use catalog::procedures::create_folder;
use catalog::reads;

use crate::api::{FolderCreated, FolderRow, Folders, NewFolder};
use crate::error::ApiError;
use crate::server::{JsonBody, Person};
use crate::shared::Shared;

/// `GET /api/folders`
pub(crate) async fn list(
    State(shared): State<Shared>,
    Person(caller): Person,
) -> Result<Json<Folders>, ApiError> {
    let folders = shared.catalog.read(move |tx| reads::folders(tx, &caller)).await?;
    Ok(Json(Folders { folders: folders.into_iter().map(row).collect() }))
}

/// `POST /api/folders`
pub(crate) async fn create(
    State(shared): State<Shared>,
    Person(caller): Person,
    JsonBody(NewFolder { name }): JsonBody<NewFolder>,
) -> Result<Json<FolderCreated>, ApiError> {
    let folder_id = shared.catalog.write(move |tx| create_folder(tx, &caller, &name)).await?;
    Ok(Json(FolderCreated { folder_id }))
}

fn row(folder: reads::FolderRow) -> FolderRow {
    FolderRow {
        folder_id: folder.id,
        name: folder.name,
        description: folder.description.unwrap_or_default(),
        created_by_name: folder.created_by,
        created_time: folder.created,
    }
}
