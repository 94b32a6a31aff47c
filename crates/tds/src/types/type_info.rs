//! TYPE_INFO: what a column or a parameter is. [MS-TDS] 2.2.5.6, with the type bytes of 2.2.5.4.
//!
//! A type here is a type *on the wire*: `int NOT NULL` is [`TypeInfo::Int`] and `int NULL` is
//! [`TypeInfo::IntN`]. User-defined CLR types (0xF0), JSON (0xF4) and vectors (0xF5) are refused
//! by name; table types (0xF3) are in `table.rs`, because only parameters have them.

mod decode;

use super::collation::Collation;
use crate::bytes::{put_b_varchar, put_us_varchar};

/// A type on the wire.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TypeInfo {
    /// The type of a bare NULL.
    Null,
    /// `bit NOT NULL`.
    Bit,
    /// `tinyint NOT NULL`.
    TinyInt,
    /// `smallint NOT NULL`.
    SmallInt,
    /// `int NOT NULL`.
    Int,
    /// `bigint NOT NULL`.
    BigInt,
    /// `real NOT NULL`.
    Real,
    /// `float NOT NULL`.
    Float,
    /// `smallmoney NOT NULL`.
    SmallMoney,
    /// `money NOT NULL`.
    Money,
    /// `smalldatetime NOT NULL`.
    SmallDateTime,
    /// `datetime NOT NULL`.
    DateTime,
    /// `bit`.
    BitN,
    /// `tinyint`, `smallint`, `int`, `bigint` by its size of 1, 2, 4 or 8 bytes.
    IntN(u8),
    /// `real` of 4 or `float` of 8 bytes.
    FloatN(u8),
    /// `smallmoney` of 4 or `money` of 8 bytes.
    MoneyN(u8),
    /// `smalldatetime` of 4 or `datetime` of 8 bytes.
    DateTimeN(u8),
    /// `uniqueidentifier`.
    Guid,
    /// `decimal` and `numeric`.
    Decimal {
        /// Whether it is called `numeric`.
        numeric: bool,
        /// Digits in all, 1 to 38.
        precision: u8,
        /// Digits behind the point, 0 to the precision.
        scale: u8,
    },
    /// `date`.
    Date,
    /// `time` of so many digits behind the second, 0 to 7.
    Time(u8),
    /// `datetime2` of so many digits behind the second.
    DateTime2(u8),
    /// `datetimeoffset` of so many digits behind the second.
    DateTimeOffset(u8),
    /// `binary` and `varbinary` of up to 255 bytes, in their form before SQL Server 7.
    ShortBinary {
        /// Whether it is `varbinary`.
        variable: bool,
        /// In bytes.
        length: u8,
    },
    /// `char` and `varchar` of up to 255 bytes, in their form before SQL Server 7.
    ShortChar {
        /// Whether it is `varchar`.
        variable: bool,
        /// In bytes.
        length: u8,
    },
    /// `binary` of so many bytes.
    Binary(u16),
    /// `varbinary`.
    VarBinary(VarLength),
    /// `char`.
    Char {
        /// In bytes.
        length: u16,
        /// Of the text.
        collation: Collation,
    },
    /// `varchar`.
    VarChar {
        /// In bytes.
        length: VarLength,
        /// Of the text.
        collation: Collation,
    },
    /// `nchar`.
    NChar {
        /// In bytes: twice what T-SQL says.
        length: u16,
        /// Of the text.
        collation: Collation,
    },
    /// `nvarchar`.
    NVarChar {
        /// In bytes: twice what T-SQL says.
        length: VarLength,
        /// Of the text.
        collation: Collation,
    },
    /// `image`.
    Image {
        /// In bytes.
        length: u32,
    },
    /// `text`.
    Text {
        /// In bytes.
        length: u32,
        /// Of the text.
        collation: Collation,
    },
    /// `ntext`.
    NText {
        /// In bytes.
        length: u32,
        /// Of the text.
        collation: Collation,
    },
    /// `xml`, with the schema collection it is typed by.
    Xml(Option<XmlSchema>),
    /// `sql_variant`.
    Variant {
        /// In bytes; 8009 is what SQL Server says.
        length: u32,
    },
}

/// The declared length of a variable-length type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VarLength {
    /// Up to so many bytes, 0 to 8000.
    Bytes(u16),
    /// `max`.
    Max,
}

/// The schema collection of a typed `xml`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct XmlSchema {
    /// Its database.
    pub database: String,
    /// Its owner.
    pub owner: String,
    /// Its name.
    pub collection: String,
}

/// The type bytes of [MS-TDS] 2.2.5.4.
pub(crate) mod byte {
    pub(crate) const NULL: u8 = 0x1F;
    pub(crate) const IMAGE: u8 = 0x22;
    pub(crate) const TEXT: u8 = 0x23;
    pub(crate) const GUID: u8 = 0x24;
    pub(crate) const SHORT_VARBINARY: u8 = 0x25;
    pub(crate) const INT_N: u8 = 0x26;
    pub(crate) const SHORT_VARCHAR: u8 = 0x27;
    pub(crate) const DATE: u8 = 0x28;
    pub(crate) const TIME: u8 = 0x29;
    pub(crate) const DATETIME2: u8 = 0x2A;
    pub(crate) const DATETIMEOFFSET: u8 = 0x2B;
    pub(crate) const SHORT_BINARY: u8 = 0x2D;
    pub(crate) const SHORT_CHAR: u8 = 0x2F;
    pub(crate) const TINYINT: u8 = 0x30;
    pub(crate) const BIT: u8 = 0x32;
    pub(crate) const SMALLINT: u8 = 0x34;
    pub(crate) const DECIMAL: u8 = 0x37;
    pub(crate) const INT: u8 = 0x38;
    pub(crate) const SMALLDATETIME: u8 = 0x3A;
    pub(crate) const REAL: u8 = 0x3B;
    pub(crate) const MONEY: u8 = 0x3C;
    pub(crate) const DATETIME: u8 = 0x3D;
    pub(crate) const FLOAT: u8 = 0x3E;
    pub(crate) const NUMERIC: u8 = 0x3F;
    pub(crate) const VARIANT: u8 = 0x62;
    pub(crate) const NTEXT: u8 = 0x63;
    pub(crate) const BIT_N: u8 = 0x68;
    pub(crate) const DECIMAL_N: u8 = 0x6A;
    pub(crate) const NUMERIC_N: u8 = 0x6C;
    pub(crate) const FLOAT_N: u8 = 0x6D;
    pub(crate) const MONEY_N: u8 = 0x6E;
    pub(crate) const DATETIME_N: u8 = 0x6F;
    pub(crate) const SMALLMONEY: u8 = 0x7A;
    pub(crate) const BIGINT: u8 = 0x7F;
    pub(crate) const VARBINARY: u8 = 0xA5;
    pub(crate) const VARCHAR: u8 = 0xA7;
    pub(crate) const BINARY: u8 = 0xAD;
    pub(crate) const CHAR: u8 = 0xAF;
    pub(crate) const NVARCHAR: u8 = 0xE7;
    pub(crate) const NCHAR: u8 = 0xEF;
    pub(crate) const UDT: u8 = 0xF0;
    pub(crate) const XML: u8 = 0xF1;
    pub(crate) const TABLE: u8 = 0xF3;
    pub(crate) const JSON: u8 = 0xF4;
    pub(crate) const VECTOR: u8 = 0xF5;
}

/// The bytes of a decimal of `precision` digits, sign included: [MS-TDS] 2.2.5.5.1.6.
pub(crate) fn decimal_size(precision: u8) -> u8 {
    match precision {
        0..=9 => 5,
        10..=19 => 9,
        20..=28 => 13,
        29.. => 17,
    }
}

impl TypeInfo {
    /// `nvarchar(characters)`, or `nvarchar(max)` above 4000, in the default collation.
    pub fn nvarchar(characters: u16) -> TypeInfo {
        let length = match characters {
            0..=4000 => VarLength::Bytes(characters * 2),
            4001.. => VarLength::Max,
        };
        TypeInfo::NVarChar { length, collation: Collation::DEFAULT }
    }

    /// `nvarchar(max)` in the default collation.
    pub fn nvarchar_max() -> TypeInfo {
        TypeInfo::NVarChar { length: VarLength::Max, collation: Collation::DEFAULT }
    }

    /// `varchar(bytes)`, or `varchar(max)` above 8000, in the default collation.
    pub fn varchar(bytes: u16) -> TypeInfo {
        let length = if bytes <= 8000 { VarLength::Bytes(bytes) } else { VarLength::Max };
        TypeInfo::VarChar { length, collation: Collation::DEFAULT }
    }

    /// `sql_variant`.
    pub fn sql_variant() -> TypeInfo {
        TypeInfo::Variant { length: 8009 }
    }

    /// The type's name in T-SQL, without lengths.
    pub fn name(&self) -> &'static str {
        match self {
            TypeInfo::Null => "NULL",
            TypeInfo::Bit | TypeInfo::BitN => "bit",
            TypeInfo::TinyInt | TypeInfo::IntN(1) => "tinyint",
            TypeInfo::SmallInt | TypeInfo::IntN(2) => "smallint",
            TypeInfo::BigInt | TypeInfo::IntN(8) => "bigint",
            TypeInfo::Int | TypeInfo::IntN(_) => "int",
            TypeInfo::Real | TypeInfo::FloatN(4) => "real",
            TypeInfo::Float | TypeInfo::FloatN(_) => "float",
            TypeInfo::SmallMoney | TypeInfo::MoneyN(4) => "smallmoney",
            TypeInfo::Money | TypeInfo::MoneyN(_) => "money",
            TypeInfo::SmallDateTime | TypeInfo::DateTimeN(4) => "smalldatetime",
            TypeInfo::DateTime | TypeInfo::DateTimeN(_) => "datetime",
            TypeInfo::Guid => "uniqueidentifier",
            TypeInfo::Decimal { numeric: false, .. } => "decimal",
            TypeInfo::Decimal { numeric: true, .. } => "numeric",
            TypeInfo::Date => "date",
            TypeInfo::Time(_) => "time",
            TypeInfo::DateTime2(_) => "datetime2",
            TypeInfo::DateTimeOffset(_) => "datetimeoffset",
            TypeInfo::ShortBinary { variable: false, .. } | TypeInfo::Binary(_) => "binary",
            TypeInfo::ShortBinary { variable: true, .. } | TypeInfo::VarBinary(_) => "varbinary",
            TypeInfo::ShortChar { variable: false, .. } | TypeInfo::Char { .. } => "char",
            TypeInfo::ShortChar { variable: true, .. } | TypeInfo::VarChar { .. } => "varchar",
            TypeInfo::NChar { .. } => "nchar",
            TypeInfo::NVarChar { .. } => "nvarchar",
            TypeInfo::Image { .. } => "image",
            TypeInfo::Text { .. } => "text",
            TypeInfo::NText { .. } => "ntext",
            TypeInfo::Xml(_) => "xml",
            TypeInfo::Variant { .. } => "sql_variant",
        }
    }

    /// Whether values of the type travel as a run of chunks: [MS-TDS] 2.2.5.2.3.
    pub fn is_partially_length_prefixed(&self) -> bool {
        matches!(
            self,
            TypeInfo::VarBinary(VarLength::Max)
                | TypeInfo::VarChar { length: VarLength::Max, .. }
                | TypeInfo::NVarChar { length: VarLength::Max, .. }
                | TypeInfo::Xml(_)
        )
    }

    /// Whether the type has the old form with a text pointer.
    pub fn has_text_pointer(&self) -> bool {
        matches!(self, TypeInfo::Image { .. } | TypeInfo::Text { .. } | TypeInfo::NText { .. })
    }

    /// The type's byte on the wire.
    pub fn byte(&self) -> u8 {
        match self {
            TypeInfo::Null => byte::NULL,
            TypeInfo::Bit => byte::BIT,
            TypeInfo::TinyInt => byte::TINYINT,
            TypeInfo::SmallInt => byte::SMALLINT,
            TypeInfo::Int => byte::INT,
            TypeInfo::BigInt => byte::BIGINT,
            TypeInfo::Real => byte::REAL,
            TypeInfo::Float => byte::FLOAT,
            TypeInfo::SmallMoney => byte::SMALLMONEY,
            TypeInfo::Money => byte::MONEY,
            TypeInfo::SmallDateTime => byte::SMALLDATETIME,
            TypeInfo::DateTime => byte::DATETIME,
            TypeInfo::BitN => byte::BIT_N,
            TypeInfo::IntN(_) => byte::INT_N,
            TypeInfo::FloatN(_) => byte::FLOAT_N,
            TypeInfo::MoneyN(_) => byte::MONEY_N,
            TypeInfo::DateTimeN(_) => byte::DATETIME_N,
            TypeInfo::Guid => byte::GUID,
            TypeInfo::Decimal { numeric: false, .. } => byte::DECIMAL_N,
            TypeInfo::Decimal { numeric: true, .. } => byte::NUMERIC_N,
            TypeInfo::Date => byte::DATE,
            TypeInfo::Time(_) => byte::TIME,
            TypeInfo::DateTime2(_) => byte::DATETIME2,
            TypeInfo::DateTimeOffset(_) => byte::DATETIMEOFFSET,
            TypeInfo::ShortBinary { variable: false, .. } => byte::SHORT_BINARY,
            TypeInfo::ShortBinary { variable: true, .. } => byte::SHORT_VARBINARY,
            TypeInfo::ShortChar { variable: false, .. } => byte::SHORT_CHAR,
            TypeInfo::ShortChar { variable: true, .. } => byte::SHORT_VARCHAR,
            TypeInfo::Binary(_) => byte::BINARY,
            TypeInfo::VarBinary(_) => byte::VARBINARY,
            TypeInfo::Char { .. } => byte::CHAR,
            TypeInfo::VarChar { .. } => byte::VARCHAR,
            TypeInfo::NChar { .. } => byte::NCHAR,
            TypeInfo::NVarChar { .. } => byte::NVARCHAR,
            TypeInfo::Image { .. } => byte::IMAGE,
            TypeInfo::Text { .. } => byte::TEXT,
            TypeInfo::NText { .. } => byte::NTEXT,
            TypeInfo::Xml(_) => byte::XML,
            TypeInfo::Variant { .. } => byte::VARIANT,
        }
    }

    /// Appends the TYPE_INFO.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.byte());
        self.encode_details(out);
    }

    fn encode_details(&self, out: &mut Vec<u8>) {
        match self {
            TypeInfo::BitN => out.push(1),
            TypeInfo::IntN(size)
            | TypeInfo::FloatN(size)
            | TypeInfo::MoneyN(size)
            | TypeInfo::DateTimeN(size)
            | TypeInfo::ShortBinary { length: size, .. }
            | TypeInfo::ShortChar { length: size, .. } => out.push(*size),
            TypeInfo::Guid => out.push(16),
            TypeInfo::Decimal { precision, scale, .. } => {
                out.extend_from_slice(&[decimal_size(*precision), *precision, *scale]);
            }
            TypeInfo::Time(scale)
            | TypeInfo::DateTime2(scale)
            | TypeInfo::DateTimeOffset(scale) => {
                out.push(*scale);
            }
            TypeInfo::Binary(length) => out.extend_from_slice(&length.to_le_bytes()),
            TypeInfo::VarBinary(length) => out.extend_from_slice(&length.to_bytes()),
            TypeInfo::Char { length, collation } | TypeInfo::NChar { length, collation } => {
                out.extend_from_slice(&length.to_le_bytes());
                out.extend_from_slice(&collation.to_bytes());
            }
            TypeInfo::VarChar { length, collation } | TypeInfo::NVarChar { length, collation } => {
                out.extend_from_slice(&length.to_bytes());
                out.extend_from_slice(&collation.to_bytes());
            }
            TypeInfo::Text { length, collation } | TypeInfo::NText { length, collation } => {
                out.extend_from_slice(&length.to_le_bytes());
                out.extend_from_slice(&collation.to_bytes());
            }
            TypeInfo::Image { length } | TypeInfo::Variant { length } => {
                out.extend_from_slice(&length.to_le_bytes());
            }
            TypeInfo::Xml(schema) => encode_xml_schema(schema.as_ref(), out),
            TypeInfo::Null
            | TypeInfo::Bit
            | TypeInfo::TinyInt
            | TypeInfo::SmallInt
            | TypeInfo::Int
            | TypeInfo::BigInt
            | TypeInfo::Real
            | TypeInfo::Float
            | TypeInfo::SmallMoney
            | TypeInfo::Money
            | TypeInfo::SmallDateTime
            | TypeInfo::DateTime
            | TypeInfo::Date => {}
        }
    }
}

impl VarLength {
    fn to_bytes(self) -> [u8; 2] {
        match self {
            VarLength::Bytes(length) => length.to_le_bytes(),
            VarLength::Max => [0xFF, 0xFF],
        }
    }
}

fn encode_xml_schema(schema: Option<&XmlSchema>, out: &mut Vec<u8>) {
    out.push(u8::from(schema.is_some()));
    if let Some(schema) = schema {
        put_b_varchar(out, &schema.database);
        put_b_varchar(out, &schema.owner);
        put_us_varchar(out, &schema.collection);
    }
}

/// The type byte of a table, which is no [`TypeInfo`].
pub(crate) fn type_byte_of_table() -> u8 {
    byte::TABLE
}
