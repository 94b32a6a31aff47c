//! Folders, projects, packages, versions, project files. The files are read by workers, whom the
//! master has let in.

use model::{FolderId, PermissionType, ProjectId, SecurableType, Timestamp};
use serde::Serialize;

use crate::caller::Caller;
use crate::error::CatalogError;
use crate::permissions;
use crate::procedures::{fold, project_file};
use crate::store::{Row, Tx, params};

/// A folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FolderRow {
    /// Its id.
    pub id: FolderId,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Who made it.
    pub created_by: String,
    /// When.
    pub created: Timestamp,
}

/// All folders, by name.
pub fn folders(tx: &mut dyn Tx, caller: &Caller) -> Result<Vec<FolderRow>, CatalogError> {
    let sql = format!(
        "SELECT folder_id, name, description, created_by_name, created_time FROM folders
         WHERE {} ORDER BY name_key",
        permissions::readable(caller, SecurableType::Folder, "folders.folder_id")
    );
    let one = |row: &Row| {
        Ok(FolderRow {
            id: row.get(0)?,
            name: row.get(1)?,
            description: row.get(2)?,
            created_by: row.get(3)?,
            created: row.get(4)?,
        })
    };
    tx.query(&sql, &[])?.iter().map(one).collect()
}

/// A project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProjectRow {
    /// Its id.
    pub id: ProjectId,
    /// Its folder's name.
    pub folder: String,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Its current version.
    pub object_version_lsn: i64,
    /// Who deployed it last.
    pub deployed_by: String,
    /// When.
    pub deployed: Timestamp,
    /// SHA-256 of its current file, lower-case hex.
    pub hash: String,
}

/// The projects of a folder, or all, by name.
pub fn projects(
    tx: &mut dyn Tx,
    caller: &Caller,
    folder: Option<&str>,
) -> Result<Vec<ProjectRow>, CatalogError> {
    let sql = format!(
        "SELECT p.project_id, f.name, p.name, p.description, p.object_version_lsn,
                      p.deployed_by_name, p.last_deployed_time, v.hash
               FROM projects p
               JOIN folders f ON f.folder_id = p.folder_id
               JOIN object_versions v ON v.object_version_lsn = p.object_version_lsn
               WHERE (CAST(?1 AS TEXT) IS NULL OR f.name_key = ?1) AND {}
               ORDER BY f.name_key, p.name_key",
        permissions::readable_by_log_readers(caller, SecurableType::Project, "p.project_id")
    );
    let one = |row: &Row| {
        Ok(ProjectRow {
            id: row.get(0)?,
            folder: row.get(1)?,
            name: row.get(2)?,
            description: row.get(3)?,
            object_version_lsn: row.get(4)?,
            deployed_by: row.get(5)?,
            deployed: row.get(6)?,
            hash: row.get(7)?,
        })
    };
    tx.query(&sql, &params![folder.map(fold)])?.iter().map(one).collect()
}

/// A package of a project's current version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PackageRow {
    /// Its id.
    pub id: i64,
    /// File name, with `.dtsx`.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// The package format's version.
    pub format_version: Option<i64>,
    /// Whether it can be started by itself.
    pub entry_point: bool,
}

/// The packages of a project, by name.
pub fn packages(
    tx: &mut dyn Tx,
    caller: &Caller,
    project: ProjectId,
) -> Result<Vec<PackageRow>, CatalogError> {
    let sql = format!(
        "SELECT package_id, name, description, package_format_version, entry_point
         FROM packages p WHERE p.project_id = ?1 AND {} ORDER BY p.name_key",
        permissions::readable_by_log_readers(caller, SecurableType::Project, "p.project_id")
    );
    let one = |row: &Row| {
        Ok(PackageRow {
            id: row.get(0)?,
            name: row.get(1)?,
            description: row.get(2)?,
            format_version: row.get(3)?,
            entry_point: row.get(4)?,
        })
    };
    tx.query(&sql, &params![project])?.iter().map(one).collect()
}

/// A stored version of a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VersionRow {
    /// `object_version_lsn`.
    pub lsn: i64,
    /// Who deployed it.
    pub created_by: String,
    /// When.
    pub created: Timestamp,
    /// Who restored it last.
    pub restored_by: Option<String>,
    /// When.
    pub restored: Option<Timestamp>,
    /// SHA-256 of its file, lower-case hex.
    pub hash: String,
}

/// The versions of a project, newest first.
pub fn versions(
    tx: &mut dyn Tx,
    caller: &Caller,
    project: ProjectId,
) -> Result<Vec<VersionRow>, CatalogError> {
    if !permissions::has(tx, caller, project, PermissionType::Read)? {
        return Ok(Vec::new());
    }
    let sql = "SELECT object_version_lsn, created_by, created_time, restored_by,
                      last_restored_time, hash
               FROM object_versions WHERE object_id = ?1 ORDER BY object_version_lsn DESC";
    let one = |row: &Row| {
        Ok(VersionRow {
            lsn: row.get(0)?,
            created_by: row.get(1)?,
            created: row.get(2)?,
            restored_by: row.get(3)?,
            restored: row.get(4)?,
            hash: row.get(5)?,
        })
    };
    tx.query(sql, &params![project])?.iter().map(one).collect()
}

/// The `.ispac` with this SHA-256 (lower-case hex), decrypted, for a worker; `None` when no
/// version has it.
pub fn project_bytes(tx: &mut dyn Tx, hash: &str) -> Result<Option<Vec<u8>>, CatalogError> {
    project_file::load(tx, hash)
}
