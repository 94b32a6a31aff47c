//! Types of T-SQL as TDS announces them, and back.
//!
//! Columns are announced in the forms that can be NULL, whatever the column says: every client
//! reads them, and a row can then never be in want of a way to say NULL. What is inside a
//! `sql_variant` has the other forms, as [MS-TDS] 2.2.5.5.4 demands.

use tds::types::{Collation, TypeInfo, VarLength};
use tsql::types::{Length, SqlType};

/// The bytes of a `text` or `image` that are announced.
const LONG: u32 = 0x7FFF_FFFF;

const COLLATION: Collation = Collation::DEFAULT;

/// The type of a column, or of an OUTPUT parameter.
pub(super) fn type_info(kind: SqlType) -> TypeInfo {
    match kind {
        SqlType::Bit => TypeInfo::BitN,
        SqlType::TinyInt => TypeInfo::IntN(1),
        SqlType::SmallInt => TypeInfo::IntN(2),
        SqlType::Int => TypeInfo::IntN(4),
        SqlType::BigInt => TypeInfo::IntN(8),
        SqlType::Real => TypeInfo::FloatN(4),
        SqlType::Float => TypeInfo::FloatN(8),
        SqlType::SmallMoney => TypeInfo::MoneyN(4),
        SqlType::Money => TypeInfo::MoneyN(8),
        SqlType::SmallDateTime => TypeInfo::DateTimeN(4),
        SqlType::DateTime => TypeInfo::DateTimeN(8),
        SqlType::Decimal { precision, scale } => {
            TypeInfo::Decimal { numeric: false, precision, scale }
        }
        SqlType::Numeric { precision, scale } => {
            TypeInfo::Decimal { numeric: true, precision, scale }
        }
        SqlType::Date => TypeInfo::Date,
        SqlType::Time(scale) => TypeInfo::Time(scale),
        SqlType::DateTime2(scale) => TypeInfo::DateTime2(scale),
        SqlType::DateTimeOffset(scale) => TypeInfo::DateTimeOffset(scale),
        SqlType::Char(length) => TypeInfo::Char { length, collation: COLLATION },
        SqlType::NChar(units) => TypeInfo::NChar { length: units * 2, collation: COLLATION },
        SqlType::VarChar(length) => {
            TypeInfo::VarChar { length: in_bytes(length, 1), collation: COLLATION }
        }
        SqlType::NVarChar(length) => {
            TypeInfo::NVarChar { length: in_bytes(length, 2), collation: COLLATION }
        }
        SqlType::Binary(length) => TypeInfo::Binary(length),
        SqlType::VarBinary(length) => TypeInfo::VarBinary(in_bytes(length, 1)),
        SqlType::RowVersion => TypeInfo::Binary(8),
        SqlType::Text => TypeInfo::Text { length: LONG, collation: COLLATION },
        SqlType::NText => TypeInfo::NText { length: LONG - 1, collation: COLLATION },
        SqlType::Image => TypeInfo::Image { length: LONG },
        SqlType::UniqueIdentifier => TypeInfo::Guid,
        SqlType::SqlVariant => TypeInfo::sql_variant(),
        SqlType::Xml => TypeInfo::Xml(None),
    }
}

fn in_bytes(length: Length, width: u16) -> VarLength {
    match length {
        Length::N(n) => VarLength::Bytes(n.saturating_mul(width)),
        Length::Max => VarLength::Max,
    }
}

/// The type of a value in a `sql_variant`.
pub(super) fn variant_type_info(kind: SqlType) -> TypeInfo {
    let info = type_info(kind);
    if let TypeInfo::IntN(size) = info {
        return match size {
            1 => TypeInfo::TinyInt,
            2 => TypeInfo::SmallInt,
            8 => TypeInfo::BigInt,
            _ => TypeInfo::Int,
        };
    }
    if let TypeInfo::FloatN(size) = info {
        return if size == 4 { TypeInfo::Real } else { TypeInfo::Float };
    }
    if let TypeInfo::MoneyN(size) = info {
        return if size == 4 { TypeInfo::SmallMoney } else { TypeInfo::Money };
    }
    if let TypeInfo::DateTimeN(size) = info {
        return if size == 4 { TypeInfo::SmallDateTime } else { TypeInfo::DateTime };
    }
    if matches!(info, TypeInfo::BitN) { TypeInfo::Bit } else { info }
}

/// The type that a client declares for a parameter or a column of a table.
pub(super) fn sql_type(info: &TypeInfo) -> SqlType {
    match info {
        TypeInfo::Bit | TypeInfo::BitN => SqlType::Bit,
        TypeInfo::TinyInt | TypeInfo::IntN(1) => SqlType::TinyInt,
        TypeInfo::SmallInt | TypeInfo::IntN(2) => SqlType::SmallInt,
        TypeInfo::BigInt | TypeInfo::IntN(8) => SqlType::BigInt,
        // An untyped NULL is an int, as in T-SQL.
        TypeInfo::Null | TypeInfo::Int | TypeInfo::IntN(_) => SqlType::Int,
        TypeInfo::Real | TypeInfo::FloatN(4) => SqlType::Real,
        TypeInfo::Float | TypeInfo::FloatN(_) => SqlType::Float,
        TypeInfo::SmallMoney | TypeInfo::MoneyN(4) => SqlType::SmallMoney,
        TypeInfo::Money | TypeInfo::MoneyN(_) => SqlType::Money,
        TypeInfo::SmallDateTime | TypeInfo::DateTimeN(4) => SqlType::SmallDateTime,
        TypeInfo::DateTime | TypeInfo::DateTimeN(_) => SqlType::DateTime,
        TypeInfo::Decimal { numeric: false, precision, scale } => {
            SqlType::Decimal { precision: *precision, scale: *scale }
        }
        TypeInfo::Decimal { numeric: true, precision, scale } => {
            SqlType::Numeric { precision: *precision, scale: *scale }
        }
        TypeInfo::Date => SqlType::Date,
        TypeInfo::Time(scale) => SqlType::Time(*scale),
        TypeInfo::DateTime2(scale) => SqlType::DateTime2(*scale),
        TypeInfo::DateTimeOffset(scale) => SqlType::DateTimeOffset(*scale),
        TypeInfo::Guid => SqlType::UniqueIdentifier,
        TypeInfo::ShortBinary { variable: false, length } => SqlType::Binary(at_least_one(*length)),
        TypeInfo::ShortBinary { variable: true, length } => {
            SqlType::VarBinary(Length::N(at_least_one(*length)))
        }
        TypeInfo::ShortChar { variable: false, length } => SqlType::Char(at_least_one(*length)),
        TypeInfo::ShortChar { variable: true, length } => {
            SqlType::VarChar(Length::N(at_least_one(*length)))
        }
        TypeInfo::Binary(length) => SqlType::Binary(at_least_one(*length)),
        TypeInfo::VarBinary(length) => SqlType::VarBinary(in_units(*length, 1)),
        TypeInfo::Char { length, .. } => SqlType::Char(at_least_one(*length)),
        TypeInfo::VarChar { length, .. } => SqlType::VarChar(in_units(*length, 1)),
        TypeInfo::NChar { length, .. } => SqlType::NChar(at_least_one(*length / 2)),
        TypeInfo::NVarChar { length, .. } => SqlType::NVarChar(in_units(*length, 2)),
        TypeInfo::Image { .. } => SqlType::Image,
        TypeInfo::Text { .. } => SqlType::Text,
        TypeInfo::NText { .. } => SqlType::NText,
        TypeInfo::Xml(_) => SqlType::Xml,
        TypeInfo::Variant { .. } => SqlType::SqlVariant,
    }
}

fn in_units(length: VarLength, width: u16) -> Length {
    match length {
        VarLength::Bytes(length) => Length::N(at_least_one(length / width)),
        VarLength::Max => Length::Max,
    }
}

/// Some clients declare an empty string as `nvarchar(0)`, which T-SQL does not have.
fn at_least_one(length: impl Into<u16>) -> u16 {
    length.into().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_announced_is_read_as_the_type_that_it_was() {
        for kind in [
            SqlType::Bit,
            SqlType::TinyInt,
            SqlType::SmallInt,
            SqlType::Int,
            SqlType::BigInt,
            SqlType::Decimal { precision: 38, scale: 10 },
            SqlType::Numeric { precision: 9, scale: 0 },
            SqlType::SmallMoney,
            SqlType::Money,
            SqlType::Real,
            SqlType::Float,
            SqlType::Date,
            SqlType::Time(3),
            SqlType::SmallDateTime,
            SqlType::DateTime,
            SqlType::DateTime2(7),
            SqlType::DateTimeOffset(0),
            SqlType::Char(10),
            SqlType::VarChar(Length::N(8000)),
            SqlType::VARCHAR_MAX,
            SqlType::Text,
            SqlType::NChar(4000),
            SqlType::NVarChar(Length::N(4000)),
            SqlType::NVARCHAR_MAX,
            SqlType::NText,
            SqlType::Binary(16),
            SqlType::VarBinary(Length::N(1)),
            SqlType::VARBINARY_MAX,
            SqlType::Image,
            SqlType::UniqueIdentifier,
            SqlType::SqlVariant,
            SqlType::Xml,
        ] {
            assert_eq!(sql_type(&type_info(kind)), kind);
        }
    }

    #[test]
    fn a_string_declared_without_a_length_has_one_character() {
        let empty = TypeInfo::NVarChar { length: VarLength::Bytes(0), collation: COLLATION };
        assert_eq!(sql_type(&empty), SqlType::NVarChar(Length::N(1)));
    }
}
