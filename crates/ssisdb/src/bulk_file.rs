//! The file of `OPENROWSET(BULK ...)`: found by the path that a script has for it, read whole.
//!
//! Whether the login may read files is asked before.
//!
//! Source: T-SQL reference, "OPENROWSET (BULK)"; messages 4861 and 4863 of SQL Server.

use std::fs::File;
use std::io::{self, Read};

use tsql::value::SqlError;

use crate::server::Probe;

/// How much is read at most: what a project may have.
const BYTES_MAX: u64 = 512 << 20;

/// The bytes of the file that a script calls `path`.
pub(crate) fn read(path: &str, probe: &dyn Probe) -> Result<Vec<u8>, SqlError> {
    let place = probe.locate(path).map_err(|reason| cannot_open(path, &reason))?;
    let open = || {
        let file = File::open(&place)?;
        let facts = file.metadata()?;
        if !facts.is_file() {
            return Err(io::Error::other("it is no file"));
        }
        Ok((file, facts.len()))
    };
    let failed = |error: io::Error| cannot_open(path, &of_system(&error));
    let (file, length) = open().map_err(failed)?;
    let mut bytes = Vec::with_capacity(usize::try_from(length.min(BYTES_MAX)).unwrap_or(0));
    file.take(BYTES_MAX + 1).read_to_end(&mut bytes).map_err(failed)?;
    if BYTES_MAX < bytes.len() as u64 {
        let megabytes = BYTES_MAX >> 20;
        return Err(cannot_open(path, &format!("It has more than {megabytes} MB.")));
    }
    Ok(bytes)
}

fn of_system(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(code) => format!("Operating system error code {code}({error})."),
        None => format!("Operating system error: {error}."),
    }
}

fn cannot_open(path: &str, reason: &str) -> SqlError {
    let text =
        format!("Cannot bulk load because the file \"{path}\" could not be opened. {reason}");
    SqlError::new(4861, 16, 1, text)
}
