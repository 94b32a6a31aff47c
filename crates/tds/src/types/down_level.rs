//! What a client of an older version gets instead of a type that it does not know.
//!
//! Source: SQL Server documentation, "Data type support for older clients": before 7.3 the date
//! and time types are `nvarchar` text; before 7.2 the `max` types are `text`, `ntext`, `image`,
//! and `xml` is `ntext`.

use std::borrow::Cow;

use super::calendar;
use super::type_info::{TypeInfo, VarLength};
use super::value::{Value, Variant};
use crate::types::Collation;
use crate::version::Version;

/// The length of long values in bytes, as SQL Server announces it.
const LONG: u32 = 0x7FFF_FFFF;

/// The type that stands for `kind` on a connection of `version`.
pub fn down_level_type(kind: &TypeInfo, version: Version) -> Cow<'_, TypeInfo> {
    let stand_in = match (kind, version.is_at_least_7_2(), version.is_at_least_7_3()) {
        (TypeInfo::Date, _, false) => TypeInfo::nvarchar(10),
        (TypeInfo::Time(_), _, false) => TypeInfo::nvarchar(16),
        (TypeInfo::DateTime2(_), _, false) => TypeInfo::nvarchar(27),
        (TypeInfo::DateTimeOffset(_), _, false) => TypeInfo::nvarchar(34),
        (TypeInfo::VarBinary(VarLength::Max), false, _) => TypeInfo::Image { length: LONG },
        (TypeInfo::VarChar { length: VarLength::Max, collation }, false, _) => {
            TypeInfo::Text { length: LONG, collation: *collation }
        }
        (TypeInfo::NVarChar { length: VarLength::Max, collation }, false, _) => {
            TypeInfo::NText { length: LONG - 1, collation: *collation }
        }
        (TypeInfo::Xml(_), false, _) => {
            TypeInfo::NText { length: LONG - 1, collation: Collation::DEFAULT }
        }
        _ => return Cow::Borrowed(kind),
    };
    Cow::Owned(stand_in)
}

/// The value that stands for `value` of type `kind` on a connection of `version`.
pub fn down_level_value<'a>(kind: &TypeInfo, value: &'a Value, version: Version) -> Cow<'a, Value> {
    if version.is_at_least_7_3() {
        return Cow::Borrowed(value);
    }
    if let (TypeInfo::Variant { .. }, Value::Variant(inside)) = (kind, value) {
        return match text_of(&inside.base, &inside.value) {
            Some(text) => {
                let base = down_level_type(&inside.base, version).into_owned();
                let value = Value::String(text);
                Cow::Owned(Value::Variant(Box::new(Variant { base, value })))
            }
            None => Cow::Borrowed(value),
        };
    }
    text_of(kind, value).map_or(Cow::Borrowed(value), |text| Cow::Owned(Value::String(text)))
}

fn text_of(kind: &TypeInfo, value: &Value) -> Option<String> {
    match (kind, value) {
        (TypeInfo::Date, Value::Date(days)) => Some(calendar::date(*days)),
        (TypeInfo::Time(scale), Value::Time(ticks)) => Some(calendar::time(*ticks, *scale)),
        (TypeInfo::DateTime2(scale), Value::DateTime2 { days, ticks }) => {
            Some(format!("{} {}", calendar::date(*days), calendar::time(*ticks, *scale)))
        }
        (
            TypeInfo::DateTimeOffset(scale),
            Value::DateTimeOffset { days, ticks, offset_minutes },
        ) => {
            let (days, ticks) = local(*days, *ticks, *offset_minutes);
            let (date, time) = (calendar::date(days), calendar::time(ticks, *scale));
            Some(format!("{date} {time} {}", calendar::offset(*offset_minutes)))
        }
        _ => None,
    }
}

/// Local date and time, from those of UTC. Clamped at the ends of the calendar.
fn local(days: u32, ticks: u64, offset_minutes: i16) -> (u32, u64) {
    let day = super::TICKS_PER_DAY as i128;
    let total =
        i128::from(days) * day + i128::from(ticks) + i128::from(offset_minutes) * 600_000_000;
    let last = (i128::from(super::temporal::LAST_DAY) + 1) * day - 1;
    let total = total.clamp(0, last);
    ((total / day) as u32, (total % day) as u64)
}
