//! Derived Column: new columns, and new values for columns, computed by expressions.
//!
//! All expressions see the values that came in. A replaced column keeps its type, and the result
//! is converted to it; a new column has the type that it was given (Derived Column
//! Transformation page).

use arrow_array::RecordBatch;
use expression::convert::{ConvertOptions, FailureKind, convert_array, is_convertible};
use model::{DataType, dts};
use package::ColumnUsage;

use super::{Exit, Made};
use crate::formula::{Computed, Formula, value_error};
use crate::{
    Build, Context, Invalid, Lifecycle, Outbox, RowErrors, Rule, Stop, Transform, ValueError,
};

/// Computes columns.
struct DerivedColumn {
    derivations: Vec<Derivation>,
    exit: Exit,
}

/// One computed column.
struct Derivation {
    formula: Formula,
    target: Target,
    data_type: DataType,
    options: ConvertOptions,
    rule: Rule,
}

/// Where the values go. A new column that nobody needs is computed too: its errors count.
#[derive(Clone, Copy)]
enum Target {
    Replace(usize),
    New { kept: bool },
}

/// Builds a Derived Column.
pub(crate) fn build(build: &Build<'_>) -> Result<Box<dyn Transform>, Invalid> {
    let exit = Exit::of(build)?;
    let mut derivations = Vec::new();
    for (number, column) in build.component.inputs[0].columns.iter().enumerate() {
        if column.usage != ColumnUsage::ReadWrite {
            continue;
        }
        let Some(position) = build.input(0)?.position(&column.lineage_id) else { continue };
        let rule = build.input_rule(0, number);
        let text = expression_text(
            column.property("Expression"),
            column.property("FriendlyExpression"),
            &rule,
        )?;
        let data_type = build.input(0)?.columns[position].data_type;
        derivations.push(derivation(build, text, Target::Replace(position), (data_type, rule))?);
    }
    for (number, column) in build.component.outputs[exit.main].columns.iter().enumerate() {
        let rule = build.rule(exit.main, number);
        let text = expression_text(
            column.property("Expression"),
            column.property("FriendlyExpression"),
            &rule,
        )?;
        let kept = exit.layout.columns[number].position.is_some();
        derivations.push(derivation(build, text, Target::New { kept }, (column.data_type, rule))?);
    }
    Ok(Box::new(DerivedColumn { derivations, exit }))
}

/// The expression with lineage ids, or the friendly one where a file has only that.
fn expression_text<'a>(
    expression: Option<&'a str>,
    friendly: Option<&'a str>,
    rule: &Rule,
) -> Result<&'a str, Invalid> {
    let texts = [expression, friendly];
    let text = texts.into_iter().flatten().find(|text| !text.trim().is_empty());
    text.ok_or_else(|| {
        Invalid::broken(
            dts::DTS_E_READWRITECOLUMNMISSINGREQUIREDCUSTOMPROPERTY,
            format!("\"{}\" lacks the required custom property \"Expression\".", rule.name),
        )
    })
}

fn derivation(
    build: &Build<'_>,
    text: &str,
    target: Target,
    (data_type, rule): (DataType, Rule),
) -> Result<Derivation, Invalid> {
    let formula = Formula::compile(build, text, &rule.name)?;
    let from = formula.data_type();
    if from != data_type && !is_convertible(from, data_type) && from != DataType::Null {
        return Err(Invalid::broken(
            dts::DTS_E_CANNOTCONVERTTYPES,
            format!(
                "Conversion from \"{from}\" to \"{data_type}\" is not supported: the expression \"{text}\" on \"{}\".",
                rule.name
            ),
        ));
    }
    // Messages name the component where others name the column.
    let rule = Rule { subject: build.component.name.clone(), ..rule };
    let options =
        ConvertOptions { locale: build.locale()?, iso_dates: true, ..ConvertOptions::default() };
    Ok(Derivation { formula, target, data_type, options, rule })
}

impl Lifecycle for DerivedColumn {
    fn open(&mut self, context: &Context<'_>) -> Result<(), Stop> {
        for derivation in &mut self.derivations {
            derivation.formula.open(context)?;
        }
        context.check()
    }
}

impl Transform for DerivedColumn {
    fn process(&mut self, batch: RecordBatch, out: &mut Outbox<'_>) -> Result<(), Stop> {
        let (mut changed, mut added, mut errors) = (Vec::new(), Vec::new(), RowErrors::new());
        let context = out.context();
        for derivation in &self.derivations {
            let array = derivation.compute(&batch, &context, &mut errors)?;
            match derivation.target {
                Target::Replace(position) => changed.push((position, array)),
                Target::New { kept: true } => added.push(array),
                Target::New { kept: false } => {}
            }
        }
        self.exit.send(batch, Made { changed, added, errors }, out)
    }
}

impl Derivation {
    fn compute(
        &self,
        batch: &RecordBatch,
        context: &Context<'_>,
        errors: &mut RowErrors,
    ) -> Result<arrow_array::ArrayRef, Stop> {
        let Computed { array, failures } = self.formula.evaluate(batch, context)?;
        errors
            .add(&self.rule, failures.iter().map(value_error))
            .map_err(|failure| self.formula.explain(failure, &failures))?;
        if self.formula.data_type() == self.data_type {
            return Ok(array);
        }
        let converted =
            convert_array(&array, self.formula.data_type(), self.data_type, &self.options);
        let failed = converted.failures.iter().map(|&(row, kind)| conversion_error(row, kind));
        errors.add(&self.rule, failed)?;
        Ok(converted.array)
    }
}

fn conversion_error(row: usize, kind: FailureKind) -> ValueError {
    let code = match kind {
        FailureKind::Truncated => dts::DTS_E_TRUNCATIONTRIGGEREDREDIRECTION,
        FailureKind::Overflow | FailureKind::SignMismatch => {
            dts::DTS_E_EXPREVALSTATIC_DATACONVERSIONOVERFLOW
        }
        FailureKind::CannotConvert => dts::DTS_E_EXPREVALSTATIC_DATACONVERSIONFAILED,
        FailureKind::Unsupported => dts::DTS_E_EXPREVALSTATIC_DATACONVERSIONNOTSUPPORTED,
    };
    let row = u32::try_from(row).unwrap_or(u32::MAX);
    ValueError { row, code, truncation: kind == FailureKind::Truncated }
}

#[cfg(test)]
mod tests;
