//! Expressions of components: over the columns of an input and the variables of the task.
//!
//! Variables are read once, before the first row (the data flow's contract with variables).

use std::cell::RefCell;

use arrow_array::{ArrayRef, RecordBatch};
use expression::{
    ColumnReference, Compiled, EvalError, Locale, Lookup, RowFailure, Scope, Variables,
};
use model::{DAYS_TO_1970, DataType, TICKS_PER_DAY, Ticks, Value};
use package::ColumnUsage;

use crate::{
    Build, Context, Failure, InputLayout, Invalid, Message, Stop, ValidationStatus, ValueError,
};

/// A compiled expression with the values of its variables.
pub(crate) struct Formula {
    compiled: Compiled,
    variables: Vec<String>,
    values: Vec<Value>,
    locale: Locale,
}

/// What an expression gives for a batch.
pub(crate) struct Computed {
    pub(crate) array: ArrayRef,
    pub(crate) failures: Vec<RowFailure>,
}

impl Formula {
    /// Compiles the expression of the thing called `owner`; warnings are raised.
    pub(crate) fn compile(build: &Build<'_>, text: &str, owner: &str) -> Result<Self, Invalid> {
        let scope = Names::of(build)?;
        let locale = build.locale()?;
        let compiled = Compiled::compile(text, &scope).map_err(|problems| Invalid {
            status: ValidationStatus::Broken,
            errors: problems
                .iter()
                .map(|p| {
                    Message::new(
                        p.code,
                        format!("The expression \"{text}\" on \"{owner}\" is not valid: {p}."),
                    )
                })
                .collect(),
        })?;
        for warning in compiled.warnings() {
            build.warn(
                warning.code,
                format!("The expression \"{text}\" on \"{owner}\": {warning}."),
            );
        }
        Ok(Self { compiled, variables: scope.variables.into_inner(), values: Vec::new(), locale })
    }

    pub(crate) fn text(&self) -> &str {
        self.compiled.text()
    }

    pub(crate) fn data_type(&self) -> DataType {
        self.compiled.data_type()
    }

    /// Reads the variables.
    pub(crate) fn open(&mut self, context: &Context<'_>) -> Result<(), Stop> {
        self.values.clear();
        for name in &self.variables {
            let Some(found) = context.environment().variable(name) else {
                let text = format!("The variable \"{name}\" cannot be found.");
                return Err(Failure::new(model::dts::DTS_E_VARIABLENOTFOUND, text).into());
            };
            self.values.push(found.value);
        }
        Ok(())
    }

    /// Computes all rows of a batch.
    pub(crate) fn evaluate(
        &self,
        batch: &RecordBatch,
        context: &Context<'_>,
    ) -> Result<Computed, Failure> {
        let environment = context.environment();
        let since_1970 = Ticks(environment.now().0.saturating_mul(10));
        let surroundings = expression::Context {
            now_local: environment.now_local(),
            now_utc: Ticks(since_1970.0.saturating_add(DAYS_TO_1970 * TICKS_PER_DAY)),
            locale: self.locale,
        };
        let result = self.compiled.evaluate_batch(batch, &Values(&self.values), &surroundings);
        let result = result.map_err(|error| Failure::new(error.code, sentence(&error.message)))?;
        Ok(Computed { array: result.array, failures: result.failures })
    }

    /// Puts what happened in the first row that failed in front of a failure.
    pub(crate) fn explain(&self, failure: Failure, failures: &[RowFailure]) -> Failure {
        let truncation = failure.code == model::dts::DTS_E_INDUCEDTRANSFORMFAILUREONTRUNCATION;
        let Some(first) = failures.iter().find(|row| row.is_truncation() == truncation) else {
            return failure;
        };
        failure.after(first.error_code(), sentence(&self.compiled.describe(first).message))
    }
}

/// A message of the expression crate as SSIS writes messages.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

/// A row of an expression as an error of a column.
pub(crate) fn value_error(failure: &RowFailure) -> ValueError {
    ValueError {
        row: u32::try_from(failure.row).unwrap_or(u32::MAX),
        code: failure.error_code(),
        truncation: failure.is_truncation(),
    }
}

struct Values<'a>(&'a [Value]);

impl Variables for Values<'_> {
    fn value(&self, key: usize) -> Result<Value, EvalError> {
        Ok(self.0.get(key).cloned().unwrap_or_default())
    }
}

/// What expressions of a component may name: the columns that its first input uses, and the
/// variables of the task.
struct Names<'a> {
    build: &'a Build<'a>,
    input: &'a InputLayout,
    /// Names of the variables that were asked for; their number is their key.
    variables: RefCell<Vec<String>>,
}

impl<'a> Names<'a> {
    fn of(build: &'a Build<'a>) -> Result<Self, Invalid> {
        Ok(Self { build, input: build.input(0)?, variables: RefCell::default() })
    }

    /// Places of the used columns for which `wanted` holds: given the column's name, the name of
    /// the component that made it and its lineage id.
    fn find(&self, wanted: impl Fn(&str, &str, &str) -> bool) -> Lookup {
        let used = &self.build.component.inputs[0].columns;
        let mut found = used
            .iter()
            .filter(|column| column.usage != ColumnUsage::Ignored)
            .filter_map(|column| {
                let key = self.input.position(&column.lineage_id)?;
                let arriving = &self.input.columns[key];
                let name = if column.name.is_empty() { &arriving.name } else { &column.name };
                let matches = wanted(name, &arriving.source, &column.lineage_id);
                matches.then_some(Lookup::Found { key, data_type: arriving.data_type })
            });
        match (found.next(), found.next()) {
            (None, _) => Lookup::Missing,
            (Some(one), None) => one,
            (Some(_), Some(_)) => Lookup::Ambiguous,
        }
    }
}

impl Scope for Names<'_> {
    fn variable(&self, namespace: Option<&str>, name: &str) -> Lookup {
        let full = namespace.map_or_else(|| name.to_owned(), |space| format!("{space}::{name}"));
        let Some(found) = self.build.environment.variable(&full) else { return Lookup::Missing };
        let Some(data_type) = found.data_type else { return Lookup::Unusable };
        let mut variables = self.variables.borrow_mut();
        let key = variables.iter().position(|known| *known == full).unwrap_or_else(|| {
            variables.push(full);
            variables.len() - 1
        });
        Lookup::Found { key, data_type }
    }

    fn column(&self, reference: ColumnReference<'_>) -> Lookup {
        match reference {
            ColumnReference::Name(wanted) => self.find(|name, _, _| name == wanted),
            ColumnReference::Qualified { source, name: wanted } => {
                self.find(|name, made_by, _| name == wanted && made_by == source)
            }
            ColumnReference::LineageId(id) => {
                let id = id.to_string();
                self.find(|_, _, lineage| lineage == id)
            }
            ColumnReference::RefId(id) => self.find(|_, _, lineage| lineage == id),
        }
    }

    fn has_columns(&self) -> bool {
        true
    }
}
