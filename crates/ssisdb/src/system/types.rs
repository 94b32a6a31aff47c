//! The data types as system views number and measure them.
//!
//! Source: T-SQL reference, "sys.types", "sys.columns"; ODBC type numbers: "SQL data types".

use tsql::host::Column;
use tsql::types::{SqlType, type_named};

/// A type of `sys.types`.
pub(crate) struct KnownType {
    /// Its name.
    pub(crate) name: &'static str,
    /// `system_type_id`.
    pub(crate) system: u8,
    /// `user_type_id`.
    pub(crate) id: i32,
    /// `max_length` in bytes.
    pub(crate) max_length: i16,
    /// `precision`.
    pub(crate) precision: u8,
    /// `scale`.
    pub(crate) scale: u8,
    /// The type number of ODBC, `DATA_TYPE` of `sp_datatype_info_100`.
    pub(crate) odbc: i16,
}

const fn known(
    name: &'static str,
    (system, id): (u8, i32),
    (max_length, precision, scale): (i16, u8, u8),
    odbc: i16,
) -> KnownType {
    KnownType { name, system, id, max_length, precision, scale, odbc }
}

/// All types, in the order of `user_type_id`.
pub(crate) const TYPES: &[KnownType] = &[
    known("image", (34, 34), (16, 0, 0), -4),
    known("text", (35, 35), (16, 0, 0), -1),
    known("uniqueidentifier", (36, 36), (16, 0, 0), -11),
    known("date", (40, 40), (3, 10, 0), 91),
    known("time", (41, 41), (5, 16, 7), -154),
    known("datetime2", (42, 42), (8, 27, 7), 93),
    known("datetimeoffset", (43, 43), (10, 34, 7), -155),
    known("tinyint", (48, 48), (1, 3, 0), -6),
    known("smallint", (52, 52), (2, 5, 0), 5),
    known("int", (56, 56), (4, 10, 0), 4),
    known("smalldatetime", (58, 58), (4, 16, 0), 93),
    known("real", (59, 59), (4, 24, 0), 7),
    known("money", (60, 60), (8, 19, 4), 3),
    known("datetime", (61, 61), (8, 23, 3), 93),
    known("float", (62, 62), (8, 53, 0), 6),
    known("sql_variant", (98, 98), (8016, 0, 0), -150),
    known("ntext", (99, 99), (16, 0, 0), -10),
    known("bit", (104, 104), (1, 1, 0), -7),
    known("decimal", (106, 106), (17, 38, 38), 3),
    known("numeric", (108, 108), (17, 38, 38), 2),
    known("smallmoney", (122, 122), (4, 10, 4), 3),
    known("bigint", (127, 127), (8, 19, 0), -5),
    known("varbinary", (165, 165), (8000, 0, 0), -3),
    known("varchar", (167, 167), (8000, 0, 0), 12),
    known("binary", (173, 173), (8000, 0, 0), -2),
    known("char", (175, 175), (8000, 0, 0), 1),
    known("timestamp", (189, 189), (8, 0, 0), -2),
    known("nvarchar", (231, 231), (8000, 0, 0), -9),
    known("nchar", (239, 239), (8000, 0, 0), -8),
    known("xml", (241, 241), (-1, 0, 0), -152),
    known("sysname", (231, 256), (256, 0, 0), -9),
];

/// The type of this name.
pub(crate) fn named(name: &str) -> Option<&'static KnownType> {
    TYPES.iter().find(|known| known.name.eq_ignore_ascii_case(name))
}

/// How system views measure a type.
pub(crate) struct TypeFacts {
    pub(crate) known: &'static KnownType,
    /// Bytes; -1 for `max`.
    pub(crate) max_length: i16,
    pub(crate) precision: u8,
    pub(crate) scale: u8,
}

/// The facts of a type.
pub(crate) fn facts(data_type: &SqlType) -> TypeFacts {
    let kind = data_type.kind();
    let known =
        named(if kind == tsql::types::Kind::RowVersion { "timestamp" } else { kind.name() });
    let known = known.unwrap_or(&TYPES[0]);
    let (precision, scale) = data_type.digits_of_column();
    let max_length = data_type.bytes_of_column();
    TypeFacts { known, max_length, precision, scale }
}

/// Columns from their names and types in text: `name type`, `?` behind the type for NULL.
pub(crate) fn columns(text: &str) -> Vec<Column> {
    let mut found = Vec::new();
    for part in text.split(", ") {
        let (name, data_type) = part.trim().split_once(' ').unwrap_or((part, "int"));
        let data_type = data_type.trim();
        let bare = data_type.trim_end_matches('?');
        let (bare, sizes) = match bare.split_once('(') {
            Some((name, size)) => (name, vec![size.trim_end_matches(')').parse::<u32>().ok()]),
            None => (bare, Vec::new()),
        };
        let Ok(sql_type) = type_named(bare, &sizes, 30) else { continue };
        let column = Column::new(name, sql_type);
        found.push(if data_type.ends_with('?') { column } else { column.not_null() });
    }
    found
}

#[cfg(test)]
mod tests {
    use tsql::types::Length;

    use super::*;

    #[test]
    fn columns_are_read_from_their_text() {
        let read = columns("name sysname, size varbinary(85)?, text nvarchar(max)");
        let shown: Vec<String> = read
            .iter()
            .map(|column| format!("{} {} {}", column.name, column.data_type, column.nullable))
            .collect();
        assert_eq!(
            shown,
            ["name nvarchar(128) false", "size varbinary(85) true", "text nvarchar(max) false"]
        );
    }

    #[test]
    fn types_have_the_lengths_that_sys_columns_shows() {
        let show = |data_type| {
            let facts = facts(&data_type);
            (facts.max_length, facts.precision, facts.scale)
        };
        assert_eq!(show(SqlType::NVarChar(Length::N(128))), (256, 0, 0));
        assert_eq!(show(SqlType::NVARCHAR_MAX), (-1, 0, 0));
        assert_eq!(show(SqlType::DateTimeOffset(7)), (10, 34, 7));
        assert_eq!(show(SqlType::Decimal { precision: 18, scale: 4 }), (9, 18, 4));
        assert_eq!(show(SqlType::DateTime2(0)), (6, 19, 0));
    }
}
