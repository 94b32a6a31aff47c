//! Project files: read once before they are deployed, stored encrypted, found by their content.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};
use model::{Code, Diagnostic, Severity};
use package::{Project, ReadError, ReadOptions};

use super::lookup::{self, ProjectName, ProjectRow, READ_AND_MODIFY};
use super::refusal;
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::sealed;
use crate::store::{Tx, params};

/// An `.ispac` that was read, successfully or not. Reading takes a while, so it is done before
/// the transaction that deploys it.
pub struct ProjectFile {
    pub(super) bytes: Vec<u8>,
    pub(super) hash: String,
    pub(super) reading: Result<Reading, ReadError>,
}

/// A project's file as the catalog has it. Taken out in a read, so that what takes a while is
/// done with it before the transaction that writes.
pub struct StoredProject {
    pub(super) object_version_lsn: i64,
    pub(super) bytes: Vec<u8>,
}

impl fmt::Debug for StoredProject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredProject")
            .field("object_version_lsn", &self.object_version_lsn)
            .finish_non_exhaustive()
    }
}

impl StoredProject {
    /// The `.ispac`.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Reads the file.
    pub fn read(self) -> ProjectFile {
        ProjectFile::read(self.bytes, &ReadOptions::default())
    }
}

/// A version of a project that the caller may read and change; its current one for `None`.
pub fn stored_project(
    tx: &mut dyn Tx,
    caller: &Caller,
    project: &ProjectName<'_>,
    object_version_lsn: Option<i64>,
) -> Result<StoredProject, CatalogError> {
    let row = lookup::project_for(tx, caller, project.place(), READ_AND_MODIFY)?;
    let object_version_lsn = object_version_lsn.unwrap_or(row.object_version_lsn);
    let bytes = load_version(tx, &row, object_version_lsn)?;
    Ok(StoredProject { object_version_lsn, bytes })
}

/// What was found in the file.
pub(super) struct Reading {
    pub(super) project: Project,
    pub(super) diagnostics: Vec<Diagnostic>,
}

impl fmt::Debug for ProjectFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProjectFile").field("hash", &self.hash).finish_non_exhaustive()
    }
}

/// A hostile file can take hundreds of megabytes while it is read, so one is read at a time.
static READING: Mutex<()> = Mutex::new(());

impl ProjectFile {
    /// Reads an `.ispac`. A file that cannot be read is one too: deploying it fails, and the
    /// catalog then tells why.
    pub fn read(bytes: Vec<u8>, options: &ReadOptions) -> Self {
        let _one_at_a_time = READING.lock().unwrap_or_else(PoisonError::into_inner);
        let reading = Project::from_ispac(&bytes, options)
            .map(|(project, diagnostics)| Reading { project, diagnostics });
        Self { hash: hash_of(&bytes), bytes, reading }
    }

    /// SHA-256 of the file, lower-case hex.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// The project's name according to the file; `None` when it cannot be read.
    pub fn project_name(&self) -> Option<&str> {
        self.reading.as_ref().ok().map(|reading| reading.project.name.as_str())
    }

    /// The project, unless the file, or a document that its manifest lists, cannot be read.
    pub(super) fn project(&self) -> Result<&Reading, Vec<String>> {
        let reading = self.reading.as_ref().map_err(|error| vec![error.to_string()])?;
        let damage: Vec<String> =
            reading.diagnostics.iter().filter(|found| is_damage(found)).map(text_of).collect();
        if damage.is_empty() { Ok(reading) } else { Err(damage) }
    }
}

/// A part that is not there or not readable, as against one that is understood and does not run:
/// the latter is for validation to say.
fn is_damage(diagnostic: &Diagnostic) -> bool {
    diagnostic.severity == Severity::Error
        && matches!(
            diagnostic.code,
            Code::NotXml
                | Code::ForbiddenXml
                | Code::NotAPackage
                | Code::UnknownFormat
                | Code::BadArchive
                | Code::MissingPart
        )
}

/// A diagnostic as an operation message tells it.
pub(super) fn text_of(diagnostic: &Diagnostic) -> String {
    match &diagnostic.hint {
        Some(hint) => format!("{diagnostic}: {hint}"),
        None => diagnostic.to_string(),
    }
}

fn hash_of(bytes: &[u8]) -> String {
    digest(&SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Stores a file once, however often it is deployed.
pub(super) fn store(tx: &mut dyn Tx, file: &ProjectFile) -> Result<(), CatalogError> {
    let sql = "SELECT 1 FROM project_files WHERE hash = ?1";
    if tx.query_opt(sql, &params![&file.hash])?.is_some() {
        return Ok(());
    }
    let place = sealed::project_file(&file.hash);
    let sealed = tx.key().seal(&place, &file.bytes).map_err(CatalogError::Seal)?;
    let sql = "INSERT INTO project_files (hash, sealed, size) VALUES (?1, ?2, ?3)";
    tx.execute(sql, &params![&file.hash, sealed, file.bytes.len() as u64])?;
    Ok(())
}

/// The file with this hash; `None` when no version has it.
pub(crate) fn load(tx: &mut dyn Tx, hash: &str) -> Result<Option<Vec<u8>>, CatalogError> {
    let sql = "SELECT sealed FROM project_files WHERE hash = ?1";
    let Some(sealed) = tx.scalar::<Vec<u8>>(sql, &params![hash])? else { return Ok(None) };
    let opened = tx.key().open(&sealed::project_file(hash), &sealed);
    let what = || format!("the project file {hash}");
    opened.map(Some).map_err(|source| CatalogError::Sealed { what: what(), source })
}

/// The file of one version of a project.
pub(super) fn load_version(
    tx: &mut dyn Tx,
    project: &ProjectRow,
    object_version_lsn: i64,
) -> Result<Vec<u8>, CatalogError> {
    let hash = hash_of_version(tx, project, object_version_lsn)?;
    load(tx, &hash)?.ok_or_else(|| refusal::project_not_retrieved(&project.name))
}

/// What tells the file of a version; 27179 when the project has no such version.
pub(super) fn hash_of_version(
    tx: &mut dyn Tx,
    project: &ProjectRow,
    object_version_lsn: i64,
) -> Result<String, CatalogError> {
    let sql = "SELECT hash FROM object_versions WHERE object_version_lsn = ?1 AND object_id = ?2";
    let hash: Option<String> = tx.scalar(sql, &params![object_version_lsn, project.id])?;
    hash.ok_or_else(refusal::version_not_of_project)
}
