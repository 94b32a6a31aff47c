//! `catalog.deploy_packages`: incremental deployment.
//!
//! The project's file is taken from the catalog, the packages are put into it, and the result is
//! deployed as the project's new version. Everything else of the project stays as it was.
//!
//! Reading and writing a project takes a while, so it is done before the transaction, on the
//! version that was current then. Where another one is current by now, it is done again.

use std::fmt;

use package::{Package, Part, Project, ProjectPackage, ReadOptions};

use super::deploy_project::{Deployment, Failure, fail, succeed};
use super::lookup::{self, ProjectName, ProjectRow, READ_AND_MODIFY};
use super::names::fold;
use super::project_file::{self, ProjectFile, StoredProject};
use super::refusal;
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::store::Tx;

/// The extension of package files.
const EXTENSION: &str = ".dtsx";

/// A row of `[catalog].[Package_Table_Type]`.
#[derive(Clone, PartialEq, Eq)]
pub struct NewPackage {
    /// The package's name, with or without `.dtsx`.
    pub name: String,
    /// The `.dtsx` document; `None` for NULL.
    pub package_data: Option<Vec<u8>>,
}

impl fmt::Debug for NewPackage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewPackage").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Packages, and what a project is with them.
pub struct PackageUpdate {
    /// The version that they were put into.
    base: i64,
    packages: Vec<NewPackage>,
    merged: Result<ProjectFile, Vec<String>>,
}

impl fmt::Debug for PackageUpdate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PackageUpdate").field("packages", &self.packages).finish_non_exhaustive()
    }
}

impl PackageUpdate {
    /// Puts packages into the current version of a project.
    pub fn new(current: &StoredProject, packages: Vec<NewPackage>) -> Self {
        let merged = read_merged(&current.bytes, &packages);
        Self { base: current.object_version_lsn, packages, merged }
    }
}

/// Adds packages to a project, or replaces those of the same name. Values that were set on the
/// server stay.
pub fn deploy_packages(
    tx: &mut dyn Tx,
    caller: &Caller,
    project: &ProjectName<'_>,
    update: &PackageUpdate,
) -> Result<Deployment, CatalogError> {
    let row = lookup::project_for(tx, caller, project.place(), READ_AND_MODIFY)?;
    if update.packages.is_empty() {
        return Err(refusal::parameter_is_empty("packages_table"));
    }
    if row.object_version_lsn == update.base {
        return deploy(tx, caller, &row, update.merged.as_ref());
    }
    let bytes = project_file::load_version(tx, &row, row.object_version_lsn)?;
    deploy(tx, caller, &row, read_merged(&bytes, &update.packages).as_ref())
}

fn deploy(
    tx: &mut dyn Tx,
    caller: &Caller,
    row: &ProjectRow,
    merged: Result<&ProjectFile, &Vec<String>>,
) -> Result<Deployment, CatalogError> {
    let read = merged.map_err(Clone::clone);
    match read.and_then(|file| Ok((file, file.project()?))) {
        Ok((file, reading)) => succeed(tx, caller, row.id, (file, reading)),
        Err(problems) => failed(tx, caller, row, problems),
    }
}

fn failed(
    tx: &mut dyn Tx,
    caller: &Caller,
    row: &ProjectRow,
    problems: Vec<String>,
) -> Result<Deployment, CatalogError> {
    let failure = Failure { id: Some(row.id), name: &row.name, number: 27231, problems };
    fail(tx, caller, failure)
}

fn read_merged(file: &[u8], packages: &[NewPackage]) -> Result<ProjectFile, Vec<String>> {
    Ok(ProjectFile::read(merge(file, packages)?, &ReadOptions::default()))
}

/// The project's file with the packages in it; or everything that is wrong with them.
fn merge(file: &[u8], packages: &[NewPackage]) -> Result<Vec<u8>, Vec<String>> {
    let one = |error: package::ReadError| vec![error.to_string()];
    let (mut project, _known) = Project::from_ispac(file, &ReadOptions::default()).map_err(one)?;
    let mut problems = Vec::new();
    for (index, new) in packages.iter().enumerate() {
        let same = |other: &NewPackage| fold(&file_name(other)) == fold(&file_name(new));
        if packages.iter().take(index).any(same) {
            problems.push(format!("the package '{}' is given twice", new.name));
        } else if let Err(problem) = put(&mut project, new) {
            problems.push(problem);
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    project.to_ispac().map_err(one)
}

fn file_name(new: &NewPackage) -> String {
    let name = new.name.trim();
    if fold(name).ends_with(EXTENSION) { name.to_owned() } else { format!("{name}{EXTENSION}") }
}

/// Puts a package in the place of the one with its name, else behind all others. A new one can
/// be started by itself, as designers set it.
fn put(project: &mut Project, new: &NewPackage) -> Result<(), String> {
    let name = &new.name;
    let bytes = new.package_data.as_deref();
    let bytes = bytes.ok_or_else(|| format!("the package '{name}' has no content"))?;
    let wanted = file_name(new);
    if wanted.eq_ignore_ascii_case(EXTENSION) || wanted.contains(['/', '\\', '\0']) {
        return Err(format!("'{name}' is not a valid package name"));
    }
    let known = project.packages.iter().position(|old| fold(&old.file_name) == fold(&wanted));
    let file_name = known
        .and_then(|at| project.packages.get(at))
        .map_or(wanted, |package| package.file_name.clone());
    let read = Package::from_bytes(&file_name, bytes, &ReadOptions::default());
    // What is found in it is told when the whole project is read again.
    let (package, _diagnostics) = read.map_err(|error| error.to_string())?;
    let key = fold(&file_name);
    project.parts.retain(|part| fold(&part.name) != key);
    project.listed_parameters.retain(|(of, _)| of.as_deref().map(fold) != Some(key.clone()));
    project.parts.push(Part { name: file_name.clone(), bytes: bytes.into() });
    match known.and_then(|at| project.packages.get_mut(at)) {
        Some(old) => old.package = package,
        None => project.packages.push(ProjectPackage { file_name, entry_point: true, package }),
    }
    Ok(())
}
