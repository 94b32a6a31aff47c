//! Variables, parameters and property expressions.

use model::{Span, TypeCode, Value};

use crate::Secret;

/// A variable of a container. Its scope is the container that holds it.
#[derive(Clone, Debug)]
pub struct Variable {
    /// `User`, `System` or one that the author chose.
    pub namespace: String,
    /// The name behind `::`.
    pub name: String,
    /// `{GUID}`.
    pub id: String,
    /// The author's words about it.
    pub description: String,
    /// The type of its values.
    pub type_code: TypeCode,
    /// The design-time value. That of a variable with a live expression is only the last one
    /// evaluated in a designer.
    pub value: Value,
    /// Whether only its expression and its definition may give it a value.
    pub read_only: bool,
    /// The expression as saved; it counts only when `evaluate_as_expression` is set.
    pub expression: String,
    /// Whether the value is that of the expression.
    pub evaluate_as_expression: bool,
    /// Whether a change raises OnVariableValueChanged.
    pub raise_changed_event: bool,
    /// Whether debug dumps show it.
    pub include_in_debug_dump: bool,
    /// Where it is in the document.
    pub span: Span,
}

impl Variable {
    /// `User::Count`.
    pub fn qualified_name(&self) -> String {
        format!("{}::{}", self.namespace, self.name)
    }

    /// The expression that gives it its value, if it has one.
    pub fn live_expression(&self) -> Option<&str> {
        (self.evaluate_as_expression && !self.expression.trim().is_empty())
            .then_some(self.expression.as_str())
    }
}

/// A parameter of a package or project.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// The name behind `$Package::` or `$Project::`.
    pub name: String,
    /// `{GUID}`.
    pub id: String,
    /// The author's words about it.
    pub description: String,
    /// The type of its values.
    pub type_code: TypeCode,
    /// The design default; NULL for a sensitive one, see `secret`.
    pub value: Value,
    /// The design default of a sensitive parameter, where the document holds it readably.
    pub secret: Option<Secret>,
    /// Whether a caller must supply a value; the design default then does not count.
    pub required: bool,
    /// Whether the value is sensitive.
    pub sensitive: bool,
    /// Where it is in the document.
    pub span: Span,
}

/// An expression that sets a property when its object runs or is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PropertyExpression {
    /// The property; of a component on a data flow: `[Component].[Property]`.
    pub property: String,
    /// The expression.
    pub expression: String,
    /// Where it is in the document.
    pub span: Span,
}
