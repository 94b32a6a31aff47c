//! What an expression may refer to: variables and columns, named when it is compiled, read when
//! it is evaluated.

use model::{DataType, Ticks, Value};

use crate::convert::ConvertOptions;
use crate::fault::EvalError;
use crate::locale::Locale;

/// What a scope says about a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// There is no such thing.
    Missing,
    /// There are several of that name; the expression must be more specific.
    Ambiguous,
    /// There is one, of a type that expressions cannot use (an object, an array).
    Unusable,
    /// There is one.
    Found {
        /// The number under which the caller knows it: what [`Variables::value`] is asked for, or
        /// the index of the column in the batch.
        key: usize,
        /// Its type.
        data_type: DataType,
    },
}

/// How an expression refers to a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnReference<'a> {
    /// `Name` or `[Name]`.
    Name(&'a str),
    /// `Source.Name`, the source being a component.
    Qualified {
        /// The component that makes the column.
        source: &'a str,
        /// The column.
        name: &'a str,
    },
    /// `#12`.
    LineageId(i64),
    /// `#{Package\DFT\Source.Outputs[Output].Columns[Name]}`, without `#{` and `}`.
    RefId(&'a str),
}

/// The names that an expression may use. Names of variables and columns are case-sensitive.
pub trait Scope {
    /// The variable `@[namespace::name]`, or `@name` when there is no namespace. Parameters are
    /// variables in the namespaces `$Package` and `$Project`.
    fn variable(&self, namespace: Option<&str>, name: &str) -> Lookup;

    /// The column with this name or id.
    fn column(&self, reference: ColumnReference<'_>) -> Lookup {
        let _ = reference;
        Lookup::Missing
    }

    /// Whether there are columns at all: inside a data flow there are.
    fn has_columns(&self) -> bool {
        false
    }
}

/// A scope without any names: literals and functions only.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoNames;

impl Scope for NoNames {
    fn variable(&self, _: Option<&str>, _: &str) -> Lookup {
        Lookup::Missing
    }
}

/// The values of variables.
pub trait Variables {
    /// The value of the variable that [`Lookup::Found`] gave `key` for.
    ///
    /// # Errors
    ///
    /// When it cannot be read, for example because its own expression fails.
    fn value(&self, key: usize) -> Result<Value, EvalError>;
}

/// No variables.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoVariables;

impl Variables for NoVariables {
    fn value(&self, _: usize) -> Result<Value, EvalError> {
        Ok(Value::Null)
    }
}

/// The world around an evaluation: the clock and the locale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context {
    /// The local time, for GETDATE.
    pub now_local: Ticks,
    /// The time in UTC, for GETUTCDATE.
    pub now_utc: Ticks,
    /// How numbers and dates are written.
    pub locale: Locale,
}

impl Context {
    /// How casts convert.
    pub(crate) fn convert_options(&self) -> ConvertOptions {
        ConvertOptions {
            locale: self.locale,
            fast_parse: false,
            iso_dates: true,
            today: i32::try_from(self.now_local.days_since_1970()).unwrap_or_default(),
        }
    }
}
