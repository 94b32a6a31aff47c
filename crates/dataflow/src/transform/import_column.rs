//! Import Column: new columns with the contents of the files that other columns name.
//!
//! DT_NTEXT is read as UTF-16LE, behind a byte-order mark that must be there when ExpectBOM is
//! on; DT_TEXT in the column's code page; DT_IMAGE as it is (Import Column Transformation page).
//! A file that cannot be read, and one of more than 256 MB, is an error of its row.

use std::io;
use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch};
use expression::array::Builder;
use model::{DataType, Value, dts};
use package::Disposition;

use super::export_column::{Encoding, MARK, encoding, flag, is_path, not_text, referenced};
use super::{Exit, Made};
use crate::{
    Build, Environment, Failure, Invalid, Lifecycle, Outbox, RowErrors, Rule, Stop, Transform,
    ValueError,
};

/// Bytes of files after which the rows so far go on: what a batch holds stays small, whatever
/// the files are.
const PART_BYTES: usize = 64 << 20;

/// Bytes of the largest file. In UTF-8 a text may take three times as many, and with
/// [`PART_BYTES`] before it still fits into an array.
const FILE_BYTES_MAX: u64 = 256 << 20;

/// Reads files.
struct ImportColumn {
    imports: Vec<Import>,
    exit: Exit,
}

/// A new column, and the one that names its files.
struct Import {
    path: usize,
    data_type: DataType,
    encoding: Encoding,
    rule: Rule,
    /// Whether somebody needs the column. Its errors count in any case.
    kept: bool,
}

/// Builds an Import Column.
pub(crate) fn build(build: &Build<'_>) -> Result<Box<dyn Transform>, Invalid> {
    let exit = Exit::of(build)?;
    let columns = &build.component.inputs[0].columns;
    let outputs = &build.component.outputs[exit.main].columns;
    for column in columns {
        let name = build.input_column_name(0, column);
        let Some(lineage) = referenced(column) else { continue };
        if !outputs.iter().any(|output| [&output.lineage_id, &output.ref_id].contains(&&lineage)) {
            return Err(Invalid::broken(
                dts::DTS_E_INSERTERREFERENCEDCOLUMNNOTFOUND,
                format!("The column \"{lineage}\" that \"{name}\" refers to could not be found."),
            ));
        }
    }
    let numbers = 0..outputs.len();
    let imports = numbers.map(|number| import(build, &exit, number)).collect::<Result<_, _>>()?;
    Ok(Box::new(ImportColumn { imports, exit }))
}

fn import(build: &Build<'_>, exit: &Exit, number: usize) -> Result<Import, Invalid> {
    let input = build.input(0)?;
    let columns = &build.component.inputs[0].columns;
    let output = &build.component.outputs[exit.main].columns[number];
    let name = build.output_column_name(exit.main, output);
    let mut named = columns.iter().enumerate().filter(|(_, column)| {
        referenced(column).is_some_and(|id| id == output.lineage_id || id == output.ref_id)
    });
    let (Some((at, column)), other) = (named.next(), named.next()) else {
        return Err(Invalid::broken(
            dts::DTS_E_INSERTERCOLUMNNOTREFERENCED,
            format!("No input column refers to \"{name}\"."),
        ));
    };
    if other.is_some() {
        return Err(Invalid::broken(
            dts::DTS_E_INSERTERCOLUMNALREADYREFERENCED,
            format!("Several input columns refer to \"{name}\"."),
        ));
    }
    let path_name = build.input_column_name(0, column);
    let path = input.position(&column.lineage_id);
    let path = path.filter(|&path| is_path(input.columns[path].data_type));
    let path =
        path.ok_or_else(|| not_text(dts::DTS_E_INSERTERFILENAMECOLUMNNOTSTRING, &path_name))?;
    let (data_type, mark) = (output.data_type, flag(column, "ExpectBOM"));
    if mark && data_type.is_long() && data_type != DataType::NText {
        return Err(Invalid::broken(
            dts::DTS_E_INSERTEREXPECTBOMINVALIDTYPE,
            format!(
                "\"{path_name}\" expects a byte-order mark, but \"{name}\" is {data_type}; only DT_NTEXT has one."
            ),
        ));
    }
    let encoding = encoding(data_type, mark).ok_or_else(|| {
        Invalid::broken(
            dts::DTS_E_INSERTERDATACOLUMNNOTBLOB,
            format!("\"{name}\" has the type {data_type}; it must be DT_TEXT, DT_NTEXT or DT_IMAGE in a known code page."),
        )
    })?;
    let own = build.input_rule(0, at);
    let has_own = own.dispositions.error != Disposition::NotUsed;
    let rule = if has_own { own } else { build.rule(exit.main, number) };
    let kept = exit.layout.columns[number].position.is_some();
    Ok(Import { path, data_type, encoding, rule, kept })
}

impl Lifecycle for ImportColumn {}

impl Transform for ImportColumn {
    fn process(&mut self, batch: RecordBatch, out: &mut Outbox<'_>) -> Result<(), Stop> {
        let mut start = 0;
        while start < batch.num_rows() {
            let (rows, made) = self.part(&batch, start, out)?;
            self.exit.send(batch.slice(start, rows), made, out)?;
            start += rows;
        }
        Ok(())
    }
}

impl ImportColumn {
    /// Reads the files of the rows from `start` on until there are many bytes; returns how many
    /// rows that were, and what to send.
    fn part(
        &self,
        batch: &RecordBatch,
        start: usize,
        out: &Outbox<'_>,
    ) -> Result<(usize, Made), Stop> {
        let environment = out.context().environment();
        let builder = |import: &Import| Builder::new(import.data_type, 0);
        let mut builders: Vec<Builder> = self.imports.iter().map(builder).collect();
        let (mut errors, mut bytes, mut rows) = (RowErrors::new(), 0, 0);
        while start + rows < batch.num_rows() && bytes < PART_BYTES {
            out.check()?;
            for (import, builder) in self.imports.iter().zip(&mut builders) {
                let value = import.read((batch, start + rows), environment);
                let value = value.or_else(|why| import.refuse(rows, why, &mut errors))?;
                bytes += size(&value);
                builder.append(&value).map_err(|error| {
                    Failure::new(dts::DTS_E_INSERTERCANTREAD, error.to_string())
                })?;
            }
            rows += 1;
        }
        let columns = self.imports.iter().zip(&mut builders).filter(|(import, _)| import.kept);
        let added: Vec<ArrayRef> = columns.map(|(_, builder)| builder.finish()).collect();
        Ok((rows, Made { added, errors, ..Made::default() }))
    }
}

/// Bytes of an object.
fn size(value: &Value) -> usize {
    if let Value::Text(text) = value {
        return text.len();
    }
    if let Value::Bytes(bytes) = value { bytes.len() } else { 0 }
}

/// Why a file gives no value: code, and the component's words.
type Why = (u32, String);

impl Import {
    /// The contents of the file that a row names.
    fn read(
        &self,
        (batch, row): (&RecordBatch, usize),
        environment: &dyn Environment,
    ) -> Result<Value, Why> {
        let open = dts::DTS_E_TXFILEINSERTERSTATIC_FILEOPENERR_FORREAD;
        let paths = batch.column(self.path).as_string::<i32>();
        let name = if paths.is_null(row) { "" } else { paths.value(row).trim() };
        if name.is_empty() {
            return Err((open, "A row names no file to read from.".to_owned()));
        }
        let say =
            |why: &dyn std::fmt::Display| format!("The file \"{name}\" cannot be read: {why}.");
        let path = environment.resolve_path(name).map_err(|error| (open, say(&error)))?;
        let bytes = contents(&path).map_err(|error| (open_code(&error), say(&error)))?;
        self.encoding.decode(bytes).map_err(|(code, why)| (code, say(&why)))
    }

    /// What a row without a value becomes: NULL, unless the component fails.
    fn refuse(
        &self,
        row: usize,
        (code, why): Why,
        errors: &mut RowErrors,
    ) -> Result<Value, Failure> {
        let row = u32::try_from(row).unwrap_or(u32::MAX);
        let added = errors.add(&self.rule, [ValueError { row, code, truncation: false }]);
        added.map_err(|failure| failure.after(dts::DTS_E_INSERTERCANTREAD, why))?;
        Ok(Value::Null)
    }
}

/// All bytes of a file.
fn contents(path: &Path) -> io::Result<Vec<u8>> {
    let found = fs_err::metadata(path)?;
    if !found.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file"));
    }
    if FILE_BYTES_MAX < found.len() {
        let why = format!("it has more than {FILE_BYTES_MAX} bytes");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, why));
    }
    fs_err::read(path)
}

fn open_code(error: &io::Error) -> u32 {
    if error.kind() == io::ErrorKind::NotFound {
        dts::DTS_E_TXFILEINSERTERSTATIC_FILEOPENERR_FORREAD_FILENOTFOUND
    } else if error.kind() == io::ErrorKind::PermissionDenied {
        dts::DTS_E_TXFILEINSERTERSTATIC_FILEOPENERR_FORREAD_ACCESSDENIED
    } else if error.kind() == io::ErrorKind::FileTooLarge {
        dts::DTS_E_TXFILEINSERTERSTATIC_INSERTERCANTREAD
    } else {
        dts::DTS_E_TXFILEINSERTERSTATIC_FILEOPENERR_FORREAD
    }
}

impl Encoding {
    /// The object that bytes mean, or why they mean none.
    fn decode(self, bytes: Vec<u8>) -> Result<Value, (u32, &'static str)> {
        let read = dts::DTS_E_TXFILEINSERTERSTATIC_INSERTERCANTREAD;
        match self {
            Self::Bytes => Ok(Value::Bytes(bytes.into())),
            Self::CodePage(page) => {
                let text = page.decode(&bytes);
                text.map(Value::text).ok_or((read, "it is not text in the code page of the column"))
            }
            Self::Utf16 { mark } => {
                let marked = bytes.starts_with(&MARK);
                if mark && !marked {
                    let code = dts::DTS_E_TXFILEINSERTERSTATIC_INSERTERINVALIDBOM;
                    return Err((code, "it does not begin with a byte-order mark of UTF-16LE"));
                }
                let text = if mark { &bytes[MARK.len()..] } else { &bytes };
                utf16(text).map(Value::text).ok_or((read, "it is not text in UTF-16LE"))
            }
        }
    }
}

fn utf16(bytes: &[u8]) -> Option<String> {
    let (units, rest) = bytes.as_chunks::<2>();
    let units: Vec<u16> = units.iter().map(|unit| u16::from_le_bytes(*unit)).collect();
    if rest.is_empty() { String::from_utf16(&units).ok() } else { None }
}

#[cfg(test)]
mod tests;
