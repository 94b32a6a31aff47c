//! Row Sampling: exactly so many rows, chosen by chance; the others go to the unselected output.
//!
//! Every row is as likely as any other to be in the sample (reservoir sampling), so nothing is
//! known to be selected before the last row has come; only rows that may still be in the sample
//! are kept. Selected rows leave in the order in which they came. A seed other than 0 always
//! selects the same rows of the same input; they are not the rows that SSIS selects, whose
//! generator is not documented (Row Sampling Transformation page).

use arrow_array::{BooleanArray, RecordBatch, UInt32Array};
use arrow_buffer::BooleanBuffer;
use arrow_select::filter::filter_record_batch;
use arrow_select::take::take_record_batch;
use model::dts;

use super::percentage_sampling::outputs;
use super::random::Random;
use crate::gather::Place;
use crate::{Build, Combine, Inputs, Invalid, Lifecycle, Outbox, OutputLayout, Stop};

/// Chooses rows.
struct RowSampling {
    rows: usize,
    seed: i64,
    selected: Half,
    unselected: Option<Half>,
}

/// An output, with the columns of the input that it repeats.
struct Half {
    number: usize,
    layout: OutputLayout,
    /// For each column of the output the input column.
    sources: Vec<usize>,
}

/// Builds a Row Sampling.
pub(crate) fn build(build: &Build<'_>) -> Result<Box<dyn Combine>, Invalid> {
    let value = build.number("SamplingValue", 10)?;
    let rows = usize::try_from(value).map_err(|_| {
        Invalid::broken(
            dts::DTS_E_TXSAMPLINGINVALIDROWS,
            format!(
                "The number of rows {value} of \"{}\" is not valid for sampling: it must not be negative.",
                build.component.name
            ),
        )
    })?;
    let seed = build.number("SamplingSeed", 0)?;
    let (selected, unselected) = outputs(build)?;
    let selected = half(build, selected)?;
    let unselected = unselected.map(|number| half(build, number)).transpose()?;
    Ok(Box::new(RowSampling { rows, seed, selected, unselected }))
}

fn half(build: &Build<'_>, number: usize) -> Result<Half, Invalid> {
    let input = build.input(0)?;
    let mut sources = Vec::new();
    for column in &build.component.outputs[number].columns {
        let lineage = super::lineage(&column.properties, "InputColumnLineageId");
        let name = build.output_column_name(number, column);
        let Some(source) = input.position(&lineage) else {
            return Err(Invalid::broken(
                dts::DTS_E_INVALIDINPUTLINEAGEID,
                format!("{name} repeats a column that is not among the input columns."),
            ));
        };
        if input.columns[source].data_type != column.data_type {
            return Err(Invalid::broken(
                dts::DTS_E_METADATAMISMATCHWITHOUTPUTCOLUMN,
                format!("The metadata of {name} is not that of its input column."),
            ));
        }
        sources.push(source);
    }
    Ok(Half { number, layout: build.output(number)?.clone(), sources })
}

impl Half {
    fn send(&self, batch: &RecordBatch, out: &mut Outbox<'_>) -> Result<(), Stop> {
        // An output may also pass the columns of the input on as they are.
        let mut columns = batch.columns()[..self.layout.passed].to_vec();
        for (column, &source) in self.layout.columns.iter().zip(&self.sources) {
            if column.position.is_some() {
                columns.push(std::sync::Arc::clone(batch.column(source)));
            }
        }
        let batch = crate::build::batch(&self.layout.schema, columns, batch.num_rows())?;
        out.send(self.number, batch)
    }

    fn send_where(
        &self,
        batch: &RecordBatch,
        keep: BooleanBuffer,
        out: &mut Outbox<'_>,
    ) -> Result<(), Stop> {
        if keep.count_set_bits() == 0 {
            return Ok(());
        }
        self.send(&filter_record_batch(batch, &BooleanArray::new(keep, None))?, out)
    }
}

/// The rows that may be in the sample.
struct Reservoir {
    wanted: usize,
    seen: u64,
    random: Random,
    /// The sample so far.
    places: Vec<Place>,
    /// Rows that are or were in the sample, in the order in which they came.
    parts: Vec<RecordBatch>,
}

impl Reservoir {
    /// Takes the rows of a batch that come into the sample; returns which do not.
    fn add(&mut self, batch: &RecordBatch) -> Result<BooleanBuffer, Stop> {
        let mut chosen = Vec::new();
        let rest = BooleanBuffer::collect_bool(batch.num_rows(), |row| {
            self.seen += 1;
            let place = (self.parts.len(), chosen.len());
            if self.places.len() < self.wanted {
                self.places.push(place);
            } else {
                let at = usize::try_from(self.random.below(self.seen)).unwrap_or(usize::MAX);
                let Some(taken) = self.places.get_mut(at) else { return true };
                *taken = place;
            }
            chosen.push(u32::try_from(row).unwrap_or(u32::MAX));
            false
        });
        self.parts.push(take_record_batch(batch, &UInt32Array::from(chosen))?);
        Ok(rest)
    }
}

impl Lifecycle for RowSampling {}

impl Combine for RowSampling {
    fn run(&mut self, inputs: &mut Inputs<'_>, out: &mut Outbox<'_>) -> Result<(), Stop> {
        let random = Random::new(self.seed, &out.context());
        let (places, parts) = (Vec::new(), Vec::new());
        let mut sample = Reservoir { wanted: self.rows, seen: 0, random, places, parts };
        let mut kept = 0;
        while let Some(batch) = inputs.next_of(0)? {
            let rest = sample.add(&batch)?;
            let bytes = sample.parts.last().map_or(0, RecordBatch::get_array_memory_size);
            out.context().reserve(bytes)?;
            kept += bytes;
            if let Some(unselected) = &self.unselected {
                unselected.send_where(&batch, rest, out)?;
            }
        }
        let Reservoir { mut places, parts, .. } = sample;
        places.sort_unstable();
        let mut places = places.into_iter().peekable();
        for (number, part) in parts.iter().enumerate() {
            let is_chosen = |row| places.next_if_eq(&(number, row)).is_some();
            let chosen = {
                let mut is_chosen = is_chosen;
                BooleanBuffer::collect_bool(part.num_rows(), &mut is_chosen)
            };
            let rest = !&chosen;
            self.selected.send_where(part, chosen, out)?;
            if let Some(unselected) = &self.unselected {
                unselected.send_where(part, rest, out)?;
            }
        }
        out.context().release(kept);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use model::Value;
    use package::ComponentClass;

    use crate::testing::{self, Rig};

    fn rig(value: &str, seed: &str, rows: i32) -> Rig {
        let mut rig = Rig::new();
        rig.source_of("Src", "n i4", (0..rows).map(|n| vec![Value::I4(n)]).collect());
        let mut sampling = testing::component(ComponentClass::RowSampling, "Smp");
        sampling.properties.push(testing::property("SamplingValue", value));
        sampling.properties.push(testing::property("SamplingSeed", seed));
        sampling.inputs.push(testing::input("Smp", "In", &["Src.n"]));
        for (name, selected, column) in [("Yes", "true", "y"), ("No", "false", "n")] {
            let mut output = testing::output("Smp", name, &format!("{column} i4"));
            output.properties.push(testing::property("Selected", selected));
            let lineage = testing::property("InputColumnLineageId", "#{Src.n}");
            output.columns[0].properties.push(lineage);
            sampling.outputs.push(output);
            rig.sink(name, &[&format!("Smp.{column}")]);
            rig.path(&format!("Smp.{name}"), &format!("{name}.In"));
        }
        rig.add(sampling).path("Src.Out", "Smp.In");
        rig
    }

    #[test]
    fn the_sample_has_exactly_so_many_rows_and_the_rest_is_not_lost() {
        let first = rig("25", "3", 500).run().rows("Yes");
        assert_eq!(first.lines().count(), 25);
        for batch_rows in [1, 7, 1024] {
            let mut rig = rig("25", "3", 500);
            let outcome = rig.batch_rows(batch_rows).run();
            assert_eq!(outcome.rows("Yes"), first, "the same at every batch size");
            let all: BTreeSet<i32> = [outcome.rows("Yes"), outcome.rows("No")]
                .iter()
                .flat_map(|rows| rows.lines().map(|n| n.parse().unwrap()).collect::<Vec<i32>>())
                .collect();
            assert_eq!(all, (0..500).collect());
        }
        assert_ne!(rig("25", "4", 500).run().rows("Yes"), first);
    }

    #[test]
    fn late_rows_are_as_likely_as_early_ones() {
        let mut late = 0;
        for seed in 1..=40 {
            let rows = rig("10", &seed.to_string(), 100).run().rows("Yes");
            late += rows.lines().filter(|n| 50 <= n.parse::<i32>().unwrap()).count();
        }
        assert!((150..250).contains(&late), "{late} of 400 from the second half");
    }

    #[test]
    fn a_sample_larger_than_the_input_is_the_input() {
        let outcome = rig("10", "1", 3).run();
        assert_eq!((outcome.rows("Yes").as_str(), outcome.rows("No").as_str()), ("0\n1\n2", ""));
        assert!(rig("-1", "1", 3).run().messages().contains("E C02020D6"));
    }
}
