//! One value of any SSIS type: what a variable holds and what a cell of a row holds.

use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

use crate::{DataType, Decimal, Ticks};

/// One value. NULL has no type of its own here; where one is needed, it stands beside it.
#[derive(Clone, Debug, Default)]
pub enum Value {
    /// NULL, and the value of an Object variable that holds nothing.
    #[default]
    Null,
    /// DT_BOOL.
    Bool(bool),
    /// DT_I1.
    I1(i8),
    /// DT_I2.
    I2(i16),
    /// DT_I4.
    I4(i32),
    /// DT_I8.
    I8(i64),
    /// DT_UI1.
    Ui1(u8),
    /// DT_UI2.
    Ui2(u16),
    /// DT_UI4.
    Ui4(u32),
    /// DT_UI8.
    Ui8(u64),
    /// DT_R4.
    R4(f32),
    /// DT_R8.
    R8(f64),
    /// DT_CY, DT_DECIMAL and DT_NUMERIC; a DT_CY always has scale 4.
    Decimal(Decimal),
    /// DT_STR, DT_WSTR, DT_TEXT and DT_NTEXT.
    Text(Arc<str>),
    /// DT_BYTES and DT_IMAGE.
    Bytes(Arc<[u8]>),
    /// DT_GUID.
    Guid(Uuid),
    /// DT_DATE, DT_DBTIMESTAMP, DT_DBTIMESTAMP2, DT_FILETIME.
    DateTime(Ticks),
    /// DT_DBDATE: days since 1970-01-01.
    Date(i32),
    /// DT_DBTIME and DT_DBTIME2: ticks since midnight.
    Time(i64),
    /// DT_DBTIMESTAMPOFFSET.
    DateTimeOffset {
        /// The local time.
        local: Ticks,
        /// Minutes east of UTC.
        offset_minutes: i16,
    },
    /// An object that holds a list: an array variable.
    List(Arc<[Value]>),
    /// An object that holds rows: a recordset, or a table of a data set.
    Rows(Arc<RowSet>),
}

/// Rows in memory, as a full result set or a Recordset Destination leaves them in a variable.
#[derive(Clone, Debug, Default)]
pub struct RowSet {
    /// Names and types of the columns.
    pub columns: Vec<(String, DataType)>,
    /// Each row has one value a column.
    pub rows: Vec<Vec<Value>>,
}

impl Value {
    /// A text value.
    pub fn text(text: impl Into<Arc<str>>) -> Self {
        Self::Text(text.into())
    }

    /// Whether it is NULL.
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}

/// As messages show it: text bare, NULL as `NULL`, Boolean as `True` and `False`.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("NULL"),
            Self::Bool(true) => f.write_str("True"),
            Self::Bool(false) => f.write_str("False"),
            Self::I1(n) => n.fmt(f),
            Self::I2(n) => n.fmt(f),
            Self::I4(n) => n.fmt(f),
            Self::I8(n) => n.fmt(f),
            Self::Ui1(n) => n.fmt(f),
            Self::Ui2(n) => n.fmt(f),
            Self::Ui4(n) => n.fmt(f),
            Self::Ui8(n) => n.fmt(f),
            Self::R4(n) => n.fmt(f),
            Self::R8(n) => n.fmt(f),
            Self::Decimal(n) => n.fmt(f),
            Self::Text(text) => f.write_str(text),
            Self::Bytes(bytes) => {
                f.write_str("0x")?;
                bytes.iter().try_for_each(|byte| write!(f, "{byte:02X}"))
            }
            Self::Guid(guid) => {
                write!(f, "{{{}}}", guid.as_hyphenated().to_string().to_uppercase())
            }
            Self::DateTime(ticks) => ticks.fmt(f),
            Self::Date(days) => {
                let days = i64::from(*days) + crate::DAYS_TO_1970;
                let text = Ticks(days.saturating_mul(crate::TICKS_PER_DAY)).to_string();
                f.write_str(text.split(' ').next().unwrap_or_default())
            }
            Self::Time(ticks) => {
                let text = Ticks(*ticks).to_string();
                f.write_str(text.split(' ').nth(1).unwrap_or_default())
            }
            Self::DateTimeOffset { local, offset_minutes } => {
                let sign = if *offset_minutes < 0 { '-' } else { '+' };
                let minutes = offset_minutes.unsigned_abs();
                write!(f, "{local} {sign}{:02}:{:02}", minutes / 60, minutes % 60)
            }
            Self::List(items) => write!(f, "<list of {}>", items.len()),
            Self::Rows(rows) => write!(f, "<{} rows>", rows.rows.len()),
        }
    }
}

/// Two values are equal when they have the same type and content; NULL equals NULL here, which
/// is what tests and change detection want and expressions do not.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::I1(a), Self::I1(b)) => a == b,
            (Self::I2(a), Self::I2(b)) => a == b,
            (Self::I4(a), Self::I4(b)) => a == b,
            (Self::I8(a), Self::I8(b)) => a == b,
            (Self::Ui1(a), Self::Ui1(b)) => a == b,
            (Self::Ui2(a), Self::Ui2(b)) => a == b,
            (Self::Ui4(a), Self::Ui4(b)) => a == b,
            (Self::Ui8(a), Self::Ui8(b)) => a == b,
            (Self::R4(a), Self::R4(b)) => a.to_bits() == b.to_bits(),
            (Self::R8(a), Self::R8(b)) => a.to_bits() == b.to_bits(),
            (Self::Decimal(a), Self::Decimal(b)) => a == b,
            (Self::Text(a), Self::Text(b)) => a == b,
            (Self::Bytes(a), Self::Bytes(b)) => a == b,
            (Self::Guid(a), Self::Guid(b)) => a == b,
            (Self::DateTime(a), Self::DateTime(b)) => a == b,
            (Self::Date(a), Self::Date(b)) => a == b,
            (Self::Time(a), Self::Time(b)) => a == b,
            (
                Self::DateTimeOffset { local: a, offset_minutes: x },
                Self::DateTimeOffset { local: b, offset_minutes: y },
            ) => (a, x) == (b, y),
            (Self::List(a), Self::List(b)) => a == b,
            (Self::Rows(a), Self::Rows(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_show_as_messages_write_them() {
        let show = |value: Value| value.to_string();
        assert_eq!(show(Value::Bool(true)), "True");
        assert_eq!(show(Value::Date(0)), "1970-01-01");
        assert_eq!(show(Value::Time(10_000_000)), "00:00:01");
        assert_eq!(show(Value::Bytes([1, 255].into())), "0x01FF");
        let local = Ticks(crate::DAYS_TO_1970 * crate::TICKS_PER_DAY);
        let offset = Value::DateTimeOffset { local, offset_minutes: -90 };
        assert_eq!(show(offset), "1970-01-01 00:00:00 -01:30");
    }
}
