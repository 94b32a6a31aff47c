//! Pivot: rows of one set become one row, with a column for each value of the pivot key.
//!
//! A set is a run of rows with equal set keys: input that is not sorted by them gives several
//! rows for a set. Columns that are passed through have the value of the first row of the set. A
//! pivot key value that the set has already, or that no output column has, is an error of the
//! row; PassThroughUnmatchedPivotKeys leaves out rows with unknown values instead, and reports the
//! values at the end (Pivot Transformation page). Values are compared exactly.

mod plan;

use std::collections::{BTreeSet, HashMap};

use arrow_array::{ArrayRef, RecordBatch};
use arrow_select::interleave::interleave_record_batch;
use expression::array::value_at;
use model::{DataType, dts};

use crate::gather::{Place, gather};
use crate::sort_key::{KeyColumn, Keys};
use crate::{
    Combine, Context, Failure, Inputs, Lifecycle, Outbox, OutputLayout, RowErrors, Rule, Stop,
    ValueError,
};
pub(crate) use plan::{build, unsupported};

/// Turns rows into columns.
struct Pivot {
    set_keys: Vec<KeyColumn>,
    pivot_key: KeyColumn,
    /// Numbers of the pivot key values that output columns have.
    values: HashMap<Box<[u8]>, usize>,
    columns: Vec<Column>,
    main: usize,
    layout: OutputLayout,
    error: Option<usize>,
    rule: Rule,
    ignores_unmatched: bool,
}

/// An output column.
struct Column {
    /// Place of the input column.
    source: usize,
    /// Which pivot key value it belongs to; `None` takes the first row of the set.
    value: Option<usize>,
    data_type: DataType,
}

/// Rows with equal set keys.
struct Set {
    key: Box<[u8]>,
    first: Place,
    /// By number of the pivot key value.
    found: Vec<Option<Place>>,
}

/// What a running Pivot keeps.
#[derive(Default)]
struct State {
    batches: Vec<RecordBatch>,
    /// Sets that are complete.
    done: Vec<Set>,
    current: Option<Set>,
    /// Values of the pivot key that no column has, to report.
    unmatched: BTreeSet<String>,
}

/// Unmatched values that are reported at most: more would not be read.
const UNMATCHED_MAX: usize = 1000;

/// Why a row is in no set.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Refusal {
    Duplicate,
    Unmatched,
}

impl Refusal {
    const fn code(self) -> u32 {
        match self {
            Self::Duplicate => dts::DTS_E_TXPIVOTRUNTIMEDUPLICATEPIVOTKEYVALUENOSTRING,
            Self::Unmatched => dts::DTS_E_TXPIVOTBADPIVOTKEYVALUENOSTRING,
        }
    }

    fn explain(self, failure: Failure, value: &str) -> Failure {
        match self {
            Self::Duplicate => failure.after(
                dts::DTS_E_TXPIVOTRUNTIMEDUPLICATEPIVOTKEYVALUE,
                format!("Duplicate pivot key value \"{value}\"."),
            ),
            Self::Unmatched => failure.after(
                dts::DTS_E_TXPIVOTBADPIVOTKEYVALUE,
                format!("The pivot key value \"{value}\" is not valid: no output column has it."),
            ),
        }
    }
}

impl Lifecycle for Pivot {}

impl Combine for Pivot {
    fn run(&mut self, inputs: &mut Inputs<'_>, out: &mut Outbox<'_>) -> Result<(), Stop> {
        let mut state = State::default();
        while let Some(batch) = inputs.next_of(0)? {
            let errors = self.add(&batch, &mut state)?.into_rows();
            if let (false, Some(error)) = (errors.is_empty(), self.error) {
                out.redirect(error, &batch, &errors)?;
            }
            self.send(&mut state, out)?;
            state.compact()?;
        }
        state.done.extend(state.current.take());
        self.send(&mut state, out)?;
        if self.ignores_unmatched {
            report(&state.unmatched, &out.context());
        }
        out.check()
    }
}

impl Pivot {
    /// Adds the rows of a batch to their sets.
    fn add(&self, batch: &RecordBatch, state: &mut State) -> Result<RowErrors, Stop> {
        let number = state.batches.len();
        state.batches.push(batch.clone());
        let sets = Keys::of(batch, &self.set_keys);
        let values = Keys::of(batch, &[self.pivot_key]);
        let mut errors = RowErrors::new();
        for row in 0..batch.num_rows() {
            let value = self.values.get(values.row(row)).copied();
            if value.is_none() && self.ignores_unmatched {
                if state.unmatched.len() < UNMATCHED_MAX {
                    state.unmatched.insert(self.text(batch, row));
                }
                continue;
            }
            if let Err(refusal) = self.place(state, sets.row(row), value, (number, row)) {
                self.refuse(batch, row, refusal, &mut errors)?;
            }
        }
        Ok(errors)
    }

    /// Puts a row into its set.
    fn place(
        &self,
        state: &mut State,
        key: &[u8],
        value: Option<usize>,
        row: Place,
    ) -> Result<(), Refusal> {
        let value = value.ok_or(Refusal::Unmatched)?;
        if state.current.as_ref().is_none_or(|set| *set.key != *key) {
            state.done.extend(state.current.take());
        }
        let set = state.current.get_or_insert_with(|| Set {
            key: key.into(),
            first: row,
            found: vec![None; self.values.len()],
        });
        match &mut set.found[value] {
            Some(_) => Err(Refusal::Duplicate),
            free => {
                *free = Some(row);
                Ok(())
            }
        }
    }

    fn refuse(
        &self,
        batch: &RecordBatch,
        row: usize,
        refusal: Refusal,
        errors: &mut RowErrors,
    ) -> Result<(), Failure> {
        let error = ValueError {
            row: u32::try_from(row).unwrap_or(u32::MAX),
            code: refusal.code(),
            truncation: false,
        };
        errors
            .add(&self.rule, [error])
            .map_err(|failure| refusal.explain(failure, &self.text(batch, row)))
    }

    /// The pivot key value of a row, for messages.
    fn text(&self, batch: &RecordBatch, row: usize) -> String {
        let KeyColumn { position, data_type, .. } = self.pivot_key;
        value_at(batch.column(position).as_ref(), data_type, row).to_string()
    }

    /// Sends the complete sets.
    fn send(&self, state: &mut State, out: &mut Outbox<'_>) -> Result<(), Stop> {
        let done = std::mem::take(&mut state.done);
        for sets in done.chunks(out.batch_rows()) {
            let batch = self.layout.assemble(sets.len(), |at| {
                let column = &self.columns[at];
                let places: Vec<_> = sets.iter().map(|set| column.place(set)).collect();
                let parts: Vec<ArrayRef> = state
                    .batches
                    .iter()
                    .map(|b| ArrayRef::clone(b.column(column.source)))
                    .collect();
                gather(&parts, &places, column.data_type)
            })?;
            out.send(self.main, batch)?;
        }
        Ok(())
    }
}

impl Column {
    fn place(&self, set: &Set) -> Option<Place> {
        self.value.map_or(Some(set.first), |value| set.found[value])
    }
}

impl State {
    /// Keeps of the batches only the rows of the set that is not complete.
    fn compact(&mut self) -> Result<(), Stop> {
        let batches = std::mem::take(&mut self.batches);
        let Some(set) = &mut self.current else { return Ok(()) };
        let mut rows = vec![set.first];
        set.first = (0, 0);
        for place in set.found.iter_mut().flatten() {
            rows.push(*place);
            *place = (0, rows.len() - 1);
        }
        let batches: Vec<&RecordBatch> = batches.iter().collect();
        self.batches.push(interleave_record_batch(&batches, &rows)?);
        Ok(())
    }
}

/// Names the pivot key values that no column has, in the form that the designer takes.
fn report(unmatched: &BTreeSet<String>, context: &Context<'_>) {
    if unmatched.is_empty() {
        return;
    }
    let values: Vec<_> = unmatched.iter().map(|value| format!("[{value}]")).collect();
    context.information(
        0,
        format!(
            "The rows of these pivot key values were left out, because no output column of \"{}\" has them: {}",
            context.name(),
            values.join(",")
        ),
    );
}

#[cfg(test)]
mod tests;
