//! Values on their way into PostgreSQL's statements, and out of its rows.
//!
//! The catalog knows whole numbers, floating-point numbers, text and bytes; PostgreSQL wants the
//! exact width. The type that a statement wants decides, and what does not fit is an error.
//!
//! PostgreSQL cannot store U+0000 in text. It is stored as U+2400, the picture of it, so that a
//! message of a package is never the reason that it cannot be stored.

use std::error::Error;
use std::fmt;

use bytes::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use crate::store::{Cell, Param};

type Failure = Box<dyn Error + Sync + Send>;

/// A parameter for a statement.
pub(super) struct Bound<'a>(pub(super) &'a Param<'a>);

/// Without its value, which may be a secret.
impl fmt::Debug for Bound<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(kind(self.0))
    }
}

/// A cell of a row.
pub(super) struct Read(pub(super) Cell);

impl ToSql for Bound<'_> {
    fn to_sql(&self, to: &Type, out: &mut BytesMut) -> Result<IsNull, Failure> {
        match (self.0, to) {
            (Param::Null, _) => Ok(IsNull::Yes),
            (Param::Int(number), &Type::INT8) => number.to_sql(to, out),
            (Param::Int(number), &Type::INT4) => i32::try_from(*number)?.to_sql(to, out),
            (Param::Int(number), &Type::INT2) => i16::try_from(*number)?.to_sql(to, out),
            (Param::Int(number), &Type::FLOAT8) => (*number as f64).to_sql(to, out),
            (Param::Real(number), &Type::FLOAT8) => number.to_sql(to, out),
            (Param::Text(text), &Type::TEXT | &Type::VARCHAR | &Type::NAME) => {
                if text.contains('\0') {
                    text.replace('\0', "\u{2400}").to_sql(to, out)
                } else {
                    text.as_ref().to_sql(to, out)
                }
            }
            (Param::Blob(bytes), &Type::BYTEA) => bytes.as_ref().to_sql(to, out),
            (param, to) => Err(format!("{} is no value for {to}", kind(param)).into()),
        }
    }

    fn accepts(_type: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// What a parameter is, without its value.
fn kind(param: &Param<'_>) -> &'static str {
    match param {
        Param::Null => "NULL",
        Param::Int(_) => "a whole number",
        Param::Real(_) => "a number",
        Param::Text(_) => "text",
        Param::Blob(_) => "bytes",
    }
}

impl<'a> FromSql<'a> for Read {
    fn from_sql(from: &Type, raw: &'a [u8]) -> Result<Self, Failure> {
        Ok(Self(match *from {
            Type::INT8 => Cell::Int(i64::from_sql(from, raw)?),
            Type::INT4 => Cell::Int(i64::from(i32::from_sql(from, raw)?)),
            Type::INT2 => Cell::Int(i64::from(i16::from_sql(from, raw)?)),
            Type::BOOL => Cell::Int(i64::from(bool::from_sql(from, raw)?)),
            Type::FLOAT8 => Cell::Real(f64::from_sql(from, raw)?),
            Type::FLOAT4 => Cell::Real(f64::from(f32::from_sql(from, raw)?)),
            Type::NUMERIC => numeric(raw)?,
            Type::TEXT | Type::VARCHAR | Type::NAME | Type::BPCHAR => {
                Cell::Text(String::from_sql(from, raw)?)
            }
            Type::BYTEA => Cell::Blob(raw.to_vec()),
            Type::VOID => Cell::Null,
            _ => return Err(format!("a column of type {from} is not understood").into()),
        }))
    }

    fn from_sql_null(_from: &Type) -> Result<Self, Failure> {
        Ok(Self(Cell::Null))
    }

    fn accepts(_type: &Type) -> bool {
        true
    }
}

/// `sum` of whole numbers is a numeric: digits of base 10,000, the first of them weighing
/// 10,000^weight. One with a fraction, or beyond 64 bits, is a floating-point number.
fn numeric(raw: &[u8]) -> Result<Cell, Failure> {
    const NEGATIVE: i64 = 0x4000;
    const POSITIVE: i64 = 0;
    let mut words =
        raw.chunks_exact(2).map(|word| i64::from(i16::from_be_bytes([word[0], word[1]])));
    let mut next = || words.next().ok_or("a numeric value is cut short");
    let (n_digits, weight, sign, _scale) = (next()?, next()?, next()?, next()?);
    if sign != NEGATIVE && sign != POSITIVE {
        return Err("a numeric value is no number".into());
    }
    let (mut whole, mut real) = (Some(0_i64), 0_f64);
    for place in 0..n_digits {
        let (digit, exponent) = (next()?, weight - place);
        real += digit as f64 * 10_000_f64.powi(i32::try_from(exponent)?);
        let factor = u32::try_from(exponent).ok().and_then(|power| 10_000_i64.checked_pow(power));
        let part = factor.and_then(|factor| factor.checked_mul(digit));
        whole = whole.zip(part).and_then(|(whole, part)| whole.checked_add(part));
    }
    let negative = sign == NEGATIVE;
    Ok(match whole {
        Some(whole) => Cell::Int(if negative { -whole } else { whole }),
        None => Cell::Real(if negative { -real } else { real }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(words: &[i16]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_be_bytes()).collect()
    }

    #[test]
    fn a_whole_numeric_is_a_whole_number() {
        let is = |words: &[i16], cell: &Cell| numeric(&bytes(words)).unwrap() == *cell;
        assert!(is(&[0, 0, 0, 0], &Cell::Int(0)));
        assert!(is(&[2, 1, 0, 0, 12, 345], &Cell::Int(120_345)));
        assert!(is(&[1, 1, 0x4000, 0, 3], &Cell::Int(-30_000)));
        assert!(is(&[1, -1, 0, 4, 5_000], &Cell::Real(0.5)));
        assert!(numeric(&bytes(&[1, 0, -0x4000, 0, 3])).is_err());
        assert!(numeric(&[0, 1]).is_err());
    }

    #[test]
    fn a_number_goes_where_it_fits() {
        let mut out = BytesMut::new();
        Bound(&Param::Int(7)).to_sql(&Type::INT2, &mut out).unwrap();
        assert_eq!(&out[..], [0, 7]);
        assert!(Bound(&Param::Int(70_000)).to_sql(&Type::INT2, &mut out).is_err());
        let refused = Bound(&Param::from("secret")).to_sql(&Type::INT8, &mut out).err().unwrap();
        assert_eq!(refused.to_string(), "text is no value for int8");
    }

    #[test]
    fn text_with_a_zero_character_is_stored_with_its_picture() {
        let mut out = BytesMut::new();
        Bound(&Param::from("a\0b")).to_sql(&Type::TEXT, &mut out).unwrap();
        assert_eq!(std::str::from_utf8(&out).unwrap(), "a\u{2400}b");
    }
}
