//! Tokens as the text of [`testkit::slt::Told`].

use model::{TICKS_PER_DAY, Ticks};
use tds::token::{Done, DoneKind, EnvChange, Token};
use tds::types::{TypeInfo, VarLength};
use tds::{Value, types};
use testkit::slt::Told;
use tsql::types::{Kind, SqlType};
use tsql::value::{
    ConvertOptions, DateTimeValue, OffsetValue, SmallDateTimeValue, SqlValue, convert,
};

/// What the tokens say.
pub(super) fn told(tokens: &[Token]) -> Told {
    let mut told = Told::default();
    let mut columns = Vec::new();
    for token in tokens {
        match token {
            Token::ColMetadata(metadata) => {
                columns = metadata.columns.iter().map(|column| column.type_info.clone()).collect();
                let shown = metadata
                    .columns
                    .iter()
                    .map(|column| format!("{} {}", column.name, type_text(&column.type_info)));
                told.columns(&shown.collect::<Vec<_>>());
            }
            Token::Row(values) => {
                let values = values.iter().zip(&columns);
                told.row(&values.map(|(value, info)| shown(value, info)).collect::<Vec<_>>());
            }
            Token::Message(message) => {
                if message.is_error() {
                    told.error(message.number);
                }
                told.line(message_text(message));
            }
            Token::Done(done) => told.line(done_text(done)),
            Token::ReturnStatus(status) => told.line(format!("return {}", status.0)),
            Token::ReturnValue(value) => {
                let (info, value_text) = (&value.type_info, shown(&value.value, &value.type_info));
                let name = &value.name;
                told.line(format!("{} {name} {} = {value_text}", value.ordinal, type_text(info)));
            }
            Token::EnvChange(change) => told.line(change_text(change)),
            Token::LoginAck(_)
            | Token::FeatureExtAck(_)
            | Token::Order(_)
            | Token::TabName(_)
            | Token::ColInfo(_) => told.line(format!("{token:?}")),
        }
    }
    told
}

fn message_text(message: &tds::token::ServerMessage) -> String {
    let tds::token::ServerMessage { number, class, state, line, text, procedure, .. } = message;
    if (*number, *class) == (0, 0) {
        return format!("> {text}");
    }
    match procedure.is_empty() {
        true => format!("{number} {class} {state} line {line}: {text}"),
        false => format!("{number} {class} {state} {procedure} line {line}: {text}"),
    }
}

/// The words for the numbers that DONE has for statements.
fn command(number: u16) -> &'static str {
    match number {
        0xC1 => "select",
        0xC3 => "insert",
        0xC4 => "delete",
        0xC5 => "update",
        0x117 => "merge",
        0xE0 => "exec",
        _ => "done",
    }
}

fn done_text(done: &Done) -> String {
    let depth = if done.kind == DoneKind::InProc { " in" } else { "" };
    let word = command(done.command);
    match (done.error, done.rows) {
        (true, _) => format!("(!{depth})"),
        (false, Some(count)) => format!("({count} {word}{depth})"),
        (false, None) => format!("({word}{depth})"),
    }
}

fn change_text(change: &EnvChange) -> String {
    match change {
        EnvChange::Database { new, old } => format!("database {old} -> {new}"),
        EnvChange::Language { new, old } => format!("language {old} -> {new}"),
        EnvChange::BeginTransaction(_) => "transaction begun".to_owned(),
        EnvChange::CommitTransaction(_) => "transaction committed".to_owned(),
        EnvChange::RollbackTransaction(_) => "transaction rolled back".to_owned(),
        EnvChange::CharacterSet { .. }
        | EnvChange::PacketSize { .. }
        | EnvChange::Collation { .. }
        | EnvChange::ResetConnection
        | EnvChange::Routing { .. }
        | EnvChange::Other { .. } => format!("{change:?}"),
    }
}

/// The type as T-SQL writes it.
fn type_text(info: &TypeInfo) -> String {
    let name = info.name();
    let sized = |size: u32| format!("{name}({size})");
    let variable = |length: &VarLength, width: u16| match length {
        VarLength::Bytes(bytes) => format!("{name}({})", bytes / width),
        VarLength::Max => format!("{name}(max)"),
    };
    if let TypeInfo::Decimal { precision, scale, .. } = info {
        return format!("{name}({precision},{scale})");
    }
    if let TypeInfo::Time(scale) | TypeInfo::DateTime2(scale) | TypeInfo::DateTimeOffset(scale) =
        info
    {
        return sized(u32::from(*scale));
    }
    if let TypeInfo::Binary(length) | TypeInfo::Char { length, .. } = info {
        return sized(u32::from(*length));
    }
    if let TypeInfo::NChar { length, .. } = info {
        return sized(u32::from(*length / 2));
    }
    if let TypeInfo::VarBinary(length) | TypeInfo::VarChar { length, .. } = info {
        return variable(length, 1);
    }
    if let TypeInfo::NVarChar { length, .. } = info { variable(length, 2) } else { name.to_owned() }
}

fn shown(value: &Value, info: &TypeInfo) -> String {
    if let Value::Variant(inside) = value {
        return shown(&inside.value, &inside.base);
    }
    let value = sql_value(value, info);
    if value.is_null() {
        return "NULL".to_owned();
    }
    if let SqlValue::Float(number) = value {
        return Told::float(number);
    }
    if let SqlValue::Real(number) = value {
        return Told::float(number);
    }
    let kind = value.kind();
    let style = if kind == Kind::VarBinary {
        Some(1)
    } else if kind.is_money() {
        Some(2)
    } else {
        kind.is_date_time().then_some(121)
    };
    let options = ConvertOptions { style, ..ConvertOptions::default() };
    let text = convert(&value, &SqlType::NVARCHAR_MAX, options).unwrap();
    Told::value(text.as_str().unwrap())
}

fn moment(days: u32, ticks: u64) -> Ticks {
    Ticks(i64::from(days) * TICKS_PER_DAY + ticks.cast_signed())
}

/// Digits behind the second.
fn scale(info: &TypeInfo) -> u8 {
    if let TypeInfo::Time(scale) | TypeInfo::DateTime2(scale) | TypeInfo::DateTimeOffset(scale) =
        info
    {
        return *scale;
    }
    7
}

fn sql_value(value: &Value, info: &TypeInfo) -> SqlValue {
    match value {
        Value::Null => SqlValue::Null,
        Value::Bit(value) => SqlValue::Bit(*value),
        Value::TinyInt(value) => SqlValue::TinyInt(*value),
        Value::SmallInt(value) => SqlValue::SmallInt(*value),
        Value::Int(value) => SqlValue::Int(*value),
        Value::BigInt(value) => SqlValue::BigInt(*value),
        Value::Real(value) => SqlValue::Real(*value),
        Value::Float(value) => SqlValue::Float(*value),
        Value::Decimal(value) => SqlValue::Decimal(decimal(*value)),
        Value::Money(units) => SqlValue::Money(*units),
        Value::DateTime(types::DateTime { days, ticks }) => {
            SqlValue::DateTime(DateTimeValue { days: *days, units: *ticks })
        }
        Value::SmallDateTime(types::SmallDateTime { days, minutes }) => {
            SqlValue::SmallDateTime(SmallDateTimeValue { days: *days, minutes: *minutes })
        }
        Value::Date(days) => SqlValue::Date(days.cast_signed()),
        Value::Time(ticks) => SqlValue::Time { ticks: ticks.cast_signed(), scale: scale(info) },
        Value::DateTime2 { days, ticks } => {
            SqlValue::DateTime2 { ticks: moment(*days, *ticks), scale: scale(info) }
        }
        Value::DateTimeOffset { days, ticks, offset_minutes } => {
            let utc = moment(*days, *ticks);
            SqlValue::DateTimeOffset(OffsetValue {
                utc,
                offset: *offset_minutes,
                scale: scale(info),
            })
        }
        Value::Guid(id) => SqlValue::Guid(id.into_bytes()),
        Value::String(text) => SqlValue::nvarchar(text.as_str()),
        Value::Binary(bytes) => SqlValue::binary(bytes.as_slice()),
        Value::Variant(inside) => sql_value(&inside.value, &inside.base),
    }
}

fn decimal(number: types::Decimal) -> model::Decimal {
    let magnitude = number.magnitude().cast_signed();
    model::Decimal::new(if number.is_negative() { -magnitude } else { magnitude }, number.scale())
}
