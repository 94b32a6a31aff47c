//! Functions that choose among their arguments: ISNULL, COALESCE, NULLIF, IIF, CHOOSE, GREATEST
//! and LEAST.
//!
//! Source: T-SQL reference, the page of each. ISNULL and NULLIF have the type of their first
//! argument, the others the type of highest precedence.

use std::cmp::Ordering;

use super::{Call, Function};
use crate::types::{SqlType, common_type};
use crate::value::{SqlError, SqlValue, compare};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("ISNULL", (2, 2), first, is_null).lenient(),
    Function::new("COALESCE", (2, usize::MAX), common, coalesce).lenient(),
    Function::new("NULLIF", (2, 2), first, null_if).lenient(),
    Function::new("IIF", (3, 3), |types| common(&types[1..]), iif).lenient(),
    Function::new("CHOOSE", (2, usize::MAX), |types| common(&types[1..]), choose).lenient(),
    Function::new("GREATEST", (1, 254), common, |call| most(call, Ordering::Greater)).lenient(),
    Function::new("LEAST", (1, 254), common, |call| most(call, Ordering::Less)).lenient(),
];

fn first(types: &[SqlType]) -> Result<SqlType, SqlError> {
    Ok(types[0])
}

fn common(types: &[SqlType]) -> Result<SqlType, SqlError> {
    types[1..].iter().try_fold(types[0], |so_far, ty| common_type(&so_far, ty))
}

fn is_null(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    call.as_type(usize::from(call.args[0].is_null()), call.result)
}

fn coalesce(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    match call.args.iter().position(|arg| !arg.is_null()) {
        Some(at) => call.as_type(at, call.result),
        None => Ok(SqlValue::Null),
    }
}

fn null_if(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    let order = compare(&call.args[0], &call.args[1], call.collation)?;
    Ok(if order == Some(Ordering::Equal) { SqlValue::Null } else { call.args[0].clone() })
}

/// The first argument is the condition as a `bit`; unknown counts as false.
fn iif(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    let holds = matches!(call.args[0], SqlValue::Bit(true));
    call.as_type(if holds { 1 } else { 2 }, call.result)
}

/// NULL for an index that no argument has.
fn choose(call: &Call<'_>) -> Result<SqlValue, SqlError> {
    if call.args[0].is_null() {
        return Ok(SqlValue::Null);
    }
    let index = usize::try_from(call.integer(0)?).unwrap_or(0);
    match index {
        0 => Ok(SqlValue::Null),
        at if at < call.args.len() => call.as_type(at, call.result),
        _ => Ok(SqlValue::Null),
    }
}

/// NULL arguments do not count, unless all are.
fn most(call: &Call<'_>, wanted: Ordering) -> Result<SqlValue, SqlError> {
    let mut best = SqlValue::Null;
    for at in 0..call.args.len() {
        let value = call.as_type(at, call.result)?;
        let wins = compare(&value, &best, call.collation)? == Some(wanted);
        if !value.is_null() && (best.is_null() || wins) {
            best = value;
        }
    }
    Ok(best)
}
