//! Excel workbooks as a database: sheets and ranges are tables, as the ACE and Jet providers show
//! them.
//!
//! ```text
//!   Book      cells of a sheet, in order                    (.xlsx, .xlsm, .xlsb, .xls)
//!   Table     header, types guessed from the first rows, rows
//!   Query     SELECT columns FROM [Sheet1$A1:C9] WHERE a IS NOT NULL
//!   write     rows behind the last row of a sheet, new sheets (.xlsx, .xlsm)
//! ```
//!
//! A workbook is read when it is asked for something, and written as a whole when a transaction
//! is committed; other parts of it stay byte for byte as they are. Writers of this process take
//! turns, so that two destinations may fill two sheets of one workbook.
//!
//! Rules: "Import data from Excel or export data to Excel" page; data-flow facts 2.3 and 3.4.

mod book;
mod query;
mod table;
mod write;

use std::path::{Path, PathBuf};

use model::Value;

use super::{
    BulkInsert, Column, Database, DatabaseError, Kind, Limits, Outcome, Product, RowSink, Statement,
};
use book::Book;
use query::{Command, Query};
use table::{Settings, Table};
use write::Pending;

pub use query::unsupported;

/// A workbook.
#[derive(Debug)]
pub(super) struct Connection {
    path: PathBuf,
    settings: Settings,
    in_transaction: bool,
    pending: Option<Pending>,
}

impl Connection {
    /// A workbook, which need not exist before a sheet is made in it.
    pub(super) fn open(
        path: &Path,
        header: bool,
        mixed_as_text: bool,
    ) -> Result<Self, DatabaseError> {
        if path.is_dir() {
            let text = format!("the workbook `{}` is a folder", path.display());
            return Err(DatabaseError::new(Kind::Connection, text));
        }
        let settings = Settings { header, mixed_as_text };
        Ok(Self { path: path.to_owned(), settings, in_transaction: false, pending: None })
    }

    fn table(&self, name: &str, limits: &Limits<'_>) -> Result<(Book, Table), DatabaseError> {
        let mut book = Book::open(&self.path)?;
        let table = Table::open(&mut book, name, self.settings, limits)?;
        Ok((book, table))
    }

    fn write(&mut self) -> Result<(), DatabaseError> {
        match self.pending.take() {
            Some(pending) => pending.write(&self.path),
            None => Ok(()),
        }
    }
}

/// The refusal of what Excel cannot do.
fn refused(what: &str) -> DatabaseError {
    DatabaseError::new(Kind::Unsupported, format!("{what} is not supported for Excel workbooks"))
}

fn refuse_parameters(statement: &Statement) -> Result<(), DatabaseError> {
    match statement.parameters.is_empty() && !statement.is_stored_procedure {
        true => Ok(()),
        false => Err(refused("a command with parameters")),
    }
}

impl Database for Connection {
    fn product(&self) -> Product {
        Product::Excel
    }

    fn is_open(&self) -> bool {
        true
    }

    fn describe(
        &mut self,
        text: &str,
        limits: &Limits<'_>,
    ) -> Result<Option<Vec<Column>>, DatabaseError> {
        let query = Query::parse(text)?;
        let (_, table) = self.table(&query.table, limits)?;
        query.plan(&table).map(|plan| Some(plan.columns))
    }

    fn query(
        &mut self,
        statement: &Statement,
        block_rows: usize,
        limits: &Limits<'_>,
        sink: &mut dyn RowSink,
    ) -> Result<(), DatabaseError> {
        refuse_parameters(statement)?;
        let query = Query::parse(&statement.text)?;
        let (mut book, table) = self.table(&query.table, limits)?;
        let plan = query.plan(&table)?;
        if !sink.columns(&plan.columns) {
            return Ok(());
        }
        let mut block: Vec<Vec<Value>> = Vec::new();
        let mut wanted = true;
        table.rows(&mut book, limits, &mut |row| {
            if let Some(row) = plan.row(&row) {
                block.push(row);
            }
            if block_rows <= block.len() {
                wanted = sink.rows(std::mem::take(&mut block));
            }
            wanted
        })?;
        if wanted && !block.is_empty() {
            sink.rows(block);
        }
        Ok(())
    }

    fn execute(
        &mut self,
        statement: &Statement,
        limits: &Limits<'_>,
    ) -> Result<Outcome, DatabaseError> {
        refuse_parameters(statement)?;
        match query::command(&statement.text)? {
            Command::CreateTable { name, columns } => {
                write::create_sheet(&self.path, &name, &columns)?;
                Ok(Outcome::default())
            }
            Command::Select => {
                let mut all = Collected::default();
                self.query(statement, 1024, limits, &mut all)?;
                let mut outcome = Outcome {
                    rows_affected: i64::try_from(all.0.rows.len()).ok(),
                    ..Outcome::default()
                };
                outcome.result_sets.push(all.0);
                Ok(outcome)
            }
        }
    }

    fn bulk_insert(
        &mut self,
        into: &BulkInsert,
        rows: &[Vec<Value>],
        limits: &Limits<'_>,
    ) -> Result<(), DatabaseError> {
        let same = self.pending.as_ref().is_some_and(|pending| pending.table == into.table);
        if !same {
            self.write()?;
            let name = Query::parse(&format!("SELECT * FROM {}", into.table))?.table;
            let (_, table) = self.table(&name, limits)?;
            self.pending = Some(Pending::new(into, &table)?);
        }
        let Some(pending) = &mut self.pending else { return Ok(()) };
        for row in rows {
            if (limits.stopped)() {
                return Err(DatabaseError::stopped());
            }
            pending.add(row)?;
        }
        if self.in_transaction { Ok(()) } else { self.write() }
    }

    fn begin(&mut self) -> Result<bool, DatabaseError> {
        Ok(!std::mem::replace(&mut self.in_transaction, true))
    }

    fn commit(&mut self) -> Result<(), DatabaseError> {
        self.in_transaction = false;
        self.write()
    }

    fn rollback(&mut self) -> Result<(), DatabaseError> {
        self.in_transaction = false;
        self.pending = None;
        Ok(())
    }
}

/// All rows of a query.
#[derive(Default)]
struct Collected(model::RowSet);

impl RowSink for Collected {
    fn columns(&mut self, columns: &[Column]) -> bool {
        let text = model::DataType::NText;
        self.0.columns =
            columns.iter().map(|c| (c.name.clone(), c.data_type.unwrap_or(text))).collect();
        true
    }

    fn rows(&mut self, rows: Vec<Vec<Value>>) -> bool {
        self.0.rows.extend(rows);
        true
    }
}

#[cfg(test)]
mod tests;
