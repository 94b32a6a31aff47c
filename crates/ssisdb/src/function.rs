//! The documented functions of the schema `catalog`.

mod describe;

use std::sync::Arc;

use catalog::{Caller, CatalogError, Tx, permissions, reads};
use model::ExecutionId;
use tsql::host::{Column, QualifiedName, ScalarFunction, TableFunction};
use tsql::types::{Length, SqlType};
use tsql::value::{SqlError, SqlValue};

use crate::computed::ComputedFor;
use crate::connection::{Inside, is_in_ssisdb};

fn is_catalog(name: &QualifiedName) -> bool {
    let schema = name.schema.as_deref();
    is_in_ssisdb(name) && schema.is_some_and(|schema| schema.eq_ignore_ascii_case("catalog"))
}

/// The columns of `dm_execution_performance_counters`.
pub(crate) fn counter_columns() -> Vec<Column> {
    vec![
        Column::new("execution_id", SqlType::BigInt).not_null(),
        Column::new("counter_name", SqlType::NVarChar(Length::N(128))),
        Column::new("counter_value", SqlType::BigInt),
    ]
}

/// `dm_execution_performance_counters(execution_id)`: of one running execution, or with NULL of
/// all that the caller may see.
pub(crate) fn table_function(
    connection: &Arc<Inside>,
    name: &QualifiedName,
) -> Option<Arc<dyn TableFunction>> {
    if let Some(function) = describe::function(connection, name) {
        return Some(function);
    }
    let is_it =
        is_catalog(name) && name.name.eq_ignore_ascii_case("dm_execution_performance_counters");
    if !is_it {
        return None;
    }
    let connection = Arc::clone(connection);
    let make = move |arguments: &[SqlValue]| {
        let execution = arguments.first().and_then(SqlValue::as_i64).map(ExecutionId);
        let caller = connection.caller();
        let counters =
            connection.work.read(move |tx| reads::execution_counters(tx, &caller, execution))?;
        let row = |(id, name, value): (ExecutionId, String, i64)| {
            vec![SqlValue::BigInt(id.0), SqlValue::nvarchar(name), SqlValue::BigInt(value)]
        };
        Ok(counters.into_iter().map(row).collect())
    };
    Some(Arc::new(ComputedFor {
        arguments: vec![SqlType::BigInt],
        columns: counter_columns(),
        make: Box::new(make),
    }))
}

/// The functions that measure what the catalog holds.
pub(crate) const SCALAR_FUNCTIONS: [&str; 2] = ["get_operation_log_size", "get_version_log_size"];

/// `get_operation_log_size()` and `get_version_log_size()`: bytes of messages, and of project
/// files.
pub(crate) fn scalar_function(
    connection: &Arc<Inside>,
    name: &QualifiedName,
) -> Option<Arc<dyn ScalarFunction>> {
    if !is_catalog(name) {
        return None;
    }
    let at = SCALAR_FUNCTIONS.iter().position(|known| known.eq_ignore_ascii_case(&name.name))?;
    let measure = if at == 0 { reads::operation_log_size } else { reads::version_log_size };
    Some(Arc::new(Size { connection: Arc::clone(connection), measure }))
}

struct Size {
    connection: Arc<Inside>,
    measure: fn(&mut dyn Tx, &Caller) -> Result<i64, CatalogError>,
}

impl ScalarFunction for Size {
    fn arguments(&self) -> &[SqlType] {
        &[]
    }

    fn result(&self) -> SqlType {
        SqlType::BigInt
    }

    fn call(&self, _: &[SqlValue]) -> Result<SqlValue, SqlError> {
        let (caller, measure) = (self.connection.caller(), self.measure);
        self.connection.work.read(move |tx| measure(tx, &caller)).map(SqlValue::BigInt)
    }
}

/// Rows of `catalog.effective_object_permissions`: object type, object, permission.
pub(crate) fn effective_permissions(connection: &Inside) -> Result<Vec<tsql::host::Row>, SqlError> {
    let caller = connection.caller();
    let found = connection.work.read(move |tx| permissions::effective(tx, &caller))?;
    let small = SqlValue::SmallInt;
    let row = |row: &permissions::EffectivePermission| {
        vec![
            small(row.object_type.number()),
            SqlValue::BigInt(row.object_id),
            small(row.permission_type.number()),
        ]
    };
    Ok(found.iter().map(row).collect())
}

/// Rows of `catalog.explicit_object_permissions`.
pub(crate) fn explicit_permissions(connection: &Inside) -> Result<Vec<tsql::host::Row>, SqlError> {
    let caller = connection.caller();
    let found = connection.work.read(move |tx| permissions::explicit(tx, &caller))?;
    let small = SqlValue::SmallInt;
    let row = |row: &permissions::ExplicitPermission| {
        vec![
            small(row.object_type.number()),
            SqlValue::BigInt(row.object_id),
            SqlValue::Int(row.principal_id),
            small(row.permission_type.number()),
            SqlValue::Bit(row.is_deny),
            SqlValue::Int(row.grantor_id),
        ]
    };
    Ok(found.iter().map(row).collect())
}
