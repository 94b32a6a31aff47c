//! CDC Splitter: change rows to the outputs for inserts, updates and deletes, by the column
//! `__$operation`.
//!
//! 1 is a delete, 2 an insert, 3 and 4 an update before and after, 5 a merged row, which counts as
//! an update. Any other value, and NULL, is an error of the input, with ErrorCode 1 (CDC Splitter
//! page).

use arrow_array::{BooleanArray, RecordBatch};
use expression::array::value_at;
use model::{DataType, Value, dts};
use package::Disposition;

use crate::database::convert::to_type;
use crate::{Build, Invalid, Lifecycle, Outbox, RowError, Rule, Stop, Transform};

/// What the error output says in ErrorCode.
const BAD_OPERATION: u32 = 1;

/// The kinds of change, by the names of their outputs.
const OUTPUTS: [&str; 3] = ["DeleteOutput", "InsertOutput", "UpdateOutput"];

/// Sends rows by their operation.
struct CdcSplitter {
    operation: usize,
    data_type: DataType,
    /// Numbers of the outputs, as in [`OUTPUTS`]; rows of one that is not there go nowhere.
    outputs: [Option<usize>; 3],
    error: Option<usize>,
    rule: Rule,
}

/// Builds a CDC Splitter.
pub(crate) fn build(build: &Build<'_>) -> Result<Box<dyn Transform>, Invalid> {
    let input = build.input(0)?;
    let position = input.columns.iter().position(|column| column.name == "__$operation");
    let position = position.ok_or_else(|| {
        Invalid::broken(
            dts::DTS_E_COLUMNNOTFOUND,
            format!("The input of \"{}\" has no column \"__$operation\".", build.component.name),
        )
    })?;
    let arriving = &input.columns[position];
    let outputs = OUTPUTS.map(|name| {
        let is_it = |output: &package::Output| {
            !output.is_error_output && output.name.replace(' ', "").eq_ignore_ascii_case(name)
        };
        build.component.outputs.iter().position(is_it)
    });
    let configured = &build.component.inputs[0];
    let rule = Rule {
        subject: build.component.name.clone(),
        name: format!("{}.Inputs[{}]", build.component.name, configured.name),
        id: arriving.id,
        dispositions: configured.dispositions.clone(),
    };
    Ok(Box::new(CdcSplitter {
        operation: position,
        data_type: arriving.data_type,
        outputs,
        error: build.error_output(),
        rule,
    }))
}

impl Lifecycle for CdcSplitter {}

impl Transform for CdcSplitter {
    fn process(&mut self, batch: RecordBatch, out: &mut Outbox<'_>) -> Result<(), Stop> {
        let operations: Vec<Option<usize>> =
            (0..batch.num_rows()).map(|row| self.kind(&batch, row)).collect();
        let errors = self.errors(&operations)?;
        for (kind, output) in self.outputs.iter().enumerate() {
            let Some(output) = *output else { continue };
            let keep: BooleanArray =
                operations.iter().map(|operation| Some(*operation == Some(kind))).collect();
            out.send_filtered(output, &batch, &keep)?;
        }
        match self.error {
            Some(error) if !errors.is_empty() => out.redirect(error, &batch, &errors),
            Some(_) | None => Ok(()),
        }
    }
}

impl CdcSplitter {
    /// Which of [`OUTPUTS`] a row is for.
    fn kind(&self, batch: &RecordBatch, row: usize) -> Option<usize> {
        let value = value_at(batch.column(self.operation).as_ref(), self.data_type, row);
        match to_type(value, DataType::I4) {
            Ok(Value::I4(1)) => Some(0),
            Ok(Value::I4(2)) => Some(1),
            Ok(Value::I4(3..=5)) => Some(2),
            Ok(_) | Err(_) => None,
        }
    }

    fn errors(&self, operations: &[Option<usize>]) -> Result<Vec<RowError>, Stop> {
        let bad = operations.iter().enumerate().filter(|(_, operation)| operation.is_none());
        let mut errors = Vec::new();
        for (row, _) in bad {
            match self.rule.dispositions.error {
                Disposition::IgnoreFailure => {}
                Disposition::RedirectRow => errors.push(RowError {
                    row: u32::try_from(row).unwrap_or(u32::MAX),
                    code: BAD_OPERATION,
                    column: self.rule.id,
                }),
                Disposition::FailComponent | Disposition::NotUsed => {
                    return Err(self.rule.failure(BAD_OPERATION, false).into());
                }
            }
        }
        Ok(errors)
    }
}

#[cfg(test)]
mod tests {
    use package::{ComponentClass, Disposition};

    use crate::testing::{self, Rig};

    fn rig(disposition: Disposition) -> Rig {
        let mut splitter = testing::component(ComponentClass::CdcSplitter, "Split");
        let mut input = testing::input("Split", "In", &["Src.__$operation"]);
        input.dispositions = testing::dispose(disposition);
        splitter.inputs.push(input);
        let mut rig = Rig::new();
        let rows = "1|a\n2|b\n3|c\n4|d\n5|e\n6|f\nNULL|g\n2|h";
        rig.source("Src", "__$operation i4, name wstr:1", rows).path("Src.Out", "Split.In");
        for name in ["InsertOutput", "UpdateOutput", "DeleteOutput"] {
            let mut output = testing::output("Split", name, "");
            output.synchronous_input = Some("Split.Inputs[In]".to_owned());
            output.exclusion_group = 1;
            splitter.outputs.push(output);
            rig.sink(name, &["Src.name"]).path(&format!("Split.{name}"), &format!("{name}.In"));
        }
        splitter.outputs.push(testing::error_output("Split", "In"));
        rig.add(splitter);
        rig.sink("Errors", &["Src.name", "Split.ErrorCode"]).path("Split.Error", "Errors.In");
        rig
    }

    #[test]
    fn changes_leave_by_their_kind_and_unknown_ones_by_the_error_output() {
        for batch_rows in [1, 3, 100] {
            let outcome = rig(Disposition::RedirectRow).batch_rows(batch_rows).run();
            assert_eq!(outcome.rows("InsertOutput"), "b\nh", "{}", outcome.messages());
            assert_eq!(outcome.rows("UpdateOutput"), "c\nd\ne");
            assert_eq!(outcome.rows("DeleteOutput"), "a");
            assert_eq!(outcome.rows("Errors"), "f|1\ng|1");
        }
    }

    #[test]
    fn an_unknown_change_fails_the_component_or_is_left_out() {
        let outcome = rig(Disposition::FailComponent).run();
        assert!(outcome.messages().contains("C0209029"), "{}", outcome.messages());
        let outcome = rig(Disposition::IgnoreFailure).run();
        assert_eq!(outcome.rows("InsertOutput"), "b\nh", "{}", outcome.messages());
        assert_eq!(outcome.rows("Errors"), "");
    }
}
