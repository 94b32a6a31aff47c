//! Finds the cells of one row in decoded text.
//!
//! All positions are bytes of UTF-8 text; delimiters are whole characters, so every cut is at a
//! character.

use memchr::{memchr, memchr2};

use super::sink::Sink;
use crate::code_page::CodePage;
use crate::flat_file::{Format, Layout};

/// A format, ready to be applied.
pub(super) struct Plan {
    columns: Vec<Rule>,
    names: Vec<String>,
    qualifier: Vec<u8>,
    row_delimiter: Option<Vec<u8>>,
    /// Whether a row delimiter ends rows that have too few columns.
    check_rows: bool,
    code_page: CodePage,
}

enum Rule {
    Delimited { delimiter: Vec<u8>, qualified: bool },
    Fixed { width: usize },
}

/// What was found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A row of this many bytes, its delimiter included.
    Row { length: usize },
    /// The text ends inside the row, and the file goes on.
    Incomplete,
    /// There is no row any more; `partial` when something was left of one.
    End { partial: bool },
}

/// Why a row cannot be taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Problem {
    /// Something else than a delimiter stands behind the closing qualifier of this column.
    Delimiter { column: usize },
    /// This column's closing qualifier is missing.
    Qualifier { column: usize },
}

/// Where a cell ended.
enum Found {
    /// At its delimiter or width; the next cell begins there.
    Cell { next: usize },
    /// At a row delimiter: the row has no more cells. `with` says whether this cell counts.
    Row { end: usize, next: usize, with: bool },
    /// At the end of the file, without a delimiter.
    File,
    /// Not in this text.
    Nowhere,
}

/// A delimiter in the text.
enum Mark {
    Column(usize),
    Row(usize),
    /// The text may end inside a delimiter, or has none, and the file goes on.
    Unknown,
    /// There is none up to the end of the file.
    None,
}

impl Plan {
    pub(super) fn new(format: &Format) -> Self {
        let rule = |column: &crate::flat_file::Column| match &column.layout {
            Layout::Delimited(delimiter) => Rule::Delimited {
                delimiter: delimiter.clone().into_bytes(),
                qualified: column.text_qualified && !format.text_qualifier.is_empty(),
            },
            Layout::Fixed(width) => {
                Rule::Fixed { width: usize::try_from(*width).unwrap_or(usize::MAX) }
            }
        };
        Self {
            columns: format.columns.iter().map(rule).collect(),
            names: format.columns.iter().map(|column| column.name.clone()).collect(),
            qualifier: format.text_qualifier.clone().into_bytes(),
            row_delimiter: format.row_delimiter().map(|text| text.as_bytes().to_vec()),
            check_rows: format.always_check_for_row_delimiters,
            code_page: format.code_page,
        }
    }

    pub(super) fn column_name(&self, column: usize) -> &str {
        self.names.get(column).map_or("", String::as_str)
    }

    /// Takes the row at the start of `text` apart. `at_end` says that the file ends with it.
    pub(super) fn row(&self, text: &str, at_end: bool, sink: &mut Sink) -> Result<Step, Problem> {
        if text.is_empty() || self.is_last_line_empty(text.as_bytes()) {
            return Ok(if at_end { Step::End { partial: false } } else { Step::Incomplete });
        }
        let bytes = text.as_bytes();
        let last = self.columns.len() - 1;
        let mut at = 0;
        for (column, rule) in self.columns.iter().enumerate() {
            let found = match rule {
                Rule::Delimited { delimiter, qualified } => {
                    let cut = Cut { bytes, at, at_end, column, delimiter };
                    if *qualified && self.opens(&cut) {
                        self.qualified(&cut, sink)?
                    } else {
                        self.plain(&cut, sink)
                    }
                }
                Rule::Fixed { width } => {
                    let place = Place { text, at, at_end, column };
                    self.fixed(&place, *width, sink)
                }
            };
            match found {
                Found::Cell { next } => at = next,
                Found::Row { end, next, with } => {
                    sink.absent_from(column + usize::from(with));
                    sink.end_row(&bytes[..end]);
                    return Ok(Step::Row { length: next });
                }
                Found::File if at_end && column == last => {
                    sink.end_row(bytes);
                    return Ok(Step::Row { length: bytes.len() });
                }
                Found::File | Found::Nowhere if at_end => {
                    return Ok(Step::End { partial: true });
                }
                Found::File | Found::Nowhere => return Ok(Step::Incomplete),
            }
        }
        let delimiter = self.row_delimiter.as_ref().map_or(0, Vec::len);
        sink.end_row(&bytes[..at - delimiter]);
        Ok(Step::Row { length: at })
    }

    /// The last line feed of a file is often followed by one more. With one column, an empty
    /// line is a row with an empty cell.
    fn is_last_line_empty(&self, bytes: &[u8]) -> bool {
        let delimiter = self.row_delimiter.as_deref();
        1 < self.columns.len() && delimiter.is_some_and(|delimiter| bytes == delimiter)
    }

    fn opens(&self, cut: &Cut<'_>) -> bool {
        cut.bytes[cut.at..].starts_with(&self.qualifier)
            // The qualifier itself may be cut off; then the row is looked at again.
            || (!cut.at_end
                && cut.bytes.len() - cut.at < self.qualifier.len()
                && self.qualifier.starts_with(&cut.bytes[cut.at..]))
    }

    /// The row delimiter that ends a row before its last column.
    fn early_row_delimiter(&self) -> Option<&[u8]> {
        self.row_delimiter.as_deref().filter(|_| self.check_rows)
    }

    #[inline]
    fn plain(&self, cut: &Cut<'_>, sink: &mut Sink) -> Found {
        match cut.find(cut.at, self.early_row_delimiter()) {
            Mark::Column(end) => {
                sink.cell(cut.column, &cut.bytes[cut.at..end]);
                Found::Cell { next: end + cut.delimiter.len() }
            }
            Mark::Row(end) => {
                sink.cell(cut.column, &cut.bytes[cut.at..end]);
                let next = end + self.row_delimiter.as_ref().map_or(0, Vec::len);
                Found::Row { end, next, with: true }
            }
            Mark::Unknown => Found::Nowhere,
            Mark::None => {
                sink.cell(cut.column, &cut.bytes[cut.at..]);
                Found::File
            }
        }
    }

    fn qualified(&self, cut: &Cut<'_>, sink: &mut Sink) -> Result<Found, Problem> {
        let qualifier = self.qualifier.as_slice();
        let column = cut.column;
        let mut at = cut.at + qualifier.len();
        loop {
            let rest = cut.bytes.get(at..).unwrap_or_default();
            let Some(end) = find(rest, qualifier).map(|found| at + found) else {
                return if cut.at_end {
                    Err(Problem::Qualifier { column })
                } else {
                    Ok(Found::Nowhere)
                };
            };
            sink.piece(column, &cut.bytes[at..end]);
            at = end + qualifier.len();
            let behind = &cut.bytes[at..];
            if behind.starts_with(qualifier) {
                sink.piece(column, qualifier);
                at += qualifier.len();
                continue;
            }
            if !cut.at_end && behind.len() < self.longest_mark(cut) {
                return Ok(Found::Nowhere);
            }
            sink.end_cell(column);
            return self.behind_qualifier(cut, at);
        }
    }

    /// How much text it takes to know what stands behind a qualifier.
    fn longest_mark(&self, cut: &Cut<'_>) -> usize {
        let row = self.row_delimiter.as_ref().map_or(0, Vec::len);
        cut.delimiter.len().max(row).max(self.qualifier.len())
    }

    fn behind_qualifier(&self, cut: &Cut<'_>, at: usize) -> Result<Found, Problem> {
        let behind = &cut.bytes[at..];
        if behind.is_empty() {
            return Ok(Found::File);
        }
        match starting_mark(behind, cut.delimiter, self.early_row_delimiter()) {
            Some(Mark::Column(_)) => Ok(Found::Cell { next: at + cut.delimiter.len() }),
            Some(Mark::Row(_)) => {
                let next = at + self.row_delimiter.as_ref().map_or(0, Vec::len);
                Ok(Found::Row { end: at, next, with: true })
            }
            Some(Mark::Unknown | Mark::None) | None => {
                Err(Problem::Delimiter { column: cut.column })
            }
        }
    }

    fn fixed(&self, place: &Place<'_>, width: usize, sink: &mut Sink) -> Found {
        let Place { text, at, at_end, column } = *place;
        let rest = &text[at..];
        let end = self.code_page.take(rest, width);
        let cell = &rest[..end.unwrap_or(rest.len())];
        if let Some(delimiter) = self.early_row_delimiter() {
            // A row delimiter may begin in this cell and go on behind it.
            if !at_end && rest.len() < cell.len() + delimiter.len() - 1 {
                return Found::Nowhere;
            }
            let reach = (cell.len() + delimiter.len() - 1).min(rest.len());
            let early = memchr::memmem::find(&rest.as_bytes()[..reach], delimiter);
            if let Some(found) = early.filter(|&found| found < cell.len()) {
                if 0 < found {
                    sink.cell(column, &rest.as_bytes()[..found]);
                }
                let end = at + found;
                return Found::Row { end, next: end + delimiter.len(), with: 0 < found };
            }
        }
        match end {
            Some(end) => {
                sink.cell(column, cell.as_bytes());
                Found::Cell { next: at + end }
            }
            None => Found::Nowhere,
        }
    }
}

/// A fixed width cell that begins at `at`.
struct Place<'a> {
    text: &'a str,
    at: usize,
    at_end: bool,
    column: usize,
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    match what {
        [only] => first_of(*only, *only, text),
        _ => memchr::memmem::find(text, what),
    }
}

/// How much of a cell is searched in registers. Most cells are shorter, and a vector search costs
/// more to start than they take.
const NEAR: usize = 24;

/// The first of two bytes.
#[inline]
fn first_of(a: u8, b: u8, text: &[u8]) -> Option<usize> {
    const LOW: u64 = 0x0101_0101_0101_0101;
    // The lowest bit that is set is that of the first zero byte; bits above it may be wrong.
    let zeros = |word: u64| word.wrapping_sub(LOW) & !word & (LOW << 7);
    let (all_a, all_b) = (LOW * u64::from(a), LOW * u64::from(b));
    let mut at = 0;
    while at < NEAR {
        let Some(chunk) = text.get(at..).and_then(<[u8]>::first_chunk::<8>) else { break };
        let word = u64::from_le_bytes(*chunk);
        let hits = zeros(word ^ all_a) | zeros(word ^ all_b);
        if hits != 0 {
            return Some(at + (hits.trailing_zeros() / 8) as usize);
        }
        at += 8;
    }
    let found = if a == b { memchr(a, &text[at..]) } else { memchr2(a, b, &text[at..]) };
    found.map(|found| at + found)
}

/// A delimited cell that begins at `at`.
struct Cut<'a> {
    bytes: &'a [u8],
    at: usize,
    at_end: bool,
    column: usize,
    delimiter: &'a [u8],
}

impl Cut<'_> {
    /// The first delimiter from `from` on.
    #[inline]
    fn find(&self, from: usize, row: Option<&[u8]>) -> Mark {
        let mut at = from;
        let first = self.delimiter[0];
        let row_first = row.map_or(first, |row| row[0]);
        loop {
            let rest = &self.bytes[at..];
            let Some(hit) = first_of(first, row_first, rest).map(|hit| at + hit) else {
                return if self.at_end { Mark::None } else { Mark::Unknown };
            };
            let rest = &self.bytes[hit..];
            if self.delimiter.len() == 1 && first != row_first && rest[0] == first {
                return Mark::Column(hit);
            }
            if !self.at_end && self.may_be_cut(rest, row) {
                return Mark::Unknown;
            }
            match starting_mark(rest, self.delimiter, row) {
                Some(Mark::Column(_)) => return Mark::Column(hit),
                Some(Mark::Row(_)) => return Mark::Row(hit),
                Some(Mark::Unknown | Mark::None) | None => at = hit + 1,
            }
        }
    }

    /// Whether the text ends inside what may be a delimiter.
    #[inline]
    fn may_be_cut(&self, rest: &[u8], row: Option<&[u8]>) -> bool {
        let cut = |mark: &[u8]| rest.len() < mark.len() && mark.starts_with(rest);
        cut(self.delimiter) || row.is_some_and(cut)
    }
}

/// Which delimiter the text starts with: the longer one when it could be both, the column's when
/// they are the same.
#[inline]
fn starting_mark(text: &[u8], column: &[u8], row: Option<&[u8]>) -> Option<Mark> {
    let is_column = text.starts_with(column);
    match row {
        Some(row) if text.starts_with(row) && (!is_column || column.len() < row.len()) => {
            Some(Mark::Row(0))
        }
        _ => is_column.then_some(Mark::Column(0)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_first_of_two_bytes_is_found_at_any_distance(
            text in proptest::collection::vec(
                prop_oneof![Just(b','), Just(b'\n'), Just(b'-'), Just(b'+'), Just(0x80_u8)],
                0..80,
            ),
            a in prop_oneof![Just(b','), Just(0x80_u8), Just(0xFF_u8)],
        ) {
            let naive = text.iter().position(|&byte| byte == a || byte == b'\n');
            prop_assert_eq!(first_of(a, b'\n', &text), naive);
            prop_assert_eq!(first_of(a, a, &text), text.iter().position(|&byte| byte == a));
        }
    }
}
