//! The properties of a Fuzzy Lookup, understood.
//!
//! Names and numbers: custom properties page, and packages that designers saved.

use expression::array::physical;
use model::{DataType, dts};
use package::{Component, InputColumn, OutputColumn, Property};

use super::FuzzyLookup;
use crate::database::{Link, limits, place_of};
use crate::transform::fuzzy::{self, Exact, Rules};
use crate::transform::lineage;
use crate::{Build, Combine, Invalid};
use connect::database::quoted_table;

/// What is compared and what leaves.
pub(super) struct Plan {
    pub(super) rules: Rules,
    pub(super) exact: Vec<Join>,
    pub(super) fuzzy: Vec<Join>,
    /// The output's columns.
    pub(super) columns: Vec<Column>,
    /// The reference columns that are copied, and the types of the copies.
    pub(super) copied: Vec<(String, DataType)>,
}

/// An input column that is compared with a reference column.
pub(super) struct Join {
    pub(super) position: usize,
    pub(super) reference: String,
    pub(super) compared: Exact,
    min_similarity: f64,
}

/// An output column.
pub(super) enum Column {
    /// Passed through from this place.
    Passed(usize),
    /// The copied reference column with this number.
    Copied(usize),
    /// How alike the rows are.
    Similarity,
    /// How likely the match is the right one.
    Confidence,
    /// How alike the columns of the fuzzy join with this number are.
    JoinSimilarity(usize),
}

/// What such a component is configured to do and does not do here.
pub(crate) fn unsupported(component: &Component) -> Option<&'static str> {
    let text = |name: &str| component.property(name).unwrap_or_default().trim();
    let mut joined = component.inputs.iter().flat_map(|input| &input.columns).filter(|column| {
        column.property("JoinToReferenceColumn").is_some_and(|name| !name.is_empty())
    });
    let is_set = |text: &str| !matches!(text.trim(), "" | "0");
    if joined.any(|column| column.property("FuzzyComparisonFlagsEx").is_some_and(is_set)) {
        return Some("extended comparison flags");
    }
    let is_reused = text("MatchIndexOptions") == "0" && text("ReferenceTableName").is_empty();
    is_reused.then_some("a stored match index and no reference table")
}

/// Builds a Fuzzy Lookup.
pub(crate) fn build(build: &Build<'_>) -> Result<Box<dyn Combine>, Invalid> {
    let table = build.text("ReferenceTableName").trim().to_owned();
    if table.is_empty() {
        return Err(build.bad_property("ReferenceTableName", ""));
    }
    let options = build.number("MatchIndexOptions", 1)?;
    if !(0..=3).contains(&options) {
        return Err(build.bad_property("MatchIndexOptions", &options.to_string()));
    }
    let matches = build.number("MaxOutputMatchesPerInput", 1)?;
    let matches_max = usize::try_from(matches)
        .map_err(|_| build.bad_property("MaxOutputMatchesPerInput", &matches.to_string()))?;
    let memory_max = fuzzy::memory_max(build)?;
    let (exact, fuzzy) = joins(build)?;
    let name = &build.component.name;
    if matches_max == 0 {
        let text = format!("MaxOutputMatchesPerInput of \"{name}\" is 0: no row gets a match.");
        build.warn(dts::DTS_W_TXFUZZYLOOKUP_MAXRESULTS_IS_ZERO, text);
    }
    if fuzzy.is_empty() {
        let text = format!("\"{name}\" has no fuzzy join: a Lookup does the same faster.");
        build.warn(dts::DTS_W_TXFUZZYLOOKUP_NO_FUZZY_JOIN_COLUMNS, text);
    }
    let main = build.main_output()?;
    let layout = build.output(main)?.clone();
    let (columns, copied) = columns(build, main, &fuzzy)?;
    let compared = fuzzy.iter().map(|join| fuzzy::Column {
        flags: join.compared.flags,
        min_similarity: join.min_similarity,
    });
    let rules = Rules::of(build, 0.0, compared.collect())?;
    let plan = Plan { rules, exact, fuzzy, columns, copied };
    let link = Link::of(build)?;
    let is_stored = options != 1;
    let lookup = FuzzyLookup {
        link,
        table,
        plan,
        matches_max,
        memory_max,
        is_stored,
        main,
        layout,
        reference: None,
    };
    lookup.validate(build)?;
    Ok(Box::new(lookup))
}

fn text<'p>(properties: &'p [Property], name: &str) -> &'p str {
    let found = properties.iter().find(|property| property.name.eq_ignore_ascii_case(name));
    found.map_or("", |property| property.value.as_text())
}

/// The exact and the fuzzy joins.
fn joins(build: &Build<'_>) -> Result<(Vec<Join>, Vec<Join>), Invalid> {
    let input = build.input(0)?;
    let (mut exact, mut fuzzy) = (Vec::new(), Vec::new());
    for column in &build.component.inputs[0].columns {
        let reference = text(&column.properties, "JoinToReferenceColumn");
        let Some(position) = input.position(&column.lineage_id) else { continue };
        if reference.is_empty() {
            continue;
        }
        let data_type = input.columns[position].data_type;
        let is_fuzzy = is_fuzzy(build, column, "JoinType")?;
        check_type(build, column, data_type, is_fuzzy)?;
        let join = Join {
            position,
            reference: reference.to_owned(),
            compared: Exact { data_type, flags: flags(build, column)? },
            min_similarity: fuzzy::min_similarity(
                build,
                text(&column.properties, "MinSimilarity").trim(),
                0.0,
            )?,
        };
        if is_fuzzy { fuzzy.push(join) } else { exact.push(join) }
    }
    if exact.is_empty() && fuzzy.is_empty() {
        return Err(Invalid::broken(
            dts::DTS_E_TXFUZZYLOOKUP_NO_JOIN_COLUMNS,
            format!("\"{}\" joins no input column.", build.component.name),
        ));
    }
    Ok((exact, fuzzy))
}

/// Whether a column is compared fuzzily, 2, and not exactly, 1.
pub(crate) fn is_fuzzy(
    build: &Build<'_>,
    column: &InputColumn,
    property: &str,
) -> Result<bool, Invalid> {
    match text(&column.properties, property).trim() {
        "" | "2" | "Fuzzy" => Ok(true),
        "1" | "Exact" => Ok(false),
        other => Err(build.bad_property(property, other)),
    }
}

/// FuzzyComparisonFlags; designers let them ignore case.
pub(crate) fn flags(build: &Build<'_>, column: &InputColumn) -> Result<i32, Invalid> {
    const PROPERTY: &str = "FuzzyComparisonFlags";
    let text = text(&column.properties, PROPERTY).trim();
    let flags = if text.is_empty() { Ok(crate::sort_key::IGNORE_CASE) } else { text.parse() };
    let flags = flags.ok().filter(|flags| fuzzy::unsupported_flags(*flags).is_none());
    flags.ok_or_else(|| build.bad_property(PROPERTY, text))
}

/// Whether a column of a type can be compared.
fn check_type(
    build: &Build<'_>,
    column: &InputColumn,
    data_type: DataType,
    is_fuzzy: bool,
) -> Result<(), Invalid> {
    let can = if is_fuzzy {
        matches!(data_type, DataType::Str { .. } | DataType::WStr { .. })
    } else {
        !data_type.is_long()
    };
    if can {
        return Ok(());
    }
    let how = if is_fuzzy { "fuzzily" } else { "exactly" };
    let name = build.input_column_name(0, column);
    Err(Invalid::broken(
        dts::DTS_E_TXFUZZYLOOKUP_UNSUPPORTEDDATATYPE,
        format!("\"{name}\" has the type {data_type}, which cannot be compared {how}."),
    ))
}

type Columns = (Vec<Column>, Vec<(String, DataType)>);

fn columns(build: &Build<'_>, main: usize, fuzzy: &[Join]) -> Result<Columns, Invalid> {
    let (mut columns, mut copied) = (Vec::new(), Vec::new());
    for column in &build.component.outputs[main].columns {
        let name = build.output_column_name(main, column);
        let kind = match text(&column.properties, "ColumnType").trim() {
            "" | "0" => source(build, (&name, column), &mut copied)?,
            "1" => Column::Similarity,
            "2" => Column::Confidence,
            "3" => Column::JoinSimilarity(similarity_of(build, (&name, column), fuzzy)?),
            other => return Err(build.bad_property("ColumnType", other)),
        };
        let is_score = !matches!(kind, Column::Passed(_) | Column::Copied(_));
        if is_score && !matches!(column.data_type, DataType::R4 | DataType::R8) {
            return Err(Invalid::broken(
                dts::DTS_E_TXFUZZYLOOKUP_UNSUPPORTEDDATATYPE,
                format!("\"{name}\" has the type {}; scores are DT_R4.", column.data_type),
            ));
        }
        columns.push(kind);
    }
    Ok((columns, copied))
}

/// A column that is passed through, or copied from the reference.
fn source(
    build: &Build<'_>,
    (name, column): (&str, &OutputColumn),
    copied: &mut Vec<(String, DataType)>,
) -> Result<Column, Invalid> {
    let from = lineage(&column.properties, "SourceInputColumnLineageID");
    let reference = text(&column.properties, "CopyFromReferenceColumn");
    if !reference.is_empty() {
        copied.push((reference.to_owned(), column.data_type));
        return Ok(Column::Copied(copied.len() - 1));
    }
    if from.is_empty() {
        return Err(Invalid::broken(
            dts::DTS_E_TXFUZZYLOOKUP_OUTPUT_COLUMN_MUST_BE_PASSTHRU_COLUMN_OR_A_COPY_COLUMN,
            format!("\"{name}\" is neither passed through nor copied from the reference table."),
        ));
    }
    passed(build, (name, column.data_type), &from).map(Column::Passed)
}

/// The place of an input column that is passed through.
pub(crate) fn passed(
    build: &Build<'_>,
    (name, to): (&str, DataType),
    lineage: &str,
) -> Result<usize, Invalid> {
    let input = build.input(0)?;
    let Some(position) = input.position(lineage) else {
        return Err(Invalid::broken(
            dts::DTS_E_TXFUZZYLOOKUP_PASSTHRU_COLUMN_NOT_FOUND,
            format!("The input column \"{lineage}\" of \"{name}\" was not found."),
        ));
    };
    let from = input.columns[position].data_type;
    if from != to || physical(&from) != physical(&to) {
        return Err(Invalid::broken(
            dts::DTS_E_TXFUZZYLOOKUP_INCOMPATIBLE_PASSTHRUCOLUMN_DATATYPES,
            format!("\"{name}\" ({to}) does not have the type of its input column ({from})."),
        ));
    }
    Ok(position)
}

/// The fuzzy join whose similarity a column gets.
fn similarity_of(
    build: &Build<'_>,
    (name, column): (&str, &OutputColumn),
    fuzzy: &[Join],
) -> Result<usize, Invalid> {
    let from = lineage(&column.properties, "SourceInputColumnLineageID");
    let position = build.input(0)?.position(&from);
    let join = fuzzy.iter().position(|join| Some(join.position) == position);
    join.ok_or_else(|| {
        Invalid::broken(
            dts::DTS_E_TXFUZZYLOOKUP_PASSTHRU_COLUMN_NOT_FOUND,
            format!("\"{name}\" is the similarity of \"{from}\", which is no fuzzy join."),
        )
    })
}

impl Plan {
    /// The columns that must be equal.
    pub(super) fn exact_columns(&self) -> Vec<Exact> {
        self.exact.iter().map(|join| join.compared).collect()
    }

    /// The reference columns that are needed, each once.
    pub(super) fn wanted(&self) -> Vec<&str> {
        let joined = self.exact.iter().chain(&self.fuzzy).map(|join| join.reference.as_str());
        let copied = self.copied.iter().map(|copied| copied.0.as_str());
        let mut names: Vec<&str> = Vec::new();
        for name in joined.chain(copied) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }
}

impl FuzzyLookup {
    /// Looks whether the reference table has the columns.
    fn validate(&self, build: &Build<'_>) -> Result<(), Invalid> {
        let limits = limits(0, &|| false);
        let found = self.link.look(build, |database| {
            let table = quoted_table(database.product(), &self.table);
            database.table_columns(&table, &limits)
        })?;
        if found.is_empty() {
            return Ok(());
        }
        if let Some(name) = self.plan.wanted().iter().find(|name| place_of(&found, name).is_none())
        {
            return Err(Invalid::broken(
                dts::DTS_E_TXFUZZYLOOKUP_UNABLETOLOCATEREFCOLUMN,
                format!("The reference column \"{name}\" was not found in {}.", self.table),
            ));
        }
        for join in &self.plan.fuzzy {
            let place = place_of(&found, &join.reference);
            let data_type = place.and_then(|place| found[place].data_type);
            if let Some(other) = data_type.filter(|data_type| !data_type.is_text()) {
                return Err(Invalid::broken(
                    dts::DTS_E_TXFUZZYLOOKUP_INCOMPATIBLE_FUZZY_JOIN_DATATYPES,
                    format!(
                        "The reference column \"{}\" ({other}) cannot be compared fuzzily: it is no text.",
                        join.reference
                    ),
                ));
            }
        }
        Ok(())
    }
}
