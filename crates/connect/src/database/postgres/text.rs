//! Values as PostgreSQL reads them: parameters in text form, and lines of COPY.
//!
//! Source: "COPY", File Formats, Text Format; "Data Types" for each type's input form.

use std::error::Error;

use bytes::{BufMut as _, BytesMut};
use model::{TICKS_PER_SECOND, Ticks, Value};
use tokio_postgres::types::{Format, IsNull, ToSql, Type, to_sql_checked};

use crate::database::{DatabaseError, Kind};

/// A parameter.
#[derive(Debug)]
pub(super) struct Bound<'a>(pub(super) &'a Value);

impl ToSql for Bound<'_> {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        if self.0.is_null() {
            return Ok(IsNull::Yes);
        }
        let mut text = String::new();
        write_value(&mut text, self.0)?;
        // A decimal for an integer: PostgreSQL reads no fraction there.
        if matches!(*ty, Type::INT2 | Type::INT4 | Type::INT8)
            && let Some((whole, fraction)) = text.split_once('.')
            && fraction.bytes().all(|digit| digit == b'0')
        {
            text = whole.to_owned();
        }
        out.put_slice(text.as_bytes());
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Text
    }

    to_sql_checked!();
}

/// Adds a line of COPY.
pub(super) fn copy_row(out: &mut String, row: &[Value]) -> Result<(), DatabaseError> {
    let mut cell = String::new();
    for (at, value) in row.iter().enumerate() {
        if 0 < at {
            out.push('\t');
        }
        if value.is_null() {
            out.push_str("\\N");
            continue;
        }
        cell.clear();
        write_value(&mut cell, value)?;
        for c in cell.chars() {
            match c {
                '\\' => out.push_str("\\\\"),
                '\t' => out.push_str("\\t"),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                c => out.push(c),
            }
        }
    }
    out.push('\n');
    Ok(())
}

/// A value that is not NULL, as text.
fn write_value(out: &mut String, value: &Value) -> Result<(), DatabaseError> {
    match value {
        Value::Bool(bit) => out.push_str(if *bit { "true" } else { "false" }),
        Value::Text(text) if text.contains('\0') => {
            let text = "a text has the character U+0000, which PostgreSQL does not store";
            return Err(DatabaseError::new(Kind::Conversion, text));
        }
        Value::Text(text) => out.push_str(text),
        Value::Bytes(bytes) => {
            out.push_str("\\x");
            for byte in bytes.iter() {
                push(out, format_args!("{byte:02x}"));
            }
        }
        Value::Guid(guid) => push(out, format_args!("{}", guid.as_hyphenated())),
        Value::Time(ticks) => push_time(out, *ticks),
        Value::DateTime(at) => push_moment(out, *at),
        Value::DateTimeOffset { local, offset_minutes } => {
            push_moment(out, *local);
            let sign = if *offset_minutes < 0 { '-' } else { '+' };
            let minutes = offset_minutes.unsigned_abs();
            push(out, format_args!("{sign}{:02}:{:02}", minutes / 60, minutes % 60));
        }
        Value::R4(n) => push_float(out, f64::from(*n), &n.to_string()),
        Value::R8(n) => push_float(out, *n, &n.to_string()),
        Value::Null
        | Value::I1(_)
        | Value::I2(_)
        | Value::I4(_)
        | Value::I8(_)
        | Value::Ui1(_)
        | Value::Ui2(_)
        | Value::Ui4(_)
        | Value::Ui8(_)
        | Value::Decimal(_)
        | Value::Date(_) => push(out, format_args!("{value}")),
        Value::List(_) | Value::Rows(_) => {
            let text = "an object cannot be sent to PostgreSQL";
            return Err(DatabaseError::new(Kind::Unsupported, text));
        }
    }
    Ok(())
}

fn push(out: &mut String, arguments: std::fmt::Arguments<'_>) {
    out.push_str(&arguments.to_string());
}

fn push_float(out: &mut String, n: f64, text: &str) {
    out.push_str(if n.is_infinite() {
        if n < 0.0 { "-Infinity" } else { "Infinity" }
    } else {
        text
    });
}

fn push_time(out: &mut String, ticks: i64) {
    let seconds = ticks / TICKS_PER_SECOND;
    let (h, m, s) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    push(out, format_args!("{h:02}:{m:02}:{s:02}.{:07}", ticks % TICKS_PER_SECOND));
}

fn push_moment(out: &mut String, at: Ticks) {
    let day = Value::Date(i32::try_from(at.days_since_1970()).unwrap_or_default());
    push(out, format_args!("{day} "));
    push_time(out, at.time_of_day());
}
