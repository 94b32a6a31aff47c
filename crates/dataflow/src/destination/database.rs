//! OLE DB, ADO NET, ODBC, SQL Server and Excel Destination: rows into a table.
//!
//! ```text
//!   fast load   rows ──▶ bulk insert in a transaction ──▶ commit every so many rows, and at the end
//!               one bad row fails all rows since the last commit
//!   row by row  a bad row fails alone
//! ```
//!
//! Fast load of other products than SQL Server is COPY (PostgreSQL) and prepared inserts
//! (SQLite); there NULL stays NULL whatever FastLoadKeepNulls says, and table locks are not taken.
//! Rules: data-flow facts 3.1, 3.2 and 3.4 to 3.6.

mod options;

use arrow_array::{BooleanArray, RecordBatch};
use arrow_select::filter::filter_record_batch;
use connect::database::{
    BulkInsert, Column, Database, DatabaseError, Direction, Kind, Limits, Parameter, Product,
    Statement, quoted_column, quoted_table,
};
use expression::array::value_at;
use expression::convert::FailureKind;
use model::{DataType, Value, dts};
use package::Disposition;

use crate::database::convert::{status, to_type};
use crate::database::{Link, Opened, external_name, is_fatal, limits, lock, place_of};
use crate::{
    Build, Context, Destination, Failure, Invalid, Lifecycle, Outbox, RowError, Rule, Stop,
};
use options::{Options, Way};

/// Writes to a table.
struct DatabaseDestination {
    link: Link,
    options: Options,
    columns: Vec<OwnColumn>,
    rule: Rule,
    error_output: Option<usize>,
    opened: Option<Opened>,
    into: BulkInsert,
    /// Rows since the last commit, and whether a transaction of ours is open.
    uncommitted: u64,
    in_transaction: bool,
    /// The same rows, where they may have to be redirected, and the memory that they take.
    kept: Vec<RecordBatch>,
    kept_bytes: usize,
    rows: u64,
}

/// A column of the table that is written from a column of the input.
struct OwnColumn {
    external: String,
    position: usize,
    from: DataType,
    to: DataType,
    id: i32,
    name: String,
}

/// A row that cannot be written.
struct BadRow {
    row: usize,
    code: u32,
    column: i32,
    failure: Failure,
}

/// Builds a destination.
pub(crate) fn build(build: &Build<'_>) -> Result<Box<dyn Destination>, Invalid> {
    let link = Link::of(build)?;
    let options = Options::of(build)?;
    let input = build.input(0)?;
    let configured = &build.component.inputs[0];
    let mut columns = Vec::new();
    for column in &configured.columns {
        let Some(position) = input.position(&column.lineage_id) else { continue };
        if column.external_column.is_empty() {
            continue;
        }
        let arriving = &input.columns[position];
        let own = if column.name.is_empty() { &arriving.name } else { &column.name };
        let external = external_name(&configured.external_columns, &column.external_column, own);
        let found = configured.external_columns.iter().find(|c| c.name == external);
        columns.push(OwnColumn {
            external: external.to_owned(),
            position,
            from: arriving.data_type,
            to: found.map_or(arriving.data_type, |column| column.data_type),
            id: arriving.id,
            name: build.input_column_name(0, column),
        });
    }
    if columns.is_empty() {
        return Err(Invalid::broken(
            dts::DTS_E_CANNOTHAVEZEROINPUTCOLUMNS,
            format!("The number of input columns for {} cannot be zero.", build.component.name),
        ));
    }
    let name = format!("{}.Inputs[{}]", build.component.name, configured.name);
    let rule =
        Rule { subject: name.clone(), name, id: 0, dispositions: configured.dispositions.clone() };
    let found = link.look(build, |database| {
        if !build.component.validate_external_metadata {
            return Ok(None);
        }
        let table = quoted_table(database.product(), &options.table);
        database.table_columns(&table, &limits(options.time_max, &|| false)).map(Some)
    })?;
    found.map_or(Ok(()), |found| compare(&columns, &found))?;
    Ok(Box::new(DatabaseDestination {
        link,
        options,
        columns,
        rule,
        error_output: build.error_output(),
        opened: None,
        into: BulkInsert::default(),
        uncommitted: 0,
        in_transaction: false,
        kept: Vec::new(),
        kept_bytes: 0,
        rows: 0,
    }))
}

fn compare(columns: &[OwnColumn], found: &[Column]) -> Result<(), Invalid> {
    for column in columns {
        let Some(place) = place_of(found, &column.external) else {
            let text = format!("Column \"{}\" cannot be found at the datasource.", column.external);
            let mut invalid = Invalid::broken(dts::DTS_E_COLUMNNOTFOUND, text);
            invalid.status = crate::ValidationStatus::NeedsNewMetadata;
            return Err(invalid);
        };
        if !found[place].writable {
            return Err(Invalid::broken(
                dts::DTS_E_ATTEMPTINGTOINSERTINTOAREADONLYCOLUMN,
                format!("Failure inserting into the read-only column \"{}\".", column.external),
            ));
        }
    }
    Ok(())
}

impl Lifecycle for DatabaseDestination {
    fn open(&mut self, context: &Context<'_>) -> Result<(), Stop> {
        let opened = self.link.open_to_run(context)?;
        let stopped = || context.is_stopped();
        {
            let mut database = lock(&opened)?;
            let product = database.product();
            let table = quoted_table(product, &self.options.table);
            let found = database.table_columns(&table, &limits(self.options.time_max, &stopped));
            let found = found.map_err(|error| self.link.failure(&error))?;
            compare(&self.columns, &found).map_err(|invalid| Failure {
                code: dts::DTS_E_COLUMNNOTFOUND,
                errors: invalid.errors,
            })?;
            let keep_identity = self.options.bulk.keep_identity;
            let mut columns = Vec::new();
            self.columns.retain_mut(|own| {
                let Some(place) = place_of(&found, &own.external) else { return false };
                let column = found[place].clone();
                // In fast load the server numbers rows itself unless it is told not to.
                if column.identity && !keep_identity && self.options.is_fast_load {
                    return false;
                }
                // A sheet's types are only guessed from what it holds so far.
                if product != Product::Excel {
                    own.to = column.data_type.unwrap_or(own.to);
                }
                columns.push(column);
                true
            });
            self.into = BulkInsert { table, columns, ..self.options.bulk.clone() };
        }
        self.opened = Some(opened);
        context.check()
    }

    fn close(&mut self, context: &Context<'_>) -> Result<(), Stop> {
        self.opened = None;
        context.check()
    }
}

impl Destination for DatabaseDestination {
    fn write(&mut self, batch: RecordBatch, out: &mut Outbox<'_>) -> Result<(), Stop> {
        let Some(opened) = self.opened.clone() else { return Ok(()) };
        let context = out.context();
        let stopped = || context.is_stopped();
        let limits = limits(self.options.time_max, &stopped);
        let mut database = lock(&opened)?;
        let (rows, bad) = self.rows_of(&batch);
        let batch = self.refuse(batch, bad, out)?;
        match self.options.way {
            Way::RowByRow => self.row_by_row(database.as_mut(), (batch, rows), &limits, out),
            Way::Bulk { commit } => {
                self.in_bulk(database.as_mut(), (batch, rows), (&limits, commit), out)
            }
        }
    }

    fn end(&mut self, out: &mut Outbox<'_>) -> Result<(), Stop> {
        let Some(opened) = self.opened.clone() else { return out.check() };
        let mut database = lock(&opened)?;
        let context = out.context();
        if self.in_transaction {
            let name = context.name();
            context.information(
                dts::DTS_I_FINALCOMMITSTARTED,
                format!("The final commit for the data insertion in \"{name}\" has started."),
            );
            self.commit(database.as_mut(), &context)?;
            context.information(
                dts::DTS_I_FINALCOMMITENDED,
                format!("The final commit for the data insertion in \"{name}\" has ended."),
            );
        }
        out.check()
    }

    fn rows_written(&self) -> u64 {
        self.rows
    }
}

/// A transaction that did not come to its end must not stay open in a connection that others use.
impl Drop for DatabaseDestination {
    fn drop(&mut self) {
        let Some(opened) = self.opened.take().filter(|_| self.in_transaction) else { return };
        if let Ok(mut database) = lock(&opened)
            && let Err(error) = database.rollback()
        {
            tracing::warn!(error = error.text, "a transaction could not be rolled back");
        }
    }
}

impl DatabaseDestination {
    /// The rows as the table wants them; those that cannot be are left out and named.
    fn rows_of(&self, batch: &RecordBatch) -> (Vec<Vec<Value>>, Vec<BadRow>) {
        let (mut rows, mut bad) = (Vec::with_capacity(batch.num_rows()), Vec::new());
        for row in 0..batch.num_rows() {
            let mut values = Vec::with_capacity(self.columns.len());
            for own in &self.columns {
                let value = value_at(batch.column(own.position).as_ref(), own.from, row);
                match to_type(value, own.to) {
                    Ok(value) => values.push(value),
                    Err((kind, _)) => {
                        bad.push(self.bad_value(row, own, kind));
                        break;
                    }
                }
            }
            if values.len() == self.columns.len() {
                rows.push(values);
            }
        }
        (rows, bad)
    }

    fn bad_value(&self, row: usize, own: &OwnColumn, kind: FailureKind) -> BadRow {
        let code = match kind {
            FailureKind::CannotConvert | FailureKind::Unsupported => {
                dts::DTS_E_OLEDBDESTINATIONADAPTERSTATIC_CANTCONVERTVALUE
            }
            FailureKind::Truncated => dts::DTS_E_OLEDBDESTINATIONADAPTERSTATIC_TRUNCATED,
            FailureKind::SignMismatch => dts::DTS_E_OLEDBDESTINATIONADAPTERSTATIC_SIGNMISMATCH,
            FailureKind::Overflow => dts::DTS_E_OLEDBDESTINATIONADAPTERSTATIC_DATAOVERFLOW,
        };
        let text = format!(
            "There was an error with {} on {}. The column status returned was: \"{}\".",
            own.name,
            self.rule.name,
            status(kind).1
        );
        let failure = self.rule.failure(code, false).after(dts::DTS_E_COLUMNSTATUSERROR, text);
        BadRow { row, code, column: own.id, failure }
    }

    /// Rows that failed go where the disposition says; gives the others.
    fn refuse(
        &mut self,
        batch: RecordBatch,
        bad: Vec<BadRow>,
        out: &mut Outbox<'_>,
    ) -> Result<RecordBatch, Stop> {
        if bad.is_empty() {
            return Ok(batch);
        }
        let mut keep = vec![true; batch.num_rows()];
        let mut errors = Vec::with_capacity(bad.len());
        for bad in bad {
            match self.rule.dispositions.error {
                Disposition::FailComponent | Disposition::NotUsed => {
                    return Err(bad.failure.into());
                }
                Disposition::IgnoreFailure => {}
                Disposition::RedirectRow => errors.push(RowError {
                    row: u32::try_from(bad.row).unwrap_or(u32::MAX),
                    code: bad.code,
                    column: bad.column,
                }),
            }
            keep[bad.row] = false;
        }
        if let Some(output) = self.error_output.filter(|_| !errors.is_empty()) {
            out.redirect(output, &batch, &errors)?;
        }
        Ok(filter_record_batch(&batch, &BooleanArray::from(keep))?)
    }

    /// The static code of a row that the server did not take.
    const fn code_of(error: &DatabaseError) -> u32 {
        match error.kind {
            Kind::Integrity => dts::DTS_E_OLEDBDESTINATIONADAPTERSTATIC_INTEGRITYVIOLATION,
            Kind::Conversion => dts::DTS_E_OLEDBDESTINATIONADAPTERSTATIC_CANTCONVERTVALUE,
            Kind::Permission => dts::DTS_E_OLEDBDESTINATIONADAPTERSTATIC_PERMISSIONDENIED,
            Kind::Connection
            | Kind::Login
            | Kind::Missing
            | Kind::TimedOut
            | Kind::Stopped
            | Kind::Statement
            | Kind::Unsupported => dts::DTS_E_OLEDBDESTINATIONADAPTERSTATIC_SCHEMAVIOLATION,
        }
    }

    fn failure(&self, error: &DatabaseError) -> Failure {
        let said = self.link.message(error);
        if is_fatal(error) {
            return Failure::new(said.code, said.text);
        }
        self.rule.failure(Self::code_of(error), false).after(said.code, said.text)
    }

    fn row_by_row(
        &mut self,
        database: &mut dyn Database,
        (batch, rows): (RecordBatch, Vec<Vec<Value>>),
        limits: &Limits<'_>,
        out: &mut Outbox<'_>,
    ) -> Result<(), Stop> {
        // All at once is the same when no row is bad, and much faster.
        if database.product() != Product::SqlServer
            && database.bulk_insert(&self.into, &rows, limits).is_ok()
        {
            self.rows += rows.len() as u64;
            return out.check();
        }
        let mut bad = Vec::new();
        for (row, values) in rows.into_iter().enumerate() {
            out.check()?;
            let Err(error) = self.insert(database, values, limits) else {
                self.rows += 1;
                continue;
            };
            let failure = self.failure(&error);
            if is_fatal(&error) {
                return Err(failure.into());
            }
            bad.push(BadRow { row, code: Self::code_of(&error), column: 0, failure });
            if matches!(
                self.rule.dispositions.error,
                Disposition::FailComponent | Disposition::NotUsed
            ) {
                break;
            }
        }
        self.refuse(batch, bad, out).map(|_| ())
    }

    fn insert(
        &self,
        database: &mut dyn Database,
        values: Vec<Value>,
        limits: &Limits<'_>,
    ) -> Result<(), DatabaseError> {
        let product = database.product();
        if product != Product::SqlServer {
            return database.bulk_insert(&self.into, &[values], limits);
        }
        let columns = &self.into.columns;
        let names: Vec<_> = columns.iter().map(|c| quoted_column(product, &c.name)).collect();
        let places = vec!["?"; names.len()].join(", ");
        let (table, names) = (&self.into.table, names.join(", "));
        let parameters = values.into_iter().zip(&self.columns).map(|(value, own)| Parameter {
            name: String::new(),
            direction: Direction::Input,
            data_type: own.to,
            value,
        });
        let statement = Statement {
            text: format!("INSERT INTO {table} ({names}) VALUES ({places})"),
            parameters: parameters.collect(),
            ..Statement::default()
        };
        database.execute(&statement, limits).map(|_| ())
    }

    fn in_bulk(
        &mut self,
        database: &mut dyn Database,
        (batch, rows): (RecordBatch, Vec<Vec<Value>>),
        (limits, commit): (&Limits<'_>, u64),
        out: &mut Outbox<'_>,
    ) -> Result<(), Stop> {
        let context = out.context();
        let mut from = 0;
        while from < rows.len() {
            let room = usize::try_from(commit - self.uncommitted).unwrap_or(usize::MAX);
            let count = room.min(rows.len() - from);
            let part = batch.slice(from, count);
            self.keep(part, &context)?;
            match self.load(database, &rows[from..from + count], limits) {
                Ok(()) => {
                    self.uncommitted += count as u64;
                    // In a transaction that somebody else has begun, they are his to commit.
                    if self.uncommitted == commit || !self.in_transaction {
                        self.commit(database, &context)?;
                    }
                }
                Err(error) => self.give_up(database, &error, out)?,
            }
            from += count;
        }
        out.check()
    }

    /// Keeps rows that may have to leave by the error output after all.
    fn keep(&mut self, part: RecordBatch, context: &Context<'_>) -> Result<(), Stop> {
        if self.rule.dispositions.error == Disposition::RedirectRow {
            let bytes = part.get_array_memory_size();
            context.reserve(bytes)?;
            self.kept_bytes += bytes;
            self.kept.push(part);
        }
        Ok(())
    }

    fn load(
        &mut self,
        database: &mut dyn Database,
        rows: &[Vec<Value>],
        limits: &Limits<'_>,
    ) -> Result<(), DatabaseError> {
        if !self.in_transaction {
            self.in_transaction = database.begin()?;
        }
        database.bulk_insert(&self.into, rows, limits)
    }

    fn commit(&mut self, database: &mut dyn Database, context: &Context<'_>) -> Result<(), Stop> {
        if std::mem::take(&mut self.in_transaction) {
            database.commit().map_err(|error| self.failure(&error))?;
        }
        self.rows += self.uncommitted;
        self.forget(context);
        Ok(())
    }

    fn forget(&mut self, context: &Context<'_>) {
        self.uncommitted = 0;
        self.kept.clear();
        context.release(std::mem::take(&mut self.kept_bytes));
    }

    /// All rows since the last commit have failed.
    fn give_up(
        &mut self,
        database: &mut dyn Database,
        error: &DatabaseError,
        out: &mut Outbox<'_>,
    ) -> Result<(), Stop> {
        let failure = self.failure(error);
        let ends = matches!(
            self.rule.dispositions.error,
            Disposition::FailComponent | Disposition::NotUsed
        );
        if std::mem::take(&mut self.in_transaction) && database.is_open() {
            let rolled_back = database.rollback();
            rolled_back.map_err(|error| self.failure(&error))?;
        }
        if ends || is_fatal(error) || !database.is_open() {
            return Err(failure.into());
        }
        let code = Self::code_of(error);
        if let Some(output) = self.error_output {
            for batch in std::mem::take(&mut self.kept) {
                let rows = 0..u32::try_from(batch.num_rows()).unwrap_or(u32::MAX);
                let errors: Vec<_> = rows.map(|row| RowError { row, code, column: 0 }).collect();
                out.redirect(output, &batch, &errors)?;
            }
        }
        self.forget(&out.context());
        Ok(())
    }
}

#[cfg(test)]
mod tests;
