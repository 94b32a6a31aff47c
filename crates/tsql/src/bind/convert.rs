//! CAST, CONVERT, PARSE, COLLATE, AT TIME ZONE, and the types that they name.
//!
//! Source: T-SQL reference, the page of each; "Data types".

use super::error::{At, Bind, collate_type, fail};
use super::typed::{Label, Typed, converted, has_collation, is_bare_null, scalar};
use super::{Binder, DeclaredType};
use crate::ast::{Ident, Place, TypeName, TypeSize};
use crate::collation::Collation;
use crate::plan::{Scalar, ScalarKind};
use crate::types::{Kind, Length, SqlType, check_explicit, type_named};
use crate::value::SqlError;

/// The length of a character or binary type without one, in CAST and CONVERT.
const CAST_LENGTH: u16 = 30;

impl Binder<'_> {
    /// What a type's name in a declaration stands for.
    pub(super) fn declared_type(&self, name: &TypeName) -> Bind<DeclaredType> {
        if let Some(built_in) = built_in_type(name, 1) {
            return built_in.at(name.place).map(DeclaredType::Scalar);
        }
        let host = self.names.host();
        let qualified = self.qualified(&name.name);
        match host.table_type(&qualified).at(name.place)? {
            Some(columns) => Ok(DeclaredType::Table(columns)),
            None => {
                let shown = super::scope::dotted(&name.name);
                let message =
                    format!("Column, parameter, or variable #1: Cannot find data type {shown}.");
                fail(name.place, SqlError::new(2715, 16, 3, message))
            }
        }
    }

    /// The type of a column or parameter, which holds one value.
    pub(super) fn value_type(&self, name: &TypeName, default_length: u16) -> Bind<SqlType> {
        match built_in_type(name, default_length) {
            Some(built_in) => built_in.at(name.place),
            None => {
                let shown = super::scope::dotted(&name.name);
                fail(name.place, SqlError::unknown_type(&shown))
            }
        }
    }

    /// `CAST`, and `CONVERT` with its style.
    pub(super) fn cast(
        &self,
        operand: Typed,
        to: &TypeName,
        (style, lenient): (Option<Typed>, bool),
        place: Place,
    ) -> Bind<Typed> {
        let to = self.value_type(to, CAST_LENGTH)?;
        let bare = operand.is_bare_null();
        if !bare {
            check_explicit(&operand.scalar.data_type, &to).at(place)?;
        }
        // Text from text keeps its collation; text from anything else has the default.
        let text = has_collation(&operand.scalar.data_type) && has_collation(&to);
        let (collation, label) = match text {
            true => (operand.scalar.collation, operand.label),
            false => (Collation::CI_AS, Label::Weak),
        };
        let style = style.map(|style| self.coerce(style, SqlType::Int)).transpose()?;
        let style = style.map(|style| Box::new(style.scalar));
        let nullable = operand.scalar.nullable || lenient || style.is_some();
        let plain = style.is_none() && !lenient && !bare && to != SqlType::Int;
        let value = if plain {
            converted(operand.scalar, to, self.names.dates())
        } else {
            // An `int` from CAST does not count as a literal, and a NULL has a type now.
            let operand = Box::new(operand.scalar);
            scalar(ScalarKind::Convert { operand, style, lenient }, to, place)
        };
        Ok(Typed { scalar: Scalar { nullable, collation, place, ..value }, label })
    }

    /// `PARSE(text AS type USING culture)`.
    pub(super) fn parse_text(
        &self,
        operand: Typed,
        to: &TypeName,
        (culture, lenient): (Option<Typed>, bool),
        place: Place,
    ) -> Bind<Typed> {
        let to = self.value_type(to, CAST_LENGTH)?;
        if !(to.kind().is_number() || to.kind().is_date_time()) {
            let message = format!("The data type {} is not a valid target of PARSE.", to.name());
            return fail(place, SqlError::new(10761, 15, 1, message));
        }
        let text = SqlType::NVarChar(Length::N(4000));
        let operand = Box::new(self.coerce(operand, text)?.scalar);
        let culture = culture.map(|culture| self.coerce(culture, SqlType::SYSNAME)).transpose()?;
        let culture = culture.map(|culture| Box::new(culture.scalar));
        Ok(Typed::weak(scalar(ScalarKind::Parse { operand, culture, lenient }, to, place)))
    }

    /// `operand AT TIME ZONE zone`.
    pub(super) fn at_time_zone(&self, operand: Typed, zone: Typed, place: Place) -> Bind<Typed> {
        let ty = operand.scalar.data_type;
        let kind = ty.kind();
        let zoned =
            kind.is_old_date_time() || matches!(kind, Kind::DateTime2 | Kind::DateTimeOffset);
        if !zoned {
            let name = if is_bare_null(&operand.scalar) { "NULL" } else { ty.name() };
            return fail(place, SqlError::argument_invalid(name, 1, "AT TIME ZONE"));
        }
        let digits = ty.seconds_scale().unwrap_or(if kind == Kind::DateTime { 3 } else { 0 });
        let nullable = operand.scalar.nullable || zone.scalar.nullable;
        let zone = Box::new(self.coerce(zone, SqlType::SYSNAME)?.scalar);
        let kind = ScalarKind::AtTimeZone(Box::new(operand.scalar), zone);
        let to = SqlType::DateTimeOffset(digits);
        Ok(Typed::weak(Scalar { nullable, ..scalar(kind, to, place) }))
    }
}

/// The built-in type of this name; none for a name that must be a user's type.
fn built_in_type(name: &TypeName, default_length: u16) -> Option<Result<SqlType, SqlError>> {
    let system = name.name.schema().is_none_or(|schema| schema.eq_ignore_ascii_case("sys"));
    if !system {
        return None;
    }
    let one;
    let sizes: &[Option<u32>] = match name.size {
        TypeSize::Absent => &[],
        TypeSize::Max => &[None],
        TypeSize::One(size) => {
            one = [Some(size), None];
            &one[..1]
        }
        TypeSize::Two(precision, scale) => {
            one = [Some(precision), Some(scale)];
            &one
        }
    };
    match type_named(name.name.name(), sizes, default_length) {
        Err(error) if error.number == SqlError::unknown_type("").number => None,
        other => Some(other),
    }
}

/// `operand COLLATE name`.
pub(super) fn collate(operand: Typed, name: &Ident, place: Place) -> Bind<Typed> {
    let ty = operand.scalar.data_type;
    if !has_collation(&ty) && !operand.is_bare_null() {
        return fail(place, collate_type(ty.name()));
    }
    let collation = Collation::named(&name.value).at(name.place)?;
    Ok(Typed { scalar: Scalar { collation, ..operand.scalar }, label: Label::Explicit })
}
