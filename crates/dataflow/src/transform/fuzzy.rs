//! How alike rows are: what Fuzzy Lookup and Fuzzy Grouping share.
//!
//! SSIS documents what its scores mean, not how they come about. The scoring here is our own and
//! keeps to what is documented: tokens between delimiters, 0 to 1, 1 only for what is the same
//! token for token, thresholds for columns and rows, at least a piece of a token in common.
//!
//! * Two tokens are as alike as 1 minus the edits (a letter more, less or another, two letters
//!   swapped) by the length of the longer one; below [`ALIKE_MIN`] they are not alike at all.
//! * A token weighs the more the rarer it is in the reference: ln(1 + rows / rows with it). A
//!   token that the reference does not have weighs what its tokens weigh on average.
//! * Tokens of the two sides are paired, the most alike first. A column's similarity is the weight
//!   of the pairs, each times how alike it is, by the weight of all tokens of both sides; tokens
//!   in another order cost up to [`DISORDER_COST`] of it.
//! * A row's similarity is that of its fuzzy columns, each counting with the weight of its tokens.
//!   A column that is empty on both sides counts nothing and is the same on both.
//!
//! Without Exhaustive a token is only compared with those that it has three letters in a row in
//! common with, the ends of a token counting as letters. Every row is found of which a token is
//! alike to one that is looked for.

mod fold;
mod index;
mod keys;
mod token;
mod vocabulary;

pub(crate) use fold::unsupported_flags;
pub(crate) use index::{Found, Index};
pub(crate) use keys::{Exact, key_batch, keys};

use arrow_array::{Array, StringArray};
use model::dts;
use package::InputColumn;

use crate::{Build, Context, Failure, Invalid, Stop};

/// Below this two tokens are not alike.
const ALIKE_MIN: f64 = 0.5;

/// What part of a column's similarity is lost when its tokens come in the opposite order.
const DISORDER_COST: f64 = 0.05;

/// The most that columns are alike which are not the same.
const NOT_THE_SAME_MAX: f64 = 0.9999;

/// How much less a similarity may be than a threshold and still reach it: scores are sums of
/// fractions.
const ROUNDING: f64 = 1e-9;

/// The delimiters when a package does not say: those that the documentation lists, and the blanks
/// that packages have in addition.
const DELIMITERS: &str = " \t\r\n,.;:-\"'&/\\@!?()<>[]{}|#*^%";

/// How rows are compared.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rules {
    /// Characters that separate tokens.
    pub(crate) delimiters: String,
    /// Whether tokens are compared that have no piece in common.
    pub(crate) exhaustive: bool,
    /// The least similarity of rows.
    pub(crate) min_similarity: f64,
    /// The columns that are compared fuzzily.
    pub(crate) columns: Vec<Column>,
}

/// How a column is compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Column {
    /// Which differences do not count.
    pub(crate) flags: i32,
    /// The least similarity of the column.
    pub(crate) min_similarity: f64,
}

impl Rules {
    /// The component's rules; `columns` are its fuzzy columns.
    pub(crate) fn of(
        build: &Build<'_>,
        min_similarity_default: f64,
        columns: Vec<Column>,
    ) -> Result<Self, Invalid> {
        let delimiters = match build.component.property("Delimiters") {
            None | Some("") => DELIMITERS,
            Some(delimiters) => delimiters,
        };
        let text = build.text("MinSimilarity").trim();
        Ok(Self {
            delimiters: delimiters.to_owned(),
            exhaustive: build.flag("Exhaustive", false)?,
            min_similarity: min_similarity(build, text, min_similarity_default)?,
            columns,
        })
    }
}

/// A threshold from its property; empty for `default`.
pub(crate) fn min_similarity(build: &Build<'_>, text: &str, default: f64) -> Result<f64, Invalid> {
    if text.is_empty() {
        return Ok(default);
    }
    let number = text.parse::<f64>().ok().filter(|number| (0.0..=1.0).contains(number));
    number.ok_or_else(|| {
        Invalid::broken(
            dts::DTS_E_TXFUZZYLOOKUP_MINSIMILARITY_INVALID,
            format!(
                "The MinSimilarity of \"{}\" is \"{text}\"; it must be a number from 0 to 1.",
                build.component.name
            ),
        )
    })
}

/// Whether an input column is compared: others are only passed through.
pub(crate) fn compares(column: &InputColumn) -> bool {
    let is_set = |name: &str, no: &[&str]| {
        let text = column.property(name).unwrap_or_default().trim();
        !text.is_empty() && !no.iter().any(|no| text.eq_ignore_ascii_case(no))
    };
    is_set("JoinToReferenceColumn", &[]) || is_set("ToBeCleaned", &["false", "0"])
}

/// The text in a row, unless it is NULL.
pub(crate) fn text_at(array: &StringArray, row: usize) -> Option<&str> {
    (!array.is_null(row)).then(|| array.value(row))
}

/// The bytes that MaxMemoryUsage, in MB, lets a component keep; `None` for no limit of its own.
pub(crate) fn memory_max(build: &Build<'_>) -> Result<Option<usize>, Invalid> {
    let megabytes = build.number("MaxMemoryUsage", 0)?;
    match usize::try_from(megabytes) {
        Ok(0) => Ok(None),
        Ok(megabytes) => Ok(Some(megabytes.saturating_mul(1 << 20))),
        Err(_) => Err(build.bad_property("MaxMemoryUsage", &megabytes.to_string())),
    }
}

/// What a component keeps in memory.
#[derive(Debug)]
pub(crate) struct Kept {
    max: Option<usize>,
    bytes: usize,
}

impl Kept {
    /// Nothing yet, and at most so much by MaxMemoryUsage.
    pub(crate) const fn new(max: Option<usize>) -> Self {
        Self { max, bytes: 0 }
    }

    /// Takes bytes of the data flow's memory budget.
    pub(crate) fn add(&mut self, bytes: usize, context: &Context<'_>) -> Result<(), Stop> {
        if let Some(max) = self.max.filter(|&max| max < self.bytes + bytes) {
            let text = format!(
                "The rows that \"{}\" must keep need more than the {} MB that its property MaxMemoryUsage allows.",
                context.name(),
                max >> 20
            );
            return Err(Failure::new(dts::DTS_E_FUZZYLOOKUP_REFERENCECACHEFULL, text).into());
        }
        context.reserve(bytes)?;
        self.bytes += bytes;
        Ok(())
    }

    /// Gives all back.
    pub(crate) fn release(&mut self, context: &Context<'_>) {
        context.release(std::mem::take(&mut self.bytes));
    }
}

#[cfg(test)]
mod tests;
