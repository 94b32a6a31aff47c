//! Export Column: writes a long object of each row to the file that another column names.
//!
//! A file that exists is an error of its row unless AllowAppend or ForceTruncate is on; both
//! together are refused at validation. DT_NTEXT is written as UTF-16LE, with a byte-order mark at
//! the beginning of the file when WriteBOM is on; DT_TEXT in its code page; DT_IMAGE as it is
//! (Export Column Transformation page). NULL writes nothing into the file that it makes.

use std::io::{self, Write};
use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch};
use expression::CodePage;
use fs_err::{File, OpenOptions};
use model::{DataType, dts};
use package::{Disposition, InputColumn};

use super::{Exit, Made};
use crate::{
    Build, Environment, Invalid, Lifecycle, Outbox, RowErrors, Rule, Stop, Transform, ValueError,
};

/// Writes files.
struct ExportColumn {
    pairs: Vec<Pair>,
    exit: Exit,
}

/// A column with objects, and the one that names their files.
struct Pair {
    path: usize,
    data: usize,
    encoding: Encoding,
    mode: Mode,
    rule: Rule,
}

/// How an object becomes bytes.
#[derive(Clone, Copy)]
pub(super) enum Encoding {
    Bytes,
    /// UTF-16LE, and whether a byte-order mark goes first.
    Utf16 {
        mark: bool,
    },
    CodePage(CodePage),
}

/// What happens to a file that exists.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Refuse,
    Append,
    Truncate,
}

/// The byte-order mark of UTF-16LE.
pub(super) const MARK: [u8; 2] = [0xFF, 0xFE];

/// Builds an Export Column.
pub(crate) fn build(build: &Build<'_>) -> Result<Box<dyn Transform>, Invalid> {
    let exit = Exit::of(build)?;
    let mut pairs: Vec<Pair> = Vec::new();
    let columns = &build.component.inputs[0].columns;
    for (number, column) in columns.iter().enumerate() {
        if let Some(lineage) = referenced(column) {
            let pair = pair(build, number, &lineage)?;
            if pairs.iter().any(|other| other.data == pair.data) {
                return Err(Invalid::broken(
                    dts::DTS_E_EXTRACTORCOLUMNALREADYREFERENCED,
                    format!(
                        "\"{}\" refers to a column that another file path column refers to.",
                        build.input_column_name(0, column)
                    ),
                ));
            }
            pairs.push(pair);
        }
    }
    let input = build.input(0)?;
    for column in columns.iter().filter(|column| referenced(column).is_none()) {
        let position = input.position(&column.lineage_id);
        if !pairs.iter().any(|pair| Some(pair.data) == position) {
            return Err(Invalid::broken(
                dts::DTS_E_EXTRACTORUNREFERENCED,
                format!(
                    "No file path column refers to \"{}\".",
                    build.input_column_name(0, column)
                ),
            ));
        }
    }
    Ok(Box::new(ExportColumn { pairs, exit }))
}

/// The lineage id in FileDataColumnID; `None` for a column that names no other.
pub(super) fn referenced(column: &InputColumn) -> Option<String> {
    let lineage = super::lineage(&column.properties, "FileDataColumnID");
    (!lineage.is_empty() && lineage != "0").then_some(lineage)
}

/// A Boolean property of a column.
pub(super) fn flag(column: &InputColumn, name: &str) -> bool {
    column.property(name).is_some_and(|text| text.trim().eq_ignore_ascii_case("true"))
}

fn pair(build: &Build<'_>, number: usize, lineage: &str) -> Result<Pair, Invalid> {
    let input = build.input(0)?;
    let columns = &build.component.inputs[0].columns;
    let column = &columns[number];
    let name = build.input_column_name(0, column);
    let found = columns.iter().position(|c| c.lineage_id == lineage || c.ref_id == lineage);
    let data = found.and_then(|at| Some((at, input.position(&columns[at].lineage_id)?)));
    let (Some((at, data)), Some(path)) = (data, input.position(&column.lineage_id)) else {
        return Err(Invalid::broken(
            dts::DTS_E_EXTRACTORREFERENCEDCOLUMNNOTFOUND,
            format!("The column \"{lineage}\" that \"{name}\" refers to could not be found."),
        ));
    };
    is_path(input.columns[path].data_type)
        .then_some(())
        .ok_or_else(|| not_text(dts::DTS_E_EXTRACTORFILENAMECOLUMNNOTSTRING, &name))?;
    let mode = match (flag(column, "AllowAppend"), flag(column, "ForceTruncate")) {
        (false, false) => Mode::Refuse,
        (true, false) => Mode::Append,
        (false, true) => Mode::Truncate,
        (true, true) => {
            return Err(Invalid::broken(
                dts::DTS_E_EXTRACTORCANTAPPENDTRUNCATE,
                format!("\"{name}\" has both AllowAppend and ForceTruncate; only one can be on."),
            ));
        }
    };
    let data_type = input.columns[data].data_type;
    let encoding = encoding(data_type, flag(column, "WriteBOM")).ok_or_else(|| {
        Invalid::broken(
            dts::DTS_E_EXTRACTORDATACOLUMNNOTBLOB,
            format!(
                "\"{}\", which \"{name}\" refers to, has the type {data_type}; it must be DT_TEXT, DT_NTEXT or DT_IMAGE in a known code page.",
                build.input_column_name(0, &columns[at])
            ),
        )
    })?;
    let own = build.input_rule(0, number);
    let has_own = own.dispositions.error != Disposition::NotUsed;
    let rule = if has_own { own } else { build.input_rule(0, at) };
    Ok(Pair { path, data, encoding, mode, rule })
}

/// Whether values of a type can name files.
pub(super) const fn is_path(data_type: DataType) -> bool {
    matches!(data_type, DataType::Str { .. } | DataType::WStr { .. })
}

pub(super) fn not_text(code: u32, name: &str) -> Invalid {
    Invalid::broken(code, format!("\"{name}\" names files; it must be DT_STR or DT_WSTR."))
}

/// How objects of a type become bytes; `None` for a type that is no long object.
pub(super) fn encoding(data_type: DataType, mark: bool) -> Option<Encoding> {
    if let DataType::Text { code_page } = data_type {
        return CodePage::new(code_page).map(Encoding::CodePage);
    }
    if data_type == DataType::NText {
        return Some(Encoding::Utf16 { mark });
    }
    (data_type == DataType::Image).then_some(Encoding::Bytes)
}

impl Lifecycle for ExportColumn {}

impl Transform for ExportColumn {
    fn process(&mut self, batch: RecordBatch, out: &mut Outbox<'_>) -> Result<(), Stop> {
        let environment = out.context().environment();
        let mut errors = RowErrors::new();
        for pair in &self.pairs {
            let paths = batch.column(pair.path).as_string::<i32>();
            for row in 0..batch.num_rows() {
                out.check()?;
                let path = (!paths.is_null(row)).then(|| paths.value(row));
                if let Err((code, why)) =
                    pair.export(path, (batch.column(pair.data), row), environment)
                {
                    refuse(&pair.rule, row, (code, why), &mut errors)?;
                }
            }
        }
        self.exit.send(batch, Made { errors, ..Made::default() }, out)
    }
}

/// An error of a row, with the component's own words in front when it fails the component.
fn refuse(
    rule: &Rule,
    row: usize,
    (code, why): (u32, String),
    errors: &mut RowErrors,
) -> Result<(), Stop> {
    let row = u32::try_from(row).unwrap_or(u32::MAX);
    let added = errors.add(rule, [ValueError { row, code, truncation: false }]);
    added.map_err(|failure| failure.after(dts::DTS_E_EXTRACTORCANTWRITE, why))?;
    Ok(())
}

impl Pair {
    /// Writes one object.
    fn export(
        &self,
        path: Option<&str>,
        object: (&ArrayRef, usize),
        environment: &dyn Environment,
    ) -> Result<(), (u32, String)> {
        let open = dts::DTS_E_TXFILEEXTRACTORSTATIC_FILEOPENERR_FORWRITE;
        let name = path.filter(|path| !path.trim().is_empty());
        let name = name.ok_or_else(|| (open, "A row names no file to write to.".to_owned()))?;
        let say = |why: &dyn std::fmt::Display| {
            format!(
                "The column of \"{}\" cannot be written to the file \"{name}\": {why}.",
                self.rule.name
            )
        };
        let path = environment.resolve_path(name).map_err(|error| (open, say(&error)))?;
        let write = dts::DTS_E_TXFILEEXTRACTORSTATIC_EXTRACTORCANTWRITE;
        let lacks = || (write, say(&"its code page lacks a character"));
        let bytes = self.encoding.encode(object).ok_or_else(lacks)?;
        let mut file = self.open(&path).map_err(|error| (open_code(&error), say(&error)))?;
        let written = self.write(&mut file, &bytes);
        written.map_err(|error| {
            let full = error.kind() == io::ErrorKind::StorageFull;
            let disk_full = dts::DTS_E_TXFILEEXTRACTORSTATIC_FILEWRITEERR_DISKFULL;
            (if full { disk_full } else { write }, say(&error))
        })
    }

    fn open(&self, path: &Path) -> io::Result<File> {
        let mut options = OpenOptions::new();
        match self.mode {
            Mode::Refuse => options.write(true).create_new(true),
            Mode::Append => options.append(true).create(true),
            Mode::Truncate => options.write(true).create(true).truncate(true),
        };
        options.open(path)
    }

    fn write(&self, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        if matches!(self.encoding, Encoding::Utf16 { mark: true }) && file.metadata()?.len() == 0 {
            file.write_all(&MARK)?;
        }
        file.write_all(bytes)
    }
}

fn open_code(error: &io::Error) -> u32 {
    if error.kind() == io::ErrorKind::AlreadyExists {
        dts::DTS_E_TXFILEEXTRACTORSTATIC_FILEOPENERR_FORWRITE_FILEEXISTS
    } else if error.kind() == io::ErrorKind::NotFound {
        dts::DTS_E_TXFILEEXTRACTORSTATIC_FILEOPENERR_FORWRITE_PATHNOTFOUND
    } else if error.kind() == io::ErrorKind::PermissionDenied {
        dts::DTS_E_TXFILEEXTRACTORSTATIC_FILEOPENERR_FORWRITE_ACCESSDENIED
    } else {
        dts::DTS_E_TXFILEEXTRACTORSTATIC_FILEOPENERR_FORWRITE
    }
}

impl Encoding {
    /// The bytes of an object, none for NULL; `None` when the code page lacks a character.
    fn encode(self, (array, row): (&ArrayRef, usize)) -> Option<Vec<u8>> {
        if array.is_null(row) {
            return Some(Vec::new());
        }
        match self {
            Self::Bytes => Some(array.as_binary::<i32>().value(row).to_vec()),
            Self::Utf16 { .. } => {
                let units = array.as_string::<i32>().value(row).encode_utf16();
                Some(units.flat_map(u16::to_le_bytes).collect())
            }
            Self::CodePage(page) => page.encode(array.as_string::<i32>().value(row)),
        }
    }
}

#[cfg(test)]
mod tests;
