//! A sheet or range as a table: where it is, its columns and their types, its rows.
//!
//! `Sheet1$` is a sheet from its first cell that is not empty to its last, `Sheet1$B2:D9` a part
//! of one, a name without `$` a named range. The first row has the names of the columns unless
//! HDR=NO; then they are F1, F2 and so on. The type of a column is that of most of the first
//! eight values (numbers win a draw); values of other types are NULL, unless IMEX=1, which makes
//! text of a column with values of several types.

use model::{DataType, Value};

use super::super::{Column, DatabaseError, Kind, Limits};
use super::book::{Book, Cell};

/// Rows that are looked at to guess types (TypeGuessRows).
const GUESS_ROWS: u32 = 8;

/// Text in a column without longer text has at most this many characters.
const TEXT_MAX: u32 = 255;

/// What the connection string says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    /// HDR.
    pub(super) header: bool,
    /// IMEX=1.
    pub(super) mixed_as_text: bool,
}

/// A rectangle of cells, all ends included, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Area {
    pub(super) top: u32,
    pub(super) left: u32,
    pub(super) bottom: u32,
    pub(super) right: u32,
}

const EVERYTHING: Area = Area { top: 0, left: 0, bottom: u32::MAX, right: u32::MAX };

/// A table of a workbook.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) sheet: String,
    /// Whether it is a whole sheet.
    pub(super) is_sheet: bool,
    /// The cells of it that there are; `None` when it has none.
    pub(super) area: Option<Area>,
    pub(super) columns: Vec<Column>,
    settings: Settings,
}

impl Table {
    pub(super) fn open(
        book: &mut Book,
        name: &str,
        settings: Settings,
        limits: &Limits<'_>,
    ) -> Result<Self, DatabaseError> {
        let (sheet, wanted) = locate(book, name)?;
        let mut sample = Sample::default();
        let mut stopped = false;
        book.cells(&sheet, &mut |row, column, cell| {
            if wanted.contains(row, column) {
                sample.add(row, column, cell);
            }
            stopped = (limits.stopped)();
            !stopped && row <= wanted.bottom
        })?;
        if stopped {
            return Err(DatabaseError::stopped());
        }
        let is_sheet = wanted == EVERYTHING;
        let area = sample.area.map(|used| wanted.fixed(used));
        let columns = area.map_or_else(Vec::new, |area| sample.columns(area, settings));
        Ok(Self { sheet, is_sheet, area, columns, settings })
    }

    /// Calls `take` with each row until it says `false`. A row without any value is there when a
    /// later one has some.
    pub(super) fn rows(
        &self,
        book: &mut Book,
        limits: &Limits<'_>,
        take: &mut dyn FnMut(Vec<Value>) -> bool,
    ) -> Result<(), DatabaseError> {
        let Some(area) = self.area else { return Ok(()) };
        let first = area.top + u32::from(self.settings.header);
        let empty = || vec![Value::Null; self.columns.len()];
        let (mut row, mut at, mut wanted, mut stopped) = (empty(), first, true, false);
        let mut any = false;
        book.cells(&self.sheet, &mut |cell_row, column, cell| {
            if cell_row < first || !area.contains(cell_row, column) {
                return cell_row <= area.bottom;
            }
            while at < cell_row && wanted {
                wanted = take(std::mem::replace(&mut row, empty()));
                at += 1;
            }
            any = true;
            stopped = (limits.stopped)();
            let place = (column - area.left) as usize;
            if let (Some(value), Some(own)) = (row.get_mut(place), self.columns.get(place)) {
                *value = value_of(cell, own.data_type, self.settings.mixed_as_text);
            }
            wanted && !stopped
        })?;
        if stopped {
            return Err(DatabaseError::stopped());
        }
        if any && wanted {
            take(row);
        }
        Ok(())
    }
}

impl Area {
    const fn contains(self, row: u32, column: u32) -> bool {
        self.top <= row && row <= self.bottom && self.left <= column && column <= self.right
    }

    /// The area with the ends that it leaves open where the used cells end.
    fn fixed(self, used: Self) -> Self {
        if self == EVERYTHING {
            return used;
        }
        let end = |own: u32, used: u32| if own == u32::MAX { used } else { own };
        let start = |own: u32, used: u32| if own == 0 { used } else { own };
        Self {
            top: if self.bottom == u32::MAX { start(self.top, used.top) } else { self.top },
            left: if self.right == u32::MAX { start(self.left, used.left) } else { self.left },
            bottom: end(self.bottom, used.bottom),
            right: end(self.right, used.right),
        }
    }
}

/// Sheet and cells that a name means.
fn locate(book: &Book, name: &str) -> Result<(String, Area), DatabaseError> {
    let missing = || {
        let text = format!("the workbook has no sheet or range `{name}`");
        DatabaseError::new(Kind::Missing, text)
    };
    let name = name.trim().trim_matches('\'');
    if let Some((sheet, range)) = name.rsplit_once('$') {
        let wanted = sheet.trim_end_matches('\'').replace("''", "'");
        // The providers show a dot of a sheet's name as `#`.
        let found = book.sheets().into_iter().find(|sheet| {
            sheet.eq_ignore_ascii_case(&wanted)
                || sheet.replace('.', "#").eq_ignore_ascii_case(&wanted)
        });
        let area = if range.is_empty() { Some(EVERYTHING) } else { area(range) };
        return found.zip(area).ok_or_else(missing);
    }
    let named = book.names().iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
    let (_, formula) = named.ok_or_else(missing)?;
    let formula = formula.trim_start_matches('=');
    let (sheet, range) = formula.rsplit_once('!').ok_or_else(missing)?;
    let sheet = sheet.trim_matches('\'').replace("''", "'");
    let area = area(&range.replace('$', "")).ok_or_else(missing)?;
    Ok((sheet, area))
}

/// `A1:C9`, `A:C`, `A3:C` or one cell.
fn area(text: &str) -> Option<Area> {
    let (start, end) = text.split_once(':').unwrap_or((text, text));
    let (left, top) = reference(start)?;
    let (right, bottom) = reference(end)?;
    let area = Area {
        top: top.unwrap_or(0),
        left: left?,
        bottom: bottom.unwrap_or(u32::MAX),
        right: right?,
    };
    (area.top <= area.bottom && area.left <= area.right).then_some(area)
}

/// Column and row of a cell, either of which may be left out.
fn reference(text: &str) -> Option<(Option<u32>, Option<u32>)> {
    let text = text.trim();
    let split = text.find(|c: char| c.is_ascii_digit()).unwrap_or(text.len());
    let (letters, digits) = text.split_at(split);
    let mut column = 0_u32;
    for letter in letters.bytes() {
        if !letter.is_ascii_alphabetic() {
            return None;
        }
        let place = u32::from(letter.to_ascii_uppercase() - b'A') + 1;
        column = column.checked_mul(26)?.checked_add(place)?;
    }
    let row = match digits {
        "" => None,
        digits => Some(digits.parse::<u32>().ok()?.checked_sub(1)?),
    };
    Some((column.checked_sub(1), row))
}

/// The first rows, and how far the cells go.
#[derive(Default)]
struct Sample {
    area: Option<Area>,
    cells: Vec<(u32, u32, Cell)>,
}

impl Sample {
    fn add(&mut self, row: u32, column: u32, cell: Cell) {
        let area =
            self.area.get_or_insert(Area { top: row, left: column, bottom: row, right: column });
        area.left = area.left.min(column);
        area.right = area.right.max(column);
        area.bottom = row;
        if row - area.top <= GUESS_ROWS {
            self.cells.push((row, column, cell));
        }
    }

    fn columns(&self, area: Area, settings: Settings) -> Vec<Column> {
        let mut columns: Vec<Column> = Vec::new();
        let first = area.top + u32::from(settings.header);
        for at in area.left..=area.right {
            let own = self.cells.iter().filter(|cell| cell.1 == at);
            let header = own.clone().find(|cell| settings.header && cell.0 == area.top);
            let name = header.map(|(_, _, cell)| header_name(cell)).filter(|n| !n.is_empty());
            let name = name.unwrap_or_else(|| format!("F{}", at - area.left + 1));
            let values = own
                .filter(|cell| first <= cell.0 && cell.0 < first + GUESS_ROWS)
                .map(|cell| &cell.2);
            let data_type = guess(values, settings.mixed_as_text);
            let name = unique(name, &columns);
            columns.push(Column {
                name,
                data_type: Some(data_type),
                writable: true,
                identity: false,
            });
        }
        columns
    }
}

/// Characters that cannot be in a name are shown as others.
fn header_name(cell: &Cell) -> String {
    let shown = |c| match c {
        '.' => '#',
        '!' | '`' | '\n' | '\r' => '_',
        '[' => '(',
        ']' => ')',
        other => other,
    };
    text_of(cell).trim().chars().map(shown).take(64).collect()
}

/// A second column of a name gets a number.
fn unique(name: String, columns: &[Column]) -> String {
    let taken = |name: &str| columns.iter().any(|c| c.name.eq_ignore_ascii_case(name));
    if !taken(&name) {
        return name;
    }
    let numbered = (1..).map(|number| format!("{name}{number}"));
    numbered.into_iter().find(|name| !taken(name)).unwrap_or_default()
}

fn guess<'a>(values: impl Iterator<Item = &'a Cell> + Clone, mixed_as_text: bool) -> DataType {
    let count = |is: fn(&Cell) -> bool| values.clone().filter(|value| is(value)).count();
    let counts = [
        (DataType::R8, count(|v| matches!(v, Cell::Number(_)))),
        (DataType::Date, count(|v| matches!(v, Cell::Date(_)))),
        (DataType::Bool, count(|v| matches!(v, Cell::Bool(_)))),
    ];
    let texts = count(|v| matches!(v, Cell::Text(_)));
    let kinds = counts.iter().filter(|kind| kind.1 != 0).count() + usize::from(texts != 0);
    // Of kinds with as many values the first wins.
    let most = counts.iter().rev().max_by_key(|kind| kind.1).copied();
    let (other, most) = most.unwrap_or((DataType::R8, 0));
    if kinds == 0 || (mixed_as_text && 1 < kinds) || most < texts {
        let long = values.clone().any(|value| {
            matches!(value, Cell::Text(text) if TEXT_MAX < text.encode_utf16().count() as u32)
        });
        return if long { DataType::NText } else { DataType::WStr { length: TEXT_MAX } };
    }
    other
}

/// The value of a cell in a column of this type; NULL where the cell is of another.
fn value_of(cell: Cell, data_type: Option<DataType>, mixed_as_text: bool) -> Value {
    match (data_type, cell) {
        (Some(DataType::R8), Cell::Number(number)) => Value::R8(number),
        (Some(DataType::Date), Cell::Date(moment)) => Value::DateTime(moment),
        (Some(DataType::Bool), Cell::Bool(bit)) => Value::Bool(bit),
        (Some(DataType::WStr { .. } | DataType::NText), cell)
            if mixed_as_text || matches!(cell, Cell::Text(_)) =>
        {
            Value::text(text_of(&cell))
        }
        _ => Value::Null,
    }
}

fn text_of(cell: &Cell) -> String {
    match cell {
        Cell::Number(number) => number.to_string(),
        Cell::Bool(true) => "TRUE".to_owned(),
        Cell::Bool(false) => "FALSE".to_owned(),
        Cell::Date(moment) => {
            let text = moment.to_string();
            text.strip_suffix(" 00:00:00").map_or_else(|| text.clone(), str::to_owned)
        }
        Cell::Text(text) => text.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_with_and_without_rows() {
        let all = |top, left, bottom, right| Some(Area { top, left, bottom, right });
        assert_eq!(area("A1:C9"), all(0, 0, 8, 2));
        assert_eq!(area("b:ab"), all(0, 1, u32::MAX, 27));
        assert_eq!(area("A3:C"), all(2, 0, u32::MAX, 2));
        assert_eq!(area("C1:A9"), None);
        assert_eq!(area("1:9"), None);
        assert_eq!(area("A1:B!"), None);
    }

    #[test]
    fn the_kind_of_most_values_is_the_type_and_numbers_win_a_draw() {
        let (number, text) = (Cell::Number(1.0), Cell::Text("x".to_owned()));
        let guess = |cells: &[&Cell], mixed| guess(cells.iter().copied(), mixed);
        assert_eq!(guess(&[&number, &text], false), DataType::R8);
        assert_eq!(guess(&[&number, &text, &text], false), DataType::WStr { length: 255 });
        assert_eq!(guess(&[&number, &text], true), DataType::WStr { length: 255 });
        assert_eq!(guess(&[&number, &number], true), DataType::R8);
        assert_eq!(guess(&[], false), DataType::WStr { length: 255 });
        let long = Cell::Text("x".repeat(256));
        assert_eq!(guess(&[&long], false), DataType::NText);
    }
}
