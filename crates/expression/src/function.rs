//! The functions of the language: names, arguments, and what each computes for one row.
//!
//! Types of arguments and results are settled in `compile/call.rs`; here arguments have the types
//! that the function works on. NULL in, NULL out, unless said otherwise.

use model::{DataType, Value};

use crate::fault::Fault;
use crate::scope::Context;

pub(crate) mod date;
pub(crate) mod math;
pub(crate) mod text;

pub(crate) use date::DatePart;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    Abs,
    Ceiling,
    Exp,
    Floor,
    Ln,
    Log,
    Power,
    Round,
    Sign,
    Square,
    Sqrt,
    CodePoint,
    FindString,
    Hex,
    Left,
    Len,
    Lower,
    Ltrim,
    Replace,
    Replicate,
    Reverse,
    Right,
    Rtrim,
    Substring,
    Token,
    TokenCount,
    Trim,
    Upper,
    DateAdd(DatePart),
    DateDiff(DatePart),
    DatePart(DatePart),
    Day,
    GetDate,
    GetUtcDate,
    Month,
    Year,
    IsNull,
    ReplaceNull,
}

/// Name and number of arguments. Those with a date part are listed with any; the compiler puts
/// in the one that is written.
const FUNCTIONS: &[(&str, usize, Function)] = &[
    ("ABS", 1, Function::Abs),
    ("CEILING", 1, Function::Ceiling),
    ("EXP", 1, Function::Exp),
    ("FLOOR", 1, Function::Floor),
    ("LN", 1, Function::Ln),
    ("LOG", 1, Function::Log),
    ("POWER", 2, Function::Power),
    ("ROUND", 2, Function::Round),
    ("SIGN", 1, Function::Sign),
    ("SQUARE", 1, Function::Square),
    ("SQRT", 1, Function::Sqrt),
    ("CODEPOINT", 1, Function::CodePoint),
    ("FINDSTRING", 3, Function::FindString),
    ("HEX", 1, Function::Hex),
    ("LEFT", 2, Function::Left),
    ("LEN", 1, Function::Len),
    ("LOWER", 1, Function::Lower),
    ("LTRIM", 1, Function::Ltrim),
    ("REPLACE", 3, Function::Replace),
    ("REPLICATE", 2, Function::Replicate),
    ("REVERSE", 1, Function::Reverse),
    ("RIGHT", 2, Function::Right),
    ("RTRIM", 1, Function::Rtrim),
    ("SUBSTRING", 3, Function::Substring),
    ("TOKEN", 3, Function::Token),
    ("TOKENCOUNT", 2, Function::TokenCount),
    ("TRIM", 1, Function::Trim),
    ("UPPER", 1, Function::Upper),
    ("DATEADD", 3, Function::DateAdd(DatePart::Day)),
    ("DATEDIFF", 3, Function::DateDiff(DatePart::Day)),
    ("DATEPART", 2, Function::DatePart(DatePart::Day)),
    ("DAY", 1, Function::Day),
    ("GETDATE", 0, Function::GetDate),
    ("GETUTCDATE", 0, Function::GetUtcDate),
    ("MONTH", 1, Function::Month),
    ("YEAR", 1, Function::Year),
    ("ISNULL", 1, Function::IsNull),
    ("REPLACENULL", 2, Function::ReplaceNull),
];

impl Function {
    /// The function with this name, in any letter case, and how many arguments it has.
    pub(crate) fn named(name: &str) -> Option<(Self, usize)> {
        let entry = FUNCTIONS.iter().find(|entry| entry.0.eq_ignore_ascii_case(name))?;
        Some((entry.2, entry.1))
    }

    /// A name that was perhaps meant, for a hint.
    pub(crate) fn similar(name: &str) -> Option<&'static str> {
        const OTHERS: &[(&str, &str)] = &[
            ("ISNULLOREMPTY", "ISNULL"),
            ("IIF", "condition ? a : b"),
            ("IF", "condition ? a : b"),
            ("COALESCE", "REPLACENULL"),
            ("NVL", "REPLACENULL"),
            ("CHARINDEX", "FINDSTRING"),
            ("CONVERT", "a cast such as (DT_WSTR,20)"),
            ("CAST", "a cast such as (DT_WSTR,20)"),
            ("DATENAME", "DATEPART"),
            ("LENGTH", "LEN"),
            ("SUBSTR", "SUBSTRING"),
            ("CEIL", "CEILING"),
        ];
        OTHERS.iter().find(|(from, _)| from.eq_ignore_ascii_case(name)).map(|(_, to)| *to)
    }

    /// The name as the documentation writes it.
    pub(crate) fn name(self) -> &'static str {
        let same = |other: Self| std::mem::discriminant(&other) == std::mem::discriminant(&self);
        FUNCTIONS.iter().find(|entry| same(entry.2)).map_or("", |entry| entry.0)
    }

    /// Whether the same arguments always give the same result, so that a call with literals can
    /// be computed once and for all.
    pub(crate) const fn is_pure(self) -> bool {
        !matches!(self, Self::GetDate | Self::GetUtcDate)
    }
}

/// What a call is computed with.
pub(crate) struct Call<'a> {
    pub(crate) function: Function,
    /// The types of the arguments.
    pub(crate) types: &'a [DataType],
    pub(crate) context: &'a Context,
}

impl Call<'_> {
    /// Computes the function for one row.
    pub(crate) fn apply(&self, arguments: &[Value]) -> Result<Value, Fault> {
        match self.function {
            Function::IsNull => Ok(Value::Bool(arguments.iter().any(Value::is_null))),
            Function::ReplaceNull => {
                Ok(arguments.iter().find(|value| !value.is_null()).cloned().unwrap_or_default())
            }
            _ if arguments.iter().any(Value::is_null) => Ok(Value::Null),
            Function::Abs
            | Function::Ceiling
            | Function::Exp
            | Function::Floor
            | Function::Ln
            | Function::Log
            | Function::Power
            | Function::Round
            | Function::Sign
            | Function::Square
            | Function::Sqrt => math::apply(self, arguments),
            Function::CodePoint
            | Function::FindString
            | Function::Hex
            | Function::Left
            | Function::Len
            | Function::Lower
            | Function::Ltrim
            | Function::Replace
            | Function::Replicate
            | Function::Reverse
            | Function::Right
            | Function::Rtrim
            | Function::Substring
            | Function::Token
            | Function::TokenCount
            | Function::Trim
            | Function::Upper => text::apply(self, arguments),
            Function::DateAdd(_)
            | Function::DateDiff(_)
            | Function::DatePart(_)
            | Function::Day
            | Function::GetDate
            | Function::GetUtcDate
            | Function::Month
            | Function::Year => date::apply(self, arguments),
        }
    }
}
