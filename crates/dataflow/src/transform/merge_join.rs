//! Merge Join: two inputs sorted by the same keys, joined: inner, left or full.
//!
//! That the inputs are sorted is taken on trust, as SSIS does. NULL keys are equal to each other
//! unless TreatNullsAsEqual is off. Rows of the left input keep their order; many rows with equal
//! keys on both sides give their cross product, for which the right rows of one key are kept in
//! memory within the budget, or else in a file (Merge Join Transformation page).

mod partners;
mod side;

use std::cmp::Ordering;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch, new_null_array};
use arrow_select::interleave::interleave;
use expression::array::physical;
use model::dts;

use crate::sort_key::KeyColumn;
use crate::spill::Spill;
use crate::{Build, Combine, Inputs, Invalid, Lifecycle, Outbox, OutputLayout, Stop};
use partners::Partners;
use side::Place;
pub(crate) use side::Side;

/// Which rows without a partner stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum JoinType {
    Full,
    Left,
    Inner,
}

/// Joins.
struct MergeJoin {
    join_type: JoinType,
    nulls_are_equal: bool,
    keys: [Vec<KeyColumn>; 2],
    /// For each output column its side and the place in the batches of that side.
    sources: Vec<(usize, usize)>,
    layout: OutputLayout,
    /// Where rows of the right input go that do not fit into memory.
    spill: Spill,
}

/// Builds a Merge Join.
pub(crate) fn build(build: &Build<'_>) -> Result<Box<dyn Combine>, Invalid> {
    let join_type = match build.number("JoinType", 2)? {
        0 => JoinType::Full,
        1 => JoinType::Left,
        2 => JoinType::Inner,
        other => {
            return Err(Invalid::broken(
                dts::DTS_E_TXMERGEJOININVALIDJOINTYPE,
                format!(
                    "The JoinType property of \"{}\" is {other}; it must be 0, 1 or 2.",
                    build.component.name
                ),
            ));
        }
    };
    let wanted = build.number("NumKeyColumns", 1)?;
    let keys = [sort_keys(build, 0)?, sort_keys(build, 1)?];
    let most = keys[0].len().min(keys[1].len());
    let count = usize::try_from(wanted).ok().filter(|&count| 0 < count && count <= most);
    let Some(count) = count else {
        return Err(Invalid::broken(
            dts::DTS_E_TXMERGEJOININVALIDNUMKEYCOLS,
            format!(
                "The NumKeyColumns property of \"{}\" is {wanted}; it must be between 1 and {most}.",
                build.component.name
            ),
        ));
    };
    let keys = keys.map(|keys| keys.into_iter().take(count).collect::<Vec<_>>());
    for (left, right) in keys[0].iter().zip(&keys[1]) {
        same_key(build, left, right)?;
    }
    let layout = build.output(0)?.clone();
    let sources = sources(build)?;
    let nulls_are_equal = build.flag("TreatNullsAsEqual", true)?;
    let spill = Spill::of(build, 1)?;
    Ok(Box::new(MergeJoin { join_type, nulls_are_equal, keys, sources, layout, spill }))
}

/// The key columns by which an input says that it is sorted, in order.
pub(super) fn sort_keys(build: &Build<'_>, number: usize) -> Result<Vec<KeyColumn>, Invalid> {
    let input = build.input(number)?;
    let name = build.component.inputs[number].name.as_str();
    if !input.sorted {
        return Err(Invalid::broken(
            dts::DTS_E_INPUTMUSTBESORTED,
            format!("The {name} must be sorted."),
        ));
    }
    let mut keys = Vec::new();
    for (position, column) in input.columns.iter().enumerate() {
        let place = column.sort_key_position;
        if place != 0 {
            let flags = if column.data_type.is_text() { column.comparison_flags } else { 0 };
            super::sort_flags(&column.name, flags)?;
            let (data_type, descending) = (column.data_type, place < 0);
            keys.push((place.abs(), KeyColumn { position, data_type, descending, flags }));
        }
    }
    keys.sort_by_key(|key| key.0);
    // A key that did not come along ends the order that the rest could show.
    let complete = keys.iter().zip(1..).take_while(|(key, place)| key.0 == *place).count();
    keys.truncate(complete);
    Ok(keys.into_iter().map(|key| key.1).collect())
}

fn same_key(build: &Build<'_>, left: &KeyColumn, right: &KeyColumn) -> Result<(), Invalid> {
    let name = &build.component.name;
    if left.data_type.code() != right.data_type.code()
        || physical(&left.data_type) != physical(&right.data_type)
    {
        let text = format!(
            "Corresponding key columns of \"{name}\" have different data types: {} and {}.",
            left.data_type, right.data_type
        );
        return Err(Invalid::broken(dts::DTS_E_TXMERGEJOINDATATYPEMISMATCH, text));
    }
    if left.descending != right.descending {
        let text =
            format!("Corresponding key columns of \"{name}\" have different sort directions.");
        return Err(Invalid::broken(dts::DTS_E_TXMERGEJOINSORTDIRECTIONMISMATCH, text));
    }
    if left.flags != right.flags {
        let text =
            format!("Corresponding key columns of \"{name}\" have different comparison flags.");
        return Err(Invalid::broken(dts::DTS_E_TXMERGEJOINCOMPARISONFLAGSMISMATCH, text));
    }
    Ok(())
}

fn sources(build: &Build<'_>) -> Result<Vec<(usize, usize)>, Invalid> {
    let mut sources = Vec::new();
    for column in &build.component.outputs[0].columns {
        let wanted = super::lineage(&column.properties, "InputColumnID");
        let found = build.component.inputs.iter().enumerate().find_map(|(side, input)| {
            let used = input
                .columns
                .iter()
                .find(|used| used.ref_id == wanted || used.lineage_id == wanted)?;
            Some((side, build.inputs[side].position(&used.lineage_id)?))
        });
        sources.push(found.ok_or_else(|| {
            Invalid::broken(
                dts::DTS_E_TXMERGEJOINOUTPUTCOLMUSTHAVEASSOCIATEDINPUTCOL,
                format!("{} has no associated input column.", build.output_column_name(0, column)),
            )
        })?);
    }
    Ok(sources)
}

impl Lifecycle for MergeJoin {}

impl Combine for MergeJoin {
    fn run(&mut self, inputs: &mut Inputs<'_>, out: &mut Outbox<'_>) -> Result<(), Stop> {
        let mut joined =
            Joined { join: self, pairs: Vec::new(), batches: [Vec::new(), Vec::new()] };
        let mut left = Side::new(0, &self.keys[0]);
        let mut right = Side::new(1, &self.keys[1]);
        left.fill(inputs)?;
        right.fill(inputs)?;
        loop {
            let order = match (left.key(), right.key()) {
                (None, None) => break,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(a), Some(b)) => a.cmp(b),
            };
            match order {
                Ordering::Less => {
                    let row = left.take(inputs)?;
                    if self.join_type != JoinType::Inner {
                        joined.add(Some(row), None, out)?;
                    }
                }
                Ordering::Greater => {
                    let row = right.take(inputs)?;
                    if self.join_type == JoinType::Full {
                        joined.add(None, Some(row), out)?;
                    }
                }
                Ordering::Equal => joined.equal((&mut left, &mut right), inputs, out)?,
            }
        }
        joined.flush(out)
    }
}

/// Rows on their way out.
struct Joined<'a> {
    join: &'a MergeJoin,
    pairs: Vec<[Option<(usize, usize)>; 2]>,
    /// The batches that `pairs` point into, by side.
    batches: [Vec<Arc<RecordBatch>>; 2],
}

impl Joined<'_> {
    /// All rows with the current key, of both sides.
    fn equal(
        &mut self,
        (left, right): (&mut Side<'_>, &mut Side<'_>),
        inputs: &mut Inputs<'_>,
        out: &mut Outbox<'_>,
    ) -> Result<(), Stop> {
        let key = left.key().map(<[u8]>::to_vec).unwrap_or_default();
        let has_null = left.key_has_null();
        let mut partners = Partners::new(out.context(), &self.join.spill);
        if has_null && !self.join.nulls_are_equal {
            while right.key() == Some(&key) {
                let row = right.take(inputs)?;
                if self.join.join_type == JoinType::Full {
                    self.add(None, Some(row), out)?;
                }
            }
        } else {
            partners.take(right, &key, inputs)?;
        }
        while left.key() == Some(&key) {
            let row = left.take(inputs)?;
            partners.each(&mut |partner| self.add(Some(row.clone()), Some(partner), out))?;
            if partners.is_empty() && self.join.join_type != JoinType::Inner {
                self.add(Some(row), None, out)?;
            }
        }
        Ok(())
    }

    fn add(
        &mut self,
        left: Option<Place>,
        right: Option<Place>,
        out: &mut Outbox<'_>,
    ) -> Result<(), Stop> {
        let pair = [self.keep(0, left), self.keep(1, right)];
        self.pairs.push(pair);
        if self.pairs.len() >= out.batch_rows() { self.flush(out) } else { Ok(()) }
    }

    fn keep(&mut self, side: usize, place: Option<Place>) -> Option<(usize, usize)> {
        let place = place?;
        let batches = &mut self.batches[side];
        let known = batches.iter().rposition(|batch| Arc::ptr_eq(batch, &place.batch));
        let number = known.unwrap_or_else(|| {
            batches.push(place.batch);
            batches.len() - 1
        });
        Some((number, place.row))
    }

    fn flush(&mut self, out: &mut Outbox<'_>) -> Result<(), Stop> {
        let join = self.join;
        let batch = join.layout.assemble(self.pairs.len(), |column| {
            let (side, position) = join.sources[column];
            self.gather(side, position, physical(&join.layout.columns[column].data_type))
        })?;
        self.pairs.clear();
        self.batches = [Vec::new(), Vec::new()];
        out.send(0, batch)
    }

    fn gather(
        &self,
        side: usize,
        position: usize,
        data_type: arrow_schema::DataType,
    ) -> Result<ArrayRef, Stop> {
        // Row 0 of one more array stands for the missing side.
        let missing = new_null_array(&data_type, 1);
        let mut arrays: Vec<&dyn Array> =
            self.batches[side].iter().map(|batch| batch.column(position).as_ref()).collect();
        arrays.push(missing.as_ref());
        let nowhere = (arrays.len() - 1, 0);
        let places: Vec<_> = self.pairs.iter().map(|pair| pair[side].unwrap_or(nowhere)).collect();
        Ok(interleave(&arrays, &places)?)
    }
}

#[cfg(test)]
mod tests;
