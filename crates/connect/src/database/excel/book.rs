//! The cells of a workbook's sheets, whatever the file format.

use std::fs::File;
use std::io::{BufReader, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use calamine::{Data, ExcelDateTime, Reader as _, Xls, Xlsb, Xlsx};
use model::{TICKS_PER_DAY, Ticks};

use super::super::{DatabaseError, Kind};

/// What a cell holds. Empty cells and those with an error (`#N/A`) are not there.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    Number(f64),
    Bool(bool),
    Date(Ticks),
    Text(String),
}

/// An open workbook.
pub(super) enum Book {
    Xlsx(Box<Xlsx<BufReader<File>>>),
    Xlsb(Box<Xlsb<BufReader<File>>>),
    Xls(Box<Xls<BufReader<File>>>),
}

/// How the file formats begin.
const ZIP: &[u8] = b"PK";
const COMPOUND: &[u8] = &[0xD0, 0xCF, 0x11, 0xE0];

/// 1899-12-30 in days since 0001-01-01: the day with number 0.
const DAY_ZERO: i64 = 693_593;

impl Book {
    /// Opens a workbook; its first bytes tell its format.
    pub(super) fn open(path: &Path) -> Result<Self, DatabaseError> {
        let failed = |why: String| {
            let text = format!("cannot open the workbook `{}`: {why}", path.display());
            DatabaseError::new(Kind::Connection, text)
        };
        let mut file = File::open(path).map_err(|error| failed(error.to_string()))?;
        let mut start = Vec::new();
        let read = (&mut file).take(4).read_to_end(&mut start);
        read.and_then(|_| file.seek(SeekFrom::Start(0))).map_err(|e| failed(e.to_string()))?;
        let again = || file.try_clone().map(BufReader::new).map_err(|e| failed(e.to_string()));
        if start.starts_with(ZIP) {
            return match Xlsx::new(again()?) {
                Ok(book) => Ok(Self::Xlsx(Box::new(book))),
                Err(first) => match rewound(again()?).map(Xlsb::new) {
                    Ok(Ok(book)) => Ok(Self::Xlsb(Box::new(book))),
                    Ok(Err(_)) | Err(_) => Err(failed(first.to_string())),
                },
            };
        }
        if start.starts_with(COMPOUND) {
            let book = Xls::new(again()?).map_err(|error| failed(error.to_string()))?;
            return Ok(Self::Xls(Box::new(book)));
        }
        Err(failed("it is not an Excel workbook".to_owned()))
    }

    /// The names of the sheets.
    pub(super) fn sheets(&self) -> Vec<String> {
        match self {
            Self::Xlsx(book) => book.sheet_names(),
            Self::Xlsb(book) => book.sheet_names(),
            Self::Xls(book) => book.sheet_names(),
        }
    }

    /// Named ranges: name and formula.
    pub(super) fn names(&self) -> &[(String, String)] {
        match self {
            Self::Xlsx(book) => book.defined_names(),
            Self::Xlsb(book) => book.defined_names(),
            Self::Xls(book) => book.defined_names(),
        }
    }

    /// Calls `take` with row, column (both from 0) and value of each cell of a sheet, row by row,
    /// until it says `false`.
    pub(super) fn cells(
        &mut self,
        sheet: &str,
        take: &mut dyn FnMut(u32, u32, Cell) -> bool,
    ) -> Result<(), DatabaseError> {
        let failed = |why: String| {
            let text = format!("cannot read the sheet `{sheet}`: {why}");
            DatabaseError::new(Kind::Statement, text)
        };
        let range = match self {
            Self::Xlsx(book) => {
                let mut reader =
                    book.worksheet_cells_reader(sheet).map_err(|e| failed(e.to_string()))?;
                while let Some(cell) = reader.next_cell().map_err(|e| failed(e.to_string()))? {
                    let (row, column) = cell.get_position();
                    let value = cell_of(Data::from(cell.get_value().clone()));
                    if value.is_some_and(|value| !take(row, column, value)) {
                        break;
                    }
                }
                return Ok(());
            }
            Self::Xlsb(book) => book.worksheet_range(sheet).map_err(|e| failed(e.to_string()))?,
            Self::Xls(book) => book.worksheet_range(sheet).map_err(|e| failed(e.to_string()))?,
        };
        let (top, left) = range.start().unwrap_or_default();
        for (row, column, data) in range.used_cells() {
            let (row, column) = (narrow(row) + top, narrow(column) + left);
            if cell_of(data.clone()).is_some_and(|value| !take(row, column, value)) {
                break;
            }
        }
        Ok(())
    }
}

fn rewound(mut reader: BufReader<File>) -> std::io::Result<BufReader<File>> {
    reader.seek(SeekFrom::Start(0))?;
    Ok(reader)
}

fn narrow(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX / 2)
}

fn cell_of(data: Data) -> Option<Cell> {
    match data {
        Data::Int(number) => Some(Cell::Number(number as f64)),
        Data::Float(number) => Some(Cell::Number(number)),
        Data::Bool(bit) => Some(Cell::Bool(bit)),
        Data::String(text) if text.is_empty() => None,
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => {
            Some(Cell::Text(text))
        }
        Data::DateTime(time) => Some(Cell::Date(ticks(&time))),
        Data::Error(_) | Data::Empty => None,
    }
}

/// A number of days, as the workbook's date system counts them, to the millisecond.
fn ticks(time: &ExcelDateTime) -> Ticks {
    let (year, month, day, hour, minute, second, milli) = time.to_ymd_hms_milli();
    let days = if time.as_f64() < 1.0 {
        DAY_ZERO
    } else {
        days_since_0001(i64::from(year), i64::from(month), i64::from(day))
    };
    let seconds = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
    Ticks(days * TICKS_PER_DAY + (seconds * 1000 + i64::from(milli)) * (TICKS_PER_DAY / 86_400_000))
}

/// Days from 0001-01-01 to a day of the Gregorian calendar.
fn days_since_0001(year: i64, month: i64, day: i64) -> i64 {
    // Years that begin in March have their leap day at the end.
    let (year, month) = if month < 3 { (year - 1, month + 9) } else { (year, month - 3) };
    let days = 365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    days + (month * 153 + 2) / 5 + day - 1 - 306
}

/// The number of days that a moment is in the date system of 1900.
pub(super) fn serial(moment: Ticks) -> f64 {
    let since = moment.0 - DAY_ZERO * TICKS_PER_DAY;
    let days = since as f64 / TICKS_PER_DAY as f64;
    // Excel counts a 29 February 1900, so that days before it have one number less.
    if (1.0..61.0).contains(&days) { days - 1.0 } else { days }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_from_the_first_day_there_is() {
        assert_eq!(days_since_0001(1, 1, 1), 0);
        assert_eq!(days_since_0001(1899, 12, 30), DAY_ZERO);
        assert_eq!(days_since_0001(1970, 1, 1), model::DAYS_TO_1970);
        assert_eq!(days_since_0001(9999, 12, 31), 3_652_058);
    }

    #[test]
    fn a_moment_has_the_number_that_excel_gives_it() {
        let day = |days: i64| serial(Ticks(days * TICKS_PER_DAY));
        assert_eq!(day(days_since_0001(1900, 1, 1)), 1.0);
        assert_eq!(day(days_since_0001(1900, 3, 1)), 61.0);
        assert_eq!(day(days_since_0001(2024, 2, 29)), 45_351.0);
    }
}
