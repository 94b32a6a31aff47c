//! The syntax of an expression: a list of nodes in which children come before their parents.
//!
//! A list and not a tree of boxes: an expression of any length is walked, typed and dropped by
//! loops, so no text can overflow the stack.

use model::{DataType, Decimal, Span};

/// An expression, parsed.
#[derive(Clone, Debug, PartialEq)]
pub struct Ast {
    pub(crate) nodes: Vec<Node>,
}

/// The place of a node in its list.
pub(crate) type NodeId = usize;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub(crate) syntax: Syntax,
    pub(crate) span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Syntax {
    Literal(Literal),
    Variable {
        namespace: Option<String>,
        name: String,
    },
    Column(ColumnName),
    Unary(UnaryOperator, NodeId),
    Binary(BinaryOperator, NodeId, NodeId),
    Conditional {
        condition: NodeId,
        then: NodeId,
        otherwise: NodeId,
    },
    Cast {
        to: DataType,
        operand: NodeId,
    },
    /// `NULL(DT_I4)`.
    Null(DataType),
    Call {
        name: String,
        arguments: Vec<NodeId>,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Literal {
    Bool(bool),
    I4(i32),
    I8(i64),
    Ui4(u32),
    Ui8(u64),
    R4(f32),
    R8(f64),
    Numeric(Decimal, u8),
    Text(String),
}

/// How an expression names a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ColumnName {
    Name(String),
    Qualified { source: String, name: String },
    LineageId(i64),
    RefId(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UnaryOperator {
    Negate,
    Not,
    Complement,
}

impl UnaryOperator {
    pub(crate) const fn symbol(self) -> &'static str {
        match self {
            Self::Negate => "-",
            Self::Not => "!",
            Self::Complement => "~",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BinaryOperator {
    Multiply,
    Divide,
    Modulo,
    Add,
    Subtract,
    Less,
    Greater,
    LessOrEqual,
    GreaterOrEqual,
    Equal,
    NotEqual,
    BitAnd,
    BitXor,
    BitOr,
    And,
    Or,
}

impl BinaryOperator {
    /// How tightly it binds; larger binds tighter.
    pub(crate) const fn precedence(self) -> u8 {
        match self {
            Self::Multiply | Self::Divide | Self::Modulo => 9,
            Self::Add | Self::Subtract => 8,
            Self::Less | Self::Greater | Self::LessOrEqual | Self::GreaterOrEqual => 7,
            Self::Equal | Self::NotEqual => 6,
            Self::BitAnd => 5,
            Self::BitXor => 4,
            Self::BitOr => 3,
            Self::And => 2,
            Self::Or => 1,
        }
    }

    pub(crate) const fn symbol(self) -> &'static str {
        match self {
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Modulo => "%",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Less => "<",
            Self::Greater => ">",
            Self::LessOrEqual => "<=",
            Self::GreaterOrEqual => ">=",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::BitAnd => "&",
            Self::BitXor => "^",
            Self::BitOr => "|",
            Self::And => "&&",
            Self::Or => "||",
        }
    }
}
