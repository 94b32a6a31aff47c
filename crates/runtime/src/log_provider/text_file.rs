//! The log provider for text files: a line of fields for each entry.

use std::io::{self, Write};
use std::path::Path;

use fs_err::{File, OpenOptions};

use super::entry::Entry;

/// The first line of a log.
const HEADER: &str = "#Fields: event,computer,operator,source,sourceid,executionid,starttime,\
                      endtime,datacode,databytes,message";

/// Opens a log, behind what earlier runs have written.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let mut file = OpenOptions::new().append(true).create(true).open(path)?;
    if file.metadata()?.len() == 0 {
        writeln!(file, "{HEADER}")?;
    }
    Ok(file)
}

/// Writes an entry at the end, at once, because others may write to the same file.
pub(super) fn write(file: &mut File, entry: &Entry) -> io::Result<()> {
    let time = entry.time_text();
    let code = entry.data_code.to_string();
    let fields = [
        entry.event.as_str(),
        &entry.computer,
        &entry.operator,
        &entry.source,
        &entry.source_id,
        &entry.execution_id,
        &time,
        &time,
        &code,
        &entry.data_bytes,
        entry.message.as_deref().unwrap_or("(null)"),
    ];
    file.write_all(format!("{}\n", fields.join(",")).as_bytes())
}
