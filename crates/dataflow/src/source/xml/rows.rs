//! Rows of an XML Source on their way out: texts become values, bad ones go where the columns
//! say.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int32Array};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use expression::array::{Builder, from_values};
use expression::convert::{ConvertOptions, FailureKind, convert, parse_text};
use model::{DataType, Value, dts};
use package::Disposition;

use super::plan::{ErrorOutput, Plan, Rowset};
use crate::{Failure, Outbox, Stop};

/// Rows that wait, by output.
pub(super) struct Rows<'a> {
    plan: &'a Plan,
    waiting: Vec<Waiting>,
}

#[derive(Default)]
struct Waiting {
    rows: Vec<Vec<Value>>,
    errors: Vec<BadRow>,
}

struct BadRow {
    cells: Vec<Option<String>>,
    code: u32,
    column: i32,
}

impl<'a> Rows<'a> {
    pub(super) fn new(plan: &'a Plan) -> Self {
        Self { plan, waiting: plan.rowsets.iter().map(|_| Waiting::default()).collect() }
    }

    pub(super) fn add(
        &mut self,
        rowset: usize,
        cells: Vec<Option<String>>,
        out: &mut Outbox<'_>,
    ) -> Result<(), Stop> {
        let own = &self.plan.rowsets[rowset];
        let waiting = &mut self.waiting[rowset];
        match own.values(&cells) {
            Ok(row) => waiting.rows.push(row),
            Err(Bad::Redirected { code, column }) => {
                waiting.errors.push(BadRow { cells, code, column });
            }
            Err(Bad::Fatal(failure)) => {
                self.flush(out)?;
                return Err(failure.into());
            }
        }
        if out.batch_rows() <= waiting.rows.len().max(waiting.errors.len()) {
            own.send(std::mem::take(waiting), out)?;
        }
        Ok(())
    }

    pub(super) fn flush(&mut self, out: &mut Outbox<'_>) -> Result<(), Stop> {
        for (rowset, waiting) in self.plan.rowsets.iter().zip(&mut self.waiting) {
            rowset.send(std::mem::take(waiting), out)?;
        }
        Ok(())
    }
}

enum Bad {
    Redirected { code: u32, column: i32 },
    Fatal(Failure),
}

impl Rowset {
    /// The first bad value decides where a row goes.
    fn values(&self, cells: &[Option<String>]) -> Result<Vec<Value>, Bad> {
        let mut values = Vec::with_capacity(self.columns.len());
        for (column, cell) in self.columns.iter().zip(cells) {
            let Some(text) = cell else {
                values.push(Value::Null);
                continue;
            };
            let (kind, left) = match value_of(text, column.data_type) {
                Ok(value) => {
                    values.push(value);
                    continue;
                }
                Err(failed) => failed,
            };
            let (rule, truncation) = (&column.rule, kind == FailureKind::Truncated);
            let code = dts::DTS_E_XMLSRCSTATIC_UNABLETOPROCESSXMLDATA;
            let disposition =
                if truncation { rule.dispositions.truncation } else { rule.dispositions.error };
            match disposition {
                Disposition::IgnoreFailure => values.push(left),
                Disposition::RedirectRow => {
                    return Err(Bad::Redirected { code, column: rule.id });
                }
                Disposition::FailComponent | Disposition::NotUsed => {
                    let mut failure = rule.failure(code, truncation);
                    failure.code = if truncation {
                        dts::DTS_E_XMLSRC_INDUCEDTRANSFORMFAILUREONTRUNCATION
                    } else {
                        dts::DTS_E_XMLSRC_INDUCEDTRANSFORMFAILUREONERROR
                    };
                    return Err(Bad::Fatal(failure));
                }
            }
        }
        Ok(values)
    }

    fn send(&self, waiting: Waiting, out: &mut Outbox<'_>) -> Result<(), Stop> {
        let Waiting { rows, errors } = waiting;
        if !rows.is_empty() {
            let batch = self.layout.assemble(rows.len(), |at| {
                let column = &self.columns[at];
                let mut builder = Builder::new(column.data_type, rows.len());
                for row in &rows {
                    builder.append(&row[at]).map_err(|error| wrong(&column.rule.name, &error))?;
                }
                Ok::<_, Stop>(builder.finish())
            })?;
            out.send(self.output, batch)?;
        }
        match &self.errors {
            Some(output) if !errors.is_empty() => output.send(&errors, out),
            Some(_) | None => Ok(()),
        }
    }
}

impl ErrorOutput {
    fn send(&self, errors: &[BadRow], out: &mut Outbox<'_>) -> Result<(), Stop> {
        let batch = self.layout.assemble(errors.len(), |at| {
            Ok::<ArrayRef, Stop>(match self.special_flags.get(at) {
                Some(1) => Arc::new(Int32Array::from_iter_values(
                    errors.iter().map(|error| error.code.cast_signed()),
                )),
                Some(2) => {
                    Arc::new(Int32Array::from_iter_values(errors.iter().map(|error| error.column)))
                }
                _ => self.texts(at, errors)?,
            })
        })?;
        out.send(self.number, batch)
    }

    /// The texts of a column as they were; what the column cannot hold of one is left out.
    fn texts(&self, at: usize, errors: &[BadRow]) -> Result<ArrayRef, Failure> {
        let column = &self.layout.columns[at];
        let place = self.places.get(at).copied().flatten();
        let value = |error: &BadRow| {
            let text = place.and_then(|place| error.cells.get(place)?.as_deref());
            let value = text.map(|text| value_of(text, column.data_type));
            value.map_or(Value::Null, |value| value.unwrap_or_else(|failed| failed.1))
        };
        let values: Vec<Value> = errors.iter().map(value).collect();
        from_values(&values, column.data_type).map_err(|error| wrong(&column.name, &error))
    }
}

fn wrong(column: &str, error: &dyn std::error::Error) -> Failure {
    let text = format!("A value of \"{column}\" cannot be kept: {error}.");
    Failure::new(dts::DTS_E_BUFFERALLOCFAILED, text)
}

/// A text in the form that XML has for a type; a truncation comes with what is left.
fn value_of(text: &str, data_type: DataType) -> Result<Value, (FailureKind, Value)> {
    let failed = |kind| Err((kind, Value::Null));
    if data_type.is_text() {
        let from = DataType::WStr { length: u32::MAX };
        let options = ConvertOptions::default();
        let converted = convert(&Value::text(text), from, data_type, &options);
        return converted.map_err(|failure| (failure.kind, failure.value));
    }
    let text = text.trim();
    if data_type == DataType::Bool {
        return match text {
            "true" | "1" => Ok(Value::Bool(true)),
            "false" | "0" => Ok(Value::Bool(false)),
            _ => failed(FailureKind::CannotConvert),
        };
    }
    if matches!(data_type, DataType::Bytes { .. } | DataType::Image) {
        return bytes_of(text, data_type);
    }
    if text.is_empty() {
        return failed(FailureKind::CannotConvert);
    }
    // XML's forms of dates and times are those of fast parse, its numbers are plain.
    let fast_parse = data_type.is_date_time();
    let options = ConvertOptions { fast_parse, ..ConvertOptions::default() };
    parse_text(text, data_type, &options).map_err(|failure| (failure.kind, failure.value))
}

/// base64Binary, in which there may be blanks.
fn bytes_of(text: &str, data_type: DataType) -> Result<Value, (FailureKind, Value)> {
    let plain: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let mut bytes =
        BASE64_STANDARD.decode(plain).map_err(|_| (FailureKind::CannotConvert, Value::Null))?;
    if let DataType::Bytes { length } = data_type
        && (length as usize) < bytes.len()
    {
        bytes.truncate(length as usize);
        return Err((FailureKind::Truncated, Value::Bytes(bytes.into())));
    }
    Ok(Value::Bytes(bytes.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_the_forms_of_xml() {
        let value = |text, data_type| value_of(text, data_type).map(|value| value.to_string());
        assert_eq!(value(" true ", DataType::Bool), Ok("True".to_owned()));
        assert_eq!(value("-12", DataType::I4), Ok("-12".to_owned()));
        assert_eq!(value("2024-02-29", DataType::DbDate), Ok("2024-02-29".to_owned()));
        let moment = value("2024-02-29T12:30:01", DataType::DbTimestamp);
        assert_eq!(moment, Ok("2024-02-29 12:30:01".to_owned()));
        assert_eq!(value("SGVs bG8=", DataType::Bytes { length: 9 }), Ok("0x48656C6C6F".into()));
        for (text, data_type) in [
            ("yes", DataType::Bool),
            ("", DataType::I4),
            ("S", DataType::Image),
            ("S=Q", DataType::Image),
        ] {
            assert!(value(text, data_type).is_err(), "{text}");
        }
        let long = value_of("SGVsbG8=", DataType::Bytes { length: 2 });
        assert_eq!(
            long,
            Err((FailureKind::Truncated, Value::Bytes([0x48, 0x65].as_slice().into())))
        );
    }
}
