//! Rows with errors: what each column's dispositions make of them.
//!
//! Rules: an error or truncation fails the component, is ignored (the value stays NULL, or what
//! is left of the text) or redirects the row to the error output with `ErrorCode` and
//! `ErrorColumn`. The first column with an error decides where a row goes.

use model::dts;
use package::Disposition;

use crate::{Failure, Rule};

/// A row that leaves by the error output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowError {
    /// Number of the row in its batch.
    pub row: u32,
    /// What ErrorCode gets.
    pub code: u32,
    /// What ErrorColumn gets.
    pub column: i32,
}

/// A value that could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValueError {
    /// Number of the row in its batch.
    pub row: u32,
    /// Why.
    pub code: u32,
    /// Whether text was cut off, and not more than that.
    pub truncation: bool,
}

/// The rows of a batch that leave by the error output, found column by column.
#[derive(Clone, Debug, Default)]
pub struct RowErrors(Vec<RowError>);

impl RowErrors {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds what went wrong in one column; fails if its dispositions say so.
    pub fn add(
        &mut self,
        rule: &Rule,
        errors: impl IntoIterator<Item = ValueError>,
    ) -> Result<(), Failure> {
        for error in errors {
            let disposition = if error.truncation {
                rule.dispositions.truncation
            } else {
                rule.dispositions.error
            };
            match disposition {
                Disposition::IgnoreFailure => {}
                Disposition::RedirectRow => {
                    self.0.push(RowError { row: error.row, code: error.code, column: rule.id });
                }
                Disposition::FailComponent | Disposition::NotUsed => {
                    return Err(rule.failure(error.code, error.truncation));
                }
            }
        }
        Ok(())
    }

    /// The rows in order, each once, with the error that came first.
    pub fn into_rows(mut self) -> Vec<RowError> {
        // The sort is stable: of one row's errors the first added stays first.
        self.0.sort_by_key(|error| error.row);
        self.0.dedup_by_key(|error| error.row);
        self.0
    }

    /// Whether no row leaves.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Rule {
    /// The failure of a component whose disposition says to fail.
    pub fn failure(&self, code: u32, truncation: bool) -> Failure {
        if truncation {
            return Failure::new(
                dts::DTS_E_INDUCEDTRANSFORMFAILUREONTRUNCATION,
                format!(
                    "SSIS Error Code DTS_E_INDUCEDTRANSFORMFAILUREONTRUNCATION. The \"{}\" failed because truncation occurred, and the truncation row disposition on \"{}\" specifies failure on truncation.",
                    self.subject, self.name
                ),
            );
        }
        Failure::new(
            dts::DTS_E_INDUCEDTRANSFORMFAILUREONERROR,
            format!(
                "SSIS Error Code DTS_E_INDUCEDTRANSFORMFAILUREONERROR. The \"{}\" failed because error code 0x{code:08X} occurred, and the error row disposition on \"{}\" specifies failure on error.",
                self.subject, self.name
            ),
        )
    }
}
