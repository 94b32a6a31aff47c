//! Queries: what `SELECT` says, apart from where its rows come from.

use super::{Expr, Ident, NamedWindow, ObjectName, Place, TableSource};

/// A query with all that may stand around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// `WITH name AS (...)`.
    pub with: Vec<Cte>,
    /// The `SELECT`, or several with `UNION` and the like between them.
    pub body: QueryBody,
    /// `ORDER BY`.
    pub order_by: Vec<OrderItem>,
    /// `OFFSET ... FETCH`.
    pub offset: Option<Offset>,
    /// `FOR XML` or `FOR JSON`.
    pub for_clause: Option<ForClause>,
    /// `OPTION (...)`.
    pub hints: Vec<QueryHint>,
    /// Where it stands.
    pub place: Place,
}

/// A common table expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cte {
    /// Its name.
    pub name: Ident,
    /// Its column names, where given.
    pub columns: Vec<Ident>,
    /// What it stands for.
    pub query: Query,
}

/// One or several `SELECT`s.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueryBody {
    /// One.
    Select(Box<Select>),
    /// Several, from left to right. `INTERSECT` binds more than the others, and is nested.
    Set {
        /// The first.
        first: Box<QueryBody>,
        /// The others; at least one.
        rest: Vec<SetOperand>,
    },
}

/// `UNION ALL body` and the like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetOperand {
    /// How its rows are put to those before.
    pub operator: SetOperator,
    /// The rows.
    pub body: QueryBody,
}

/// How the rows of two queries are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SetOperator {
    /// `UNION`.
    Union,
    /// `UNION ALL`.
    UnionAll,
    /// `EXCEPT`.
    Except,
    /// `INTERSECT`.
    Intersect,
}

/// One `SELECT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Select {
    /// `DISTINCT`.
    pub distinct: bool,
    /// `TOP`.
    pub top: Option<Top>,
    /// The columns; at least one.
    pub items: Vec<SelectItem>,
    /// `INTO`.
    pub into: Option<ObjectName>,
    /// `FROM`.
    pub from: Vec<TableSource>,
    /// `WHERE`.
    pub filter: Option<Expr>,
    /// `GROUP BY`.
    pub group_by: Option<GroupBy>,
    /// `HAVING`.
    pub having: Option<Expr>,
    /// `WINDOW`.
    pub windows: Vec<NamedWindow>,
    /// Where it stands.
    pub place: Place,
}

/// `TOP (count) [PERCENT] [WITH TIES]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Top {
    /// How many.
    pub count: Expr,
    /// Whether `count` is a percentage.
    pub percent: bool,
    /// Whether rows that equal the last one in order come too.
    pub with_ties: bool,
}

/// One thing that `SELECT` or `OUTPUT` lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SelectItem {
    /// `*` or `table.*`.
    Star {
        /// The table.
        qualifier: Option<ObjectName>,
        /// Where it stands.
        place: Place,
    },
    /// A value.
    Expr {
        /// The value.
        value: Expr,
        /// Its name: `value AS alias`, `value alias` or `alias = value`.
        alias: Option<Ident>,
    },
    /// `@variable = value`.
    Assign {
        /// The variable, with its sign.
        variable: String,
        /// How.
        operator: AssignOp,
        /// The value.
        value: Expr,
        /// Where it stands.
        place: Place,
    },
}

/// `=`, `+=` and the like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AssignOp {
    /// `=`.
    Set,
    /// `+=`.
    Add,
    /// `-=`.
    Subtract,
    /// `*=`.
    Multiply,
    /// `/=`.
    Divide,
    /// `%=`.
    Modulo,
    /// `&=`.
    BitAnd,
    /// `|=`.
    BitOr,
    /// `^=`.
    BitXor,
}

/// `GROUP BY`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupBy {
    /// What is grouped by; at least one.
    pub items: Vec<GroupItem>,
    /// The old form behind the list.
    pub with: Option<GroupWith>,
}

/// One thing that is grouped by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupItem {
    /// A value.
    Expr(Expr),
    /// Several values as one, or none: `(a, b)`, `()`.
    Composite(Vec<Expr>),
    /// `ROLLUP (...)`, of values and composites.
    Rollup(Vec<GroupItem>),
    /// `CUBE (...)`, of values and composites.
    Cube(Vec<GroupItem>),
    /// `GROUPING SETS (...)`.
    Sets(Vec<GroupItem>),
}

/// `WITH ROLLUP` or `WITH CUBE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GroupWith {
    /// `WITH ROLLUP`.
    Rollup,
    /// `WITH CUBE`.
    Cube,
}

/// One thing that is ordered by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderItem {
    /// The value, a column's alias, or its number.
    pub value: Expr,
    /// `DESC`.
    pub descending: bool,
}

/// `OFFSET skip ROWS [FETCH NEXT take ROWS ONLY]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offset {
    /// How many rows are left out.
    pub skip: Expr,
    /// How many are then given.
    pub take: Option<Expr>,
}

/// `FOR XML` or `FOR JSON`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ForClause {
    /// `FOR XML`.
    Xml(ForXml),
    /// `FOR JSON`.
    Json(ForJson),
}

/// `FOR XML`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForXml {
    /// The modes, in order. More than one parses, but means nothing: whoever runs it refuses it.
    pub modes: Vec<XmlMode>,
    /// `ELEMENTS`.
    pub elements: Option<Elements>,
    /// `ROOT`: the outermost element, `root` where it is not named.
    pub root: Option<String>,
    /// `TYPE`: the result is xml and not text.
    pub typed: bool,
    /// `BINARY BASE64`.
    pub binary_base64: bool,
}

/// How rows become elements.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum XmlMode {
    /// `RAW`, with the element's name.
    Raw(Option<String>),
    /// `AUTO`.
    Auto,
    /// `EXPLICIT`.
    Explicit,
    /// `PATH`, with the element's name.
    Path(Option<String>),
}

/// How columns become elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Elements {
    /// NULL gives none: `ELEMENTS` and `ELEMENTS ABSENT`.
    Absent,
    /// NULL gives one with `xsi:nil`: `ELEMENTS XSINIL`.
    Xsinil,
}

/// `FOR JSON`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ForJson {
    /// The mode.
    pub mode: JsonMode,
    /// `ROOT`: the outermost property, `root` where it is not named.
    pub root: Option<String>,
    /// `INCLUDE_NULL_VALUES`.
    pub include_null_values: bool,
    /// `WITHOUT_ARRAY_WRAPPER`.
    pub without_array_wrapper: bool,
}

/// How rows become objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JsonMode {
    /// By the tables.
    Auto,
    /// By the dots in column names.
    Path,
}

/// One hint of `OPTION (...)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryHint {
    /// Its words in upper case: `MAXRECURSION`, `HASH JOIN`, `OPTIMIZE FOR`.
    pub name: String,
    /// A number or strings; for `OPTIMIZE FOR`, `@variable` or `@variable = value`.
    pub values: Vec<Expr>,
    /// Where it stands.
    pub place: Place,
}
