//! SQL Server behind the common trait.

use model::Value;

use super::{
    BulkInsert, Column, Database, DatabaseError, Limits, Outcome, Product, RowSink, Statement,
};
use crate::sql_server::Connection;

impl Database for Connection {
    fn product(&self) -> Product {
        Product::SqlServer
    }

    fn is_open(&self) -> bool {
        Self::is_open(self)
    }

    /// A batch may do anything before its SELECT, temporary tables included, so its columns are
    /// known only when it runs.
    fn describe(&mut self, _: &str, _: &Limits<'_>) -> Result<Option<Vec<Column>>, DatabaseError> {
        Ok(None)
    }

    fn table_columns(
        &mut self,
        table: &str,
        limits: &Limits<'_>,
    ) -> Result<Vec<Column>, DatabaseError> {
        Ok(self.columns_of(table, limits)?)
    }

    fn query(
        &mut self,
        statement: &Statement,
        block_rows: usize,
        limits: &Limits<'_>,
        sink: &mut dyn RowSink,
    ) -> Result<(), DatabaseError> {
        Ok(self.stream(statement, block_rows, limits, sink)?)
    }

    fn execute(
        &mut self,
        statement: &Statement,
        limits: &Limits<'_>,
    ) -> Result<Outcome, DatabaseError> {
        Ok(self.execute_within(statement, limits)?)
    }

    fn bulk_insert(
        &mut self,
        into: &BulkInsert,
        rows: &[Vec<Value>],
        limits: &Limits<'_>,
    ) -> Result<(), DatabaseError> {
        Ok(self.bulk(into, rows, limits)?)
    }

    fn begin(&mut self) -> Result<bool, DatabaseError> {
        let open = Statement::batch("SELECT @@TRANCOUNT");
        let open = self.execute_within(&open, &Limits::NONE)?;
        let open = open.result_sets.first().and_then(|rows| rows.rows.first()?.first());
        if open.is_some_and(|open| *open != Value::I4(0)) {
            return Ok(false);
        }
        self.execute_within(&Statement::batch("BEGIN TRANSACTION"), &Limits::NONE)?;
        Ok(true)
    }

    fn commit(&mut self) -> Result<(), DatabaseError> {
        self.execute_within(&Statement::batch("COMMIT TRANSACTION"), &Limits::NONE)?;
        Ok(())
    }

    fn rollback(&mut self) -> Result<(), DatabaseError> {
        // The server itself rolls back when an error is severe.
        let text = "IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION";
        self.execute_within(&Statement::batch(text), &Limits::NONE)?;
        Ok(())
    }
}
