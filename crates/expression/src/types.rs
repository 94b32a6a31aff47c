//! Which type the result of an operator has.
//!
//! Integers: the promotion chart of the "Integration Services Data Types in Expressions" page.
//! Decimals: SQL Server's rule for precision and scale, which the measured `5.0/2` agrees with;
//! where SQL Server would give up scale to stay within 38 digits, SSIS has an error
//! (`DTS_E_EXPREVALBINARYOPNUMERICOVERFLOW`).

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the SSIS types are a closed set: those not named here are refused or treated alike"
)]

use model::DataType;

use crate::array::decimal_parts;
use crate::syntax::BinaryOperator;

/// The text type without code page that a text type counts as inside an expression.
pub(crate) fn unicode(data_type: DataType) -> DataType {
    if let DataType::Str { length, .. } = data_type {
        DataType::WStr { length: length.min(TEXT_MAX) }
    } else {
        data_type
    }
}

/// The longest DT_WSTR.
pub(crate) const TEXT_MAX: u32 = 4000;

/// Whether it is DT_WSTR or DT_STR.
pub(crate) fn is_short_text(data_type: DataType) -> bool {
    matches!(data_type, DataType::WStr { .. } | DataType::Str { .. })
}

/// Whether it is DT_TEXT, DT_NTEXT or DT_IMAGE.
pub(crate) fn is_lob(data_type: DataType) -> bool {
    matches!(data_type, DataType::Text { .. } | DataType::NText | DataType::Image)
}

/// How many UTF-16 units a text of this type has at most.
pub(crate) fn text_length(data_type: DataType) -> u32 {
    match data_type {
        DataType::WStr { length } | DataType::Str { length, .. } => length.min(TEXT_MAX),
        _ => TEXT_MAX,
    }
}

/// Bits of an integer type, and whether it has a sign.
fn integer_parts(data_type: DataType) -> Option<(u8, bool)> {
    Some(match data_type {
        DataType::I1 => (8, true),
        DataType::I2 => (16, true),
        DataType::I4 => (32, true),
        DataType::I8 => (64, true),
        DataType::Ui1 => (8, false),
        DataType::Ui2 => (16, false),
        DataType::Ui4 => (32, false),
        DataType::Ui8 => (64, false),
        _ => return None,
    })
}

/// Whether an integer type has a sign; `None` for other types.
pub(crate) fn is_signed(data_type: DataType) -> Option<bool> {
    integer_parts(data_type).map(|parts| parts.1)
}

fn integer_of(bits: u8, signed: bool) -> Option<DataType> {
    Some(match (bits, signed) {
        (8, true) => DataType::I1,
        (16, true) => DataType::I2,
        (32, true) => DataType::I4,
        (64, true) => DataType::I8,
        (8, false) => DataType::Ui1,
        (16, false) => DataType::Ui2,
        (32, false) => DataType::Ui4,
        (64, false) => DataType::Ui8,
        _ => return None,
    })
}

/// The integer type that holds the values of both; `None` for DT_UI8 with a signed type.
fn common_integer(a: DataType, b: DataType) -> Option<DataType> {
    let ((a_bits, a_signed), (b_bits, b_signed)) = (integer_parts(a)?, integer_parts(b)?);
    if a_signed == b_signed {
        return integer_of(a_bits.max(b_bits), a_signed);
    }
    let (signed, unsigned) = if a_signed { (a_bits, b_bits) } else { (b_bits, a_bits) };
    // DT_I8 with DT_UI4 and less is DT_I8; the chart has no type for anything with DT_UI8.
    if unsigned < signed { integer_of(signed, true) } else { integer_of(unsigned * 2 % 128, true) }
}

/// Digits and scale of a number type seen as DT_NUMERIC.
pub(crate) fn numeric_parts(data_type: DataType) -> Option<(u8, u8)> {
    Some(match data_type {
        DataType::I1 | DataType::Ui1 => (3, 0),
        DataType::I2 | DataType::Ui2 => (5, 0),
        DataType::I4 | DataType::Ui4 => (10, 0),
        DataType::I8 => (19, 0),
        DataType::Ui8 => (20, 0),
        _ => return decimal_parts(data_type),
    })
}

/// The type that two numbers are brought to before they are compared or computed with.
///
/// For DT_NUMERIC the two sides keep their own precision and scale; only that it is DT_NUMERIC
/// matters, and its parts are those that hold both.
pub(crate) fn common_number(a: DataType, b: DataType) -> Option<DataType> {
    if !a.is_numeric() || !b.is_numeric() {
        return None;
    }
    if a.is_integer() && b.is_integer() {
        return common_integer(a, b);
    }
    if a == DataType::R8 || b == DataType::R8 {
        return Some(DataType::R8);
    }
    if a == DataType::R4 || b == DataType::R4 {
        return Some(DataType::R4);
    }
    if a == DataType::Cy && b == DataType::Cy {
        return Some(DataType::Cy);
    }
    let ((p1, s1), (p2, s2)) = (numeric_parts(a)?, numeric_parts(b)?);
    let scale = s1.max(s2);
    let precision = ((p1 - s1).max(p2 - s2) + scale).min(38);
    Some(DataType::Numeric { precision, scale })
}

/// The DT_NUMERIC that the result of an operator on two DT_NUMERICs needs; `Err` has the
/// precision and scale that would be needed when they are more than 38.
pub(crate) fn numeric_result(
    operator: BinaryOperator,
    (p1, s1): (u8, u8),
    (p2, s2): (u8, u8),
) -> Result<DataType, (u16, u16)> {
    let (p1, s1, p2, s2) = (u16::from(p1), u16::from(s1), u16::from(p2), u16::from(s2));
    let (precision, scale) = if operator == BinaryOperator::Multiply {
        (p1 + p2 + 1, s1 + s2)
    } else if operator == BinaryOperator::Divide {
        let scale = (s1 + p2 + 1).max(6);
        (p1 - s1 + s2 + scale, scale)
    } else {
        let scale = s1.max(s2);
        ((p1 - s1).max(p2 - s2) + scale + 1, scale)
    };
    match (u8::try_from(precision), u8::try_from(scale)) {
        (Ok(precision @ ..=38), Ok(scale)) => Ok(DataType::Numeric { precision, scale }),
        _ => Err((precision, scale)),
    }
}

/// The type that two dates or times are brought to before they are compared; `None` when one has
/// only a time and the other a date.
pub(crate) fn common_date_time(a: DataType, b: DataType) -> Option<DataType> {
    if !a.is_date_time() || !b.is_date_time() {
        return None;
    }
    let is_time = |t: DataType| matches!(t, DataType::DbTime | DataType::DbTime2 { .. });
    if is_time(a) != is_time(b) {
        return None;
    }
    if a.code() == b.code() && !matches!(a, DataType::DbTime2 { .. }) {
        return Some(with_scale(a, scale_of(a).max(scale_of(b))));
    }
    let scale = scale_of(a).max(scale_of(b));
    let either = |code: u16| a.code() == code || b.code() == code;
    if is_time(a) {
        return Some(DataType::DbTime2 { scale: 7 });
    }
    if either(DataType::DbTimestampOffset { scale: 0 }.code()) {
        return Some(DataType::DbTimestampOffset { scale });
    }
    if either(DataType::DbTimestamp2 { scale: 0 }.code()) {
        return Some(DataType::DbTimestamp2 { scale });
    }
    Some(DataType::DbTimestamp)
}

fn scale_of(data_type: DataType) -> u8 {
    match data_type {
        DataType::DbTime2 { scale }
        | DataType::DbTimestamp2 { scale }
        | DataType::DbTimestampOffset { scale } => scale,
        DataType::DbTimestamp | DataType::Date => 3,
        DataType::FileTime => 7,
        _ => 0,
    }
}

fn with_scale(data_type: DataType, scale: u8) -> DataType {
    match data_type {
        DataType::DbTime2 { .. } => DataType::DbTime2 { scale },
        DataType::DbTimestamp2 { .. } => DataType::DbTimestamp2 { scale },
        DataType::DbTimestampOffset { .. } => DataType::DbTimestampOffset { scale },
        _ => data_type,
    }
}

/// The type of `c ? a : b`, and of the two sides after conversion; `None` when they have nothing
/// in common.
pub(crate) fn common_branch(a: DataType, b: DataType) -> Option<DataType> {
    if is_short_text(a) && is_short_text(b) {
        return Some(DataType::WStr { length: text_length(a).max(text_length(b)) });
    }
    if a == b {
        return Some(a);
    }
    if let (DataType::Bytes { length: a }, DataType::Bytes { length: b }) = (a, b) {
        return Some(DataType::Bytes { length: a.max(b) });
    }
    if a == DataType::Null || b == DataType::Null {
        return Some(if a == DataType::Null { b } else { a });
    }
    common_number(a, b).or_else(|| common_date_time(a, b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_promote_as_the_chart_says() {
        use DataType::{I1, I2, I4, I8, Ui1, Ui2, Ui4, Ui8};
        let chart: [(DataType, [Option<DataType>; 8]); 4] = [
            (I1, [Some(I1), Some(I2), Some(I4), Some(I8), Some(I2), Some(I4), Some(I8), None]),
            (I8, [Some(I8), Some(I8), Some(I8), Some(I8), Some(I8), Some(I8), Some(I8), None]),
            (
                Ui2,
                [
                    Some(I4),
                    Some(I4),
                    Some(I4),
                    Some(I8),
                    Some(Ui2),
                    Some(Ui2),
                    Some(Ui4),
                    Some(Ui8),
                ],
            ),
            (
                Ui4,
                [
                    Some(I8),
                    Some(I8),
                    Some(I8),
                    Some(I8),
                    Some(Ui4),
                    Some(Ui4),
                    Some(Ui4),
                    Some(Ui8),
                ],
            ),
        ];
        for (left, row) in chart {
            for (right, result) in [I1, I2, I4, I8, Ui1, Ui2, Ui4, Ui8].into_iter().zip(row) {
                assert_eq!(common_number(left, right), result, "{left} {right}");
                assert_eq!(common_number(right, left), result, "{right} {left}");
            }
        }
    }

    #[test]
    fn numerics_grow_as_in_sql_server_and_are_refused_beyond_38_digits() {
        let result = numeric_result(BinaryOperator::Divide, (2, 1), (10, 0));
        assert_eq!(result, Ok(DataType::Numeric { precision: 13, scale: 12 }));
        assert_eq!(numeric_result(BinaryOperator::Multiply, (30, 2), (10, 2)), Err((41, 4)));
    }
}
