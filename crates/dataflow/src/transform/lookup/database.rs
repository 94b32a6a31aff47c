//! Lookup in a database, through an OLE DB connection.
//!
//! ```text
//!   full cache      SqlCommand ──all rows, before the first row arrives──▶ table in memory
//!   partial, none   key of a row ──SqlCommandParam──▶ its first reference row
//! ```
//!
//! In full cache values are compared exactly and NULL matches NULL, as in a Cache connection
//! manager; otherwise the server compares. Of several reference rows the first counts. Partial
//! cache keeps matches and misses, and starts anew when it is larger than MaxMemoryUsage64.
//! Rules: data-flow facts 4.6.

mod fill;

use std::sync::Arc;
use std::time::Instant;

use arrow_array::{ArrayRef, BooleanArray, RecordBatch};
use connect::database::{Column, Database, Direction, Limits, Parameter, Statement};
use expression::array::{from_values, value_at};
use expression::convert::FailureKind;
use model::{DataType, Value, dts};
use package::ColumnUsage;

use fill::{Filling, Known};

use super::{Exit, Made, Rule, no_match_output, property, row_missed};
use crate::cache::key_column;
use crate::database::convert::to_type;
use crate::database::{Link, Opened, limits, lock, place_of};
use crate::sort_key::{KeyColumn, Keys};
use crate::transform::data_conversion::value_error;
use crate::{
    Build, Context, Failure, Invalid, Lifecycle, Outbox, RowErrors, Stop, Transform, ValueError,
};

/// Rows of a reference query that are read at once.
const BLOCK_ROWS: usize = 4096;
/// How much is kept of the reference rows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keeping {
    Full,
    /// At most this many bytes.
    Partial(usize),
    Nothing,
}

/// Looks up.
struct DatabaseLookup {
    link: Link,
    keeping: Keeping,
    command: String,
    /// Places and types of the parameters of a command with parameters.
    parameters: Vec<(usize, DataType)>,
    joins: Vec<Join>,
    keys: Vec<KeyColumn>,
    replaced: Vec<(usize, Copied)>,
    added: Vec<Copied>,
    exit: Exit,
    no_match: Option<usize>,
    rule: Rule,
    duplicates_are_errors: bool,
    opened: Option<Opened>,
    known: Known,
}

/// An input column that is compared with a reference column.
struct Join {
    reference: String,
    data_type: DataType,
}

/// A column that gets the values of a reference column.
struct Copied {
    reference: String,
    to: DataType,
    rule: Rule,
    kept: bool,
}

/// Builds a Lookup.
pub(super) fn build(build: &Build<'_>) -> Result<Box<dyn Transform>, Invalid> {
    let link = Link::of(build)?;
    let keeping = match build.number("CacheType", 0)? {
        0 => Keeping::Full,
        1 => {
            let megabytes = build.number("MaxMemoryUsage64", 25)?.max(1);
            Keeping::Partial(
                usize::try_from(megabytes).unwrap_or(usize::MAX).saturating_mul(1 << 20),
            )
        }
        2 => Keeping::Nothing,
        other => return Err(build.bad_property("CacheType", &other.to_string())),
    };
    let wanted = if keeping == Keeping::Full { "SqlCommand" } else { "SqlCommandParam" };
    let command = build.text(wanted).trim().to_owned();
    if command.is_empty() {
        return Err(build.bad_property(wanted, ""));
    }
    let exit = Exit::of(build)?;
    let no_match = no_match_output(build, &exit)?;
    let (joins, keys) = joins(build)?;
    let (replaced, added) = copied(build, &exit)?;
    let parameters = if keeping == Keeping::Full { Vec::new() } else { parameters(build)? };
    let output = &build.component.outputs[exit.main];
    let rule = Rule {
        subject: build.component.name.clone(),
        name: format!("{}.Outputs[{}]", build.component.name, output.name),
        id: 0,
        dispositions: output.dispositions.clone(),
    };
    let lookup = DatabaseLookup {
        link,
        keeping,
        command,
        parameters,
        joins,
        keys,
        replaced,
        added,
        exit,
        no_match,
        rule,
        duplicates_are_errors: build.flag("TreatDuplicateKeysAsError", false)?,
        opened: None,
        known: Known::default(),
    };
    lookup.validate(build)?;
    Ok(Box::new(lookup))
}

fn joins(build: &Build<'_>) -> Result<(Vec<Join>, Vec<KeyColumn>), Invalid> {
    let input = build.input(0)?;
    let (mut joins, mut keys) = (Vec::new(), Vec::new());
    for column in &build.component.inputs[0].columns {
        if column.usage == ColumnUsage::Ignored {
            continue;
        }
        let Some(reference) = property(column, "JoinToReferenceColumn") else { continue };
        let Some(position) = input.position(&column.lineage_id) else { continue };
        let data_type = input.columns[position].data_type;
        if data_type.is_long() || matches!(data_type, DataType::R4 | DataType::R8) {
            let name = build.input_column_name(0, column);
            return Err(Invalid::broken(
                dts::DTS_E_TXLOOKUP_INVALIDJOINTYPE,
                format!("\"{name}\" has the type {data_type}, by which rows cannot be looked up."),
            ));
        }
        joins.push(Join { reference: reference.to_owned(), data_type });
        keys.push(key_column(position, data_type));
    }
    if joins.is_empty() {
        return Err(Invalid::broken(
            dts::DTS_E_TXLOOKUP_NOJOINS,
            format!("\"{}\" joins no input column.", build.component.name),
        ));
    }
    Ok((joins, keys))
}

/// Columns that are replaced, with their places, and columns that are added.
type AllCopied = (Vec<(usize, Copied)>, Vec<Copied>);

fn copied(build: &Build<'_>, exit: &Exit) -> Result<AllCopied, Invalid> {
    let input = build.input(0)?;
    let (mut replaced, mut added) = (Vec::new(), Vec::new());
    for (number, column) in build.component.inputs[0].columns.iter().enumerate() {
        let Some(reference) = property(column, "CopyFromReferenceColumn") else { continue };
        let Some(position) = input.position(&column.lineage_id) else { continue };
        let (to, rule) = (input.columns[position].data_type, build.input_rule(0, number));
        let reference = reference.to_owned();
        replaced.push((position, Copied { reference, to, rule, kept: true }));
    }
    for (number, column) in build.component.outputs[exit.main].columns.iter().enumerate() {
        let reference = column.property("CopyFromReferenceColumn").unwrap_or_default().to_owned();
        let kept = exit.layout.columns[number].position.is_some();
        let rule = build.rule(exit.main, number);
        added.push(Copied { reference, to: column.data_type, rule, kept });
    }
    Ok((replaced, added))
}

/// `#{lineage};#{lineage};`: the input columns in the order of the `?`.
fn parameters(build: &Build<'_>) -> Result<Vec<(usize, DataType)>, Invalid> {
    let map = build.text("ParameterMap");
    let input = build.input(0)?;
    let entries = map.split(';').map(str::trim).filter(|entry| !entry.is_empty());
    let place = |entry: &str| {
        let bare = entry.strip_prefix("#{").and_then(|rest| rest.strip_suffix('}'));
        let position = input.position(bare.unwrap_or(entry));
        let position = position.ok_or_else(|| build.bad_property("ParameterMap", map))?;
        Ok((position, input.columns[position].data_type))
    };
    entries.map(place).collect()
}

impl DatabaseLookup {
    /// Every reference column that is needed: the joined ones, then the copied ones.
    fn wanted(&self) -> Vec<(&str, DataType)> {
        let joins = self.joins.iter().map(|join| (join.reference.as_str(), join.data_type));
        let copied = self.copied().map(|copied| (copied.reference.as_str(), copied.to));
        joins.chain(copied).collect()
    }

    fn copied(&self) -> impl Iterator<Item = &Copied> {
        self.replaced.iter().map(|replaced| &replaced.1).chain(&self.added)
    }

    fn validate(&self, build: &Build<'_>) -> Result<(), Invalid> {
        let limits = limits(0, &|| false);
        let found = self.link.look(build, |database| database.describe(&self.command, &limits))?;
        let Some(found) = found else { return Ok(()) };
        let mut wanted = self.wanted().into_iter();
        match wanted.find(|(name, _)| place_of(&found, name).is_none()) {
            None => Ok(()),
            Some((name, _)) => {
                Err(Invalid::broken(dts::DTS_E_TXLOOKUP_UNABLETOLOCATEREFCOLUMN, not_found(name)))
            }
        }
    }

    /// Reads all reference rows.
    fn fill(&mut self, database: &mut dyn Database, context: &Context<'_>) -> Result<(), Stop> {
        let stopped = || context.is_stopped();
        let limits = limits(0, &stopped);
        let statement = Statement::batch(self.command.clone());
        let mut sink = Filling::new(self, context);
        let result = database.query(&statement, BLOCK_ROWS, &limits, &mut sink);
        let Filling { known, stop, .. } = sink;
        if let Some(stop) = stop {
            context.release(known.bytes);
            return Err(stop);
        }
        context.check()?;
        result.map_err(|error| self.link.failure(&error))?;
        self.known = known;
        Ok(())
    }

    /// The reference row of an input row, from the server.
    fn ask(
        &self,
        database: &mut dyn Database,
        (batch, row): (&RecordBatch, usize),
        limits: &Limits<'_>,
    ) -> Result<Option<Arc<[Value]>>, Stop> {
        let parameters = self.parameters.iter().map(|&(position, data_type)| Parameter {
            name: String::new(),
            direction: Direction::Input,
            data_type,
            value: value_at(batch.column(position).as_ref(), data_type, row),
        });
        let statement = Statement {
            text: self.command.clone(),
            parameters: parameters.collect(),
            ..Statement::default()
        };
        let outcome =
            database.execute(&statement, limits).map_err(|error| self.link.failure(&error))?;
        let Some(found) = outcome.result_sets.into_iter().next() else { return Ok(None) };
        let columns = found.columns.into_iter().map(|(name, data_type)| Column {
            name,
            data_type: Some(data_type),
            writable: true,
            identity: false,
        });
        let places = places(&columns.collect::<Vec<_>>(), self.copied())?;
        let Some(first) = found.rows.into_iter().next() else { return Ok(None) };
        Ok(Some(places.iter().map(|&place| first[place].clone()).collect()))
    }

    /// The reference row of each row of a batch.
    fn find(
        &mut self,
        batch: &RecordBatch,
        context: &Context<'_>,
    ) -> Result<Vec<Option<Arc<[Value]>>>, Stop> {
        let keys = Keys::of(batch, &self.keys);
        let rows = 0..batch.num_rows();
        if self.keeping == Keeping::Full {
            return Ok(rows
                .map(|row| self.known.rows.get(keys.row(row)).cloned().flatten())
                .collect());
        }
        let Some(opened) = self.opened.clone() else { return Ok(vec![None; batch.num_rows()]) };
        let mut database = lock(&opened)?;
        let stopped = || context.is_stopped();
        let limits = limits(0, &stopped);
        let mut found = Vec::with_capacity(batch.num_rows());
        for row in rows {
            context.check()?;
            let key = keys.row(row);
            if let Some(known) = self.known.rows.get(key) {
                found.push(known.clone());
                continue;
            }
            let reference = self.ask(database.as_mut(), (batch, row), &limits)?;
            if let Keeping::Partial(bytes_max) = self.keeping {
                self.known.add(key, reference.clone());
                if bytes_max < self.known.bytes {
                    self.known = Known::default();
                }
            }
            found.push(reference);
        }
        Ok(found)
    }
}

fn not_found(name: &str) -> String {
    format!("The reference column \"{name}\" was not found in the reference query.")
}

/// Where the copied columns are in a result.
fn places<'a>(
    columns: &[Column],
    copied: impl Iterator<Item = &'a Copied>,
) -> Result<Vec<usize>, Failure> {
    let place = |copied: &Copied| {
        place_of(columns, &copied.reference).ok_or_else(|| {
            let text = not_found(&copied.reference);
            Failure::new(dts::DTS_E_TXLOOKUP_UNABLETOLOCATEREFCOLUMN, text)
        })
    };
    copied.map(place).collect()
}

impl Lifecycle for DatabaseLookup {
    fn open(&mut self, context: &Context<'_>) -> Result<(), Stop> {
        let opened = self.link.open_to_run(context)?;
        if self.keeping != Keeping::Full {
            self.opened = Some(opened);
            return context.check();
        }
        let start = Instant::now();
        {
            let mut database = lock(&opened)?;
            self.fill(database.as_mut(), context)?;
        }
        let name = context.name();
        if 0 < self.known.duplicates {
            let text = format!(
                "The \"{name}\" encountered {} duplicate reference key values when caching reference data; of each the first row counts.",
                self.known.duplicates
            );
            context.warning(dts::DTS_W_TXLOOKUP_DUPLICATE_KEYS, text);
        }
        context.information(
            dts::DTS_I_SUCCEEDEDPREPARINGCACHE,
            format!(
                "The \"{name}\" succeeded in preparing the cache. The preparation time was {:.3} seconds.",
                start.elapsed().as_secs_f64()
            ),
        );
        let rows = self.known.rows.len();
        context.information(
            dts::DTS_I_TXLOOKUP_CACHE_FINAL,
            format!("The \"{name}\" has cached a total of {rows} rows."),
        );
        context.check()
    }

    fn close(&mut self, context: &Context<'_>) -> Result<(), Stop> {
        self.opened = None;
        let known = std::mem::take(&mut self.known);
        if self.keeping == Keeping::Full {
            context.release(known.bytes);
        }
        context.check()
    }
}

impl Transform for DatabaseLookup {
    fn process(&mut self, batch: RecordBatch, out: &mut Outbox<'_>) -> Result<(), Stop> {
        let context = out.context();
        let mut found = self.find(&batch, &context)?;
        let mut errors = RowErrors::new();
        let mut batch = batch;
        if found.iter().any(Option::is_none) {
            if let Some(no_match) = self.no_match {
                let missed: BooleanArray = found.iter().map(|row| Some(row.is_none())).collect();
                out.send_filtered(no_match, &batch, &missed)?;
                let kept: BooleanArray = found.iter().map(|row| Some(row.is_some())).collect();
                batch = arrow_select::filter::filter_record_batch(&batch, &kept)?;
                found.retain(Option::is_some);
            } else {
                row_missed(&self.rule, found.iter().map(Option::is_none), &mut errors)?;
            }
        }
        let mut made = Made { errors, ..Made::default() };
        let n_replaced = self.replaced.len();
        for (at, (position, copied)) in self.replaced.iter().enumerate() {
            made.changed.push((*position, copied.take(&found, at, &mut made.errors)?));
        }
        for (at, copied) in self.added.iter().enumerate() {
            let array = copied.take(&found, n_replaced + at, &mut made.errors)?;
            if copied.kept {
                made.added.push(array);
            }
        }
        self.exit.send(batch, made, out)
    }
}

impl Copied {
    /// The column for the rows of a batch; `at` is its place in the reference rows.
    fn take(
        &self,
        found: &[Option<Arc<[Value]>>],
        at: usize,
        errors: &mut RowErrors,
    ) -> Result<ArrayRef, Stop> {
        let (mut values, mut failed): (Vec<Value>, Vec<(usize, FailureKind)>) = Default::default();
        for (row, reference) in found.iter().enumerate() {
            let value = reference.as_ref().and_then(|reference| reference.get(at)).cloned();
            let value = to_type(value.unwrap_or_default(), self.to);
            values.push(value.unwrap_or_else(|(kind, left)| {
                failed.push((row, kind));
                left
            }));
        }
        let failed = failed.into_iter().map(|(row, kind)| -> ValueError { value_error(row, kind) });
        errors.add(&self.rule, failed)?;
        from_values(&values, self.to)
            .map_err(|error| Failure::new(dts::DTS_E_BUFFERALLOCFAILED, error.to_string()).into())
    }
}

#[cfg(test)]
mod tests;
