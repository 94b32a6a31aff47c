//! Flat File Destination: rows into a text file.
//!
//! Each value is first converted to the type of the file's column and then written as text, as
//! the connection manager lays columns out. There is no error output: a value that does not fit
//! fails the component, and the file ends with the row before.
//!
//! Rules: data-flow facts 3.3. Order of messages: `DTS_E_FAILEDCOLUMNDATACONVERSIONSTATUS`, then
//! `DTS_E_CANNOTCOPYORCONVERTFLATFILEDATA`, which is also what ProcessInput returns.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, RecordBatch, StringArray};
use connect::flat_file::{Format, WriteError, WriteOptions, Writer};
use expression::convert::{ConvertOptions, FailureKind, convert_array, is_convertible};
use model::{DataType, dts};

use crate::source::flat_file::connection::{FlatFile, cannot_open, with_causes};
use crate::{Build, Context, Destination, Failure, Invalid, Lifecycle, Message, Outbox, Stop};

/// Writes a file.
struct FlatFileDestination {
    file: FlatFile,
    format: Format,
    options: WriteOptions,
    /// One for each column of the file; `None` is written empty.
    columns: Vec<Option<Column>>,
    name: String,
    writer: Option<Writer>,
    rows: u64,
}

/// A column of the file that is written from a column of the input.
struct Column {
    name: String,
    position: usize,
    from: DataType,
    /// The type of the file's column.
    to: DataType,
    options: ConvertOptions,
}

/// What values that are not text are written as.
const TEXT: DataType = DataType::WStr { length: 4000 };

/// Text of any kind: kinds of text differ in what a cast allows, and not in what they hold.
const ANY_TEXT: DataType = DataType::WStr { length: u32::MAX };

/// Builds a Flat File Destination.
pub(crate) fn build(build: &Build<'_>) -> Result<Box<dyn Destination>, Invalid> {
    let file = FlatFile::find(build)?;
    let format = file.format(build)?;
    let input = build.input(0)?;
    let configured = &build.component.inputs[0];
    let mut columns: Vec<Option<Column>> = format.columns.iter().map(|_| None).collect();
    for column in &configured.columns {
        let Some(position) = input.position(&column.lineage_id) else { continue };
        let arriving = &input.columns[position];
        let name = if column.name.is_empty() { &arriving.name } else { &column.name };
        if column.external_column.is_empty() {
            continue;
        }
        let at = file.column(&configured.external_columns, &column.external_column, name);
        let at = at.ok_or_else(|| {
            Invalid::broken(
                dts::DTS_E_COLUMNNOTFOUND,
                format!("Column \"{name}\" cannot be found at the datasource."),
            )
        })?;
        let to = file_type(file.columns()[at].data_type);
        let from = if arriving.data_type.is_text() { ANY_TEXT } else { arriving.data_type };
        if !is_writable(from, to) {
            return Err(Invalid::broken(
                dts::DTS_E_CANNOTCONVERTTYPES,
                format!(
                    "Conversion from \"{}\" to \"{to}\" is not supported: {}.",
                    arriving.data_type,
                    build.input_column_name(0, column)
                ),
            ));
        }
        let locale = file.locale(build)?;
        let options = ConvertOptions { locale, ..ConvertOptions::default() };
        let name = format.columns[at].name.clone();
        columns[at] = Some(Column { name, position, from, to, options });
    }
    if columns.iter().all(Option::is_none) {
        return Err(Invalid::broken(
            dts::DTS_E_CANNOTHAVEZEROINPUTCOLUMNS,
            format!("The number of input columns for {} cannot be zero.", build.component.name),
        ));
    }
    let options = WriteOptions {
        overwrite: build.flag("Overwrite", true)?,
        header: build.text("Header").to_owned(),
        escape_qualifier: build.flag("EscapeQualifier", false)?,
    };
    Ok(Box::new(FlatFileDestination {
        file,
        format,
        options,
        columns,
        name: String::new(),
        writer: None,
        rows: 0,
    }))
}

/// Whether a value can be written to a column of the file.
fn is_writable(from: DataType, to: DataType) -> bool {
    if is_long_text(to) {
        return from.is_text() || is_convertible(from, TEXT);
    }
    is_convertible(from, to) && (to.is_text() || is_convertible(to, TEXT))
}

const fn is_long_text(data_type: DataType) -> bool {
    matches!(data_type, DataType::Text { .. } | DataType::NText)
}

/// Text columns without a width take text of any length.
const fn file_type(data_type: DataType) -> DataType {
    if let DataType::Str { length: 0, code_page } = data_type {
        return DataType::Text { code_page };
    }
    if let DataType::WStr { length: 0 } = data_type { DataType::NText } else { data_type }
}

impl FlatFileDestination {
    fn failure(&self, error: &WriteError) -> Failure {
        let text = with_causes(&error.message(), error);
        match error {
            WriteError::TooWide { name, row, .. } | WriteError::NoMatch { name, row, .. } => {
                self.cell_failure(Message::new(error.code(), error.message()), name, *row)
            }
            WriteError::Open { source, .. } => {
                cannot_open(&self.name, &with_causes(&source.to_string(), source))
            }
            WriteError::Format { .. }
            | WriteError::Columns { .. }
            | WriteError::Header { .. }
            | WriteError::Write { .. } => Failure::new(error.code(), text),
        }
    }

    fn cell_failure(&self, why: Message, column: &str, row: u64) -> Failure {
        let failure = Failure::new(
            dts::DTS_E_CANNOTCOPYORCONVERTFLATFILEDATA,
            format!("Cannot copy or convert flat file data for column \"{column}\"."),
        );
        failure.after(why.code, why.text).and(
            dts::DTS_E_ERRORWHILEREADINGDATAROWS,
            format!("An error occurred while processing file \"{}\" on data row {row}.", self.name),
        )
    }

    /// The first row that a column cannot be written for, and the failure that says so.
    fn bad_row(
        &self,
        column: &Column,
        failures: &[(usize, FailureKind)],
    ) -> Option<(usize, Failure)> {
        let &(row, kind) = failures.first()?;
        let (status, text) = status(kind, column.to);
        let why = Message::new(
            dts::DTS_E_FAILEDCOLUMNDATACONVERSIONSTATUS,
            format!(
                "Data conversion failed. The data conversion for column \"{}\" returned status value {status} and status text \"{text}\".",
                column.name
            ),
        );
        Some((row, self.cell_failure(why, &column.name, self.rows + row as u64 + 1)))
    }
}

const fn status(kind: FailureKind, to: DataType) -> (u32, &'static str) {
    match kind {
        FailureKind::CannotConvert | FailureKind::Unsupported if !to.is_text() => {
            (2, "The value could not be converted because of a potential loss of data.")
        }
        FailureKind::CannotConvert | FailureKind::Unsupported | FailureKind::Truncated => (
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

impl Column {
    /// The column as text, and the rows that have none.
    fn texts(&self, batch: &RecordBatch, today: i32) -> (ArrayRef, Vec<(usize, FailureKind)>) {
        let options = ConvertOptions { today, ..self.options };
        let source = batch.column(self.position);
        if is_long_text(self.to) {
            let to = if self.from.is_text() { self.from } else { TEXT };
            let text = convert_array(source, self.from, to, &options);
            return (text.array, text.failures);
        }
        let typed = convert_array(source, self.from, self.to, &options);
        if self.to.is_text() {
            return (typed.array, typed.failures);
        }
        let text = convert_array(&typed.array, self.to, TEXT, &options);
        let mut failures = typed.failures;
        failures.extend(text.failures);
        failures.sort_by_key(|failure| failure.0);
        (text.array, failures)
    }
}

impl Lifecycle for FlatFileDestination {
    fn open(&mut self, context: &Context<'_>) -> Result<(), Stop> {
        let (name, path) = self.file.path(context.environment())?;
        self.name = name;
        let writer = Writer::create(&path, &self.format, &self.options);
        self.writer = Some(writer.map_err(|error| self.failure(&error))?);
        self.rows = 0;
        context.information(
            dts::DTS_I_STARTPROCESSINGFILE,
            format!("The processing of file \"{}\" has started.", self.name),
        );
        context.check()
    }

    fn close(&mut self, context: &Context<'_>) -> Result<(), Stop> {
        context.information(
            dts::DTS_I_FINISHPROCESSINGFILE,
            format!("The processing of file \"{}\" has ended.", self.name),
        );
        context.check()
    }
}

impl Destination for FlatFileDestination {
    fn write(&mut self, batch: RecordBatch, out: &mut Outbox<'_>) -> Result<(), Stop> {
        let today = out.context().environment().now_local().days_since_1970();
        let today = i32::try_from(today).unwrap_or_default();
        let mut arrays: Vec<Option<ArrayRef>> = Vec::with_capacity(self.columns.len());
        let mut bad: Option<(usize, Failure)> = None;
        for column in &self.columns {
            let Some(column) = column else {
                arrays.push(None);
                continue;
            };
            let (array, failures) = column.texts(&batch, today);
            arrays.push(Some(array));
            let found = self.bad_row(column, &failures);
            if let Some(found) = found
                && bad.as_ref().is_none_or(|bad| found.0 < bad.0)
            {
                bad = Some(found);
            }
        }
        let n_rows = bad.as_ref().map_or(batch.num_rows(), |bad| bad.0);
        let empty = Arc::new(StringArray::new_null(batch.num_rows()));
        let texts: Vec<StringArray> = arrays
            .iter()
            .map(|array| match array {
                Some(array) => array.as_string::<i32>().slice(0, n_rows),
                None => empty.slice(0, n_rows),
            })
            .collect();
        let texts: Vec<&StringArray> = texts.iter().collect();
        if let Some(writer) = &mut self.writer {
            let written = writer.write(&texts);
            written.map_err(|error| self.failure(&error))?;
            self.rows += n_rows as u64;
        }
        bad.map_or(Ok(()), |bad| Err(bad.1.into()))
    }

    fn end(&mut self, out: &mut Outbox<'_>) -> Result<(), Stop> {
        if let Some(writer) = self.writer.take() {
            writer.finish().map_err(|error| self.failure(&error))?;
        }
        out.check()
    }

    fn rows_written(&self) -> u64 {
        self.rows
    }
}

#[cfg(test)]
mod tests;
