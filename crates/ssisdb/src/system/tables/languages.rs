//! `sys.syslanguages`: the languages that a session can have.

use std::sync::Arc;

use tsql::host::Row;
use tsql::value::{LANGUAGES, Language, SqlError, SqlValue};

use super::text;
use crate::connection::Inside;

pub(super) const COLUMNS: &str = "langid smallint, dateformat nchar(3), datefirst tinyint, upgrade int?, name sysname, alias sysname, months nvarchar(372)?, shortmonths nvarchar(132)?, days nvarchar(217)?, lcid int, msglangid smallint";

pub(super) fn languages(_: &Arc<Inside>, _: &str) -> Result<Vec<Row>, SqlError> {
    let row = |one: &Language| {
        vec![
            SqlValue::SmallInt(one.id),
            text(&format!("{:?}", one.order).to_lowercase()),
            SqlValue::TinyInt(one.first),
            SqlValue::Int(0),
            text(one.name),
            text(one.alias),
            text(one.months),
            text(one.short_months),
            text(one.days),
            SqlValue::Int(one.lcid),
            // Messages are English in every language.
            SqlValue::SmallInt(1033),
        ]
    };
    Ok(LANGUAGES.iter().map(row).collect())
}
