//! `catalog.configure_catalog`.

use model::{OperationStatus, OperationType};

use super::operation::{self, Subject};
use super::{logging_level, properties, refusal};
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::store::Tx;

/// The logging level that SERVER_CUSTOMIZED_LOGGING_LEVEL names.
const CUSTOMIZED: i64 = 100;

/// What values a property takes.
enum Rule {
    OneOf(&'static [&'static str]),
    Truth,
    AtLeast(i64),
    /// Days, or -1 for ever.
    Days,
    LoggingLevel,
    CustomizedLevel,
    /// Documented, and changed by other means or not at all.
    Fixed,
}

/// Names and values: the `catalog.catalog_properties` page.
const RULES: &[(&str, Rule)] = &[
    ("DEFAULT_EXECUTION_MODE", Rule::OneOf(&["0", "1"])),
    ("ENCRYPTION_ALGORITHM", Rule::OneOf(&["AES_256"])),
    ("IS_SCALEOUT_ENABLED", Rule::Fixed),
    ("MAX_PROJECT_VERSIONS", Rule::AtLeast(1)),
    ("OPERATION_CLEANUP_ENABLED", Rule::Truth),
    ("RETENTION_WINDOW", Rule::Days),
    ("SCHEMA_BUILD", Rule::Fixed),
    ("SCHEMA_VERSION", Rule::Fixed),
    ("SERVER_CUSTOMIZED_LOGGING_LEVEL", Rule::CustomizedLevel),
    ("SERVER_LOGGING_LEVEL", Rule::LoggingLevel),
    ("SERVER_OPERATION_ENCRYPTION_LEVEL", Rule::OneOf(&["1", "2"])),
    ("VALIDATION_TIMEOUT", Rule::AtLeast(1)),
    ("VERSION_CLEANUP_ENABLED", Rule::Truth),
];

/// Sets a property of the catalog, while no operation is active.
pub fn configure_catalog(
    tx: &mut dyn Tx,
    caller: &Caller,
    property_name: &str,
    property_value: &str,
) -> Result<(), CatalogError> {
    caller.require_admin()?;
    let (name, rule) = RULES
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(property_name))
        .ok_or_else(|| refusal::property_not_found(property_name))?;
    let sql = "SELECT count(*) FROM operations WHERE status IN (2, 5, 8)";
    if tx.scalar::<i64>(sql, &[])? != Some(0) {
        return Err(refusal::operations_are_active());
    }
    let value = accept(tx, name, rule, property_value.trim())?;
    write(tx, name, &value)?;
    let status = OperationStatus::Succeeded;
    operation::insert(tx, caller, OperationType::ConfigureCatalog, status, Subject::default())?;
    Ok(())
}

/// Some values need more than to be written.
fn write(tx: &mut dyn Tx, name: &str, value: &str) -> Result<(), CatalogError> {
    match name {
        // Logs that were written under one level stay readable under it only.
        "SERVER_OPERATION_ENCRYPTION_LEVEL" => {
            let changes = properties::text(tx, name)?.as_deref() != Some(value);
            let sql = "SELECT count(*) FROM executions";
            if changes && tx.scalar::<i64>(sql, &[])? != Some(0) {
                return Err(refusal::logs_exist());
            }
        }
        "SERVER_CUSTOMIZED_LOGGING_LEVEL" if value.is_empty() => {
            let level = properties::number(tx, "SERVER_LOGGING_LEVEL", 1)?;
            if level == CUSTOMIZED {
                return Err(refusal::customized_level_needed(level));
            }
            return properties::remove(tx, name);
        }
        _ => {}
    }
    properties::set(tx, name, value)
}

fn accept(tx: &mut dyn Tx, name: &str, rule: &Rule, value: &str) -> Result<String, CatalogError> {
    let bad = || refusal::property_value_not_valid(name);
    let number = || value.parse::<i32>().map(i64::from).ok();
    match rule {
        Rule::OneOf(values) => {
            let known = values.iter().find(|known| known.eq_ignore_ascii_case(value));
            known.map(|&known| known.to_owned()).ok_or_else(bad)
        }
        Rule::Truth => match value.to_ascii_lowercase().as_str() {
            "true" | "1" => Ok("TRUE".to_owned()),
            "false" | "0" => Ok("FALSE".to_owned()),
            _ => Err(bad()),
        },
        Rule::AtLeast(least) => {
            number().filter(|n| least <= n).map(|n| n.to_string()).ok_or_else(bad)
        }
        Rule::Days => {
            let days = number().filter(|&days| days == -1 || 1 <= days);
            days.map(|days| days.to_string()).ok_or_else(bad)
        }
        Rule::LoggingLevel => match number().ok_or_else(bad)? {
            100 if properties::text(tx, "SERVER_CUSTOMIZED_LOGGING_LEVEL")?.is_none() => {
                Err(refusal::customized_level_needed(100))
            }
            level @ (0..=4 | 100) => Ok(level.to_string()),
            level => Err(refusal::logging_level_undefined(level)),
        },
        Rule::CustomizedLevel => {
            if !value.is_empty() {
                logging_level::find(tx, value)?;
            }
            Ok(value.to_owned())
        }
        Rule::Fixed => Err(bad()),
    }
}
