//! Assignments, `@[User::x] = expression`: Expression Task, and Init and Assign of a For Loop.

use model::{DataType, Value, dts};

use crate::compiled::Compiled;
use crate::convert::convert;
use crate::fault::EvalError;
use crate::parser::parse_assignment;
use crate::problem::Problem;
use crate::scope::{Context, Lookup, Scope, Variables};

/// A compiled assignment, or an expression where an assignment could be.
#[derive(Clone, Debug)]
pub struct Assignment {
    /// The variable that gets the value; `None` when the text is an expression without `=`, which
    /// is evaluated for nothing.
    pub target: Option<AssignmentTarget>,
    /// What is computed.
    pub expression: Compiled,
    text: String,
}

/// The variable that an assignment writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssignmentTarget {
    /// The number that the scope gave.
    pub key: usize,
    /// As the text writes it, `User::x` or `x`.
    pub name: String,
    /// Its type.
    pub data_type: DataType,
}

impl Assignment {
    /// Parses and checks an assignment. Both `=` and `:=` are understood. Whether the variable
    /// may be written is for the caller to know.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub fn compile(text: &str, scope: &dyn Scope) -> Result<Self, Vec<Problem>> {
        let (target, ast) = parse_assignment(text).map_err(|problem| vec![problem])?;
        let expression = Compiled::from_ast(text, &ast, scope)?;
        let Some(target) = target else {
            return Ok(Self { target: None, expression, text: text.to_owned() });
        };
        let name = match &target.namespace {
            Some(namespace) => format!("{namespace}::{}", target.name),
            None => target.name.clone(),
        };
        let problem =
            |code: u32, message: String| Err(vec![Problem::error(code, target.span, message)]);
        match scope.variable(target.namespace.as_deref(), &target.name) {
            Lookup::Found { key, data_type } => {
                let target = AssignmentTarget { key, name, data_type };
                Ok(Self { target: Some(target), expression, text: text.to_owned() })
            }
            Lookup::Missing => problem(
                dts::DTS_E_EXPREVALASSIGNMENTVARIABLELOCKFORWRITEFAILED,
                format!("variable `{name}` does not exist or cannot be accessed for writing"),
            ),
            Lookup::Ambiguous => problem(
                dts::DTS_E_EXPREVALAMBIGUOUSVARIABLENNAME,
                format!("there are several variables with the name `{name}`"),
            ),
            Lookup::Unusable => problem(
                dts::DTS_E_EXPREVALVARIABLETYPENOTSUPPORTED,
                format!("the data type of variable `{name}` is not supported in an expression"),
            ),
        }
    }

    /// The assignment as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Computes the value and converts it to the type of the variable, which a number may need
    /// (`@i = @i + 1` on a DT_I2). Text is not cut to any length.
    ///
    /// # Errors
    ///
    /// When it cannot be computed, or the variable cannot hold it.
    pub fn evaluate(
        &self,
        variables: &dyn Variables,
        context: &Context,
    ) -> Result<Value, EvalError> {
        let value = self.expression.evaluate(variables, context)?;
        let Some(target) = &self.target else { return Ok(value) };
        let mismatch = || EvalError {
            code: dts::DTS_E_EXPREVALASSIGNMENTTYPEMISMATCH,
            message: format!(
                "the result of the assignment expression `{}` has type {} and cannot be converted to {}, the type of variable {}",
                self.text,
                self.expression.data_type(),
                target.data_type,
                target.name
            ),
        };
        let from = self.expression.data_type();
        if from.is_text() != target.data_type.is_text() && !value.is_null() {
            return Err(mismatch());
        }
        if from.is_text() {
            return Ok(value);
        }
        convert(&value, from, target.data_type, &context.convert_options()).map_err(|_| mismatch())
    }
}
