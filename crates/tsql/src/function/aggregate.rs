//! Aggregates as accumulators: rows go in one by one, the value comes out at the end.
//!
//! NULL never counts, but in COUNT(*). DISTINCT is the accumulator's business; the order of
//! STRING_AGG ... WITHIN GROUP is the caller's, who adds rows in that order. GROUPING is known
//! to the caller alone and only has its type here.
//!
//! Source: T-SQL reference, "Aggregate functions", the page of each.

use std::collections::HashSet;

use model::Decimal;

use super::types::text_type;
use crate::collation::Collation;
use crate::types::{ArithmeticOp, Kind, Length, SqlType};
use crate::value::{GroupKey, SqlError, SqlValue, arithmetic, cast, number_digits, sort_compare};
use crate::value::{plain_text, utf16_len};

/// An aggregate function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the aggregate of its name")]
pub enum Aggregate {
    Count,
    CountBig,
    Sum,
    Avg,
    Min,
    Max,
    StDev,
    StDevP,
    Var,
    VarP,
    StringAgg,
    Grouping,
}

impl Aggregate {
    /// The aggregate of this name, in any case.
    pub fn named(name: &str) -> Option<Self> {
        let found = match name.to_ascii_uppercase().as_str() {
            "COUNT" => Self::Count,
            "COUNT_BIG" => Self::CountBig,
            "SUM" => Self::Sum,
            "AVG" => Self::Avg,
            "MIN" => Self::Min,
            "MAX" => Self::Max,
            "STDEV" => Self::StDev,
            "STDEVP" => Self::StDevP,
            "VAR" => Self::Var,
            "VARP" => Self::VarP,
            "STRING_AGG" => Self::StringAgg,
            "GROUPING" => Self::Grouping,
            _ => return None,
        };
        Some(found)
    }

    /// The name that messages use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::CountBig => "count_big",
            Self::Sum => "sum",
            Self::Avg => "avg",
            Self::Min => "min",
            Self::Max => "max",
            Self::StDev => "stdev",
            Self::StDevP => "stdevp",
            Self::Var => "var",
            Self::VarP => "varp",
            Self::StringAgg => "string_agg",
            Self::Grouping => "grouping",
        }
    }
}

/// The type of an aggregate over an argument of type `ty`.
pub fn aggregate_type(aggregate: Aggregate, ty: &SqlType) -> Result<SqlType, SqlError> {
    let kind = ty.kind();
    let invalid = || Err(SqlError::operand_invalid(kind.name(), aggregate.name()));
    match aggregate {
        Aggregate::Count => Ok(SqlType::Int),
        Aggregate::CountBig => Ok(SqlType::BigInt),
        Aggregate::Grouping => Ok(SqlType::TinyInt),
        Aggregate::Min | Aggregate::Max => {
            let unordered = kind.is_legacy_large() || matches!(kind, Kind::Bit | Kind::Xml);
            if unordered { invalid() } else { Ok(*ty) }
        }
        Aggregate::StringAgg if kind == Kind::Xml || kind.is_legacy_large() => invalid(),
        Aggregate::StringAgg => {
            let unicode = kind.is_unicode() || !kind.is_character();
            Ok(text_type(unicode, if ty.is_max() { None } else { Some(8000) }))
        }
        _ if kind == Kind::Bit || !kind.is_number() => invalid(),
        Aggregate::StDev | Aggregate::StDevP | Aggregate::Var | Aggregate::VarP => {
            Ok(SqlType::Float)
        }
        Aggregate::Sum | Aggregate::Avg => Ok(sum_type(aggregate, ty)),
    }
}

fn sum_type(aggregate: Aggregate, ty: &SqlType) -> SqlType {
    if let SqlType::Decimal { scale, .. } | SqlType::Numeric { scale, .. } = *ty {
        let scale = if aggregate == Aggregate::Avg { scale.max(6) } else { scale };
        return ty.with_digits(38, scale);
    }
    let kind = ty.kind();
    if kind.is_money() {
        return SqlType::Money;
    }
    if kind.is_approximate() {
        return SqlType::Float;
    }
    if kind == Kind::BigInt { SqlType::BigInt } else { SqlType::Int }
}

/// An aggregate on its way.
#[derive(Clone, Debug)]
pub struct Accumulator {
    aggregate: Aggregate,
    result: SqlType,
    collation: Collation,
    /// The values seen, where only distinct ones count.
    seen: Option<HashSet<GroupKey>>,
    count: i64,
    /// Sum of exact numbers: digits, by the scale of the first.
    exact: i128,
    scale: u8,
    /// Sum of floats.
    float: f64,
    /// Mean and sum of squared distances from it, for the variances.
    mean: f64,
    squares: f64,
    /// The least or greatest value so far.
    best: SqlValue,
    text: String,
}

impl Accumulator {
    /// An accumulator whose result has the type that [`aggregate_type`] gave.
    pub fn new(
        aggregate: Aggregate,
        result: SqlType,
        collation: Collation,
        distinct: bool,
    ) -> Self {
        Self {
            aggregate,
            result,
            collation,
            seen: distinct.then(HashSet::new),
            count: 0,
            exact: 0,
            scale: 0,
            float: 0.0,
            mean: 0.0,
            squares: 0.0,
            best: SqlValue::Null,
            text: String::new(),
        }
    }

    /// Counts a row for COUNT(*).
    pub fn add_row(&mut self) {
        self.count += 1;
    }

    /// Adds a value, unless it is NULL or, with DISTINCT, has been there. `separator` is
    /// STRING_AGG's second argument; other aggregates ignore it.
    pub fn add(&mut self, value: &SqlValue, separator: &SqlValue) -> Result<(), SqlError> {
        if value.is_null() {
            return Ok(());
        }
        if let Some(seen) = &mut self.seen
            && !seen.insert(GroupKey::of(value, self.collation))
        {
            return Ok(());
        }
        self.count += 1;
        match self.aggregate {
            Aggregate::Count | Aggregate::CountBig | Aggregate::Grouping => Ok(()),
            Aggregate::Sum | Aggregate::Avg => self.add_number(value),
            Aggregate::Min | Aggregate::Max => {
                let order = sort_compare(value, &self.best, self.collation);
                let wins =
                    if self.aggregate == Aggregate::Min { order.is_lt() } else { order.is_gt() };
                if self.best.is_null() || wins {
                    self.best = value.clone();
                }
                Ok(())
            }
            Aggregate::StDev | Aggregate::StDevP | Aggregate::Var | Aggregate::VarP => {
                let number = value.as_f64().unwrap_or_default();
                let distance = number - self.mean;
                self.mean += distance / self.count as f64;
                self.squares += distance * (number - self.mean);
                Ok(())
            }
            Aggregate::StringAgg => self.add_text(value, separator),
        }
    }

    fn overflow(&self) -> SqlError {
        SqlError::overflow_expression(self.result.name())
    }

    fn add_number(&mut self, value: &SqlValue) -> Result<(), SqlError> {
        let Some(number) = value.as_decimal() else {
            self.float += value.as_f64().unwrap_or_default();
            return if self.float.is_finite() { Ok(()) } else { Err(self.overflow()) };
        };
        self.scale = number.scale;
        self.exact = self.exact.checked_add(number.mantissa).ok_or_else(|| self.overflow())?;
        match number_digits(Decimal::new(self.exact, 0)) {
            0..=38 => Ok(()),
            _ => Err(self.overflow()),
        }
    }

    fn add_text(&mut self, value: &SqlValue, separator: &SqlValue) -> Result<(), SqlError> {
        if 1 < self.count && !separator.is_null() {
            self.text += &plain_text(separator)?;
        }
        self.text += &plain_text(value)?;
        match self.result.length() {
            Some(Length::N(n)) if usize::from(n) < utf16_len(&self.text) => {
                Err(SqlError::concat_too_large())
            }
            Some(_) | None => Ok(()),
        }
    }

    /// The value of the group: NULL for an empty one, but 0 for a count.
    pub fn finish(self) -> Result<SqlValue, SqlError> {
        match self.aggregate {
            Aggregate::Count => match i32::try_from(self.count) {
                Ok(count) => Ok(SqlValue::Int(count)),
                Err(_) => Err(self.overflow()),
            },
            Aggregate::CountBig => Ok(SqlValue::BigInt(self.count)),
            Aggregate::Grouping => Err(SqlError::unsupported("GROUPING outside GROUP BY")),
            _ if self.count == 0 => Ok(SqlValue::Null),
            Aggregate::Min | Aggregate::Max => Ok(self.best),
            Aggregate::Sum => self.sum(),
            Aggregate::Avg => self.average(),
            Aggregate::Var | Aggregate::StDev if self.count < 2 => Ok(SqlValue::Null),
            Aggregate::Var => Ok(SqlValue::Float(self.squares / (self.count - 1) as f64)),
            Aggregate::VarP => Ok(SqlValue::Float(self.squares / self.count as f64)),
            Aggregate::StDev => {
                Ok(SqlValue::Float((self.squares / (self.count - 1) as f64).sqrt()))
            }
            Aggregate::StDevP => Ok(SqlValue::Float((self.squares / self.count as f64).sqrt())),
            Aggregate::StringAgg => match self.result.kind().is_unicode() {
                true => Ok(SqlValue::nvarchar(self.text)),
                false => Ok(SqlValue::varchar(self.text)),
            },
        }
    }

    fn sum(&self) -> Result<SqlValue, SqlError> {
        if self.result == SqlType::Float {
            return Ok(SqlValue::Float(self.float));
        }
        let sum = SqlValue::Decimal(Decimal::new(self.exact, self.scale));
        cast(&sum, &self.result).map_err(|_| self.overflow())
    }

    /// An integer or money average loses what does not fit, as division does.
    fn average(&self) -> Result<SqlValue, SqlError> {
        let count = SqlValue::BigInt(self.count);
        if self.result.kind().is_decimal() {
            let sum = SqlValue::Decimal(Decimal::new(self.exact, self.scale));
            return arithmetic(ArithmeticOp::Divide, &sum, &count, &self.result);
        }
        let sum = self.sum()?;
        if self.result.kind().is_money() {
            let units = sum.as_money().unwrap_or_default() / self.count;
            return Ok(SqlValue::Money(units));
        }
        if let SqlValue::Float(sum) = sum {
            return Ok(SqlValue::Float(sum / self.count as f64));
        }
        let average = sum.as_i64().unwrap_or_default() / self.count;
        cast(&SqlValue::BigInt(average), &self.result)
    }
}
