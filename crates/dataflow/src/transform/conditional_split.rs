//! Conditional Split: each row leaves by the first output whose condition is true, else by the
//! default output.
//!
//! A condition that is NULL is an error of its output (DTS_E_TXSPLITEXPRESSIONEVALUATEDTONULL);
//! ignoring it, or a computation that fails, takes the condition for false. Conditions behind
//! the first true one do not count for a row, and neither do their errors.

use arrow_array::cast::AsArray;
use arrow_array::{Array, BooleanArray, RecordBatch};
use arrow_buffer::BooleanBuffer;
use model::{DataType, dts};
use package::Disposition;

use crate::formula::{Computed, Formula, value_error};
use crate::{
    Build, Context, Failure, Invalid, Lifecycle, Outbox, RowError, RowErrors, Rule, Stop,
    Transform, ValueError,
};

/// Sends rows by conditions.
struct ConditionalSplit {
    /// In evaluation order.
    conditions: Vec<Condition>,
    default: Option<usize>,
    error: Option<usize>,
}

/// One output's condition.
struct Condition {
    output: usize,
    formula: Formula,
    rule: Rule,
}

/// Builds a Conditional Split.
pub(crate) fn build(build: &Build<'_>) -> Result<Box<dyn Transform>, Invalid> {
    let mut conditions: Vec<(i64, Condition)> = Vec::new();
    let mut default = None;
    for (number, output) in build.component.outputs.iter().enumerate() {
        let is_default = output
            .property("IsDefaultOut")
            .is_some_and(|text| text.trim().eq_ignore_ascii_case("true"));
        if output.is_error_output {
            continue;
        }
        if is_default {
            default = Some(number);
            continue;
        }
        let name = format!("{}.Outputs[{}]", build.component.name, output.name);
        let order = output.property("EvaluationOrder").unwrap_or_default().trim();
        let order = order.parse().map_err(|_| build.bad_property("EvaluationOrder", order))?;
        let texts = [output.property("Expression"), output.property("FriendlyExpression")];
        let text = texts.into_iter().flatten().find(|text| !text.trim().is_empty());
        let Some(text) = text else {
            return Err(build.bad_property("Expression", ""));
        };
        let formula = Formula::compile(build, text, &name)?;
        if formula.data_type() != DataType::Bool {
            return Err(Invalid::broken(
                dts::DTS_E_SPLITEXPRESSIONNOTBOOLEAN,
                format!(
                    "The expression \"{text}\" is not Boolean. It is the condition of \"{name}\"."
                ),
            ));
        }
        let subject = build.component.name.clone();
        let rule = Rule { subject, name, id: 0, dispositions: output.dispositions.clone() };
        conditions.push((order, Condition { output: number, formula, rule }));
    }
    conditions.sort_by_key(|condition| condition.0);
    let conditions = conditions.into_iter().map(|condition| condition.1).collect();
    Ok(Box::new(ConditionalSplit { conditions, default, error: build.error_output() }))
}

impl Lifecycle for ConditionalSplit {
    fn open(&mut self, context: &Context<'_>) -> Result<(), Stop> {
        for condition in &mut self.conditions {
            condition.formula.open(context)?;
        }
        context.check()
    }
}

impl Transform for ConditionalSplit {
    fn process(&mut self, batch: RecordBatch, out: &mut Outbox<'_>) -> Result<(), Stop> {
        let mut undecided = BooleanBuffer::new_set(batch.num_rows());
        let mut errors: Vec<RowError> = Vec::new();
        for condition in &self.conditions {
            if undecided.count_set_bits() == 0 {
                break;
            }
            let (truth, failed) = condition.decide(&batch, &undecided, &out.context())?;
            if !failed.is_empty() {
                let rows: Vec<_> = (0..batch.num_rows())
                    .map(|row| failed.binary_search_by_key(&row, |e| e.row as usize).is_err())
                    .collect();
                undecided = &undecided & &BooleanBuffer::from(rows);
                errors.extend(failed);
            }
            let hit = &truth & &undecided;
            undecided = &undecided & &!&hit;
            out.send_filtered(condition.output, &batch, &BooleanArray::new(hit, None))?;
        }
        if let (Some(error), false) = (self.error, errors.is_empty()) {
            errors.sort_by_key(|error| error.row);
            out.redirect(error, &batch, &errors)?;
        }
        match self.default {
            Some(default) => {
                out.send_filtered(default, &batch, &BooleanArray::new(undecided, None))
            }
            None => Ok(()),
        }
    }
}

impl Condition {
    /// Where the condition is true, and the rows that it redirects; both only among rows that are
    /// still undecided.
    fn decide(
        &self,
        batch: &RecordBatch,
        undecided: &BooleanBuffer,
        context: &Context<'_>,
    ) -> Result<(BooleanBuffer, Vec<RowError>), Stop> {
        let Computed { array, mut failures } = self.formula.evaluate(batch, context)?;
        failures.retain(|failure| undecided.value(failure.row));
        let mut errors = RowErrors::new();
        errors
            .add(&self.rule, failures.iter().map(value_error))
            .map_err(|failure| self.formula.explain(failure, &failures))?;
        let truth = array.as_boolean();
        let Some(valid) = truth.nulls() else {
            return Ok((truth.values().clone(), errors.into_rows()));
        };
        if self.rule.dispositions.error != Disposition::IgnoreFailure {
            let null = |row: &usize| {
                valid.is_null(*row)
                    && undecided.value(*row)
                    && failures.iter().all(|failure| failure.row != *row)
            };
            let rows = (0..batch.num_rows()).filter(null);
            let nulls = rows.map(|row| ValueError {
                row: u32::try_from(row).unwrap_or(u32::MAX),
                code: dts::DTS_E_TXSPLITSTATIC_EXPRESSIONEVALUATEDTONULL,
                truncation: false,
            });
            errors.add(&self.rule, nulls).map_err(|failure| self.is_null(failure))?;
        }
        Ok((truth.values() & valid.inner(), errors.into_rows()))
    }

    fn is_null(&self, failure: Failure) -> Failure {
        failure.after(
            dts::DTS_E_TXSPLITEXPRESSIONEVALUATEDTONULL,
            format!(
                "The expression \"{}\" on \"{}\" evaluated to NULL, but the \"{}\" requires a Boolean results.",
                self.formula.text(),
                self.rule.name,
                self.rule.subject
            ),
        )
    }
}

#[cfg(test)]
mod tests;
