//! The catalog's own settings, customized logging levels, clean-up.

use catalog::procedures::{self, CustomizedLoggingLevel};
use catalog::{Caller, Catalog, CatalogError, cleanup};
use model::ExecutionId;
use tsql::value::{SqlError, SqlValue};

use super::call::Call;
use super::{BIGINT, BIT, Default as Or, Definition, INT, LONG_TEXT, NAME, Parameter, text};
use crate::error::sql_error;

const LEVEL: Parameter = Parameter::new("@level_name", NAME);

pub(super) const DEFINITIONS: &[Definition] = &[
    Definition::catalog(
        "configure_catalog",
        &[
            Parameter::new("@property_name", text(255)),
            Parameter::new("@property_value", text(255)),
        ],
        |call| {
            let (name, value) = (call.text(0)?, call.text(1)?);
            call.write(move |tx, caller| procedures::configure_catalog(tx, caller, &name, &value))?;
            Ok(0)
        },
    ),
    Definition::catalog(
        "create_customized_logging_level",
        &[
            LEVEL,
            Parameter::new("@level_description", LONG_TEXT).or(Or::Null),
            Parameter::new("@profile_value", BIGINT).or(Or::BigInt(0)),
            Parameter::new("@events_value", BIGINT).or(Or::BigInt(0)),
            Parameter::new("@level_id", BIGINT).or(Or::Null).out(),
        ],
        |call| {
            let (name, description) = (call.text(0)?, call.text_or_null(1));
            let (profile_value, events_value) = (call.number(2)?, call.number(3)?);
            let id = call.write(move |tx, caller| {
                let level = CustomizedLoggingLevel {
                    level_name: &name,
                    level_description: description.as_deref(),
                    profile_value,
                    events_value,
                };
                procedures::create_customized_logging_level(tx, caller, &level)
            })?;
            call.set(4, SqlValue::BigInt(id));
            Ok(0)
        },
    ),
    Definition::catalog("delete_customized_logging_level", &[LEVEL], |call| {
        let name = call.text(0)?;
        call.write(move |tx, caller| {
            procedures::delete_customized_logging_level(tx, caller, &name)
        })?;
        Ok(0)
    }),
    Definition::catalog(
        "rename_customized_logging_level",
        &[Parameter::new("@old_name", NAME), Parameter::new("@new_name", NAME)],
        |call| {
            let (old, new) = (call.text(0)?, call.text(1)?);
            call.write(move |tx, caller| {
                procedures::rename_customized_logging_level(tx, caller, &old, &new)
            })?;
            Ok(0)
        },
    ),
    Definition::catalog(
        "set_customized_logging_level_description",
        &[LEVEL, Parameter::new("@level_description", text(1024))],
        |call| {
            let (name, text) = (call.text(0)?, call.text_or_null(1).unwrap_or_default());
            call.write(move |tx, caller| {
                procedures::set_customized_logging_level_description(tx, caller, &name, &text)
            })?;
            Ok(0)
        },
    ),
    Definition::catalog(
        "set_customized_logging_level_value",
        &[LEVEL, Parameter::new("@property_name", NAME), Parameter::new("@property_value", BIGINT)],
        |call| {
            let (name, property, value) = (call.text(0)?, call.text(1)?, call.number(2)?);
            call.write(move |tx, caller| {
                procedures::set_customized_logging_level_value(tx, caller, &name, &property, value)
            })?;
            Ok(0)
        },
    ),
    Definition::catalog("startup", &[], startup),
    Definition::catalog(
        "check_schema_version",
        &[Parameter::new("@use32bitruntime", BIT)],
        |call| {
            call.read(procedures::check_schema_version)?;
            Ok(0)
        },
    ),
    Definition::catalog("cleanup_server_log", &[], |call| clean(call, cleanup::cleanup_server_log)),
    Definition::internal("cleanup_server_log", &[], |call| {
        clean(call, cleanup::cleanup_server_log)
    }),
    Definition::catalog("cleanup_server_execution_keys", KEYS, cleanup_keys),
    Definition::internal("cleanup_server_execution_keys", KEYS, cleanup_keys),
    Definition::internal("cleanup_server_retention_window", &[], |call| {
        clean(call, cleanup::cleanup_server_retention_window)
    }),
    Definition::internal("cleanup_server_retention_window_exclusive", &[], |call| {
        clean(call, cleanup::cleanup_server_retention_window)
    }),
    Definition::internal("cleanup_server_project_version", &[], |call| {
        clean(call, cleanup::cleanup_server_project_version)
    }),
    Definition::internal("cleanup_completed_jobs_exclusive", &[], |call| {
        call.write(|tx, caller| {
            caller.require_admin()?;
            cleanup::cleanup_completed_jobs(tx)
        })?;
        Ok(0)
    }),
    Definition::internal(
        "cleanup_expired_worker",
        &[Parameter::new("@hoursToKeep", INT).or(Or::Int(168))],
        |call| {
            let hours = call.int(0)?;
            call.write(move |tx, caller| procedures::cleanup_expired_worker(tx, caller, hours))?;
            Ok(0)
        },
    ),
    Definition::catalog(
        "create_execution_dump",
        &[Parameter::new("@execution_id", BIGINT)],
        |call| {
            let id = ExecutionId(call.number(0)?);
            call.read(move |tx, caller| {
                procedures::create_execution_dump(tx, caller, id).map(|never| match never {})
            })
        },
    ),
];

const KEYS: &[Parameter] = &[
    Parameter::new("@cleanup_flag", INT),
    Parameter::new("@delete_batch_size", INT).or(Or::Int(1000)),
];

/// Each operation that was marked as ended unexpectedly is told about.
fn startup(call: &mut Call<'_>) -> Result<i32, SqlError> {
    for ended in call.write(procedures::startup)? {
        call.tell(SqlError::new(27165, 10, 1, format!("{}.", ended.warning())))?;
    }
    Ok(0)
}

fn cleanup_keys(call: &mut Call<'_>) -> Result<i32, SqlError> {
    let (flag, size) = (call.int(0)?, call.int(1)?);
    call.write(move |tx, caller| {
        procedures::cleanup_server_execution_keys(tx, caller, flag, size)
    })?;
    Ok(0)
}

/// Runs a clean-up, which takes many small transactions of its own so that nobody waits for it,
/// and so cannot be part of the client's.
fn clean<F>(call: &mut Call<'_>, run: F) -> Result<i32, SqlError>
where
    F: AsyncFn(&Catalog, &Caller) -> Result<u64, CatalogError>,
{
    if call.connection.work.in_transaction() {
        let text = "A clean-up of the catalog cannot be part of a transaction: commit first.";
        return Err(SqlError::new(574, 16, 0, text));
    }
    let (work, caller) = (&call.connection.work, call.connection.caller());
    let done = work.runtime().block_on(run(work.catalog(), &caller));
    done.map(|_| 0).map_err(|error| sql_error(&error))
}
