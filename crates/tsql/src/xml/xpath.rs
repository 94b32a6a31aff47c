//! Reads the paths of the xml methods.

mod reader;

use crate::value::SqlError;

/// A path expression with what its prolog declares.
#[derive(Clone, Debug)]
pub(super) struct XPath {
    pub(super) expression: Expression,
    /// `declare namespace prefix="..."`; the default element namespace has an empty prefix.
    pub(super) spaces: Vec<(String, String)>,
}

#[derive(Clone, Debug)]
pub(super) enum Expression {
    Or(Vec<Expression>),
    And(Vec<Expression>),
    Compare(Box<Expression>, Compare, Box<Expression>),
    Arithmetic(Box<Expression>, char, Box<Expression>),
    Negative(Box<Expression>),
    Text(String),
    Number(f64),
    Call(Function, Vec<Expression>),
    /// Steps from the root, or from the context node.
    Path {
        absolute: bool,
        steps: Vec<Step>,
    },
    /// An expression in parentheses, with predicates, and steps from what it gives.
    Group {
        inside: Box<Expression>,
        predicates: Vec<Expression>,
        steps: Vec<Step>,
    },
    /// `a, b`.
    Sequence(Vec<Expression>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compare {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Count,
    Sum,
    Min,
    Max,
    Avg,
    LocalName,
    Name,
    NamespaceUri,
    String,
    Data,
    Number,
    Contains,
    Concat,
    Substring,
    StringLength,
    Not,
    Empty,
    True,
    False,
    Last,
    Position,
    UpperCase,
    LowerCase,
}

#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) axis: Axis,
    pub(super) test: Test,
    pub(super) predicates: Vec<Expression>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Axis {
    Child,
    Attribute,
    Itself,
    Parent,
    /// `//`: the node and all below it.
    Descendants,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Test {
    /// A prefix and a local name; `*` is any.
    Name(String, String),
    Any,
    Text,
    Node,
    Comment,
    Instruction,
}

impl XPath {
    /// Reads a path.
    pub(super) fn parse(text: &str) -> Result<Self, SqlError> {
        let mut reader = reader::Reader::new(text);
        let spaces = reader.prolog()?;
        let expression = reader.sequence()?;
        reader.end()?;
        Ok(Self { expression, spaces })
    }
}
