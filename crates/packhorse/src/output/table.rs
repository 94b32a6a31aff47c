//! Plain tables: columns as wide as their longest cell, numbers to the right.

/// Which way a column's cells lean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

/// A table for people.
pub(crate) struct Table {
    columns: Vec<(&'static str, Align)>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty table.
    pub(crate) fn new(columns: &[(&'static str, Align)]) -> Self {
        Self { columns: columns.to_vec(), rows: Vec::new() }
    }

    /// Adds a row; it has one cell a column.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// The table, with a line of headings, and no space at the ends of lines.
    pub(crate) fn render(&self) -> String {
        let headings: Vec<String> =
            self.columns.iter().map(|(name, _)| (*name).to_owned()).collect();
        let widths: Vec<usize> = (0..self.columns.len())
            .map(|column| {
                let cells = self.rows.iter().chain([&headings]);
                cells.filter_map(|row| row.get(column)).map(|cell| width(cell)).max().unwrap_or(0)
            })
            .collect();
        let lines = std::iter::once(&headings).chain(&self.rows).map(|row| {
            let cells = row.iter().zip(&self.columns).zip(&widths);
            let padded = cells.map(|((cell, (_, align)), &wide)| pad(cell, *align, wide));
            padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

fn width(text: &str) -> usize {
    text.chars().count()
}

fn pad(cell: &str, align: Align, wide: usize) -> String {
    let space = " ".repeat(wide.saturating_sub(width(cell)));
    match align {
        Align::Left => format!("{cell}{space}"),
        Align::Right => format!("{space}{cell}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_they_must_be() {
        let mut table = Table::new(&[("PACKAGE", Align::Left), ("ROWS", Align::Right)]);
        table.row(["Master.dtsx".to_owned(), "7".to_owned()]);
        table.row(["Größe.dtsx".to_owned(), "1,000,000".to_owned()]);
        insta::assert_snapshot!(table.render(), @r"
        PACKAGE           ROWS
        Master.dtsx          7
        Größe.dtsx   1,000,000
        ");
    }
}
