//! Calls of procedures and dynamic SQL.

use super::{ExecuteAs, Expr, Ident, ObjectName, Place};

/// `EXEC [@status =] procedure arguments`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Execute {
    /// The variable that takes the return status, with its sign.
    pub status: Option<String>,
    /// What is called.
    pub target: ExecTarget,
    /// With what.
    pub arguments: Vec<ExecArgument>,
    /// `WITH RECOMPILE`.
    pub recompile: bool,
    /// `WITH RESULT SETS`, where it asks for nothing to be checked.
    pub result_sets: Option<ResultSets>,
    /// Where it stands.
    pub place: Place,
}

/// What a caller says of the result sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ResultSets {
    /// `UNDEFINED`: whatever comes.
    Undefined,
    /// `NONE`: it is an error when one comes.
    NoneAllowed,
}

/// What `EXEC` calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExecTarget {
    /// A procedure by name.
    Procedure(ObjectName),
    /// A procedure whose name is in a variable, with its sign.
    Variable(String),
}

/// `[@name =] value [OUTPUT]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecArgument {
    /// The parameter, with its sign.
    pub name: Option<String>,
    /// The value.
    pub value: ExecValue,
    /// `OUTPUT` or `OUT`.
    pub output: bool,
    /// Where it stands.
    pub place: Place,
}

/// What an argument of a procedure can be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExecValue {
    /// A constant with or without a sign, NULL, or a variable.
    Value(Expr),
    /// A bare word (`False`, `R`) or a name in brackets, which stands for its own text.
    Word(Ident),
    /// `DEFAULT`.
    Default,
}

/// `EXEC ('text' + @text [, arguments]) [AS ...] [AT server]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecuteString {
    /// Strings and variables that are put together; at least one.
    pub text: Vec<Expr>,
    /// Values for the `?` of a linked server's text.
    pub arguments: Vec<ExecArgument>,
    /// `AS LOGIN = 'name'` or `AS USER = 'name'`.
    pub run_as: Option<ExecuteAs>,
    /// The linked server.
    pub at: Option<Ident>,
    /// Where it stands.
    pub place: Place,
}
