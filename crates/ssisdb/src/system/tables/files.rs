//! `sys.database_files` and `sys.master_files`: the database that holds the catalog, as one file
//! of data. Where it lies is the store's business, and not told.
//!
//! Source: "sys.database_files", "sys.master_files". Sizes are in pages of 8 KB.

use std::sync::Arc;

use catalog::reads;
use tsql::host::Row;
use tsql::value::{SqlError, SqlValue};

use super::{bit, text};
use crate::connection::{Inside, SSISDB};

/// Bytes of a page.
const PAGE: i64 = 8192;

/// The columns that both views have, from `type` on.
macro_rules! file_columns {
    ($first:literal) => {
        concat!(
            $first,
            ", file_guid uniqueidentifier?, type tinyint, type_desc nvarchar(60)?, data_space_id int, \
             name sysname, physical_name nvarchar(260)?, state tinyint?, state_desc nvarchar(60)?, \
             size int, max_size int, growth int, is_media_read_only bit, is_read_only bit, \
             is_sparse bit, is_percent_growth bit, is_name_reserved bit"
        )
    };
}

pub(super) const DATABASE_COLUMNS: &str = file_columns!("file_id int");
pub(super) const MASTER_COLUMNS: &str = file_columns!("database_id int, file_id int");

pub(super) fn database_files(
    connection: &Arc<Inside>,
    database: &str,
) -> Result<Vec<Row>, SqlError> {
    if !database.eq_ignore_ascii_case(SSISDB) {
        return Ok(Vec::new());
    }
    let bytes = connection.work.read(reads::database_size)?;
    let pages = i32::try_from(bytes.div_euclid(PAGE) + 1).unwrap_or(i32::MAX);
    let (no, unknown) = (bit(false), SqlValue::Null);
    Ok(vec![vec![
        SqlValue::Int(1),
        unknown.clone(),
        SqlValue::TinyInt(0),
        text("ROWS"),
        SqlValue::Int(1),
        text(SSISDB),
        unknown,
        SqlValue::TinyInt(0),
        text("ONLINE"),
        SqlValue::Int(pages),
        SqlValue::Int(-1),
        SqlValue::Int(1),
        no.clone(),
        no.clone(),
        no.clone(),
        no.clone(),
        no,
    ]])
}

pub(super) fn master_files(connection: &Arc<Inside>, _: &str) -> Result<Vec<Row>, SqlError> {
    let mut rows = database_files(connection, SSISDB)?;
    for row in &mut rows {
        row.insert(0, SqlValue::Int(5));
    }
    Ok(rows)
}
