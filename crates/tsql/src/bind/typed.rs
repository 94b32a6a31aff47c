//! A bound expression with what only the binder needs to know of it: how strong its collation is.
//!
//! Sources: T-SQL reference, "Collation precedence", "Data type precedence".

use super::error::{At, Bind};
use crate::ast::Place;
use crate::collation::Collation;
use crate::plan::{Scalar, ScalarKind};
use crate::types::{Kind, Length, SqlType, check_implicit};
use crate::value::{ConvertOptions, DateSettings, SqlError, SqlValue, convert};

/// How strong the collation of a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Label {
    /// A literal, variable or function's result: yields to any other.
    Weak,
    /// A column.
    Implicit,
    /// Two columns of different collations were put together.
    Conflict,
    /// `COLLATE`.
    Explicit,
}

/// An expression with the strength of its collation.
#[derive(Clone)]
pub(super) struct Typed {
    pub(super) scalar: Scalar,
    pub(super) label: Label,
}

impl Typed {
    pub(super) fn weak(scalar: Scalar) -> Self {
        Self { scalar, label: Label::Weak }
    }

    /// Whether it is the word NULL, which has no type of its own.
    pub(super) fn is_bare_null(&self) -> bool {
        is_bare_null(&self.scalar)
    }

    /// Its type; none for the word NULL.
    pub(super) fn known_type(&self) -> Option<SqlType> {
        if self.is_bare_null() { None } else { Some(self.scalar.data_type) }
    }

    pub(super) fn place(&self) -> Place {
        self.scalar.place
    }
}

/// Whether a scalar is the word NULL.
pub(super) fn is_bare_null(scalar: &Scalar) -> bool {
    matches!(scalar.kind, ScalarKind::Constant(SqlValue::Null))
}

/// A new scalar of the default collation.
pub(super) fn scalar(kind: ScalarKind, data_type: SqlType, place: Place) -> Scalar {
    Scalar { kind, data_type, nullable: true, collation: Collation::CI_AS, place }
}

/// A constant of its value's own type.
pub(super) fn constant(value: SqlValue, place: Place) -> Scalar {
    let data_type = value.sql_type();
    let nullable = value.is_null();
    Scalar { nullable, ..scalar(ScalarKind::Constant(value), data_type, place) }
}

/// The same value in another type, if it converts by itself. Constants convert at once, unless
/// that fails: then it fails when the query runs, if it gets there.
pub(super) fn coerce(from: Scalar, to: SqlType, order: DateSettings) -> Result<Scalar, SqlError> {
    if from.data_type == to {
        return Ok(from);
    }
    if is_bare_null(&from) {
        return Ok(Scalar { data_type: to, ..from });
    }
    check_implicit(&from.data_type, &to)?;
    Ok(converted(from, to, order))
}

/// A conversion that is known to exist.
pub(super) fn converted(from: Scalar, to: SqlType, order: DateSettings) -> Scalar {
    let Scalar { nullable, collation, place, .. } = from;
    let options = ConvertOptions { style: None, dates: order };
    if let ScalarKind::Constant(value) = &from.kind
        && !value.is_null()
        && let Ok(value) = convert(value, &to, options)
    {
        let value =
            if to == SqlType::SqlVariant { variant_of(value, from.data_type) } else { value };
        return Scalar {
            kind: ScalarKind::Constant(value),
            data_type: to,
            nullable,
            collation,
            place,
        };
    }
    let kind = ScalarKind::Convert { operand: Box::new(from), style: None, lenient: false };
    Scalar { kind, data_type: to, nullable, collation, place }
}

/// A variant remembers the declared type of what it was made from, not the value's tightest.
fn variant_of(value: SqlValue, base: SqlType) -> SqlValue {
    if let SqlValue::Variant(inner) = value {
        return inner.value.into_variant(base);
    }
    value.into_variant(base)
}

/// The place's error for [`coerce`].
pub(super) fn coerce_at(from: Typed, to: SqlType, order: DateSettings) -> Bind<Typed> {
    let place = from.place();
    let scalar = coerce(from.scalar, to, order).at(place)?;
    Ok(Typed { scalar, label: from.label })
}

/// Whether values of the two types compare without a conversion of either: they differ in sizes
/// only.
pub(super) fn compares_as_is(left: &SqlType, right: &SqlType) -> bool {
    let (a, b) = (left.kind(), right.kind());
    let text = |kind: Kind| (kind.is_character(), kind.is_unicode());
    a == b
        || (a.is_decimal() && b.is_decimal())
        || (a.is_character() && text(a) == text(b))
        || (matches!(a, Kind::Binary | Kind::VarBinary)
            && matches!(b, Kind::Binary | Kind::VarBinary))
}

/// The unicode type that holds a text of this one.
pub(super) fn unicode_of(ty: &SqlType) -> SqlType {
    match ty.length() {
        Some(Length::N(n)) => SqlType::NVarChar(Length::N(n.min(4000))),
        Some(Length::Max) | None => SqlType::NVARCHAR_MAX,
    }
}

/// The collation of what an operation makes of several texts. Two columns of different
/// collations conflict: comparing them is an error, putting them together is not yet.
pub(super) fn common_collation(parts: &[&Typed]) -> Result<(Collation, Label), SqlError> {
    let mut result = (Collation::CI_AS, Label::Weak);
    for part in parts.iter().filter(|part| has_collation(&part.scalar.data_type)) {
        let (collation, label) = (part.scalar.collation, part.label);
        if result.1 < label {
            result = (collation, label);
        } else if label == result.1 && collation != result.0 {
            match label {
                Label::Explicit => return Err(conflict(result.0, collation, "concat")),
                Label::Implicit => result.1 = Label::Conflict,
                Label::Weak | Label::Conflict => {}
            }
        }
    }
    Ok(result)
}

/// The collation that a comparison of these texts uses.
pub(super) fn comparing_collation(
    parts: &[&Typed],
    operation: &str,
) -> Result<Collation, SqlError> {
    let (collation, label) =
        common_collation(parts).map_err(|_| two_collations(parts, operation, Label::Explicit))?;
    if label == Label::Conflict {
        return Err(two_collations(parts, operation, Label::Implicit));
    }
    Ok(collation)
}

fn two_collations(parts: &[&Typed], operation: &str, label: Label) -> SqlError {
    let mut found = parts.iter().filter(|part| label <= part.label);
    let first = found.next().map_or(Collation::CI_AS, |part| part.scalar.collation);
    let other = found.map(|part| part.scalar.collation).find(|one| *one != first);
    conflict(first, other.unwrap_or(first), operation)
}

fn conflict(left: Collation, right: Collation, operation: &str) -> SqlError {
    SqlError::collation_conflict(&collation_name(left), &collation_name(right), operation)
}

/// The name that messages use for a collation.
pub(super) fn collation_name(collation: Collation) -> String {
    if collation.binary {
        return "Latin1_General_BIN2".to_owned();
    }
    let case = if collation.case_sensitive { "CS" } else { "CI" };
    let accent = if collation.accent_sensitive { "AS" } else { "AI" };
    format!("SQL_Latin1_General_CP1_{case}_{accent}")
}

/// Whether values of the type are texts.
pub(super) fn has_collation(ty: &SqlType) -> bool {
    ty.kind().is_character() || matches!(ty.kind(), Kind::Text | Kind::NText)
}
