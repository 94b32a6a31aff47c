//! SSIS data types, DT_I4 and its kin.

use std::fmt;

/// A data type with what belongs to it: length, precision, scale, code page.
///
/// Numbers and names: the Integration Services data types page; codes are OLE DB's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DataType {
    /// DT_EMPTY.
    Empty,
    /// DT_NULL: NULL of no known type.
    Null,
    /// DT_BOOL.
    Bool,
    /// DT_I1.
    I1,
    /// DT_I2.
    I2,
    /// DT_I4.
    I4,
    /// DT_I8.
    I8,
    /// DT_UI1.
    Ui1,
    /// DT_UI2.
    Ui2,
    /// DT_UI4.
    Ui4,
    /// DT_UI8.
    Ui8,
    /// DT_R4.
    R4,
    /// DT_R8.
    R8,
    /// DT_CY: four digits behind the point.
    Cy,
    /// DT_DECIMAL: 29 digits.
    Decimal {
        /// Digits behind the point, 0 to 28.
        scale: u8,
    },
    /// DT_NUMERIC.
    Numeric {
        /// All digits, 1 to 38.
        precision: u8,
        /// Digits behind the point, 0 to 38.
        scale: u8,
    },
    /// DT_STR: text in a code page.
    Str {
        /// Bytes at most, up to 8000.
        length: u32,
        /// Windows code page, for example 1252.
        code_page: u32,
    },
    /// DT_WSTR: Unicode text.
    WStr {
        /// UTF-16 units at most, up to 4000.
        length: u32,
    },
    /// DT_BYTES.
    Bytes {
        /// Bytes at most, up to 8000.
        length: u32,
    },
    /// DT_GUID.
    Guid,
    /// DT_DATE: an OLE Automation date.
    Date,
    /// DT_DBDATE.
    DbDate,
    /// DT_DBTIME: whole seconds.
    DbTime,
    /// DT_DBTIME2.
    DbTime2 {
        /// Digits of the fraction, 0 to 7.
        scale: u8,
    },
    /// DT_DBTIMESTAMP: milliseconds.
    DbTimestamp,
    /// DT_DBTIMESTAMP2.
    DbTimestamp2 {
        /// Digits of the fraction, 0 to 7.
        scale: u8,
    },
    /// DT_DBTIMESTAMPOFFSET.
    DbTimestampOffset {
        /// Digits of the fraction, 0 to 7.
        scale: u8,
    },
    /// DT_FILETIME.
    FileTime,
    /// DT_IMAGE.
    Image,
    /// DT_TEXT.
    Text {
        /// Windows code page.
        code_page: u32,
    },
    /// DT_NTEXT.
    NText,
}

/// The code, the DT_ name and the name in pipeline XML of each type.
const NAMES: &[(u16, &str, &str)] = &[
    (0, "DT_EMPTY", "empty"),
    (1, "DT_NULL", "null"),
    (2, "DT_I2", "i2"),
    (3, "DT_I4", "i4"),
    (4, "DT_R4", "r4"),
    (5, "DT_R8", "r8"),
    (6, "DT_CY", "cy"),
    (7, "DT_DATE", "date"),
    (11, "DT_BOOL", "bool"),
    (14, "DT_DECIMAL", "decimal"),
    (16, "DT_I1", "i1"),
    (17, "DT_UI1", "ui1"),
    (18, "DT_UI2", "ui2"),
    (19, "DT_UI4", "ui4"),
    (20, "DT_I8", "i8"),
    (21, "DT_UI8", "ui8"),
    (64, "DT_FILETIME", "fileTime"),
    (72, "DT_GUID", "guid"),
    (128, "DT_BYTES", "bytes"),
    (129, "DT_STR", "str"),
    (130, "DT_WSTR", "wstr"),
    (131, "DT_NUMERIC", "numeric"),
    (133, "DT_DBDATE", "dbDate"),
    (134, "DT_DBTIME", "dbTime"),
    (135, "DT_DBTIMESTAMP", "dbTimeStamp"),
    (145, "DT_DBTIME2", "dbTime2"),
    (146, "DT_DBTIMESTAMPOFFSET", "dbTimeStampOffset"),
    (301, "DT_IMAGE", "image"),
    (302, "DT_TEXT", "text"),
    (303, "DT_NTEXT", "nText"),
    (304, "DT_DBTIMESTAMP2", "dbTimeStamp2"),
];

impl DataType {
    /// The OLE DB code, as object models and flat file columns store it.
    pub const fn code(self) -> u16 {
        match self {
            Self::Empty => 0,
            Self::Null => 1,
            Self::I2 => 2,
            Self::I4 => 3,
            Self::R4 => 4,
            Self::R8 => 5,
            Self::Cy => 6,
            Self::Date => 7,
            Self::Bool => 11,
            Self::Decimal { .. } => 14,
            Self::I1 => 16,
            Self::Ui1 => 17,
            Self::Ui2 => 18,
            Self::Ui4 => 19,
            Self::I8 => 20,
            Self::Ui8 => 21,
            Self::FileTime => 64,
            Self::Guid => 72,
            Self::Bytes { .. } => 128,
            Self::Str { .. } => 129,
            Self::WStr { .. } => 130,
            Self::Numeric { .. } => 131,
            Self::DbDate => 133,
            Self::DbTime => 134,
            Self::DbTimestamp => 135,
            Self::DbTime2 { .. } => 145,
            Self::DbTimestampOffset { .. } => 146,
            Self::Image => 301,
            Self::Text { .. } => 302,
            Self::NText => 303,
            Self::DbTimestamp2 { .. } => 304,
        }
    }

    /// The type with this code; a by-reference code (`0x4000 |`) means the same type. What the
    /// type does not use of `length`, `precision`, `scale` and `code_page` is ignored.
    pub fn from_code(code: u16, parts: TypeParts) -> Option<Self> {
        let TypeParts { length, precision, scale, code_page } = parts;
        Some(match code & !0x4000 {
            0 => Self::Empty,
            1 => Self::Null,
            2 => Self::I2,
            3 => Self::I4,
            4 => Self::R4,
            5 => Self::R8,
            6 => Self::Cy,
            7 => Self::Date,
            11 => Self::Bool,
            14 => Self::Decimal { scale },
            16 => Self::I1,
            17 => Self::Ui1,
            18 => Self::Ui2,
            19 => Self::Ui4,
            20 => Self::I8,
            21 => Self::Ui8,
            64 => Self::FileTime,
            72 => Self::Guid,
            128 => Self::Bytes { length },
            129 => Self::Str { length, code_page },
            130 => Self::WStr { length },
            131 => Self::Numeric { precision, scale },
            133 => Self::DbDate,
            134 => Self::DbTime,
            135 => Self::DbTimestamp,
            145 => Self::DbTime2 { scale },
            146 => Self::DbTimestampOffset { scale },
            301 => Self::Image,
            302 => Self::Text { code_page },
            303 => Self::NText,
            304 => Self::DbTimestamp2 { scale },
            _ => return None,
        })
    }

    /// The type with this name in pipeline XML (`i4`, `dbTimeStamp`), in any letter case.
    pub fn from_pipeline_name(name: &str, parts: TypeParts) -> Option<Self> {
        let entry = NAMES.iter().find(|entry| entry.2.eq_ignore_ascii_case(name))?;
        Self::from_code(entry.0, parts)
    }

    /// The DT_ name, without what belongs to the type.
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|entry| entry.0 == self.code()).map_or("DT_EMPTY", |entry| entry.1)
    }

    /// The name in pipeline XML.
    pub fn pipeline_name(self) -> &'static str {
        NAMES.iter().find(|entry| entry.0 == self.code()).map_or("empty", |entry| entry.2)
    }

    /// Whether the values are text: DT_STR, DT_WSTR, DT_TEXT, DT_NTEXT.
    pub const fn is_text(self) -> bool {
        matches!(self, Self::Str { .. } | Self::WStr { .. } | Self::Text { .. } | Self::NText)
    }

    /// Whether it is a long object: DT_TEXT, DT_NTEXT, DT_IMAGE.
    pub const fn is_long(self) -> bool {
        matches!(self, Self::Text { .. } | Self::NText | Self::Image)
    }

    /// Whether the values are whole numbers.
    pub const fn is_integer(self) -> bool {
        matches!(
            self,
            Self::I1
                | Self::I2
                | Self::I4
                | Self::I8
                | Self::Ui1
                | Self::Ui2
                | Self::Ui4
                | Self::Ui8
        )
    }

    /// Whether the values are numbers of any kind.
    pub const fn is_numeric(self) -> bool {
        self.is_integer()
            || matches!(
                self,
                Self::R4 | Self::R8 | Self::Cy | Self::Decimal { .. } | Self::Numeric { .. }
            )
    }

    /// Whether the values are dates, times or both.
    pub const fn is_date_time(self) -> bool {
        matches!(
            self,
            Self::Date
                | Self::DbDate
                | Self::DbTime
                | Self::DbTime2 { .. }
                | Self::DbTimestamp
                | Self::DbTimestamp2 { .. }
                | Self::DbTimestampOffset { .. }
                | Self::FileTime
        )
    }
}

/// What may belong to a type; a file gives all four whether the type uses them or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TypeParts {
    /// Length in bytes or UTF-16 units.
    pub length: u32,
    /// All digits.
    pub precision: u8,
    /// Digits behind the point, or of the fraction.
    pub scale: u8,
    /// Windows code page.
    pub code_page: u32,
}

/// As expressions and messages write it: `DT_WSTR,50`, `DT_NUMERIC,10,2`.
impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Self::Str { length, code_page } => write!(f, ",{length},{code_page}"),
            Self::WStr { length } | Self::Bytes { length } => write!(f, ",{length}"),
            Self::Numeric { precision, scale } => write!(f, ",{precision},{scale}"),
            Self::Decimal { scale }
            | Self::DbTime2 { scale }
            | Self::DbTimestamp2 { scale }
            | Self::DbTimestampOffset { scale } => write!(f, ",{scale}"),
            Self::Text { code_page } => write!(f, ",{code_page}"),
            Self::Empty
            | Self::Null
            | Self::Bool
            | Self::I1
            | Self::I2
            | Self::I4
            | Self::I8
            | Self::Ui1
            | Self::Ui2
            | Self::Ui4
            | Self::Ui8
            | Self::R4
            | Self::R8
            | Self::Cy
            | Self::Guid
            | Self::Date
            | Self::DbDate
            | Self::DbTime
            | Self::DbTimestamp
            | Self::FileTime
            | Self::Image
            | Self::NText => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_names_agree() {
        let parts = TypeParts { length: 10, precision: 9, scale: 2, code_page: 1252 };
        for &(code, name, pipeline) in NAMES {
            let data_type = DataType::from_code(code, parts).unwrap();
            assert_eq!(data_type.code(), code);
            assert_eq!(data_type.name(), name);
            assert_eq!(DataType::from_pipeline_name(pipeline, parts), Some(data_type));
            assert_eq!(DataType::from_code(code | 0x4000, parts), Some(data_type));
        }
        assert_eq!(DataType::from_code(999, parts), None);
    }
}
