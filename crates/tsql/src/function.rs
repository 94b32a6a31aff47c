//! The scalar functions and aggregates of T-SQL, as a table that a binder looks them up in.
//!
//! A [`Function`] says how many arguments it takes, of which type its result is, and how to
//! evaluate it; an aggregate is an accumulator (see [`Aggregate`]). Functions are pure: the
//! clock, new ids and the random sequence come with the [`Session`]. Names that T-SQL has and
//! this table has not are refused by name.
//!
//! COALESCE, IIF, CHOOSE, ISNULL and NULLIF are here with all arguments evaluated; a binder that
//! wants them to stop at the first that counts rewrites them as CASE.
//!
//! Source: T-SQL reference, "Functions", the page of each.

mod aggregate;
mod bits;
mod checksum;
mod choose;
mod clock;
mod date;
mod date_bucket;
mod date_from_parts;
mod date_part;
mod digest;
mod format;
mod format_date;
mod format_number;
mod json;
mod json_build;
mod json_modify;
mod math;
mod message;
mod meta;
mod number_text;
mod parse;
mod random;
mod replace;
mod sound;
mod text;
mod text_build;
mod types;

pub use aggregate::{Accumulator, Aggregate, aggregate_type};
pub use date::at_time_zone;
pub use date_part::DatePart;
pub(crate) use json::{open_json, open_json_with};
pub(crate) use json_build::json_build;
pub(crate) use json_modify::json_modify;
pub use message::{MessageArgument, format_message};
pub(crate) use parse::parse_text;
pub use random::Rand;

use std::cell::Cell;

use crate::collation::Collation;
use crate::types::{Length, SqlType};
use crate::value::{ConvertOptions, DateSettings, OffsetValue, SqlError, SqlValue, convert};
use crate::value::{cut_text, utf16_len};

/// What a function may ask of the session that calls it.
pub struct Session<'a> {
    /// The time of the statement, which all its clock functions show.
    pub now: OffsetValue,
    /// SET DATEFORMAT and SET LANGUAGE.
    pub dates: DateSettings,
    /// SET DATEFIRST: the first day of the week, 1 for Monday to 7 for Sunday.
    pub date_first: u8,
    /// The sequence of RAND.
    pub rand: &'a Cell<Rand>,
    /// A new random id for NEWID.
    pub new_id: &'a dyn Fn() -> [u8; 16],
}

/// One call of a function.
pub struct Call<'a> {
    /// The arguments' values.
    pub args: &'a [SqlValue],
    /// The arguments' types, as bound.
    pub types: &'a [SqlType],
    /// The result's type, as [`Function::result`] gave it.
    pub result: &'a SqlType,
    /// The collation of the text arguments.
    pub collation: Collation,
    /// The session.
    pub session: &'a Session<'a>,
}

/// A function of the table.
pub struct Function {
    /// The name, upper case.
    pub name: &'static str,
    /// The smallest number of arguments.
    pub min: usize,
    /// The largest number of arguments; `usize::MAX` for no limit.
    pub max: usize,
    /// Whether the first argument is a bare datepart such as `day`, passed as its name.
    pub takes_date_part: bool,
    /// Whether a NULL argument makes the result NULL.
    pub strict: bool,
    /// The type of the result for these argument types.
    pub result: fn(&[SqlType]) -> Result<SqlType, SqlError>,
    evaluate: fn(&Call<'_>) -> Result<SqlValue, SqlError>,
}

/// Every scalar function, grouped by file.
pub const FUNCTIONS: &[&[Function]] = &[
    text::FUNCTIONS,
    text_build::FUNCTIONS,
    replace::FUNCTIONS,
    number_text::FUNCTIONS,
    sound::FUNCTIONS,
    format::FUNCTIONS,
    message::FUNCTIONS,
    clock::FUNCTIONS,
    date::FUNCTIONS,
    date_from_parts::FUNCTIONS,
    math::FUNCTIONS,
    random::FUNCTIONS,
    choose::FUNCTIONS,
    meta::FUNCTIONS,
    json::FUNCTIONS,
    json_build::FUNCTIONS,
    digest::FUNCTIONS,
    date_bucket::FUNCTIONS,
    bits::FUNCTIONS,
    checksum::FUNCTIONS,
];

/// Functions of T-SQL that are not here, so that they are refused as such and not as misspelt.
const REFUSED: &[&str] = &[
    "AI_ANALYZE_SENTIMENT",
    "AI_CLASSIFY",
    "AI_EXTRACT",
    "AI_FIX_GRAMMAR",
    "AI_GENERATE_CHUNKS",
    "AI_GENERATE_EMBEDDINGS",
    "AI_GENERATE_RESPONSE",
    "AI_SUMMARIZE",
    "AI_TRANSLATE",
    "APPLOCK_MODE",
    "APPLOCK_TEST",
    "APPROX_PERCENTILE_CONT",
    "APPROX_PERCENTILE_DISC",
    "ASYMKEYPROPERTY",
    "ASYMKEY_ID",
    "BASE64_DECODE",
    "BASE64_ENCODE",
    "CERTENCODED",
    "CERTPRIVATEKEY",
    "CERTPROPERTY",
    "CERT_ID",
    "CHANGE_TRACKING_CURRENT_VERSION",
    "CHANGE_TRACKING_IS_COLUMN_IN_MASK",
    "CHANGE_TRACKING_MIN_VALID_VERSION",
    "COLUMNS_UPDATED",
    "CURRENT_TIMEZONE",
    "CURRENT_TIMEZONE_ID",
    "DECRYPTBYASYMKEY",
    "DECRYPTBYCERT",
    "DECRYPTBYKEY",
    "DECRYPTBYKEYAUTOASYMKEY",
    "DECRYPTBYKEYAUTOCERT",
    "DECRYPTBYPASSPHRASE",
    "EDIT_DISTANCE",
    "EDIT_DISTANCE_SIMILARITY",
    "ENCRYPTBYASYMKEY",
    "ENCRYPTBYCERT",
    "ENCRYPTBYKEY",
    "ENCRYPTBYPASSPHRASE",
    "EVENTDATA",
    "GET_FILESTREAM_TRANSACTION_CONTEXT",
    "IS_OBJECTSIGNED",
    "JARO_WINKLER_DISTANCE",
    "JARO_WINKLER_SIMILARITY",
    "JSON_ARRAYAGG",
    "JSON_CONTAINS",
    "JSON_OBJECTAGG",
    "KEY_GUID",
    "KEY_ID",
    "KEY_NAME",
    "NEWSEQUENTIALID",
    "PRODUCT",
    "PUBLISHINGSERVERNAME",
    "PWDCOMPARE",
    "PWDENCRYPT",
    "REGEXP_COUNT",
    "REGEXP_INSTR",
    "REGEXP_LIKE",
    "REGEXP_REPLACE",
    "REGEXP_SUBSTR",
    "SESSION_ID",
    "SIGNBYASYMKEY",
    "SIGNBYCERT",
    "SYMKEYPROPERTY",
    "TERTIARY_WEIGHTS",
    "TEXTPTR",
    "TEXTVALID",
    "TRIGGER_NESTLEVEL",
    "UNISTR",
    "VECTORPROPERTY",
    "VECTOR_DISTANCE",
    "VECTOR_NORM",
    "VECTOR_NORMALIZE",
    "VERIFYSIGNEDBYASYMKEY",
    "VERIFYSIGNEDBYCERT",
];

/// The function of this name, in any case.
pub fn function_named(name: &str) -> Result<&'static Function, SqlError> {
    let found =
        FUNCTIONS.iter().flat_map(|group| group.iter()).find(|f| f.name.eq_ignore_ascii_case(name));
    match found {
        Some(function) => Ok(function),
        None if REFUSED.iter().any(|refused| refused.eq_ignore_ascii_case(name)) => {
            Err(SqlError::unsupported(name))
        }
        None => Err(SqlError::function_unknown(name)),
    }
}

impl Function {
    /// A function that is NULL for NULL.
    const fn new(
        name: &'static str,
        args: (usize, usize),
        result: fn(&[SqlType]) -> Result<SqlType, SqlError>,
        evaluate: fn(&Call<'_>) -> Result<SqlValue, SqlError>,
    ) -> Self {
        let (min, max) = args;
        Self { name, min, max, takes_date_part: false, strict: true, result, evaluate }
    }

    /// The same, which sees NULL arguments itself.
    const fn lenient(self) -> Self {
        Self { strict: false, ..self }
    }

    /// The same, with a datepart first.
    const fn with_date_part(self) -> Self {
        Self { takes_date_part: true, ..self }
    }

    /// Refuses a wrong number of arguments, and gives the type of the result.
    pub fn bind(&self, types: &[SqlType]) -> Result<SqlType, SqlError> {
        let name = self.name.to_ascii_lowercase();
        if types.len() < self.min || self.max < types.len() {
            return Err(match self.min == self.max {
                true => SqlError::argument_count(&name, self.min),
                false => SqlError::argument_count_between(&name, self.min, self.max.min(255)),
            });
        }
        (self.result)(types)
    }

    /// The value of a call.
    pub fn call(&self, call: &Call<'_>) -> Result<SqlValue, SqlError> {
        if self.strict && call.args.iter().any(|arg| arg.unwrapped().is_null()) {
            return Ok(SqlValue::Null);
        }
        (self.evaluate)(call)
    }
}

impl Call<'_> {
    fn options(&self) -> ConvertOptions {
        ConvertOptions { style: None, dates: self.session.dates }
    }

    /// An argument as another type.
    fn as_type(&self, at: usize, ty: &SqlType) -> Result<SqlValue, SqlError> {
        convert(self.args.get(at).unwrap_or(&SqlValue::Null), ty, self.options())
    }

    /// An argument as text; NULL is empty.
    fn text(&self, at: usize) -> Result<String, SqlError> {
        let value = self.args.get(at).unwrap_or(&SqlValue::Null);
        if let Some(text) = value.as_str() {
            return Ok(text.to_owned());
        }
        let text = convert(value, &SqlType::NVARCHAR_MAX, self.options())?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    /// An argument as a whole number; NULL is 0.
    fn integer(&self, at: usize) -> Result<i64, SqlError> {
        let value = self.args.get(at).unwrap_or(&SqlValue::Null).unwrapped();
        if let Some(number) = value.as_i64() {
            return Ok(number);
        }
        Ok(convert(value, &SqlType::Int, self.options())?.as_i64().unwrap_or(0))
    }

    /// An argument as a double; NULL is 0.
    fn float(&self, at: usize) -> Result<f64, SqlError> {
        let value = self.args.get(at).unwrap_or(&SqlValue::Null).unwrapped();
        if let Some(number) = value.as_f64() {
            return Ok(number);
        }
        Ok(convert(value, &SqlType::Float, self.options())?.as_f64().unwrap_or(0.0))
    }

    /// Text as the result's type, cut to its length.
    fn text_result(&self, text: String) -> SqlValue {
        let text = match self.result.length() {
            Some(Length::N(n)) if usize::from(n) < text.len() => cut_text(&text, usize::from(n)),
            _ => text,
        };
        match self.result.kind().is_unicode() {
            true => SqlValue::nvarchar(text),
            false => SqlValue::varchar(text),
        }
    }

    /// A length or position as the result's type, `int` or `bigint`.
    fn count_result(&self, count: usize) -> SqlValue {
        if *self.result == SqlType::BigInt {
            return SqlValue::BigInt(i64::try_from(count).unwrap_or(i64::MAX));
        }
        SqlValue::Int(i32::try_from(count).unwrap_or(i32::MAX))
    }
}

/// UTF-16 units of a text, for functions that count and cut.
fn units(text: &str) -> Vec<u16> {
    let mut found = Vec::with_capacity(utf16_len(text));
    found.extend(text.encode_utf16());
    found
}

#[cfg(test)]
mod tests;
