//! The properties of a Fuzzy Grouping, understood.
//!
//! Names and numbers: custom properties page.

use model::{DataType, dts};
use package::{InputColumn, OutputColumn};

use super::FuzzyGrouping;
use crate::transform::fuzzy::{self, Exact, Rules};
use crate::transform::fuzzy_lookup::{flags, is_fuzzy, passed};
use crate::transform::lineage;
use crate::{Build, Combine, Invalid};

/// The least similarity when a package does not say.
const MIN_SIMILARITY: f64 = 0.8;

/// A column that must be equal.
pub(super) struct ExactColumn {
    pub(super) position: usize,
    pub(super) compared: Exact,
}

/// A column that is compared fuzzily.
pub(super) struct FuzzyColumn {
    pub(super) position: usize,
    /// Whether the numerals at the start must be equal.
    pub(super) leading_numerals: bool,
    /// Whether the numerals at the end must be equal.
    pub(super) trailing_numerals: bool,
    compared: fuzzy::Column,
}

/// An output column.
pub(super) enum Column {
    /// The number of the row.
    KeyIn,
    /// The number of the canonical row.
    KeyOut,
    /// How alike both are.
    Similarity,
    /// How alike the fuzzy columns with this number are.
    FuzzySimilarity(usize),
    /// Passed through from this place.
    Passed(usize),
    /// The canonical row's value of the column at this place.
    Canonical(usize),
}

/// Builds a Fuzzy Grouping.
pub(crate) fn build(build: &Build<'_>) -> Result<Box<dyn Combine>, Invalid> {
    let (mut exact, mut fuzzy) = (Vec::new(), Vec::new());
    let input = build.input(0)?;
    for column in &build.component.inputs[0].columns {
        let Some(position) = input.position(&column.lineage_id) else { continue };
        if !fuzzy::compares(column) {
            continue;
        }
        let data_type = input.columns[position].data_type;
        let flags = flags(build, column)?;
        if is_fuzzy(build, column, "ExactFuzzy")? {
            fuzzy.push(fuzzy_column(build, column, (position, data_type, flags))?);
        } else if data_type.is_long() {
            return Err(Invalid::broken(
                dts::DTS_E_TXFUZZYLOOKUP_UNSUPPORTEDDATATYPE,
                format!(
                    "\"{}\" has the type {data_type}, which cannot be compared exactly.",
                    build.input_column_name(0, column)
                ),
            ));
        } else {
            exact.push(ExactColumn { position, compared: Exact { data_type, flags } });
        }
    }
    if fuzzy.is_empty() {
        return Err(Invalid::broken(
            dts::DTS_E_TXFUZZYGROUPING_INSUFFICIENT_FUZZY_JOIN_COLUMNS,
            format!("\"{}\" compares no column fuzzily.", build.component.name),
        ));
    }
    let rules =
        Rules::of(build, MIN_SIMILARITY, fuzzy.iter().map(|column| column.compared).collect())?;
    let main = build.main_output()?;
    let outputs = build.component.outputs[main].columns.iter();
    let columns =
        outputs.map(|column| output(build, main, column, &fuzzy)).collect::<Result<_, _>>()?;
    let memory_max = fuzzy::memory_max(build)?;
    let layout = build.output(main)?.clone();
    Ok(Box::new(FuzzyGrouping { rules, exact, fuzzy, columns, memory_max, main, layout }))
}

fn fuzzy_column(
    build: &Build<'_>,
    column: &InputColumn,
    (position, data_type, flags): (usize, DataType, i32),
) -> Result<FuzzyColumn, Invalid> {
    const NUMERALS: &str = "LeadingTrailingNumeralsSignificant";
    if !matches!(data_type, DataType::Str { .. } | DataType::WStr { .. }) {
        return Err(Invalid::broken(
            dts::DTS_E_FG_FUZZY_MATCH_ON_NONSTRING,
            format!(
                "\"{}\" has the type {data_type}; only DT_STR and DT_WSTR can be compared fuzzily.",
                build.input_column_name(0, column)
            ),
        ));
    }
    let text = |name: &str| column.property(name).unwrap_or_default().trim();
    let (leading_numerals, trailing_numerals) = match text(NUMERALS) {
        "" | "0" => (false, false),
        "1" => (true, false),
        "2" => (false, true),
        "3" => (true, true),
        other => return Err(build.bad_property(NUMERALS, other)),
    };
    let min_similarity = fuzzy::min_similarity(build, text("MinSimilarity"), 0.0)?;
    let compared = fuzzy::Column { flags, min_similarity };
    Ok(FuzzyColumn { position, leading_numerals, trailing_numerals, compared })
}

fn output(
    build: &Build<'_>,
    main: usize,
    column: &OutputColumn,
    fuzzy: &[FuzzyColumn],
) -> Result<Column, Invalid> {
    const KIND: &str = "ColumnType";
    let name = build.output_column_name(main, column);
    let own = lineage(&column.properties, "InputID");
    let other = lineage(&column.properties, "SourceInputColumnLineageID");
    let from = if own.is_empty() { other } else { own };
    let source = || passed(build, (&name, column.data_type), &from);
    let of_type = |allowed: &[DataType], kind: Column| {
        if allowed.contains(&column.data_type) {
            return Ok(kind);
        }
        Err(Invalid::broken(
            dts::DTS_E_TXFUZZYLOOKUP_UNSUPPORTEDDATATYPE,
            format!("\"{name}\" has the type {}; it must be {}.", column.data_type, allowed[0]),
        ))
    };
    let (keys, scores) = ([DataType::I4, DataType::I8], [DataType::R4, DataType::R8]);
    match column.property(KIND).unwrap_or_default().trim() {
        "1" => of_type(&keys, Column::KeyIn),
        "2" => of_type(&keys, Column::KeyOut),
        "3" => of_type(&scores, Column::Similarity),
        "4" => {
            let position = build.input(0)?.position(&from);
            let found = fuzzy.iter().position(|column| Some(column.position) == position);
            let found = found.ok_or_else(|| {
                Invalid::broken(
                    dts::DTS_E_TXFUZZYLOOKUP_PASSTHRU_COLUMN_NOT_FOUND,
                    format!(
                        "\"{name}\" is the similarity of \"{from}\", which is not compared fuzzily."
                    ),
                )
            })?;
            of_type(&scores, Column::FuzzySimilarity(found))
        }
        "5" => source().map(Column::Passed),
        "6" => source().map(Column::Canonical),
        other => Err(build.bad_property(KIND, other)),
    }
}
