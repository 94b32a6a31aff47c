//! SOUNDEX and DIFFERENCE.
//!
//! Source: T-SQL reference, "SOUNDEX" (consonants with one code in a row, or with h or w
//! between them, count once).

use super::types::int;
use super::{Call, Function};
use crate::types::{Length, SqlType};
use crate::value::{SqlError, SqlValue};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("SOUNDEX", (1, 1), soundex_type, soundex),
    Function::new("DIFFERENCE", (2, 2), int, difference),
];

fn soundex_type(_: &[SqlType]) -> Result<SqlType, SqlError> {
    Ok(SqlType::VarChar(Length::N(5)))
}

/// The code digit of a consonant; `None` for a letter without one.
const fn digit(letter: u8) -> Option<char> {
    match letter {
        b'B' | b'F' | b'P' | b'V' => Some('1'),
        b'C' | b'G' | b'J' | b'K' | b'Q' | b'S' | b'X' | b'Z' => Some('2'),
        b'D' | b'T' => Some('3'),
        b'L' => Some('4'),
        b'M' | b'N' => Some('5'),
        b'R' => Some('6'),
        _ => None,
    }
}

fn code(text: &str) -> String {
    let letters = text.bytes().map(|byte| byte.to_ascii_uppercase());
    let mut letters = letters.take_while(u8::is_ascii_uppercase);
    let Some(first) = letters.next() else { return "0000".to_owned() };
    let mut code = String::from(char::from(first));
    let mut last = digit(first);
    for letter in letters {
        let this = digit(letter);
        if this.is_some() && this != last {
            code.extend(this);
        }
        if !matches!(letter, b'H' | b'W') {
            last = this;
        }
    }
    format!("{code:0<4}")[..4].to_owned()
}

fn soundex(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    Ok(SqlValue::varchar(code(&call.text(0)?)))
}

fn difference(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    let (a, b) = (code(&call.text(0)?), code(&call.text(1)?));
    let same = a.bytes().zip(b.bytes()).filter(|(a, b)| a == b).count();
    Ok(call.count_result(same))
}
