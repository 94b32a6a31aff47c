//! Bulk load: rows that the server writes without a statement for each.
//!
//! Source: [MS-TDS] 2.2.6.2 (INSERT BULK) and 2.2.7.4 (COLMETADATA).

use std::borrow::Cow;

use model::{DAYS_TO_1970, DataType, Decimal, TICKS_PER_DAY, TICKS_PER_SECOND, Ticks, Value};
use tiberius::numeric::Numeric;
use tiberius::time::{Date, DateTime, DateTime2, DateTimeOffset, SmallDateTime, Time};
use tiberius::{
    ColumnData, FixedLenType, MetaDataColumn, SortOrder, SqlBulkCopyOption, SqlBulkCopyOptions,
    TokenRow, TypeInfo, VarLenContext, VarLenType,
};

use super::{Connection, SqlClient, SqlError, StatementError, Trouble};
use crate::database::{BulkInsert, Column, Limits, Product, quoted_column};

/// What the server says of a length without a limit.
const UNLIMITED: usize = 0xFFFF;
/// Days from 0001-01-01 to 1900-01-01.
const DAYS_TO_1900: i64 = 693_595;

impl Connection {
    /// The columns of a table.
    pub(crate) fn columns_of(
        &mut self,
        table: &str,
        limits: &Limits<'_>,
    ) -> Result<Vec<Column>, SqlError> {
        let mut client = self.take_client()?;
        let work = async { Ok(client.column_metadata(table, &["*"]).await?) };
        let found = self.wait(limits, work);
        let found = self.put_back(client, found)?;
        Ok(found.iter().map(column).collect())
    }

    /// Inserts rows, all or none.
    pub(crate) fn bulk(
        &mut self,
        into: &BulkInsert,
        rows: &[Vec<Value>],
        limits: &Limits<'_>,
    ) -> Result<(), SqlError> {
        let mut client = self.take_client()?;
        let result = self.wait(limits, load(&mut client, into, rows));
        self.put_back(client, result)
    }
}

async fn load(
    client: &mut SqlClient,
    into: &BulkInsert,
    rows: &[Vec<Value>],
) -> Result<(), Trouble> {
    let names: Vec<String> =
        into.columns.iter().map(|c| quoted_column(Product::SqlServer, &c.name)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let order: Vec<(String, SortOrder)> = into
        .order
        .iter()
        .map(|(name, descending)| {
            let order = if *descending { SortOrder::Descending } else { SortOrder::Ascending };
            (quoted_column(Product::SqlServer, name), order)
        })
        .collect();
    let order: Vec<_> = order.iter().map(|(name, order)| (name.as_str(), *order)).collect();
    let described = client.column_metadata(&into.table, &names).await?;
    // The driver leaves the same ones out.
    let is_target = |column: &MetaDataColumn<'_>| {
        column.base.is_updateable() || (into.keep_identity && column.base.is_identity())
    };
    let targets: Vec<usize> =
        (0..described.len()).filter(|&at| is_target(&described[at])).collect();
    // Everything is converted before anything is sent: a value that does not go must not leave
    // half a load behind.
    let mut tokens = Vec::with_capacity(rows.len());
    for row in rows {
        let mut token = TokenRow::with_capacity(targets.len());
        for &at in &targets {
            let value = row.get(at).unwrap_or(&Value::Null);
            let name = || into.columns[at].name.clone();
            token.push(
                cell(value, &described[at].base.ty)
                    .ok_or_else(|| Trouble::Statement(StatementError::Type { name: name() }))?,
            );
        }
        tokens.push(token);
    }
    let mut request =
        client.bulk_insert_with_options(&into.table, &names, options(into), &order).await?;
    for token in tokens {
        request.send(token).await?;
    }
    request.finalize().await?;
    Ok(())
}

fn options(into: &BulkInsert) -> SqlBulkCopyOptions {
    let mut options = SqlBulkCopyOptions::empty();
    for (wanted, option) in [
        (into.keep_identity, SqlBulkCopyOption::KeepIdentity),
        (into.keep_nulls, SqlBulkCopyOption::KeepNulls),
        (into.table_lock, SqlBulkCopyOption::TableLock),
        (into.check_constraints, SqlBulkCopyOption::CheckConstraints),
        (into.fire_triggers, SqlBulkCopyOption::FireTriggers),
    ] {
        if wanted {
            options |= option;
        }
    }
    options
}

fn column(described: &MetaDataColumn<'_>) -> Column {
    Column {
        name: described.col_name.to_string(),
        data_type: data_type(&described.base.ty),
        writable: described.base.is_updateable() || described.base.is_identity(),
        identity: described.base.is_identity(),
    }
}

/// The SSIS type of a column: data-flow facts 1.5.
fn data_type(ty: &TypeInfo) -> Option<DataType> {
    Some(match ty {
        TypeInfo::FixedLen(fixed) => match fixed {
            FixedLenType::Int1 => DataType::Ui1,
            FixedLenType::Bit => DataType::Bool,
            FixedLenType::Int2 => DataType::I2,
            FixedLenType::Int4 => DataType::I4,
            FixedLenType::Int8 => DataType::I8,
            FixedLenType::Float4 => DataType::R4,
            FixedLenType::Float8 => DataType::R8,
            FixedLenType::Money | FixedLenType::Money4 => DataType::Cy,
            FixedLenType::Datetime | FixedLenType::Datetime4 => DataType::DbTimestamp,
            FixedLenType::Null => return None,
        },
        TypeInfo::VarLenSized(sized) => return sized_type(sized),
        TypeInfo::VarLenSizedPrecision { precision, scale, .. } => {
            DataType::Numeric { precision: *precision, scale: *scale }
        }
        TypeInfo::Xml { .. } => DataType::NText,
        TypeInfo::Udt(_) => DataType::Image,
    })
}

fn sized_type(sized: &VarLenContext) -> Option<DataType> {
    let length = u32::try_from(sized.len()).unwrap_or(u32::MAX);
    let scale = u8::try_from(sized.len()).unwrap_or(7).min(7);
    let unlimited = UNLIMITED <= sized.len();
    Some(match sized.r#type() {
        VarLenType::Guid => DataType::Guid,
        VarLenType::Intn => match sized.len() {
            1 => DataType::Ui1,
            2 => DataType::I2,
            4 => DataType::I4,
            _ => DataType::I8,
        },
        VarLenType::Bitn => DataType::Bool,
        VarLenType::Floatn if sized.len() == 4 => DataType::R4,
        VarLenType::Floatn => DataType::R8,
        VarLenType::Money => DataType::Cy,
        VarLenType::Datetimen => DataType::DbTimestamp,
        VarLenType::Daten => DataType::DbDate,
        VarLenType::Timen => DataType::DbTime2 { scale },
        VarLenType::Datetime2 => DataType::DbTimestamp2 { scale },
        VarLenType::DatetimeOffsetn => DataType::DbTimestampOffset { scale },
        VarLenType::BigVarBin | VarLenType::BigBinary if !unlimited => DataType::Bytes { length },
        VarLenType::BigVarBin | VarLenType::BigBinary | VarLenType::Image => DataType::Image,
        VarLenType::BigVarChar | VarLenType::BigChar if !unlimited => {
            DataType::Str { length, code_page: code_page(sized) }
        }
        VarLenType::BigVarChar | VarLenType::BigChar | VarLenType::Text => {
            DataType::Text { code_page: code_page(sized) }
        }
        VarLenType::NVarchar | VarLenType::NChar if !unlimited => {
            DataType::WStr { length: length / 2 }
        }
        VarLenType::NVarchar | VarLenType::NChar | VarLenType::NText | VarLenType::Xml => {
            DataType::NText
        }
        VarLenType::Decimaln | VarLenType::Numericn => {
            DataType::Numeric { precision: 38, scale: 0 }
        }
        VarLenType::SSVariant | VarLenType::Udt => return None,
    })
}

/// The Windows code page of a column's collation.
fn code_page(sized: &VarLenContext) -> u32 {
    let encoding = sized.collation().and_then(|collation| collation.encoding().ok());
    let name = encoding.map_or("windows-1252", |encoding| encoding.name());
    match name {
        "UTF-8" => 65001,
        "Shift_JIS" => 932,
        "GBK" => 936,
        "EUC-KR" => 949,
        "Big5" => 950,
        _ => name.strip_prefix("windows-").and_then(|page| page.parse().ok()).unwrap_or(1252),
    }
}

/// A value in the exact form of its column; `None` when the column has no such value.
fn cell(value: &Value, ty: &TypeInfo) -> Option<ColumnData<'static>> {
    match ty {
        TypeInfo::FixedLen(fixed) => fixed_cell(value, *fixed),
        TypeInfo::VarLenSized(sized) => sized_cell(value, sized),
        TypeInfo::VarLenSizedPrecision { scale, .. } => {
            let number = |n: Decimal| n.rescale(*scale);
            let number = optional(value, |value| number(decimal(value)?))?;
            Some(ColumnData::Numeric(number.map(|n| Numeric::new_with_scale(n.mantissa, n.scale))))
        }
        TypeInfo::Xml { .. } => {
            let text = optional(value, text)?;
            Some(ColumnData::Xml(
                text.map(|text| Cow::Owned(tiberius::xml::XmlData::new(text.into_owned()))),
            ))
        }
        TypeInfo::Udt(_) => None,
    }
}

/// `Some(None)` for NULL, `None` for a value that cannot be.
fn optional<T>(value: &Value, make: impl FnOnce(&Value) -> Option<T>) -> Option<Option<T>> {
    if value.is_null() { Some(None) } else { make(value).map(Some) }
}

fn fixed_cell(value: &Value, fixed: FixedLenType) -> Option<ColumnData<'static>> {
    Some(match fixed {
        FixedLenType::Null => return None,
        FixedLenType::Bit => ColumnData::Bit(optional(value, boolean)?),
        FixedLenType::Int1 => ColumnData::U8(optional(value, integer)?),
        FixedLenType::Int2 => ColumnData::I16(optional(value, integer)?),
        FixedLenType::Int4 => ColumnData::I32(optional(value, integer)?),
        FixedLenType::Int8 => ColumnData::I64(optional(value, integer)?),
        FixedLenType::Float4 => ColumnData::F32(optional(value, single)?),
        FixedLenType::Float8 => ColumnData::F64(optional(value, double)?),
        FixedLenType::Money | FixedLenType::Money4 => ColumnData::F64(optional(value, double)?),
        FixedLenType::Datetime => ColumnData::DateTime(optional(value, date_time)?),
        FixedLenType::Datetime4 => ColumnData::SmallDateTime(optional(value, small_date_time)?),
    })
}

fn sized_cell(value: &Value, sized: &VarLenContext) -> Option<ColumnData<'static>> {
    let scale = u8::try_from(sized.len()).unwrap_or(7).min(7);
    Some(match sized.r#type() {
        VarLenType::Guid => ColumnData::Guid(optional(value, |value| {
            if let Value::Guid(guid) = value { Some(*guid) } else { None }
        })?),
        VarLenType::Intn => match sized.len() {
            1 => ColumnData::U8(optional(value, integer)?),
            2 => ColumnData::I16(optional(value, integer)?),
            4 => ColumnData::I32(optional(value, integer)?),
            _ => ColumnData::I64(optional(value, integer)?),
        },
        VarLenType::Bitn => ColumnData::Bit(optional(value, boolean)?),
        VarLenType::Floatn if sized.len() == 4 => ColumnData::F32(optional(value, single)?),
        VarLenType::Floatn | VarLenType::Money => ColumnData::F64(optional(value, double)?),
        VarLenType::Datetimen if sized.len() == 4 => {
            ColumnData::SmallDateTime(optional(value, small_date_time)?)
        }
        VarLenType::Datetimen => ColumnData::DateTime(optional(value, date_time)?),
        VarLenType::Daten => ColumnData::Date(optional(value, date)?),
        VarLenType::Timen => ColumnData::Time(optional(value, |value| {
            if let Value::Time(ticks) = value { time(*ticks, scale) } else { None }
        })?),
        VarLenType::Datetime2 => ColumnData::DateTime2(optional(value, |value| {
            if let Value::DateTime(at) = value { moment(*at, scale) } else { None }
        })?),
        VarLenType::DatetimeOffsetn => ColumnData::DateTimeOffset(optional(value, |value| {
            let Value::DateTimeOffset { local, offset_minutes } = value else { return None };
            let shift = i64::from(*offset_minutes) * 60 * TICKS_PER_SECOND;
            let utc = moment(Ticks(local.0 - shift), scale)?;
            Some(DateTimeOffset::new(utc, *offset_minutes))
        })?),
        VarLenType::BigVarBin | VarLenType::BigBinary | VarLenType::Image => {
            ColumnData::Binary(optional(value, |value| {
                if let Value::Bytes(bytes) = value {
                    Some(Cow::Owned(bytes.to_vec()))
                } else {
                    None
                }
            })?)
        }
        VarLenType::BigVarChar
        | VarLenType::BigChar
        | VarLenType::NVarchar
        | VarLenType::NChar
        | VarLenType::Text
        | VarLenType::NText => ColumnData::String(optional(value, text)?),
        VarLenType::Decimaln
        | VarLenType::Numericn
        | VarLenType::Xml
        | VarLenType::Udt
        | VarLenType::SSVariant => return None,
    })
}

fn text(value: &Value) -> Option<Cow<'static, str>> {
    if let Value::Text(text) = value { Some(Cow::Owned(text.to_string())) } else { None }
}

fn boolean(value: &Value) -> Option<bool> {
    if let Value::Bool(bit) = value { Some(*bit) } else { None }
}

fn integer<T: TryFrom<i64>>(value: &Value) -> Option<T> {
    let n = if let Value::Ui1(n) = value {
        i64::from(*n)
    } else if let Value::I2(n) = value {
        i64::from(*n)
    } else if let Value::I4(n) = value {
        i64::from(*n)
    } else if let Value::I8(n) = value {
        *n
    } else {
        return None;
    };
    T::try_from(n).ok()
}

fn single(value: &Value) -> Option<f32> {
    if let Value::R4(n) = value { Some(*n) } else { None }
}

fn double(value: &Value) -> Option<f64> {
    if let Value::Decimal(n) = value {
        return Some(n.to_f64());
    }
    if let Value::R8(n) = value { Some(*n) } else { single(value).map(f64::from) }
}

fn decimal(value: &Value) -> Option<Decimal> {
    if let Value::Decimal(n) = value { Some(*n) } else { None }
}

fn date(value: &Value) -> Option<Date> {
    let Value::Date(days) = value else { return None };
    Some(Date::new(u32::try_from(i64::from(*days) + DAYS_TO_1970).ok()?))
}

fn time(ticks: i64, scale: u8) -> Option<Time> {
    let unit = 10_i64.pow(u32::from(7 - scale));
    Some(Time::new(u64::try_from(ticks / unit).ok()?, scale))
}

fn moment(at: Ticks, scale: u8) -> Option<DateTime2> {
    if at < Ticks::MIN || Ticks::MAX < at {
        return None;
    }
    let days = u32::try_from(at.0.div_euclid(TICKS_PER_DAY)).ok()?;
    Some(DateTime2::new(Date::new(days), time(at.time_of_day(), scale)?))
}

/// datetime begins in 1753 and counts in 1/300 s.
fn date_time(value: &Value) -> Option<DateTime> {
    const FIRST_DAY: i64 = -53_690;
    const DAY: i64 = 24 * 3600 * 300;
    let Value::DateTime(at) = value else { return None };
    let mut days = at.0.div_euclid(TICKS_PER_DAY) - DAYS_TO_1900;
    let mut fragments = (at.time_of_day() * 300 + TICKS_PER_SECOND / 2) / TICKS_PER_SECOND;
    if fragments == DAY {
        (days, fragments) = (days + 1, 0);
    }
    if days < FIRST_DAY {
        return None;
    }
    Some(DateTime::new(i32::try_from(days).ok()?, u32::try_from(fragments).ok()?))
}

/// smalldatetime is from 1900 to 2079, in minutes.
fn small_date_time(value: &Value) -> Option<SmallDateTime> {
    const DAY: i64 = 24 * 60;
    let Value::DateTime(at) = value else { return None };
    let mut days = at.0.div_euclid(TICKS_PER_DAY) - DAYS_TO_1900;
    let minute = 60 * TICKS_PER_SECOND;
    // 29.998 s and less are rounded down.
    let mut minutes = (at.time_of_day() + minute - 29_999 * 10_000 - 1) / minute;
    if minutes == DAY {
        (days, minutes) = (days + 1, 0);
    }
    Some(SmallDateTime::new(u16::try_from(days).ok()?, u16::try_from(minutes).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sized(ty: VarLenType, length: usize) -> TypeInfo {
        TypeInfo::VarLenSized(VarLenContext::new(ty, length, None))
    }

    #[test]
    fn a_value_takes_the_exact_form_of_its_column() {
        assert_eq!(
            cell(&Value::I4(5), &sized(VarLenType::Intn, 2)),
            Some(ColumnData::I16(Some(5)))
        );
        assert_eq!(cell(&Value::I4(70_000), &sized(VarLenType::Intn, 2)), None);
        assert_eq!(cell(&Value::Null, &sized(VarLenType::Floatn, 4)), Some(ColumnData::F32(None)));
        let cents = TypeInfo::VarLenSizedPrecision {
            ty: VarLenType::Numericn,
            size: 9,
            precision: 10,
            scale: 2,
        };
        let number = cell(&Value::Decimal(Decimal::new(15, 1)), &cents);
        assert_eq!(number, Some(ColumnData::Numeric(Some(Numeric::new_with_scale(150, 2)))));
        assert_eq!(cell(&Value::I4(1), &sized(VarLenType::NVarchar, 20)), None);
    }

    #[test]
    fn datetime_counts_in_three_hundredths_from_1753() {
        let last = Ticks((DAYS_TO_1900 + 1) * TICKS_PER_DAY - 1);
        assert_eq!(date_time(&Value::DateTime(last)), Some(DateTime::new(1, 0)));
        assert_eq!(date_time(&Value::DateTime(Ticks(0))), None);
        let half = Ticks(DAYS_TO_1900 * TICKS_PER_DAY + 30 * TICKS_PER_SECOND);
        assert_eq!(small_date_time(&Value::DateTime(half)), Some(SmallDateTime::new(0, 1)));
    }

    #[test]
    fn lengths_are_known_from_the_server() {
        assert_eq!(
            data_type(&sized(VarLenType::NVarchar, 20)),
            Some(DataType::WStr { length: 10 })
        );
        assert_eq!(data_type(&sized(VarLenType::NVarchar, UNLIMITED)), Some(DataType::NText));
        let text = Some(DataType::Str { length: 7, code_page: 1252 });
        assert_eq!(data_type(&sized(VarLenType::BigVarChar, 7)), text);
    }
}
