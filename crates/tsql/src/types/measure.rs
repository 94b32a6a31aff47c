//! How system views number and measure types.
//!
//! Source: T-SQL reference, "sys.types", "sys.columns".

use super::{Kind, Length, SqlType};

impl Kind {
    /// `sys.types.system_type_id`.
    pub const fn system_type_id(self) -> i32 {
        match self {
            Kind::Image => 34,
            Kind::Text => 35,
            Kind::UniqueIdentifier => 36,
            Kind::Date => 40,
            Kind::Time => 41,
            Kind::DateTime2 => 42,
            Kind::DateTimeOffset => 43,
            Kind::TinyInt => 48,
            Kind::SmallInt => 52,
            Kind::Int => 56,
            Kind::SmallDateTime => 58,
            Kind::Real => 59,
            Kind::Money => 60,
            Kind::DateTime => 61,
            Kind::Float => 62,
            Kind::SqlVariant => 98,
            Kind::NText => 99,
            Kind::Bit => 104,
            Kind::Decimal => 106,
            Kind::Numeric => 108,
            Kind::SmallMoney => 122,
            Kind::BigInt => 127,
            Kind::VarBinary => 165,
            Kind::VarChar => 167,
            Kind::Binary => 173,
            Kind::Char => 175,
            Kind::RowVersion => 189,
            Kind::NVarChar => 231,
            Kind::NChar => 239,
            Kind::Xml => 241,
        }
    }
}

impl SqlType {
    /// `sys.columns.max_length`: bytes, -1 for `max`.
    pub fn bytes_of_column(&self) -> i16 {
        let kind = self.kind();
        if kind.is_legacy_large() {
            return 16;
        }
        if let Some(length) = self.length() {
            let each = if kind.is_unicode() { 2 } else { 1 };
            return match length {
                Length::N(n) => i16::try_from(n * each).unwrap_or(i16::MAX),
                Length::Max => -1,
            };
        }
        let (precision, scale) = self.digits_of_column();
        match kind {
            Kind::Bit | Kind::TinyInt => 1,
            Kind::SmallInt => 2,
            Kind::Int | Kind::Real | Kind::SmallMoney | Kind::SmallDateTime => 4,
            Kind::Date => 3,
            Kind::Time => second_bytes(scale),
            Kind::DateTime2 => second_bytes(scale) + 3,
            Kind::DateTimeOffset => second_bytes(scale) + 5,
            Kind::Decimal | Kind::Numeric => match precision {
                0..=9 => 5,
                10..=19 => 9,
                20..=28 => 13,
                29.. => 17,
            },
            Kind::UniqueIdentifier => 16,
            Kind::SqlVariant => 8016,
            Kind::Xml => -1,
            Kind::BigInt
            | Kind::Money
            | Kind::Float
            | Kind::DateTime
            | Kind::RowVersion
            | Kind::Binary
            | Kind::VarBinary
            | Kind::Char
            | Kind::VarChar
            | Kind::NChar
            | Kind::NVarChar
            | Kind::Image
            | Kind::Text
            | Kind::NText => 8,
        }
    }

    /// `sys.columns.precision` and `scale`.
    pub fn digits_of_column(&self) -> (u8, u8) {
        if let Some(scale) = self.seconds_scale() {
            let dot = if scale == 0 { 0 } else { scale + 1 };
            let base = match self.kind() == Kind::Time {
                true => 8,
                false if self.kind() == Kind::DateTime2 => 19,
                false => 26,
            };
            return (base + dot, scale);
        }
        const FIXED: &[(Kind, u8, u8)] = &[
            (Kind::Real, 24, 0),
            (Kind::Float, 53, 0),
            (Kind::Date, 10, 0),
            (Kind::SmallDateTime, 16, 0),
            (Kind::DateTime, 23, 3),
        ];
        let fixed = FIXED.iter().find(|(kind, ..)| *kind == self.kind());
        fixed
            .map(|(_, precision, scale)| (*precision, *scale))
            .unwrap_or_else(|| self.precision_and_scale().unwrap_or((0, 0)))
    }
}

const fn second_bytes(scale: u8) -> i16 {
    match scale {
        0..=2 => 3,
        3..=4 => 4,
        5.. => 5,
    }
}
