//! Relations and functions whose rows are put together when they are asked for.

use tsql::host::{Column, Ready, Relation, Row, RowSource, Scan, Scanned, TableFunction};
use tsql::types::SqlType;
use tsql::value::{SqlError, SqlValue};

/// What puts the rows together.
type Make = Box<dyn Fn() -> Result<Vec<Row>, SqlError> + Send + Sync>;

/// A relation of few rows.
pub(crate) struct Computed {
    columns: Vec<Column>,
    make: Make,
}

impl Computed {
    pub(crate) fn new(
        columns: Vec<Column>,
        make: impl Fn() -> Result<Vec<Row>, SqlError> + Send + Sync + 'static,
    ) -> Self {
        Self { columns, make: Box::new(make) }
    }
}

impl Relation for Computed {
    fn columns(&self) -> &[Column] {
        &self.columns
    }

    fn scan(&self, _: &Scan) -> Result<Scanned, SqlError> {
        Ok(Scanned { rows: Box::new(Ready::new((self.make)()?)), ordered: false })
    }
}

/// What puts the rows for some arguments together.
type MakeFor = Box<dyn Fn(&[SqlValue]) -> Result<Vec<Row>, SqlError> + Send + Sync>;

/// A function that gives few rows.
pub(crate) struct ComputedFor {
    pub(crate) arguments: Vec<SqlType>,
    pub(crate) columns: Vec<Column>,
    pub(crate) make: MakeFor,
}

impl TableFunction for ComputedFor {
    fn arguments(&self) -> &[SqlType] {
        &self.arguments
    }

    fn columns(&self) -> &[Column] {
        &self.columns
    }

    fn call(&self, arguments: &[SqlValue]) -> Result<Box<dyn RowSource>, SqlError> {
        Ok(Box::new(Ready::new((self.make)(arguments)?)))
    }
}
