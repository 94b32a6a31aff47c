//! Environments and their variables, as procedures name and find them.

use std::fmt;

use model::{FolderId, PermissionType};

use super::lookup::{self, READ_AND_MODIFY};
use super::names::fold;
use super::refusal;
use crate::caller::Caller;
use crate::error::CatalogError;
use crate::permissions::{self, Securable};
use crate::sealed::{self, Stored};
use crate::store::{Tx, params};

/// The longest description of an environment, or of a new variable, in UTF-16 units.
pub(super) const DESCRIPTION_MAX: usize = 1024;

/// The only property that environments and variables have.
const DESCRIPTION: &str = "Description";

/// Names an environment.
#[derive(Clone, Copy, Debug)]
pub struct EnvironmentName<'a> {
    /// The folder.
    pub folder_name: &'a str,
    /// The environment.
    pub environment_name: &'a str,
}

/// Names a variable of an environment.
#[derive(Clone, Copy, Debug)]
pub struct VariableName<'a> {
    /// The environment.
    pub environment: EnvironmentName<'a>,
    /// The variable.
    pub variable_name: &'a str,
}

/// A property and what it becomes.
#[derive(Clone, Copy, Debug)]
pub struct PropertyValue<'a> {
    /// `Description`, in any letter case.
    pub property_name: &'a str,
    /// The new value; scripts copy descriptions that are NULL.
    pub property_value: Option<&'a str>,
}

impl PropertyValue<'_> {
    /// Refuses other properties, and values of more than `max` UTF-16 units.
    pub(super) fn check(&self, max: usize) -> Result<(), CatalogError> {
        if !self.property_name.eq_ignore_ascii_case(DESCRIPTION) {
            return Err(refusal::parameter_not_valid("property_name"));
        }
        check_length("property_value", self.property_value.unwrap_or_default(), max)
    }
}

/// Refuses a text that the parameter cannot hold.
pub(super) fn check_length(parameter: &str, text: &str, max: usize) -> Result<(), CatalogError> {
    if max < text.encode_utf16().count() {
        return Err(refusal::parameter_not_valid(parameter));
    }
    Ok(())
}

/// An environment, as procedures need it.
pub(super) struct EnvironmentRow {
    pub(super) id: i64,
    pub(super) folder: FolderId,
}

/// An environment that the caller may read and change.
pub(super) fn find(
    tx: &mut dyn Tx,
    caller: &Caller,
    name: &EnvironmentName<'_>,
) -> Result<EnvironmentRow, CatalogError> {
    find_for(tx, caller, name, READ_AND_MODIFY)
}

/// An environment on which the caller has all of these permissions: 27182 without. No permission
/// on its folder is needed; whoever has none on either is told 27104, that there is no such
/// folder.
pub(super) fn find_for(
    tx: &mut dyn Tx,
    caller: &Caller,
    name: &EnvironmentName<'_>,
    needed: &[PermissionType],
) -> Result<EnvironmentRow, CatalogError> {
    let folder = lookup::find_folder(tx, name.folder_name)?;
    let folder = folder.ok_or_else(|| refusal::folder_not_found(name.folder_name))?;
    let mut seen = permissions::has(tx, caller, folder, PermissionType::Read)?;
    if let Some(id) = find_in(tx, folder, name.environment_name)? {
        let on = Securable::environment(id);
        if permissions::has_all(tx, caller, on, needed)? {
            return Ok(EnvironmentRow { id, folder });
        }
        seen = seen || permissions::has(tx, caller, on, PermissionType::Read)?;
    }
    if seen {
        return Err(refusal::environment_not_found(name.environment_name));
    }
    Err(refusal::folder_not_found(name.folder_name))
}

/// The id of the environment of this name in a folder.
pub(super) fn find_in(
    tx: &mut dyn Tx,
    folder: FolderId,
    name: &str,
) -> Result<Option<i64>, CatalogError> {
    let sql = "SELECT environment_id FROM environments WHERE folder_id = ?1 AND name_key = ?2";
    tx.scalar(sql, &params![folder, fold(name)])
}

/// A variable, as procedures need it.
pub(super) struct VariableRow {
    pub(super) id: i64,
    pub(super) environment: i64,
    pub(super) key: String,
    pub(super) type_name: String,
    pub(super) sensitive: bool,
}

/// The variable of this name: 27183 where the environment has none.
pub(super) fn variable(
    tx: &mut dyn Tx,
    caller: &Caller,
    name: &VariableName<'_>,
) -> Result<VariableRow, CatalogError> {
    let environment = find(tx, caller, &name.environment)?.id;
    let sql = "SELECT variable_id, name_key, type, sensitive FROM environment_variables
               WHERE environment_id = ?1 AND name_key = ?2";
    let row = tx.query_opt(sql, &params![environment, fold(name.variable_name)])?;
    let row = row.ok_or_else(|| refusal::variable_not_found(name.variable_name))?;
    Ok(VariableRow {
        id: row.get(0)?,
        environment,
        key: row.get(1)?,
        type_name: row.get(2)?,
        sensitive: row.get(3)?,
    })
}

/// A variable with its value, sensitive or not.
pub(super) struct Variable {
    pub(super) type_name: String,
    pub(super) sensitive: bool,
    pub(super) value: Option<String>,
}

impl fmt::Debug for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Variable").field("type_name", &self.type_name).finish_non_exhaustive()
    }
}

/// All variables of an environment, by the key of their names.
pub(super) fn variables(
    tx: &mut dyn Tx,
    environment: i64,
) -> Result<Vec<(String, Variable)>, CatalogError> {
    let sql = "SELECT name_key, type, sensitive, value, sealed_value FROM environment_variables
               WHERE environment_id = ?1";
    let mut found = Vec::new();
    for row in tx.query(sql, &params![environment])? {
        let key: String = row.get(0)?;
        let place = sealed::environment_variable(environment, &key);
        let stored = Stored { text: row.get(3)?, sealed: row.get(4)? };
        let what = || format!("environment variable `{key}`");
        let value = sealed::reveal(tx, &place, stored, what)?;
        found.push((key, Variable { type_name: row.get(1)?, sensitive: row.get(2)?, value }));
    }
    Ok(found)
}

/// Writes a variable's value in the form that `sensitive` asks for.
pub(super) fn write_value(
    tx: &mut dyn Tx,
    row: &VariableRow,
    value: Option<&str>,
    sensitive: bool,
) -> Result<(), CatalogError> {
    let place = sealed::environment_variable(row.environment, &row.key);
    let stored = sealed::store(tx, &place, value, sensitive)?;
    let sql = "UPDATE environment_variables SET value = ?2, sealed_value = ?3, sensitive = ?4
               WHERE variable_id = ?1";
    tx.execute(sql, &params![row.id, stored.text, stored.sealed, sensitive])?;
    Ok(())
}
