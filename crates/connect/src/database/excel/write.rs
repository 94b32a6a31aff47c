//! Rows into a sheet of an .xlsx or .xlsm workbook, and new sheets.
//!
//! ```text
//!   Pending   rows as XML in a file aside, their numbers left open
//!   write     the workbook is copied part by part; the sheet gets the rows behind its last one
//! ```
//!
//! The new workbook is written beside the old one and then takes its place, so that nobody finds
//! half of it. Parts that do not change are copied as they are, not even unpacked.

mod parts;

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Read as _, Seek as _, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use model::{DAYS_TO_1970, TICKS_PER_DAY, Ticks, Value};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use super::super::{BulkInsert, DatabaseError, Kind};
use super::book::serial;
use super::refused;
use super::table::Table;
use parts::{SheetText, Workbook};

/// Rows and characters that a sheet and a cell can have.
const ROWS_MAX: u64 = 1_048_576;
const CHARACTERS_MAX: usize = 32_767;

/// Stands in rows that wait where their number will be, and the number of the style of dates.
const ROW: char = '\u{1}';
const STYLE: char = '\u{2}';

/// Writers of this process take turns.
static TURN: Mutex<()> = Mutex::new(());

/// Rows that wait for the commit.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) table: String,
    sheet: String,
    /// Letters of the columns, in the order of the values.
    columns: Vec<String>,
    /// Places of the values in the order of the sheet's columns.
    order: Vec<usize>,
    /// The rows as XML, a line each.
    rows: Spool,
    count: u64,
}

/// A file that nobody else sees.
#[derive(Debug)]
struct Spool(BufWriter<File>);

impl Spool {
    fn new() -> std::io::Result<Self> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("packhorse-{}-{number}.sheet", std::process::id());
        let path = std::env::temp_dir().join(name);
        let file = File::options().read(true).write(true).create_new(true).open(&path)?;
        std::fs::remove_file(&path)?;
        Ok(Self(BufWriter::new(file)))
    }

    fn into_reader(self) -> std::io::Result<BufReader<File>> {
        let mut file = self.0.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        file.rewind()?;
        Ok(BufReader::new(file))
    }
}

fn failed(error: &dyn std::fmt::Display) -> DatabaseError {
    DatabaseError::new(Kind::Statement, format!("the workbook cannot be written: {error}"))
}

impl Pending {
    pub(super) fn new(into: &BulkInsert, table: &Table) -> Result<Self, DatabaseError> {
        if !table.is_sheet {
            return Err(refused("writing into a range of cells instead of a whole sheet"));
        }
        let left = table.area.map_or(0, |area| area.left);
        let mut places = Vec::new();
        for (at, column) in into.columns.iter().enumerate() {
            let mut own = table.columns.iter();
            let found = own.position(|own| own.name.eq_ignore_ascii_case(&column.name));
            let place = found.ok_or_else(|| {
                let text = format!("the sheet `{}` has no column `{}`", table.sheet, column.name);
                DatabaseError::new(Kind::Missing, text)
            })?;
            places.push((place, at));
        }
        places.sort_unstable();
        let letter = |place: usize| letters(left + u32::try_from(place).unwrap_or(u32::MAX / 2));
        Ok(Self {
            table: into.table.clone(),
            sheet: table.sheet.clone(),
            columns: places.iter().map(|(place, _)| letter(*place)).collect(),
            order: places.iter().map(|(_, at)| *at).collect(),
            rows: Spool::new().map_err(|error| failed(&error))?,
            count: 0,
        })
    }

    pub(super) fn add(&mut self, row: &[Value]) -> Result<(), DatabaseError> {
        let mut text = format!("<row r=\"{ROW}\">");
        for (column, at) in self.columns.iter().zip(&self.order) {
            if let Some(value) = row.get(*at) {
                cell(&mut text, column, value)?;
            }
        }
        text.push_str("</row>\n");
        self.count += 1;
        self.rows.0.write_all(text.as_bytes()).map_err(|error| failed(&error))
    }

    /// Puts the rows into the workbook.
    pub(super) fn write(self, path: &Path) -> Result<(), DatabaseError> {
        if self.count == 0 {
            return Ok(());
        }
        let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let mut archive = open(path)?;
        let workbook = Workbook::read(&mut archive)?;
        let sheet_part = workbook.part_of(&self.sheet)?;
        let sheet = SheetText::new(parts::text(&mut archive, &sheet_part)?)?;
        if ROWS_MAX < u64::from(sheet.last_row) + self.count {
            let text = format!("the sheet `{}` would have more than {ROWS_MAX} rows", self.sheet);
            return Err(DatabaseError::new(Kind::Statement, text));
        }
        let (style, styles) = parts::with_date_style(&mut archive, &workbook)?;
        let changed = vec![(workbook.styles.clone().unwrap_or_default(), styles)];
        let rows = self.rows.into_reader().map_err(|error| failed(&error))?;
        let body = Body { sheet, rows, style };
        rewrite(path, &mut archive, &changed, Some((sheet_part, body)))
    }
}

/// The text of a sheet with rows put in.
struct Body {
    sheet: SheetText,
    rows: BufReader<File>,
    style: u32,
}

impl Body {
    fn write(self, into: &mut impl Write) -> std::io::Result<()> {
        let (before, after) = self.sheet.around();
        into.write_all(before.as_bytes())?;
        let (mut number, style) = (self.sheet.last_row, self.style.to_string());
        let mut rows = self.rows;
        let mut line = String::new();
        while rows.read_line(&mut line)? != 0 {
            number += 1;
            let text = line.replace(ROW, &number.to_string()).replace(STYLE, &style);
            into.write_all(text.as_bytes())?;
            line.clear();
        }
        into.write_all(after.as_bytes())
    }
}

/// A cell as XML; none for NULL.
fn cell(text: &mut String, column: &str, value: &Value) -> Result<(), DatabaseError> {
    let number = |text: &mut String, number: &dyn std::fmt::Display| {
        write!(text, "<c r=\"{column}{ROW}\"><v>{number}</v></c>")
    };
    let date = |text: &mut String, moment: Ticks| {
        write!(text, "<c r=\"{column}{ROW}\" s=\"{STYLE}\"><v>{}</v></c>", serial(moment))
    };
    let written = match value {
        Value::Null => Ok(()),
        Value::Bool(bit) => {
            write!(text, "<c r=\"{column}{ROW}\" t=\"b\"><v>{}</v></c>", u8::from(*bit))
        }
        Value::I1(_)
        | Value::I2(_)
        | Value::I4(_)
        | Value::I8(_)
        | Value::Ui1(_)
        | Value::Ui2(_)
        | Value::Ui4(_)
        | Value::Ui8(_)
        | Value::Decimal(_) => number(text, value),
        Value::R4(real) if real.is_finite() => number(text, real),
        Value::R8(real) if real.is_finite() => number(text, real),
        Value::DateTime(moment) => date(text, *moment),
        Value::Date(days) => date(text, Ticks((i64::from(*days) + DAYS_TO_1970) * TICKS_PER_DAY)),
        Value::R4(_) | Value::R8(_) | Value::Bytes(_) | Value::List(_) | Value::Rows(_) => {
            let what = "a cell cannot hold infinite numbers, binary values and objects";
            return Err(DatabaseError::new(Kind::Conversion, what));
        }
        Value::Text(_) | Value::Guid(_) | Value::Time(_) | Value::DateTimeOffset { .. } => {
            let shown = value.to_string();
            if CHARACTERS_MAX < shown.encode_utf16().count() {
                let what = format!("a cell cannot hold more than {CHARACTERS_MAX} characters");
                return Err(DatabaseError::new(Kind::Conversion, what));
            }
            write!(
                text,
                "<c r=\"{column}{ROW}\" t=\"inlineStr\"><is><t xml:space=\"preserve\">{}</t></is></c>",
                parts::escaped(&shown)
            )
        }
    };
    written.map_err(|error| failed(&error))
}

/// `A` for column 0, `AA` for column 26.
fn letters(column: u32) -> String {
    let mut rest = column + 1;
    let mut letters = Vec::new();
    while rest != 0 {
        rest -= 1;
        letters.push(b'A' + u8::try_from(rest % 26).unwrap_or(0));
        rest /= 26;
    }
    letters.iter().rev().map(|letter| char::from(*letter)).collect()
}

fn open(path: &Path) -> Result<ZipArchive<File>, DatabaseError> {
    let mut file = File::open(path).map_err(|error| failed(&error))?;
    let mut start = [0; 2];
    let is_zip = file.read_exact(&mut start).is_ok() && &start == b"PK";
    if !is_zip {
        return Err(refused("writing into a workbook that is not .xlsx or .xlsm"));
    }
    file.rewind().map_err(|error| failed(&error))?;
    ZipArchive::new(file).map_err(|error| failed(&error))
}

/// Writes the workbook anew with changed parts; those that are not there yet are added.
fn rewrite(
    path: &Path,
    archive: &mut ZipArchive<File>,
    changed: &[(String, Option<String>)],
    body: Option<(String, Body)>,
) -> Result<(), DatabaseError> {
    let aside = aside(path);
    let result = (|| {
        let mut new = ZipWriter::new(BufWriter::new(File::create(&aside)?));
        let options = SimpleFileOptions::default();
        for at in 0..archive.len() {
            let part = archive.by_index_raw(at)?;
            let name = part.name()?.into_owned();
            let is_body = body.as_ref().is_some_and(|body| body.0 == name);
            if !is_body && !changed.iter().any(|part| part.0 == name && part.1.is_some()) {
                new.raw_copy_file(part)?;
            }
        }
        for (name, text) in changed {
            if let Some(text) = text {
                new.start_file(name.as_str(), options)?;
                new.write_all(text.as_bytes())?;
            }
        }
        if let Some((name, body)) = body {
            new.start_file(name.as_str(), options.large_file(true))?;
            body.write(&mut new)?;
        }
        let file = new.finish()?.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        file.sync_all()?;
        if let Ok(old) = std::fs::metadata(path) {
            std::fs::set_permissions(&aside, old.permissions())?;
        }
        std::fs::rename(&aside, path)?;
        Ok::<(), zip::result::ZipError>(())
    })();
    result.map_err(|error| {
        if let Err(error) = std::fs::remove_file(&aside) {
            tracing::debug!(%error, "a workbook that was being written is not there to remove");
        }
        failed(&error)
    })
}

fn aside(path: &Path) -> PathBuf {
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    path.with_file_name(format!(".{name}.{}.new", std::process::id()))
}

/// Adds a sheet with a row of column names; makes the workbook when there is none.
pub(super) fn create_sheet(
    path: &Path,
    name: &str,
    columns: &[String],
) -> Result<(), DatabaseError> {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    if !path.exists() {
        let extension = path.extension().map(|e| e.to_ascii_lowercase());
        if extension.is_none_or(|extension| extension != "xlsx") {
            return Err(refused("making a workbook that is not .xlsx"));
        }
        let mut new = ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (part, text) in parts::EMPTY_WORKBOOK {
            let added = new.start_file(*part, SimpleFileOptions::default());
            added.map_err(|error| failed(&error))?;
            new.write_all(text.as_bytes()).map_err(|error| failed(&error))?;
        }
        let bytes = new.finish().map_err(|error| failed(&error))?.into_inner();
        std::fs::write(path, bytes).map_err(|error| failed(&error))?;
    }
    let name = name.trim_end_matches('$');
    let mut archive = open(path)?;
    let workbook = Workbook::read(&mut archive)?;
    if workbook.sheets.iter().any(|sheet| sheet.name.eq_ignore_ascii_case(name)) {
        let text = format!("Table '{name}' already exists.");
        return Err(DatabaseError::new(Kind::Statement, text));
    }
    let mut header = String::from("<row r=\"1\">");
    for (at, column) in columns.iter().enumerate() {
        let letter = letters(u32::try_from(at).unwrap_or(0));
        cell(&mut header, &letter, &Value::text(column.as_str()))?;
    }
    header = header.replace(ROW, "1") + "</row>";
    let changed = parts::with_sheet(&mut archive, &workbook, name, &header)?;
    rewrite(path, &mut archive, &changed, None)
}
