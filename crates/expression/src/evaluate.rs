//! Runs the steps of an expression, for one row or for a batch.
//!
//! Each step gives a [`Datum`]: one value when it depends on no column, else an array. A step on
//! values alone is computed by [`apply`]; a step on arrays by a kernel, or where there is none by
//! `apply` row by row. Faults travel beside the data, by row: a branch that is not taken and a
//! side that is not needed take their faults with them.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a value of another kind is refused: operands have the type that the step says"
)]

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, BooleanArray};
use arrow_buffer::BooleanBuffer;
use arrow_select::nullif::nullif;
use arrow_select::zip::zip;
use model::{DataType, Value};

use crate::convert::{FailureKind, convert};
use crate::fault::Fault;
use crate::function::Call;
use crate::scope::Context;
use crate::step::{Op, Step, StepId};
use crate::{array, kernel, operate};

/// The result of a step.
#[derive(Clone, Debug)]
pub(crate) enum Datum {
    /// The same for every row.
    Scalar(Value),
    /// One cell a row.
    Array(ArrayRef),
}

/// A fault of one row, or of all.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowFault {
    pub(crate) row: Option<usize>,
    pub(crate) fault: Fault,
    pub(crate) step: StepId,
}

/// The result of a step with the faults on the way to it.
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    pub(crate) datum: Datum,
    pub(crate) faults: Vec<RowFault>,
}

/// One run of an expression.
pub(crate) struct Evaluation<'a> {
    pub(crate) steps: &'a [Step],
    /// The columns that the expression uses, in the order of its list.
    pub(crate) columns: &'a [ArrayRef],
    /// The values of the variables that it uses, in the order of its list.
    pub(crate) variables: &'a [Value],
    pub(crate) context: &'a Context,
    pub(crate) rows: usize,
}

impl Evaluation<'_> {
    /// The result of the step `root`.
    pub(crate) fn run(&self, root: StepId) -> Slot {
        let mut slots: Vec<Option<Slot>> = Vec::with_capacity(root + 1);
        for (id, step) in self.steps.iter().enumerate().take(root + 1) {
            let operands: Vec<Slot> = step
                .op
                .operands()
                .into_iter()
                .map(|operand| slots[operand].take().unwrap_or_else(Slot::null))
                .collect();
            slots.push(Some(self.step(id, step, operands)));
        }
        slots.pop().flatten().unwrap_or_else(Slot::null)
    }

    fn step(&self, id: StepId, step: &Step, operands: Vec<Slot>) -> Slot {
        match &step.op {
            Op::Constant(value) => Slot::of(Datum::Scalar(value.clone())),
            Op::Variable(index) => Slot::of(Datum::Scalar(self.variables[*index].clone())),
            Op::Column(index) => Slot::of(Datum::Array(self.columns[*index].clone())),
            Op::Select { .. } => match <[Slot; 3]>::try_from(operands) {
                Ok([condition, then, otherwise]) => {
                    let branches = (then, otherwise);
                    self.select(condition, branches, (id, step.data_type))
                }
                Err(_) => Slot::null(),
            },
            Op::And(..) => self.logic(operands, false),
            Op::Or(..) => self.logic(operands, true),
            Op::Negate(_)
            | Op::Not(_)
            | Op::Complement(_)
            | Op::Arithmetic(..)
            | Op::Bitwise(..)
            | Op::Concat(..)
            | Op::Compare(..)
            | Op::Convert { .. }
            | Op::Call(..) => self.compute(id, step, operands),
        }
    }

    /// An operation that needs all its operands.
    fn compute(&self, id: StepId, step: &Step, operands: Vec<Slot>) -> Slot {
        let types: Vec<DataType> =
            step.op.operands().iter().map(|operand| self.steps[*operand].data_type).collect();
        let mut faults = Vec::new();
        let mut data = Vec::with_capacity(operands.len());
        for operand in operands {
            faults.extend(operand.faults);
            data.push(operand.datum);
        }
        if let Some(values) = scalars(&data) {
            let datum = match apply(step, &values, &types, self.context) {
                Ok(value) => Datum::Scalar(value),
                Err((fault, value)) => {
                    faults.push(RowFault { row: None, fault, step: id });
                    Datum::Scalar(value)
                }
            };
            return Slot { datum, faults };
        }
        let work = kernel::Work { step, types: &types, rows: self.rows, context: self.context };
        let outcome = kernel::compute(&work, &data).unwrap_or_else(|| row_by_row(&work, &data));
        let row_fault = |(row, fault)| RowFault { row: Some(row), fault, step: id };
        faults.extend(outcome.faults.into_iter().map(row_fault));
        Slot { datum: Datum::Array(outcome.array), faults }
    }

    /// `? :`, which takes the branch of each row and with it only that branch's faults.
    fn select(
        &self,
        condition: Slot,
        branches: (Slot, Slot),
        (id, data_type): (StepId, DataType),
    ) -> Slot {
        let (then, otherwise) = branches;
        let mut faults = condition.faults;
        let mask = match condition.datum {
            Datum::Array(array) => array.as_boolean().clone(),
            Datum::Scalar(value) => {
                let taken = match value {
                    Value::Bool(true) => then,
                    Value::Bool(false) => otherwise,
                    _ => Slot::null(),
                };
                faults.extend(taken.faults);
                return Slot { datum: taken.datum, faults };
            }
        };
        let is_then = |row: usize| mask.is_valid(row) && mask.value(row);
        let is_otherwise = |row: usize| mask.is_valid(row) && !mask.value(row);
        faults.extend(self.faults_where(then.faults, is_then));
        faults.extend(self.faults_where(otherwise.faults, is_otherwise));
        let datum = self.choose(&mask, (&then.datum, &otherwise.datum), data_type);
        let datum = datum.unwrap_or_else(|| {
            // A long text for every row is more than a column can hold.
            faults.push(RowFault { row: None, fault: Fault::FunctionOverflow, step: id });
            Datum::Scalar(Value::Null)
        });
        Slot { datum, faults }
    }

    /// The cells of one or the other, and NULL where the mask is.
    /// `None` when an array cannot hold them.
    fn choose(
        &self,
        mask: &BooleanArray,
        sides: (&Datum, &Datum),
        data_type: DataType,
    ) -> Option<Datum> {
        let then = self.as_array(sides.0, data_type)?;
        let otherwise = self.as_array(sides.1, data_type)?;
        let chosen = zip(mask, &then, &otherwise);
        let chosen = match mask.nulls() {
            Some(nulls) => chosen
                .and_then(|array| nullif(array.as_ref(), &BooleanArray::new(!nulls.inner(), None))),
            None => chosen,
        };
        chosen.ok().map(Datum::Array)
    }

    fn as_array(&self, datum: &Datum, data_type: DataType) -> Option<ArrayRef> {
        match datum {
            Datum::Array(array) => Some(array.clone()),
            Datum::Scalar(value) => array::repeat(value, data_type, self.rows).ok(),
        }
    }

    /// The faults of the rows that count.
    fn faults_where(&self, faults: Vec<RowFault>, counts: impl Fn(usize) -> bool) -> Vec<RowFault> {
        let mut kept = Vec::new();
        for fault in faults {
            match fault.row {
                Some(row) if counts(row) => kept.push(fault),
                Some(_) => {}
                None => {
                    let rows = (0..self.rows).filter(|row| counts(*row));
                    kept.extend(rows.map(|row| RowFault { row: Some(row), ..fault }));
                }
            }
        }
        kept
    }

    /// `&&` and `||`. Where the left side settles it, the right side is not evaluated: its faults
    /// do not count.
    fn logic(&self, operands: Vec<Slot>, settled_by: bool) -> Slot {
        let Ok([left, right]) = <[Slot; 2]>::try_from(operands) else { return Slot::null() };
        let mut faults = left.faults;
        match &left.datum {
            Datum::Scalar(Value::Bool(value)) if *value == settled_by => {}
            Datum::Scalar(_) => faults.extend(right.faults),
            Datum::Array(array) => {
                let array = array.as_boolean();
                let is_open = |row| array.is_null(row) || array.value(row) != settled_by;
                faults.extend(self.faults_where(right.faults, is_open));
            }
        }
        let combine = if settled_by { operate::or } else { operate::and };
        if let (Datum::Scalar(a), Datum::Scalar(b)) = (&left.datum, &right.datum) {
            let value = combine(truth(a), truth(b)).map_or(Value::Null, Value::Bool);
            return Slot { datum: Datum::Scalar(value), faults };
        }
        let (a, b) = (self.truths(&left.datum), self.truths(&right.datum));
        let (yes, no) =
            if settled_by { (&a.0 | &b.0, &a.1 & &b.1) } else { (&a.0 & &b.0, &a.1 | &b.1) };
        let nulls = arrow_buffer::NullBuffer::new(&yes | &no);
        let array = BooleanArray::new(yes, Some(nulls).filter(|nulls| 0 < nulls.null_count()));
        Slot { datum: Datum::Array(std::sync::Arc::new(array)), faults }
    }

    /// Which rows are true and which are false.
    fn truths(&self, datum: &Datum) -> (BooleanBuffer, BooleanBuffer) {
        let all = |set: bool| {
            if set {
                BooleanBuffer::new_set(self.rows)
            } else {
                BooleanBuffer::new_unset(self.rows)
            }
        };
        match datum {
            Datum::Scalar(value) => {
                let value = truth(value);
                (all(value == Some(true)), all(value == Some(false)))
            }
            Datum::Array(array) => {
                let array = array.as_boolean();
                let values = array.values();
                match array.nulls() {
                    None => (values.clone(), !values),
                    Some(nulls) => (values & nulls.inner(), &!values & nulls.inner()),
                }
            }
        }
    }
}

impl Slot {
    fn of(datum: Datum) -> Self {
        Self { datum, faults: Vec::new() }
    }

    fn null() -> Self {
        Self::of(Datum::Scalar(Value::Null))
    }
}

fn truth(value: &Value) -> Option<bool> {
    if let Value::Bool(value) = value { Some(*value) } else { None }
}

/// The operands as values, when none is an array.
fn scalars(data: &[Datum]) -> Option<Vec<Value>> {
    data.iter()
        .map(|datum| match datum {
            Datum::Scalar(value) => Some(value.clone()),
            Datum::Array(_) => None,
        })
        .collect()
}

/// An operation on a batch for which there is no kernel.
fn row_by_row(work: &kernel::Work<'_>, data: &[Datum]) -> kernel::Outcome {
    let mut builder = array::Builder::new(work.step.data_type, work.rows);
    let mut faults = Vec::new();
    let mut values = vec![Value::Null; data.len()];
    for row in 0..work.rows {
        for (value, (datum, data_type)) in values.iter_mut().zip(data.iter().zip(work.types)) {
            *value = match datum {
                Datum::Scalar(value) => value.clone(),
                Datum::Array(array) => array::value_at(array.as_ref(), *data_type, row),
            };
        }
        let value = match apply(work.step, &values, work.types, work.context) {
            Ok(value) => value,
            Err((fault, value)) => {
                faults.push((row, fault));
                value
            }
        };
        if builder.append(&value).is_err() {
            faults.push((row, Fault::BinaryOverflow));
            builder.append_null();
        }
    }
    kernel::Outcome { array: builder.finish(), faults }
}

/// Computes one step from values; with a fault comes NULL or the shortened value.
pub(crate) fn apply(
    step: &Step,
    values: &[Value],
    types: &[DataType],
    context: &Context,
) -> Result<Value, (Fault, Value)> {
    if let Op::Convert { is_cast, .. } = &step.op {
        return apply_convert(&values[0], types[0], step.data_type, (*is_cast, context));
    }
    apply_operator(step, values, types, context).map_err(|fault| (fault, Value::Null))
}

/// Digits of a fraction that an operator cannot use are dropped silently; a cast that drops them
/// is a truncation.
fn apply_convert(
    value: &Value,
    from: DataType,
    to: DataType,
    (is_cast, context): (bool, &Context),
) -> Result<Value, (Fault, Value)> {
    match convert(value, from, to, &context.convert_options()) {
        Ok(value) => Ok(value),
        Err(failure) if failure.kind == FailureKind::Truncated && !is_cast => Ok(failure.value),
        Err(failure) => Err((Fault::of_conversion(failure.kind, is_cast), failure.value)),
    }
}

fn apply_operator(
    step: &Step,
    values: &[Value],
    types: &[DataType],
    context: &Context,
) -> Result<Value, Fault> {
    if let Op::Call(function, _) = &step.op {
        let call = Call { function: *function, types, context };
        return call.apply(values);
    }
    match (&step.op, values) {
        (Op::And(..), [a, b]) => {
            Ok(operate::and(truth(a), truth(b)).map_or(Value::Null, Value::Bool))
        }
        (Op::Or(..), [a, b]) => {
            Ok(operate::or(truth(a), truth(b)).map_or(Value::Null, Value::Bool))
        }
        (Op::Select { .. }, [condition, then, otherwise]) => Ok(match truth(condition) {
            Some(true) => then.clone(),
            Some(false) => otherwise.clone(),
            None => Value::Null,
        }),
        _ if values.iter().any(Value::is_null) => Ok(Value::Null),
        (Op::Not(_), [Value::Bool(value)]) => Ok(Value::Bool(!value)),
        (Op::Negate(_), [value]) => operate::negate(value),
        (Op::Complement(_), [value]) => operate::complement(value),
        (Op::Arithmetic(operator, ..), [a, b]) => {
            operate::arithmetic(*operator, a, b, step.data_type)
        }
        (Op::Bitwise(operator, ..), [a, b]) => operate::bitwise(*operator, a, b),
        (Op::Compare(operator, ..), [a, b]) => operate::compare(*operator, a, b),
        (Op::Concat(..), [a, b]) => concat(a, b),
        _ => Err(Fault::Function),
    }
}

fn concat(a: &Value, b: &Value) -> Result<Value, Fault> {
    match (a, b) {
        (Value::Text(a), Value::Text(b)) => Ok(Value::text(format!("{a}{b}"))),
        (Value::Bytes(a), Value::Bytes(b)) => Ok(Value::Bytes([&a[..], &b[..]].concat().into())),
        _ => Err(Fault::Function),
    }
}
