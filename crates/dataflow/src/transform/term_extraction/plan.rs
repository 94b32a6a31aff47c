//! The properties of a Term Extraction, understood.
//!
//! Names and numbers: custom properties page.

use std::collections::HashSet;

use model::{DataType, dts};
use package::{ColumnUsage, OutputColumn};

use super::{Options, TermExtraction};
use crate::database::Link;
use crate::transform::terms::TermTable;
use crate::{Build, Combine, Invalid};

/// Builds a Term Extraction.
pub(crate) fn build(build: &Build<'_>) -> Result<Box<dyn Combine>, Invalid> {
    let text = text_column(build)?;
    let options = options(build)?;
    let main = build.main_output()?;
    let (term_column, score_column) = columns(build, main)?;
    let exclusions = exclusions(build)?;
    if let Some(table) = &exclusions {
        table.validate(build)?;
    }
    Ok(Box::new(TermExtraction {
        text,
        options,
        exclusions,
        excluded: HashSet::new(),
        term_column,
        score_column,
        rule: build.rule(main, term_column),
        main,
        layout: build.output(main)?.clone(),
        kept: 0,
    }))
}

fn options(build: &Build<'_>) -> Result<Options, Invalid> {
    let wrong = |code: u32, name: &str, value: i64| {
        let component = &build.component.name;
        Invalid::broken(code, format!("The {name} of \"{component}\" cannot be {value}."))
    };
    let kind = build.number("WordOrPhrase", 0)?;
    if !(0..=2).contains(&kind) {
        return Err(wrong(dts::DTS_E_TERMEXTRACTION_INCORRECTTERMTYPE, "WordOrPhrase", kind));
    }
    let score = build.number("ScoreType", 0)?;
    if !(0..=1).contains(&score) {
        return Err(wrong(dts::DTS_E_TERMEXTRACTION_INCORRECTSCORETYPE, "ScoreType", score));
    }
    let frequency = build.number("FrequencyThreshold", 2)?;
    let frequency_min =
        u64::try_from(frequency).ok().filter(|times| 0 < *times).ok_or_else(|| {
            let code = dts::DTS_E_TERMEXTRACTION_INCORRECTFREQUENCYTHRESHOLD;
            wrong(code, "FrequencyThreshold", frequency)
        })?;
    let length = build.number("MaxLengthOfTerm", 12)?;
    let words_max = usize::try_from(length).ok().filter(|words| 0 < *words).ok_or_else(|| {
        wrong(dts::DTS_E_TERMEXTRACTION_INCORRECTMAXLENOFTERM, "MaxLengthOfTerm", length)
    })?;
    Ok(Options {
        words: kind != 1,
        phrases: kind != 0,
        is_tfidf: score == 1,
        frequency_min,
        words_max,
        is_case_sensitive: build.flag("IsCaseSensitive", false)?,
    })
}

/// The place of the one column with text.
fn text_column(build: &Build<'_>) -> Result<usize, Invalid> {
    let input = build.input(0)?;
    let columns = build.component.inputs[0].columns.iter();
    let used: Vec<_> = columns.filter(|column| column.usage != ColumnUsage::Ignored).collect();
    let position = match used.as_slice() {
        [column] => input.position(&column.lineage_id),
        _ => None,
    };
    let Some(position) = position else {
        return Err(Invalid::broken(
            dts::DTS_E_TERMEXTRACTION_INCORRECTEXACTNUMBEROFINPUTCOLUMNS,
            format!(
                "\"{}\" has {} input columns; it must be one.",
                build.component.name,
                used.len()
            ),
        ));
    };
    let data_type = input.columns[position].data_type;
    if matches!(data_type, DataType::WStr { .. } | DataType::NText) {
        return Ok(position);
    }
    Err(Invalid::broken(
        dts::DTS_E_TERMEXTRACTION_INCORRECTDATATYPEOFINPUTCOLUMN,
        format!(
            "\"{}\" has the type {data_type}; it must be DT_WSTR or DT_NTEXT.",
            build.input_column_name(0, used[0])
        ),
    ))
}

/// The numbers of the columns for the term and the score.
fn columns(build: &Build<'_>, main: usize) -> Result<(usize, usize), Invalid> {
    let columns = &build.component.outputs[main].columns;
    if columns.len() != 2 {
        return Err(Invalid::broken(
            dts::DTS_E_TERMEXTRACTION_INCORRECTEXACTNUMBEROFOUTPUTCOLUMNS,
            format!(
                "\"{}\" has {} output columns; it must be two.",
                build.component.name,
                columns.len()
            ),
        ));
    }
    let place = |wanted: fn(&OutputColumn) -> bool| columns.iter().position(wanted);
    let term = place(|c| matches!(c.data_type, DataType::WStr { .. } | DataType::NText));
    let score = place(|c| matches!(c.data_type, DataType::R4 | DataType::R8));
    term.zip(score).ok_or_else(|| {
        Invalid::broken(
            dts::DTS_E_TERMEXTRACTION_INCORRECTDATATYPEOFOUTPUTCOLUMN,
            format!(
                "The output columns of \"{}\" must be DT_WSTR or DT_NTEXT for the term and DT_R8 for the score.",
                build.component.name
            ),
        )
    })
}

/// Where the excluded terms are, if any are.
fn exclusions(build: &Build<'_>) -> Result<Option<TermTable>, Invalid> {
    // The property's name is misspelled in SSIS.
    if !build.flag("NeedRefenceData", false)? {
        return Ok(None);
    }
    let (table, column) = (build.text("OutTermTable").trim(), build.text("OutTermColumn").trim());
    if table.is_empty() || column.is_empty() {
        return Err(Invalid::broken(
            dts::DTS_E_TERMEXTRACTION_OUTTERMTABLEANDCOLUMNNOTSET,
            format!("\"{}\" has no table or column of excluded terms.", build.component.name),
        ));
    }
    Ok(Some(TermTable {
        link: Link::of(build)?,
        table: table.to_owned(),
        column: column.to_owned(),
        not_located: dts::DTS_E_TERMEXTRACTION_UNABLETOLOCATEREFCOLUMN,
    }))
}
