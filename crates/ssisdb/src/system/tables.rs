//! The views of `sys` that are put together from what the server knows. Views that would show
//! what this server has not (indexes, tables, keys) have their columns and no rows.

mod configurations;
mod files;
mod languages;
mod nothing;
mod principals;
mod sessions;

use std::sync::Arc;

use tsql::collation::Collation;
use tsql::host::Row;
use tsql::value::{SqlError, SqlValue, cast};

use super::objects::{self, Object};
use super::types::{self, TYPES};
use super::{SCHEMAS, SystemView};
use crate::connection::{DATABASES, Inside, SSISDB};
use crate::metadata::database_id;
use crate::value::local_time;
use principals::{
    DATABASE_PRINCIPAL_COLUMNS, SERVER_PRINCIPAL_COLUMNS, database_principals, role_members,
    server_principals, server_role_members,
};
use sessions::{CONNECTION_COLUMNS, SESSION_COLUMNS, connections, servers, sessions, system_info};

/// All of them.
const VIEWS: &[SystemView] = &[
    sys("databases", DATABASE_COLUMNS, databases),
    sys("schemas", "name sysname, schema_id int, principal_id int?", schemas),
    sys("types", TYPE_COLUMNS, all_types),
    sys("all_objects", OBJECT_COLUMNS, all_objects),
    sys("system_objects", OBJECT_COLUMNS, system_objects),
    sys("all_columns", COLUMN_COLUMNS, all_columns),
    sys("all_parameters", PARAMETER_COLUMNS, all_parameters),
    sys("all_sql_modules", MODULE_COLUMNS, sql_modules),
    sys("server_principals", SERVER_PRINCIPAL_COLUMNS, server_principals),
    sys(
        "server_role_members",
        "role_principal_id int, member_principal_id int",
        server_role_members,
    ),
    sys("database_principals", DATABASE_PRINCIPAL_COLUMNS, database_principals),
    sys("database_role_members", "role_principal_id int, member_principal_id int", role_members),
    sys("dm_exec_sessions", SESSION_COLUMNS, sessions),
    sys("dm_exec_connections", CONNECTION_COLUMNS, connections),
    sys("dm_os_sys_info", "sqlserver_start_time datetime, cpu_count int", system_info),
    sys(
        "servers",
        "server_id int, name sysname, product sysname, provider sysname, data_source nvarchar(4000)?, is_linked bit",
        servers,
    ),
    sys("configurations", configurations::COLUMNS, configurations::configurations),
    sys("syslanguages", languages::COLUMNS, languages::languages),
    sys("database_files", files::DATABASE_COLUMNS, files::database_files),
    sys("master_files", files::MASTER_COLUMNS, files::master_files),
];

const fn sys(
    name: &'static str,
    columns: &'static str,
    rows: fn(&Arc<Inside>, &str) -> Result<Vec<Row>, SqlError>,
) -> SystemView {
    SystemView { schema: "sys", name, columns, rows }
}

/// Every view of this file and those below it.
pub(super) fn all() -> impl Iterator<Item = &'static SystemView> {
    VIEWS.iter().chain(nothing::VIEWS)
}

const DATABASE_COLUMNS: &str = "name sysname, database_id int, source_database_id int?, owner_sid varbinary(85)?, create_date datetime, compatibility_level tinyint, collation_name sysname?, user_access tinyint?, user_access_desc nvarchar(60)?, is_read_only bit?, is_auto_close_on bit, is_auto_shrink_on bit?, state tinyint?, state_desc nvarchar(60)?, is_in_standby bit?, is_cleanly_shutdown bit?, snapshot_isolation_state tinyint?, snapshot_isolation_state_desc nvarchar(60)?, is_read_committed_snapshot_on bit?, recovery_model tinyint?, recovery_model_desc nvarchar(60)?, is_broker_enabled bit, is_trustworthy_on bit?, is_published bit, is_encrypted bit?, containment tinyint?, containment_desc nvarchar(60)?, is_distributor bit, is_subscribed bit, is_merge_published bit, is_cdc_enabled bit, is_query_store_on bit?, log_reuse_wait_desc nvarchar(60)?, replica_id uniqueidentifier?";
const TYPE_COLUMNS: &str = "name sysname, system_type_id tinyint, user_type_id int, schema_id int, principal_id int?, max_length smallint, precision tinyint, scale tinyint, collation_name sysname?, is_nullable bit?, is_user_defined bit, is_assembly_type bit, default_object_id int, rule_object_id int, is_table_type bit, odbc_type smallint";
const OBJECT_COLUMNS: &str = "name sysname, object_id int, principal_id int?, schema_id int, parent_object_id int, type char(2), type_desc nvarchar(60)?, create_date datetime, modify_date datetime, is_ms_shipped bit, is_published bit, is_schema_published bit";
const COLUMN_COLUMNS: &str = "object_id int, name sysname?, column_id int, system_type_id tinyint, user_type_id int, max_length smallint, precision tinyint, scale tinyint, collation_name sysname?, is_nullable bit?, is_ansi_padded bit, is_rowguidcol bit, is_identity bit, is_computed bit, is_filestream bit, is_replicated bit?, is_non_sql_subscribed bit?, is_merge_published bit?, is_dts_replicated bit?, is_xml_document bit, xml_collection_id int, default_object_id int, rule_object_id int, is_sparse bit?, is_column_set bit?, generated_always_type tinyint?, generated_always_type_desc nvarchar(60)?, is_hidden bit?, is_masked bit";
const PARAMETER_COLUMNS: &str = "object_id int, name sysname?, parameter_id int, system_type_id tinyint, user_type_id int, max_length smallint, precision tinyint, scale tinyint, is_output bit, is_cursor_ref bit, has_default_value bit, is_xml_document bit, default_value sql_variant?, is_readonly bit, is_nullable bit?";
const MODULE_COLUMNS: &str = "object_id int, definition nvarchar(max)?, uses_ansi_nulls bit?, uses_quoted_identifier bit?, is_schema_bound bit?, uses_database_collation bit?, is_recompiled bit?, null_on_null_input bit?, execute_as_principal_id int?";

fn text(text: &str) -> SqlValue {
    SqlValue::nvarchar(text)
}

fn bit(bit: bool) -> SqlValue {
    SqlValue::Bit(bit)
}

fn narrow(text: &str) -> SqlValue {
    SqlValue::varchar(text)
}

fn optional(value: Option<&str>) -> SqlValue {
    value.map_or(SqlValue::Null, text)
}

/// A moment as `datetime`, in local time.
fn moment(micros: i64) -> SqlValue {
    let moment = SqlValue::DateTimeOffset(local_time(micros));
    cast(&moment, &tsql::types::SqlType::DateTime).unwrap_or(SqlValue::Null)
}

fn databases(connection: &Arc<Inside>, _: &str) -> Result<Vec<Row>, SqlError> {
    let created = moment(connection.server.started.0);
    let row = |(at, name): (usize, &&str)| {
        vec![
            text(name),
            SqlValue::Int(i32::from(database_id(at))),
            SqlValue::Null,
            SqlValue::binary(vec![1]),
            created.clone(),
            SqlValue::TinyInt(160),
            text(Collation::DEFAULT_NAME),
            SqlValue::TinyInt(0),
            text("MULTI_USER"),
            bit(false),
            bit(false),
            bit(false),
            SqlValue::TinyInt(0),
            text("ONLINE"),
            bit(false),
            bit(false),
            SqlValue::TinyInt(0),
            text("OFF"),
            bit(*name == SSISDB),
            SqlValue::TinyInt(1),
            text("FULL"),
            bit(false),
            bit(false),
            bit(false),
            bit(false),
            SqlValue::TinyInt(0),
            text("NONE"),
            bit(false),
            bit(false),
            bit(false),
            bit(false),
            bit(false),
            text("NOTHING"),
            SqlValue::Null,
        ]
    };
    let mut rows: Vec<Row> = DATABASES.iter().enumerate().map(row).collect();
    rows.sort_by_key(|row| row[1].as_i64());
    Ok(rows)
}

fn schemas(_: &Arc<Inside>, database: &str) -> Result<Vec<Row>, SqlError> {
    let is_ssisdb = database.eq_ignore_ascii_case(SSISDB);
    let here = SCHEMAS.iter().filter(|(id, _)| is_ssisdb || *id < 5);
    let row = |(id, name): &(i32, &str)| vec![text(name), SqlValue::Int(*id), SqlValue::Int(1)];
    Ok(here.map(row).collect())
}

fn all_types(_: &Arc<Inside>, _: &str) -> Result<Vec<Row>, SqlError> {
    let row = |known: &types::KnownType| {
        let is_text = matches!(known.system, 35 | 99 | 167 | 175 | 231 | 239);
        vec![
            text(known.name),
            SqlValue::TinyInt(known.system),
            SqlValue::Int(known.id),
            SqlValue::Int(4),
            SqlValue::Null,
            SqlValue::SmallInt(known.max_length),
            SqlValue::TinyInt(known.precision),
            SqlValue::TinyInt(known.scale),
            if is_text { text(Collation::DEFAULT_NAME) } else { SqlValue::Null },
            bit(known.name != "sysname"),
            bit(false),
            bit(false),
            SqlValue::Int(0),
            SqlValue::Int(0),
            bit(false),
            SqlValue::SmallInt(known.odbc),
        ]
    };
    Ok(TYPES.iter().map(row).collect())
}

/// `type_desc` of a `type`.
fn describe(kind: &str) -> &'static str {
    match kind {
        "U" => "USER_TABLE",
        "V" => "VIEW",
        "P" => "SQL_STORED_PROCEDURE",
        "FN" => "SQL_SCALAR_FUNCTION",
        "IF" => "SQL_INLINE_TABLE_VALUED_FUNCTION",
        "TF" => "SQL_TABLE_VALUED_FUNCTION",
        _ => "TYPE_TABLE",
    }
}

fn all_objects(connection: &Arc<Inside>, database: &str) -> Result<Vec<Row>, SqlError> {
    let started = connection.server.started.0;
    Ok(objects::all(connection, database)?
        .iter()
        .map(|one| object_row(one, started, false))
        .collect())
}

/// The system's own views and procedures, which are in every database.
fn system_objects(connection: &Arc<Inside>, _: &str) -> Result<Vec<Row>, SqlError> {
    let started = connection.server.started.0;
    Ok(objects::of_system().map(|one| object_row(&one, started, true)).collect())
}

fn object_row(object: &Object, started: i64, is_shipped: bool) -> Row {
    vec![
        text(&object.name),
        SqlValue::Int(object.id),
        SqlValue::Null,
        SqlValue::Int(object.schema_id),
        SqlValue::Int(0),
        narrow(&format!("{:<2}", object.kind)),
        text(describe(object.kind)),
        moment(object.created.unwrap_or(started)),
        moment(object.modified.unwrap_or(started)),
        bit(is_shipped),
        bit(false),
        bit(false),
    ]
}

fn number(at: usize) -> SqlValue {
    SqlValue::Int(i32::try_from(at).unwrap_or(i32::MAX))
}

fn all_columns(connection: &Arc<Inside>, database: &str) -> Result<Vec<Row>, SqlError> {
    let mut rows = Vec::new();
    for object in objects::with_shapes(connection, database)? {
        for (at, column) in object.columns.iter().enumerate() {
            let facts = types::facts(&column.data_type);
            let collation = column.data_type.kind().is_character();
            rows.push(vec![
                SqlValue::Int(object.id),
                text(&column.name),
                number(at + 1),
                SqlValue::TinyInt(facts.known.system),
                SqlValue::Int(facts.known.id),
                SqlValue::SmallInt(facts.max_length),
                SqlValue::TinyInt(facts.precision),
                SqlValue::TinyInt(facts.scale),
                if collation { text(Collation::DEFAULT_NAME) } else { SqlValue::Null },
                bit(column.nullable),
                bit(true),
                bit(false),
                bit(false),
                bit(false),
                bit(false),
                bit(false),
                bit(false),
                bit(false),
                bit(false),
                bit(false),
                SqlValue::Int(0),
                SqlValue::Int(0),
                SqlValue::Int(0),
                bit(false),
                bit(false),
                SqlValue::TinyInt(0),
                text("NOT_APPLICABLE"),
                bit(false),
                bit(false),
            ]);
        }
    }
    Ok(rows)
}

fn all_parameters(connection: &Arc<Inside>, database: &str) -> Result<Vec<Row>, SqlError> {
    let mut rows = Vec::new();
    for object in objects::with_shapes(connection, database)? {
        // The value of a function is its parameter 0.
        let first = usize::from(object.kind != "FN");
        for (at, parameter) in object.parameters.iter().enumerate() {
            let facts = types::facts(&parameter.data_type);
            rows.push(vec![
                SqlValue::Int(object.id),
                text(&parameter.name),
                number(at + first),
                SqlValue::TinyInt(facts.known.system),
                SqlValue::Int(facts.known.id),
                SqlValue::SmallInt(facts.max_length),
                SqlValue::TinyInt(facts.precision),
                SqlValue::TinyInt(facts.scale),
                bit(parameter.output),
                bit(false),
                bit(parameter.has_default),
                bit(false),
                SqlValue::Null,
                bit(false),
                bit(true),
            ]);
        }
    }
    Ok(rows)
}

fn sql_modules(connection: &Arc<Inside>, database: &str) -> Result<Vec<Row>, SqlError> {
    let row = |object: &Object| {
        vec![
            SqlValue::Int(object.id),
            optional(object.definition.as_deref()),
            bit(true),
            bit(true),
            bit(false),
            bit(false),
            bit(false),
            bit(false),
            SqlValue::Null,
        ]
    };
    let all = objects::all(connection, database)?;
    Ok(all.iter().filter(|object| !matches!(object.kind, "TT" | "U")).map(row).collect())
}
