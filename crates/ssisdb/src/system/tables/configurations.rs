//! `sys.configurations`: how this server behaves, in the words of SQL Server's options. None can
//! be changed: what is configurable here is in the master's settings.
//!
//! Source: "sys.configurations", "Server configuration options".

use std::sync::Arc;

use tsql::host::Row;
use tsql::value::{SqlError, SqlValue};

use super::{bit, text};
use crate::connection::Inside;

pub(super) const COLUMNS: &str = "configuration_id int, name nvarchar(35), value sql_variant?, minimum sql_variant?, maximum sql_variant?, value_in_use sql_variant?, description nvarchar(255), is_dynamic bit, is_advanced bit";

/// Number, name, value, least and greatest value, whether it is advanced, description.
type Option = (i32, &'static str, i32, i32, i32, bool, &'static str);

const OPTIONS: &[Option] = &[
    (101, "recovery interval (min)", 0, 0, 32_767, true, "Maximum recovery interval in minutes"),
    (102, "allow updates", 0, 0, 1, false, "Allow updates to system tables"),
    (103, "user connections", 0, 0, 32_767, true, "Number of user connections allowed"),
    (115, "nested triggers", 1, 0, 1, false, "Allow triggers to be invoked within triggers"),
    (116, "server trigger recursion", 1, 0, 1, false, "Allow recursion for server level triggers"),
    (117, "remote access", 0, 0, 1, false, "Allow remote access"),
    (124, "default language", 0, 0, 9999, false, "default language"),
    (400, "cross db ownership chaining", 0, 0, 1, false, "Allow cross db ownership chaining"),
    (505, "network packet size (B)", 4096, 512, 32_767, true, "Network packet size"),
    (518, "show advanced options", 1, 0, 1, false, "show advanced options"),
    (1126, "default full-text language", 1033, 0, i32::MAX, true, "default full-text language"),
    (1127, "two digit year cutoff", 2049, 1753, 9999, true, "two digit year cutoff"),
    (1520, "remote query timeout (s)", 600, 0, i32::MAX, false, "remote query timeout"),
    (1534, "user options", 0, 0, 32_767, false, "user options"),
    (1539, "max degree of parallelism", 1, 0, 32_767, true, "maximum degree of parallelism"),
    (1562, "clr enabled", 0, 0, 1, false, "CLR user code execution enabled in the server"),
    (
        1579,
        "backup compression default",
        0,
        0,
        1,
        false,
        "Enable compression of backups by default",
    ),
    (1589, "clr strict security", 1, 0, 1, true, "CLR strict security enabled in the server"),
    (16384, "Agent XPs", 0, 0, 1, true, "Enable or disable Agent XPs"),
    (16386, "Database Mail XPs", 0, 0, 1, true, "Enable or disable Database Mail XPs"),
    (
        16388,
        "Ole Automation Procedures",
        0,
        0,
        1,
        true,
        "Enable or disable Ole Automation Procedures",
    ),
    (16390, "xp_cmdshell", 0, 0, 1, true, "Enable or disable command shell"),
    (
        16391,
        "Ad Hoc Distributed Queries",
        0,
        0,
        1,
        true,
        "Enable or disable Ad Hoc Distributed Queries",
    ),
    (
        16393,
        "contained database authentication",
        0,
        0,
        1,
        false,
        "Enables contained databases and contained authentication",
    ),
];

pub(super) fn configurations(_: &Arc<Inside>, _: &str) -> Result<Vec<Row>, SqlError> {
    let variant = |number: i32| SqlValue::Int(number).into_variant(tsql::types::SqlType::Int);
    let row = |(id, name, value, least, greatest, is_advanced, description): &Option| {
        vec![
            SqlValue::Int(*id),
            text(name),
            variant(*value),
            variant(*least),
            variant(*greatest),
            variant(*value),
            text(description),
            bit(true),
            bit(*is_advanced),
        ]
    };
    Ok(OPTIONS.iter().map(row).collect())
}
