//! PRINT, RAISERROR and THROW.
//!
//! Source: T-SQL reference, "PRINT", "RAISERROR" (severities, WITH options), "THROW".

use super::failure::{Failure, Origin, Trouble};
use super::interpreter::{Ended, Interpreter};
use crate::ast::{Place, RaiseError, ThrowArguments};
use crate::function::{MessageArgument, format_message};
use crate::host::Command;
use crate::types::SqlType;
use crate::value::{SqlError, SqlValue, cut_text, plain_text};

/// The number of a message without one of its own.
const USER_ERROR: i32 = 50_000;

/// How a statement of this file ends.
const ENDED: Ended = Ended { command: Command::Other, count: None };

impl Interpreter<'_> {
    /// `PRINT`: at most 4000 characters of `nvarchar`, 8000 of `varchar`. NULL prints nothing but
    /// a blank, as an empty text does.
    pub(super) fn print(
        &mut self,
        value: &crate::ast::Expr,
        place: Place,
    ) -> Result<Option<Ended>, Trouble> {
        let (value, data_type) = self.value(value)?;
        let text = match value.unwrapped().as_str() {
            Some(text) => text.to_owned(),
            None if value.is_null() => String::new(),
            None => plain_text(value.unwrapped())?,
        };
        let most = if data_type.kind().is_unicode() { 4000 } else { 8000 };
        let text = cut_text(&text, most);
        let text = if text.is_empty() { " ".to_owned() } else { text };
        self.session.last.row_count = 0;
        self.tell(SqlError::new(0, 0, 1, text), place)?;
        Ok(Some(ENDED))
    }

    pub(super) fn raise_error(
        &mut self,
        raise: &RaiseError,
        place: Place,
    ) -> Result<Option<Ended>, Trouble> {
        let (message, _) = self.value(&raise.message)?;
        let severity = self.value_as(&raise.severity, &SqlType::Int)?.as_i64().unwrap_or(0);
        let state = self.value_as(&raise.state, &SqlType::Int)?.as_i64().unwrap_or(0);
        let mut arguments = Vec::new();
        for (index, argument) in raise.arguments.iter().enumerate() {
            arguments.push(MessageArgument::of(&self.value(argument)?.0, index + 1)?);
        }
        let (number, format) = message_of(&message, severity, state)?;
        let severity = u8::try_from(severity.clamp(0, 25)).unwrap_or(0);
        if 18 < severity && !raise.log {
            let text = "Error severity levels greater than 18 can only be specified by members of \
                        the sysadmin role, using the WITH LOG option.";
            return Err(SqlError::new(2754, 16, 1, text).into());
        }
        let state = u8::try_from(state.clamp(0, 255)).unwrap_or(0);
        let error = SqlError::new(number, severity, state, format_message(&format, &arguments)?);
        self.session.last.row_count = 0;
        if 10 < severity {
            return Err(Trouble::failed(error, Origin::Raised));
        }
        self.tell(error, place)?;
        if raise.nowait {
            self.output.flush()?;
        }
        if raise.set_error {
            self.done(ENDED)?;
            self.session.last.error = number;
            return Ok(None);
        }
        Ok(Some(ENDED))
    }

    pub(super) fn throw(
        &mut self,
        arguments: Option<&ThrowArguments>,
        _place: Place,
    ) -> Result<Option<Ended>, Trouble> {
        let Some(arguments) = arguments else { return Err(self.rethrow()) };
        let number = self.value_as(&arguments.number, &SqlType::Int)?.as_i64().unwrap_or(0);
        let message = self.value_as(&arguments.message, &SqlType::NVARCHAR_MAX)?;
        let state = self.value_as(&arguments.state, &SqlType::Int)?.as_i64().unwrap_or(0);
        if number < i64::from(USER_ERROR) {
            let text = format!(
                "Error number {number} in the THROW statement is outside the valid range. Specify \
                 an error number in the valid range of 50000 to 2147483647."
            );
            return Err(SqlError::new(35100, 16, 10, text).into());
        }
        let number = i32::try_from(number).unwrap_or(i32::MAX);
        let state = u8::try_from(state.clamp(0, 255)).unwrap_or(0);
        let text = message.as_str().unwrap_or_default();
        Err(Trouble::failed(SqlError::new(number, 16, state, cut_text(text, 2048)), Origin::Thrown))
    }

    /// Sends the error on whose CATCH block runs.
    fn rethrow(&self) -> Trouble {
        let Some(caught) = self.session.caught.last() else {
            let text = "To rethrow an error, a THROW statement must be used inside a CATCH block. \
                        Insert the THROW statement inside a CATCH block, or add error parameters \
                        to the THROW statement.";
            return Trouble::failed(SqlError::new(10704, 15, 1, text), Origin::Bind);
        };
        let message = caught.message.clone();
        Trouble::Failed(Box::new(Failure {
            error: message.error,
            line: Some(message.line),
            procedure: Some(message.procedure),
            origin: Origin::Thrown,
        }))
    }
}

/// Those of `sys.messages` that the system procedures here raise by their numbers.
const SYSTEM_MESSAGES: &[(i32, &str)] = &[
    (15007, "'%s' is not a valid login or you do not have permission."),
    (15009, "The object '%s' does not exist in database '%s' or is invalid for this operation."),
    (
        15010,
        "The database '%s' does not exist. Supply a valid database name. To see available databases, use sys.databases.",
    ),
    (15123, "The configuration option '%s' does not exist, or it may be an advanced option."),
    (15124, "The configuration option '%s' is not unique."),
    (15197, "There is no text for object '%s'."),
    (15234, "Objects of this type have no space allocated."),
];

/// Number and format of what RAISERROR raises: a text, or the number of a text.
fn message_of(message: &SqlValue, severity: i64, state: i64) -> Result<(i32, String), SqlError> {
    let value = message.unwrapped();
    if let Some(text) = value.as_str() {
        return Ok((USER_ERROR, text.to_owned()));
    }
    let Some(number) = value.as_i64() else { return Ok((USER_ERROR, String::new())) };
    if number < 13_000 {
        let text = format!(
            "Error number {number} is invalid. The number must be from 13000 through 2147483647 \
             and it cannot be 50000."
        );
        return Err(SqlError::new(2732, 16, 1, text));
    }
    if let Some((known, text)) =
        SYSTEM_MESSAGES.iter().find(|(known, _)| i64::from(*known) == number)
    {
        return Ok((*known, (*text).to_owned()));
    }
    let text = format!(
        "Error {number}, severity {severity}, state {state} was raised, but no message with that \
         error number was found in sys.messages. If error is larger than 50000, make sure the \
         user-defined message is added using sp_addmessage."
    );
    Err(SqlError::new(18054, 16, 1, text))
}
