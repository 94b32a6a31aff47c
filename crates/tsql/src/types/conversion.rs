//! Which type converts to which: the conversion chart, and the errors of what it does not allow.
//!
//! Source: T-SQL reference, "Data type conversion (Database Engine)" and its chart; errors 206,
//! 257 and 529 of the message list.

use super::{Kind, SqlType};
use crate::value::SqlError;

/// How one type becomes another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conversion {
    /// By itself, in an assignment, a comparison or an argument.
    Implicit,
    /// Only by CAST or CONVERT.
    Explicit,
    /// Not at all.
    Never,
}

/// How `from` becomes `to`.
pub fn conversion(from: &SqlType, to: &SqlType) -> Conversion {
    use Conversion::{Explicit, Implicit, Never};
    let large = from.is_max();
    let (from, to) = (from.kind(), to.kind());
    if from == to || to == Kind::SqlVariant {
        let unstored = large || matches!(from, Kind::Xml | Kind::RowVersion);
        let stored = !(unstored || from.is_legacy_large());
        return if from == to || stored { Implicit } else { Never };
    }
    if from.is_character() {
        return from_character(from, to);
    }
    if from.is_number() {
        return from_number(from, to);
    }
    if from.is_date_time() {
        return from_date_time(from, to);
    }
    if is_plain_binary(from) {
        return from_binary(to);
    }
    if from == Kind::RowVersion {
        return from_row_version(to);
    }
    if from == Kind::SqlVariant {
        return if to.is_legacy_large() || to == Kind::Xml { Never } else { Explicit };
    }
    let as_string = to.is_character() || is_plain_binary(to);
    if from == Kind::Xml {
        return if as_string { Explicit } else { Never };
    }
    let large_text = matches!(to, Kind::Text | Kind::NText | Kind::Xml);
    let allowed = (from == Kind::UniqueIdentifier && as_string)
        || (from == Kind::Image && (is_plain_binary(to) || to == Kind::RowVersion))
        || (matches!(from, Kind::Text | Kind::NText) && (to.is_character() || large_text));
    if allowed { Implicit } else { Never }
}

/// Refuses an implicit conversion that the chart does not have.
pub fn check_implicit(from: &SqlType, to: &SqlType) -> Result<(), SqlError> {
    match conversion(from, to) {
        Conversion::Implicit => Ok(()),
        Conversion::Explicit => Err(SqlError::implicit_not_allowed(from.name(), to.name())),
        Conversion::Never => Err(SqlError::operand_clash(from.name(), to.name())),
    }
}

/// Refuses a CAST or CONVERT that the chart does not have.
pub fn check_explicit(from: &SqlType, to: &SqlType) -> Result<(), SqlError> {
    match conversion(from, to) {
        Conversion::Implicit | Conversion::Explicit => Ok(()),
        Conversion::Never => Err(SqlError::explicit_not_allowed(from.name(), to.name())),
    }
}

const fn is_plain_binary(kind: Kind) -> bool {
    matches!(kind, Kind::Binary | Kind::VarBinary)
}

fn from_character(from: Kind, to: Kind) -> Conversion {
    if is_plain_binary(to) {
        return Conversion::Explicit;
    }
    if from.is_unicode() && matches!(to, Kind::RowVersion | Kind::Image) {
        return Conversion::Never;
    }
    if to == Kind::RowVersion { Conversion::Explicit } else { Conversion::Implicit }
}

fn from_number(from: Kind, to: Kind) -> Conversion {
    if to.is_character() || to.is_number() || is_plain_binary(to) || to.is_old_date_time() {
        return Conversion::Implicit;
    }
    match to == Kind::RowVersion && !from.is_approximate() {
        true => Conversion::Implicit,
        false => Conversion::Never,
    }
}

fn from_date_time(from: Kind, to: Kind) -> Conversion {
    if to.is_character() {
        return Conversion::Implicit;
    }
    if is_plain_binary(to) {
        return Conversion::Explicit;
    }
    if to.is_date_time() {
        let apart = matches!((from, to), (Kind::Date, Kind::Time) | (Kind::Time, Kind::Date));
        return if apart { Conversion::Never } else { Conversion::Implicit };
    }
    match from.is_old_date_time() && (to.is_number() || to == Kind::RowVersion) {
        true => Conversion::Explicit,
        false => Conversion::Never,
    }
}

fn from_binary(to: Kind) -> Conversion {
    if to.is_new_date_time() {
        return Conversion::Explicit;
    }
    match to.is_approximate() || matches!(to, Kind::Text | Kind::NText) {
        true => Conversion::Never,
        false => Conversion::Implicit,
    }
}

fn from_row_version(to: Kind) -> Conversion {
    let allowed = matches!(to, Kind::Char | Kind::VarChar | Kind::Image)
        || is_plain_binary(to)
        || to.is_old_date_time()
        || (to.is_number() && !to.is_approximate());
    if allowed { Conversion::Implicit } else { Conversion::Never }
}
