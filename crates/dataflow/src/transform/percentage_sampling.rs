//! Percentage Sampling: each row goes to the sample with the same probability, else to the
//! unselected output.
//!
//! The sample has about that part of the rows, not exactly. A seed other than 0 always selects
//! the same rows of the same input, however the rows are batched; they are not the rows that SSIS
//! selects, whose generator is not documented (Percentage Sampling Transformation page).

use arrow_array::{BooleanArray, RecordBatch};
use arrow_buffer::BooleanBuffer;
use model::dts;

use super::random::Random;
use crate::{Build, Context, Invalid, Lifecycle, Outbox, Stop, Transform};

/// Splits rows by chance.
struct PercentageSampling {
    /// 0 to 100.
    percent: u64,
    seed: i64,
    random: Option<Random>,
    selected: usize,
    unselected: Option<usize>,
}

/// Builds a Percentage Sampling.
pub(crate) fn build(build: &Build<'_>) -> Result<Box<dyn Transform>, Invalid> {
    let value = build.number("SamplingValue", 10)?;
    let percent = u64::try_from(value).ok().filter(|&percent| percent <= 100);
    let percent = percent.ok_or_else(|| {
        Invalid::broken(
            dts::DTS_E_TXSAMPLINGINVALIDPCT,
            format!(
                "The percentage {value} of \"{}\" is not valid for sampling: it must be between 0 and 100.",
                build.component.name
            ),
        )
    })?;
    let seed = build.number("SamplingSeed", 0)?;
    let (selected, unselected) = outputs(build)?;
    Ok(Box::new(PercentageSampling { percent, seed, random: None, selected, unselected }))
}

/// The outputs for selected rows and for the others.
pub(super) fn outputs(build: &Build<'_>) -> Result<(usize, Option<usize>), Invalid> {
    let is_selected = |number: &usize| {
        let text = build.component.outputs[*number].property("Selected").unwrap_or_default();
        text.trim().eq_ignore_ascii_case("true")
    };
    let main = build.main_output()?;
    let count = build.component.outputs.len();
    let selected = (0..count).find(is_selected).unwrap_or(main);
    let other =
        |number: &usize| *number != selected && !build.component.outputs[*number].is_error_output;
    Ok((selected, (0..count).find(other)))
}

impl Lifecycle for PercentageSampling {
    fn open(&mut self, context: &Context<'_>) -> Result<(), Stop> {
        self.random = Some(Random::new(self.seed, context));
        context.check()
    }
}

impl Transform for PercentageSampling {
    fn process(&mut self, batch: RecordBatch, out: &mut Outbox<'_>) -> Result<(), Stop> {
        let Some(random) = &mut self.random else { return Ok(()) };
        let percent = self.percent;
        let chosen = BooleanBuffer::collect_bool(batch.num_rows(), |_| random.below(100) < percent);
        let rest = !&chosen;
        out.send_filtered(self.selected, &batch, &BooleanArray::new(chosen, None))?;
        match self.unselected {
            Some(output) => out.send_filtered(output, &batch, &BooleanArray::new(rest, None)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use model::Value;
    use package::ComponentClass;

    use crate::testing::{self, Rig};

    fn rig(percent: &str, seed: &str, rows: i32) -> Rig {
        let mut rig = Rig::new();
        rig.source_of("Src", "n i4", (0..rows).map(|n| vec![Value::I4(n)]).collect());
        let mut sampling = testing::component(ComponentClass::PercentageSampling, "Smp");
        sampling.properties.push(testing::property("SamplingValue", percent));
        sampling.properties.push(testing::property("SamplingSeed", seed));
        sampling.inputs.push(testing::input("Smp", "In", &[]));
        for (name, selected) in [("Yes", "true"), ("No", "false")] {
            let mut output = testing::output("Smp", name, "");
            output.synchronous_input = Some("Smp.Inputs[In]".to_owned());
            output.exclusion_group = 1;
            output.properties.push(testing::property("Selected", selected));
            sampling.outputs.push(output);
            rig.sink(name, &["Src.n"]).path(&format!("Smp.{name}"), &format!("{name}.In"));
        }
        rig.add(sampling).path("Src.Out", "Smp.In");
        rig
    }

    #[test]
    fn a_seed_selects_the_same_rows_at_every_batch_size() {
        let first = rig("30", "7", 1000).run();
        let (yes, no) = (first.rows("Yes"), first.rows("No"));
        let count = yes.lines().count();
        assert!((250..350).contains(&count), "{count} of 1000 rows at 30 %");
        assert_eq!(count + no.lines().count(), 1000);
        for batch_rows in [1, 7, 65_536] {
            let mut rig = rig("30", "7", 1000);
            let again = rig.batch_rows(batch_rows).run();
            assert_eq!((again.rows("Yes"), again.rows("No")), (yes.clone(), no.clone()));
        }
        assert_ne!(rig("30", "8", 1000).run().rows("Yes"), yes);
    }

    #[test]
    fn all_and_nothing_are_exact_and_more_than_all_is_refused() {
        assert_eq!(rig("0", "1", 50).run().rows("Yes"), "");
        assert_eq!(rig("100", "0", 50).run().rows("No"), "");
        let messages = rig("101", "1", 5).run().messages();
        assert!(messages.contains("E C02020D5") && messages.contains("VS_ISBROKEN"), "{messages}");
    }
}
