//! The functions of an Aggregate: what they keep of a group, and what comes out.

use std::collections::HashSet;

use arrow_array::Array;
use expression::convert::{ConvertOptions, convert, is_convertible};
use model::{DataType, Decimal, Value, dts};

use super::value_of;
use crate::Invalid;

/// An aggregation, by the numbers that packages use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    GroupBy,
    Count,
    CountAll,
    CountDistinct,
    Sum,
    Average,
    Minimum,
    Maximum,
}

impl Function {
    pub(super) fn of(number: &str) -> Option<Self> {
        Some(match number {
            "0" => Self::GroupBy,
            "1" => Self::Count,
            "2" => Self::CountAll,
            "3" => Self::CountDistinct,
            "4" => Self::Sum,
            "5" => Self::Average,
            "6" => Self::Minimum,
            "7" => Self::Maximum,
            _ => return None,
        })
    }

    /// Whether values are compared.
    pub(super) const fn compares(self) -> bool {
        matches!(self, Self::CountDistinct | Self::Minimum | Self::Maximum)
    }

    /// Whether it can compute a column of type `to` from one of type `from`.
    pub(super) fn check(
        self,
        name: &str,
        from: Option<DataType>,
        to: DataType,
    ) -> Result<(), Invalid> {
        let from = from.unwrap_or(DataType::Ui8);
        let needs_number = matches!(self, Self::Sum | Self::Average);
        if needs_number && !from.is_numeric() {
            return Err(Invalid::broken(
                dts::DTS_E_TXAGG_INVALIDINPUTDATATYPEFORAGGREGATE,
                format!(
                    "The data type {from} of the input column cannot be aggregated by \"{name}\"."
                ),
            ));
        }
        let fits = match self {
            Self::Count | Self::CountAll | Self::CountDistinct | Self::Sum | Self::Average => {
                to.is_numeric()
            }
            Self::GroupBy | Self::Minimum | Self::Maximum => {
                from.code() == to.code() && is_convertible(from, to)
            }
        };
        if fits {
            return Ok(());
        }
        Err(Invalid::broken(
            dts::DTS_E_TXAGG_INVALIDOUTPUTDATATYPEFORAGGREGATE,
            format!("The data type {to} of \"{name}\" is not valid for its aggregation of {from}."),
        ))
    }
}

/// A value that is added.
pub(super) struct Cell<'a> {
    /// The column; `None` for COUNT ALL.
    pub(super) array: Option<(&'a dyn Array, DataType)>,
    /// The value's sort key, for functions that compare.
    pub(super) key: Option<&'a [u8]>,
    pub(super) row: usize,
}

/// What is kept of a group for a column.
#[derive(Clone, Debug)]
pub(super) enum Totals {
    /// The first value of the group.
    First(Option<Value>, DataType),
    Count(u64),
    All(u64),
    Distinct(HashSet<Box<[u8]>>),
    Sum(Number),
    Average(Number, u64),
    /// The least or greatest value with its sort key.
    Extreme {
        best: Option<(Box<[u8]>, Value)>,
        least: bool,
        data_type: DataType,
    },
}

/// A sum.
#[derive(Clone, Copy, Debug)]
pub(super) enum Number {
    None,
    Exact(Decimal),
    Float(f64),
}

/// A sum does not fit.
pub(super) struct Overflow;

impl Totals {
    pub(super) fn new(function: Function) -> Self {
        match function {
            Function::GroupBy => Self::First(None, DataType::Null),
            Function::Count => Self::Count(0),
            Function::CountAll => Self::All(0),
            Function::CountDistinct => Self::Distinct(HashSet::new()),
            Function::Sum => Self::Sum(Number::None),
            Function::Average => Self::Average(Number::None, 0),
            Function::Minimum => {
                Self::Extreme { best: None, least: true, data_type: DataType::Null }
            }
            Function::Maximum => {
                Self::Extreme { best: None, least: false, data_type: DataType::Null }
            }
        }
    }

    /// Adds a value; returns about how many bytes more are kept.
    pub(super) fn add(&mut self, cell: Cell<'_>) -> Result<usize, Overflow> {
        if let Self::All(count) = self {
            *count += 1;
            return Ok(0);
        }
        if let Self::First(first, data_type) = self {
            if first.is_none() {
                *first = Some(value_of(&cell));
                *data_type = cell.array.map_or(DataType::Null, |array| array.1);
            }
            return Ok(0);
        }
        if cell.array.is_none_or(|(array, _)| array.is_null(cell.row)) {
            return Ok(0);
        }
        match self {
            Self::First(..) | Self::All(_) => {}
            Self::Count(count) => *count += 1,
            Self::Distinct(seen) => {
                let key = cell.key.unwrap_or_default();
                if !seen.contains(key) {
                    seen.insert(key.into());
                    return Ok(key.len() + 48);
                }
            }
            Self::Sum(sum) => sum.add(&value_of(&cell))?,
            Self::Average(sum, count) => {
                sum.add(&value_of(&cell))?;
                *count += 1;
            }
            Self::Extreme { best, least, data_type } => {
                let key = cell.key.unwrap_or_default();
                let better = best
                    .as_ref()
                    .is_none_or(|(best, _)| if *least { key < &**best } else { &**best < key });
                if better {
                    *best = Some((key.into(), value_of(&cell)));
                    *data_type = cell.array.map_or(DataType::Null, |array| array.1);
                }
            }
        }
        Ok(0)
    }

    /// The result as a value of the output column's type; `None` when it does not fit.
    pub(super) fn result(&self, to: DataType) -> Option<Value> {
        let exact = |value: &Value, from| convert(value, from, to, &ConvertOptions::default()).ok();
        match self {
            Self::First(None, _) | Self::Extreme { best: None, .. } => Some(Value::Null),
            Self::First(Some(value), from) => exact(value, *from),
            Self::Extreme { best: Some((_, value)), data_type, .. } => exact(value, *data_type),
            Self::Count(count) | Self::All(count) => exact(&Value::Ui8(*count), DataType::Ui8),
            Self::Distinct(seen) => exact(&Value::Ui8(seen.len() as u64), DataType::Ui8),
            Self::Sum(sum) => sum.result(to),
            Self::Average(sum, count) => sum.divided(*count, to).result(to),
        }
    }
}

impl Number {
    fn add(&mut self, value: &Value) -> Result<(), Overflow> {
        let exact = match value {
            Value::R4(value) => return self.add_float(f64::from(*value)),
            Value::R8(value) => return self.add_float(*value),
            Value::I1(value) => i128::from(*value),
            Value::I2(value) => i128::from(*value),
            Value::I4(value) => i128::from(*value),
            Value::I8(value) => i128::from(*value),
            Value::Ui1(value) => i128::from(*value),
            Value::Ui2(value) => i128::from(*value),
            Value::Ui4(value) => i128::from(*value),
            Value::Ui8(value) => i128::from(*value),
            Value::Decimal(value) => return self.add_exact(*value),
            Value::Null
            | Value::Bool(_)
            | Value::Text(_)
            | Value::Bytes(_)
            | Value::Guid(_)
            | Value::DateTime(_)
            | Value::Date(_)
            | Value::Time(_)
            | Value::DateTimeOffset { .. }
            | Value::List(_)
            | Value::Rows(_) => return Err(Overflow),
        };
        self.add_exact(Decimal::new(exact, 0))
    }

    fn add_float(&mut self, value: f64) -> Result<(), Overflow> {
        *self = match *self {
            Self::Float(sum) => Self::Float(sum + value),
            Self::None | Self::Exact(_) => Self::Float(value),
        };
        Ok(())
    }

    /// All values of a column have the same scale.
    fn add_exact(&mut self, value: Decimal) -> Result<(), Overflow> {
        let sum = if let Self::Exact(sum) = self { sum.mantissa } else { 0 };
        let mantissa = sum.checked_add(value.mantissa).ok_or(Overflow)?;
        *self = Self::Exact(Decimal::new(mantissa, value.scale));
        Ok(())
    }

    /// The average: a double for a floating column, else with the digits of the column.
    fn divided(self, count: u64, to: DataType) -> Self {
        let scale = if let DataType::Decimal { scale } | DataType::Numeric { scale, .. } = to {
            scale
        } else if to == DataType::Cy {
            4
        } else {
            return match self {
                Self::None => Self::None,
                Self::Exact(sum) => Self::Float(sum.to_f64() / count as f64),
                Self::Float(sum) => Self::Float(sum / count as f64),
            };
        };
        match self {
            Self::None => Self::None,
            Self::Float(sum) => Self::Float(sum / count as f64),
            Self::Exact(sum) => {
                // One digit more than needed, so that the last one is rounded and not cut off.
                let digits = sum.rescale(scale.saturating_add(1).max(sum.scale)).unwrap_or(sum);
                let quotient =
                    Decimal::new(digits.mantissa / i128::from(count.max(1)), digits.scale);
                quotient
                    .rescale(scale)
                    .map_or(Self::Float(sum.to_f64() / count as f64), Self::Exact)
            }
        }
    }

    fn result(self, to: DataType) -> Option<Value> {
        let (value, from) = match self {
            Self::None => return Some(Value::Null),
            Self::Float(sum) => (Value::R8(sum), DataType::R8),
            Self::Exact(sum) => {
                (Value::Decimal(sum), DataType::Numeric { precision: 38, scale: sum.scale })
            }
        };
        convert(&value, from, to, &ConvertOptions::default()).ok()
    }
}
