//! Where rows come from: tables, joins, functions, derived tables.

use super::{Expr, FunctionCall, Ident, ObjectName, Place, Query, TypeName};

/// A table and what is joined to it, from left to right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableSource {
    /// The first table.
    pub first: Table,
    /// What is joined to all that stands before it.
    pub joins: Vec<Join>,
}

/// `JOIN right ON condition`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Join {
    /// Which.
    pub kind: JoinKind,
    /// `LOOP`, `HASH`, ...
    pub hint: Option<JoinHint>,
    /// The right side. It has joins of its own in `a JOIN b JOIN c ON ... ON ...`.
    pub right: TableSource,
    /// The condition, where this kind has one.
    pub on: Option<Expr>,
}

/// Which join.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JoinKind {
    /// `[INNER] JOIN`.
    Inner,
    /// `LEFT [OUTER] JOIN`.
    Left,
    /// `RIGHT [OUTER] JOIN`.
    Right,
    /// `FULL [OUTER] JOIN`.
    Full,
    /// `CROSS JOIN`.
    Cross,
    /// `CROSS APPLY`.
    CrossApply,
    /// `OUTER APPLY`.
    OuterApply,
}

/// How a join should be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JoinHint {
    /// `LOOP`.
    Loop,
    /// `HASH`.
    Hash,
    /// `MERGE`.
    Merge,
    /// `REMOTE`.
    Remote,
}

/// One source of rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// What it is.
    pub kind: TableKind,
    /// Its name in this query.
    pub alias: Option<Ident>,
    /// The names of its columns in this query, where given.
    pub columns: Vec<Ident>,
    /// `WITH (NOLOCK)` and the like.
    pub hints: Vec<TableHint>,
    /// `TABLESAMPLE`.
    pub sample: Option<Sample>,
    /// Where it stands.
    pub place: Place,
}

/// What a [`Table`] is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TableKind {
    /// A table, view or common table expression.
    Named(ObjectName),
    /// A table variable, with its sign.
    Variable(String),
    /// A function that gives rows.
    Function {
        /// Its name.
        name: ObjectName,
        /// What stands in parentheses.
        arguments: Vec<Expr>,
    },
    /// `OPENJSON(...) [WITH (...)]`.
    OpenJson {
        /// The text and the path.
        arguments: Vec<Expr>,
        /// The columns, where given.
        schema: Vec<JsonColumn>,
    },
    /// `xml.nodes('path')`.
    Nodes {
        /// The xml.
        operand: Box<Expr>,
        /// The path.
        arguments: Vec<Expr>,
    },
    /// `OPENROWSET(BULK 'file', option, ...)`.
    OpenRowsetBulk {
        /// The file.
        file: String,
        /// `SINGLE_BLOB`, `CODEPAGE = '65001'`, ...
        options: Vec<(Ident, Option<Expr>)>,
    },
    /// A query in parentheses.
    Derived(Box<Query>),
    /// `(VALUES ...)`.
    Values(Vec<Vec<Expr>>),
    /// A join in parentheses.
    Joined(Box<TableSource>),
    /// `source PIVOT (...)`.
    Pivot(Box<Pivot>),
    /// `source UNPIVOT (...)`.
    Unpivot(Box<Unpivot>),
}

/// `PIVOT (aggregate FOR column IN (values))`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pivot {
    /// What is turned.
    pub source: Table,
    /// What fills the new columns.
    pub aggregate: FunctionCall,
    /// Whose values become columns.
    pub column: ObjectName,
    /// The values, which are the names of the new columns.
    pub values: Vec<Ident>,
}

/// `UNPIVOT (value FOR column IN (columns))`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unpivot {
    /// What is turned.
    pub source: Table,
    /// The new column with the values.
    pub value: Ident,
    /// The new column with the names.
    pub column: Ident,
    /// The columns that become rows.
    pub columns: Vec<Ident>,
}

/// A column of `OPENJSON ... WITH`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonColumn {
    /// Its name.
    pub name: Ident,
    /// Its type.
    pub data_type: TypeName,
    /// Where its value is found.
    pub path: Option<String>,
    /// `AS JSON`.
    pub as_json: bool,
}

/// A hint for one table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableHint {
    /// In upper case.
    pub name: String,
    /// Indexes and their columns, as in `INDEX(ix1)`.
    pub arguments: Vec<Ident>,
}

/// `TABLESAMPLE (count PERCENT | ROWS) [REPEATABLE (seed)]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// How much.
    pub count: Expr,
    /// Whether `count` is in rows and not a percentage.
    pub rows: bool,
    /// `REPEATABLE`.
    pub seed: Option<Expr>,
}
