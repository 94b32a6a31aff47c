//! Where rows go that do not fit into memory, until their turn comes.
//!
//! The files have no names, so nothing is left behind however the process ends.

use std::io::{Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow_schema::SchemaRef;
use fs_err::{File, OpenOptions};
use model::dts;

use crate::raw::{self, RawColumn, RawError, RawReader, RawWriter};
use crate::{Build, Environment, Failure, Invalid, Stop};

/// Where rows are set aside, and their columns.
pub(crate) struct Spill {
    folders: Folders,
    schema: SchemaRef,
}

/// Folders for files, tried in this order.
pub(crate) struct Folders(Vec<PathBuf>);

impl Spill {
    /// For the rows of an input.
    pub(crate) fn of(build: &Build<'_>, input: usize) -> Result<Self, Invalid> {
        let folders = Folders::named(build.temp_folders, build.environment);
        let columns = build.input(input)?.columns.iter().map(|column| RawColumn {
            name: column.name.clone(),
            data_type: column.data_type,
            sort_key_position: 0,
            comparison_flags: 0,
        });
        let columns: Vec<_> = columns.collect();
        Ok(Self { folders, schema: raw::schema(&columns) })
    }

    /// Begins to set rows aside.
    pub(crate) fn begin(&self) -> Result<RawWriter, Stop> {
        let writer = RawWriter::to_file(self.folders.file()?, &self.schema);
        Ok(writer.map_err(|error| broken(&error))?)
    }
}

impl Folders {
    /// Folders as a package names them, separated by `;`, and the system's behind them. One that
    /// cannot be resolved is left out.
    pub(crate) fn named(names: &str, environment: &dyn Environment) -> Self {
        let named = names.split(';').map(str::trim).filter(|name| !name.is_empty());
        let resolved = named.filter_map(|name| environment.resolve_path(name).ok());
        Self(resolved.chain([std::env::temp_dir()]).collect())
    }

    /// A new file without a name.
    pub(crate) fn file(&self) -> Result<File, Failure> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let mut why = None;
        for folder in &self.0 {
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let path = folder.join(format!("packhorse-{}-{number}.run", std::process::id()));
            let file = OpenOptions::new().read(true).write(true).create_new(true).open(&path);
            match file.and_then(|file| fs_err::remove_file(&path).map(|()| file)) {
                Ok(file) => return Ok(file),
                Err(error) => why = Some(error),
            }
        }
        let why = why.map(|error| error.to_string()).unwrap_or_default();
        Err(Failure::new(
            dts::DTS_E_CANTCREATESPOOLFILE,
            format!("A file for rows that do not fit into memory cannot be created: {why}."),
        ))
    }
}

/// A file for rows that do not fit into memory failed.
pub(crate) fn broken(error: &RawError) -> Failure {
    Failure::new(
        dts::DTS_E_CANTCREATESPOOLFILE,
        format!("Rows that do not fit into memory cannot be set aside: {}.", error.text()),
    )
}

/// Ends a file of rows, which then stands at its beginning again.
pub(crate) fn finish(rows: RawWriter) -> Result<File, Stop> {
    let mut file = rows.finish().map_err(|error| broken(&error))?;
    let back = file.seek(SeekFrom::Start(0));
    back.map_err(|error| broken(&RawError::Open(error)))?;
    Ok(file)
}

/// Reads rows that were set aside.
pub(crate) fn read(file: File) -> Result<RawReader, Stop> {
    Ok(RawReader::of_file(file.into_parts().0).map_err(|error| broken(&error))?)
}
