//! Statements that change rows: INSERT, UPDATE, DELETE, MERGE.

use super::{
    AssignOp, Cte, CursorRef, Execute, ExecuteString, Expr, Ident, ObjectName, Query, QueryHint,
    SelectItem, Table, TableHint, TableSource, Top, TypeName,
};

/// The table that a statement changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Which.
    pub name: TargetName,
    /// `WITH (TABLOCK)` and the like.
    pub hints: Vec<TableHint>,
}

/// The name of a table that is changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetName {
    /// A table, or an alias of the statement's `FROM`.
    Object(ObjectName),
    /// A table variable, with its sign.
    Variable(String),
}

/// `OUTPUT items [INTO target (columns)]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputClause {
    /// What is given.
    pub items: Vec<SelectItem>,
    /// Where it goes; without it, to the client.
    pub into: Option<(TargetName, Vec<Ident>)>,
}

/// `INSERT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Insert {
    /// `WITH name AS (...)`.
    pub with: Vec<Cte>,
    /// `TOP`.
    pub top: Option<Top>,
    /// The table.
    pub target: Target,
    /// The columns that get values; empty for all.
    pub columns: Vec<Ident>,
    /// `OUTPUT`: to the client, into a table, or both.
    pub output: Vec<OutputClause>,
    /// The new rows.
    pub source: InsertSource,
    /// `OPTION (...)` of a statement whose source is `VALUES`.
    pub hints: Vec<QueryHint>,
}

/// `INSERT BULK table (column type, ...) WITH (option, ...)`: what drivers say before they send
/// rows as a message of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InsertBulk {
    /// The table.
    pub table: ObjectName,
    /// The columns that the rows have.
    pub columns: Vec<BulkColumn>,
    /// `WITH (...)`.
    pub options: Vec<BulkOption>,
}

/// A column of an [`InsertBulk`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BulkColumn {
    /// Its name in the table.
    pub name: Ident,
    /// What the rows have for it; it is converted.
    pub data_type: TypeName,
    /// `COLLATE`.
    pub collation: Option<Ident>,
}

/// An option of an [`InsertBulk`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BulkOption {
    /// `KEEP_NULLS`: a NULL does not become the column's default.
    KeepNulls,
    /// `CHECK_CONSTRAINTS`: otherwise CHECK constraints are not looked at.
    CheckConstraints,
    /// `FIRE_TRIGGERS`; temporary tables have none.
    FireTriggers,
    /// `TABLOCK`: of no matter here, where a table is changed by one at a time.
    TabLock,
    /// `ROWS_PER_BATCH = number`, a hint.
    RowsPerBatch(u32),
    /// `KILOBYTES_PER_BATCH = number`, a hint.
    KilobytesPerBatch(u32),
    /// `ORDER (column ASC | DESC, ...)`, a hint: the columns, and whether they descend.
    Order(Vec<(Ident, bool)>),
}

/// Where new rows come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InsertSource {
    /// `VALUES (...), (...)`.
    Values(Vec<Vec<Expr>>),
    /// A query.
    Query(Box<Query>),
    /// What a procedure returns.
    Execute(Box<Execute>),
    /// What dynamic SQL returns.
    ExecuteString(Box<ExecuteString>),
    /// `DEFAULT VALUES`.
    DefaultValues,
}

/// `UPDATE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// `WITH name AS (...)`.
    pub with: Vec<Cte>,
    /// `TOP`.
    pub top: Option<Top>,
    /// The table, or an alias of `from`.
    pub target: Target,
    /// What is set; at least one.
    pub set: Vec<SetClause>,
    /// `OUTPUT`.
    pub output: Vec<OutputClause>,
    /// `FROM`.
    pub from: Vec<TableSource>,
    /// Which rows.
    pub filter: Filter,
    /// `OPTION (...)`.
    pub hints: Vec<QueryHint>,
}

/// `column = value`, `@variable = value` or `@variable = column = value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetClause {
    /// The variable, with its sign.
    pub variable: Option<String>,
    /// The column.
    pub column: Option<ObjectName>,
    /// How.
    pub operator: AssignOp,
    /// The value.
    pub value: Expr,
}

/// Which rows are changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// All.
    All,
    /// Those for which the condition holds.
    Where(Expr),
    /// The one that a cursor stands on.
    CurrentOf(CursorRef),
}

/// `DELETE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delete {
    /// `WITH name AS (...)`.
    pub with: Vec<Cte>,
    /// `TOP`.
    pub top: Option<Top>,
    /// The table, or an alias of `from`.
    pub target: Target,
    /// `OUTPUT`.
    pub output: Vec<OutputClause>,
    /// The second `FROM`.
    pub from: Vec<TableSource>,
    /// Which rows.
    pub filter: Filter,
    /// `OPTION (...)`.
    pub hints: Vec<QueryHint>,
}

/// `MERGE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merge {
    /// `WITH name AS (...)`.
    pub with: Vec<Cte>,
    /// `TOP`.
    pub top: Option<Top>,
    /// The table.
    pub target: Target,
    /// Its name in this statement.
    pub alias: Option<Ident>,
    /// What it is compared with.
    pub source: Table,
    /// When rows match.
    pub on: Expr,
    /// What is done; at least one.
    pub clauses: Vec<MergeWhen>,
    /// `OUTPUT`.
    pub output: Vec<OutputClause>,
    /// `OPTION (...)`.
    pub hints: Vec<QueryHint>,
}

/// `WHEN matched [AND condition] THEN action`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergeWhen {
    /// Which rows.
    pub matched: MergeMatch,
    /// Which of them.
    pub condition: Option<Expr>,
    /// What is done.
    pub action: MergeAction,
}

/// Which rows a `WHEN` is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MergeMatch {
    /// `MATCHED`.
    Matched,
    /// `NOT MATCHED [BY TARGET]`.
    NotMatchedByTarget,
    /// `NOT MATCHED BY SOURCE`.
    NotMatchedBySource,
}

/// What a `WHEN` does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MergeAction {
    /// `UPDATE SET`.
    Update(Vec<SetClause>),
    /// `DELETE`.
    Delete,
    /// `INSERT`.
    Insert {
        /// The columns that get values; empty for all.
        columns: Vec<Ident>,
        /// The values; `None` for `DEFAULT VALUES`.
        values: Option<Vec<Expr>>,
    },
}
