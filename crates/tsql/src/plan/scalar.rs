//! Expressions and conditions of a plan.

use std::sync::Arc;

use super::Plan;
use crate::ast::{CompareOp, Place, Quantifier};
use crate::collation::Collation;
use crate::function::Function;
use crate::host::{Module, ScalarFunction};
use crate::types::{ArithmeticOp, SqlType, UnaryOp};
use crate::value::SqlValue;

/// An expression with a type.
#[derive(Clone)]
pub struct Scalar {
    /// What it is.
    pub kind: ScalarKind,
    /// The type of its value. A value is of this type, or NULL.
    pub data_type: SqlType,
    /// Whether it can be NULL.
    pub nullable: bool,
    /// How its text compares with others.
    pub collation: Collation,
    /// Where it stands in the batch.
    pub place: Place,
}

/// What a [`Scalar`] is.
#[derive(Clone)]
pub enum ScalarKind {
    /// A constant.
    Constant(SqlValue),
    /// A column of the current row (depth 0) or of an outer one.
    Column {
        /// How far out.
        depth: u32,
        /// Which column, from 0.
        index: usize,
    },
    /// A variable, by its slot in the frame.
    Variable(usize),
    /// `left op right`.
    Arithmetic(ArithmeticOp, Box<Scalar>, Box<Scalar>),
    /// `op operand`.
    Unary(UnaryOp, Box<Scalar>),
    /// A conversion to the scalar's type, written or implied.
    Convert {
        /// What.
        operand: Box<Scalar>,
        /// The style, an `int`.
        style: Option<Box<Scalar>>,
        /// Whether a failure gives NULL.
        lenient: bool,
    },
    /// `PARSE(text AS type USING culture)`.
    Parse {
        /// The text.
        operand: Box<Scalar>,
        /// The culture.
        culture: Option<Box<Scalar>>,
        /// Whether a failure gives NULL.
        lenient: bool,
    },
    /// A function of the table. For one that takes a date part, the first argument is a constant
    /// `varchar` with its name.
    Function(&'static Function, Vec<Scalar>),
    /// A function about the session or the server.
    Session(SessionFunction, Vec<Scalar>),
    /// A function of the host.
    Native(Arc<dyn ScalarFunction>, Vec<Scalar>),
    /// A user's function, which the session runs.
    User(Arc<Module>, Vec<Scalar>),
    /// The first arm whose condition is true; also COALESCE-like functions that must not evaluate
    /// more than they need (IIF, CHOOSE, NULLIF).
    Case(Vec<(Predicate, Scalar)>, Option<Box<Scalar>>),
    /// The first that is not NULL; all are of the scalar's type.
    Coalesce(Vec<Scalar>),
    /// The value of a query: NULL without a row, error 512 with more than one.
    Subquery(Arc<Plan>),
    /// `operand AT TIME ZONE zone`.
    AtTimeZone(Box<Scalar>, Box<Scalar>),
    /// A method of xml with its path: `value`, `query`, `exist`.
    XmlMethod {
        /// The xml.
        operand: Box<Scalar>,
        /// Which.
        method: XmlMethod,
        /// The path.
        path: String,
    },
}

/// A method of xml that gives a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum XmlMethod {
    /// `value(path, type)`: converted to the scalar's type.
    Value,
    /// `query(path)`.
    Query,
    /// `exist(path)`: 1 or 0.
    Exist,
}

/// A built-in function whose value only the session or the host knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the function of its name")]
pub enum SessionFunction {
    RowCount,
    RowCountBig,
    Error,
    TranCount,
    FetchStatus,
    CursorStatus,
    CursorRows,
    Identity,
    ScopeIdentity,
    NestLevel,
    ProcId,
    XactState,
    Spid,
    LangId,
    Language,
    DateFirst,
    LockTimeout,
    Options,
    TextSize,
    MaxPrecision,
    Version,
    ServerName,
    ServiceName,
    ErrorNumber,
    ErrorMessage,
    ErrorSeverity,
    ErrorState,
    ErrorLine,
    ErrorProcedure,
    SystemUser,
    OriginalLogin,
    CurrentUser,
    UserSid,
    HostName,
    AppName,
    DatabaseName,
    SessionContext,
    ContextInfo,
    CurrentTransactionId,
    RequestId,
    RowVersion,
    NextRowVersion,
    RemoteServer,
    SessionProperty,
    /// A function that [`crate::host::Host::metadata`] answers, by its upper-case name.
    Metadata(&'static str),
}

/// A condition: true, false or unknown.
#[derive(Clone)]
pub enum Predicate {
    /// Always this; `None` is unknown.
    Constant(Option<bool>),
    /// A comparison; both sides have one type.
    Compare {
        /// The left side.
        left: Scalar,
        /// How.
        operator: CompareOp,
        /// The right side.
        right: Scalar,
        /// How texts compare.
        collation: Collation,
    },
    /// All hold.
    And(Vec<Predicate>),
    /// One holds.
    Or(Vec<Predicate>),
    /// The opposite; unknown stays unknown.
    Not(Box<Predicate>),
    /// `IS NULL`.
    IsNull(Scalar),
    /// `IS NOT DISTINCT FROM`: equal, or both NULL.
    IsSame {
        /// The left side.
        left: Scalar,
        /// The right side.
        right: Scalar,
        /// How texts compare.
        collation: Collation,
    },
    /// `operand IN (values)`; all have one type.
    InList {
        /// What is looked for.
        operand: Scalar,
        /// Where.
        values: Vec<Scalar>,
        /// How texts compare.
        collation: Collation,
    },
    /// `operand op ANY | ALL (query)`; `IN (query)` is `= ANY`. The plan has one column, converted
    /// to the operand's type.
    Quantified {
        /// What is compared.
        operand: Scalar,
        /// How.
        operator: CompareOp,
        /// With how many.
        quantifier: Quantifier,
        /// The rows.
        plan: Arc<Plan>,
        /// How texts compare.
        collation: Collation,
    },
    /// `EXISTS (query)`.
    Exists(Arc<Plan>),
    /// `operand LIKE pattern ESCAPE escape`; all are strings.
    Like {
        /// What is compared.
        operand: Scalar,
        /// The pattern.
        pattern: Scalar,
        /// The character that takes the next one literally.
        escape: Option<Scalar>,
        /// How texts compare.
        collation: Collation,
        /// Whether operand or pattern is unicode.
        unicode: bool,
    },
}
