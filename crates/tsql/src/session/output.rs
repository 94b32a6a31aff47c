//! Outputs between a procedure and the client: one that tells how deep it is, one that keeps the
//! rows for INSERT ... EXEC, and one that drops everything.

use crate::host::{
    Column, Message, Output, OutputValue, Row, SessionChange, StatementDone, Stopped,
};
use crate::value::{SqlError, SqlValue};

/// The output of a procedure outside the engine.
pub(super) struct Nested<'a> {
    pub(super) inner: &'a mut dyn Output,
    /// How many procedures stand around its statements, itself included.
    pub(super) depth: u32,
    /// `SET NOCOUNT`.
    pub(super) quiet: bool,
    /// The name that its messages get.
    pub(super) procedure: &'a str,
    /// How many rows its last statement gave.
    pub(super) row_count: u64,
    /// The number of its last error.
    pub(super) error: i32,
    /// Whether a result has begun and not ended.
    pub(super) open: bool,
}

impl Output for Nested<'_> {
    fn columns(&mut self, columns: &[Column]) -> Result<(), Stopped> {
        self.open = true;
        self.row_count = 0;
        self.inner.columns(columns)
    }

    fn row(&mut self, row: &[SqlValue]) -> Result<(), Stopped> {
        self.row_count += 1;
        self.inner.row(row)
    }

    fn statement_done(&mut self, done: StatementDone) -> Result<(), Stopped> {
        let result = std::mem::take(&mut self.open);
        self.row_count = done.count.unwrap_or(self.row_count);
        if self.quiet && !result && !done.failed {
            return Ok(());
        }
        let count = done.count.filter(|_| !self.quiet);
        self.inner.statement_done(StatementDone { count, depth: done.depth + self.depth, ..done })
    }

    fn procedure_done(&mut self, status: i32, depth: u32) -> Result<(), Stopped> {
        self.inner.procedure_done(status, depth + self.depth)
    }

    fn output_value(&mut self, _value: &OutputValue) -> Result<(), Stopped> {
        Ok(())
    }

    fn message(&mut self, message: &Message) -> Result<(), Stopped> {
        if 10 < message.error.severity {
            self.error = message.error.number;
        }
        if !message.procedure.is_empty() {
            return self.inner.message(message);
        }
        let procedure = self.procedure.to_owned();
        self.inner.message(&Message { procedure, ..message.clone() })
    }

    fn changed(&mut self, change: &SessionChange) -> Result<(), Stopped> {
        self.inner.changed(change)
    }

    fn flush(&mut self) -> Result<(), Stopped> {
        self.inner.flush()
    }
}

/// Keeps rows, and passes messages on.
pub(super) struct Capture<'a> {
    pub(super) inner: &'a mut dyn Output,
    /// How many columns the rows have to have.
    pub(super) width: usize,
    pub(super) rows: Vec<Row>,
    /// The columns of each result, and which row it begins with.
    pub(super) results: Vec<(usize, Vec<Column>)>,
    /// What is wrong with the results.
    pub(super) refused: Option<SqlError>,
    /// How many bytes of rows there may be.
    pub(super) room: u64,
}

impl Output for Capture<'_> {
    fn columns(&mut self, columns: &[Column]) -> Result<(), Stopped> {
        if columns.len() != self.width {
            let text = "Column name or number of supplied values does not match table definition.";
            self.refused.get_or_insert(SqlError::new(213, 16, 7, text));
        }
        self.results.push((self.rows.len(), columns.to_vec()));
        Ok(())
    }

    fn row(&mut self, row: &[SqlValue]) -> Result<(), Stopped> {
        match self.room.checked_sub(row_bytes(row)) {
            Some(room) => self.room = room,
            None => {
                let text = "There is insufficient system memory to run this query: INSERT ... EXEC \
                            got too many rows at once. Let the procedure give fewer.";
                self.refused.get_or_insert(SqlError::new(701, 17, 123, text));
            }
        }
        if self.refused.is_none() {
            self.rows.push(row.to_vec());
        }
        Ok(())
    }

    fn statement_done(&mut self, done: StatementDone) -> Result<(), Stopped> {
        if done.failed { self.inner.statement_done(done) } else { Ok(()) }
    }

    fn procedure_done(&mut self, _status: i32, _depth: u32) -> Result<(), Stopped> {
        Ok(())
    }

    fn output_value(&mut self, _value: &OutputValue) -> Result<(), Stopped> {
        Ok(())
    }

    fn message(&mut self, message: &Message) -> Result<(), Stopped> {
        self.inner.message(message)
    }

    fn changed(&mut self, change: &SessionChange) -> Result<(), Stopped> {
        self.inner.changed(change)
    }

    fn flush(&mut self) -> Result<(), Stopped> {
        self.inner.flush()
    }
}

/// How much memory a row takes, about.
pub(super) fn row_bytes(row: &[SqlValue]) -> u64 {
    let long = |value: &SqlValue| {
        let value = value.unwrapped();
        value.as_str().map(str::len).or(value.as_bytes().map(<[u8]>::len)).unwrap_or(0)
    };
    let bytes: usize = row.iter().map(|value| size_of::<SqlValue>() + long(value)).sum();
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

/// Drops what a function tells: it can tell nothing.
pub(super) struct Silent;

impl Output for Silent {
    fn columns(&mut self, _columns: &[Column]) -> Result<(), Stopped> {
        Ok(())
    }

    fn row(&mut self, _row: &[SqlValue]) -> Result<(), Stopped> {
        Ok(())
    }

    fn statement_done(&mut self, _done: StatementDone) -> Result<(), Stopped> {
        Ok(())
    }

    fn procedure_done(&mut self, _status: i32, _depth: u32) -> Result<(), Stopped> {
        Ok(())
    }

    fn output_value(&mut self, _value: &OutputValue) -> Result<(), Stopped> {
        Ok(())
    }

    fn message(&mut self, _message: &Message) -> Result<(), Stopped> {
        Ok(())
    }

    fn changed(&mut self, _change: &SessionChange) -> Result<(), Stopped> {
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Stopped> {
        Ok(())
    }
}
