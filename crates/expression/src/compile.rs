//! Syntax into steps: names are looked up, types are settled, what is constant is computed.
//!
//! The nodes of the syntax come in an order in which children precede their parents, so one loop
//! over them types the whole expression. A node whose children are broken is not reported again.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the SSIS types are a closed set: those not named here are refused or treated alike"
)]

use model::{DataType, Span, Value, dts};

use crate::fault::Fault;
use crate::problem::Problem;
use crate::scope::{ColumnReference, Context, Lookup, Scope};
use crate::step::{Op, Step, StepId};
use crate::syntax::{Ast, ColumnName, Literal, Node, Syntax};
use crate::types::{TEXT_MAX, unicode};
use crate::{Locale, evaluate};

mod call;
mod operator;

/// A named thing that an expression uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The number that the scope gave.
    pub key: usize,
    /// As the expression writes it.
    pub name: String,
    /// Its type.
    pub data_type: DataType,
}

/// An expression under compilation.
pub(crate) struct Compiler<'a> {
    pub(crate) text: &'a str,
    scope: &'a dyn Scope,
    pub(crate) steps: Vec<Step>,
    pub(crate) variables: Vec<Reference>,
    pub(crate) columns: Vec<Reference>,
    pub(crate) problems: Vec<Problem>,
}

impl<'a> Compiler<'a> {
    pub(crate) fn new(text: &'a str, scope: &'a dyn Scope) -> Self {
        Self {
            text,
            scope,
            steps: Vec::new(),
            variables: Vec::new(),
            columns: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// Compiles all nodes and gives the step of the last; problems say why there is none.
    pub(crate) fn compile(&mut self, ast: &Ast) -> Option<StepId> {
        let mut results: Vec<Option<StepId>> = Vec::with_capacity(ast.nodes.len());
        for (index, node) in ast.nodes.iter().enumerate() {
            let is_root = index + 1 == ast.nodes.len();
            let step = match self.node(node, &results, is_root) {
                Ok(step) => step,
                Err(problem) => {
                    self.problems.push(problem);
                    None
                }
            };
            results.push(step);
        }
        results.pop().flatten()
    }

    /// One node; `None` when one of its children has no step.
    fn node(
        &mut self,
        node: &Node,
        results: &[Option<StepId>],
        is_root: bool,
    ) -> Result<Option<StepId>, Problem> {
        let get = |id: usize| results.get(id).copied().flatten();
        let span = node.span;
        Ok(Some(match &node.syntax {
            Syntax::Literal(literal) => self.literal(literal, span),
            Syntax::Null(data_type) => self.push(Op::Constant(Value::Null), *data_type, span),
            Syntax::Variable { namespace, name } => {
                self.variable(namespace.as_deref(), name, span)?
            }
            Syntax::Column(name) => self.column(name, span)?,
            Syntax::Unary(operator, operand) => {
                let Some(operand) = get(*operand) else { return Ok(None) };
                self.unary(*operator, operand, span)?
            }
            Syntax::Binary(operator, left, right) => {
                let (Some(left), Some(right)) = (get(*left), get(*right)) else { return Ok(None) };
                self.binary(*operator, left, right, span)?
            }
            Syntax::Conditional { condition, then, otherwise } => {
                let operands = (get(*condition), get(*then), get(*otherwise));
                let (Some(condition), Some(then), Some(otherwise)) = operands else {
                    return Ok(None);
                };
                self.conditional(condition, (then, otherwise), span)?
            }
            Syntax::Cast { to, operand } => {
                let Some(operand) = get(*operand) else { return Ok(None) };
                self.cast(operand, *to, is_root, span)?
            }
            Syntax::Call { name, arguments } => {
                let steps: Option<Vec<StepId>> = arguments.iter().map(|id| get(*id)).collect();
                let Some(steps) = steps else { return Ok(None) };
                self.call(name, steps, span)?
            }
        }))
    }

    pub(crate) fn type_of(&self, step: StepId) -> DataType {
        self.steps[step].data_type
    }

    pub(crate) fn span_of(&self, step: StepId) -> Span {
        self.steps[step].span
    }

    /// The text of an operand, for messages.
    pub(crate) fn snippet(&self, span: Span) -> &'a str {
        self.text.get(span.start..span.end).unwrap_or(self.text)
    }

    pub(crate) fn push(&mut self, op: Op, data_type: DataType, span: Span) -> StepId {
        self.steps.push(Step { op, data_type, span });
        self.steps.len() - 1
    }

    /// Adds a step and, when all its operands are constant, computes it now.
    pub(crate) fn push_folded(
        &mut self,
        op: Op,
        data_type: DataType,
        span: Span,
    ) -> Result<StepId, Problem> {
        let step = Step { op, data_type, span };
        if let Some(result) = self.fold(&step) {
            match result {
                Ok(value) => return Ok(self.push(Op::Constant(value), data_type, span)),
                Err(Fault::Truncated) => {
                    let message =
                        format!("`{}` will always result in a truncation", self.snippet(span));
                    let code = dts::DTS_W_STATICTRUNCATIONINEXPRESSION;
                    self.problems.push(Problem::warning(code, span, message));
                }
                Err(fault) => {
                    let message = format!("{} in `{}`", fault.text(), self.snippet(span));
                    return Err(Problem::error(fault.code(), span, message));
                }
            }
        }
        self.steps.push(step);
        Ok(self.steps.len() - 1)
    }

    /// Computes a step whose operands are all constant and whose result depends on nothing else.
    fn fold(&self, step: &Step) -> Option<Result<Value, Fault>> {
        if !is_pure(step, &self.steps) {
            return None;
        }
        let operands = step.op.operands();
        let mut values = Vec::with_capacity(operands.len());
        for operand in &operands {
            let Op::Constant(value) = &self.steps[*operand].op else { return None };
            values.push(value.clone());
        }
        let context = Context {
            now_local: model::Ticks::MIN,
            now_utc: model::Ticks::MIN,
            locale: Locale::US_ENGLISH,
        };
        let types: Vec<DataType> = operands.iter().map(|id| self.type_of(*id)).collect();
        Some(evaluate::apply(step, &values, &types, &context).map_err(|(fault, _)| fault))
    }

    fn literal(&mut self, literal: &Literal, span: Span) -> StepId {
        let (value, data_type) = match literal {
            Literal::Bool(value) => (Value::Bool(*value), DataType::Bool),
            Literal::I4(n) => (Value::I4(*n), DataType::I4),
            Literal::I8(n) => (Value::I8(*n), DataType::I8),
            Literal::Ui4(n) => (Value::Ui4(*n), DataType::Ui4),
            Literal::Ui8(n) => (Value::Ui8(*n), DataType::Ui8),
            Literal::R4(n) => (Value::R4(*n), DataType::R4),
            Literal::R8(n) => (Value::R8(*n), DataType::R8),
            Literal::Numeric(n, digits) => {
                let data_type =
                    DataType::Numeric { precision: (*digits).max(n.scale).max(1), scale: n.scale };
                (Value::Decimal(*n), data_type)
            }
            Literal::Text(text) => {
                let length = u32::try_from(crate::convert::utf16_len(text)).unwrap_or(u32::MAX);
                (Value::text(text.as_str()), DataType::WStr { length })
            }
        };
        self.push(Op::Constant(value), data_type, span)
    }

    fn variable(
        &mut self,
        namespace: Option<&str>,
        name: &str,
        span: Span,
    ) -> Result<StepId, Problem> {
        let shown = match namespace {
            Some(namespace) => format!("@[{namespace}::{name}]"),
            None => format!("@{name}"),
        };
        match self.scope.variable(namespace, name) {
            Lookup::Found { data_type: DataType::Null | DataType::Empty, .. }
            | Lookup::Unusable => {
                let message = format!(
                    "the data type of variable `{shown}` is not supported in an expression"
                );
                Err(Problem::error(dts::DTS_E_EXPREVALVARIABLETYPENOTSUPPORTED, span, message))
            }
            Lookup::Found { key, data_type } => {
                let known = self.variables.iter().position(|variable| variable.key == key);
                let index = known.unwrap_or_else(|| {
                    self.variables.push(Reference { key, name: shown, data_type });
                    self.variables.len() - 1
                });
                Ok(self.push(Op::Variable(index), variable_type(data_type), span))
            }
            Lookup::Missing => {
                let message = format!("variable `{shown}` was not found");
                Err(Problem::error(dts::DTS_E_EXPREVALVARIABLENOTFOUND, span, message).with_hint(
                    "names of variables are case-sensitive, and the variable must be in scope here",
                ))
            }
            Lookup::Ambiguous => {
                let message = format!("there are several variables with the name `{name}`");
                Err(Problem::error(dts::DTS_E_EXPREVALAMBIGUOUSVARIABLENNAME, span, message)
                    .with_hint(format!("write it as @[Namespace::{name}]")))
            }
        }
    }

    fn column(&mut self, name: &ColumnName, span: Span) -> Result<StepId, Problem> {
        let reference = match name {
            ColumnName::Name(name) => ColumnReference::Name(name),
            ColumnName::Qualified { source, name } => ColumnReference::Qualified { source, name },
            ColumnName::LineageId(id) => ColumnReference::LineageId(*id),
            ColumnName::RefId(id) => ColumnReference::RefId(id),
        };
        let shown = self.snippet(span).to_owned();
        let missing = |code: u32, message: String| Err(Problem::error(code, span, message));
        match self.scope.column(reference) {
            Lookup::Found { key, data_type } => {
                let known = self.columns.iter().position(|column| column.key == key);
                let index = known.unwrap_or_else(|| {
                    self.columns.push(Reference { key, name: shown, data_type });
                    self.columns.len() - 1
                });
                Ok(self.push(Op::Column(index), unicode(data_type), span))
            }
            Lookup::Unusable => missing(
                dts::DTS_E_EXPREVALINPUTCOLUMNNAMENOTFOUND,
                format!("the data type of column `{shown}` is not supported in an expression"),
            ),
            Lookup::Ambiguous => {
                let message = format!("there are several input columns with the name `{shown}`");
                Err(Problem::error(dts::DTS_E_EXPREVALAMBIGUOUSINPUTCOLUMNNAME, span, message)
                    .with_hint("write it as [Component].[Column]"))
            }
            Lookup::Missing if !self.scope.has_columns() => {
                let by_id = matches!(name, ColumnName::LineageId(_) | ColumnName::RefId(_));
                let code = if by_id {
                    dts::DTS_E_EXPREVALNOINPUTCOLUMNCOLLECTIONFORCOLUMNID
                } else {
                    dts::DTS_E_EXPREVALNOINPUTCOLUMNCOLLECTIONFORCOLUMNNAME
                };
                let message = format!("`{shown}` is not a name that means anything here");
                Err(Problem::error(code, span, message).with_hint(format!(
                    "a variable is written @{shown}, and text between double quotation marks"
                )))
            }
            Lookup::Missing => {
                let code = match name {
                    ColumnName::Name(_) => dts::DTS_E_EXPREVALINPUTCOLUMNNAMENOTFOUND,
                    ColumnName::Qualified { .. } => {
                        dts::DTS_E_EXPREVALDOTTEDINPUTCOLUMNNAMENOTFOUND
                    }
                    ColumnName::LineageId(_) | ColumnName::RefId(_) => {
                        dts::DTS_E_EXPREVALINPUTCOLUMNIDNOTFOUND
                    }
                };
                missing(code, format!("there is no input column `{shown}`"))
            }
        }
    }

    /// Brings a step to a type that an operator or function needs.
    pub(crate) fn implicitly(&mut self, operand: StepId, to: DataType) -> Result<StepId, Problem> {
        if self.type_of(operand) == to {
            return Ok(operand);
        }
        let span = self.span_of(operand);
        self.push_folded(Op::Convert { operand, is_cast: false }, to, span)
    }

    /// Warns that a text that columns go into may not fit into a DT_WSTR.
    pub(crate) fn warn_of_length(&mut self, length: u64, span: Span) {
        if u64::from(TEXT_MAX) < length && !self.columns.is_empty() {
            let message = format!(
                "the result of `{}` may be truncated if it exceeds {TEXT_MAX} characters",
                self.snippet(span)
            );
            let code = dts::DTS_W_EXPREVALPOTENTIALSTRINGTRUNCATION;
            self.problems.push(Problem::warning(code, span, message));
        }
    }
}

/// The type of a variable inside an expression. A decimal variable has the scale of whatever value
/// it holds, which its type (scale 28) does not tell: it counts as one with digits on both sides
/// of the point.
fn variable_type(data_type: DataType) -> DataType {
    if data_type == (DataType::Decimal { scale: 28 }) {
        DataType::Decimal { scale: DECIMAL_VARIABLE_SCALE }
    } else {
        unicode(data_type)
    }
}

/// Leaves 19 digits in front of the point, as many as DT_I8 has.
const DECIMAL_VARIABLE_SCALE: u8 = 10;

/// Whether the result depends on the operands alone: not on the clock, and not on the locale, as
/// conversions between text and numbers or dates do.
fn is_pure(step: &Step, steps: &[Step]) -> bool {
    match &step.op {
        Op::Constant(_) | Op::Variable(_) | Op::Column(_) => false,
        Op::Call(function, _) => function.is_pure(),
        Op::Convert { operand, .. } => {
            let (from, to) = (steps[*operand].data_type, step.data_type);
            let number = |t: DataType| t.is_numeric() || t == DataType::Bool;
            let short = |t: DataType| t.is_text();
            let null = matches!(steps[*operand].op, Op::Constant(Value::Null));
            null || (number(from) && number(to))
                || (short(from) && short(to))
                || (from.is_integer() && short(to))
        }
        _ => true,
    }
}
