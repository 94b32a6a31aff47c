//! Profiles of several columns: keys, dependencies, inclusions.
//!
//! Sources: the pages on the options of the three requests, "Data Profile Viewer". The strength
//! of a key is the number of its values by the number of rows; that of a dependency the share of
//! the rows whose dependent value is the most frequent one of their determinant (as in the
//! document that SSIS 2016 wrote: `FDStrength` there is exactly that); that of an inclusion the
//! share of the rows whose values are found. A NULL is a value to keys and dependencies; to
//! inclusions, as to a foreign key, it is none that could be missing.

use model::Value;
use package::{ColumnChoice, ProfileKind, ProfiledTable, Report, Threshold};

use super::column::{Class, Column, number, shown};
use super::combinations::{contains_one, count, sets};
use super::document::{Xml, digits};
use super::server::{Server, Table};
use super::single::columns;
use crate::task::execute_sql::Trouble;

/// How many digits a strength has: those of .NET's `Single`.
const STRENGTH_DIGITS: usize = 7;
/// How many sets of columns a request may mean: each is a query over all rows.
const SETS_MAX: u64 = 100_000;

/// Answers a Candidate Key request.
pub(super) fn candidate_keys(
    server: &mut Server<'_>,
    table: &ProfiledTable,
    choices: &[ColumnChoice],
    report: Report,
    xml: &mut Xml,
) -> Result<(), Trouble> {
    let table = server.table(table)?;
    if table.rows == 0 {
        return Ok(());
    }
    let mut found = Vec::new();
    for set in sets_of(server, &table, choices)? {
        let places: Vec<usize> = set.iter().map(|(place, _)| *place).collect();
        if contains_one(&places, &found) {
            continue;
        }
        let key: Vec<Column> = set.into_iter().map(|(_, column)| column).collect();
        let values = distinct(server, &table, &key)?;
        let strength = share(values, table.rows);
        if settles(report.threshold, strength) {
            found.push(places);
        }
        if report.threshold.admits(strength) {
            write_key(server, &table, &key, (strength, report.violations_max), xml)?;
        }
    }
    Ok(())
}

/// Whether a relation of this strength makes looking at more columns idle.
fn settles(threshold: Threshold, strength: f64) -> bool {
    let threshold = if threshold == Threshold::None { Threshold::Exact } else { threshold };
    threshold.admits(strength)
}

fn write_key(
    server: &mut Server<'_>,
    table: &Table,
    key: &[Column],
    (strength, violations_max): (f64, u32),
    xml: &mut Xml,
) -> Result<(), Trouble> {
    server.open("CandidateKeyProfile", true, xml);
    server.write_table("Table", table, xml);
    write_columns("KeyColumns", key, xml);
    let is_exact = write_strength(("IsExactKey", "KeyStrength"), strength, xml);
    if !is_exact {
        let (names, groups) = (aliases(key, "k"), grouped(key));
        let rows = server.rows(&format!(
            "SELECT TOP ({violations_max}) {}, d.n FROM (SELECT {}, COUNT_BIG(*) AS n FROM {} \
             GROUP BY {groups}) AS d WHERE d.n > 1 ORDER BY d.n DESC, {}",
            names.from("d"),
            names.of(key),
            table.name,
            names.from("d"),
        ))?;
        write_violations(("KeyViolations", "KeyViolationItem"), &rows, xml);
    }
    xml.close("CandidateKeyProfile");
    Ok(())
}

/// Answers a Functional Dependency request.
pub(super) fn dependencies(
    server: &mut Server<'_>,
    table: &ProfiledTable,
    (determinants, dependent): (&[ColumnChoice], &ColumnChoice),
    report: Report,
    xml: &mut Xml,
) -> Result<(), Trouble> {
    let table = server.table(table)?;
    if table.rows == 0 {
        return Ok(());
    }
    let all = sets_of(server, &table, determinants)?;
    for dependent in columns(server, &table, dependent, Column::is_discrete)? {
        let mut found = Vec::new();
        for set in &all {
            let places: Vec<usize> = set.iter().map(|(place, _)| *place).collect();
            let is_inside = set.iter().any(|(_, column)| column.name == dependent.name);
            if is_inside || contains_one(&places, &found) {
                continue;
            }
            let determinant: Vec<Column> = set.iter().map(|(_, column)| column.clone()).collect();
            let question = Dependency::new(&table, &determinant, &dependent);
            let broken = server.number(&question.broken())?;
            let strength = share(table.rows - broken, table.rows);
            if settles(report.threshold, strength) {
                found.push(places);
            }
            if report.threshold.admits(strength) {
                write_dependency(server, &question, (strength, report.violations_max), xml)?;
            }
        }
    }
    Ok(())
}

/// The question how far some columns determine another.
struct Dependency<'a> {
    table: &'a Table,
    determinant: &'a [Column],
    dependent: &'a Column,
    names: Aliases,
}

impl<'a> Dependency<'a> {
    fn new(table: &'a Table, determinant: &'a [Column], dependent: &'a Column) -> Self {
        Self { table, determinant, dependent, names: aliases(determinant, "d") }
    }

    /// For each determinant its most frequent dependent value, how many rows have both, and how
    /// many have the determinant.
    fn ranked(&self) -> String {
        let names = self.names.from("g");
        let value = self.dependent.compared();
        format!(
            "SELECT {names}, g.v, g.n, SUM(g.n) OVER (PARTITION BY {names}) AS t, ROW_NUMBER() \
             OVER (PARTITION BY {names} ORDER BY g.n DESC, g.v) AS r FROM (SELECT {}, {value} AS \
             v, COUNT_BIG(*) AS n FROM {} GROUP BY {}, {value}) AS g",
            self.names.of(self.determinant),
            self.table.name,
            grouped(self.determinant),
        )
    }

    /// How many rows break the dependency.
    fn broken(&self) -> String {
        format!("SELECT SUM(w.t - w.n) FROM ({}) AS w WHERE w.r = 1", self.ranked())
    }

    /// What breaks it.
    fn violations(&self, most: u32) -> String {
        let names = self.names.from("w");
        format!(
            "SELECT TOP ({most}) {names}, w.v, w.n, w.t - w.n FROM ({}) AS w WHERE w.r = 1 AND \
             w.n < w.t ORDER BY {names}",
            self.ranked()
        )
    }
}

fn write_dependency(
    server: &mut Server<'_>,
    question: &Dependency<'_>,
    (strength, violations_max): (f64, u32),
    xml: &mut Xml,
) -> Result<(), Trouble> {
    server.open("FunctionalDependencyProfile", true, xml);
    server.write_table("Table", question.table, xml);
    write_columns("DeterminantColumns", question.determinant, xml);
    question.dependent.write("DependentColumn", xml);
    if !write_strength(("IsExactFD", "FDStrength"), strength, xml) {
        let rows = server.rows(&question.violations(violations_max))?;
        xml.open("FDViolations", &[]);
        for row in &rows {
            let Some((determinant, rest)) = row.split_at_checked(question.determinant.len()) else {
                continue;
            };
            xml.open("FDViolationItem", &[]);
            write_values("DeterminantValues", determinant, xml);
            xml.value("DependentValue", rest.first().and_then(shown).as_deref());
            for (name, value) in ["SupportCount", "ViolationCount"].iter().zip(&rest[1..]) {
                xml.leaf(name, &number(value).to_string());
            }
            xml.close("FDViolationItem");
        }
        xml.close("FDViolations");
    }
    xml.close("FunctionalDependencyProfile");
    Ok(())
}

/// Answers a Value Inclusion request.
pub(super) fn inclusions(
    server: &mut Server<'_>,
    request: &ProfileKind,
    xml: &mut Xml,
) -> Result<(), Trouble> {
    let ProfileKind::Inclusion { subset, superset, columns: pairs, key, report } = request else {
        return Ok(());
    };
    let (subset, superset) = (server.table(subset)?, server.table(superset)?);
    if subset.rows == 0 || superset.rows == 0 {
        return Ok(());
    }
    let mut all: Vec<Vec<(Column, Column)>> = vec![Vec::new()];
    for (left, right) in pairs {
        let of_pair = self::pairs(server, (&subset, left), (&superset, right))?;
        let longer = |front: &Vec<(Column, Column)>| {
            let front = front.clone();
            of_pair.iter().map(move |pair| [front.as_slice(), std::slice::from_ref(pair)].concat())
        };
        if (all.len() * of_pair.len()) as u64 > SETS_MAX {
            return Err(server.asks_too_much());
        }
        all = all.iter().flat_map(longer).collect();
    }
    for set in all {
        let (left, right): (Vec<Column>, Vec<Column>) = set.into_iter().unzip();
        let values = distinct(server, &superset, &right)?;
        if !key.admits(share(values, superset.rows)) {
            continue;
        }
        let question = Inclusion { subset: &subset, superset: &superset, left, right };
        let missing = server.number(&question.missing())?;
        let strength = share(subset.rows - missing, subset.rows);
        if report.threshold.admits(strength) {
            write_inclusion(server, &question, (strength, report.violations_max), xml)?;
        }
    }
    Ok(())
}

/// The pairs of columns that two choices mean. Wildcards mean those that can be compared.
fn pairs(
    server: &Server<'_>,
    (subset, left): (&Table, &ColumnChoice),
    (superset, right): (&Table, &ColumnChoice),
) -> Result<Vec<(Column, Column)>, Trouble> {
    let lefts = columns(server, subset, left, Column::is_discrete)?;
    let rights = columns(server, superset, right, Column::is_discrete)?;
    let mut found = Vec::new();
    for left in &lefts {
        let fits = |right: &&Column| {
            left.class() == right.class()
                && (left.type_name == "timestamp") == (right.type_name == "timestamp")
        };
        found.extend(rights.iter().filter(fits).map(|right| (left.clone(), right.clone())));
    }
    let are_named = left.name.is_some() && right.name.is_some();
    match lefts.first() {
        Some(left) if are_named && found.is_empty() => Err(server.refuses(left)),
        Some(_) | None => Ok(found),
    }
}

/// The question whether values of one table are found in another.
struct Inclusion<'a> {
    subset: &'a Table,
    superset: &'a Table,
    left: Vec<Column>,
    right: Vec<Column>,
}

impl Inclusion<'_> {
    /// Rows of the subset whose values are not found.
    fn rows(&self) -> String {
        let known = self.left.iter().map(|left| format!("s.{} IS NOT NULL", left.quoted()));
        let same = self.left.iter().zip(&self.right).map(|(left, right)| {
            let collation = collation(left, right);
            format!("p.{}{collation} = s.{}{collation}", right.quoted(), left.quoted())
        });
        format!(
            "{} AS s WHERE {} AND NOT EXISTS (SELECT 1 FROM {} AS p WHERE {})",
            self.subset.name,
            known.collect::<Vec<_>>().join(" AND "),
            self.superset.name,
            same.collect::<Vec<_>>().join(" AND "),
        )
    }

    fn missing(&self) -> String {
        format!("SELECT COUNT_BIG(*) FROM {}", self.rows())
    }

    fn violations(&self, most: u32) -> String {
        let names: Vec<String> = self.left.iter().map(|l| format!("s.{}", l.quoted())).collect();
        let names = names.join(", ");
        format!(
            "SELECT TOP ({most}) {names}, COUNT_BIG(*) AS n FROM {} GROUP BY {names} ORDER BY n \
             DESC, {names}",
            self.rows()
        )
    }
}

/// How two texts are compared where their columns would not say the same.
fn collation(left: &Column, right: &Column) -> String {
    if left.class() != Class::Text {
        return String::new();
    }
    match &left.collation {
        _ if left.binary || right.binary => " COLLATE Latin1_General_BIN2".to_owned(),
        Some(collation) if left.collation != right.collation => format!(" COLLATE {collation}"),
        Some(_) | None => String::new(),
    }
}

fn write_inclusion(
    server: &mut Server<'_>,
    question: &Inclusion<'_>,
    (strength, violations_max): (f64, u32),
    xml: &mut Xml,
) -> Result<(), Trouble> {
    server.open("InclusionProfile", true, xml);
    server.write_table("SubsetTable", question.subset, xml);
    server.write_table("SupersetTable", question.superset, xml);
    write_columns("SubsetSideColumns", &question.left, xml);
    write_columns("SupersetSideColumns", &question.right, xml);
    if !write_strength(("IsExactInclusion", "InclusionStrength"), strength, xml) {
        let rows = server.rows(&question.violations(violations_max))?;
        write_violations(("InclusionViolations", "InclusionViolationItem"), &rows, xml);
    }
    xml.close("InclusionProfile");
    Ok(())
}

/// A column, and its place in the table.
type Placed = (usize, Column);

/// The sets of columns that choices mean.
fn sets_of(
    server: &Server<'_>,
    table: &Table,
    choices: &[ColumnChoice],
) -> Result<Vec<Vec<Placed>>, Trouble> {
    let place = |column: &Column| table.columns.iter().position(|one| one.name == column.name);
    let mut named: Vec<Placed> = Vec::new();
    for choice in choices.iter().filter(|choice| choice.name.is_some()) {
        for column in columns(server, table, choice, Column::is_discrete)? {
            let place = place(&column).unwrap_or_default();
            if named.iter().all(|(known, _)| *known != place) {
                named.push((place, column));
            }
        }
    }
    let discrete = table.columns.iter().enumerate().filter(|(_, column)| column.is_discrete());
    let others: Vec<usize> = discrete.map(|(place, _)| place).collect();
    let places: Vec<usize> = named.iter().map(|(place, _)| *place).collect();
    let wildcards = choices.len() - choices.iter().filter(|one| one.name.is_some()).count();
    let column = |place: usize| {
        let named = named.iter().find(|(known, _)| *known == place).map(|(_, column)| column);
        (place, named.unwrap_or(&table.columns[place]).clone())
    };
    if count(&places, &others, wildcards) > SETS_MAX {
        return Err(server.asks_too_much());
    }
    let sets = sets(&places, &others, wildcards);
    Ok(sets.into_iter().map(|set| set.into_iter().map(column).collect()).collect())
}

/// How many different values the columns have together.
fn distinct(server: &mut Server<'_>, table: &Table, columns: &[Column]) -> Result<i64, Trouble> {
    let names = aliases(columns, "k").of(columns);
    server.number(&format!(
        "SELECT COUNT_BIG(*) FROM (SELECT DISTINCT {names} FROM {}) AS d",
        table.name
    ))
}

/// Names for columns inside a query, which may have any themselves.
struct Aliases(Vec<String>);

fn aliases(columns: &[Column], prefix: &str) -> Aliases {
    Aliases((1..=columns.len()).map(|at| format!("{prefix}{at}")).collect())
}

impl Aliases {
    /// `[A] AS k1, [B] AS k2`.
    fn of(&self, columns: &[Column]) -> String {
        let named = columns.iter().zip(&self.0);
        named
            .map(|(one, name)| format!("{} AS {name}", one.compared()))
            .collect::<Vec<_>>()
            .join(", ")
    }

    /// `d.k1, d.k2`.
    fn from(&self, table: &str) -> String {
        self.0.iter().map(|name| format!("{table}.{name}")).collect::<Vec<_>>().join(", ")
    }
}

/// `[A], [B]`.
fn grouped(columns: &[Column]) -> String {
    columns.iter().map(Column::compared).collect::<Vec<_>>().join(", ")
}

#[expect(clippy::cast_precision_loss, reason = "counts of rows")]
fn share(part: i64, of: i64) -> f64 {
    if of == 0 { 0.0 } else { part as f64 / of as f64 }
}

fn write_columns(list: &str, columns: &[Column], xml: &mut Xml) {
    xml.open(list, &[]);
    columns.iter().for_each(|column| column.write("Column", xml));
    xml.close(list);
}

/// Says how strong a relation is, and whether it has no exception.
fn write_strength((is_exact, name): (&str, &str), strength: f64, xml: &mut Xml) -> bool {
    let exact = strength >= 1.0;
    xml.leaf(is_exact, if exact { "true" } else { "false" });
    if !exact {
        xml.leaf(name, &digits(strength, STRENGTH_DIGITS));
    }
    exact
}

fn write_values(list: &str, values: &[Value], xml: &mut Xml) {
    xml.open(list, &[]);
    values.iter().for_each(|value| xml.value("ColumnValue", shown(value).as_deref()));
    xml.close(list);
}

/// Values with how many rows have them.
fn write_violations((list, item): (&str, &str), rows: &[Vec<Value>], xml: &mut Xml) {
    if rows.is_empty() {
        return xml.empty(list, &[]);
    }
    xml.open(list, &[]);
    for row in rows {
        let Some((count, values)) = row.split_last() else { continue };
        xml.open(item, &[]);
        write_values("ColumnValues", values, xml);
        xml.leaf("Count", &number(count).to_string());
        xml.close(item);
    }
    xml.close(list);
}
