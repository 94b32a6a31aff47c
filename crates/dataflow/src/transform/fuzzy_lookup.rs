//! Fuzzy Lookup: the rows of a reference table that are most like an input row.
//!
//! Each input row gives a row for each match, the best first, at most MaxOutputMatchesPerInput;
//! without a match it gives one row with similarity and confidence 0 and NULL in the reference
//! columns (Fuzzy Lookup Transformation page). How alike rows are: see `fuzzy.rs`.
//!
//! Confidence is our own, to what is documented of it: how likely a match is the right one among
//! all that reach the thresholds, also those that are not sent. A lone match has 1, n equally good
//! ones 1/n, one that is 0.05 less alike than another about a third of its confidence.
//!
//! The match index is made in memory before the first row, at every run, from the reference table
//! as it is then. Nothing is stored: GenerateAndPersistNewIndex and GenerateAndMaintainNewIndex
//! leave no table or trigger behind, and ReuseExistingIndex reads the reference table instead of
//! an index of SQL Server's, whose layout is not documented. CopyReferenceTable, WarmCaches and
//! DropExistingMatchIndex have nothing to decide. Of the flags in FuzzyComparisonFlagsEx there
//! are none here.

mod plan;
mod reference;

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, RecordBatch, StringArray, UInt32Array};
use arrow_select::take::take;
use expression::array::from_values;
use model::{DataType, Value, dts};

use super::fuzzy::{Found, key_batch, keys, text_at};
use crate::database::Link;
use crate::sort_key::Keys;
use crate::{Combine, Context, Failure, Inputs, Lifecycle, Outbox, OutputLayout, Stop};
use plan::{Column, Plan};
pub(crate) use plan::{build, flags, is_fuzzy, passed, unsupported};
use reference::Reference;

/// How much confidence falls with similarity: by e for each 1/20.
const CONFIDENCE_FALL: f64 = 20.0;

/// Looks up.
struct FuzzyLookup {
    link: Link,
    table: String,
    plan: Plan,
    matches_max: usize,
    /// Bytes that the reference may take, by the component's own property.
    memory_max: Option<usize>,
    /// Whether the package wants an index that outlives the run.
    is_stored: bool,
    main: usize,
    layout: OutputLayout,
    reference: Option<Reference>,
}

/// A row that leaves.
struct Leaving {
    /// The input row.
    row: u32,
    found: Option<Found>,
    confidence: f64,
}

impl Lifecycle for FuzzyLookup {
    fn open(&mut self, context: &Context<'_>) -> Result<(), Stop> {
        let reference = Reference::read(self, context)?;
        let (name, rows) = (context.name(), reference.len());
        let note = if self.is_stored { " Its match index is kept for this run only." } else { "" };
        context.information(
            dts::DTS_I_TXLOOKUP_CACHE_FINAL,
            format!("The \"{name}\" has cached a total of {rows} rows.{note}"),
        );
        self.reference = Some(reference);
        context.check()
    }

    fn close(&mut self, context: &Context<'_>) -> Result<(), Stop> {
        if let Some(mut reference) = self.reference.take() {
            reference.kept.release(context);
        }
        context.check()
    }
}

impl Combine for FuzzyLookup {
    fn run(&mut self, inputs: &mut Inputs<'_>, out: &mut Outbox<'_>) -> Result<(), Stop> {
        let Some(mut reference) = self.reference.take() else { return out.check() };
        let mut result = Ok(());
        while result.is_ok() {
            result = match inputs.next_of(0)? {
                Some(batch) => self.look_up(&batch, &mut reference, out),
                None => break,
            };
        }
        self.reference = Some(reference);
        result?;
        out.check()
    }
}

impl FuzzyLookup {
    fn look_up(
        &self,
        batch: &RecordBatch,
        reference: &mut Reference,
        out: &mut Outbox<'_>,
    ) -> Result<(), Stop> {
        let keys = self.keys(batch)?;
        let texts = self.plan.fuzzy.iter().map(|join| batch.column(join.position).as_string());
        let texts: Vec<&StringArray> = texts.collect();
        let mut leaving = Vec::new();
        for row in 0..batch.num_rows() {
            let own: Vec<Option<&str>> = texts.iter().map(|array| text_at(array, row)).collect();
            self.matches(row, (keys.row(row), &own), reference, (&mut leaving, &out.context()))?;
            if out.batch_rows() <= leaving.len() {
                self.send(batch, &mut leaving, reference, out)?;
            }
        }
        self.send(batch, &mut leaving, reference, out)
    }

    /// The exact keys of the input rows.
    fn keys(&self, batch: &RecordBatch) -> Result<Keys, Stop> {
        let exact = &self.plan.exact_columns();
        let joined = self.plan.exact.iter().map(|join| Arc::clone(batch.column(join.position)));
        Ok(keys(exact, &key_batch(exact, joined.collect(), batch.num_rows())?))
    }

    /// Adds the rows that leave for an input row.
    fn matches(
        &self,
        row: usize,
        (key, texts): (&[u8], &[Option<&str>]),
        reference: &mut Reference,
        (leaving, context): (&mut Vec<Leaving>, &Context<'_>),
    ) -> Result<(), Stop> {
        let row = u32::try_from(row).unwrap_or(u32::MAX);
        let found = if self.matches_max == 0 {
            Vec::new()
        } else {
            reference.index.search(key, texts, context)?
        };
        if found.is_empty() {
            leaving.push(Leaving { row, found: None, confidence: 0.0 });
            return Ok(());
        }
        let confidences = confidences(&found);
        let rows = found.into_iter().zip(confidences).take(self.matches_max);
        leaving.extend(rows.map(|(found, confidence)| Leaving {
            row,
            found: Some(found),
            confidence,
        }));
        Ok(())
    }

    fn send(
        &self,
        batch: &RecordBatch,
        leaving: &mut Vec<Leaving>,
        reference: &Reference,
        out: &mut Outbox<'_>,
    ) -> Result<(), Stop> {
        for rows in leaving.chunks(out.batch_rows()) {
            let sources: UInt32Array = rows.iter().map(|leaving| Some(leaving.row)).collect();
            let made = self.layout.assemble(rows.len(), |at| -> Result<ArrayRef, Stop> {
                let data_type = self.layout.columns[at].data_type;
                match &self.plan.columns[at] {
                    Column::Passed(position) => {
                        Ok(take(batch.column(*position).as_ref(), &sources, None)?)
                    }
                    Column::Copied(copied) => array(data_type, rows, |leaving| {
                        let found = leaving.found.as_ref();
                        found.map_or(Value::Null, |found| reference.value(found.record, *copied))
                    }),
                    Column::Similarity => score(data_type, rows, |leaving| {
                        leaving.found.as_ref().map_or(0.0, |found| found.similarity)
                    }),
                    Column::Confidence => score(data_type, rows, |leaving| leaving.confidence),
                    Column::JoinSimilarity(join) => score(data_type, rows, |leaving| {
                        leaving.found.as_ref().map_or(0.0, |found| found.columns[*join])
                    }),
                }
            })?;
            out.send(self.main, made)?;
        }
        leaving.clear();
        Ok(())
    }
}

/// How likely each match is the right one.
fn confidences(found: &[Found]) -> Vec<f64> {
    let best = found.first().map_or(0.0, |found| found.similarity);
    let odds = found.iter().map(|found| (CONFIDENCE_FALL * (found.similarity - best)).exp());
    let odds: Vec<f64> = odds.collect();
    let all: f64 = odds.iter().sum();
    odds.into_iter().map(|odds| odds / all).collect()
}

fn array(
    data_type: DataType,
    rows: &[Leaving],
    value: impl FnMut(&Leaving) -> Value,
) -> Result<ArrayRef, Stop> {
    let values: Vec<Value> = rows.iter().map(value).collect();
    from_values(&values, data_type)
        .map_err(|error| Failure::new(dts::DTS_E_BUFFERALLOCFAILED, error.to_string()).into())
}

#[expect(clippy::cast_possible_truncation, reason = "scores of type DT_R4 are rounded")]
fn score(
    data_type: DataType,
    rows: &[Leaving],
    mut value: impl FnMut(&Leaving) -> f64,
) -> Result<ArrayRef, Stop> {
    array(data_type, rows, |leaving| {
        let score = value(leaving);
        if data_type == DataType::R4 { Value::R4(score as f32) } else { Value::R8(score) }
    })
}

#[cfg(test)]
mod tests;
