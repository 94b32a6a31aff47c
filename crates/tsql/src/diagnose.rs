//! What is wrong with a batch, in the numbers and words of SQL Server.
//!
//! Scripts and their authors know these messages by number (`Msg 102`, `Msg 156`), so text and
//! number are SQL Server's own (`sys.messages`). What parses there and is not done here is
//! refused with the numbers that Azure SQL Database gives for what it leaves out: 40510 names a
//! statement, 40517 a keyword or option.

use model::Span;

use crate::ast::Place;

/// A mistake in a batch. All have severity 15 and end the batch before it begins.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// SQL Server's number.
    pub number: u32,
    /// The severity: 15, a mistake that the user can correct.
    pub severity: u8,
    /// The state.
    pub state: u8,
    /// The line of the batch.
    pub line: u32,
    /// The bytes of the batch.
    pub span: Span,
    /// The text, with its full stop, as users match on it.
    pub message: String,
}

/// How much of a token a message shows. `sys.messages` cuts names at their greatest length.
const SHOWN_MAX: usize = 128;

fn shown(text: &str) -> &str {
    text.char_indices().nth(SHOWN_MAX).map_or(text, |(end, _)| &text[..end])
}

impl SyntaxError {
    fn new(number: u32, place: Place, message: String) -> Self {
        Self { number, severity: 15, state: 1, line: place.line, span: place.span, message }
    }

    pub(crate) fn near(place: Place, text: &str) -> Self {
        Self::new(102, place, format!("Incorrect syntax near '{}'.", shown(text)))
    }

    pub(crate) fn too_long(place: Place, text: &str) -> Self {
        let text = shown(text);
        let message =
            format!("The identifier that starts with '{text}' is too long. Maximum length is 128.");
        Self::new(103, place, message)
    }

    pub(crate) fn unclosed_quote(place: Place, text: &str) -> Self {
        let text = shown(text);
        let message = format!("Unclosed quotation mark after the character string '{text}'.");
        Self::new(105, place, message)
    }

    pub(crate) fn not_first(place: Place, statement: &str) -> Self {
        let message = format!("'{statement}' must be the first statement in a query batch.");
        Self::new(111, place, message)
    }

    pub(crate) fn unclosed_comment(place: Place) -> Self {
        Self::new(113, place, "Missing end comment mark '*/'.".to_owned())
    }

    pub(crate) fn named_before_positional(place: Place, number: usize) -> Self {
        let message = format!(
            "Must pass parameter number {number} and subsequent parameters as '@name = value'. \
             After the form '@name = value' has been used, all subsequent parameters must be \
             passed in the form '@name = value'."
        );
        Self::new(119, place, message)
    }

    pub(crate) fn label_twice(place: Place, label: &str) -> Self {
        let message = format!(
            "The label '{label}' has already been declared. Label names must be unique within a \
             query batch or stored procedure."
        );
        Self::new(132, place, message)
    }

    pub(crate) fn label_missing(place: Place, label: &str) -> Self {
        let message = format!(
            "A GOTO statement references the label '{label}' but the label has not been declared."
        );
        Self::new(133, place, message)
    }

    pub(crate) fn break_outside_loop(place: Place) -> Self {
        let message = "Cannot use a BREAK statement outside the scope of a WHILE statement.";
        Self::new(135, place, message.to_owned())
    }

    pub(crate) fn continue_outside_loop(place: Place) -> Self {
        let message = "Cannot use a CONTINUE statement outside the scope of a WHILE statement.";
        Self::new(136, place, message.to_owned())
    }

    pub(crate) fn mixed_assignment(place: Place) -> Self {
        let message = "A SELECT statement that assigns a value to a variable must not be combined \
                       with data-retrieval operations.";
        Self::new(141, place, message.to_owned())
    }

    pub(crate) fn unknown_option(place: Place, text: &str, of: &str) -> Self {
        Self::new(155, place, format!("'{}' is not a recognized {of} option.", shown(text)))
    }

    pub(crate) fn near_keyword(place: Place, text: &str) -> Self {
        Self::new(156, place, format!("Incorrect syntax near the keyword '{text}'."))
    }

    pub(crate) fn return_value_in_batch(place: Place) -> Self {
        let message = "A RETURN statement with a return value cannot be used in this context.";
        Self::new(178, place, message.to_owned())
    }

    pub(crate) fn output_of_constant(place: Place) -> Self {
        let message = "Cannot use the OUTPUT option when passing a constant to a stored procedure.";
        Self::new(179, place, message.to_owned())
    }

    pub(crate) fn too_deep(place: Place) -> Self {
        let message = "Some part of your SQL statement is nested too deeply. Rewrite the query or \
                       break it up into smaller queries.";
        Self::new(191, place, message.to_owned())
    }

    pub(crate) fn unknown_set_option(place: Place, text: &str) -> Self {
        Self::new(195, place, format!("'{}' is not a recognized SET option.", shown(text)))
    }

    pub(crate) fn unterminated_before_with(place: Place) -> Self {
        let message = "Incorrect syntax near the keyword 'with'. If this statement is a common \
                       table expression, an xmlnamespaces clause or a change tracking context \
                       clause, the previous statement must be terminated with a semicolon.";
        Self::new(319, place, message.to_owned())
    }

    pub(crate) fn too_large(place: Place) -> Self {
        let message =
            "There is insufficient system memory in resource pool 'default' to run this query.";
        Self::new(701, place, message.to_owned())
    }

    pub(crate) fn empty_name(place: Place) -> Self {
        let message = "An object or column name is missing or empty. For SELECT INTO statements, \
                       verify each column has a name. For other statements, look for empty alias \
                       names. Aliases defined as \"\" or [] are not allowed. Change the alias to a \
                       valid name.";
        Self::new(1038, place, message.to_owned())
    }

    pub(crate) fn not_a_condition(place: Place, near: &str) -> Self {
        let message = format!(
            "An expression of non-boolean type specified in a context where a condition is \
             expected, near '{}'.",
            shown(near)
        );
        Self::new(4145, place, message)
    }

    pub(crate) fn merge_unterminated(place: Place) -> Self {
        let message = "A MERGE statement must be terminated by a semi-colon (;).";
        Self::new(10713, place, message.to_owned())
    }

    pub(crate) fn unsupported_statement(place: Place, name: &str) -> Self {
        let message = format!("Statement '{name}' is not supported in this version of SQL Server.");
        Self::new(40510, place, message)
    }

    pub(crate) fn unsupported_option(place: Place, name: &str) -> Self {
        let message = format!(
            "Keyword or statement option '{}' is not supported in this version of SQL Server.",
            shown(name)
        );
        Self::new(40517, place, message)
    }
}
