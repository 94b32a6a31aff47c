//! The log provider for SQL Server: a row of `dbo.sysssislog` for each entry.
//!
//! Rows go through the procedure `dbo.sp_ssis_addlogentry`, which a database may have in a version
//! of its own; table and procedure are created where they are missing. A thread writes them, so
//! that a package does not wait for each; it waits when too many are open.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender, TrySendError};
use std::thread;
use std::time::{Duration, Instant};

use connect::sql_server::{Connection, Direction, Interrupter, Parameter, Statement};
use model::{DataType, Value};
use package::ConnectionManager;
use uuid::Uuid;

use super::entry::Entry;
use crate::Cancel;
use crate::sql::{self, CANCEL_POLL};

/// Entries that may wait for the server.
const WAITING_MAX: usize = 1024;
/// How long the server may take over what is left when the package was stopped.
const GRACE: Duration = Duration::from_secs(2);
/// Lengths of the columns of `sysssislog`.
const NAME_LENGTH: u32 = 128;
const SOURCE_LENGTH: u32 = 1024;
const MESSAGE_LENGTH: u32 = 2048;

const TABLE: &str = "\
IF OBJECT_ID(N'[dbo].[sysssislog]', N'U') IS NULL
CREATE TABLE [dbo].[sysssislog] (
  [id] int IDENTITY(1,1) NOT NULL PRIMARY KEY, [event] sysname NOT NULL,
  [computer] nvarchar(128) NOT NULL, [operator] nvarchar(128) NOT NULL,
  [source] nvarchar(1024) NOT NULL, [sourceid] uniqueidentifier NOT NULL,
  [executionid] uniqueidentifier NOT NULL, [starttime] datetime NOT NULL,
  [endtime] datetime NOT NULL, [datacode] int NOT NULL, [databytes] image NULL,
  [message] nvarchar(2048) NOT NULL)";

const PROCEDURE: &str = "\
IF OBJECT_ID(N'[dbo].[sp_ssis_addlogentry]', N'P') IS NULL
EXEC(N'CREATE PROCEDURE [dbo].[sp_ssis_addlogentry]
  @event sysname, @computer nvarchar(128), @operator nvarchar(128), @source nvarchar(1024),
  @sourceid uniqueidentifier, @executionid uniqueidentifier, @starttime datetime,
  @endtime datetime, @datacode int, @databytes image, @message nvarchar(2048)
AS
INSERT INTO [dbo].[sysssislog] ([event], [computer], [operator], [source], [sourceid],
  [executionid], [starttime], [endtime], [datacode], [databytes], [message])
VALUES (@event, @computer, @operator, @source, @sourceid,
  @executionid, @starttime, @endtime, @datacode, @databytes, @message)')";

/// A log that is open.
pub(super) struct SqlLog {
    entries: SyncSender<Entry>,
    end: Receiver<Lost>,
    interrupter: Interrupter,
}

/// What did not get into the log.
#[derive(Debug, Default)]
pub(super) struct Lost {
    /// How many entries.
    pub(super) entries: u64,
    /// Why, of the first of them; a sentence.
    pub(super) reason: String,
}

impl SqlLog {
    /// Connects, and creates what is missing in the database. Waits for the server.
    pub(super) fn open(manager: &ConnectionManager) -> Result<Self, String> {
        let mut connection = sql::open(manager)?;
        for text in [TABLE, PROCEDURE] {
            sql::execute(&mut connection, &Statement::batch(text))?;
        }
        Ok(Self::start(connection))
    }

    fn start(mut connection: Connection) -> Self {
        let (entries, to_write) = mpsc::sync_channel(WAITING_MAX);
        let (done, end) = mpsc::channel();
        let interrupter = connection.interrupter();
        thread::spawn(move || {
            let lost = write_all(&mut connection, &to_write);
            // Nobody asks after the log of a package that was given up.
            drop(done.send(lost));
        });
        Self { entries, end, interrupter }
    }

    /// Takes an entry, unless the package was stopped while too many are open.
    pub(super) fn write(&self, mut entry: Entry, cancel: &Cancel) -> Result<(), &'static str> {
        loop {
            entry = match self.entries.try_send(entry) {
                Ok(()) => return Ok(()),
                Err(TrySendError::Disconnected(_)) => return Err("its thread has ended."),
                Err(TrySendError::Full(entry)) => entry,
            };
            if cancel.wait(CANCEL_POLL) {
                return Err("the package was stopped while the server was busy.");
            }
        }
    }

    /// Waits for what is left to be written.
    pub(super) fn close(self, cancel: &Cancel) -> Lost {
        drop(self.entries);
        let mut deadline = None;
        loop {
            match self.end.recv_timeout(CANCEL_POLL) {
                Ok(lost) => return lost,
                Err(RecvTimeoutError::Disconnected) => {
                    return Lost { entries: 1, reason: "its thread has ended.".to_owned() };
                }
                Err(RecvTimeoutError::Timeout) if cancel.is_cancelled() => {
                    let deadline = *deadline.get_or_insert_with(|| Instant::now() + GRACE);
                    if deadline <= Instant::now() {
                        self.interrupter.interrupt();
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }
}

/// Writes entries until there are no more. After a failure nothing more is tried: the next one
/// would only take as long to fail.
fn write_all(connection: &mut Connection, entries: &Receiver<Entry>) -> Lost {
    let mut lost = Lost::default();
    for entry in entries {
        if lost.entries == 0 {
            match sql::execute(connection, &statement(&entry)) {
                Ok(_) => continue,
                Err(reason) => lost.reason = reason,
            }
        }
        lost.entries += 1;
    }
    lost
}

fn statement(entry: &Entry) -> Statement {
    let time = entry.time.format("%Y-%m-%dT%H:%M:%S%.3f").to_string();
    let message = entry.message.as_deref().unwrap_or_default();
    let no_bytes = Value::Bytes([].into());
    let parameters = vec![
        text("@event", &entry.event, NAME_LENGTH),
        text("@computer", &entry.computer, NAME_LENGTH),
        text("@operator", &entry.operator, NAME_LENGTH),
        text("@source", &entry.source, SOURCE_LENGTH),
        text("@sourceid", &guid(&entry.source_id), NAME_LENGTH),
        text("@executionid", &guid(&entry.execution_id), NAME_LENGTH),
        text("@starttime", &time, NAME_LENGTH),
        text("@endtime", &time, NAME_LENGTH),
        parameter("@datacode", DataType::I4, Value::I4(entry.data_code)),
        parameter("@databytes", DataType::Bytes { length: 1 }, no_bytes),
        text("@message", message, MESSAGE_LENGTH),
    ];
    Statement {
        text: "[dbo].[sp_ssis_addlogentry]".to_owned(),
        parameters,
        is_stored_procedure: true,
        count_rows: false,
    }
}

/// Text cut to the length of its column, which SQL Server counts in UTF-16.
fn text(name: &str, value: &str, length: u32) -> Parameter {
    let most = usize::try_from(length).unwrap_or(usize::MAX);
    let mut used = 0;
    let fits = |letter: &char| {
        used += letter.len_utf16();
        used <= most
    };
    let cut: String = value.chars().take_while(fits).collect();
    parameter(name, DataType::WStr { length }, Value::text(cut))
}

fn parameter(name: &str, data_type: DataType, value: Value) -> Parameter {
    Parameter { name: name.to_owned(), direction: Direction::Input, data_type, value }
}

/// An id as SQL Server reads it; zeros where there is none.
fn guid(text: &str) -> String {
    Uuid::try_parse(text.trim_matches(['{', '}'])).unwrap_or_default().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_to_their_columns() {
        let cut = |value: &str| text("@x", value, 3).value.to_string();
        assert_eq!(cut("abcd"), "abc");
        // A letter of two units is not torn apart.
        assert_eq!(cut("ab😀"), "ab");
        assert_eq!(cut("é"), "é");
    }

    #[test]
    fn an_id_that_is_none_is_all_zeros() {
        let zeros = "00000000-0000-0000-0000-000000000000";
        assert_eq!(guid(""), zeros);
        assert_eq!(guid("{2D0C7A4C-3A3B-4C65-9E5C-6B7A1E1B0001}").len(), zeros.len());
    }
}
