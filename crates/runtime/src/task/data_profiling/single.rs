//! Profiles of one column.
//!
//! Sources: "Data Profiling Task" (what is computed of empty tables and columns without a value)
//! and the pages on the options of each request. NULL has no length and is no value of a
//! distribution.

use model::Value;
use package::{ColumnChoice, PatternOptions, ProfileKind, ProfileRequest, ProfiledColumn};

use super::column::{Class, Column, number, shown};
use super::document::{Xml, digits};
use super::pattern::Patterns;
use super::server::{Server, Table};
use crate::task::execute_sql::Trouble;

/// Answers a request about one column, or about each that has a valid type.
pub(super) fn answer(
    server: &mut Server<'_>,
    request: &ProfileRequest,
    xml: &mut Xml,
) -> Result<(), Trouble> {
    let (asked, takes): (&ProfiledColumn, fn(&Column) -> bool) = match &request.kind {
        ProfileKind::LengthDistribution { column, .. } | ProfileKind::Pattern { column, .. } => {
            (column, |column| column.class() == Class::Text)
        }
        ProfileKind::NullRatio { column } => (column, |_| true),
        ProfileKind::Statistics { column } => (column, |column| column.statistics().is_some()),
        ProfileKind::ValueDistribution { column, .. } => (column, Column::is_discrete),
        ProfileKind::CandidateKey { .. }
        | ProfileKind::FunctionalDependency { .. }
        | ProfileKind::Inclusion { .. } => return Ok(()),
    };
    let table = server.table(&asked.table)?;
    if table.rows == 0 {
        return Ok(());
    }
    for column in columns(server, &table, &asked.column, takes)? {
        let mut one = One { server, table: &table, column: &column, xml };
        match &request.kind {
            ProfileKind::LengthDistribution { ignore_leading, ignore_trailing, .. } => {
                one.lengths(*ignore_leading, *ignore_trailing)?;
            }
            ProfileKind::NullRatio { .. } => one.nulls()?,
            ProfileKind::Statistics { .. } => one.statistics()?,
            ProfileKind::Pattern { options, .. } => one.patterns(options)?,
            ProfileKind::ValueDistribution { more_frequent_than, .. } => {
                one.values(*more_frequent_than)?;
            }
            ProfileKind::CandidateKey { .. }
            | ProfileKind::FunctionalDependency { .. }
            | ProfileKind::Inclusion { .. } => {}
        }
    }
    Ok(())
}

/// The columns that a choice means, of those whose type is valid.
pub(super) fn columns(
    server: &Server<'_>,
    table: &Table,
    choice: &ColumnChoice,
    takes: fn(&Column) -> bool,
) -> Result<Vec<Column>, Trouble> {
    let Some(name) = &choice.name else {
        return Ok(table.columns.iter().filter(|column| takes(column)).cloned().collect());
    };
    let column = table.column(choice, name)?;
    if takes(&column) { Ok(vec![column]) } else { Err(server.refuses(&column)) }
}

/// One column, while it is profiled.
struct One<'a, 's> {
    server: &'a mut Server<'s>,
    table: &'a Table,
    column: &'a Column,
    xml: &'a mut Xml,
}

impl One<'_, '_> {
    fn open(&mut self, profile: &str, is_exact: bool) {
        self.server.open(profile, is_exact, self.xml);
        self.server.write_table("Table", self.table, self.xml);
        self.column.write("Column", self.xml);
    }

    fn lengths(&mut self, ignore_leading: bool, ignore_trailing: bool) -> Result<(), Trouble> {
        let (table, column) = (&self.table.name, self.column.quoted());
        let text = if ignore_leading { format!("LTRIM({column})") } else { column.clone() };
        // LEN does not count trailing spaces.
        let length = match ignore_trailing {
            true => format!("LEN({text})"),
            false => format!("LEN(REPLACE({text}, ' ', '_'))"),
        };
        let rows = self.server.rows(&format!(
            "SELECT d.n, COUNT_BIG(*) FROM (SELECT {length} AS n FROM {table} WHERE {column} IS \
             NOT NULL) AS d GROUP BY d.n ORDER BY d.n"
        ))?;
        let of = |row: Option<&Vec<Value>>| row.and_then(|row| row.first()).map(number);
        let (Some(least), Some(most)) = (of(rows.first()), of(rows.last())) else {
            return Ok(());
        };
        self.open("ColumnLengthDistributionProfile", true);
        self.xml.leaf("IgnoreLeadingSpace", if ignore_leading { "true" } else { "false" });
        self.xml.leaf("IgnoreTrailingSpace", if ignore_trailing { "true" } else { "false" });
        self.xml.leaf("MinLength", &least.to_string());
        self.xml.leaf("MaxLength", &most.to_string());
        self.distribution(("LengthDistribution", "LengthDistributionItem", "Length"), &rows);
        self.xml.close("ColumnLengthDistributionProfile");
        Ok(())
    }

    /// Values with how many rows have each.
    fn distribution(&mut self, (list, item, name): (&str, &str, &str), rows: &[Vec<Value>]) {
        if rows.is_empty() {
            return self.xml.empty(list, &[]);
        }
        self.xml.open(list, &[]);
        for row in rows {
            self.xml.open(item, &[]);
            self.xml.value(name, row.first().and_then(shown).as_deref());
            self.xml.leaf("Count", &row.get(1).map_or(0, number).to_string());
            self.xml.close(item);
        }
        self.xml.close(list);
    }

    fn nulls(&mut self) -> Result<(), Trouble> {
        let (table, column) = (&self.table.name, self.column.quoted());
        let query = format!("SELECT COUNT_BIG(*) FROM {table} WHERE {column} IS NULL");
        let nulls = self.server.number(&query)?;
        self.open("ColumnNullRatioProfile", true);
        self.xml.leaf("NullCount", &nulls.to_string());
        self.xml.close("ColumnNullRatioProfile");
        Ok(())
    }

    fn statistics(&mut self) -> Result<(), Trouble> {
        let (table, column) = (&self.table.name, self.column.quoted());
        let mean = match self.column.statistics() {
            Some(true) => {
                format!(", AVG(CONVERT(float, {column})), STDEV(CONVERT(float, {column}))")
            }
            Some(false) | None => String::new(),
        };
        let row = self.server.row(&format!(
            "SELECT MIN({column}), MAX({column}){mean} FROM {table} WHERE {column} IS NOT NULL"
        ))?;
        if row.first().is_none_or(Value::is_null) {
            return Ok(());
        }
        self.open("ColumnStatisticsProfile", true);
        for (name, value) in ["MinValue", "MaxValue"].into_iter().zip(&row) {
            self.xml.value(name, shown(value).as_deref());
        }
        for (name, value) in ["Mean", "StdDev"].into_iter().zip(row.iter().skip(2)) {
            // One value alone has no deviation.
            if let Value::R8(number) = value {
                self.xml.leaf(name, &digits(*number, 15));
            }
        }
        self.xml.close("ColumnStatisticsProfile");
        Ok(())
    }

    fn values(&mut self, more_frequent_than: Option<f64>) -> Result<(), Trouble> {
        let (table, column) = (&self.table.name, self.column.quoted());
        let compared = self.column.compared();
        let distinct =
            self.server.number(&format!("SELECT COUNT_BIG(DISTINCT {compared}) FROM {table}"))?;
        if distinct == 0 {
            return Ok(());
        }
        let least = more_frequent_than.map_or(0, |share| rows_above(share, self.table.rows));
        let rows = self.server.rows(&format!(
            "SELECT d.v, d.n FROM (SELECT {compared} AS v, COUNT_BIG(*) AS n FROM {table} WHERE \
             {column} IS NOT NULL GROUP BY {compared}) AS d WHERE d.n >= {least} ORDER BY d.n \
             DESC, d.v"
        ))?;
        self.open("ColumnValueDistributionProfile", true);
        self.xml.leaf("NumberOfDistinctValues", &distinct.to_string());
        self.distribution(("ValueDistribution", "ValueDistributionItem", "Value"), &rows);
        self.xml.close("ColumnValueDistributionProfile");
        Ok(())
    }

    fn patterns(&mut self, options: &PatternOptions) -> Result<(), Trouble> {
        let (table, column) = (&self.table.name, self.column.quoted());
        let mut patterns = Patterns::new(options);
        let query = format!("SELECT {column} FROM {table} WHERE {column} IS NOT NULL");
        self.server.stream(&query, &mut patterns)?;
        let found = patterns.found();
        if found.is_empty() {
            return Ok(());
        }
        self.open("ColumnPatternProfile", false);
        self.xml.open("TopRegexPatterns", &[]);
        for (expression, percent) in found {
            self.xml.open("PatternDistributionItem", &[]);
            self.xml.leaf("RegexText", &expression);
            self.xml.leaf("Frequency", &percent.to_string());
            self.xml.close("PatternDistributionItem");
        }
        self.xml.close("TopRegexPatterns");
        self.xml.close("ColumnPatternProfile");
        Ok(())
    }
}

/// The least number of rows that is more than this share of all.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "counts of rows")]
fn rows_above(share: f64, rows: i64) -> i64 {
    (share * rows as f64).floor() as i64 + 1
}
