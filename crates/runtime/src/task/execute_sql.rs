//! Execute SQL Task: statements sent to a database, parameters in, results into variables.
//!
//! Rules: control-flow facts 9.1.

pub(crate) mod acquire;
mod binding;

use std::sync::Arc;
use std::time::Duration;

use connect::code_page::text_of_file;
use connect::database::{
    Api, Database, DatabaseError, Kind, Limits, Outcome as Answer, Statement, split_batches,
};
use fs_err as fs;
use model::{ExecutionResult, MessageType, RowSet, Value, dts};
use package::{ExecuteSql, ParameterDirection, ResultBinding, ResultSetType, SqlSource};

use crate::evaluate::{self, Mistake};
use crate::execute::Outcome;
use crate::frame::Frame;
use crate::property;

/// Sends the statements.
pub(crate) fn run(frame: &Arc<Frame>, task: &ExecuteSql) -> Outcome {
    match carry_out(frame, task) {
        Ok(value) => Outcome { value, ..Outcome::SUCCESS },
        Err(Trouble::Canceled) => Outcome { result: ExecutionResult::Canceled, value: None },
        Err(Trouble::Mistake(mistake)) => {
            mistake.raise(frame);
            Outcome::FAILURE
        }
    }
}

/// Why a task did not come to its end.
pub(crate) enum Trouble {
    Canceled,
    Mistake(Mistake),
}

impl From<Mistake> for Trouble {
    fn from(mistake: Mistake) -> Self {
        Self::Mistake(mistake)
    }
}

/// Raises what is wrong with the task; nothing is connected to.
pub(crate) fn validate(frame: &Arc<Frame>, task: &ExecuteSql) -> bool {
    let mut sound = super::raised(frame, acquire::manager(frame, &task.connection));
    let mut refuse = |code: u32, text: String| {
        frame.error(code, text);
        sound = false;
    };
    if task.statement.trim().is_empty() {
        refuse(
            dts::DTS_E_SQLTASK_NOSTATEMENTSPECIFIED,
            "No Transact-SQL statement specified.".to_owned(),
        );
    }
    let writes = |direction| direction != ParameterDirection::Input;
    let parameters = task.parameters.iter().map(|p| (&p.variable, writes(p.direction), true));
    let results = task.results.iter().map(|r| (&r.variable, true, false));
    for (name, written, is_parameter) in parameters.chain(results) {
        match frame.scope().find_written(name) {
            None => refuse(
                dts::DTS_E_SQLTASK_VARIABLENOTFOUND,
                format!("Variable \"{name}\" does not exist or could not be locked."),
            ),
            Some((_, cell)) if written && cell.read_only => {
                let (code, text) = read_only(name, is_parameter);
                refuse(code, text);
            }
            Some(_) => {}
        }
    }
    let late = task.parameters.iter().skip(1);
    if late.clone().any(|p| p.direction == ParameterDirection::ReturnValue) {
        refuse(
            dts::DTS_E_SQLTASK_MULTIPLERETURNVALUEPARAM,
            "A parameter with type return value is not the first parameter, or there are more \
             than one parameter of type return value."
                .to_owned(),
        );
    }
    check_results(task, &mut refuse);
    sound
}

fn read_only(name: &str, is_parameter: bool) -> (u32, String) {
    if is_parameter {
        (
            dts::DTS_E_SQLTASK_ROVARINOUTPARAMETER,
            format!(
                "The variable \"{name}\" cannot be used as an \"out\" parameter or return value \
                 in a parameter binding because it is read-only."
            ),
        )
    } else {
        (
            dts::DTS_E_SQLTASK_READONLYVARIABLE,
            format!(
                "Variable \"{name}\" cannot be used in a result binding because it is read-only."
            ),
        )
    }
}

fn check_results(task: &ExecuteSql, refuse: &mut impl FnMut(u32, String)) {
    let whole = matches!(task.result_type, ResultSetType::Rowset | ResultSetType::Xml);
    let few = match task.result_type {
        ResultSetType::None => task.results.is_empty(),
        ResultSetType::SingleRow => !task.results.is_empty(),
        ResultSetType::Rowset | ResultSetType::Xml => task.results.len() == 1,
    };
    if !few {
        refuse(
            dts::DTS_E_SQLTASK_INVALIDNUMOFRESULTBINDINGS,
            format!(
                "There is an invalid number of result bindings returned for the ResultSetType: \
                 \"{}\".",
                task.result_type.name()
            ),
        );
    } else if whole && task.results.iter().any(|result| result.result_name.trim() != "0") {
        refuse(
            dts::DTS_E_SQLTASK_RESULTBINDTYPEFORROWSETXML,
            "The result binding name must be set to zero for full result set and XML results."
                .to_owned(),
        );
    }
}

fn carry_out(frame: &Arc<Frame>, task: &ExecuteSql) -> Result<Option<Value>, Trouble> {
    let text = statement_text(frame, task)?;
    let acquired = acquire::connection(frame, &task.connection)?;
    let parameters = binding::parameters(frame, task, acquired.api)?;
    log(frame, &text);
    let mut connection = acquired.lock();
    let mut batches = split_batches(&text);
    if task.is_stored_procedure {
        batches.truncate(1);
    }
    let counts = !frame.executable().exec_value_variable.is_empty();
    let mut answer = Answer::default();
    for (at, batch) in batches.into_iter().enumerate() {
        let statement = Statement {
            text: batch,
            parameters: if at == 0 { parameters.clone() } else { Vec::new() },
            is_stored_procedure: task.is_stored_procedure,
            count_rows: counts,
        };
        let next = execute(frame, task, connection.as_mut(), &statement)?;
        if at == 0 {
            answer = next;
        } else {
            answer.rows_affected = next.rows_affected.or(answer.rows_affected);
            answer.result_sets.extend(next.result_sets);
        }
    }
    drop(connection);
    binding::take_outputs(frame, task, &answer)?;
    take_results(frame, task, acquired.api, answer.result_sets)?;
    Ok(answer.rows_affected.map(Value::I8))
}

/// The statements themselves.
fn statement_text(frame: &Arc<Frame>, task: &ExecuteSql) -> Result<String, Mistake> {
    match task.source_type {
        SqlSource::DirectInput => Ok(task.statement.clone()),
        SqlSource::Variable => {
            let value = evaluate::read_variable(frame, &task.statement)?;
            if let Value::Text(text) = value {
                return Ok(text.to_string());
            }
            Err(Mistake::new(
                dts::DTS_E_SQLTASK_VARIABLETYPEISNOTSTRING,
                format!("The type of variable \"{}\" is not string.", task.statement),
            ))
        }
        SqlSource::FileConnection => {
            let Some(manager) = property::connection(frame, &task.statement)? else {
                return Err(acquire::no_manager(&task.statement));
            };
            let written = manager.connection_string.as_str();
            let wrong = |error: &dyn std::error::Error| {
                Mistake::new(
                    dts::DTS_E_ERROROCCURREDWITHFOLLOWINGMESSAGE,
                    format!(
                        "An error occurred with the following error message: \"The statements in \
                         the file of connection \"{}\" cannot be read: {}\".",
                        manager.name,
                        evaluate::chain(error)
                    ),
                )
            };
            let path = frame.run.runner.options.path_map.resolve(written);
            let bytes = fs::read(path.map_err(|error| wrong(&error))?);
            let bytes = bytes.map_err(|error| wrong(&error))?;
            Ok(text_of_file(&bytes))
        }
    }
}

/// Sends one batch; a request to stop interrupts it.
fn execute(
    frame: &Arc<Frame>,
    task: &ExecuteSql,
    connection: &mut dyn Database,
    statement: &Statement,
) -> Result<Answer, Trouble> {
    let limit = (task.time_out_s != 0).then(|| Duration::from_secs(task.time_out_s.into()));
    let cancel = &frame.run.runner.cancel;
    let limits = Limits { time_max: limit, stopped: &|| cancel.is_cancelled() };
    connection.execute(statement, &limits).map_err(|error| {
        if error.kind == Kind::Stopped {
            return Trouble::Canceled;
        }
        Trouble::Mistake(failed(&statement.text, &error))
    })
}

fn failed(query: &str, error: &DatabaseError) -> Mistake {
    Mistake::new(
        dts::DTS_E_SQLTASK_ERROREXECUTINGTHEQUERY,
        format!(
            "Executing the query \"{query}\" failed with the following error: \"{}\". Possible \
             failure reasons: Problems with the query, \"ResultSet\" property not set correctly, \
             parameters not set correctly, or connection not established correctly.",
            error.text
        ),
    )
}

fn take_results(
    frame: &Arc<Frame>,
    task: &ExecuteSql,
    api: Api,
    result_sets: Vec<RowSet>,
) -> Result<(), Mistake> {
    let first = result_sets.into_iter().find(|rows| !rows.columns.is_empty());
    match task.result_type {
        ResultSetType::None => Ok(()),
        ResultSetType::Xml => {
            let xml = Value::text(xml(&first.unwrap_or_default(), api));
            task.results.iter().try_for_each(|result| put(frame, &result.variable, &xml))
        }
        ResultSetType::Rowset => {
            let rows = Value::Rows(Arc::new(first.unwrap_or_default()));
            task.results.iter().try_for_each(|result| put(frame, &result.variable, &rows))
        }
        ResultSetType::SingleRow => {
            let rows = first.unwrap_or_default();
            let Some(row) = rows.rows.first() else {
                return Err(Mistake::new(
                    dts::DTS_E_SQLTASKCONN_ERR_NO_ROWS,
                    "A result set type of single row is specified, but no rows were returned.",
                ));
            };
            for result in &task.results {
                put(frame, &result.variable, &row[column(&rows, result)?])?;
            }
            Ok(())
        }
    }
}

/// The document of a FOR XML query, which comes in pieces, a row each. OLE DB puts a root around
/// it, because it may have several elements.
fn xml(rows: &RowSet, api: Api) -> String {
    let pieces = rows.rows.iter().filter_map(|row| row.first()).filter(|piece| !piece.is_null());
    let document: String = pieces.map(ToString::to_string).collect();
    if api == Api::OleDb { format!("<ROOT>{document}</ROOT>") } else { document }
}

fn column(rows: &RowSet, result: &ResultBinding) -> Result<usize, Mistake> {
    let name = result.result_name.trim();
    let by_name = || rows.columns.iter().position(|(own, _)| own.eq_ignore_ascii_case(name));
    let by_number = || name.parse().ok().filter(|&at: &usize| at < rows.columns.len());
    by_number().or_else(by_name).ok_or_else(|| {
        Mistake::new(
            dts::DTS_E_SQLTASKCONN_ERR_UNKNOWN_RESULT_COL,
            format!("Cannot find column \"{name}\" in the result set."),
        )
    })
}

fn put(frame: &Arc<Frame>, variable: &str, value: &Value) -> Result<(), Mistake> {
    evaluate::set_variable(frame, variable, value).map_err(|mistake| {
        Mistake::new(
            dts::DTS_E_SQLTASK_ERRORASSIGINGVALUETOVAR,
            format!(
                "An error occurred while assigning a value to variable \"{variable}\": \"{}\".",
                mistake.text()
            ),
        )
    })
}

/// The task's own log entry.
fn log(frame: &Arc<Frame>, text: &str) {
    let mut event = frame.event(MessageType::Custom, 0, format!("Executing query \"{text}\"."));
    "ExecuteSQLExecutingQuery".clone_into(&mut event.name);
    frame.raise(event);
}
