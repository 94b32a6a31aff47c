//! Flat File Source: rows of text files as typed rows.
//!
//! The connection manager says how text is cut into cells ([`connect::flat_file`]); the columns
//! of the output say what a cell means and what happens when it means nothing.
//!
//! A bad cell fails the component at its row: rows before it have been sent. Rules: data-flow
//! facts 1.4, 1.6 and 2.2; order of messages: `DTS_E_FAILEDCOLUMNDATACONVERSIONSTATUS`, then
//! `DTS_E_INDUCEDTRANSFORMFAILUREONERROR` or `...ONTRUNCATION`, then
//! `DTS_E_ERRORWHILEREADINGDATAROWS`, which is also what PrimeOutput returns.

mod cells;
pub(crate) mod connection;

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Int32Array, RecordBatch, StringArray, UInt32Array};
use arrow_select::filter::filter_record_batch;
use arrow_select::take::take;
use connect::flat_file::{Block, Format, ReadError, Reader, Stage, Wanted};
use expression::array::repeat;
use expression::convert::{ConvertOptions, convert};
use model::{DataType, Value, dts};
use package::{Disposition, OutputColumn};

use crate::{
    Build, Context, Failure, Invalid, Lifecycle, Message, Outbox, OutputLayout, RowError, Rule,
    Source, Stop,
};
use cells::Column;
use connection::FlatFile;

/// Reads the files of a connection manager.
struct FlatFileSource {
    file: FlatFile,
    format: Format,
    columns: Vec<OwnColumn>,
    main: usize,
    main_layout: OutputLayout,
    errors: Option<ErrorOutput>,
    /// Files that are still to be read, and the one that is.
    files: VecDeque<(String, PathBuf)>,
    reader: Option<(String, Reader)>,
    /// Files that were begun, for the messages at the end.
    begun: Vec<String>,
}

/// An output column.
enum OwnColumn {
    /// From a column of the file, by its place among the wanted ones.
    Cell { at: usize, column: Column, rule: Rule },
    /// `FileNameColumnName`: the path of the file.
    FileName(DataType),
}

/// The error output: its columns are the row's text, ErrorCode and ErrorColumn.
struct ErrorOutput {
    number: usize,
    layout: OutputLayout,
    special_flags: Vec<i32>,
}

/// A cell that could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct BadCell {
    row: usize,
    column: usize,
    kind: cells::Kind,
}

/// Builds a Flat File Source.
pub(crate) fn build(build: &Build<'_>) -> Result<Box<dyn Source>, Invalid> {
    let file = FlatFile::find(build)?;
    let format = file.format(build)?;
    let main = build.main_output()?;
    let output = &build.component.outputs[main];
    let mut columns = Vec::new();
    for (number, column) in output.columns.iter().enumerate() {
        columns.push(own_column(build, &file, (main, number), column)?);
    }
    let errors = build.error_output().map(|number| {
        let columns = &build.component.outputs[number].columns;
        let special_flags = columns.iter().map(|column| column.special_flags).collect();
        build.output(number).map(|layout| ErrorOutput {
            number,
            layout: layout.clone(),
            special_flags,
        })
    });
    let main_layout = build.output(main)?.clone();
    Ok(Box::new(FlatFileSource {
        file,
        format,
        columns,
        main,
        main_layout,
        errors: errors.transpose()?,
        files: VecDeque::new(),
        reader: None,
        begun: Vec::new(),
    }))
}

fn own_column(
    build: &Build<'_>,
    file: &FlatFile,
    (main, number): (usize, usize),
    column: &OutputColumn,
) -> Result<OwnColumn, Invalid> {
    let output = &build.component.outputs[main];
    let file_name = build.text("FileNameColumnName").trim();
    if !file_name.is_empty() && column.name == file_name {
        if !column.data_type.is_text() {
            return Err(build.bad_property("FileNameColumnName", file_name));
        }
        return Ok(OwnColumn::FileName(column.data_type));
    }
    let at = file.column(&output.external_columns, &column.external_column, &column.name);
    let at = at.ok_or_else(|| {
        Invalid::broken(
            dts::DTS_E_COLUMNNOTFOUND,
            format!("Column \"{}\" cannot be found at the datasource.", column.name),
        )
    })?;
    let flag = |name: &str| {
        let text = column.property(name).unwrap_or_default().trim();
        text.eq_ignore_ascii_case("true") || text == "1" || text == "-1"
    };
    let binary = flag("UseBinaryFormat");
    let file_page = file.code_page();
    if binary && (file_page.is_none() || !matches!(column.data_type, DataType::Bytes { .. })) {
        return Err(build.bad_property("UseBinaryFormat", "True"));
    }
    Ok(OwnColumn::Cell {
        at,
        column: Column {
            name: column.name.clone(),
            data_type: column.data_type,
            fast_parse: flag("FastParse"),
            retain_nulls: build.flag("RetainNulls", false)?,
            binary: file_page.filter(|_| binary),
            locale: file.locale(build)?,
        },
        rule: build.rule(main, number),
    })
}

impl FlatFileSource {
    fn wanted(&self) -> Wanted {
        let cell = |column: &OwnColumn| match column {
            OwnColumn::Cell { at, .. } => Some(*at),
            OwnColumn::FileName(_) => None,
        };
        let redirects = self.columns.iter().any(|column| match column {
            OwnColumn::Cell { rule, .. } => {
                let dispositions = &rule.dispositions;
                dispositions.error == Disposition::RedirectRow
                    || dispositions.truncation == Disposition::RedirectRow
            }
            OwnColumn::FileName(_) => false,
        });
        let attached = self.errors.as_ref().is_some_and(|errors| errors.layout.attached);
        Wanted {
            columns: self.columns.iter().filter_map(cell).collect(),
            rows: redirects && attached,
        }
    }

    /// Opens the next file; `false` when there is none.
    fn next_file(&mut self, context: &Context<'_>) -> Result<bool, Stop> {
        let Some((name, path)) = self.files.pop_front() else { return Ok(false) };
        let reader = Reader::open(&path, &self.format, &self.wanted());
        let mut reader = reader.map_err(|error| read_failure(&name, &error))?;
        context.information(
            dts::DTS_I_STARTPROCESSINGFILE,
            format!("The processing of file \"{name}\" has started."),
        );
        for warning in reader.take_warnings() {
            context.warning(warning.code(), warning.message());
        }
        self.begun.push(name.clone());
        self.reader = Some((name, reader));
        Ok(true)
    }

    fn send(&self, name: &str, block: &Block, out: &mut Outbox<'_>) -> Result<(), Stop> {
        let mut arrays = Vec::with_capacity(self.columns.len());
        let mut bad = Vec::new();
        let mut texts = block.columns.iter();
        let today = out.context().environment().now_local().days_since_1970();
        let today = i32::try_from(today).unwrap_or_default();
        for (number, column) in self.columns.iter().enumerate() {
            let (array, failures) = match column {
                OwnColumn::FileName(data_type) => {
                    (file_name(name, *data_type, block.n_rows)?, Vec::new())
                }
                OwnColumn::Cell { column, .. } => match texts.next() {
                    Some(texts) => column.make(texts, today),
                    None => continue,
                },
            };
            arrays.push(array);
            let cell = |(row, kind)| BadCell { row, column: number, kind };
            bad.extend(failures.into_iter().map(cell));
        }
        // Row by row, as SSIS meets them.
        bad.sort_unstable();
        let fatal = bad.iter().copied().find(|bad| is_fatal(self.disposition(*bad)));
        let n_rows = fatal.map_or(block.n_rows, |fatal| fatal.row);
        bad.retain(|bad| bad.row < n_rows);
        let redirected: Vec<RowError> = self.redirected(&bad);
        let batch = self
            .main_layout
            .assemble(block.n_rows, |column| Ok::<_, Stop>(Arc::clone(&arrays[column])))?;
        self.send_main(batch.slice(0, n_rows), &redirected, out)?;
        self.send_errors(block, &redirected, out)?;
        match fatal {
            Some(fatal) => Err(self.cell_failure(name, block, fatal).into()),
            None => Ok(()),
        }
    }

    fn disposition(&self, bad: BadCell) -> Disposition {
        match self.columns.get(bad.column) {
            Some(OwnColumn::Cell { rule, .. }) if bad.kind.is_truncation() => {
                rule.dispositions.truncation
            }
            Some(OwnColumn::Cell { rule, .. }) => rule.dispositions.error,
            Some(OwnColumn::FileName(_)) | None => Disposition::IgnoreFailure,
        }
    }

    /// The first redirected cell of each row.
    fn redirected(&self, bad: &[BadCell]) -> Vec<RowError> {
        let redirects = |bad: &&BadCell| self.disposition(**bad) == Disposition::RedirectRow;
        let mut rows: Vec<RowError> = bad
            .iter()
            .filter(redirects)
            .map(|bad| RowError {
                row: u32::try_from(bad.row).unwrap_or(u32::MAX),
                code: bad.kind.code(),
                column: match &self.columns[bad.column] {
                    OwnColumn::Cell { rule, .. } => rule.id,
                    OwnColumn::FileName(_) => 0,
                },
            })
            .collect();
        rows.dedup_by_key(|error| error.row);
        rows
    }

    fn send_main(
        &self,
        batch: RecordBatch,
        redirected: &[RowError],
        out: &mut Outbox<'_>,
    ) -> Result<(), Stop> {
        if redirected.is_empty() {
            return out.send(self.main, batch);
        }
        let mut keep = vec![true; batch.num_rows()];
        for error in redirected {
            if let Some(keep) = keep.get_mut(error.row as usize) {
                *keep = false;
            }
        }
        let kept = filter_record_batch(&batch, &BooleanArray::from(keep))?;
        out.send(self.main, kept)
    }

    fn send_errors(
        &self,
        block: &Block,
        redirected: &[RowError],
        out: &mut Outbox<'_>,
    ) -> Result<(), Stop> {
        let Some(errors) = self.errors.as_ref().filter(|_| !redirected.is_empty()) else {
            return Ok(());
        };
        let rows = UInt32Array::from_iter_values(redirected.iter().map(|error| error.row));
        let batch = errors.layout.assemble(redirected.len(), |column| {
            Ok::<ArrayRef, Stop>(match (errors.special_flags.get(column), &block.rows) {
                (Some(1), _) => {
                    let codes = redirected.iter().map(|error| error.code.cast_signed());
                    Arc::new(Int32Array::from_iter_values(codes))
                }
                (Some(2), _) => {
                    let columns = redirected.iter().map(|error| error.column);
                    Arc::new(Int32Array::from_iter_values(columns))
                }
                (_, Some(texts)) => take(texts.as_ref(), &rows, None)?,
                (_, None) => Arc::new(StringArray::new_null(redirected.len())),
            })
        })?;
        out.send(errors.number, batch)
    }

    fn cell_failure(&self, name: &str, block: &Block, bad: BadCell) -> Failure {
        let row = block.first_row + bad.row as u64;
        let Some(OwnColumn::Cell { column, rule, .. }) = self.columns.get(bad.column) else {
            return reading_failure(name, row);
        };
        let (status, text) = bad.kind.status(column.data_type);
        let mut failure = rule.failure(bad.kind.code(), bad.kind.is_truncation()).after(
            dts::DTS_E_FAILEDCOLUMNDATACONVERSIONSTATUS,
            format!("Data conversion failed. The data conversion for column \"{}\" returned status value {status} and status text \"{text}\".", column.name),
        );
        failure.errors.extend(reading_failure(name, row).errors);
        failure.code = dts::DTS_E_ERRORWHILEREADINGDATAROWS;
        failure
    }
}

/// Whether a disposition ends the component.
const fn is_fatal(disposition: Disposition) -> bool {
    match disposition {
        Disposition::FailComponent | Disposition::NotUsed => true,
        Disposition::IgnoreFailure | Disposition::RedirectRow => false,
    }
}

fn file_name(name: &str, data_type: DataType, rows: usize) -> Result<ArrayRef, Stop> {
    let from = DataType::WStr { length: u32::MAX };
    let name = convert(&Value::text(name), from, data_type, &ConvertOptions::default());
    let name = name.unwrap_or_else(|failure| failure.value);
    repeat(&name, data_type, rows).map_err(|error| {
        Failure::new(dts::DTS_E_FAILEDTOWRITETOTHEFILENAMECOLUMN, error.to_string()).into()
    })
}

fn reading_failure(name: &str, row: u64) -> Failure {
    Failure::new(
        dts::DTS_E_ERRORWHILEREADINGDATAROWS,
        format!("An error occurred while processing file \"{name}\" on data row {row}."),
    )
}

/// The failure for a file that cannot be read, or not any further.
fn read_failure(name: &str, error: &ReadError) -> Failure {
    if let ReadError::Open { source, .. } = error {
        return connection::cannot_open(
            name,
            &connection::with_causes(&source.to_string(), source),
        );
    }
    let own = Message::new(error.code(), connection::with_causes(&error.message(), error));
    match error.row() {
        Some((row, Stage::Data)) if error.code() != dts::DTS_E_ERRORWHILEREADINGDATAROWS => {
            reading_failure(name, row).after(own.code, own.text)
        }
        Some((_, Stage::Header)) => Failure::new(
            dts::DTS_E_ERRORWHILEREADINGHEADERROWS,
            "An error occurred while reading the header rows.",
        )
        .after(own.code, own.text),
        Some((_, Stage::Skipped)) => Failure::new(
            dts::DTS_E_ERRORWHILESKIPPINGDATAROWS,
            "An error occurred while skipping data rows.",
        )
        .after(own.code, own.text),
        Some((_, Stage::Data)) | None => Failure::new(own.code, own.text),
    }
}

impl Lifecycle for FlatFileSource {
    fn open(&mut self, context: &Context<'_>) -> Result<(), Stop> {
        self.files = self.file.paths(context.environment())?.into();
        self.begun.clear();
        self.next_file(context)?;
        Ok(())
    }

    fn close(&mut self, context: &Context<'_>) -> Result<(), Stop> {
        for name in self.begun.drain(..) {
            context.information(
                dts::DTS_I_FINISHPROCESSINGFILE,
                format!("The processing of file \"{name}\" has ended."),
            );
        }
        context.check()
    }
}

impl Source for FlatFileSource {
    fn read(&mut self, out: &mut Outbox<'_>) -> Result<(), Stop> {
        loop {
            let Some((name, mut reader)) = self.reader.take() else { return Ok(()) };
            loop {
                out.check()?;
                let block = reader.next_block(out.batch_rows());
                match block.map_err(|error| read_failure(&name, &error))? {
                    Some(block) => self.send(&name, &block, out)?,
                    None => break,
                }
            }
            let context = out.context();
            for warning in reader.take_warnings() {
                context.warning(warning.code(), warning.message());
            }
            let rows = reader.rows_read();
            context.information(
                dts::DTS_I_TOTALDATAROWSPROCESSEDFORFILE,
                format!("The total number of data rows processed for file \"{name}\" is {rows}."),
            );
            self.next_file(&context)?;
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
