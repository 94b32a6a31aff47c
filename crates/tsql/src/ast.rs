//! What a batch says, before anything is known about tables, types or procedures.
//!
//! The tree is plain data: [`crate::parse()`] makes it, [`crate::print()`] writes it back, and the
//! binder gives it types. It says nothing about whether a name exists.
//!
//! # Invariants
//!
//! * Two trees are equal when they say the same: where something stands ([`Place`]) is not
//!   compared, so `parse(print(tree)) == tree`.
//! * Operators that chain without limit in real scripts (AND, OR, UNION, joins) are lists, so the
//!   height of a tree is bounded by [`crate::parse::HEIGHT_MAX`], whatever the length of a batch.
//! * Where a condition is needed stands an [`Expr`] whose [`Expr::is_condition`] is true, and
//!   nowhere else does one stand.
//!
//! Read `ast/expr.rs`, then `ast/query.rs`, then `ast/statement.rs`.

mod cursor;
mod data;
mod define;
mod execute;
mod expr;
mod query;
mod secure;
mod source;
mod statement;

use std::fmt;
use std::hash::{Hash, Hasher};

use model::Span;

pub use cursor::{CursorDefinition, CursorOption, CursorRef, CursorUpdate, Fetch, FetchDirection};
pub use data::{
    BulkColumn, BulkOption, Delete, Filter, Insert, InsertBulk, InsertSource, Merge, MergeAction,
    MergeMatch, MergeWhen, OutputClause, SetClause, Target, TargetName, Update,
};
pub use define::{
    AlterTable, ColumnDef, ColumnOption, CreateFunction, CreateIndex, CreateKind, CreateProcedure,
    CreateType, CreateView, DropKind, DropObject, FunctionReturns, IndexColumn, Parameter,
    TableConstraint, TableConstraintKind, TableDefinition, TableElement, TypeDefinition,
};
pub use execute::{ExecArgument, ExecTarget, ExecValue, Execute, ExecuteString, ResultSets};
pub use expr::{
    BinaryOp, CaseArm, CompareOp, Expr, ExprKind, Frame, FrameBound, FrameUnit, FunctionCall,
    InSource, Literal, NamedWindow, Niladic, NullTreatment, OdbcKind, Over, Quantifier, TrimSide,
    UnaryOp,
};
pub use query::{
    AssignOp, Cte, Elements, ForClause, ForJson, ForXml, GroupBy, GroupItem, GroupWith, JsonMode,
    Offset, OrderItem, Query, QueryBody, QueryHint, Select, SelectItem, SetOperand, SetOperator,
    Top, XmlMode,
};
pub use secure::{
    AlterLogin, CreateLogin, CreateUser, LoginOption, Permission, PermissionChange, PermissionVerb,
    RoleChange, Secret, Securable,
};
pub use source::{
    Join, JoinHint, JoinKind, JsonColumn, Pivot, Sample, Table, TableHint, TableKind, TableSource,
    Unpivot,
};
pub use statement::{
    Batch, ExecuteAs, If, IsolationLevel, RaiseError, SetOption, Statement, StatementKind,
    ThrowArguments, TransactionName, VariableDecl, VariableKind, While,
};

/// Where something stands in its batch. All places are equal: see the invariants above.
#[derive(Clone, Copy, Default)]
pub struct Place {
    /// The bytes of the batch.
    pub span: Span,
    /// The line of the first byte; the first line of a batch is 1.
    pub line: u32,
}

impl PartialEq for Place {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Place {}

impl Hash for Place {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)
    }
}

/// One part of a name.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Ident {
    /// The name, without its brackets or quotes. Empty where a part is left out (`db..table`).
    pub value: String,
    /// Whether it was written in brackets or quotes, so that it is never a keyword.
    pub quoted: bool,
    /// Where it stands.
    pub place: Place,
}

impl Ident {
    /// Whether this is the name `other`, as names of the language (hints, date parts, types) are
    /// compared: by ASCII letters without case.
    pub fn is(&self, other: &str) -> bool {
        self.value.eq_ignore_ascii_case(other)
    }
}

impl fmt::Debug for Ident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.quoted { write!(f, "[{}]", self.value) } else { f.write_str(&self.value) }
    }
}

/// A name of one to four parts: server, database, schema, object.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ObjectName {
    /// At least one part; the last is not empty.
    pub parts: Vec<Ident>,
}

impl ObjectName {
    /// The part that stands `back` places before the last one, where it is there and not empty.
    fn part(&self, back: usize) -> Option<&Ident> {
        let index = self.parts.len().checked_sub(back + 1)?;
        self.parts.get(index).filter(|part| !part.value.is_empty())
    }

    /// The last part.
    pub fn name(&self) -> &str {
        self.part(0).map_or("", |part| &part.value)
    }

    /// The part before the name.
    pub fn schema(&self) -> Option<&str> {
        self.part(1).map(|part| part.value.as_str())
    }

    /// The part before the schema.
    pub fn database(&self) -> Option<&str> {
        self.part(2).map(|part| part.value.as_str())
    }

    /// The linked server.
    pub fn server(&self) -> Option<&str> {
        self.part(3).map(|part| part.value.as_str())
    }

    /// Where it stands, from the first part to the last.
    pub fn place(&self) -> Place {
        let first = self.parts.first().map(|part| part.place).unwrap_or_default();
        let last = self.parts.last().map(|part| part.place).unwrap_or_default();
        Place { span: (first.span.start..last.span.end).into(), line: first.line }
    }
}

impl fmt::Debug for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, part) in self.parts.iter().enumerate() {
            let dot = if index == 0 { "" } else { "." };
            write!(f, "{dot}{part:?}")?;
        }
        Ok(())
    }
}

/// A data type as it is written: `decimal(10, 2)`, `nvarchar(max)`, `dbo.MyType`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TypeName {
    /// The name. Spellings of two words (`double precision`) have become the one-word name.
    pub name: ObjectName,
    /// What stands in parentheses.
    pub size: TypeSize,
    /// Where it stands.
    pub place: Place,
}

/// What stands in the parentheses of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TypeSize {
    /// No parentheses.
    Absent,
    /// `(max)`.
    Max,
    /// One number: a length or a precision.
    One(u32),
    /// Precision and scale.
    Two(u32, u32),
}
