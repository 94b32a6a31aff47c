//! The catalog's own settings, customized logging levels, clean-up.

use catalog::procedures::{self, CustomizedLoggingLevel};
use tsql::value::SqlValue;

use super::{BIGINT, Default as Or, Definition, LONG_TEXT, NAME, Parameter, text};

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
];
