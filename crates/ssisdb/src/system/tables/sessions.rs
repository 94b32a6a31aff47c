//! Sessions, connections and the server itself, as `sys` shows them.

use std::sync::Arc;

use tsql::host::Row;
use tsql::value::{SqlError, SqlValue};

use super::{bit, moment, narrow, number, text};
use crate::connection::Inside;

pub(super) const SESSION_COLUMNS: &str = "session_id smallint, login_time datetime, host_name nvarchar(128)?, program_name nvarchar(128)?, host_process_id int?, client_version int?, client_interface_name nvarchar(32)?, login_name nvarchar(128), original_login_name nvarchar(128), status nvarchar(30), cpu_time int, memory_usage int, reads bigint, writes bigint, logical_reads bigint, is_user_process bit, language nvarchar(128)?, date_format nvarchar(3)?, transaction_isolation_level smallint, lock_timeout int, row_count bigint, database_id smallint, open_transaction_count int";

pub(super) const CONNECTION_COLUMNS: &str = "session_id int?, connect_time datetime, net_transport nvarchar(40), protocol_type nvarchar(40)?, encrypt_option nvarchar(40), auth_scheme nvarchar(40), client_net_address varchar(48)?, local_tcp_port int?";

/// Sessions: all of them for administrators, else the caller's own.
pub(super) fn sessions(connection: &Arc<Inside>, _: &str) -> Result<Vec<Row>, SqlError> {
    let own = connection.client.session;
    let sees_all = connection.caller().is_admin();
    let mut rows = Vec::new();
    for entry in connection.server.session_entries() {
        let client = &entry.client;
        if !sees_all && client.session != own {
            continue;
        }
        let status = if client.session == own { "running" } else { "sleeping" };
        rows.push(vec![
            SqlValue::SmallInt(client.session),
            moment(entry.since.0),
            text(&client.host_name),
            text(&client.program),
            SqlValue::Null,
            SqlValue::Null,
            text("TDS"),
            text(&client.caller.name),
            text(&client.caller.name),
            text(status),
            SqlValue::Int(0),
            SqlValue::Int(0),
            SqlValue::BigInt(0),
            SqlValue::BigInt(0),
            SqlValue::BigInt(0),
            bit(true),
            text("us_english"),
            text("mdy"),
            SqlValue::SmallInt(2),
            SqlValue::Int(-1),
            SqlValue::BigInt(0),
            SqlValue::SmallInt(5),
            SqlValue::Int(0),
        ]);
    }
    Ok(rows)
}

pub(super) fn connections(connection: &Arc<Inside>, _: &str) -> Result<Vec<Row>, SqlError> {
    let own = connection.client.session;
    let sees_all = connection.caller().is_admin();
    let port = SqlValue::Int(i32::from(connection.server.facts.port));
    let entries = connection.server.session_entries();
    let shown = entries.iter().filter(|entry| sees_all || entry.client.session == own);
    let row = |entry: &crate::server::SessionEntry| {
        vec![
            SqlValue::Int(i32::from(entry.client.session)),
            moment(entry.since.0),
            text("TCP"),
            text("TSQL"),
            text(if entry.client.encrypted { "TRUE" } else { "FALSE" }),
            text("SQL"),
            narrow(&entry.client.address),
            port.clone(),
        ]
    };
    Ok(shown.map(row).collect())
}

pub(super) fn system_info(connection: &Arc<Inside>, _: &str) -> Result<Vec<Row>, SqlError> {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    Ok(vec![vec![moment(connection.server.started.0), number(processors)]])
}

pub(super) fn servers(connection: &Arc<Inside>, _: &str) -> Result<Vec<Row>, SqlError> {
    let name = &connection.server.facts.server_name;
    Ok(vec![vec![
        SqlValue::Int(0),
        text(name),
        text("SQL Server"),
        text("SQLNCLI"),
        text(name),
        bit(false),
    ]])
}
