//! Statements that make, change and drop tables, indexes, procedures, functions, views, types.

use super::{ExecuteAs, Expr, Ident, ObjectName, Place, Query, Statement, TypeName};

/// The columns and constraints of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableDefinition {
    /// In order; at least one.
    pub elements: Vec<TableElement>,
}

/// One thing in the parentheses of `CREATE TABLE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TableElement {
    /// A column.
    Column(ColumnDef),
    /// `name AS expression [PERSISTED]`.
    Computed {
        /// The column.
        name: Ident,
        /// What it is computed from.
        value: Expr,
        /// Whether it is stored.
        persisted: bool,
    },
    /// A constraint of the table.
    Constraint(TableConstraint),
    /// `INDEX name (columns)`.
    Index(CreateIndex),
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnDef {
    /// Its name.
    pub name: Ident,
    /// Its type.
    pub data_type: TypeName,
    /// What else is said, in order.
    pub options: Vec<ColumnOption>,
}

/// What is said of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ColumnOption {
    /// `NULL`.
    Null,
    /// `NOT NULL`.
    NotNull,
    /// `IDENTITY [(seed, increment)]`.
    Identity(Option<(Expr, Expr)>),
    /// `COLLATE name`.
    Collate(Ident),
    /// `ROWGUIDCOL`.
    RowGuid,
    /// `SPARSE`.
    Sparse,
    /// `INDEX name [UNIQUE] [CLUSTERED | NONCLUSTERED]`.
    Index {
        /// Its name.
        name: Ident,
        /// `UNIQUE`.
        unique: bool,
        /// `CLUSTERED` or `NONCLUSTERED`.
        clustered: Option<bool>,
    },
    /// `[CONSTRAINT name] DEFAULT | CHECK | PRIMARY KEY | UNIQUE | REFERENCES`.
    Constraint(TableConstraint),
}

/// A constraint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableConstraint {
    /// Its name.
    pub name: Option<Ident>,
    /// What it asks for.
    pub kind: TableConstraintKind,
}

/// What a constraint asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TableConstraintKind {
    /// `PRIMARY KEY` or `UNIQUE`.
    Key {
        /// `PRIMARY KEY`.
        primary: bool,
        /// `CLUSTERED` or `NONCLUSTERED`.
        clustered: Option<bool>,
        /// The columns; empty for a constraint of one column.
        columns: Vec<IndexColumn>,
        /// `WITH (option = value, ...)`: names in upper case, values as written.
        options: Vec<(String, String)>,
    },
    /// `CHECK (condition)`.
    Check(Expr),
    /// `DEFAULT value [FOR column]`.
    Default(Expr, Option<Ident>),
    /// `[FOREIGN KEY (columns)] REFERENCES table [(columns)]`.
    References {
        /// The columns; empty for a constraint of one column.
        columns: Vec<Ident>,
        /// The other table.
        table: ObjectName,
        /// Its columns; empty for its key.
        to: Vec<Ident>,
        /// What follows when the other row is deleted, or its key changes: `DELETE CASCADE`, ...
        actions: Vec<String>,
    },
}

/// A column of an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexColumn {
    /// Which.
    pub name: Ident,
    /// `DESC`.
    pub descending: bool,
}

/// `CREATE INDEX`, or an index in the parentheses of `CREATE TABLE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateIndex {
    /// `UNIQUE`.
    pub unique: bool,
    /// `CLUSTERED` or `NONCLUSTERED`.
    pub clustered: Option<bool>,
    /// Its name.
    pub name: Ident,
    /// The table; `None` inside `CREATE TABLE`.
    pub table: Option<ObjectName>,
    /// Its columns.
    pub columns: Vec<IndexColumn>,
    /// `INCLUDE`.
    pub include: Vec<Ident>,
    /// `WHERE`.
    pub filter: Option<Expr>,
    /// `WITH (option = value, ...)`: names in upper case, values as written.
    pub options: Vec<(String, String)>,
}

/// `ALTER TABLE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlterTable {
    /// `ADD`.
    Add(Vec<TableElement>),
    /// `ALTER COLUMN`.
    AlterColumn(ColumnDef),
    /// `DROP COLUMN`.
    DropColumn {
        /// `IF EXISTS`.
        if_exists: bool,
        /// Which.
        names: Vec<Ident>,
    },
    /// `DROP CONSTRAINT`.
    DropConstraint {
        /// `IF EXISTS`.
        if_exists: bool,
        /// Which.
        names: Vec<Ident>,
    },
}

/// Whether something must be new, must be there, or either.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CreateKind {
    /// `CREATE`.
    Create,
    /// `ALTER`.
    Alter,
    /// `CREATE OR ALTER`.
    CreateOrAlter,
}

/// A parameter of a procedure or function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// With its sign.
    pub name: String,
    /// Its type; `CURSOR` for a cursor.
    pub data_type: TypeName,
    /// What it is when the caller leaves it out: a constant, NULL, or a bare word as a string.
    pub default: Option<Expr>,
    /// `OUTPUT`.
    pub output: bool,
    /// `READONLY`.
    pub readonly: bool,
    /// `VARYING`.
    pub varying: bool,
}

/// `CREATE PROCEDURE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateProcedure {
    /// New or not.
    pub kind: CreateKind,
    /// Its name.
    pub name: ObjectName,
    /// Its parameters.
    pub parameters: Vec<Parameter>,
    /// `WITH RECOMPILE` and the like, in upper case.
    pub options: Vec<String>,
    /// `WITH EXECUTE AS`.
    pub execute_as: Option<ExecuteAs>,
    /// What it does.
    pub body: Vec<Statement>,
}

/// `CREATE FUNCTION`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateFunction {
    /// New or not.
    pub kind: CreateKind,
    /// Its name.
    pub name: ObjectName,
    /// Its parameters.
    pub parameters: Vec<Parameter>,
    /// What it returns.
    pub returns: FunctionReturns,
    /// `WITH SCHEMABINDING` and the like, in upper case.
    pub options: Vec<String>,
    /// `WITH EXECUTE AS`.
    pub execute_as: Option<ExecuteAs>,
    /// What it does; for [`FunctionReturns::Query`] empty.
    pub body: Vec<Statement>,
}

/// What a function returns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FunctionReturns {
    /// One value.
    Value(TypeName),
    /// The rows of one query.
    Query(Box<Query>),
    /// The rows of a table variable.
    Table {
        /// With its sign.
        variable: String,
        /// Its columns.
        definition: TableDefinition,
    },
}

/// `CREATE VIEW`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateView {
    /// New or not.
    pub kind: CreateKind,
    /// Its name.
    pub name: ObjectName,
    /// The names of its columns, where given.
    pub columns: Vec<Ident>,
    /// `WITH SCHEMABINDING` and the like, in upper case.
    pub options: Vec<String>,
    /// What it stands for.
    pub query: Box<Query>,
    /// `WITH CHECK OPTION`.
    pub check_option: bool,
}

/// `CREATE TYPE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateType {
    /// Its name.
    pub name: ObjectName,
    /// What it is.
    pub definition: TypeDefinition,
}

/// What a user's type is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypeDefinition {
    /// `FROM type [NULL | NOT NULL]`.
    Alias(TypeName, Option<bool>),
    /// `AS TABLE (...)`.
    Table(TableDefinition),
}

/// `DROP`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DropObject {
    /// What kind of thing.
    pub kind: DropKind,
    /// `IF EXISTS`.
    pub if_exists: bool,
    /// Which; at least one. An index is `table.index`.
    pub names: Vec<ObjectName>,
    /// Where it stands.
    pub place: Place,
}

/// What `DROP` takes away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the words of the language")]
pub enum DropKind {
    Table,
    Procedure,
    Function,
    View,
    Index,
    Type,
    Schema,
    Login,
    User,
    Role,
    ServerRole,
}
