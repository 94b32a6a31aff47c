//! A call by a client: the procedure runs as if by EXEC, and its status and OUTPUT values go to
//! the client.

use super::failure::Trouble;
use super::interpreter::Interpreter;
use super::procedure::{Argument, Called, Given, NOWHERE};
use super::request::{RemoteArgument, RemoteCall, RemoteParameter};
use super::scope::ScopeKind;
use super::table::{Change, Table};
use crate::ast::{Statement, StatementKind};
use crate::host::OutputValue;
use crate::parse::parse_name;
use crate::value::SqlError;

impl Interpreter<'_> {
    pub(super) fn remote_call(&mut self, call: &RemoteCall) -> Result<(), Trouble> {
        let scope = self.new_scope(ScopeKind::Batch);
        self.within(scope, |interpreter| {
            let result = interpreter.answered(call);
            let Err(Trouble::Failed(failure)) = result else { return result };
            let statement = Statement { kind: StatementKind::Break, place: NOWHERE };
            interpreter.fail(*failure, &statement)
        })
    }

    fn answered(&mut self, call: &RemoteCall) -> Result<(), Trouble> {
        // ODBC numbers procedures of one name: `name;1`.
        let text = call.procedure.split(';').next().unwrap_or_default();
        let name = parse_name(text).map_err(|_| {
            let text = format!("Could not find stored procedure '{text}'.");
            SqlError::new(2812, 16, 62, text)
        })?;
        let arguments = call
            .parameters
            .iter()
            .enumerate()
            .map(|(index, parameter)| argument(call, index, parameter))
            .collect::<Result<Vec<_>, SqlError>>()?;
        self.begin_wanted()?;
        let called = self.call_by_name(&name, arguments)?;
        self.sent = None;
        self.answer(call, called)
    }

    fn answer(&mut self, call: &RemoteCall, called: Called) -> Result<(), Trouble> {
        if called.raised()
            && let Some(Trouble::Failed(failure)) = called.trouble
        {
            let statement = Statement { kind: StatementKind::Break, place: NOWHERE };
            self.fail(*failure, &statement)?;
            return self.answer(call, Called { trouble: None, ..called });
        }
        self.output.procedure_done(called.status, 0)?;
        for returned in called.outputs {
            let name = call.parameters.get(returned.argument).map(|one| one.name.clone());
            self.output.output_value(&OutputValue {
                ordinal: u16::try_from(returned.argument).unwrap_or(u16::MAX),
                name: name.unwrap_or_default(),
                data_type: returned.data_type,
                value: returned.value,
            })?;
        }
        called.trouble.map_or(Ok(()), Err)
    }

    /// With `IMPLICIT_TRANSACTIONS`, the statements of the procedure begin one where they need it.
    fn begin_wanted(&self) -> Result<(), Trouble> {
        if self.cancel.is_cancelled() { Err(Trouble::Cancelled) } else { Ok(()) }
    }
}

/// How many arguments of numbered procedures are the procedure's own; those behind them are
/// parameters of the statement, which go by name.
fn own_arguments(procedure: &str) -> usize {
    match procedure.to_ascii_lowercase().as_str() {
        "sp_executesql" | "sp_prepexecrpc" => 2,
        "sp_prepexec" => 3,
        "sp_execute" => 1,
        _ => usize::MAX,
    }
}

fn argument(
    call: &RemoteCall,
    index: usize,
    parameter: &RemoteParameter,
) -> Result<Argument, SqlError> {
    let ignored = call.by_position && index < own_arguments(&call.procedure);
    let name = Some(parameter.name.clone()).filter(|name| !name.is_empty() && !ignored);
    let given = match &parameter.argument {
        _ if parameter.default => Given::Default,
        RemoteArgument::Scalar { data_type, value } => {
            Given::Scalar { value: value.clone(), data_type: *data_type }
        }
        RemoteArgument::Table { type_name, columns, rows } => {
            let mut table = Table::plain(type_name, columns.clone());
            table.apply(Change { inserted: rows.clone(), ..Change::default() })?;
            Given::Table(table)
        }
    };
    Ok(Argument { name, given, output: parameter.output })
}
