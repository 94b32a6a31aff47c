//! Calls of procedures from outside the engine: their arguments, and what they give back.
//!
//! Source: T-SQL reference, "EXECUTE".

use std::sync::Arc;

use super::failure::{Failure, Origin, Trouble};
use super::interpreter::Interpreter;
use super::output::Nested;
use super::procedure::{
    Argument, Called, Formal, FormalKind, Given, Returned, filled, match_arguments, visible_rows,
};
use super::scope::{ScopeKind, lower};
use super::table::Table;
use crate::host::{ParameterKind, Procedure, ProcedureArgument, ProcedureParameter};
use crate::value::{SqlError, SqlValue};

impl Interpreter<'_> {
    pub(super) fn call_native(
        &mut self,
        native: &dyn Procedure,
        name: &str,
        mut arguments: Vec<Argument>,
    ) -> Result<Called, Trouble> {
        self.refuse_doomed()?;
        let parameters = native.parameters();
        let formals: Vec<Formal> = parameters.iter().map(native_formal).collect();
        use_own_names(native, &formals, &mut arguments);
        let position = |at, is_output| native.position(at, is_output);
        let matched = match_arguments(name, &formals, arguments, position)?;
        let mut values = Vec::with_capacity(parameters.len());
        let mut wanted = Vec::new();
        for (index, (parameter, argument)) in parameters.iter().zip(matched).enumerate() {
            if let Some((of, _)) = argument.as_ref().filter(|(_, argument)| argument.output) {
                wanted.push((*of, index));
            }
            let given = argument.map(|(_, argument)| argument.given);
            values.push(self.native_argument(parameter, given)?);
        }
        if self.session.options.format_only {
            return Ok(Called::default());
        }
        let before = self.session.transaction.count();
        let result = self.run_native(native, name, &mut values);
        let (status, failed) = self.native_status(native, result)?;
        let outputs = wanted.into_iter().filter_map(|(argument, index)| {
            let ParameterKind::Scalar(data_type) = parameters.get(index)?.kind else { return None };
            let ProcedureArgument::Scalar(value) = values.get(index)?.clone() else { return None };
            Some(Returned { argument, data_type, value })
        });
        let outputs = outputs.collect();
        let kind = ScopeKind::Procedure(String::new());
        let trouble = failed.or_else(|| self.check_count(before, &kind).err());
        Ok(Called { status, outputs, trouble })
    }

    /// A procedure that raised an error returns to its caller with a status, unless a TRY block
    /// is there: its CATCH block goes on, and the status is lost.
    fn native_status(
        &self,
        native: &dyn Procedure,
        result: Result<i32, Trouble>,
    ) -> Result<(i32, Option<Trouble>), Trouble> {
        match result {
            Ok(status) => Ok((status, None)),
            Err(Trouble::Failed(failure)) if self.session.tries.is_empty() => {
                let status = native.failed_status(&failure.error);
                Ok((status, Some(Trouble::Failed(failure))))
            }
            Err(trouble) => Err(trouble),
        }
    }

    fn run_native(
        &mut self,
        native: &dyn Procedure,
        name: &str,
        values: &mut [ProcedureArgument],
    ) -> Result<i32, Trouble> {
        let depth = u32::try_from(self.depth() + 1).unwrap_or(u32::MAX);
        let mut output = Nested {
            inner: &mut *self.output,
            depth,
            quiet: self.session.options.no_count,
            procedure: name,
            row_count: 0,
            error: 0,
            open: false,
        };
        let result = native.call(values, &mut output, self.cancel);
        let (rows, error, open) = (output.row_count, output.error, output.open);
        self.sent = Some(rows).filter(|_| open);
        self.session.last.row_count = rows;
        self.session.last.error = error;
        result.map_err(|error| {
            if error.number == SqlError::cancelled().number && self.cancel.is_cancelled() {
                return Trouble::Cancelled;
            }
            let (line, procedure) = (Some(1), Some(name.to_owned()));
            Trouble::Failed(Box::new(Failure { error, line, procedure, origin: Origin::Raised }))
        })
    }

    fn native_argument(
        &self,
        parameter: &ProcedureParameter,
        given: Option<Given>,
    ) -> Result<ProcedureArgument, SqlError> {
        match (&parameter.kind, given) {
            (ParameterKind::Scalar(to), Some(Given::Scalar { value, data_type })) => {
                Ok(ProcedureArgument::Scalar(self.argument_value(&value, &data_type, to)?))
            }
            (ParameterKind::Scalar(_), _) => {
                let default = parameter.default.clone().unwrap_or(SqlValue::Null);
                Ok(ProcedureArgument::Scalar(default))
            }
            (ParameterKind::Table(columns), given) => {
                let rows = match given {
                    Some(Given::Table(table)) => {
                        let template = Table::plain(&parameter.name, columns.to_vec());
                        visible_rows(&filled(template, &table)?)
                    }
                    Some(Given::Default | Given::Scalar { .. }) | None => Vec::new(),
                };
                Ok(ProcedureArgument::Table(Arc::new(rows)))
            }
        }
    }
}

/// Arguments under another name of a parameter get the name that the procedure lists.
fn use_own_names(native: &dyn Procedure, formals: &[Formal], arguments: &mut [Argument]) {
    for argument in arguments {
        let Some(given) = argument.name.as_deref().map(lower) else { continue };
        if !formals.iter().any(|formal| lower(&formal.name) == given)
            && let Some(own) = native.renamed(&given)
        {
            argument.name = Some(own.to_owned());
        }
    }
}

fn native_formal(parameter: &ProcedureParameter) -> Formal {
    Formal {
        name: parameter.name.clone(),
        kind: match &parameter.kind {
            ParameterKind::Scalar(data_type) => FormalKind::Scalar(*data_type),
            ParameterKind::Table(columns) => FormalKind::Table(columns.to_vec()),
        },
        has_default: parameter.default.is_some(),
        output: parameter.output,
    }
}
