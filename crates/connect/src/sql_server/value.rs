//! SQL Server's values to SSIS values and back.
//!
//! Types: data-flow facts 1.5. The driver does not tell declared lengths, precisions and code
//! pages, so a result column is as long as its longest value; money comes as a float and is
//! rounded to its four digits.

use std::borrow::Cow;

use model::{DAYS_TO_1970, DataType, Decimal, RowSet, TICKS_PER_DAY, Ticks, Value};
use tiberius::{Column, ColumnData, ColumnType, Row};

/// Days from 0001-01-01 to 1900-01-01, where datetime begins.
const DAYS_TO_1900: i64 = 693_595;

/// 1/300 s, the tick of datetime, in ours.
fn three_hundredths(n: u32) -> i64 {
    // SQL Server shows datetime rounded to milliseconds.
    let ms = (i64::from(n) * 10 + 1) / 3;
    ms * 10_000
}

/// Rows of one result set; `columns` is what they have when there are none.
pub(super) fn row_set(rows: Vec<Row>, columns: &[Column]) -> RowSet {
    let described = rows.first().map_or(columns, Row::columns);
    let names: Vec<String> = described.iter().map(|column| column.name().to_owned()).collect();
    let types: Vec<ColumnType> = described.iter().map(Column::column_type).collect();
    let values: Vec<Vec<Value>> = rows
        .into_iter()
        .map(|row| row.into_iter().zip(&types).map(|(cell, ty)| value(cell, *ty)).collect())
        .collect();
    let data_types = types.iter().enumerate().map(|(at, ty)| {
        let cells = values.iter().filter_map(|row| row.get(at));
        data_type(*ty, cells)
    });
    RowSet { columns: names.into_iter().zip(data_types).collect(), rows: values }
}

/// The SSIS type of a column with these values.
fn data_type<'a>(ty: ColumnType, values: impl Iterator<Item = &'a Value>) -> DataType {
    match ty {
        ColumnType::Null => DataType::Null,
        ColumnType::Bit | ColumnType::Bitn => DataType::Bool,
        ColumnType::Int1 => DataType::Ui1,
        ColumnType::Int2 => DataType::I2,
        ColumnType::Int4 => DataType::I4,
        ColumnType::Int8 => DataType::I8,
        ColumnType::Intn => integer_type(values),
        ColumnType::Float4 => DataType::R4,
        ColumnType::Float8 | ColumnType::Floatn => DataType::R8,
        ColumnType::Money | ColumnType::Money4 => DataType::Cy,
        ColumnType::Decimaln | ColumnType::Numericn => numeric_type(values),
        ColumnType::Guid => DataType::Guid,
        ColumnType::Daten => DataType::DbDate,
        ColumnType::Timen => DataType::DbTime2 { scale: 7 },
        ColumnType::Datetime | ColumnType::Datetime4 | ColumnType::Datetimen => {
            DataType::DbTimestamp
        }
        ColumnType::Datetime2 => DataType::DbTimestamp2 { scale: 7 },
        ColumnType::DatetimeOffsetn => DataType::DbTimestampOffset { scale: 7 },
        ColumnType::BigVarChar | ColumnType::BigChar => match longest(values) {
            length @ 0..=8000 => DataType::Str { length, code_page: 1252 },
            _ => DataType::Text { code_page: 1252 },
        },
        ColumnType::NVarchar | ColumnType::NChar | ColumnType::Xml | ColumnType::SSVariant => {
            match longest(values) {
                length @ 0..=4000 => DataType::WStr { length },
                _ => DataType::NText,
            }
        }
        ColumnType::BigVarBin | ColumnType::BigBinary | ColumnType::Udt => match longest(values) {
            length @ 0..=8000 => DataType::Bytes { length },
            _ => DataType::Image,
        },
        ColumnType::Text => DataType::Text { code_page: 1252 },
        ColumnType::NText => DataType::NText,
        ColumnType::Image => DataType::Image,
    }
}

fn integer_type<'a>(values: impl Iterator<Item = &'a Value>) -> DataType {
    let mut values = values.filter(|value| !value.is_null());
    match values.next() {
        Some(Value::Ui1(_)) => DataType::Ui1,
        Some(Value::I2(_)) => DataType::I2,
        Some(Value::I8(_)) => DataType::I8,
        _ => DataType::I4,
    }
}

fn numeric_type<'a>(values: impl Iterator<Item = &'a Value>) -> DataType {
    let scale = |value: &Value| if let Value::Decimal(n) = value { n.scale } else { 0 };
    let scales = values.map(scale);
    DataType::Numeric { precision: 38, scale: scales.max().unwrap_or(0) }
}

fn longest<'a>(values: impl Iterator<Item = &'a Value>) -> u32 {
    let length = |value: &Value| {
        if let Value::Text(text) = value {
            text.encode_utf16().count()
        } else if let Value::Bytes(bytes) = value {
            bytes.len()
        } else {
            0
        }
    };
    u32::try_from(values.map(length).max().unwrap_or(0)).unwrap_or(u32::MAX)
}

/// One cell.
pub(super) fn value(cell: ColumnData<'static>, ty: ColumnType) -> Value {
    let money = matches!(ty, ColumnType::Money | ColumnType::Money4);
    let value = match cell {
        ColumnData::U8(n) => n.map(Value::Ui1),
        ColumnData::I16(n) => n.map(Value::I2),
        ColumnData::I32(n) => n.map(Value::I4),
        ColumnData::I64(n) => n.map(Value::I8),
        ColumnData::F32(n) => n.map(Value::R4),
        ColumnData::F64(n) if money => n.map(currency),
        ColumnData::F64(n) => n.map(Value::R8),
        ColumnData::Bit(bit) => bit.map(Value::Bool),
        ColumnData::String(text) => text.map(|text| Value::text(text.as_ref())),
        ColumnData::Guid(guid) => guid.map(Value::Guid),
        ColumnData::Binary(bytes) => bytes.map(|bytes| Value::Bytes(bytes.as_ref().into())),
        ColumnData::Numeric(n) => n.map(|n| Value::Decimal(Decimal::new(n.value(), n.scale()))),
        ColumnData::Xml(xml) => xml.map(|xml| Value::text(xml.into_owned().into_string())),
        ColumnData::DateTime(at) => at.map(|at| {
            let day = (i64::from(at.days()) + DAYS_TO_1900) * TICKS_PER_DAY;
            Value::DateTime(Ticks(day + three_hundredths(at.seconds_fragments())))
        }),
        ColumnData::SmallDateTime(at) => at.map(|at| {
            let day = (i64::from(at.days()) + DAYS_TO_1900) * TICKS_PER_DAY;
            Value::DateTime(Ticks(day + i64::from(at.seconds_fragments()) * 600_000_000))
        }),
        ColumnData::Time(time) => time.map(|time| Value::Time(ticks_of(time))),
        ColumnData::Date(date) => date.map(|date| {
            let days = i64::from(date.days()) - DAYS_TO_1970;
            Value::Date(i32::try_from(days).unwrap_or(i32::MAX))
        }),
        ColumnData::DateTime2(at) => at.map(|at| Value::DateTime(moment(at))),
        ColumnData::DateTimeOffset(at) => at.map(|at| {
            // On the wire the moment is UTC.
            let shift = i64::from(at.offset()) * 60 * model::TICKS_PER_SECOND;
            let local = Ticks(moment(at.datetime2()).0 + shift);
            Value::DateTimeOffset { local, offset_minutes: at.offset() }
        }),
    };
    value.unwrap_or(Value::Null)
}

fn moment(at: tiberius::time::DateTime2) -> Ticks {
    Ticks(i64::from(at.date().days()) * TICKS_PER_DAY + ticks_of(at.time()))
}

/// Increments of `10^-scale` seconds as ticks.
fn ticks_of(time: tiberius::time::Time) -> i64 {
    let increments = i64::try_from(time.increments()).unwrap_or(0);
    increments.saturating_mul(10_i64.pow(u32::from(7_u8.saturating_sub(time.scale()))))
}

fn currency(amount: f64) -> Value {
    // Within +-922,337,203,685,477.5807 the nearest double is less than 0.07 away; see the header.
    let digits = format!("{amount:.4}");
    Decimal::parse(&digits).map_or(Value::R8(amount), Value::Decimal)
}

/// A parameter; `None` for values that SQL Server has no type for.
pub(super) fn column_data(value: &Value, data_type: DataType) -> Option<ColumnData<'static>> {
    Some(match value {
        Value::Null => null(data_type),
        Value::Bool(bit) => ColumnData::Bit(Some(*bit)),
        Value::I1(n) => ColumnData::I16(Some(i16::from(*n))),
        Value::I2(n) => ColumnData::I16(Some(*n)),
        Value::I4(n) => ColumnData::I32(Some(*n)),
        Value::I8(n) => ColumnData::I64(Some(*n)),
        Value::Ui1(n) => ColumnData::U8(Some(*n)),
        Value::Ui2(n) => ColumnData::I32(Some(i32::from(*n))),
        Value::Ui4(n) => ColumnData::I64(Some(i64::from(*n))),
        Value::Ui8(n) => numeric(Decimal::new(i128::from(*n), 0)),
        Value::R4(n) => ColumnData::F32(Some(*n)),
        Value::R8(n) => ColumnData::F64(Some(*n)),
        Value::Decimal(n) => numeric(*n),
        Value::Text(text) => ColumnData::String(Some(Cow::Owned(text.to_string()))),
        Value::Bytes(bytes) => ColumnData::Binary(Some(Cow::Owned(bytes.to_vec()))),
        Value::Guid(guid) => ColumnData::Guid(Some(*guid)),
        Value::DateTime(at) => ColumnData::DateTime2(Some(date_time(*at)?)),
        Value::Date(days) => {
            let days = u32::try_from(i64::from(*days) + DAYS_TO_1970).ok()?;
            (days <= DATE_MAX).then(|| ColumnData::Date(Some(tiberius::time::Date::new(days))))?
        }
        Value::Time(ticks) => {
            let ticks = u64::try_from(*ticks).ok()?;
            ColumnData::Time(Some(tiberius::time::Time::new(ticks, 7)))
        }
        Value::DateTimeOffset { local, offset_minutes } => {
            let shift = i64::from(*offset_minutes) * 60 * model::TICKS_PER_SECOND;
            let utc = date_time(Ticks(local.0 - shift))?;
            let at = tiberius::time::DateTimeOffset::new(utc, *offset_minutes);
            ColumnData::DateTimeOffset(Some(at))
        }
        Value::List(_) | Value::Rows(_) => return None,
    })
}

/// 9999-12-31, in days from 0001-01-01.
const DATE_MAX: u32 = 3_652_058;

fn date_time(at: Ticks) -> Option<tiberius::time::DateTime2> {
    if at < Ticks::MIN || Ticks::MAX < at {
        return None;
    }
    let days = u32::try_from(at.0.div_euclid(TICKS_PER_DAY)).ok()?;
    let time = tiberius::time::Time::new(u64::try_from(at.time_of_day()).ok()?, 7);
    Some(tiberius::time::DateTime2::new(tiberius::time::Date::new(days), time))
}

fn numeric(n: Decimal) -> ColumnData<'static> {
    // The driver takes at most 37 digits behind the point.
    let n = if 37 < n.scale { n.rescale(37).unwrap_or(n.truncate(37)) } else { n };
    ColumnData::Numeric(Some(tiberius::numeric::Numeric::new_with_scale(n.mantissa, n.scale)))
}

/// NULL of a type: SQL Server does not convert between all of them.
fn null(data_type: DataType) -> ColumnData<'static> {
    match data_type {
        DataType::Bool => ColumnData::Bit(None),
        DataType::Bytes { .. } | DataType::Image => ColumnData::Binary(None),
        DataType::Guid => ColumnData::Guid(None),
        DataType::I8 | DataType::Ui4 | DataType::Ui8 => ColumnData::I64(None),
        DataType::I1 | DataType::I2 | DataType::I4 | DataType::Ui1 | DataType::Ui2 => {
            ColumnData::I32(None)
        }
        DataType::R4 | DataType::R8 => ColumnData::F64(None),
        DataType::Empty
        | DataType::Null
        | DataType::Cy
        | DataType::Decimal { .. }
        | DataType::Numeric { .. }
        | DataType::Str { .. }
        | DataType::WStr { .. }
        | DataType::Text { .. }
        | DataType::NText
        | DataType::Date
        | DataType::DbDate
        | DataType::DbTime
        | DataType::DbTime2 { .. }
        | DataType::DbTimestamp
        | DataType::DbTimestamp2 { .. }
        | DataType::DbTimestampOffset { .. }
        | DataType::FileTime => ColumnData::String(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back(given: Value, data_type: DataType, ty: ColumnType) {
        let cell = column_data(&given, data_type).unwrap();
        assert_eq!(value(cell, ty), given);
    }

    #[test]
    fn values_come_back_as_they_went() {
        there_and_back(Value::I4(-5), DataType::I4, ColumnType::Intn);
        there_and_back(Value::text("é"), DataType::WStr { length: 1 }, ColumnType::NVarchar);
        let moment = Value::DateTime(Ticks(635_000_000_001_234_567));
        there_and_back(moment, DataType::DbTimestamp2 { scale: 7 }, ColumnType::Datetime2);
        there_and_back(Value::Date(-1), DataType::DbDate, ColumnType::Daten);
        there_and_back(Value::Time(1), DataType::DbTime2 { scale: 7 }, ColumnType::Timen);
        let local = Ticks(635_000_000_000_000_000);
        let offset = Value::DateTimeOffset { local, offset_minutes: -90 };
        there_and_back(
            offset,
            DataType::DbTimestampOffset { scale: 7 },
            ColumnType::DatetimeOffsetn,
        );
        let number = Value::Decimal(Decimal::parse("-12.345").unwrap());
        there_and_back(number, DataType::Numeric { precision: 9, scale: 3 }, ColumnType::Numericn);
        assert_eq!(column_data(&Value::List([].into()), DataType::Null), None);
    }

    #[test]
    fn datetime_shows_milliseconds_as_sql_server_does() {
        let at = |fragments| {
            let at = tiberius::time::DateTime::new(0, fragments);
            value(ColumnData::DateTime(Some(at)), ColumnType::Datetimen).to_string()
        };
        assert_eq!(at(0), "1900-01-01 00:00:00");
        assert_eq!(at(1), "1900-01-01 00:00:00.003");
        assert_eq!(at(2), "1900-01-01 00:00:00.007");
        assert_eq!(at(300), "1900-01-01 00:00:01");
    }

    #[test]
    fn money_has_four_digits() {
        let money = value(ColumnData::F64(Some(12.3)), ColumnType::Money);
        assert_eq!(money.to_string(), "12.3000");
    }
}
