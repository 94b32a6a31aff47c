//! A column as the answers show it, and which profiles its type takes.
//!
//! Sources: "Data Profiling Task", Valid Data Types; .NET's `SqlDbType`; the columns in the
//! document that SSIS 2016 wrote.

use model::Value;

use super::document::{Xml, digits};

/// A column of a profiled table.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) name: String,
    /// The type's name in T-SQL; empty for a .NET type.
    pub(super) type_name: String,
    pub(super) collation: Option<String>,
    /// Texts are compared by their code points.
    pub(super) binary: bool,
    max_length: i64,
    precision: i64,
    scale: i64,
    nullable: bool,
    lcid: i64,
}

/// What the documentation groups types into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Integer,
    Text,
    DateTime,
    /// Numbers that are not counted as integers.
    Numeric,
    Other,
}

impl Column {
    /// From a row of [`Column::QUERY`]; `None` when the row is not one.
    pub(super) fn from_row(row: &[Value]) -> Option<Self> {
        let [name, type_name, max_length, precision, scale, nullable, collation, lcid] = row else {
            return None;
        };
        let text = |value: &Value| {
            if let Value::Text(text) = value { Some(text.to_string()) } else { None }
        };
        Some(Self {
            name: text(name)?,
            type_name: text(type_name).unwrap_or_default().to_ascii_lowercase(),
            collation: text(collation),
            binary: false,
            max_length: number(max_length),
            precision: number(precision),
            scale: number(scale),
            nullable: matches!(nullable, Value::Bool(true)),
            lcid: number(lcid),
        })
    }

    /// What is asked of a table's columns; `{views}` and `{name}` are to be put in.
    pub(super) const QUERY: &'static str = "SELECT c.name, TYPE_NAME(c.system_type_id), \
        c.max_length, c.precision, c.scale, c.is_nullable, c.collation_name, \
        CONVERT(int, COLLATIONPROPERTY(c.collation_name, 'LCID')) FROM {views}.columns AS c \
        WHERE c.object_id = OBJECT_ID({name}) ORDER BY c.column_id";

    /// The column in T-SQL.
    pub(super) fn quoted(&self) -> String {
        quoted(&self.name)
    }

    /// The column in T-SQL, compared as the request wants.
    pub(super) fn compared(&self) -> String {
        if self.binary && self.class() == Class::Text {
            return format!("{} COLLATE Latin1_General_BIN2", self.quoted());
        }
        self.quoted()
    }

    /// The group of its type. Texts without a limit are in none.
    pub(super) fn class(&self) -> Class {
        match self.type_name.as_str() {
            "bit" | "tinyint" | "smallint" | "int" | "bigint" => Class::Integer,
            "char" | "nchar" | "varchar" | "nvarchar" if self.max_length > 0 => Class::Text,
            "datetime" | "smalldatetime" | "timestamp" => Class::DateTime,
            "money" | "smallmoney" | "decimal" | "numeric" | "float" | "real" => Class::Numeric,
            _ => Class::Other,
        }
    }

    /// Whether its values can be told apart and counted one by one.
    pub(super) fn is_discrete(&self) -> bool {
        matches!(self.class(), Class::Integer | Class::Text | Class::DateTime)
    }

    /// Whether it has a least and a greatest value, and whether also a mean.
    pub(super) fn statistics(&self) -> Option<bool> {
        match (self.class(), self.type_name.as_str()) {
            (_, "bit" | "timestamp") => None,
            (Class::Integer | Class::Numeric, _) => Some(true),
            (Class::DateTime, _) => Some(false),
            (Class::Text | Class::Other, _) => None,
        }
    }

    /// Writes what the column is.
    pub(super) fn write(&self, element: &str, xml: &mut Xml) {
        let is_text = self.collation.is_some();
        // SqlClient says 255 where a type has no precision and scale.
        let part = |part: i64| if is_text { "255".to_owned() } else { part.to_string() };
        let lcid = if is_text { self.lcid } else { -1 };
        xml.empty(
            element,
            &[
                ("Name", &self.name),
                ("SqlDbType", self.sql_db_type()),
                ("MaxLength", &self.length().to_string()),
                ("Precision", &part(self.precision)),
                ("Scale", &part(self.scale)),
                ("LCID", &lcid.to_string()),
                ("CodePage", "0"),
                ("IsNullable", if self.nullable { "true" } else { "false" }),
                ("StringCompareOptions", if self.binary { "32768" } else { "0" }),
            ],
        );
    }

    /// Characters or bytes of a text or binary type; 0 for the others.
    fn length(&self) -> i64 {
        match self.type_name.as_str() {
            "nchar" | "nvarchar" if self.max_length > 0 => self.max_length / 2,
            "char" | "varchar" | "nchar" | "nvarchar" | "binary" | "varbinary" => self.max_length,
            _ => 0,
        }
    }

    fn sql_db_type(&self) -> &'static str {
        const NAMES: &[(&str, &str)] = &[
            ("bigint", "BigInt"),
            ("binary", "Binary"),
            ("bit", "Bit"),
            ("char", "Char"),
            ("date", "Date"),
            ("datetime", "DateTime"),
            ("datetime2", "DateTime2"),
            ("datetimeoffset", "DateTimeOffset"),
            ("decimal", "Decimal"),
            ("float", "Float"),
            ("image", "Image"),
            ("int", "Int"),
            ("money", "Money"),
            ("nchar", "NChar"),
            ("ntext", "NText"),
            ("numeric", "Decimal"),
            ("nvarchar", "NVarChar"),
            ("real", "Real"),
            ("smalldatetime", "SmallDateTime"),
            ("smallint", "SmallInt"),
            ("smallmoney", "SmallMoney"),
            ("sql_variant", "Variant"),
            ("text", "Text"),
            ("time", "Time"),
            ("timestamp", "Timestamp"),
            ("tinyint", "TinyInt"),
            ("uniqueidentifier", "UniqueIdentifier"),
            ("varbinary", "VarBinary"),
            ("varchar", "VarChar"),
            ("xml", "Xml"),
        ];
        let found = NAMES.iter().find(|(name, _)| *name == self.type_name);
        found.map_or("Udt", |(_, name)| name)
    }
}

/// A whole number of any type; 0 for NULL.
pub(super) fn number(value: &Value) -> i64 {
    value.to_string().parse().unwrap_or(0)
}

/// A value as the answers have it, in the words of XML Schema; `None` for NULL.
pub(super) fn shown(value: &Value) -> Option<String> {
    if value.is_null() {
        return None;
    }
    Some(if let Value::Bool(bit) = value {
        bit.to_string()
    } else if let Value::R4(number) = value {
        digits(f64::from(*number), 7)
    } else if let Value::R8(number) = value {
        digits(*number, 15)
    } else if let Value::DateTime(at) = value {
        at.to_string().replacen(' ', "T", 1)
    } else {
        value.to_string()
    })
}

/// A name in T-SQL.
pub(super) fn quoted(name: &str) -> String {
    format!("[{}]", name.replace(']', "]]"))
}
