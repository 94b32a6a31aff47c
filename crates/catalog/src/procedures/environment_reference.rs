//! References of projects to environments, as procedures name and find them.

use model::{FolderId, PermissionType, ProjectId};

use super::environment::{self, EnvironmentName};
use super::names::fold;
use super::{lookup, refusal};
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::permissions::{self, Securable};
use crate::store::{Param, Tx, params};

/// Where a reference looks for its environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReferenceLocation<'a> {
    /// `R`: in the project's folder, wherever the project is.
    Relative,
    /// `A`: in the folder of this name.
    Absolute(&'a str),
}

impl<'a> ReferenceLocation<'a> {
    /// What `@reference_type` and `@environment_folder_name` say; 27101 when they say nothing
    /// that is documented. A folder's name is ignored for a relative reference.
    pub fn new(
        reference_type: &str,
        environment_folder_name: Option<&'a str>,
    ) -> Result<Self, CatalogError> {
        match (reference_type.trim_end(), environment_folder_name) {
            ("R" | "r", _) => Ok(Self::Relative),
            ("A" | "a", Some(folder)) if !folder.is_empty() => Ok(Self::Absolute(folder)),
            ("A" | "a", _) => Err(refusal::parameter_not_valid("environment_folder_name")),
            _ => Err(refusal::parameter_not_valid("reference_type")),
        }
    }

    /// `reference_type` as it is stored.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Relative => "R",
            Self::Absolute(_) => "A",
        }
    }

    /// `environment_folder_name` as it is stored.
    pub(super) fn folder_name(self) -> Option<&'a str> {
        match self {
            Self::Relative => None,
            Self::Absolute(folder) => Some(folder),
        }
    }

    /// The folder's name as it is compared; empty for a relative reference.
    pub(super) fn folder_key(self) -> String {
        self.folder_name().map(fold).unwrap_or_default()
    }
}

/// Refuses a reference to an environment that the caller cannot read: 27104 without the folder,
/// 27182 without the environment.
pub(super) fn check_environment(
    tx: &mut dyn Tx,
    caller: &Caller,
    project_folder: FolderId,
    (location, environment_name): (ReferenceLocation<'_>, &str),
) -> Result<(), CatalogError> {
    match location {
        ReferenceLocation::Relative => {
            let found = environment::find_in(tx, project_folder, environment_name)?;
            match found {
                Some(id) if readable(tx, caller, id)? => Ok(()),
                _ => Err(refusal::environment_not_found(environment_name)),
            }
        }
        ReferenceLocation::Absolute(folder_name) => {
            let name = EnvironmentName { folder_name, environment_name };
            environment::find_for(tx, caller, &name, &[PermissionType::Read]).map(drop)
        }
    }
}

fn readable(tx: &mut dyn Tx, caller: &Caller, environment: i64) -> Result<bool, CatalogError> {
    permissions::has(tx, caller, Securable::environment(environment), PermissionType::Read)
}

/// A reference, as procedures need it.
pub(super) struct ReferenceRow {
    pub(super) id: i64,
    pub(super) project: ProjectId,
    pub(super) project_folder: FolderId,
    pub(super) reference_type: String,
    /// `None` for a relative reference.
    pub(super) folder_name: Option<String>,
    pub(super) environment_name: String,
}

const SELECT: &str = "SELECT r.project_id, p.folder_id, r.reference_type,
                             r.environment_folder_name, r.environment_name
                      FROM environment_references r
                      JOIN projects p ON p.project_id = r.project_id";

/// The reference with this id; 27114 when there is none, or when the caller lacks one of these
/// permissions on its project.
pub(super) fn find(
    tx: &mut dyn Tx,
    caller: &Caller,
    id: i64,
    needed: &[PermissionType],
) -> Result<ReferenceRow, CatalogError> {
    match load(tx, "WHERE r.reference_id = ?1", id, &params![id])? {
        Some(found) if permissions::has_all(tx, caller, found.project, needed)? => Ok(found),
        _ => Err(refusal::reference_not_found(id)),
    }
}

/// The reference with this id of this project; 27208 when it has none.
pub(super) fn of_project(
    tx: &mut dyn Tx,
    project: ProjectId,
    id: i64,
) -> Result<ReferenceRow, CatalogError> {
    let rest = "WHERE r.reference_id = ?1 AND r.project_id = ?2";
    let found = load(tx, rest, id, &params![id, project])?;
    found.ok_or_else(|| refusal::reference_not_of_project(id))
}

fn load(
    tx: &mut dyn Tx,
    rest: &str,
    id: i64,
    params: &[Param<'_>],
) -> Result<Option<ReferenceRow>, CatalogError> {
    let row = tx.query_opt(&format!("{SELECT} {rest}"), params)?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(ReferenceRow {
        id,
        project: row.get(0)?,
        project_folder: row.get(1)?,
        reference_type: row.get(2)?,
        folder_name: row.get(3)?,
        environment_name: row.get(4)?,
    }))
}

impl ReferenceRow {
    /// The environment that it leads to now; 27200 when it leads nowhere, or to one that the
    /// caller may not read.
    pub(super) fn resolve(&self, tx: &mut dyn Tx, caller: &Caller) -> Result<i64, CatalogError> {
        let folder = match &self.folder_name {
            None => Some(self.project_folder),
            Some(name) => lookup::find_folder(tx, name)?,
        };
        let found = match folder {
            Some(folder) => environment::find_in(tx, folder, &self.environment_name)?,
            None => None,
        };
        match found {
            Some(id) if readable(tx, caller, id)? => Ok(id),
            _ => Err(refusal::environment_missing()),
        }
    }
}
