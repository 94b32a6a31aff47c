//! INSERT BULK: a statement that names a table, and rows that follow it as a request of its own.
//!
//! Source: [MS-TDS] 2.2.6.1; T-SQL reference, "BULK INSERT" for the options; error 4816 of
//! `sys.messages`.
//!
//! # Invariants
//!
//! * The rows belong to the request before them: what else comes in between forgets the statement.

use model::Span;

use super::failure::Trouble;
use super::insert::{column_repeated, computed_set, no_column};
use super::interpreter::{Ended, Interpreter};
use super::output::row_bytes;
use super::procedure::NOWHERE;
use super::put::{Incoming, Putting};
use super::scope::ScopeKind;
use super::target::TableRef;
use crate::ast::{BulkOption, InsertBulk, Place, Statement, StatementKind, TargetName};
use crate::host::{Column, Command, Row};
use crate::types::SqlType;
use crate::value::SqlError;

/// The rows of a bulk load, read as they are asked for.
pub struct BulkRows {
    /// What each row has, in the order of the statement's columns.
    pub columns: Vec<Column>,
    /// The rows.
    pub rows: Box<dyn Iterator<Item = Result<Row, SqlError>> + Send>,
}

impl Interpreter<'_> {
    /// The statement: the table and the columns are there. Behind it, when the rows have come: they
    /// are put into the table.
    pub(super) fn insert_bulk(&mut self, insert: &InsertBulk) -> Result<Option<Ended>, Trouble> {
        let table = self.table_ref(&TargetName::Object(insert.table.clone()), "INSERT BULK")?;
        let places = self.bulk_places(&table, insert)?;
        let Some(arriving) = self.session.arriving.take() else {
            self.session.bulk = Some(Box::new(insert.clone()));
            return Ok(Self::nothing());
        };
        if arriving.columns.len() != places.len() {
            return Err(wrong_column(1 + arriving.columns.len().min(places.len())).into());
        }
        let types = arriving.columns.iter().map(|column| Some(column.data_type)).collect();
        let rows = self.arrived(arriving)?;
        let has = |option: &BulkOption| insert.options.contains(option);
        let putting = Putting {
            place: NOWHERE,
            checked: has(&BulkOption::CheckConstraints),
            null_is_default: !has(&BulkOption::KeepNulls),
        };
        let count = self.put_as(&table, Incoming { places, types, rows }, &[], putting)?;
        self.session.last.row_count = count;
        Ok(Some(Ended { command: Command::Insert, count: Some(count) }))
    }

    /// The columns that the rows have. An identity column among them keeps the numbers of the rows.
    fn bulk_places(&self, target: &TableRef, insert: &InsertBulk) -> Result<Vec<usize>, Trouble> {
        let table = self.target_table(target)?;
        let mut places = Vec::with_capacity(insert.columns.len());
        for column in &insert.columns {
            let name = &column.name;
            let found = table.column(&name.value);
            let index = found.ok_or_else(|| Trouble::bind(no_column(&name.value), name.place))?;
            let version = table.visible()[index].data_type == SqlType::RowVersion;
            if table.rules[index].computed.is_some() || version {
                return Err(Trouble::bind(computed_set(&name.value), name.place));
            }
            if places.contains(&index) {
                let error = column_repeated(&name.value);
                return Err(Trouble::bind(error, name.place));
            }
            places.push(index);
        }
        Ok(places)
    }

    /// All rows, as far as there is room for them.
    fn arrived(&self, arriving: BulkRows) -> Result<Vec<Row>, Trouble> {
        let mut room = self.session.settings.query_bytes;
        let mut rows = Vec::new();
        for row in arriving.rows {
            let row = row?;
            room = room.checked_sub(row_bytes(&row)).ok_or_else(too_many_rows)?;
            rows.push(row);
            if self.cancel.is_cancelled() {
                return Err(Trouble::Cancelled);
            }
        }
        Ok(rows)
    }

    /// The rows for the statement of the request before.
    pub(super) fn bulk_load(&mut self, rows: BulkRows) -> Result<(), Trouble> {
        let Some(insert) = self.session.bulk.take() else { return Err(no_statement().into()) };
        let text = crate::print::print_name(&insert.table);
        let place = Place { span: Span { start: 0, end: text.len() }, line: 1 };
        let statement = Statement { kind: StatementKind::InsertBulk(insert), place };
        let mut scope = self.new_scope(ScopeKind::Batch);
        scope.text = text.into();
        self.session.arriving = Some(rows);
        self.within(scope, |interpreter| interpreter.statements(&[statement]).map(|_flow| ()))
    }
}

fn too_many_rows() -> SqlError {
    let text = "There is insufficient system memory to run this query: a bulk load got too many \
                rows at once. Send them in smaller batches.";
    SqlError::new(701, 17, 123, text)
}

fn wrong_column(at: usize) -> SqlError {
    SqlError::new(4816, 16, 1, format!("Invalid column type from bcp client for colid {at}."))
}

fn no_statement() -> SqlError {
    let text = "Rows of a bulk load came without an INSERT BULK statement before them.";
    SqlError::new(4002, 16, 1, text)
}
