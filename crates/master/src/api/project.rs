//! Folders, projects and their packages.

use model::{FolderId, OperationId, ProjectId, Timestamp};
use serde::{Deserialize, Serialize};

/// Answer to `GET /api/folders`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Folders {
    /// By name.
    pub folders: Vec<FolderRow>,
}

/// A row of `catalog.folders`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FolderRow {
    /// `folder_id`.
    pub folder_id: FolderId,
    /// The folder's name.
    pub name: String,
    /// What people wrote about it.
    pub description: String,
    /// Who made it.
    pub created_by_name: String,
    /// When.
    pub created_time: Timestamp,
}

/// Body of `POST /api/folders`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewFolder {
    /// The folder's name.
    pub name: String,
}

/// Answer to `POST /api/folders`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FolderCreated {
    /// The new folder.
    pub folder_id: FolderId,
}

/// Query of `PUT /api/projects/{folder}/{project}`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeployQuery {
    /// Make the folder if there is none.
    #[serde(default)]
    pub create_folder: bool,
}

/// Answer to `PUT /api/projects/{folder}/{project}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Deployed {
    /// The operation of type 101; its messages say what was found.
    pub operation_id: OperationId,
    /// The project.
    pub project: ProjectRow,
}

/// Answer to `GET /api/projects`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Projects {
    /// By folder and name.
    pub projects: Vec<ProjectRow>,
}

/// A row of `catalog.projects`, with its packages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProjectRow {
    /// `project_id`.
    pub project_id: ProjectId,
    /// The folder that it is in.
    pub folder: String,
    /// The project's name.
    pub name: String,
    /// What its author wrote about it.
    pub description: String,
    /// The current version.
    pub object_version_lsn: i64,
    /// When the current version was deployed.
    pub last_deployed_time: Timestamp,
    /// By whom.
    pub deployed_by_name: String,
    /// Its packages, by name.
    pub packages: Vec<PackageRow>,
}

/// A row of `catalog.packages`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PackageRow {
    /// File name, for example `Load.dtsx`.
    pub name: String,
    /// Whether it can be executed by itself.
    pub entry_point: bool,
}
