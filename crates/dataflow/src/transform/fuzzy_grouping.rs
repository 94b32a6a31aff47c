//! Fuzzy Grouping: which rows are likely the same thing, and which of them stands for it.
//!
//! All rows leave, in the order in which they came, numbered from 1 (`_key_in`), with the number of
//! the canonical row of their group (`_key_out`) and how alike they are to it. Rows are alike as in
//! a Fuzzy Lookup of each row in all of them: see `fuzzy.rs`; scores are our own.
//!
//! Which row is canonical SSIS does not document. Here it is the row with the most rows like it,
//! equal ones counted each, among several the first; then the same among the rows that are like
//! none of those chosen so far; in the end each other row joins the chosen one that it is most
//! like. So every row of a group reaches the thresholds with its canonical row, not only with some
//! other row of the group. Rows whose compared columns are all equal, NULL too, are one.
//!
//! Nothing is stored in the database: its connection is not opened.

mod groups;
mod plan;

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, RecordBatch, StringArray};
use expression::array::from_values;
use model::{DataType, Value, dts};

use super::fuzzy::{Index, Kept, Rules, key_batch, keys, text_at};
use crate::gather::{Place, gather};
use crate::{Combine, Context, Failure, Inputs, Lifecycle, Outbox, OutputLayout, Stop};
use groups::{Groups, Member};
pub(crate) use plan::build;
use plan::{Column, ExactColumn, FuzzyColumn};

/// About what a distinct row takes beside its key.
const ITEM_BYTES: usize = 96;

/// Groups rows.
struct FuzzyGrouping {
    rules: Rules,
    exact: Vec<ExactColumn>,
    fuzzy: Vec<FuzzyColumn>,
    columns: Vec<Column>,
    /// Bytes that the rows may take, by the component's own property.
    memory_max: Option<usize>,
    main: usize,
    layout: OutputLayout,
}

/// All rows.
struct Rows {
    parts: Vec<RecordBatch>,
    /// By row, in the order in which they came, the number of its item.
    items: Vec<u32>,
    /// By item, its first row: its place, and its number from 0.
    first: Vec<(Place, usize)>,
    /// By item how many rows are that.
    counts: Vec<u64>,
    /// Items by their compared columns.
    known: HashMap<Box<[u8]>, u32>,
    index: Index,
    kept: Kept,
}

impl Lifecycle for FuzzyGrouping {}

impl Combine for FuzzyGrouping {
    fn run(&mut self, inputs: &mut Inputs<'_>, out: &mut Outbox<'_>) -> Result<(), Stop> {
        let context = out.context();
        let mut rows = Rows {
            parts: Vec::new(),
            items: Vec::new(),
            first: Vec::new(),
            counts: Vec::new(),
            known: HashMap::new(),
            index: Index::new(self.rules.clone()),
            kept: Kept::new(self.memory_max),
        };
        while let Some(batch) = inputs.next_of(0)? {
            self.take(batch, &mut rows, &context)?;
        }
        rows.index.finish();
        let groups = Groups::find(&mut rows.index, &rows.counts, &mut rows.kept, &context)?;
        let mut before = 0;
        for part in 0..rows.parts.len() {
            let count = rows.parts[part].num_rows();
            for start in (0..count).step_by(out.batch_rows()) {
                let rows_end = count.min(start + out.batch_rows());
                self.send(&rows, &groups, (part, before, start..rows_end), out)?;
            }
            before += count;
        }
        rows.kept.release(&context);
        Ok(())
    }
}

impl FuzzyGrouping {
    fn take(&self, batch: RecordBatch, rows: &mut Rows, context: &Context<'_>) -> Result<(), Stop> {
        let exact: Vec<_> = self.exact.iter().map(|column| column.compared).collect();
        let arrays = self.exact.iter().map(|column| Arc::clone(batch.column(column.position)));
        let equal = keys(&exact, &key_batch(&exact, arrays.collect(), batch.num_rows())?);
        let texts = self.fuzzy.iter().map(|column| batch.column(column.position).as_string());
        let texts: Vec<&StringArray> = texts.collect();
        let mut bytes = batch.get_array_memory_size() + batch.num_rows() * size_of::<u32>();
        for row in 0..batch.num_rows() {
            let own: Vec<Option<&str>> = texts.iter().map(|array| text_at(array, row)).collect();
            let mut key = equal.row(row).to_vec();
            self.add_numerals(&own, &mut key);
            let place = (rows.parts.len(), row);
            bytes += rows.add(&key, &own, place);
        }
        rows.parts.push(batch);
        rows.kept.add(bytes, context)
    }

    /// Adds the numerals that must be equal to a key.
    fn add_numerals(&self, texts: &[Option<&str>], key: &mut Vec<u8>) {
        for (column, text) in self.fuzzy.iter().zip(texts) {
            let is_delimiter = |character: char| self.rules.delimiters.contains(character);
            let text = text.unwrap_or_default().trim_matches(is_delimiter);
            if column.leading_numerals {
                let end = text.find(|c: char| !c.is_numeric()).unwrap_or(text.len());
                key.extend_from_slice(&text.as_bytes()[..end]);
                key.push(0xFF);
            }
            if column.trailing_numerals {
                let rest = text.trim_end_matches(char::is_numeric);
                key.extend_from_slice(&text.as_bytes()[rest.len()..]);
                key.push(0xFF);
            }
        }
    }

    /// Sends rows of a part, before which so many rows came.
    fn send(
        &self,
        rows: &Rows,
        groups: &Groups,
        (part, before, range): (usize, usize, std::ops::Range<usize>),
        out: &mut Outbox<'_>,
    ) -> Result<(), Stop> {
        let members = range.clone().map(|row| rows.items[before + row]);
        let members: Vec<&Member> = members.map(|item| groups.of(item)).collect();
        let canonical = members.iter().map(|member| rows.first[member.canonical as usize]);
        let canonical: Vec<(Place, usize)> = canonical.collect();
        let count = range.len();
        let batch = self.layout.assemble(count, |at| -> Result<ArrayRef, Stop> {
            let data_type = self.layout.columns[at].data_type;
            let scores = |score: &dyn Fn(&Member) -> f64| {
                values(
                    data_type,
                    members.iter().map(|member| score_value(data_type, score(member))),
                )
            };
            match &self.columns[at] {
                Column::Passed(source) => {
                    Ok(rows.parts[part].column(*source).slice(range.start, count))
                }
                Column::KeyIn => {
                    values(data_type, range.clone().map(|row| key_value(data_type, before + row)))
                }
                Column::KeyOut => {
                    values(data_type, canonical.iter().map(|row| key_value(data_type, row.1)))
                }
                Column::Similarity => scores(&|member| member.similarity),
                Column::FuzzySimilarity(fuzzy) => {
                    scores(&|member| member.columns.get(*fuzzy).copied().unwrap_or(1.0))
                }
                Column::Canonical(source) => {
                    let parts = rows.parts.iter().map(|part| Arc::clone(part.column(*source)));
                    let places: Vec<_> = canonical.iter().map(|row| Some(row.0)).collect();
                    gather(&parts.collect::<Vec<_>>(), &places, data_type)
                }
            }
        })?;
        out.send(self.main, batch)
    }
}

impl Rows {
    /// Takes a row in; gives the bytes that are kept of it.
    fn add(&mut self, key: &[u8], texts: &[Option<&str>], place: Place) -> usize {
        let mut whole = key.to_vec();
        for text in texts {
            whole.push(u8::from(text.is_some()));
            whole.extend_from_slice(text.unwrap_or_default().as_bytes());
            whole.push(0xFF);
        }
        let number = self.items.len();
        if let Some(&item) = self.known.get(&*whole) {
            self.counts[item as usize] += 1;
            self.items.push(item);
            return 0;
        }
        let item = u32::try_from(self.first.len()).unwrap_or(u32::MAX);
        let bytes = whole.len() + ITEM_BYTES;
        self.known.insert(whole.into(), item);
        self.first.push((place, number));
        self.counts.push(1);
        self.items.push(item);
        bytes + self.index.add(key, texts)
    }
}

/// The number of a row, from 1.
fn key_value(data_type: DataType, row: usize) -> Option<Value> {
    if data_type == DataType::I8 {
        return i64::try_from(row + 1).ok().map(Value::I8);
    }
    i32::try_from(row + 1).ok().map(Value::I4)
}

#[expect(clippy::cast_possible_truncation, reason = "scores of type DT_R4 are rounded")]
fn score_value(data_type: DataType, score: f64) -> Option<Value> {
    Some(if data_type == DataType::R4 { Value::R4(score as f32) } else { Value::R8(score) })
}

fn values(
    data_type: DataType,
    values: impl Iterator<Item = Option<Value>>,
) -> Result<ArrayRef, Stop> {
    let failure = |text: String| Failure::new(dts::DTS_E_BUFFERALLOCFAILED, text);
    let values: Option<Vec<Value>> = values.collect();
    let values = values.ok_or_else(|| {
        failure(format!("There are more rows than {data_type} has numbers for their keys."))
    })?;
    from_values(&values, data_type).map_err(|error| failure(error.to_string()).into())
}

#[cfg(test)]
mod tests;
