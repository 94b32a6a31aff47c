//! An expression after compilation: steps, each with a type, whose operands are earlier steps.
//!
//! # Invariants
//!
//! * A step is the operand of at most one other step, so an evaluator may take its result.
//! * Operands have the types that the operation works on: whatever had to be converted has a
//!   [`Op::Convert`] step.

use model::{DataType, Span, Value};

use crate::function::Function;
use crate::syntax::BinaryOperator;

/// The place of a step in its list.
pub(crate) type StepId = usize;

#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) op: Op,
    /// The type of the result.
    pub(crate) data_type: DataType,
    /// The text that it comes from.
    pub(crate) span: Span,
}

#[derive(Clone, Debug)]
pub(crate) enum Op {
    Constant(Value),
    /// A variable, by its place in the list of variables that the expression uses.
    Variable(usize),
    /// A column, by its place in the list of columns that the expression uses.
    Column(usize),
    Negate(StepId),
    Not(StepId),
    Complement(StepId),
    /// `+ - * / %`.
    Arithmetic(BinaryOperator, StepId, StepId),
    /// `& | ^`.
    Bitwise(BinaryOperator, StepId, StepId),
    Concat(StepId, StepId),
    /// `== != < > <= >=`.
    Compare(BinaryOperator, StepId, StepId),
    And(StepId, StepId),
    Or(StepId, StepId),
    Select {
        condition: StepId,
        then: StepId,
        otherwise: StepId,
    },
    /// To the type of this step; a cast that was written fails with another code than a
    /// conversion that an operator needs.
    Convert {
        operand: StepId,
        is_cast: bool,
    },
    Call(Function, Vec<StepId>),
}

impl Op {
    /// The operands, in order.
    pub(crate) fn operands(&self) -> Vec<StepId> {
        match self {
            Self::Constant(_) | Self::Variable(_) | Self::Column(_) => Vec::new(),
            Self::Negate(a) | Self::Not(a) | Self::Complement(a) => vec![*a],
            Self::Convert { operand, .. } => vec![*operand],
            Self::Arithmetic(_, a, b)
            | Self::Bitwise(_, a, b)
            | Self::Concat(a, b)
            | Self::Compare(_, a, b)
            | Self::And(a, b)
            | Self::Or(a, b) => vec![*a, *b],
            Self::Select { condition, then, otherwise } => vec![*condition, *then, *otherwise],
            Self::Call(_, arguments) => arguments.clone(),
        }
    }
}
