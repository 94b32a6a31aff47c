//! The servers that are asked: one connection for each connection manager, one deadline for all.

use std::collections::HashMap;
use std::sync::{Arc, MutexGuard};
use std::time::{Duration, Instant};

use connect::database::{Database, DatabaseError, Kind, Limits, Product, RowSink, Statement};
use model::Value;
use package::{ColumnChoice, ProfileRequest, ProfiledTable};

use super::column::{Column, number, quoted};
use super::document::Xml;
use super::{failed, source, trace};
use crate::evaluate::Mistake;
use crate::frame::Frame;
use crate::task::execute_sql::Trouble;
use crate::task::execute_sql::acquire::{self, Acquired};

/// Rows of a block.
const BLOCK_ROWS: usize = 1000;

/// The servers of a task.
pub(super) struct Servers<'f> {
    frame: &'f Arc<Frame>,
    deadline: Option<Instant>,
    open: HashMap<String, (Acquired, HashMap<ProfiledTable, Arc<Table>>)>,
}

impl<'f> Servers<'f> {
    /// None is connected to yet.
    pub(super) fn new(frame: &'f Arc<Frame>, time_max: Option<Duration>) -> Self {
        let deadline = time_max.and_then(|time| Instant::now().checked_add(time));
        Self { frame, deadline, open: HashMap::new() }
    }

    /// The server of a request.
    pub(super) fn server<'s>(
        &'s mut self,
        request: &'s ProfileRequest,
    ) -> Result<Server<'s>, Trouble> {
        let manager = source(self.frame, request)?;
        if !self.open.contains_key(&manager.id) {
            let acquired = acquire::connection(self.frame, &request.data_source)?;
            self.open.insert(manager.id.clone(), (acquired, HashMap::new()));
        }
        let Some((acquired, tables)) = self.open.get_mut(&manager.id) else {
            return Err(Trouble::Mistake(failed("The connection is gone.")));
        };
        let connection = acquired.lock();
        if connection.product() != Product::SqlServer {
            let product = connection.product().name();
            let text = format!("Only data of SQL Server is profiled, and this is {product}.");
            return Err(Trouble::Mistake(failed(&text)));
        }
        let data_source = manager.connection_string.get("Data Source").unwrap_or_default();
        let (frame, deadline) = (self.frame, self.deadline);
        Ok(Server { frame, deadline, request, data_source, connection, tables })
    }
}

/// A table and what is known of it.
#[derive(Debug)]
pub(super) struct Table {
    /// Its name in T-SQL.
    pub(super) name: String,
    /// Its columns, in their order.
    pub(super) columns: Vec<Column>,
    /// How many rows it has.
    pub(super) rows: i64,
    written: ProfiledTable,
    database: String,
}

impl Table {
    /// The place of a column.
    fn place(&self, name: &str) -> Option<usize> {
        let exact = self.columns.iter().position(|column| column.name == name);
        let alike = || self.columns.iter().position(|one| one.name.eq_ignore_ascii_case(name));
        exact.or_else(alike)
    }

    /// A column that a request names, with what the request says about comparing it.
    pub(super) fn column(&self, choice: &ColumnChoice, name: &str) -> Result<Column, Mistake> {
        let place = self.place(name).ok_or_else(|| self.no_column(name))?;
        let mut column = self.columns[place].clone();
        column.binary = choice.binary;
        Ok(column)
    }

    fn no_column(&self, name: &str) -> Mistake {
        failed(&format!("The table or view {} has no column \"{name}\".", self.name))
    }
}

/// The server of one request, while it is answered.
pub(super) struct Server<'s> {
    frame: &'s Arc<Frame>,
    deadline: Option<Instant>,
    request: &'s ProfileRequest,
    data_source: String,
    connection: MutexGuard<'s, Box<dyn Database>>,
    tables: &'s mut HashMap<ProfiledTable, Arc<Table>>,
}

impl Server<'_> {
    /// The rows of a query.
    pub(super) fn rows(&mut self, text: &str) -> Result<Vec<Vec<Value>>, Trouble> {
        let answer =
            self.asks(text, |connection, statement, limits| connection.execute(statement, limits))?;
        Ok(answer.result_sets.into_iter().next().map(|set| set.rows).unwrap_or_default())
    }

    /// The first row of a query.
    pub(super) fn row(&mut self, text: &str) -> Result<Vec<Value>, Trouble> {
        Ok(self.rows(text)?.into_iter().next().unwrap_or_default())
    }

    /// The whole number that a query answers with.
    pub(super) fn number(&mut self, text: &str) -> Result<i64, Trouble> {
        Ok(self.row(text)?.first().map_or(0, number))
    }

    /// Hands the rows of a query on, block by block.
    pub(super) fn stream(&mut self, text: &str, sink: &mut dyn RowSink) -> Result<(), Trouble> {
        self.asks(text, |connection, statement, limits| {
            connection.query(statement, BLOCK_ROWS, limits, sink)
        })
    }

    fn asks<T>(
        &mut self,
        text: &str,
        ask: impl FnOnce(&mut dyn Database, &Statement, &Limits<'_>) -> Result<T, DatabaseError>,
    ) -> Result<T, Trouble> {
        let time_max = self.deadline.map(|at| at.saturating_duration_since(Instant::now()));
        if time_max.is_some_and(|time| time.is_zero()) {
            return Err(self.too_long());
        }
        trace(self.frame, &format!("The query begins: {text}"));
        let cancel = &self.frame.run.runner.cancel;
        let limits = Limits { time_max, stopped: &|| cancel.is_cancelled() };
        let answer = ask(self.connection.as_mut(), &Statement::batch(text), &limits);
        trace(self.frame, "The query has ended.");
        match answer {
            Ok(answer) => Ok(answer),
            Err(error) if error.kind == Kind::Stopped => Err(Trouble::Canceled),
            Err(error) if error.kind == Kind::TimedOut && self.deadline.is_some() => {
                Err(self.too_long())
            }
            Err(error) => Err(Trouble::Mistake(failed(&format!(
                "Profile request \"{}\" failed: {}",
                self.request.id, error.text
            )))),
        }
    }

    fn too_long(&self) -> Trouble {
        Trouble::Mistake(failed(&format!(
            "The time-out of the task ended while profile request \"{}\" was processed.",
            self.request.id
        )))
    }

    /// What is known of a table.
    pub(super) fn table(&mut self, written: &ProfiledTable) -> Result<Arc<Table>, Trouble> {
        if let Some(table) = self.tables.get(written) {
            return Ok(Arc::clone(table));
        }
        let mut name = quoted(&written.name);
        if !written.schema.is_empty() {
            name = format!("{}.{name}", quoted(&written.schema));
        }
        // Temporary tables are in a database of their own.
        let (views, object) = match written.name.starts_with('#') {
            true => ("tempdb.sys", format!("tempdb..{}", quoted(&written.name))),
            false => ("sys", name.clone()),
        };
        let object = format!("N'{}'", object.replace('\'', "''"));
        let query = Column::QUERY.replace("{views}", views).replace("{name}", &object);
        let columns: Vec<Column> =
            self.rows(&query)?.iter().filter_map(|row| Column::from_row(row)).collect();
        if columns.is_empty() {
            return Err(Trouble::Mistake(failed(&format!(
                "The table or view {name} of profile request \"{}\" does not exist, or may not be \
                 seen.",
                self.request.id
            ))));
        }
        let facts = self.row(&format!("SELECT COUNT_BIG(*), DB_NAME() FROM {name}"))?;
        let table = Arc::new(Table {
            name,
            columns,
            rows: facts.first().map_or(0, number),
            written: written.clone(),
            database: facts.get(1).and_then(super::column::shown).unwrap_or_default(),
        });
        self.tables.insert(written.clone(), Arc::clone(&table));
        Ok(table)
    }

    /// Begins an answer.
    pub(super) fn open(&self, profile: &str, is_exact: bool, xml: &mut Xml) {
        let is_exact = if is_exact { "true" } else { "false" };
        xml.open(profile, &[("ProfileRequestID", &self.request.id), ("IsExact", is_exact)]);
        xml.leaf("DataSourceID", &self.request.data_source);
    }

    /// Writes which table it is.
    pub(super) fn write_table(&self, element: &str, table: &Table, xml: &mut Xml) {
        xml.empty(
            element,
            &[
                ("DataSource", &self.data_source),
                ("Database", &table.database),
                ("Schema", &table.written.schema),
                ("Table", &table.written.name),
                ("RowCount", &table.rows.to_string()),
            ],
        );
    }

    /// Wildcards that mean more sets of columns than anyone waits for.
    pub(super) fn asks_too_much(&self) -> Trouble {
        Trouble::Mistake(failed(&format!(
            "The wildcards of profile request \"{}\" mean too many sets of columns. Name some of \
             the columns.",
            self.request.id
        )))
    }

    /// A type that a profile does not take.
    pub(super) fn refuses(&self, column: &Column) -> Trouble {
        Trouble::Mistake(failed(&format!(
            "Profile request \"{}\" cannot profile column \"{}\": its data type is not valid for \
             this profile.",
            self.request.id, column.name
        )))
    }
}
