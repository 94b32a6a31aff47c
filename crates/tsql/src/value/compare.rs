//! Comparing values: `=`, `<`, ORDER BY, GROUP BY.
//!
//! A binder brings both sides to one type first; where it could not (`sql_variant`), or did not,
//! the values meet in their common type here.
//!
//! Source: T-SQL reference, "Comparison operators", "sql_variant" (comparisons),
//! "uniqueidentifier".

use std::cmp::Ordering;

use super::convert::{cast, guid_bytes};
use super::{SqlError, SqlValue, Variant};
use crate::collation::Collation;
use crate::types::{Kind, common_type};

/// The order of two values; `None` if either is NULL.
pub fn compare(
    left: &SqlValue,
    right: &SqlValue,
    collation: Collation,
) -> Result<Option<Ordering>, SqlError> {
    if left.is_null() || right.is_null() {
        return Ok(None);
    }
    if let Some(order) = same_kind(left, right, collation) {
        return Ok(Some(order));
    }
    if let (SqlValue::Variant(a), SqlValue::Variant(b)) = (left, right) {
        return variants(a, b, collation).map(Some);
    }
    if let SqlValue::Variant(inner) = left {
        let other = Variant { base: right.sql_type(), value: right.clone() };
        return variants(inner, &other, collation).map(Some);
    }
    if let SqlValue::Variant(inner) = right {
        let other = Variant { base: left.sql_type(), value: left.clone() };
        return variants(&other, inner, collation).map(Some);
    }
    if let (Some(a), Some(b)) = (left.as_decimal(), right.as_decimal()) {
        return Ok(Some(a.cmp(&b)));
    }
    if let (Some(a), Some(b)) = (left.as_f64(), right.as_f64()) {
        return Ok(a.partial_cmp(&b));
    }
    let common = common_type(&left.sql_type(), &right.sql_type())?;
    let (left, right) = (cast(left, &common)?, cast(right, &common)?);
    match same_kind(&left, &right, collation) {
        Some(order) => Ok(Some(order)),
        None => Err(SqlError::operand_clash(left.type_name(), right.type_name())),
    }
}

/// The order of ORDER BY: NULL first. Values that do not compare keep the order of their types.
pub fn sort_compare(left: &SqlValue, right: &SqlValue, collation: Collation) -> Ordering {
    match (left.is_null(), right.is_null()) {
        (true, true) => Ordering::Equal,
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        (false, false) => match compare(left, right, collation) {
            Ok(Some(order)) => order,
            Ok(None) | Err(_) => left.kind().cmp(&right.kind()),
        },
    }
}

/// The order of two values of one kind; `None` if they are of different kinds.
fn same_kind(left: &SqlValue, right: &SqlValue, collation: Collation) -> Option<Ordering> {
    if let (Some(a), Some(b)) = (left.as_str(), right.as_str()) {
        return Some(collation.compare(a, b));
    }
    if let (Some(a), Some(b)) = (left.as_i64(), right.as_i64()) {
        return Some(a.cmp(&b));
    }
    match (left, right) {
        (SqlValue::Decimal(a), SqlValue::Decimal(b)) => Some(a.cmp(b)),
        (SqlValue::Float(a), SqlValue::Float(b)) => a.partial_cmp(b),
        (SqlValue::Real(a), SqlValue::Real(b)) => a.partial_cmp(b),
        (SqlValue::Date(a), SqlValue::Date(b)) => Some(a.cmp(b)),
        (SqlValue::Time { ticks: a, .. }, SqlValue::Time { ticks: b, .. }) => Some(a.cmp(b)),
        (SqlValue::DateTime(a), SqlValue::DateTime(b)) => Some(a.cmp(b)),
        (SqlValue::SmallDateTime(a), SqlValue::SmallDateTime(b)) => Some(a.cmp(b)),
        (SqlValue::DateTime2 { ticks: a, .. }, SqlValue::DateTime2 { ticks: b, .. }) => {
            Some(a.cmp(b))
        }
        (SqlValue::DateTimeOffset(a), SqlValue::DateTimeOffset(b)) => Some(a.utc.cmp(&b.utc)),
        (SqlValue::Binary(a), SqlValue::Binary(b)) => Some(bytes(a, b)),
        (SqlValue::Guid(a), SqlValue::Guid(b)) => Some(guid_order(a).cmp(&guid_order(b))),
        _ => left.as_money().zip(right.as_money()).map(|(a, b)| a.cmp(&b)),
    }
}

/// Bytes compare as if the shorter went on with zeros.
fn bytes(left: &[u8], right: &[u8]) -> Ordering {
    let length = left.len().max(right.len());
    let byte = |side: &[u8], at: usize| side.get(at).copied().unwrap_or(0);
    (0..length)
        .map(|at| byte(left, at).cmp(&byte(right, at)))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

/// The stored bytes of a `uniqueidentifier` in the order in which they decide.
fn guid_order(guid: &[u8; 16]) -> [u8; 16] {
    const DECIDE: [usize; 16] = [10, 11, 12, 13, 14, 15, 8, 9, 6, 7, 4, 5, 0, 1, 2, 3];
    let stored = guid_bytes(guid);
    DECIDE.map(|at| stored[at])
}

/// The family of a base type in the hierarchy of `sql_variant`: the higher wins.
const fn family(kind: Kind) -> u8 {
    if kind.is_date_time() {
        return 6;
    }
    if kind.is_approximate() {
        return 5;
    }
    if kind.is_number() {
        return 4;
    }
    if kind.is_character() {
        return 3;
    }
    if kind.is_binary() {
        return 2;
    }
    1
}

/// Values of one family compare by value, of different families by family.
fn variants(left: &Variant, right: &Variant, collation: Collation) -> Result<Ordering, SqlError> {
    let (a, b) = (family(left.base.kind()), family(right.base.kind()));
    if a != b {
        return Ok(a.cmp(&b));
    }
    Ok(compare(&left.value, &right.value, collation)?.unwrap_or(Ordering::Equal))
}

/// A value as GROUP BY, DISTINCT and hash joins see it: equal keys for equal values, and NULL
/// equal to NULL.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum GroupKey {
    /// NULL.
    Null,
    /// Any exact number without its trailing zeros: digits and scale.
    Exact(i128, u8),
    /// The bits of a float, negative zero being zero.
    Float(u64),
    /// A date or time, by its kind.
    Moment(Kind, i64),
    /// A text, by [`Collation::key`].
    Text(Box<[u64]>),
    /// Bytes without trailing zeros.
    Bytes(Box<[u8]>),
    /// A `uniqueidentifier`.
    Guid([u8; 16]),
    /// A `sql_variant`: its family and content.
    Variant(u8, Box<Self>),
}

impl GroupKey {
    /// The key of a value. Values of one column have one type, and compare by key only with
    /// each other.
    pub fn of(value: &SqlValue, collation: Collation) -> Self {
        if let Some(text) = value.as_str() {
            return Self::Text(collation.key(text));
        }
        if let Some(number) = value.as_decimal() {
            return Self::exact(number.mantissa, number.scale);
        }
        if let Some(number) = value.as_f64() {
            return Self::Float(if number == 0.0 { 0 } else { number.to_bits() });
        }
        if let SqlValue::DateTimeOffset(moment) = value {
            return Self::Moment(Kind::DateTimeOffset, moment.utc.0);
        }
        if let Some(ticks) = value.as_ticks() {
            return Self::Moment(value.kind(), ticks.0);
        }
        if let Some(bytes) = value.as_bytes() {
            let kept = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
            return Self::Bytes(bytes[..kept].into());
        }
        if let SqlValue::Variant(inner) = value {
            return Self::of_variant(inner, collation);
        }
        if let SqlValue::Guid(bytes) = value { Self::Guid(*bytes) } else { Self::Null }
    }

    fn exact(mut mantissa: i128, mut scale: u8) -> Self {
        while 0 < scale && mantissa % 10 == 0 {
            mantissa /= 10;
            scale -= 1;
        }
        Self::Exact(mantissa, scale)
    }

    /// Moments of different types in one family are equal as the widest of them.
    fn of_variant(inner: &Variant, collation: Collation) -> Self {
        let mut key = Self::of(&inner.value, collation);
        if let Self::Moment(kind, _) = &mut key {
            *kind = Kind::DateTimeOffset;
        }
        Self::Variant(family(inner.base.kind()), Box::new(key))
    }
}
