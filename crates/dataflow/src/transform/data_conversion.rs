//! Data Conversion: new columns with the values of others in another type.
//!
//! A failed conversion whose errors are ignored gives NULL, an ignored truncation the shortened
//! text (measured); rows are never dropped.

use arrow_array::RecordBatch;
use expression::convert::{ConvertOptions, FailureKind, convert_array, is_convertible};
use model::{DataType, dts};

use super::{Exit, Made};
use crate::{
    Build, Context, Failure, Invalid, Lifecycle, Outbox, RowErrors, Rule, Stop, Transform,
    ValueError,
};

/// Converts columns.
struct DataConversion {
    conversions: Vec<Conversion>,
    exit: Exit,
}

/// One new column.
struct Conversion {
    source: usize,
    from: DataType,
    to: DataType,
    options: ConvertOptions,
    rule: Rule,
    /// Whether somebody needs the column. It is converted in any case: its errors count.
    kept: bool,
    /// Name and lineage id of the source and of the new column, for messages.
    names: (String, i32, String, i32),
}

/// Builds a Data Conversion.
pub(crate) fn build(build: &Build<'_>) -> Result<Box<dyn Transform>, Invalid> {
    let exit = Exit::of(build)?;
    let input = build.input(0)?;
    let locale = build.locale()?;
    let mut conversions = Vec::new();
    let outputs = &build.component.outputs[exit.main].columns;
    for (number, column) in outputs.iter().enumerate() {
        let lineage = super::lineage(&column.properties, "SourceInputColumnLineageID");
        let Some(source) = input.position(&lineage) else {
            return Err(Invalid::broken(
                dts::DTS_E_INVALIDINPUTLINEAGEID,
                format!(
                    "{} converts a column that is not among the input columns.",
                    build.output_column_name(exit.main, column)
                ),
            ));
        };
        let arriving = &input.columns[source];
        if !is_convertible(arriving.data_type, column.data_type) {
            return Err(Invalid::broken(
                dts::DTS_E_CANNOTCONVERTTYPES,
                format!(
                    "Conversion from \"{}\" to \"{}\" is not supported: {}.",
                    arriving.data_type,
                    column.data_type,
                    build.output_column_name(exit.main, column)
                ),
            ));
        }
        let fast_parse = column
            .property("FastParse")
            .is_some_and(|text| text.trim().eq_ignore_ascii_case("true"));
        let id = exit.layout.columns[number].id;
        conversions.push(Conversion {
            source,
            from: arriving.data_type,
            to: column.data_type,
            options: ConvertOptions { locale, fast_parse, ..ConvertOptions::default() },
            rule: build.rule(exit.main, number),
            kept: exit.layout.columns[number].position.is_some(),
            names: (arriving.name.clone(), arriving.id, column.name.clone(), id),
        });
    }
    Ok(Box::new(DataConversion { conversions, exit }))
}

impl Lifecycle for DataConversion {
    fn open(&mut self, context: &Context<'_>) -> Result<(), Stop> {
        let today = context.environment().now_local().days_since_1970();
        for conversion in &mut self.conversions {
            conversion.options.today = i32::try_from(today).unwrap_or_default();
        }
        context.check()
    }
}

impl Transform for DataConversion {
    fn process(&mut self, batch: RecordBatch, out: &mut Outbox<'_>) -> Result<(), Stop> {
        let (mut added, mut errors) = (Vec::new(), RowErrors::new());
        for conversion in &self.conversions {
            let source = batch.column(conversion.source);
            let converted =
                convert_array(source, conversion.from, conversion.to, &conversion.options);
            let failed = converted.failures.iter().map(|&(row, kind)| value_error(row, kind));
            errors
                .add(&conversion.rule, failed)
                .map_err(|failure| conversion.explain(failure, &converted.failures))?;
            if conversion.kept {
                added.push(converted.array);
            }
        }
        self.exit.send(batch, Made { added, errors, ..Made::default() }, out)
    }
}

impl Conversion {
    /// Puts the component's own message in front: which column, and why.
    fn explain(&self, failure: Failure, failures: &[(usize, FailureKind)]) -> Failure {
        let truncated = failure.code == dts::DTS_E_INDUCEDTRANSFORMFAILUREONTRUNCATION;
        let mut kinds = failures.iter().map(|failure| failure.1);
        let kind = kinds.find(|&kind| (kind == FailureKind::Truncated) == truncated);
        let (status, text) = status(kind.unwrap_or(FailureKind::CannotConvert));
        let (from, from_id, to, to_id) = &self.names;
        failure.after(
            dts::DTS_E_DATACONVERSIONFAILED,
            format!("Data conversion failed while converting column \"{from}\" ({from_id}) to column \"{to}\" ({to_id}).  The conversion returned status value {status} and status text \"{text}\"."),
        )
    }
}

/// A failed conversion as an error of its row.
pub(super) fn value_error(row: usize, kind: FailureKind) -> ValueError {
    let code = match kind {
        FailureKind::CannotConvert | FailureKind::Unsupported => {
            dts::DTS_E_TXDATACONVERTSTATIC_CANTCONVERTVALUE
        }
        FailureKind::Truncated => dts::DTS_E_TXDATACONVERTSTATIC_TRUNCATED,
        FailureKind::SignMismatch => dts::DTS_E_TXDATACONVERTSTATIC_SIGNMISMATCH,
        FailureKind::Overflow => dts::DTS_E_TXDATACONVERTSTATIC_DATAOVERFLOW,
    };
    let row = u32::try_from(row).unwrap_or(u32::MAX);
    ValueError { row, code, truncation: kind == FailureKind::Truncated }
}

/// The OLE DB status of a failed conversion, with its text.
const fn status(kind: FailureKind) -> (u32, &'static str) {
    match kind {
        FailureKind::CannotConvert | FailureKind::Unsupported => {
            (2, "The value could not be converted because of a potential loss of data.")
        }
        FailureKind::Truncated => (
            4,
            "Text was truncated or one or more characters had no match in the target code page.",
        ),
        FailureKind::SignMismatch => {
            (5, "The value could not be converted because of sign mismatch.")
        }
        FailureKind::Overflow => {
            (6, "Conversion failed because the data value overflowed the specified type.")
        }
    }
}

#[cfg(test)]
mod tests;
