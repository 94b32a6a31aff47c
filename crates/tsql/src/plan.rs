//! A query after binding: names have become columns, everything has a type, conversions are
//! explicit. The binder makes plans (`bind`), the executor runs them (`run`).
//!
//! # Rows and depth
//!
//! Every node gives rows; a [`Scalar`] is evaluated on one row of the node's input. Column
//! `{ depth: 0, index }` is a column of that row. Inside the plan of a subquery, or on the right
//! side of an [`Node::Apply`], depth 1 is the row that the subquery is evaluated for (the left
//! row), depth 2 the one around that, and so on. All nodes of one plan see the same outer rows.
//!
//! # Invariants
//!
//! * Operands of comparisons, arithmetic and set operations have been converted: the executor
//!   never guesses a type.
//! * A node's rows have exactly the columns that its documentation says.

mod scalar;

pub use scalar::{Predicate, Scalar, ScalarKind, SessionFunction, XmlMethod};

use std::sync::Arc;

use crate::ast::{CompareOp, ForJson, ForXml, FrameUnit};
use crate::collation::Collation;
use crate::function::Aggregate;
use crate::host::{Column, Module, Relation, TableFunction};
use crate::types::SqlType;

/// A bound query.
#[derive(Clone)]
pub struct Plan {
    /// Where its rows come from. They have at least as many columns as `columns`; the others
    /// (sort keys that are not selected) stand behind them and are not given out.
    pub root: Node,
    /// What the client sees.
    pub columns: Vec<Column>,
}

/// Something that gives rows.
#[derive(Clone)]
pub enum Node {
    /// These rows; one row without columns stands for a `SELECT` without `FROM`. The scalars see
    /// outer rows only.
    Values(Vec<Vec<Scalar>>),
    /// The rows of a relation, all its columns.
    Scan(Box<ScanNode>),
    /// The rows of a function. The arguments see outer rows only: behind an APPLY, depth 1 is the
    /// left row.
    TableFunction {
        /// The function.
        function: Arc<dyn TableFunction>,
        /// Its arguments, converted.
        arguments: Vec<Scalar>,
    },
    /// Rows of a source that the engine has built in.
    BuiltIn(Box<BuiltInTable>),
    /// The rows of the input for which the predicate is true.
    Filter {
        /// The input.
        input: Box<Node>,
        /// On a row of the input.
        predicate: Predicate,
    },
    /// One row for each row of the input.
    Project {
        /// The input.
        input: Box<Node>,
        /// The new columns, on a row of the input.
        columns: Vec<Scalar>,
    },
    /// The columns of the left side, then those of the right side.
    Join(Box<JoinNode>),
    /// For each row of the left side the rows of the right side, which sees it at depth 1. The
    /// columns of the left side, then those of the right side.
    Apply {
        /// The left side.
        left: Box<Node>,
        /// The right side.
        right: Box<Node>,
        /// How many columns the left side has.
        left_width: usize,
        /// How many columns the right side has.
        right_width: usize,
        /// Whether a left row without right rows comes once, with NULLs: `OUTER APPLY`.
        outer: bool,
    },
    /// The group keys, then the aggregates.
    Aggregate(Box<AggregateNode>),
    /// The columns of the input, then one column for each call.
    Window {
        /// The input.
        input: Box<Node>,
        /// The calls.
        calls: Vec<WindowCall>,
    },
    /// The rows of the input in order. The sort is stable.
    Sort {
        /// The input.
        input: Box<Node>,
        /// By what, most important first.
        keys: Vec<SortKey>,
        /// How many rows are taken of it at most, where that is known when the query begins: the
        /// executor may forget the others. (`Top` and `Offset` still stand above.)
        limit: Option<Box<Scalar>>,
    },
    /// The first rows of the input.
    Top {
        /// The input.
        input: Box<Node>,
        /// How many: `bigint`, or a percentage as `float`. It sees outer rows only.
        count: Scalar,
        /// Whether `count` is a percentage.
        percent: bool,
        /// With ties: rows that equal the last one in these keys come too. Empty without.
        ties: Vec<SortKey>,
    },
    /// The rows behind the first `skip`, at most `take` of them. Both are `bigint`.
    Offset {
        /// The input.
        input: Box<Node>,
        /// How many are left out.
        skip: Scalar,
        /// How many are given.
        take: Option<Scalar>,
    },
    /// Each different row once. `collations` has one entry for each column.
    Distinct {
        /// The input.
        input: Box<Node>,
        /// How texts of each column compare.
        collations: Vec<Collation>,
    },
    /// The rows of two inputs with the same columns.
    SetOperation {
        /// Which.
        operator: SetKind,
        /// The left side.
        left: Box<Node>,
        /// The right side.
        right: Box<Node>,
        /// How texts of each column compare.
        collations: Vec<Collation>,
    },
    /// A recursive common table expression: the anchor's rows, then again and again what the
    /// recursive part makes of the rows of the round before.
    Recursive {
        /// What [`Node::RecursiveInput`] names it by.
        id: u32,
        /// The first rows.
        anchor: Box<Node>,
        /// The recursive parts, put together by UNION ALL.
        recursive: Vec<Node>,
        /// How many rounds at most; 0 for no limit. One more is error 530.
        max_recursion: u32,
    },
    /// The rows of the round before, of the recursive expression with this id.
    RecursiveInput(u32),
    /// One row with one column: the rows of the input as XML; no row for an empty input without
    /// `TYPE`.
    ForXml(Box<ForXmlNode>),
    /// One row with one column: the rows of the input as JSON; no row for an empty input.
    ForJson(Box<ForJsonNode>),
}

/// The rows of a relation.
#[derive(Clone)]
pub struct ScanNode {
    /// Which.
    pub relation: Arc<dyn Relation>,
    /// Which columns the query looks at.
    pub columns: Vec<bool>,
    /// What the relation may filter by. The values see outer rows only, and are evaluated when
    /// the scan begins; a NULL value means that no row is wanted. The same conditions stand in a
    /// `Filter` above.
    pub restrictions: Vec<PushedRestriction>,
    /// The wanted order; a `Sort` above keeps it true.
    pub order: Vec<crate::host::ScanOrder>,
    /// How many rows at most; `bigint`. Set only where nothing between this node and the `Top`
    /// can drop rows that are not in `restrictions`.
    pub limit: Option<Scalar>,
}

/// A condition on one column of a relation.
#[derive(Clone)]
pub enum PushedRestriction {
    /// `column operator value`.
    Compare(usize, CompareOp, Scalar),
    /// `column IN (values)`.
    In(usize, Vec<Scalar>),
    /// `column IS [NOT] NULL`; `true` for `NOT`.
    IsNull(usize, bool),
}

/// A table that the engine has built in.
#[derive(Clone)]
pub enum BuiltInTable {
    /// `STRING_SPLIT(text, separator [, enable_ordinal])`: `value` and maybe `ordinal`.
    StringSplit {
        /// The text.
        text: Scalar,
        /// One character.
        separator: Scalar,
        /// Whether there is a column `ordinal`.
        ordinal: bool,
    },
    /// `GENERATE_SERIES(start, stop [, step])`: `value`.
    GenerateSeries {
        /// The first.
        start: Scalar,
        /// The last.
        stop: Scalar,
        /// The distance.
        step: Scalar,
    },
    /// `OPENJSON(text, path)` without a schema: `key`, `value`, `type`.
    OpenJson {
        /// The text.
        text: Scalar,
        /// The path, where given.
        path: Option<Scalar>,
    },
    /// `OPENJSON(text, path) WITH (...)`.
    OpenJsonWith {
        /// The text.
        text: Scalar,
        /// The path, where given.
        path: Option<Scalar>,
        /// Type, path and `AS JSON` of each column.
        columns: Vec<(SqlType, String, bool)>,
    },
    /// `xml.nodes(path)`: one column of xml.
    XmlNodes {
        /// The xml.
        xml: Scalar,
        /// The path.
        path: String,
    },
    /// `OPENROWSET(BULK file, SINGLE_BLOB | SINGLE_CLOB | SINGLE_NCLOB)`: one row, one column.
    BulkFile {
        /// The file.
        path: String,
        /// `varbinary(max)`, `varchar(max)` or `nvarchar(max)`.
        data_type: SqlType,
    },
    /// The rows of a user's function with a body of statements, which the session runs.
    UserFunction {
        /// The function.
        module: Arc<Module>,
        /// Its arguments, converted.
        arguments: Vec<Scalar>,
    },
}

/// A join.
#[derive(Clone)]
pub struct JoinNode {
    /// Which.
    pub kind: JoinType,
    /// The left side.
    pub left: Node,
    /// The right side.
    pub right: Node,
    /// How many columns the left side has.
    pub left_width: usize,
    /// How many columns the right side has.
    pub right_width: usize,
    /// Pairs that must be equal, of one type: the first on a row of the left side, the second on
    /// a row of the right side. Empty for a join that is no equality.
    pub keys: Vec<(Scalar, Scalar, Collation)>,
    /// What must hold besides, on the joined row.
    pub condition: Option<Predicate>,
}

/// Which join.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the words of the language; CROSS is an INNER without condition")]
pub enum JoinType {
    Inner,
    Left,
    Right,
    Full,
}

/// Which set operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the words of the language")]
pub enum SetKind {
    UnionAll,
    Union,
    Except,
    Intersect,
}

/// Grouping.
#[derive(Clone)]
pub struct AggregateNode {
    /// The input.
    pub input: Node,
    /// All keys of all grouping sets, on a row of the input.
    pub keys: Vec<(Scalar, Collation)>,
    /// The grouping sets, each as indexes into `keys`. Without GROUP BY: one empty set, which
    /// gives one row even for no input. Keys that are not in a set are NULL in its rows.
    pub sets: Vec<Vec<usize>>,
    /// Whether there was a GROUP BY: then an empty input gives no row for non-empty sets.
    pub grouped: bool,
    /// The aggregates.
    pub calls: Vec<AggregateCall>,
}

/// An aggregate over the rows of a group.
#[derive(Clone)]
pub struct AggregateCall {
    /// What.
    pub kind: AggregateKind,
    /// `DISTINCT`.
    pub distinct: bool,
    /// Whether the client is told that a NULL was left out.
    pub warns: bool,
    /// The argument, on a row of the input; `None` for `COUNT(*)`.
    pub argument: Option<Scalar>,
    /// The separator of STRING_AGG.
    pub separator: Option<Scalar>,
    /// `WITHIN GROUP (ORDER BY ...)`.
    pub order: Vec<SortKey>,
    /// The type of the result.
    pub result: SqlType,
    /// How texts compare.
    pub collation: Collation,
}

/// What an [`AggregateCall`] computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AggregateKind {
    /// An aggregate.
    Plain(Aggregate),
    /// `GROUPING(key)`: 1 where the key with this index is not in the row's grouping set.
    Grouping(usize),
    /// `CHECKSUM_AGG(value)`.
    ChecksumAgg,
}

/// A window function.
#[derive(Clone)]
pub struct WindowCall {
    /// What.
    pub function: WindowFunction,
    /// The arguments, on a row of the input.
    pub arguments: Vec<Scalar>,
    /// `PARTITION BY`.
    pub partition: Vec<(Scalar, Collation)>,
    /// `ORDER BY`.
    pub order: Vec<SortKey>,
    /// The frame of an aggregate, FIRST_VALUE or LAST_VALUE. The binder fills in the default:
    /// the whole partition without ORDER BY, RANGE UNBOUNDED PRECEDING with.
    pub frame: WindowFrame,
    /// `IGNORE NULLS`.
    pub ignore_nulls: bool,
    /// The type of the result.
    pub result: SqlType,
    /// How texts of the argument compare.
    pub collation: Collation,
}

/// What a [`WindowCall`] computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the function of its name")]
pub enum WindowFunction {
    Aggregate(Aggregate),
    RowNumber,
    Rank,
    DenseRank,
    Ntile,
    Lag,
    Lead,
    FirstValue,
    LastValue,
    PercentRank,
    CumeDist,
    /// The argument is the fraction, `order` of the call the WITHIN GROUP.
    PercentileCont,
    /// The same.
    PercentileDisc,
}

/// Which rows of the partition count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowFrame {
    /// Rows, or rows that are equal in order.
    pub unit: FrameUnit,
    /// The first.
    pub start: FrameEdge,
    /// The last.
    pub end: FrameEdge,
}

/// One end of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameEdge {
    /// The first row of the partition, or the last.
    Unbounded,
    /// So many rows from the current one; negative is before. 0 is the current row (with RANGE:
    /// all rows that equal it).
    Offset(i64),
}

/// One key of an order. NULL is least.
#[derive(Clone)]
pub struct SortKey {
    /// The key, on a row of the input.
    pub value: Scalar,
    /// Greatest first.
    pub descending: bool,
    /// How texts compare.
    pub collation: Collation,
}

/// `FOR XML`.
#[derive(Clone)]
pub struct ForXmlNode {
    /// The input.
    pub input: Node,
    /// Its columns' names and types.
    pub columns: Vec<Column>,
    /// For `AUTO`: the table alias that each column comes from, in the order of nesting.
    pub tables: Vec<Option<String>>,
    /// How; exactly one mode.
    pub options: ForXml,
}

/// `FOR JSON`.
#[derive(Clone)]
pub struct ForJsonNode {
    /// The input.
    pub input: Node,
    /// Its columns' names and types.
    pub columns: Vec<Column>,
    /// For `AUTO`: the table alias that each column comes from, in the order of nesting.
    pub tables: Vec<Option<String>>,
    /// How.
    pub options: ForJson,
}
