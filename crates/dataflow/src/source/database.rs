//! OLE DB, ADO NET, ODBC and Excel Source: rows of a table or query.
//!
//! The rows of the first result set become batches as they come; nothing is kept. Columns are
//! found by their names in the result; a value that is not one of its column's type goes by the
//! column's dispositions. Rules: data-flow facts 1.4, 2.1 and 2.3 to 2.5.

use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Int32Array, RecordBatch, UInt32Array};
use arrow_select::filter::filter_record_batch;
use arrow_select::take::take;
use connect::database::{
    Column, Direction, Parameter, Product, RowSink, Statement, quoted_column, quoted_table,
};
use expression::array::from_values;
use expression::convert::FailureKind;
use model::{DataType, Value, dts};
use package::{ComponentClass, Disposition};

use crate::database::convert::{natural, status, to_type};
use crate::database::{Link, Opened, external_name, limits, lock, place_of, variable_text};
use crate::{
    Build, Context, Failure, Invalid, Lifecycle, Outbox, OutputLayout, RowError, Rule, Source, Stop,
};

/// Reads a query.
struct DatabaseSource {
    link: Link,
    origin: Origin,
    time_max: i64,
    columns: Vec<OwnColumn>,
    main: usize,
    layout: OutputLayout,
    errors: Option<ErrorOutput>,
    opened: Option<Opened>,
}

/// Where the rows come from.
enum Origin {
    Table(String),
    Command { text: String, parameters: Vec<(String, String)> },
}

/// An output column.
struct OwnColumn {
    external: String,
    data_type: DataType,
    rule: Rule,
    /// Whether somebody needs it.
    kept: bool,
}

/// The error output: the columns of the main one, ErrorCode and ErrorColumn.
struct ErrorOutput {
    number: usize,
    layout: OutputLayout,
    special_flags: Vec<i32>,
}

/// A value that could not be made.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Bad {
    row: usize,
    column: usize,
    code: u32,
    truncated: bool,
    status: u32,
}

/// Builds a source.
pub(crate) fn build(build: &Build<'_>) -> Result<Box<dyn Source>, Invalid> {
    let link = Link::of(build)?;
    let origin = origin(build)?;
    let main = build.main_output()?;
    let layout = build.output(main)?.clone();
    let output = &build.component.outputs[main];
    let mut columns = Vec::new();
    for (number, column) in output.columns.iter().enumerate() {
        let external =
            external_name(&output.external_columns, &column.external_column, &column.name);
        columns.push(OwnColumn {
            external: external.to_owned(),
            data_type: column.data_type,
            rule: build.rule(main, number),
            kept: layout.columns[number].position.is_some(),
        });
    }
    let errors = build.error_output().map(|number| {
        let columns = &build.component.outputs[number].columns;
        let special_flags = columns.iter().map(|column| column.special_flags).collect();
        let layout = build.output(number)?.clone();
        Ok(ErrorOutput { number, layout, special_flags })
    });
    let errors = errors.transpose()?;
    let time_max = if build.component.class == ComponentClass::OdbcSource {
        build.number("StatementTimeout", 0)?
    } else if build.component.class == ComponentClass::AdoNetSource {
        build.number("CommandTimeout", 30)?
    } else {
        build.number("CommandTimeout", 0)?
    };
    let source =
        DatabaseSource { link, origin, time_max, columns, main, layout, errors, opened: None };
    source.validate(build)?;
    Ok(Box::new(source))
}

fn origin(build: &Build<'_>) -> Result<Origin, Invalid> {
    let text = |property: &str| match build.text(property).trim() {
        "" => Err(build.bad_property(property, "")),
        text => Ok(text.to_owned()),
    };
    let command = |text| Ok(Origin::Command { text, parameters: parameters(build)? });
    let mode = build.number("AccessMode", 0)?;
    match (build.component.class, mode) {
        (ComponentClass::OdbcSource, 0) => text("TableName").map(Origin::Table),
        (ComponentClass::OdbcSource, 1) => text("SqlCommand").and_then(command),
        // Versions before 2008 have a command only.
        (ComponentClass::AdoNetSource, 0)
            if build.component.property("TableOrViewName").is_none() =>
        {
            text("SqlCommand").and_then(command)
        }
        (ComponentClass::AdoNetSource, 0) => text("TableOrViewName").map(Origin::Table),
        (
            ComponentClass::AdoNetSource
            | ComponentClass::OleDbSource
            | ComponentClass::ExcelSource,
            2,
        ) => text("SqlCommand").and_then(command),
        (ComponentClass::OleDbSource | ComponentClass::ExcelSource, 0) => {
            text("OpenRowset").map(Origin::Table)
        }
        (ComponentClass::OleDbSource | ComponentClass::ExcelSource, 1) => {
            variable_text(build, "OpenRowsetVariable").map(Origin::Table)
        }
        (ComponentClass::OleDbSource | ComponentClass::ExcelSource, 3) => {
            variable_text(build, "SqlCommandVariable").and_then(command)
        }
        (_, other) => Err(build.bad_property("AccessMode", &other.to_string())),
    }
}

/// `"Parameter0",{GUID};"@name:Input",{GUID};`: names and variables.
fn parameters(build: &Build<'_>) -> Result<Vec<(String, String)>, Invalid> {
    let mapping = build.text("ParameterMapping");
    let wrong = || build.bad_property("ParameterMapping", mapping);
    let mut parameters = Vec::new();
    for entry in mapping.split(';').map(str::trim).filter(|entry| !entry.is_empty()) {
        let (name, variable) = entry.rsplit_once(',').ok_or_else(wrong)?;
        let name = name.trim().trim_matches('"');
        let name = match name.rsplit_once(':') {
            Some((name, way)) if way.eq_ignore_ascii_case("input") => name,
            Some(_) => return Err(wrong()),
            None => name,
        };
        if build.environment.variable(variable.trim()).is_none() {
            return Err(wrong());
        }
        parameters.push((name.to_owned(), variable.trim().to_owned()));
    }
    Ok(parameters)
}

impl DatabaseSource {
    /// Compares the columns with what is outside, where it can tell.
    fn validate(&self, build: &Build<'_>) -> Result<(), Invalid> {
        let compare = build.component.validate_external_metadata;
        let found = self.link.look(build, |database| {
            let limits = limits(self.time_max, &|| false);
            match &self.origin {
                _ if !compare => Ok(None),
                Origin::Table(table) => {
                    let table = quoted_table(database.product(), table);
                    database.table_columns(&table, &limits).map(Some)
                }
                Origin::Command { text, .. } => database.describe(text, &limits),
            }
        })?;
        let Some(found) = found else { return Ok(()) };
        let missing = self.columns.iter().find(|c| place_of(&found, &c.external).is_none());
        missing.map_or(Ok(()), |column| {
            let mut invalid = Invalid::broken(dts::DTS_E_COLUMNNOTFOUND, not_found(column));
            invalid.status = crate::ValidationStatus::NeedsNewMetadata;
            Err(invalid)
        })
    }

    fn statement(&self, product: Product, context: &Context<'_>) -> Result<Statement, Failure> {
        match &self.origin {
            Origin::Table(table) => {
                let kept = self.columns.iter().filter(|column| column.kept);
                let names: Vec<String> =
                    kept.map(|column| quoted_column(product, &column.external)).collect();
                let names = if names.is_empty() { "*".to_owned() } else { names.join(", ") };
                let table = quoted_table(product, table);
                Ok(Statement::batch(format!("SELECT {names} FROM {table}")))
            }
            Origin::Command { text, parameters } => {
                let mut bound = Vec::new();
                for (name, variable) in parameters {
                    let found = context.environment().variable(variable);
                    let value = found.map(|found| found.value).ok_or_else(|| {
                        let text = format!(
                            "The variable {variable} of parameter \"{name}\" cannot be found."
                        );
                        Failure::new(dts::DTS_E_OLEDBERROR, text)
                    })?;
                    bound.push(Parameter {
                        name: name.clone(),
                        direction: Direction::Input,
                        data_type: natural(&value),
                        value,
                    });
                }
                Ok(Statement { text: text.clone(), parameters: bound, ..Statement::default() })
            }
        }
    }
}

fn not_found(column: &OwnColumn) -> String {
    format!("Column \"{}\" cannot be found at the datasource.", column.external)
}

impl Lifecycle for DatabaseSource {
    fn open(&mut self, context: &Context<'_>) -> Result<(), Stop> {
        self.opened = Some(self.link.open_to_run(context)?);
        context.check()
    }

    fn close(&mut self, context: &Context<'_>) -> Result<(), Stop> {
        self.opened = None;
        context.check()
    }
}

impl Source for DatabaseSource {
    fn read(&mut self, out: &mut Outbox<'_>) -> Result<(), Stop> {
        let Some(opened) = self.opened.take() else { return Ok(()) };
        let context = out.context();
        let mut database = lock(&opened)?;
        let statement = self.statement(database.product(), &context)?;
        let stopped = || context.is_stopped();
        let limits = limits(self.time_max, &stopped);
        let rows = out.batch_rows();
        let mut sink = Sink { source: self, out, places: Vec::new(), stop: None };
        let result = database.query(&statement, rows, &limits, &mut sink);
        if let Some(stop) = sink.stop {
            return Err(stop);
        }
        context.check()?;
        result.map_err(|error| self.link.failure(&error).into())
    }
}

/// Makes batches of the rows.
struct Sink<'a, 'o> {
    source: &'a DatabaseSource,
    out: &'a mut Outbox<'o>,
    /// Where the values of the output columns are.
    places: Vec<Option<usize>>,
    stop: Option<Stop>,
}

impl RowSink for Sink<'_, '_> {
    fn columns(&mut self, columns: &[Column]) -> bool {
        for own in &self.source.columns {
            let place = place_of(columns, &own.external).filter(|_| own.kept);
            if own.kept && place.is_none() {
                let failure = Failure::new(dts::DTS_E_COLUMNNOTFOUND, not_found(own));
                self.stop = Some(failure.into());
                return false;
            }
            self.places.push(place);
        }
        true
    }

    fn rows(&mut self, rows: Vec<Vec<Value>>) -> bool {
        match self.send(rows) {
            Ok(()) => true,
            Err(stop) => {
                self.stop = Some(stop);
                false
            }
        }
    }
}

impl Sink<'_, '_> {
    fn send(&mut self, mut rows: Vec<Vec<Value>>) -> Result<(), Stop> {
        let count = rows.len();
        let (mut arrays, mut bad) = (Vec::new(), Vec::new());
        for (number, (own, place)) in self.source.columns.iter().zip(&self.places).enumerate() {
            let Some(place) = place else {
                arrays.push(None);
                continue;
            };
            let mut values = Vec::with_capacity(count);
            for (row, cells) in rows.iter_mut().enumerate() {
                // Two columns may show the same value.
                let cell = cells.get(*place).cloned().unwrap_or_default();
                values.push(to_type(cell, own.data_type).unwrap_or_else(|(kind, left)| {
                    bad.push(Bad::new(row, number, kind));
                    left
                }));
            }
            let array = from_values(&values, own.data_type);
            arrays.push(Some(array.map_err(|error| wrong_value(own, &error))?));
        }
        // Row by row, as SSIS meets them.
        bad.sort_unstable();
        let fatal = bad.iter().copied().find(|bad| is_fatal(self.source.disposition(*bad)));
        let n_rows = fatal.map_or(count, |fatal| fatal.row);
        bad.retain(|bad| bad.row < n_rows);
        self.send_main(&arrays, (count, n_rows), &bad)?;
        self.send_errors(&arrays, &bad)?;
        fatal.map_or(Ok(()), |fatal| Err(self.source.failure(fatal).into()))
    }

    fn redirected(&self, bad: &[Bad]) -> Vec<RowError> {
        let source = self.source;
        let redirects = bad.iter().filter(|b| source.disposition(**b) == Disposition::RedirectRow);
        let mut rows: Vec<RowError> = redirects
            .map(|bad| RowError {
                row: u32::try_from(bad.row).unwrap_or(u32::MAX),
                code: bad.code,
                column: source.columns[bad.column].rule.id,
            })
            .collect();
        rows.dedup_by_key(|error| error.row);
        rows
    }

    fn send_main(
        &mut self,
        arrays: &[Option<ArrayRef>],
        (count, n_rows): (usize, usize),
        bad: &[Bad],
    ) -> Result<(), Stop> {
        let layout = &self.source.layout;
        let batch = layout.assemble(count, |column| {
            let array = arrays.get(column).cloned().flatten();
            array.ok_or_else(|| Stop::from(Failure::new(dts::DTS_E_COLUMNNOTFOUND, "no column")))
        })?;
        let batch = batch.slice(0, n_rows);
        let redirected = self.redirected(bad);
        let batch = without(batch, &redirected)?;
        self.out.send(self.source.main, batch)
    }

    fn send_errors(&mut self, arrays: &[Option<ArrayRef>], bad: &[Bad]) -> Result<(), Stop> {
        let redirected = self.redirected(bad);
        let Some(errors) = self.source.errors.as_ref().filter(|_| !redirected.is_empty()) else {
            return Ok(());
        };
        let rows = UInt32Array::from_iter_values(redirected.iter().map(|error| error.row));
        let batch = errors.layout.assemble(redirected.len(), |column| {
            let own = &errors.layout.columns[column];
            Ok::<ArrayRef, Stop>(match errors.special_flags.get(column) {
                Some(1) => {
                    let codes = redirected.iter().map(|error| error.code.cast_signed());
                    Arc::new(Int32Array::from_iter_values(codes))
                }
                Some(2) => {
                    let columns = redirected.iter().map(|error| error.column);
                    Arc::new(Int32Array::from_iter_values(columns))
                }
                _ => {
                    let same = self.source.layout.columns.iter().position(|c| c.name == own.name);
                    let array = same.and_then(|at| arrays[at].as_ref());
                    match array.filter(|_| same_type(self.source, same, own.data_type)) {
                        Some(array) => take(array.as_ref(), &rows, None)?,
                        None => arrow_array::new_null_array(
                            &expression::array::physical(&own.data_type),
                            redirected.len(),
                        ),
                    }
                }
            })
        })?;
        self.out.send(errors.number, batch)
    }
}

fn same_type(source: &DatabaseSource, at: Option<usize>, wanted: DataType) -> bool {
    use expression::array::physical;
    at.is_some_and(|at| physical(&source.columns[at].data_type) == physical(&wanted))
}

fn without(batch: RecordBatch, errors: &[RowError]) -> Result<RecordBatch, Stop> {
    if errors.is_empty() {
        return Ok(batch);
    }
    let mut keep = vec![true; batch.num_rows()];
    for error in errors {
        if let Some(keep) = keep.get_mut(error.row as usize) {
            *keep = false;
        }
    }
    Ok(filter_record_batch(&batch, &BooleanArray::from(keep))?)
}

fn wrong_value(own: &OwnColumn, error: &dyn std::error::Error) -> Failure {
    let text = format!("A value of \"{}\" cannot be kept: {error}.", own.rule.name);
    Failure::new(dts::DTS_E_BUFFERALLOCFAILED, text)
}

/// Whether a disposition ends the component.
const fn is_fatal(disposition: Disposition) -> bool {
    match disposition {
        Disposition::FailComponent | Disposition::NotUsed => true,
        Disposition::IgnoreFailure | Disposition::RedirectRow => false,
    }
}

impl Bad {
    fn new(row: usize, column: usize, kind: FailureKind) -> Self {
        let code = match kind {
            FailureKind::CannotConvert | FailureKind::Unsupported => {
                dts::DTS_E_OLEDBSOURCEADAPTERSTATIC_CANTCONVERTVALUE
            }
            FailureKind::Truncated => dts::DTS_E_OLEDBSOURCEADAPTERSTATIC_TRUNCATED,
            FailureKind::SignMismatch => dts::DTS_E_OLEDBSOURCEADAPTERSTATIC_SIGNMISMATCH,
            FailureKind::Overflow => dts::DTS_E_OLEDBSOURCEADAPTERSTATIC_DATAOVERFLOW,
        };
        let truncated = kind == FailureKind::Truncated;
        Self { row, column, code, truncated, status: status(kind).0 }
    }

    const fn status_text(self) -> &'static str {
        match self.status {
            4 => status(FailureKind::Truncated).1,
            5 => status(FailureKind::SignMismatch).1,
            6 => status(FailureKind::Overflow).1,
            _ => status(FailureKind::CannotConvert).1,
        }
    }
}

impl DatabaseSource {
    fn disposition(&self, bad: Bad) -> Disposition {
        let dispositions = &self.columns[bad.column].rule.dispositions;
        if bad.truncated { dispositions.truncation } else { dispositions.error }
    }

    fn failure(&self, bad: Bad) -> Failure {
        let rule = &self.columns[bad.column].rule;
        let text = format!(
            "There was an error with {} on {}. The column status returned was: \"{}\".",
            rule.name,
            self.layout.columns[bad.column].name,
            bad.status_text()
        );
        rule.failure(bad.code, bad.truncated).after(dts::DTS_E_COLUMNSTATUSERROR, text)
    }
}

#[cfg(test)]
mod excel;
#[cfg(test)]
pub(crate) mod tests;
#[cfg(test)]
mod unreachable;
