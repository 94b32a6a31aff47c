//! An expression that is ready to be evaluated, on one row or on batches.

use arrow_array::{Array, ArrayRef, BooleanArray, RecordBatch};
use arrow_select::nullif::nullif;
use model::{DataType, Severity, Value, dts};

use crate::array::{self, physical};
use crate::compile::{Compiler, Reference};
use crate::convert::{FailureKind, convert, fit_utf16};
use crate::evaluate::{Datum, Evaluation, RowFault, Slot};
use crate::fault::{EvalError, Fault, RowFailure};
use crate::parser::parse;
use crate::problem::Problem;
use crate::scope::{Context, Scope, Variables};
use crate::step::{Step, StepId};
use crate::syntax::Ast;

/// A parsed and typed expression.
#[derive(Clone, Debug)]
pub struct Compiled {
    text: String,
    steps: Vec<Step>,
    root: StepId,
    variables: Vec<Reference>,
    columns: Vec<Reference>,
    warnings: Vec<Problem>,
}

/// The results of a batch.
#[derive(Clone, Debug)]
pub struct BatchResult {
    /// One cell for each row of the batch. Failed rows are NULL, truncated rows are shortened.
    pub array: ArrayRef,
    /// The rows that failed or were truncated, ascending, each once.
    pub failures: Vec<RowFailure>,
}

impl Compiled {
    /// Parses, checks and types an expression.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub fn compile(text: &str, scope: &dyn Scope) -> Result<Self, Vec<Problem>> {
        let ast = parse(text).map_err(|problem| vec![problem])?;
        Self::from_ast(text, &ast, scope)
    }

    pub(crate) fn from_ast(text: &str, ast: &Ast, scope: &dyn Scope) -> Result<Self, Vec<Problem>> {
        let mut compiler = Compiler::new(text, scope);
        let root = compiler.compile(ast);
        let Compiler { steps, variables, columns, problems, .. } = compiler;
        let is_broken = problems.iter().any(|problem| problem.severity == Severity::Error);
        match root {
            Some(root) if !is_broken => Ok(Self {
                text: text.to_owned(),
                steps,
                root,
                variables,
                columns,
                warnings: problems,
            }),
            _ => Err(problems),
        }
    }

    /// The expression as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The type of the result. Text has the length that it can reach, at most 4000.
    pub fn data_type(&self) -> DataType {
        self.steps[self.root].data_type
    }

    /// The variables that it reads, each once.
    pub fn variables(&self) -> &[Reference] {
        &self.variables
    }

    /// The columns that it reads, each once.
    pub fn columns(&self) -> &[Reference] {
        &self.columns
    }

    /// What the user should know although it can be evaluated.
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings
    }

    /// Evaluates an expression without columns. A truncation is an error here, as in control
    /// flow; text may be longer than 4000 characters.
    ///
    /// # Errors
    ///
    /// When a variable cannot be read or the computation fails.
    pub fn evaluate(
        &self,
        variables: &dyn Variables,
        context: &Context,
    ) -> Result<Value, EvalError> {
        if let Some(column) = self.columns.first() {
            let message =
                format!("the expression `{}` reads the column {}", self.text, column.name);
            let code = dts::DTS_E_EXPREVALNOINPUTCOLUMNCOLLECTIONFORCOLUMNNAME;
            return Err(EvalError { code, message });
        }
        let Slot { datum, faults } = self.run(&[], variables, context, 1)?;
        if let Some(fault) = worst(&faults) {
            return Err(self.error(fault.fault, fault.step));
        }
        Ok(match datum {
            Datum::Scalar(value) => value,
            Datum::Array(array) => array::value_at(array.as_ref(), self.data_type(), 0),
        })
    }

    /// Evaluates every row of a batch whose columns are those that the scope gave indexes of.
    ///
    /// # Errors
    ///
    /// When a variable cannot be read or a column of the batch is not of the type that the scope
    /// said. What fails in a row is in the result.
    pub fn evaluate_batch(
        &self,
        batch: &RecordBatch,
        variables: &dyn Variables,
        context: &Context,
    ) -> Result<BatchResult, EvalError> {
        let columns = self.pick_columns(batch)?;
        let slot = self.run(&columns, variables, context, batch.num_rows())?;
        self.finish(slot, batch.num_rows())
    }

    fn pick_columns(&self, batch: &RecordBatch) -> Result<Vec<ArrayRef>, EvalError> {
        let pick = |column: &Reference| {
            let array = batch.columns().get(column.key);
            array.filter(|array| *array.data_type() == physical(&column.data_type)).cloned()
        };
        let missing = |column: &Reference| EvalError {
            code: dts::DTS_E_EXPREVALINPUTCOLUMNIDNOTFOUND,
            message: format!(
                "the batch has no column number {} of type {} for {} in the expression `{}`",
                column.key, column.data_type, column.name, self.text
            ),
        };
        let picked = self.columns.iter().map(|column| pick(column).ok_or_else(|| missing(column)));
        picked.collect()
    }

    fn run(
        &self,
        columns: &[ArrayRef],
        variables: &dyn Variables,
        context: &Context,
        rows: usize,
    ) -> Result<Slot, EvalError> {
        let values: Vec<Value> = self
            .variables
            .iter()
            .map(|variable| self.read(variable, variables, context))
            .collect::<Result<_, _>>()?;
        let evaluation =
            Evaluation { steps: &self.steps, columns, variables: &values, context, rows };
        Ok(evaluation.run(self.root))
    }

    /// The value of a variable, as the type that it was declared with.
    fn read(
        &self,
        variable: &Reference,
        variables: &dyn Variables,
        context: &Context,
    ) -> Result<Value, EvalError> {
        let value = variables.value(variable.key)?;
        if value.is_null() {
            return Ok(value);
        }
        let wrong = || EvalError {
            code: Fault::Variable.code(),
            message: format!(
                "variable {} has no value of type {} in the expression `{}`",
                variable.name, variable.data_type, self.text
            ),
        };
        if let Value::Text(text) = &value {
            // Text of variables has no length limit, only columns have.
            return if variable.data_type.is_text() {
                Ok(Value::Text(text.clone()))
            } else {
                Err(wrong())
            };
        }
        if let (Value::Decimal(_), DataType::Decimal { .. }) = (&value, variable.data_type) {
            // A decimal variable has the scale of its value.
            return Ok(value);
        }
        if array::Builder::new(variable.data_type, 1).append(&value).is_err() {
            return Err(wrong());
        }
        convert(&value, variable.data_type, variable.data_type, &context.convert_options())
            .map_err(|_| wrong())
    }

    /// The array of a batch, with the failures in order and their rows NULL.
    fn finish(&self, slot: Slot, rows: usize) -> Result<BatchResult, EvalError> {
        let data_type = self.data_type();
        let mut faults = slot.faults;
        let array = match slot.datum {
            Datum::Array(array) => array,
            Datum::Scalar(value) => {
                let value = self.limit_value(value, &mut faults);
                array::repeat(&value, data_type, rows)
                    .map_err(|_| self.error(Fault::FunctionOverflow, self.root))?
            }
        };
        let array = self.limit_text(array, &mut faults);
        let failures = by_row(&faults, rows);
        if failures.iter().all(RowFailure::is_truncation) {
            return Ok(BatchResult { array, failures });
        }
        let mut failed = vec![false; rows];
        for failure in failures.iter().filter(|failure| !failure.is_truncation()) {
            failed[failure.row] = true;
        }
        let array = nullif(array.as_ref(), &BooleanArray::from(failed))
            .map_err(|_| self.error(Fault::Function, self.root))?;
        Ok(BatchResult { array, failures })
    }

    /// As [`Self::limit_text`], for a text that is the same in all rows.
    fn limit_value(&self, value: Value, faults: &mut Vec<RowFault>) -> Value {
        let (Value::Text(text), DataType::WStr { length }) = (&value, self.data_type()) else {
            return value;
        };
        let fitting = fit_utf16(text, length as usize);
        if fitting.len() == text.len() {
            return value;
        }
        faults.push(RowFault { row: None, fault: Fault::Truncated, step: self.root });
        Value::text(fitting)
    }

    /// A DT_WSTR in a row has no more characters than its type says.
    fn limit_text(&self, array: ArrayRef, faults: &mut Vec<RowFault>) -> ArrayRef {
        let data_type = self.data_type();
        let DataType::WStr { length } = data_type else { return array };
        let longer = DataType::WStr { length: length.wrapping_add(1) };
        let options = crate::convert::ConvertOptions::default();
        let converted = crate::convert::convert_array(&array, longer, data_type, &options);
        let truncated = |(row, _): (usize, FailureKind)| RowFault {
            row: Some(row),
            fault: Fault::Truncated,
            step: self.root,
        };
        faults.extend(converted.failures.into_iter().map(truncated));
        converted.array
    }

    fn error(&self, fault: Fault, step: StepId) -> EvalError {
        EvalError { code: fault.code(), message: self.message(fault, step) }
    }

    fn message(&self, fault: Fault, step: StepId) -> String {
        let span = self.steps.get(step).map(|step| step.span).unwrap_or_default();
        let part = self.text.get(span.start..span.end).unwrap_or_default();
        if part == self.text || part.is_empty() {
            return format!("{} in the expression `{}`", fault.text(), self.text);
        }
        format!("{} at `{part}` in the expression `{}`", fault.text(), self.text)
    }

    /// What happened in a row, for an error event.
    pub fn describe(&self, failure: &RowFailure) -> EvalError {
        self.error(failure.fault, failure.step)
    }
}

/// The fault that counts: an error before a truncation, the first of its kind.
fn worst(faults: &[RowFault]) -> Option<&RowFault> {
    faults.iter().find(|fault| !fault.fault.is_truncation()).or_else(|| faults.first())
}

/// One failure for each row that has faults, ascending.
fn by_row(faults: &[RowFault], rows: usize) -> Vec<RowFailure> {
    let mut failures: Vec<RowFailure> = Vec::new();
    for RowFault { row, fault, step } in faults {
        let range = match row {
            Some(row) => *row..*row + 1,
            None => 0..rows,
        };
        failures.extend(range.map(|row| RowFailure { row, fault: *fault, step: *step }));
    }
    failures.sort_by_key(|failure| (failure.row, failure.is_truncation()));
    failures.dedup_by_key(|failure| failure.row);
    failures
}

#[cfg(test)]
mod tests;
