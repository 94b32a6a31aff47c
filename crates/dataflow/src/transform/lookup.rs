//! Lookup in the cache of a Cache connection manager: columns of the reference row whose index
//! columns are equal to columns of the input row.
//!
//! The cache must be full when the data flow starts: a Cache Transform of an earlier data flow
//! filled it, or it comes from its file. All index columns of the cache must be joined, and only
//! those. A row without a match is an error of the match output (fails the component, has NULL in
//! the reference columns, or is redirected), or leaves by the no-match output when
//! NoMatchBehavior is 1 (Lookup Transformation page).
//!
//! Lookups through OLE DB connections: see `lookup/database.rs`.

mod database;

use std::sync::Arc;
use std::time::Instant;

use arrow_array::{ArrayRef, BooleanArray, RecordBatch};
use expression::array::physical;
use expression::convert::{ConvertOptions, FailureKind, convert_array};
use model::{DataType, dts};
use package::{ColumnUsage, Component, InputColumn};

use super::data_conversion::value_error;
use super::{Exit, Made};
use crate::cache::{Cache, CacheConnection, key_column};
use crate::gather::{Place, gather};
use crate::sort_key::{KeyColumn, Keys};
use crate::{
    Build, Context, Invalid, Lifecycle, Outbox, RowErrors, Rule, Stop, Transform, ValueError,
};

/// Whether a component looks up in a cache, and not in a database.
pub(crate) fn uses_cache(component: &Component) -> bool {
    component.property("ConnectionType").is_some_and(|text| text.trim() == "1")
}

/// Looks up.
struct Lookup {
    connection: CacheConnection,
    /// The joined columns of a batch, in index order.
    keys: Vec<KeyColumn>,
    /// Input columns that get the reference column's value, with their places.
    replaced: Vec<(usize, Copied)>,
    added: Vec<Copied>,
    exit: Exit,
    /// Where rows without a match go, unless they are errors.
    no_match: Option<usize>,
    rule: Rule,
    cache: Option<Arc<Cache>>,
}

/// A column with values of a reference column.
struct Copied {
    /// The column of the cache.
    column: usize,
    from: DataType,
    to: DataType,
    rule: Rule,
    /// Whether somebody needs the column. Its truncations count in any case.
    kept: bool,
    /// The parts of the reference column in the type of this column.
    parts: Vec<ArrayRef>,
    /// By part the rows whose text does not fit, in order.
    failures: Vec<Vec<(usize, FailureKind)>>,
}

/// Builds a Lookup.
pub(crate) fn build(build: &Build<'_>) -> Result<Box<dyn Transform>, Invalid> {
    if !uses_cache(build.component) {
        return database::build(build);
    }
    let cache_type = build.number("CacheType", 0)?;
    if cache_type != 0 {
        return Err(build.bad_property("CacheType", &cache_type.to_string()));
    }
    let connection = CacheConnection::of(build)?;
    let exit = Exit::of(build)?;
    let no_match = no_match_output(build, &exit)?;
    let keys = joins(build, &connection)?;
    let replaced = replaced(build, &connection)?;
    let added = added(build, &connection, &exit)?;
    let output = &build.component.outputs[exit.main];
    let rule = Rule {
        subject: build.component.name.clone(),
        name: format!("{}.Outputs[{}]", build.component.name, output.name),
        id: 0,
        dispositions: output.dispositions.clone(),
    };
    Ok(Box::new(Lookup { connection, keys, replaced, added, exit, no_match, rule, cache: None }))
}

/// The output of rows without a match, unless they are errors.
fn no_match_output(build: &Build<'_>, exit: &Exit) -> Result<Option<usize>, Invalid> {
    match build.number("NoMatchBehavior", 0)? {
        0 => Ok(None),
        1 => {
            let mut outputs = build.component.outputs.iter().enumerate();
            let found = outputs.find(|(at, output)| *at != exit.main && !output.is_error_output);
            Ok(Some(found.ok_or_else(|| build.bad_property("NoMatchBehavior", "1"))?.0))
        }
        other => Err(build.bad_property("NoMatchBehavior", &other.to_string())),
    }
}

/// The text of a property of an input column; `None` for an empty one.
fn property<'c>(column: &'c InputColumn, name: &str) -> Option<&'c str> {
    column.property(name).filter(|text| !text.is_empty())
}

/// The joined columns, in the order of the index.
fn joins(build: &Build<'_>, connection: &CacheConnection) -> Result<Vec<KeyColumn>, Invalid> {
    let input = build.input(0)?;
    let mut joined: Vec<(usize, KeyColumn)> = Vec::new();
    for column in &build.component.inputs[0].columns {
        if column.usage == ColumnUsage::Ignored {
            continue;
        }
        let name = build.input_column_name(0, column);
        let Some(wanted) = property(column, "JoinToReferenceColumn") else {
            if property(column, "CopyFromReferenceColumn").is_none() {
                return Err(Invalid::broken(
                    dts::DTS_E_TXLOOKUP_UNUSEDINPUTCOLUMN,
                    format!("\"{name}\" is neither joined nor copied to."),
                ));
            }
            continue;
        };
        let at = reference(connection, wanted, &name)?;
        let Some(position) = input.position(&column.lineage_id) else { continue };
        let from = input.columns[position].data_type;
        check_join(connection, at, (&name, from))?;
        if joined.iter().any(|other| other.0 == at) {
            return Err(Invalid::broken(
                dts::DTS_E_TXLOOKUP_INDEXCOLUMNREUSED,
                format!("The index column \"{wanted}\" is joined to several input columns."),
            ));
        }
        joined.push((at, key_column(position, from)));
    }
    if joined.is_empty() {
        return Err(Invalid::broken(
            dts::DTS_E_TXLOOKUP_NOJOINS,
            format!("\"{}\" joins no input column.", build.component.name),
        ));
    }
    let index = connection.index();
    let keys = index.iter().map(|at| joined.iter().find(|join| join.0 == *at).map(|join| join.1));
    keys.collect::<Option<Vec<_>>>().ok_or_else(|| {
        Invalid::broken(
            dts::DTS_E_TXLOOKUP_INDEXCOLUMNSMISMATCH,
            format!(
                "The number of joined columns ({}) of \"{}\" is not the number of index columns ({}) of its cache.",
                joined.len(),
                build.component.name,
                index.len()
            ),
        )
    })
}

/// The place of a reference column in the cache.
fn reference(connection: &CacheConnection, wanted: &str, by: &str) -> Result<usize, Invalid> {
    connection.position(wanted).ok_or_else(|| {
        Invalid::broken(
            dts::DTS_E_TXLOOKUP_UNABLETOLOCATEREFCOLUMN,
            format!("The reference column \"{wanted}\" that \"{by}\" names was not found."),
        )
    })
}

fn check_join(
    connection: &CacheConnection,
    at: usize,
    (name, from): (&str, DataType),
) -> Result<(), Invalid> {
    let column = &connection.format.columns[at];
    let to = column.data_type;
    if column.index_position == 0 {
        return Err(Invalid::broken(
            dts::DTS_E_TXLOOKUP_REFCOLUMNISNOTINDEX,
            format!(
                "\"{name}\" is joined to the cache column \"{}\", which is not an index column.",
                column.name
            ),
        ));
    }
    if to.is_long() || matches!(to, DataType::R4 | DataType::R8) {
        return Err(Invalid::broken(
            dts::DTS_E_TXLOOKUP_INVALIDJOINTYPE,
            format!("\"{name}\" has the type {to}, by which rows cannot be looked up."),
        ));
    }
    if from.code() != to.code() || physical(&from) != physical(&to) {
        return Err(Invalid::broken(
            dts::DTS_E_TXLOOKUP_INCOMPATIBLEDATATYPES,
            format!(
                "\"{name}\" ({from}) and the reference column \"{}\" ({to}) have incompatible data types.",
                column.name
            ),
        ));
    }
    Ok(())
}

fn replaced(
    build: &Build<'_>,
    connection: &CacheConnection,
) -> Result<Vec<(usize, Copied)>, Invalid> {
    let input = build.input(0)?;
    let mut replaced = Vec::new();
    for (number, column) in build.component.inputs[0].columns.iter().enumerate() {
        let Some(wanted) = property(column, "CopyFromReferenceColumn") else { continue };
        let name = build.input_column_name(0, column);
        let Some(position) = input.position(&column.lineage_id) else { continue };
        let rule = build.input_rule(0, number);
        let to = input.columns[position].data_type;
        let copied = Copied::new(connection, wanted, to, rule)
            .map_err(|invalid| of_column(invalid, &name))?;
        replaced.push((position, copied));
    }
    Ok(replaced)
}

fn added(
    build: &Build<'_>,
    connection: &CacheConnection,
    exit: &Exit,
) -> Result<Vec<Copied>, Invalid> {
    let mut added = Vec::new();
    for (number, column) in build.component.outputs[exit.main].columns.iter().enumerate() {
        let name = build.output_column_name(exit.main, column);
        let wanted = column.property("CopyFromReferenceColumn").unwrap_or_default();
        let rule = build.rule(exit.main, number);
        let mut copied = Copied::new(connection, wanted, column.data_type, rule)
            .map_err(|invalid| of_column(invalid, &name))?;
        copied.kept = exit.layout.columns[number].position.is_some();
        added.push(copied);
    }
    Ok(added)
}

/// The same with the name of the column at the end of each message.
fn of_column(mut invalid: Invalid, name: &str) -> Invalid {
    for error in &mut invalid.errors {
        error.text = format!("{} Column: \"{name}\".", error.text);
    }
    invalid
}

impl Copied {
    fn new(
        connection: &CacheConnection,
        wanted: &str,
        to: DataType,
        rule: Rule,
    ) -> Result<Self, Invalid> {
        let column = reference(connection, wanted, &rule.name)?;
        let from = connection.format.columns[column].data_type;
        if from.is_long() {
            return Err(Invalid::broken(
                dts::DTS_E_TXLOOKUP_INVALIDCOPYTYPE,
                format!(
                    "The reference column \"{wanted}\" has the type {from}, which a cache cannot hold."
                ),
            ));
        }
        // Only the length of text and bytes may differ, and the code page.
        if from.code() != to.code() || physical(&from) != physical(&to) {
            return Err(Invalid::broken(
                dts::DTS_E_TXLOOKUP_INCOMPATIBLEDATATYPES,
                format!(
                    "The reference column \"{wanted}\" ({from}) cannot be copied to a column of type {to}."
                ),
            ));
        }
        Ok(Self { column, from, to, rule, kept: true, parts: Vec::new(), failures: Vec::new() })
    }

    /// Takes the values out of the cache.
    fn open(&mut self, cache: &Cache) {
        self.parts.clear();
        self.failures.clear();
        for part in cache.parts_of(self.column) {
            if self.from == self.to {
                self.parts.push(Arc::clone(part));
                self.failures.push(Vec::new());
                continue;
            }
            let converted = convert_array(part, self.from, self.to, &ConvertOptions::default());
            self.parts.push(converted.array);
            self.failures.push(converted.failures);
        }
    }

    /// The column for the rows of a batch.
    fn take(&self, places: &[Option<Place>], errors: &mut RowErrors) -> Result<ArrayRef, Stop> {
        if self.failures.iter().any(|failures| !failures.is_empty()) {
            let failed = places.iter().enumerate().filter_map(|(row, place)| {
                let (part, at) = (*place)?;
                let failures = &self.failures[part];
                let found = failures.binary_search_by_key(&at, |failure| failure.0).ok()?;
                Some(value_error(row, failures[found].1))
            });
            errors.add(&self.rule, failed)?;
        }
        gather(&self.parts, places, self.to)
    }
}

impl Lifecycle for Lookup {
    fn open(&mut self, context: &Context<'_>) -> Result<(), Stop> {
        let start = Instant::now();
        let cache = self.connection.read(context)?;
        for copied in self.replaced.iter_mut().map(|replaced| &mut replaced.1) {
            copied.open(&cache);
        }
        self.added.iter_mut().for_each(|copied| copied.open(&cache));
        context.information(
            dts::DTS_I_SUCCEEDEDPREPARINGCACHE,
            format!(
                "The \"{}\" succeeded in preparing the cache. The preparation time was {:.3} seconds.",
                context.name(),
                start.elapsed().as_secs_f64()
            ),
        );
        context.information(
            dts::DTS_I_TXLOOKUP_CACHE_FINAL,
            format!("The \"{}\" has cached a total of {} rows.", context.name(), cache.len()),
        );
        self.cache = Some(cache);
        context.check()
    }
}

impl Transform for Lookup {
    fn process(&mut self, batch: RecordBatch, out: &mut Outbox<'_>) -> Result<(), Stop> {
        let Some(cache) = &self.cache else { return Ok(()) };
        let mut places = cache.find(&Keys::of(&batch, &self.keys), batch.num_rows());
        let mut errors = RowErrors::new();
        let mut batch = batch;
        if places.iter().any(Option::is_none) {
            if let Some(no_match) = self.no_match {
                let missed: BooleanArray = places.iter().map(|p| Some(p.is_none())).collect();
                out.send_filtered(no_match, &batch, &missed)?;
                let found: BooleanArray = places.iter().map(|p| Some(p.is_some())).collect();
                batch = arrow_select::filter::filter_record_batch(&batch, &found)?;
                places.retain(Option::is_some);
            } else {
                row_missed(&self.rule, places.iter().map(Option::is_none), &mut errors)?;
            }
        }
        let mut made = Made { errors, ..Made::default() };
        for (position, copied) in &self.replaced {
            made.changed.push((*position, copied.take(&places, &mut made.errors)?));
        }
        for copied in &self.added {
            let array = copied.take(&places, &mut made.errors)?;
            if copied.kept {
                made.added.push(array);
            }
        }
        self.exit.send(batch, made, out)
    }
}

/// Rows without a match, as errors.
fn row_missed(
    rule: &Rule,
    missed: impl Iterator<Item = bool>,
    errors: &mut RowErrors,
) -> Result<(), Stop> {
    let missed = missed.enumerate().filter(|(_, missed)| *missed);
    let missed = missed.map(|(row, _)| ValueError {
        row: u32::try_from(row).unwrap_or(u32::MAX),
        code: dts::DTS_E_TXLOOKUP_ROWLOOKUPERROR,
        truncation: false,
    });
    errors.add(rule, missed).map_err(|failure| {
        failure.after(dts::DTS_E_TXLOOKUP_ROWLOOKUPERROR, "Row yielded no match during lookup.")
    })?;
    Ok(())
}

#[cfg(test)]
mod tests;
