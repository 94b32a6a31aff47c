//! The types that operators, CASE and set operators yield.
//!
//! Sources: T-SQL reference, "Precision, scale, and length", "Data type precedence" and the page
//! of each operator.

use super::conversion::{check_implicit, conversion};
use super::{Conversion, Kind, Length, SqlType};
use crate::value::{SqlError, SqlValue};

/// The operators on two numbers, `+` on strings included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArithmeticOp {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Modulo,
    /// `&`
    BitAnd,
    /// `|`
    BitOr,
    /// `^`
    BitXor,
}

/// The operators on one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOp {
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `~`
    BitNot,
}

impl ArithmeticOp {
    /// The name that messages use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Subtract => "subtract",
            Self::Multiply => "multiply",
            Self::Divide => "divide",
            Self::Modulo => "modulo",
            Self::BitAnd => "'&'",
            Self::BitOr => "'|'",
            Self::BitXor => "'^'",
        }
    }

    const fn is_bitwise(self) -> bool {
        matches!(self, Self::BitAnd | Self::BitOr | Self::BitXor)
    }

    /// Whether `datetime` and `smalldatetime` take part.
    const fn is_additive(self) -> bool {
        matches!(self, Self::Add | Self::Subtract)
    }
}

/// The type that an operand counts with, where the other operand is a decimal: an integer
/// literal has just its own digits, so that `1.0/3` is a `numeric(7,6)`.
pub fn literal_operand(literal: &SqlValue, other: &SqlType) -> SqlType {
    if let SqlValue::Int(value) = literal
        && other.kind().is_decimal()
    {
        let digits = value.unsigned_abs().checked_ilog10().map_or(1, |log| log + 1);
        return SqlType::Numeric { precision: u8::try_from(digits).unwrap_or(10), scale: 0 };
    }
    literal.sql_type()
}

/// The type of `left op right`; both operands are converted to it, except decimals, which keep
/// their own scales, and strings, which keep their own lengths.
pub fn arithmetic_type(
    op: ArithmeticOp,
    left: &SqlType,
    right: &SqlType,
) -> Result<SqlType, SqlError> {
    let winner = if left.kind() < right.kind() { right } else { left };
    let loser = if left.kind() < right.kind() { left } else { right };
    if is_string(left) && is_string(right) {
        if op == ArithmeticOp::Add {
            return concatenation(left, right);
        }
        if !(op.is_bitwise() && left.kind().is_binary() && right.kind().is_binary()) {
            return Err(SqlError::operand_invalid(winner.name(), op.name()));
        }
    }
    let dates = winner.kind().is_date_time() && loser.kind().is_date_time();
    if dates && conversion(loser, winner) != Conversion::Implicit {
        return Err(SqlError::types_incompatible(left.name(), right.name(), op.name()));
    }
    check_operands(op, winner, loser)?;
    if winner.kind().is_decimal() {
        let left = operand_decimal(left, winner);
        let right = operand_decimal(right, winner);
        return decimal_result(op, left, right, winner);
    }
    Ok(*winner)
}

/// The type of a unary operator.
pub fn unary_type(op: UnaryOp, operand: &SqlType) -> Result<SqlType, SqlError> {
    let kind = operand.kind();
    match op {
        UnaryOp::Plus if kind != Kind::SqlVariant => Ok(*operand),
        UnaryOp::Minus if kind == Kind::TinyInt => Ok(SqlType::SmallInt),
        UnaryOp::Minus if kind.is_number() && kind != Kind::Bit => Ok(*operand),
        UnaryOp::BitNot if kind.is_integer() => Ok(*operand),
        UnaryOp::Plus => Err(SqlError::operand_invalid(operand.name(), "plus")),
        UnaryOp::Minus => Err(SqlError::operand_invalid(operand.name(), "minus")),
        UnaryOp::BitNot => Err(SqlError::operand_invalid(operand.name(), "'~'")),
    }
}

/// The type that CASE, COALESCE, UNION, VALUES and IN bring two branches to.
pub fn common_type(left: &SqlType, right: &SqlType) -> Result<SqlType, SqlError> {
    let (winner, loser) = if left.kind() < right.kind() { (right, left) } else { (left, right) };
    check_implicit(loser, winner)?;
    if winner.kind().is_decimal() {
        let (a, b) = (operand_decimal(left, winner), operand_decimal(right, winner));
        let whole = (a.0 - a.1).max(b.0 - b.1);
        let scale = a.1.max(b.1).min(38 - whole);
        return Ok(decimal_like(winner, whole + scale, scale));
    }
    if let (Some(a), Some(b)) = (winner.seconds_scale(), loser.seconds_scale()) {
        return Ok(winner.with_seconds(a.max(b)));
    }
    if let (Some(winner_length), Some(loser_length)) = (winner.length(), loser.length()) {
        return Ok(longer(winner, winner_length.max(loser_length), loser));
    }
    Ok(*winner)
}

/// The common type of several branches, bare NULLs (`None`) not counting; `None` if there is
/// nothing else.
pub fn common_type_of(branches: &[Option<SqlType>]) -> Result<Option<SqlType>, SqlError> {
    let mut common = None;
    for branch in branches.iter().flatten() {
        common = Some(match common {
            Some(so_far) => common_type(&so_far, branch)?,
            None => *branch,
        });
    }
    Ok(common)
}

/// The type that both sides of a comparison are brought to.
pub fn comparison_type(left: &SqlType, right: &SqlType, op: &str) -> Result<SqlType, SqlError> {
    for side in [left, right] {
        if side.kind().is_legacy_large() || side.kind() == Kind::Xml {
            return Err(SqlError::types_incompatible(left.name(), right.name(), op));
        }
    }
    let time = [left, right].iter().filter(|side| side.kind() == Kind::Time).count();
    if time == 1 && left.kind().is_date_time() && right.kind().is_date_time() {
        return Err(SqlError::types_incompatible(left.name(), right.name(), op));
    }
    common_type(left, right)
}

fn is_string(ty: &SqlType) -> bool {
    ty.kind().is_character() || matches!(ty.kind(), Kind::Binary | Kind::VarBinary)
}

/// Refuses operands that an operator does not take, each with the message of its case.
fn check_operands(op: ArithmeticOp, winner: &SqlType, loser: &SqlType) -> Result<(), SqlError> {
    let kind = winner.kind();
    if kind == Kind::SqlVariant && loser.kind() != kind {
        return Err(SqlError::implicit_not_allowed(winner.name(), loser.name()));
    }
    if conversion(loser, winner) != Conversion::Implicit {
        return check_implicit(loser, winner);
    }
    let refused = SqlError::operand_invalid(winner.name(), op.name());
    if op.is_bitwise() {
        let binary = kind.is_binary() || loser.kind().is_binary();
        let fits = kind.is_integer() || (binary && kind.is_binary());
        let incompatible = SqlError::types_incompatible(winner.name(), loser.name(), op.name());
        return if fits { Ok(()) } else { Err(incompatible) };
    }
    let old = kind.is_old_date_time() || loser.kind().is_old_date_time();
    if old && (kind.is_new_date_time() || loser.kind().is_new_date_time()) {
        return Err(SqlError::types_incompatible(winner.name(), loser.name(), op.name()));
    }
    if kind.is_old_date_time() {
        return if op.is_additive() { Ok(()) } else { Err(refused) };
    }
    if op == ArithmeticOp::Modulo && kind.is_approximate() {
        return Err(SqlError::types_incompatible(winner.name(), loser.name(), op.name()));
    }
    let both_bits = kind == Kind::Bit && loser.kind() == Kind::Bit;
    if !kind.is_number() || both_bits { Err(refused) } else { Ok(()) }
}

fn concatenation(left: &SqlType, right: &SqlType) -> Result<SqlType, SqlError> {
    let (winner, loser) = if left.kind() < right.kind() { (right, left) } else { (left, right) };
    if winner.kind().is_character() != loser.kind().is_character() {
        return Err(SqlError::types_incompatible(left.name(), right.name(), "add"));
    }
    let length = match (left.length(), right.length()) {
        (Some(Length::N(a)), Some(Length::N(b))) => Length::N(a.saturating_add(b)),
        _ => Length::Max,
    };
    Ok(longer(winner, length, loser))
}

/// A string type of `length`, of the winner's kind, and fixed only where both sides are.
fn longer(winner: &SqlType, length: Length, loser: &SqlType) -> SqlType {
    let kind = winner.kind();
    let limit = if kind.is_unicode() { 4000 } else { 8000 };
    let n = match length {
        Length::N(n) => Length::N(n.min(limit)),
        Length::Max => Length::Max,
    };
    match (kind, n) {
        (Kind::Char, Length::N(n)) if loser.is_fixed_length() => SqlType::Char(n),
        (Kind::NChar, Length::N(n)) if loser.is_fixed_length() => SqlType::NChar(n),
        (Kind::Binary, Length::N(n)) if loser.is_fixed_length() => SqlType::Binary(n),
        (Kind::Char | Kind::VarChar, n) => SqlType::VarChar(n),
        (Kind::NChar | Kind::NVarChar, n) => SqlType::NVarChar(n),
        (Kind::Binary | Kind::VarBinary, n) => SqlType::VarBinary(n),
        _ => *winner,
    }
}

/// Precision and scale of an operand beside a decimal. A string takes the decimal's own.
fn operand_decimal(ty: &SqlType, other: &SqlType) -> (u8, u8) {
    ty.precision_and_scale().or(other.precision_and_scale()).unwrap_or((18, 0))
}

fn decimal_like(like: &SqlType, precision: u8, scale: u8) -> SqlType {
    match like.kind() == Kind::Decimal {
        true => SqlType::Decimal { precision, scale },
        false => SqlType::Numeric { precision, scale },
    }
}

/// Precision and scale by the table of "Precision, scale, and length", and what happens to them
/// above 38 digits.
fn decimal_result(
    op: ArithmeticOp,
    (p1, s1): (u8, u8),
    (p2, s2): (u8, u8),
    winner: &SqlType,
) -> Result<SqlType, SqlError> {
    let whole = (p1 - s1).max(p2 - s2);
    let (precision, scale) = match op {
        ArithmeticOp::Add | ArithmeticOp::Subtract => {
            let scale = s1.max(s2);
            let precision = whole + scale + 1;
            let room = 38u8.min(precision) - whole;
            (precision.min(38), if 38 < precision { scale.min(room) } else { scale })
        }
        ArithmeticOp::Multiply => fit(p1 + p2 + 1, s1 + s2),
        ArithmeticOp::Divide => {
            let scale = (s1 + p2 + 1).max(6);
            fit(p1 - s1 + s2 + scale, scale)
        }
        ArithmeticOp::Modulo => ((p1 - s1).min(p2 - s2) + s1.max(s2), s1.max(s2)),
        ArithmeticOp::BitAnd | ArithmeticOp::BitOr | ArithmeticOp::BitXor => {
            return Err(SqlError::operand_invalid(winner.name(), op.name()));
        }
    };
    Ok(decimal_like(winner, precision.clamp(1, 38), scale))
}

/// A product or quotient of more than 38 digits gives up digits behind the point, but keeps six.
fn fit(precision: u8, scale: u8) -> (u8, u8) {
    if precision <= 38 {
        return (precision, scale);
    }
    let whole = precision - scale;
    let scale = if whole < 32 { scale.min(38 - whole) } else { scale.min(6) };
    (38, scale)
}
