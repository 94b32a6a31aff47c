//! Searching in text: CHARINDEX, PATINDEX, REPLACE, TRANSLATE. All by the collation.
//!
//! Source: T-SQL reference, the page of each.

use super::types::{grown, like_first, position};
use super::{Call, Function};
use crate::value::{LARGEST_VALUE, LikePattern, SqlError, SqlValue, utf16_len};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("CHARINDEX", (2, 3), position, char_index),
    Function::new("PATINDEX", (2, 2), position, pat_index),
    Function::new("REPLACE", (3, 3), grown, replace),
    Function::new("TRANSLATE", (3, 3), like_first, translate),
];

/// Where the units `needle` first stand in `hay`, from character `from` on.
fn find(hay: &[u64], needle: &[u64], from: usize) -> Option<usize> {
    let tail = hay.get(from..)?;
    tail.windows(needle.len()).position(|window| window == needle).map(|at| at + from)
}

/// Positions count UTF-16 units from 1; an empty text is found nowhere.
fn char_index(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    let (needle, hay) = (call.text(0)?, call.text(1)?);
    let start = if call.args.len() < 3 { 1 } else { call.integer(2)?.max(1) };
    let characters: Vec<char> = hay.chars().collect();
    let mut from = 0;
    let mut skipped = 1;
    while skipped < start && from < characters.len() {
        skipped += characters[from].len_utf16() as i64;
        from += 1;
    }
    if needle.is_empty() || skipped < start {
        return Ok(call.count_result(0));
    }
    let found = find(&call.collation.units(&hay), &call.collation.units(&needle), from);
    let position = found.map_or(0, |at| {
        characters[..at].iter().map(|character| character.len_utf16()).sum::<usize>() + 1
    });
    Ok(call.count_result(position))
}

fn pat_index(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    let unicode = call.types[..2].iter().any(|ty| ty.kind().is_unicode());
    let pattern = LikePattern::new(&call.text(0)?, None, call.collation, unicode)?;
    Ok(call.count_result(pattern.position(&call.text(1)?)))
}

fn replace(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    let (text, pattern, with) = (call.text(0)?, call.text(1)?, call.text(2)?);
    if pattern.is_empty() {
        return Ok(call.text_result(text));
    }
    let characters: Vec<char> = text.chars().collect();
    let hay = call.collation.units(&text);
    let needle = call.collation.units(&pattern);
    let mut replaced = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(found) = find(&hay, &needle, at) {
        replaced.extend(&characters[at..found]);
        replaced += &with;
        if LARGEST_VALUE < replaced.len() as u64 {
            return Err(SqlError::value_too_large(LARGEST_VALUE));
        }
        at = found + needle.len();
    }
    replaced.extend(&characters[at..]);
    Ok(call.text_result(replaced))
}

/// Each character of the second argument becomes the one at its place in the third.
fn translate(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    let (from, to) = (call.text(1)?, call.text(2)?);
    if utf16_len(&from) != utf16_len(&to) {
        return Err(SqlError::translate_lengths());
    }
    let from = call.collation.units(&from);
    let to: Vec<char> = to.chars().collect();
    let each = |character: char| {
        let unit = call.collation.unit(character);
        let at = from.iter().position(|&one| one == unit);
        at.and_then(|at| to.get(at).copied()).unwrap_or(character)
    };
    Ok(call.text_result(call.text(0)?.chars().map(each).collect()))
}
