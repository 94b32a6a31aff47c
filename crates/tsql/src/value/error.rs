//! The errors of T-SQL values: SQL Server's numbers, severities and texts.
//!
//! Users match on the number and the text, so both are exact. One constructor per message, so
//! that a number is written once.
//!
//! Source: `sys.messages` as the T-SQL reference and the error list of the documentation give it.

use thiserror::Error;

/// An error that reaches the client as an ERROR token.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct SqlError {
    /// The message number.
    pub number: i32,
    /// The severity, 11 to 19.
    pub severity: u8,
    /// The state.
    pub state: u8,
    /// The text, parameters put in.
    pub message: String,
}

impl SqlError {
    /// An error of this number, severity and state.
    pub fn new(number: i32, severity: u8, state: u8, message: impl Into<String>) -> Self {
        Self { number, severity, state, message: message.into() }
    }
}

/// Declares one constructor per message.
macro_rules! messages {
    ($($(#[$doc:meta])* $name:ident($($arg:ident: $ty:ty),*) = $number:literal, $severity:literal,
        $state:literal, $text:literal;)*) => {
        impl SqlError {
            $($(#[$doc])* pub fn $name($($arg: $ty),*) -> Self {
                Self::new($number, $severity, $state, format!($text))
            })*
        }

        /// Every number of this table, so that a test can see that each has its own text.
        #[cfg(test)]
        const NUMBERS: &[(i32, &str)] = &[$(($number, $text)),*];
    };
}

messages! {
    /// A type that takes no sizes, or not these.
    size_not_allowed(name: &str) = 2716, 16, 1,
        "Column, parameter, or variable #1: Cannot specify a column width on data type {name}.";
    /// A type name that is not one.
    unknown_type(name: &str) = 243, 16, 1,
        "Type {name} is not a defined system type.";
    /// A precision of more digits or bits than the type has.
    precision_out_of_range(given: u32, max: u32) = 2750, 16, 1,
        "Column or parameter #1: Specified column precision {given} is greater than the maximum precision of {max}.";
    /// More digits behind the point than in all.
    scale_exceeds_precision() = 192, 15, 1,
        "The scale must be less than or equal to the precision.";
    /// More than seven digits of a second.
    scale_invalid(given: u32) = 1002, 15, 1,
        "Line 1: Specified scale {given} is invalid.";
    /// A length of zero.
    length_invalid(given: u32) = 1001, 15, 1,
        "Line 1: Length or precision specification {given} is invalid.";
    /// A length beyond what the type allows.
    length_exceeds_maximum(given: u32, name: &str, max: u16) = 131, 15, 1,
        "The size ({given}) given to the type '{name}' exceeds the maximum allowed for any data type ({max}).";
    /// Something that exists in T-SQL and not here.
    unsupported(what: &str) = 40514, 16, 1,
        "'{what}' is not supported in this version of SQL Server.";
    /// A conversion that needs CONVERT.
    implicit_not_allowed(from: &str, to: &str) = 257, 16, 3,
        "Implicit conversion from data type {from} to {to} is not allowed. Use the CONVERT function to run this query.";
    /// Two types that never convert.
    operand_clash(from: &str, to: &str) = 206, 16, 2,
        "Operand type clash: {from} is incompatible with {to}";
    /// A CAST between types that never convert.
    explicit_not_allowed(from: &str, to: &str) = 529, 16, 2,
        "Explicit conversion from data type {from} to {to} is not allowed.";
    /// An operator on a type it does not take.
    operand_invalid(name: &str, operator: &str) = 8117, 16, 1,
        "Operand data type {name} is invalid for {operator} operator.";
    /// An operator on two types it does not take together.
    types_incompatible(left: &str, right: &str, operator: &str) = 402, 16, 1,
        "The data types {left} and {right} are incompatible in the {operator} operator.";
    /// A function's argument of a type it does not take.
    argument_invalid(name: &str, position: usize, function: &str) = 8116, 16, 1,
        "Argument data type {name} is invalid for argument {position} of {function} function.";
    /// Text that is not an integer or bit.
    conversion_failed(from: &str, text: &str, to: &str) = 245, 16, 1,
        "Conversion failed when converting the {from} value '{text}' to data type {to}.";
    /// Text that is not a number of the wanted type.
    error_converting(from: &str, to: &str) = 8114, 16, 5,
        "Error converting data type {from} to {to}.";
    /// A result outside the type's range.
    overflow_expression(to: &str) = 8115, 16, 2,
        "Arithmetic overflow error converting expression to data type {to}.";
    /// A value outside the target's range.
    overflow_converting(from: &str, to: &str) = 8115, 16, 8,
        "Arithmetic overflow error converting {from} to data type {to}.";
    /// An integer outside the smaller integer type.
    overflow_value(to: &str, value: &str) = 220, 16, 2,
        "Arithmetic overflow error for data type {to}, value = {value}.";
    /// A float outside the integer type.
    overflow_float(to: &str, value: f64) = 232, 16, 3,
        "Arithmetic overflow error for type {to}, value = {value:.6}.";
    /// Money outside int or smallmoney.
    overflow_money(to: &str) = 237, 16, 1,
        "There is insufficient result space to convert a money value to {to}.";
    /// Digits outside int.
    overflow_text_int(from: &str, text: &str) = 248, 16, 1,
        "The conversion of the {from} value '{text}' overflowed an int column.";
    /// Digits outside smallint or tinyint.
    overflow_text_small(from: &str, text: &str, column: &str) = 244, 16, 1,
        "The conversion of the {from} value '{text}' overflowed an {column} column. Use a larger integer column.";
    /// A divisor of zero.
    divide_by_zero() = 8134, 16, 1,
        "Divide by zero error encountered.";
    /// A mathematical function outside its domain.
    invalid_float() = 3623, 16, 1,
        "An invalid floating point operation occurred.";
    /// Text that is not a date or time.
    date_syntax() = 241, 16, 1,
        "Conversion failed when converting date and/or time from character string.";
    /// Text that is not a smalldatetime.
    smalldatetime_syntax() = 295, 16, 3,
        "Conversion failed when converting character string to smalldatetime data type.";
    /// A date outside the target type.
    date_range(from: &str, to: &str) = 242, 16, 3,
        "The conversion of a {from} data type to a {to} data type resulted in an out-of-range value.";
    /// Text that does not follow the style.
    style_mismatch(style: i32) = 9807, 16, 0,
        "The input character string does not follow style {style}, either change the input character string or use a different style.";
    /// A style that does not exist.
    style_invalid(style: i32, from: &str) = 281, 16, 1,
        "{style} is not a valid style number when converting from {from} to a character string.";
    /// A style the conversion does not take.
    style_unsupported(style: i32, from: &str, to: &str) = 9809, 16, 1,
        "The style {style} is not supported for conversions from {from} to {to}.";
    /// Text that is not a uniqueidentifier.
    guid_syntax() = 8169, 16, 2,
        "Conversion failed when converting from a character string to uniqueidentifier.";
    /// Too few characters for a uniqueidentifier.
    guid_space() = 8170, 16, 2,
        "Insufficient result space to convert uniqueidentifier value to char.";
    /// Text that is not money.
    money_syntax() = 235, 16, 0,
        "Cannot convert a char value to money. The char value has incorrect syntax.";
    /// Too few characters for money.
    money_space(to: &str) = 234, 16, 2,
        "There is insufficient result space to convert a money value to {to}.";
    /// A string or binary too long for where it is stored.
    truncated() = 8152, 16, 30,
        "String or binary data would be truncated.";
    /// A string too long for a named column.
    truncated_in(table: &str, column: &str, value: &str) = 2628, 16, 1,
        "String or binary data would be truncated in table '{table}', column '{column}'. Truncated value: '{value}'.";
    /// A collation that does not exist.
    collation_unknown(name: &str) = 448, 16, 1,
        "Invalid collation '{name}'.";
    /// Two explicit collations, or two columns of different ones.
    collation_conflict(left: &str, right: &str, operation: &str) = 468, 16, 9,
        "Cannot resolve the collation conflict between \"{left}\" and \"{right}\" in the {operation} operation.";
    /// An ESCAPE of other than one character.
    escape_invalid(escape: &str, operator: &str) = 506, 16, 1,
        "The invalid escape character \"{escape}\" was specified in a {operator} predicate.";
    /// A negative length of LEFT or SUBSTRING.
    length_left() = 537, 16, 3,
        "Invalid length parameter passed to the LEFT or SUBSTRING function.";
    /// A negative length of RIGHT.
    length_right() = 536, 16, 4,
        "Invalid length parameter passed to the RIGHT function.";
    /// A datepart that is not one.
    date_part_unknown(part: &str, function: &str) = 155, 15, 1,
        "'{part}' is not a recognized {function} option.";
    /// A datepart that the type does not have.
    date_part_unsupported(part: &str, function: &str, ty: &str) = 9810, 16, 1,
        "The datepart {part} is not supported by date function {function} for data type {ty}.";
    /// DATEADD beyond the type's range.
    date_add_overflow(ty: &str) = 517, 16, 1,
        "Adding a value to a '{ty}' column caused an overflow.";
    /// More parts between two dates than the result holds.
    date_diff_overflow(function: &str) = 535, 16, 0,
        "The {function} function resulted in an overflow. The number of dateparts separating two date/time instances is too large. Try to use {function} with a less precise datepart.";
    /// Arguments of ...FROMPARTS that are no date.
    cannot_construct(ty: &str) = 289, 16, 1,
        "Cannot construct data type {ty}, some of the arguments have values which are not valid.";
    /// An offset that is none.
    time_zone_invalid(function: &str) = 9812, 16, 1,
        "The timezone provided to builtin function {function} is invalid.";
    /// A zone that AT TIME ZONE does not know.
    time_zone_unknown(zone: &str) = 9820, 16, 1,
        "The time zone parameter '{zone}' provided to AT TIME ZONE clause is invalid.";
    /// A wrong number of arguments.
    argument_count(function: &str, count: usize) = 174, 15, 1,
        "The {function} function requires {count} argument(s).";
    /// A wrong number of arguments.
    argument_count_between(function: &str, min: usize, max: usize) = 189, 15, 1,
        "The {function} function requires {min} to {max} arguments.";
    /// A function that does not exist.
    function_unknown(name: &str) = 195, 15, 10,
        "'{name}' is not a recognized built-in function name.";
    /// STRING_AGG beyond 8000 bytes.
    concat_too_large() = 9829, 16, 1,
        "STRING_AGG aggregation result exceeded the limit of 8000 bytes. Use LOB types to avoid result truncation.";
    /// TRANSLATE with sets of different size.
    translate_lengths() = 9828, 16, 1,
        "The second and third arguments of the TRANSLATE built-in function must contain an equal number of characters.";
    /// NULLIF of a bare NULL.
    nullif_untyped() = 4151, 16, 1,
        "The type of the first argument to NULLIF cannot be the NULL constant because the type of the first argument has to be known.";
    /// COALESCE, CASE or IIF of bare NULLs only.
    coalesce_untyped() = 4127, 16, 1,
        "At least one of the arguments to COALESCE must be an expression that is not the NULL constant.";
    /// CASE of bare NULLs only.
    case_untyped() = 8133, 16, 1,
        "At least one of the result expressions in a CASE specification must be an expression other than the NULL constant.";
    /// RAISERROR or FORMATMESSAGE with a specification that is none.
    format_spec(spec: &str) = 2787, 16, 1,
        "Invalid format specification: '{spec}'.";
    /// RAISERROR or FORMATMESSAGE with an argument of another type than the specification.
    format_argument(position: usize) = 2786, 16, 1,
        "The data type of substitution parameter {position} does not match the expected type of the format specification.";
    /// A substitution argument of a type that RAISERROR does not take.
    format_type(name: &str, position: usize) = 2748, 16, 1,
        "Cannot specify {name} data type (parameter {position}) as a substitution parameter.";
    /// More than 20 substitution arguments.
    format_arguments() = 2747, 16, 1,
        "Too many substitution parameters for RAISERROR. Cannot exceed 20 substitution parameters.";
    /// A datepart that the function does not take at all.
    date_part_refused(part: &str, function: &str) = 9806, 16, 1,
        "The datepart {part} is not supported by date function {function}.";
    /// The client asked for the batch to stop.
    cancelled() = 3617, 16, 1,
        "The query was cancelled by the client.";
    /// A text or binary that grows beyond what the server takes.
    value_too_large(bytes: u64) = 7119, 16, 1,
        "Attempting to grow LOB beyond maximum allowed size of {bytes} bytes.";
    /// A scalar subquery with several rows.
    subquery_rows() = 512, 16, 1,
        "Subquery returned more than 1 value. This is not permitted when the subquery follows =, !=, <, <= , >, >= or when the subquery is used as an expression.";
    /// More rounds than MAXRECURSION.
    recursion_exhausted(rounds: u32) = 530, 16, 1,
        "The statement terminated. The maximum recursion {rounds} has been exhausted before statement completion.";
    /// A sql_variant whose content does not fit.
    variant_conversion(to: &str) = 8114, 16, 5,
        "Error converting data type sql_variant to {to}.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_shows_its_text_and_carries_its_number() {
        let error = SqlError::operand_clash("int", "date");
        assert_eq!(error.to_string(), "Operand type clash: int is incompatible with date");
        assert_eq!((error.number, error.severity, error.state), (206, 16, 2));
    }

    #[test]
    fn no_two_messages_share_number_and_text() {
        for (index, one) in NUMBERS.iter().enumerate() {
            assert!(!NUMBERS[index + 1..].contains(one), "{one:?}");
        }
    }
}
