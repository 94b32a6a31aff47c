//! Tasks: one file for each that runs here.

mod bulk_insert;
pub(crate) mod data_flow;
mod data_profiling;
mod execute_package;
mod execute_process;
pub(crate) mod execute_sql;
mod file_system;
mod ftp;
mod send_mail;
mod xml;

pub(crate) use execute_package::refusal as refusal_of_child;
pub(crate) use send_mail::uses_windows_authentication;
pub(crate) use xml::refusal as refusal_of_xml;

use std::sync::Arc;

use model::dts;
use package::TaskKind;

use crate::evaluate;
use crate::execute::Outcome;
use crate::frame::Frame;

/// Runs a task that has been validated.
pub(crate) fn run(frame: &Arc<Frame>, task: &TaskKind) -> Outcome {
    match task {
        TaskKind::Expression(task) => match evaluate::assign(frame, &task.expression) {
            Ok(value) => Outcome { value: Some(value), ..Outcome::SUCCESS },
            Err(mistake) => {
                mistake.raise(frame);
                Outcome::FAILURE
            }
        },
        TaskKind::DataFlow(pipeline) => data_flow::run(frame, pipeline),
        TaskKind::ExecuteProcess(task) => execute_process::run(frame, task),
        TaskKind::FileSystem(task) => file_system::run(frame, task),
        TaskKind::Ftp(task) => ftp::run(frame, task),
        TaskKind::ExecutePackage(task) => execute_package::run(frame, task),
        TaskKind::ExecuteSql(task) => execute_sql::run(frame, task),
        TaskKind::BulkInsert(task) => bulk_insert::run(frame, task),
        TaskKind::DataProfiling(task) => data_profiling::run(frame, task),
        TaskKind::SendMail(task) => send_mail::run(frame, task),
        TaskKind::Xml(task) => xml::run(frame, task),
        TaskKind::Script(_) | TaskKind::Other(_) | TaskKind::Unknown { .. } => {
            // Validation refuses these; a property expression cannot make one.
            frame.error(
                dts::DTS_E_ERRORLOADINGTASK,
                format!(
                    "Failed to load task \"{}\", type \"{}\".",
                    frame.executable().name,
                    task.display_name()
                ),
            );
            Outcome::FAILURE
        }
    }
}

/// Raises what is wrong with a task, and says whether it is sound.
pub(crate) fn validate(frame: &Arc<Frame>, task: &TaskKind) -> bool {
    match task {
        TaskKind::Expression(task) => validate_expression(frame, &task.expression),
        TaskKind::DataFlow(pipeline) => data_flow::validate(frame, pipeline),
        TaskKind::ExecuteProcess(task) => execute_process::validate(frame, task),
        TaskKind::FileSystem(task) => file_system::validate(frame, task),
        TaskKind::Ftp(task) => ftp::validate(frame, task),
        TaskKind::ExecutePackage(task) => execute_package::validate(frame, task),
        TaskKind::ExecuteSql(task) => execute_sql::validate(frame, task),
        TaskKind::BulkInsert(task) => bulk_insert::validate(frame, task),
        TaskKind::DataProfiling(task) => data_profiling::validate(frame, task),
        TaskKind::SendMail(task) => send_mail::validate(frame, task),
        TaskKind::Xml(task) => xml::validate(frame, task),
        TaskKind::Script(_) | TaskKind::Other(_) | TaskKind::Unknown { .. } => false,
    }
}

fn validate_expression(frame: &Arc<Frame>, expression: &str) -> bool {
    let assigns = evaluate::check_assignment(frame, expression);
    if assigns == Some(false) {
        frame.error(
            dts::DTS_E_GENERICERROR,
            format!("The expression \"{expression}\" must assign to a variable: @[User::x] = ..."),
        );
    }
    assigns == Some(true)
}

/// Raises a mistake, if there is one, and says whether there is none.
fn raised<T>(frame: &Arc<Frame>, result: Result<T, evaluate::Mistake>) -> bool {
    match result {
        Ok(_) => true,
        Err(mistake) => {
            mistake.raise(frame);
            false
        }
    }
}
