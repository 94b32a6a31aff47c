//! Small queries over a few relations: the plans they become, and the errors they give.

mod errors;
mod explain;
mod host;
mod improvements;
mod queries;
mod types;

use self::explain::explain;
use self::host::TestNames;
use super::{BindError, query};
use crate::ast::{Query, StatementKind};
use crate::plan::Plan;

/// The query of a text.
fn parsed(text: &str) -> Query {
    let batch = crate::parse(text, &crate::ParseOptions::default()).unwrap();
    let first = batch.statements.into_iter().next().unwrap();
    let StatementKind::Select(query) = first.kind else { panic!("no query: {text}") };
    *query
}

fn bound(text: &str) -> Result<Plan, BindError> {
    query(&parsed(text), &TestNames)
}

/// The plan of a text, printed.
fn plan(text: &str) -> String {
    match bound(text) {
        Ok(plan) => explain(&plan),
        Err(error) => panic!("{text}: {error}"),
    }
}

/// The columns of a text's result: name and type, and `?` for those that can be NULL.
fn columns(text: &str) -> String {
    let plan = match bound(text) {
        Ok(plan) => plan,
        Err(error) => panic!("{text}: {error}"),
    };
    let shown = plan.columns.iter().map(|column| {
        let null = if column.nullable { "?" } else { "" };
        format!("{} {}{null}", column.name, column.data_type).trim().to_owned()
    });
    shown.collect::<Vec<_>>().join(", ")
}

/// The error of a text: number, line, message.
fn error(text: &str) -> String {
    match bound(text) {
        Ok(plan) => panic!("{text} binds:\n{}", explain(&plan)),
        Err(BindError { error, place }) => {
            format!("{} line {}: {}", error.number, place.line, error.message)
        }
    }
}
