//! Expressions and conditions.

use super::{Ident, ObjectName, OrderItem, Place, Query, TypeName};

/// An expression or a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands.
    pub place: Place,
}

/// What an [`Expr`] is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExprKind {
    /// `NULL`.
    Null,
    /// `DEFAULT`, where a value may be left to the column or parameter.
    Default,
    /// A constant.
    Literal(Literal),
    /// `@name`, with the sign.
    Variable(String),
    /// `@@NAME`, with the signs.
    SystemVariable(String),
    /// A column, with as many parts as were written; also date parts (`DAY` in `DATEADD`).
    Column(ObjectName),
    /// A sign, or `~`.
    Unary(UnaryOp, Box<Expr>),
    /// Arithmetic, concatenation, bits.
    Binary(Box<Expr>, BinaryOp, Box<Expr>),
    /// A comparison.
    Compare(Box<Expr>, CompareOp, Box<Expr>),
    /// A comparison with every row, or any row, of a query.
    Quantified(Box<Expr>, CompareOp, Quantifier, Box<Query>),
    /// All of two or more conditions.
    And(Vec<Expr>),
    /// At least one of two or more conditions.
    Or(Vec<Expr>),
    /// The condition's opposite.
    Not(Box<Expr>),
    /// `IS [NOT] NULL`.
    IsNull {
        /// What is looked at.
        operand: Box<Expr>,
        /// Whether `NOT` was said.
        negated: bool,
    },
    /// `IS [NOT] DISTINCT FROM`.
    IsDistinct {
        /// The left side.
        left: Box<Expr>,
        /// The right side.
        right: Box<Expr>,
        /// Whether `NOT` was said.
        negated: bool,
    },
    /// `[NOT] IN (...)`.
    In {
        /// What is looked for.
        operand: Box<Expr>,
        /// Where it is looked for.
        source: InSource,
        /// Whether `NOT` was said.
        negated: bool,
    },
    /// `[NOT] BETWEEN low AND high`.
    Between {
        /// What is compared.
        operand: Box<Expr>,
        /// The least that fits.
        low: Box<Expr>,
        /// The greatest that fits.
        high: Box<Expr>,
        /// Whether `NOT` was said.
        negated: bool,
    },
    /// `[NOT] LIKE pattern [ESCAPE character]`.
    Like {
        /// What is compared.
        operand: Box<Expr>,
        /// The pattern.
        pattern: Box<Expr>,
        /// The character that takes the next one literally.
        escape: Option<Box<Expr>>,
        /// Whether `NOT` was said.
        negated: bool,
    },
    /// `EXISTS (query)`.
    Exists(Box<Query>),
    /// `CASE`.
    Case {
        /// The value that every `WHEN` is compared with; without it each `WHEN` is a condition.
        operand: Option<Box<Expr>>,
        /// `WHEN ... THEN ...`, in order; at least one.
        arms: Vec<CaseArm>,
        /// `ELSE`.
        otherwise: Option<Box<Expr>>,
    },
    /// `CAST` and `TRY_CAST`.
    Cast {
        /// What is converted.
        operand: Box<Expr>,
        /// Into what.
        to: TypeName,
        /// Whether a failure gives NULL.
        lenient: bool,
    },
    /// `CONVERT` and `TRY_CONVERT`.
    Convert {
        /// What is converted.
        operand: Box<Expr>,
        /// Into what.
        to: TypeName,
        /// The style.
        style: Option<Box<Expr>>,
        /// Whether a failure gives NULL.
        lenient: bool,
    },
    /// `PARSE` and `TRY_PARSE`.
    Parse {
        /// What is read.
        operand: Box<Expr>,
        /// Into what.
        to: TypeName,
        /// `USING culture`.
        culture: Option<Box<Expr>>,
        /// Whether a failure gives NULL.
        lenient: bool,
    },
    /// `TRIM([side] characters FROM operand)`; plain `TRIM(x)` is a [`FunctionCall`].
    Trim {
        /// Which end.
        side: Option<TrimSide>,
        /// What is taken off.
        characters: Option<Box<Expr>>,
        /// From what.
        operand: Box<Expr>,
    },
    /// `JSON_OBJECT` and `JSON_ARRAY`.
    JsonConstructor {
        /// The names of an object's members, one for each value; an array has none.
        keys: Option<Vec<Expr>>,
        /// The values.
        values: Vec<Expr>,
        /// Whether NULL is left out: `ABSENT ON NULL`.
        absent: bool,
    },
    /// A call, also of `COALESCE`, `NULLIF`, `IIF`, `LEFT` and other words that look like one.
    Function(Box<FunctionCall>),
    /// `{fn call}`.
    OdbcFunction(Box<FunctionCall>),
    /// `{d '...'}`, `{t '...'}`, `{ts '...'}`, `{guid '...'}`.
    OdbcLiteral(OdbcKind, String),
    /// A function that is called without parentheses.
    Niladic(Niladic),
    /// A query in parentheses that gives one value.
    Subquery(Box<Query>),
    /// `operand COLLATE name`.
    Collate(Box<Expr>, Ident),
    /// `operand AT TIME ZONE zone`.
    AtTimeZone(Box<Expr>, Box<Expr>),
    /// `NEXT VALUE FOR sequence`.
    NextValueFor(ObjectName),
    /// `operand.method(...)`: `value`, `query`, `exist`, `nodes`, `modify` of xml.
    Method {
        /// The xml.
        operand: Box<Expr>,
        /// Which method, in lower case as the language wants it.
        method: Ident,
        /// What stands in parentheses.
        arguments: Vec<Expr>,
    },
    /// `IDENTITY(type [, seed, increment])` in `SELECT ... INTO`.
    Identity {
        /// The type of the new column.
        to: TypeName,
        /// The first value and the step.
        seed: Option<(Box<Expr>, Box<Expr>)>,
    },
}

impl Expr {
    /// Whether this is true, false or unknown, and not a value.
    pub fn is_condition(&self) -> bool {
        matches!(
            self.kind,
            ExprKind::Compare(..)
                | ExprKind::Quantified(..)
                | ExprKind::And(_)
                | ExprKind::Or(_)
                | ExprKind::Not(_)
                | ExprKind::IsNull { .. }
                | ExprKind::IsDistinct { .. }
                | ExprKind::In { .. }
                | ExprKind::Between { .. }
                | ExprKind::Like { .. }
                | ExprKind::Exists(_)
        )
    }
}

/// A constant, as it was written: only the binder knows what type its digits need.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Literal {
    /// Digits only.
    Integer(String),
    /// Digits with a point.
    Decimal(String),
    /// Digits with an exponent.
    Float(String),
    /// `$1.5`, without the sign; empty for a lone `$`, which is zero.
    Money(String),
    /// `0x1F`.
    Binary(Vec<u8>),
    /// `'...'`.
    String(String),
    /// `N'...'`.
    National(String),
}

/// An operator with one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// `+`.
    Plus,
    /// `-`. It binds less than `*`, `/` and `%`: `-6 / -2 * 3` is `-(6 / -(2 * 3))`.
    Minus,
    /// `~`.
    BitNot,
}

/// An operator that makes a value of two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// `+`, also of strings.
    Add,
    /// `-`.
    Subtract,
    /// `*`.
    Multiply,
    /// `/`.
    Divide,
    /// `%`.
    Modulo,
    /// `&`.
    BitAnd,
    /// `|`.
    BitOr,
    /// `^`.
    BitXor,
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CompareOp {
    /// `=`.
    Equal,
    /// `<>` and `!=`.
    NotEqual,
    /// `<`.
    Less,
    /// `<=` and `!>`.
    LessOrEqual,
    /// `>`.
    Greater,
    /// `>=` and `!<`.
    GreaterOrEqual,
}

/// How many rows a comparison must hold for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quantifier {
    /// `ANY` and `SOME`.
    Any,
    /// `ALL`.
    All,
}

/// What stands behind `IN`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InSource {
    /// Values; at least one.
    List(Vec<Expr>),
    /// The rows of a query.
    Query(Box<Query>),
}

/// `WHEN when THEN then`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseArm {
    /// A condition, or a value to compare the operand with.
    pub when: Expr,
    /// The result.
    pub then: Expr,
}

/// Which end `TRIM` works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TrimSide {
    /// The start.
    Leading,
    /// The end.
    Trailing,
    /// Both.
    Both,
}

/// What an ODBC literal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OdbcKind {
    /// `{d '...'}`.
    Date,
    /// `{t '...'}`.
    Time,
    /// `{ts '...'}`.
    Timestamp,
    /// `{guid '...'}`.
    Guid,
}

/// A function that is called without parentheses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Niladic {
    /// `CURRENT_TIMESTAMP`.
    CurrentTimestamp,
    /// `CURRENT_USER`.
    CurrentUser,
    /// `SESSION_USER`.
    SessionUser,
    /// `SYSTEM_USER`.
    SystemUser,
    /// `USER`.
    User,
}

/// A call of a function, aggregate or window function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionCall {
    /// Its name; built-in functions have one part.
    pub name: ObjectName,
    /// What stands in parentheses; empty with `star`.
    pub arguments: Vec<Expr>,
    /// Whether `*` stands in the parentheses, as in `COUNT(*)`.
    pub star: bool,
    /// `DISTINCT`.
    pub distinct: bool,
    /// `RESPECT NULLS` or `IGNORE NULLS`.
    pub nulls: Option<NullTreatment>,
    /// `WITHIN GROUP (ORDER BY ...)`.
    pub within_group: Vec<OrderItem>,
    /// `OVER (...)`.
    pub over: Option<Over>,
}

/// What a window function does with NULL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NullTreatment {
    /// `RESPECT NULLS`.
    Respect,
    /// `IGNORE NULLS`.
    Ignore,
}

/// `OVER (...)`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Over {
    /// The window of the `WINDOW` clause that this one is, or goes on from.
    pub window: Option<Ident>,
    /// `PARTITION BY`.
    pub partition_by: Vec<Expr>,
    /// `ORDER BY`.
    pub order_by: Vec<OrderItem>,
    /// `ROWS` or `RANGE`.
    pub frame: Option<Frame>,
}

/// `name AS (...)` in a `WINDOW` clause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedWindow {
    /// Its name.
    pub name: Ident,
    /// What it is.
    pub over: Over,
}

/// Which rows around the current one count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// What is counted.
    pub unit: FrameUnit,
    /// The first row.
    pub start: FrameBound,
    /// The last row; without it, the current one.
    pub end: Option<FrameBound>,
}

/// What a frame counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FrameUnit {
    /// Rows.
    Rows,
    /// Rows that are equal in order.
    Range,
}

/// One end of a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FrameBound {
    /// The first row of the partition.
    UnboundedPreceding,
    /// So many rows before.
    Preceding(Box<Expr>),
    /// The current row.
    CurrentRow,
    /// So many rows behind.
    Following(Box<Expr>),
    /// The last row of the partition.
    UnboundedFollowing,
}
