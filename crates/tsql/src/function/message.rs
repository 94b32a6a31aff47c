//! The printf formats of RAISERROR and FORMATMESSAGE.
//!
//! Source: T-SQL reference, "RAISERROR" (`% [flag] [width] [. precision] [{h | l}] type`),
//! "FORMATMESSAGE".

use super::types::nvarchar_4000;
use super::{Call, Function};
use crate::types::Kind;
use crate::value::{SqlError, SqlValue, cut_text, utf16_len};

pub(super) const FUNCTIONS: &[Function] =
    &[Function::new("FORMATMESSAGE", (1, 21), nvarchar_4000, call_format_message).lenient()];

/// What a format puts in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MessageArgument {
    /// `tinyint`, `smallint` or `int`.
    Int(i32),
    /// `bigint`, which only `%I64d` and its like take.
    BigInt(i64),
    /// Any text.
    Text(String),
    /// NULL, shown as `(null)`.
    Null,
}

impl MessageArgument {
    /// The argument of a value, at its place counted from 1; other types are refused.
    pub fn of(value: &SqlValue, position: usize) -> Result<Self, SqlError> {
        if let Some(text) = value.as_str() {
            return Ok(Self::Text(text.to_owned()));
        }
        if value.is_null() {
            return Ok(Self::Null);
        }
        if let SqlValue::BigInt(number) = value {
            return Ok(Self::BigInt(*number));
        }
        let number = value.as_i64().filter(|_| value.kind() != Kind::Bit);
        match number.map(i32::try_from) {
            Some(Ok(number)) => Ok(Self::Int(number)),
            Some(Err(_)) | None => Err(SqlError::format_type(value.type_name(), position)),
        }
    }
}

/// One `%...` of a format.
#[derive(Default)]
struct Spec {
    text: String,
    left: bool,
    plus: bool,
    zeros: bool,
    alternate: bool,
    blank: bool,
    width: usize,
    precision: Option<usize>,
    wide: bool,
    letter: char,
}

/// Most characters of a message; a longer one ends in an ellipsis.
const LENGTH_MAX: usize = 2047;

/// The message with its arguments put in. Arguments that are missing show as `(null)`.
pub fn format_message(format: &str, args: &[MessageArgument]) -> Result<String, SqlError> {
    if 20 < args.len() {
        return Err(SqlError::format_arguments());
    }
    let mut text = String::with_capacity(format.len());
    let mut rest = format;
    let mut next = 0;
    while let Some(at) = rest.find('%') {
        text += &rest[..at];
        rest = &rest[at + 1..];
        if let Some(behind) = rest.strip_prefix('%') {
            text.push('%');
            rest = behind;
            continue;
        }
        let (spec, length) = spec(rest, args, &mut next)?;
        text += &put_in(&spec, args.get(next).unwrap_or(&MessageArgument::Null), next + 1)?;
        next += 1;
        rest = &rest[length..];
    }
    text += rest;
    if LENGTH_MAX < utf16_len(&text) {
        text = cut_text(&text, LENGTH_MAX - 3) + "...";
    }
    Ok(text)
}

/// Reads what stands behind `%`, and how long it is.
fn spec(text: &str, args: &[MessageArgument], next: &mut usize) -> Result<(Spec, usize), SqlError> {
    let mut spec = Spec::default();
    let mut characters = text.char_indices().peekable();
    while let Some((_, flag)) = characters.next_if(|(_, c)| "-+0# ".contains(*c)) {
        match flag {
            '-' => spec.left = true,
            '+' => spec.plus = true,
            '0' => spec.zeros = true,
            '#' => spec.alternate = true,
            _ => spec.blank = true,
        }
    }
    let mut number = |characters: &mut std::iter::Peekable<std::str::CharIndices<'_>>| {
        if characters.next_if(|(_, c)| *c == '*').is_some() {
            let given = args.get(*next);
            *next += 1;
            return match given {
                Some(MessageArgument::Int(width)) => Ok(usize::try_from(*width).unwrap_or(0)),
                Some(_) | None => Err(SqlError::format_argument(*next)),
            };
        }
        let mut value = 0usize;
        while let Some((_, digit)) = characters.next_if(|(_, c)| c.is_ascii_digit()) {
            value = value.saturating_mul(10).saturating_add(digit as usize - '0' as usize);
        }
        Ok(value)
    };
    spec.width = number(&mut characters)?.min(LENGTH_MAX);
    if characters.next_if(|(_, c)| *c == '.').is_some() {
        spec.precision = Some(number(&mut characters)?.min(LENGTH_MAX));
    }
    let at = characters.peek().map_or(text.len(), |(at, _)| *at);
    let size = ["I64", "h", "l"].into_iter().find(|size| text[at..].starts_with(size));
    spec.wide = size == Some("I64");
    let letter_at = at + size.map_or(0, str::len);
    let letter = text[letter_at..].chars().next();
    let end = letter_at + letter.map_or(0, char::len_utf8);
    spec.text = format!("%{}", &text[..end]);
    match letter {
        Some(letter @ ('d' | 'i' | 'o' | 's' | 'u' | 'x' | 'X')) => {
            spec.letter = letter;
            Ok((spec, end))
        }
        Some(_) | None => Err(SqlError::format_spec(&spec.text)),
    }
}

fn put_in(spec: &Spec, arg: &MessageArgument, position: usize) -> Result<String, SqlError> {
    let mismatch = Err(SqlError::format_argument(position));
    let body = match (arg, spec.letter) {
        (MessageArgument::Null, _) => return Ok(pad(spec, "(null)".to_owned(), false)),
        (MessageArgument::Text(text), 's') => {
            let text = spec.precision.map_or_else(|| text.clone(), |n| cut_text(text, n));
            return Ok(pad(spec, text, false));
        }
        (MessageArgument::Int(_) | MessageArgument::BigInt(_), 's')
        | (MessageArgument::Text(_), _) => return mismatch,
        (MessageArgument::BigInt(_), _) if !spec.wide => return mismatch,
        (MessageArgument::BigInt(number), _) => digits(spec, *number, *number as u64),
        (MessageArgument::Int(number), _) if spec.wide => {
            digits(spec, i64::from(*number), i64::from(*number) as u64)
        }
        (MessageArgument::Int(number), _) => {
            digits(spec, i64::from(*number), u64::from(*number as u32))
        }
    };
    Ok(pad(spec, body, true))
}

/// A number with its sign or prefix and its least number of digits.
fn digits(spec: &Spec, signed: i64, unsigned: u64) -> String {
    let least = spec.precision.unwrap_or(1);
    let prefix = |prefix| if spec.alternate && unsigned != 0 { prefix } else { "" };
    match spec.letter {
        'd' | 'i' => {
            let sign = match signed < 0 {
                true => "-",
                false if spec.plus => "+",
                false if spec.blank => " ",
                false => "",
            };
            format!("{sign}{:0least$}", signed.unsigned_abs())
        }
        'o' => format!("{}{unsigned:0least$o}", prefix("0")),
        'x' => format!("{}{unsigned:0least$x}", prefix("0x")),
        'X' => format!("{}{unsigned:0least$X}", prefix("0X")),
        _ => format!("{unsigned:0least$}"),
    }
}

fn pad(spec: &Spec, body: String, number: bool) -> String {
    let missing = spec.width.saturating_sub(utf16_len(&body));
    if spec.left {
        return body + &" ".repeat(missing);
    }
    if spec.zeros && number && spec.precision.is_none() {
        let sign_at = body.find(|c: char| c.is_ascii_hexdigit()).unwrap_or(0);
        let (sign, digits) = body.split_at(sign_at);
        return format!("{sign}{}{digits}", "0".repeat(missing));
    }
    " ".repeat(missing) + &body
}

/// A message number would need `sys.messages`, which is refused by name.
fn call_format_message(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    if call.args[0].is_null() {
        return Ok(SqlValue::Null);
    }
    let Some(format) = call.args[0].as_str() else {
        return Err(SqlError::unsupported("FORMATMESSAGE with a message number"));
    };
    let args = call.args[1..].iter().enumerate();
    let args: Result<Vec<_>, _> =
        args.map(|(at, value)| MessageArgument::of(value, at + 1)).collect();
    Ok(SqlValue::nvarchar(format_message(format, &args?)?))
}
