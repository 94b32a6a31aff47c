//! What is in a database: views, procedures, functions, types, each with a number of its own.
//!
//! Numbers of shipped objects come from their names, so they stay the same from one version to
//! the next; those of users' modules come from the catalog.

use std::sync::Arc;

use catalog::modules::ModuleRow;
use tsql::host::{Column, QualifiedName, TemporaryTable};
use tsql::session::Shape;
use tsql::types::SqlType;
use tsql::value::SqlError;

use super::SCHEMAS;
use crate::connection::{Inside, SSISDB};
use crate::{function, module, procedure, view};

/// An object of a database.
#[derive(Clone)]
pub(crate) struct Object {
    /// `object_id`.
    pub(crate) id: i32,
    /// Its schema's name.
    pub(crate) schema: String,
    /// Its schema's number.
    pub(crate) schema_id: i32,
    /// Its name.
    pub(crate) name: String,
    /// `type`: `U` (a temporary table), `V`, `P`, `FN`, `IF`, `TF`, `TT`.
    pub(crate) kind: &'static str,
    /// Whether it came with this program.
    pub(crate) is_shipped: bool,
    /// Its columns, where it has some.
    pub(crate) columns: Vec<Column>,
    /// Its parameters, where it has some.
    pub(crate) parameters: Vec<ObjectParameter>,
    /// The text that made it, where it is a user's.
    pub(crate) definition: Option<String>,
    /// Microseconds since 1970, where it is a user's.
    pub(crate) created: Option<i64>,
    /// Microseconds since 1970, where it is a user's.
    pub(crate) modified: Option<i64>,
}

/// A parameter of an object.
#[derive(Clone)]
pub(crate) struct ObjectParameter {
    /// With its sign; empty for the value of a function.
    pub(crate) name: String,
    /// Its type.
    pub(crate) data_type: SqlType,
    /// Whether the caller can have its value back.
    pub(crate) output: bool,
    /// Whether it may be left out.
    pub(crate) has_default: bool,
}

/// FNV-1a of the name in lower case, as a positive number.
fn shipped_id(schema: &str, name: &str) -> i32 {
    let mut hash: u32 = 0x811c_9dc5;
    for byte in schema.bytes().chain(*b".").chain(name.bytes()) {
        hash = (hash ^ u32::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0193);
    }
    i32::try_from(hash >> 2).unwrap_or(1) + MODULES
}

/// Numbers below this one are users' modules.
const MODULES: i32 = 1_000_000;

/// What every kind of object begins as.
fn object(schema: &str, name: &str, kind: &'static str) -> Object {
    let schema_id = SCHEMAS.iter().find(|(_, known)| known.eq_ignore_ascii_case(schema));
    Object {
        id: shipped_id(schema, name),
        schema: schema.to_owned(),
        schema_id: schema_id.map_or(1, |(id, _)| *id),
        name: name.to_owned(),
        kind,
        is_shipped: true,
        columns: Vec::new(),
        parameters: Vec::new(),
        definition: None,
        created: None,
        modified: None,
    }
}

/// The system's own views and procedures.
pub(crate) fn of_system() -> impl Iterator<Item = Object> {
    let known = super::tables::all().map(|view| (view.schema, view.name));
    let texts = super::texts::VIEWS.iter().map(|view| (view.schema, view.name));
    let views =
        known.chain(texts).filter(|(schema, _)| matches!(*schema, "sys" | "INFORMATION_SCHEMA"));
    let views = views.map(|(schema, name)| object(schema, name, "V"));
    let procedures = super::texts::PROCEDURES.iter();
    views.chain(procedures.map(|procedure| object(procedure.schema, procedure.name, "P")))
}

/// The objects of a database, without the system's own; those that users made have no columns
/// and parameters here.
pub(crate) fn all(connection: &Arc<Inside>, database: &str) -> Result<Vec<Object>, SqlError> {
    listed(connection, database, |_| Shape::default())
}

/// The objects of a database with their columns and parameters, for which the texts of users are
/// bound.
pub(crate) fn with_shapes(
    connection: &Arc<Inside>,
    database: &str,
) -> Result<Vec<Object>, SqlError> {
    listed(connection, database, |row| module::shape(connection, row))
}

fn listed(
    connection: &Arc<Inside>,
    database: &str,
    shape: impl Fn(&ModuleRow) -> Shape,
) -> Result<Vec<Object>, SqlError> {
    let mut found = Vec::new();
    if database.eq_ignore_ascii_case(SSISDB) {
        found.extend(shipped());
    }
    if database.eq_ignore_ascii_case("tempdb") {
        found.extend(connection.temporary_tables().into_iter().map(temporary));
    }
    for row in module::all(connection, database)? {
        let Some(kind) = KINDS.iter().find(|kind| **kind == row.kind) else { continue };
        let shape = shape(&row);
        found.push(Object {
            parameters: shape_parameters(&shape),
            columns: shape.columns,
            id: i32::try_from(row.id).unwrap_or(MODULES),
            is_shipped: false,
            definition: Some(row.text),
            created: Some(row.created.0),
            modified: Some(row.modified.0),
            ..object(&row.schema, &row.name, kind)
        });
    }
    Ok(found)
}

fn temporary(table: TemporaryTable) -> Object {
    let TemporaryTable { id, name, columns } = table;
    Object { id, columns, is_shipped: false, ..object("dbo", &name, "U") }
}

/// Parameters as system views show them, the value of a function first.
fn shape_parameters(shape: &Shape) -> Vec<ObjectParameter> {
    let value = shape.value.map(|data_type| ObjectParameter {
        name: String::new(),
        data_type,
        output: true,
        has_default: false,
    });
    let parameters = shape.parameters.iter().map(|parameter| ObjectParameter {
        name: parameter.name.clone(),
        data_type: parameter.data_type.unwrap_or(SqlType::SqlVariant),
        output: parameter.is_output,
        has_default: parameter.has_default,
    });
    value.into_iter().chain(parameters).collect()
}

const KINDS: [&str; 5] = ["P", "FN", "TF", "V", "TT"];

/// The objects of SSISDB.
fn shipped() -> Vec<Object> {
    let mut found = Vec::new();
    for view in catalog::views::VIEWS.iter().flat_map(|group| group.iter()) {
        found.push(Object { columns: view::columns(view), ..object(view.schema, view.name, "V") });
    }
    for view in super::views().filter(|view| view.schema == "catalog") {
        found.push(Object { columns: view.columns(), ..object(view.schema, view.name, "V") });
    }
    for definition in procedure::DEFINITIONS.iter().flat_map(|group| group.iter()) {
        let parameters = definition.parameters.iter().map(parameter).collect();
        found.push(Object { parameters, ..object(definition.schema, definition.name, "P") });
    }
    let counters = Object {
        columns: function::counter_columns(),
        parameters: vec![ObjectParameter {
            name: "@execution_id".to_owned(),
            data_type: SqlType::BigInt,
            output: false,
            has_default: false,
        }],
        ..object("catalog", "dm_execution_performance_counters", "IF")
    };
    found.push(counters);
    for name in function::SCALAR_FUNCTIONS {
        let result = ObjectParameter {
            name: String::new(),
            data_type: SqlType::BigInt,
            output: true,
            has_default: false,
        };
        found.push(Object { parameters: vec![result], ..object("catalog", name, "FN") });
    }
    found
}

fn parameter(parameter: &procedure::Parameter) -> ObjectParameter {
    let data_type = match parameter.data_type {
        procedure::Type::Scalar(data_type) => data_type,
        procedure::Type::Packages => SqlType::SqlVariant,
    };
    ObjectParameter {
        name: parameter.name.to_owned(),
        data_type,
        output: parameter.output,
        has_default: parameter.may_be_left_out(),
    }
}

/// The object with this name; without a schema it is looked for in `dbo`.
pub(crate) fn named(
    connection: &Arc<Inside>,
    name: &QualifiedName,
) -> Result<Option<Object>, SqlError> {
    let schema = name.schema.as_deref().unwrap_or("dbo");
    let all = all(connection, &name.database)?;
    let found = all.into_iter().find(|object| {
        object.schema.eq_ignore_ascii_case(schema) && object.name.eq_ignore_ascii_case(&name.name)
    });
    if found.is_some() {
        return Ok(found);
    }
    let is_system_view = super::relation(connection, name).is_some();
    let is_system_procedure = super::procedure(connection, name).is_some();
    let kind = if is_system_view { "V" } else { "P" };
    Ok((is_system_view || is_system_procedure).then(|| object("sys", &name.name, kind)))
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashSet};

    use testkit::permissions::gates_of;

    use super::*;

    #[test]
    fn everything_that_can_be_called_is_in_the_table_of_permissions() {
        let own = |schema: &str| matches!(schema, "catalog" | "internal");
        let objects =
            shipped().into_iter().map(|object| format!("{}.{}", object.schema, object.name));
        let texts = super::super::texts::VIEWS.iter().filter(|text| own(text.schema));
        let texts = texts.map(|text| format!("{}.{}", text.schema, text.name));
        let there: BTreeSet<String> = objects.chain(texts).collect();
        let table = gates_of(&["procedure", "view", "function"]);
        let told = table.iter().map(|gate| gate.name.to_owned());
        let told: BTreeSet<String> = told.filter(|name| !name.starts_with("sys.")).collect();
        assert_eq!(there, told);
        assert!(100 < there.len());
    }

    #[test]
    fn every_shipped_object_has_a_number_of_its_own() {
        let all = shipped();
        let numbers: HashSet<i32> = all.iter().map(|object| object.id).collect();
        assert_eq!(numbers.len(), all.len());
        assert!(numbers.iter().all(|number| MODULES <= *number));
    }
}
