//! The T-SQL data types, their names and their precedence.
//!
//! A [`SqlType`] is a type with its precision, scale or length; a [`Kind`] is the bare type,
//! ordered by data type precedence. Which type an operator yields is in `types/result.rs`, which
//! conversions exist in `types/conversion.rs`. Nothing here looks at a value.
//!
//! Source: T-SQL reference, "Data types" and "Data type precedence".

mod conversion;
mod measure;
mod name;
mod result;

pub use conversion::{Conversion, check_explicit, check_implicit, conversion};
pub use name::type_named;
pub use result::{
    ArithmeticOp, UnaryOp, arithmetic_type, common_type, common_type_of, comparison_type,
    literal_operand, unary_type,
};

use std::fmt;

/// The length of a character or binary type that may be `max`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Length {
    /// At most this many characters or bytes.
    N(u16),
    /// Up to 2 GB.
    Max,
}

/// A data type with its precision, scale or length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SqlType {
    /// `bit`.
    Bit,
    /// `tinyint`: 0 to 255.
    TinyInt,
    /// `smallint`: 16 bits.
    SmallInt,
    /// `int`: 32 bits.
    Int,
    /// `bigint`: 64 bits.
    BigInt,
    /// `decimal(precision, scale)`.
    Decimal {
        /// Digits in all, 1 to 38.
        precision: u8,
        /// Digits behind the point.
        scale: u8,
    },
    /// `numeric(precision, scale)`: `decimal` under the name that literals have.
    Numeric {
        /// Digits in all, 1 to 38.
        precision: u8,
        /// Digits behind the point.
        scale: u8,
    },
    /// `smallmoney`: 32 bits of ten-thousandths.
    SmallMoney,
    /// `money`: 64 bits of ten-thousandths.
    Money,
    /// `real`, also `float(1)` to `float(24)`.
    Real,
    /// `float`, also `float(25)` to `float(53)`.
    Float,
    /// `date`.
    Date,
    /// `time(n)`: n digits of a second.
    Time(u8),
    /// `smalldatetime`: minutes.
    SmallDateTime,
    /// `datetime`: 1/300 of a second.
    DateTime,
    /// `datetime2(n)`.
    DateTime2(u8),
    /// `datetimeoffset(n)`.
    DateTimeOffset(u8),
    /// `char(n)`.
    Char(u16),
    /// `varchar(n)`.
    VarChar(Length),
    /// `text`.
    Text,
    /// `nchar(n)`.
    NChar(u16),
    /// `nvarchar(n)`.
    NVarChar(Length),
    /// `ntext`.
    NText,
    /// `binary(n)`.
    Binary(u16),
    /// `varbinary(n)`.
    VarBinary(Length),
    /// `image`.
    Image,
    /// `rowversion`, also called `timestamp`.
    RowVersion,
    /// `uniqueidentifier`.
    UniqueIdentifier,
    /// `sql_variant`.
    SqlVariant,
    /// `xml`.
    Xml,
}

/// A data type without its sizes, in order of precedence: the greater kind wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is the SqlType of its name")]
pub enum Kind {
    Binary,
    VarBinary,
    Char,
    VarChar,
    NChar,
    NVarChar,
    UniqueIdentifier,
    RowVersion,
    Image,
    Text,
    NText,
    Bit,
    TinyInt,
    SmallInt,
    Int,
    BigInt,
    SmallMoney,
    Money,
    Decimal,
    Numeric,
    Real,
    Float,
    Time,
    Date,
    SmallDateTime,
    DateTime,
    DateTime2,
    DateTimeOffset,
    Xml,
    SqlVariant,
}

impl Kind {
    /// The name that T-SQL and its messages use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Binary => "binary",
            Self::VarBinary => "varbinary",
            Self::Char => "char",
            Self::VarChar => "varchar",
            Self::NChar => "nchar",
            Self::NVarChar => "nvarchar",
            Self::UniqueIdentifier => "uniqueidentifier",
            Self::RowVersion => "timestamp",
            Self::Image => "image",
            Self::Text => "text",
            Self::NText => "ntext",
            Self::Bit => "bit",
            Self::TinyInt => "tinyint",
            Self::SmallInt => "smallint",
            Self::Int => "int",
            Self::BigInt => "bigint",
            Self::SmallMoney => "smallmoney",
            Self::Money => "money",
            Self::Decimal => "decimal",
            Self::Numeric => "numeric",
            Self::Real => "real",
            Self::Float => "float",
            Self::Time => "time",
            Self::Date => "date",
            Self::SmallDateTime => "smalldatetime",
            Self::DateTime => "datetime",
            Self::DateTime2 => "datetime2",
            Self::DateTimeOffset => "datetimeoffset",
            Self::Xml => "xml",
            Self::SqlVariant => "sql_variant",
        }
    }

    /// `char`, `varchar`, `nchar` or `nvarchar`.
    pub const fn is_character(self) -> bool {
        matches!(self, Self::Char | Self::VarChar | Self::NChar | Self::NVarChar)
    }

    /// A kind of two-byte characters.
    pub const fn is_unicode(self) -> bool {
        matches!(self, Self::NChar | Self::NVarChar | Self::NText)
    }

    /// `text`, `ntext` or `image`.
    pub const fn is_legacy_large(self) -> bool {
        matches!(self, Self::Text | Self::NText | Self::Image)
    }

    /// `binary`, `varbinary` or `rowversion`.
    pub const fn is_binary(self) -> bool {
        matches!(self, Self::Binary | Self::VarBinary | Self::RowVersion)
    }

    /// `bit`, or one of the four sizes of integer.
    pub const fn is_integer(self) -> bool {
        matches!(self, Self::Bit | Self::TinyInt | Self::SmallInt | Self::Int | Self::BigInt)
    }

    /// `decimal` or `numeric`.
    pub const fn is_decimal(self) -> bool {
        matches!(self, Self::Decimal | Self::Numeric)
    }

    /// `money` or `smallmoney`.
    pub const fn is_money(self) -> bool {
        matches!(self, Self::Money | Self::SmallMoney)
    }

    /// `real` or `float`.
    pub const fn is_approximate(self) -> bool {
        matches!(self, Self::Real | Self::Float)
    }

    /// Any number, `bit` included.
    pub const fn is_number(self) -> bool {
        self.is_integer() || self.is_decimal() || self.is_money() || self.is_approximate()
    }

    /// Any date or time.
    pub const fn is_date_time(self) -> bool {
        self.is_old_date_time() || self.is_new_date_time()
    }

    /// `datetime` or `smalldatetime`: the two that convert to and from numbers.
    pub const fn is_old_date_time(self) -> bool {
        matches!(self, Self::SmallDateTime | Self::DateTime)
    }

    /// `date`, `time`, `datetime2` or `datetimeoffset`.
    pub const fn is_new_date_time(self) -> bool {
        matches!(self, Self::Date | Self::Time | Self::DateTime2 | Self::DateTimeOffset)
    }
}

impl SqlType {
    /// `nvarchar(128)`, the type of names.
    pub const SYSNAME: Self = Self::NVarChar(Length::N(128));
    /// `nvarchar(max)`.
    pub const NVARCHAR_MAX: Self = Self::NVarChar(Length::Max);
    /// `varchar(max)`.
    pub const VARCHAR_MAX: Self = Self::VarChar(Length::Max);
    /// `varbinary(max)`.
    pub const VARBINARY_MAX: Self = Self::VarBinary(Length::Max);

    /// The type without its sizes.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Bit => Kind::Bit,
            Self::TinyInt => Kind::TinyInt,
            Self::SmallInt => Kind::SmallInt,
            Self::Int => Kind::Int,
            Self::BigInt => Kind::BigInt,
            Self::Decimal { .. } => Kind::Decimal,
            Self::Numeric { .. } => Kind::Numeric,
            Self::SmallMoney => Kind::SmallMoney,
            Self::Money => Kind::Money,
            Self::Real => Kind::Real,
            Self::Float => Kind::Float,
            Self::Date => Kind::Date,
            Self::Time(_) => Kind::Time,
            Self::SmallDateTime => Kind::SmallDateTime,
            Self::DateTime => Kind::DateTime,
            Self::DateTime2(_) => Kind::DateTime2,
            Self::DateTimeOffset(_) => Kind::DateTimeOffset,
            Self::Char(_) => Kind::Char,
            Self::VarChar(_) => Kind::VarChar,
            Self::Text => Kind::Text,
            Self::NChar(_) => Kind::NChar,
            Self::NVarChar(_) => Kind::NVarChar,
            Self::NText => Kind::NText,
            Self::Binary(_) => Kind::Binary,
            Self::VarBinary(_) => Kind::VarBinary,
            Self::Image => Kind::Image,
            Self::RowVersion => Kind::RowVersion,
            Self::UniqueIdentifier => Kind::UniqueIdentifier,
            Self::SqlVariant => Kind::SqlVariant,
            Self::Xml => Kind::Xml,
        }
    }

    /// The name that messages use, without sizes.
    pub const fn name(&self) -> &'static str {
        self.kind().name()
    }

    /// Digits in all and behind the point, of any exact number; `None` for other types.
    ///
    /// An integer counts as the decimal that holds its whole range.
    pub const fn precision_and_scale(&self) -> Option<(u8, u8)> {
        if let Self::Decimal { precision, scale } | Self::Numeric { precision, scale } = self {
            return Some((*precision, *scale));
        }
        match self.kind().digits() {
            0 => None,
            digits if self.kind().is_money() => Some((digits, 4)),
            digits => Some((digits, 0)),
        }
    }

    /// The same decimal type with other digits; any other type stays itself.
    #[must_use]
    pub const fn with_digits(self, precision: u8, scale: u8) -> Self {
        if matches!(self, Self::Decimal { .. }) {
            return Self::Decimal { precision, scale };
        }
        if matches!(self, Self::Numeric { .. }) {
            return Self::Numeric { precision, scale };
        }
        self
    }

    /// The same type with other digits of a second; a type without them stays itself.
    #[must_use]
    pub const fn with_seconds(self, scale: u8) -> Self {
        if matches!(self, Self::Time(_)) {
            return Self::Time(scale);
        }
        if matches!(self, Self::DateTime2(_)) {
            return Self::DateTime2(scale);
        }
        if matches!(self, Self::DateTimeOffset(_)) { Self::DateTimeOffset(scale) } else { self }
    }

    /// Digits of a second, of the types that have them.
    pub const fn seconds_scale(&self) -> Option<u8> {
        if let Self::Time(scale) | Self::DateTime2(scale) | Self::DateTimeOffset(scale) = self {
            return Some(*scale);
        }
        None
    }

    /// How many characters or bytes the type holds; `None` for types without a length.
    pub const fn length(&self) -> Option<Length> {
        if let Self::VarChar(length) | Self::NVarChar(length) | Self::VarBinary(length) = self {
            return Some(*length);
        }
        if let Self::Char(n) | Self::NChar(n) | Self::Binary(n) = self {
            return Some(Length::N(*n));
        }
        match self.kind().is_legacy_large() {
            true => Some(Length::Max),
            false => None,
        }
    }

    /// Whether values are padded to the length: `char`, `nchar` and `binary`.
    pub const fn is_fixed_length(&self) -> bool {
        matches!(self, Self::Char(_) | Self::NChar(_) | Self::Binary(_))
    }

    /// Whether it is a `(max)` type.
    pub const fn is_max(&self) -> bool {
        matches!(
            self,
            Self::VarChar(Length::Max) | Self::NVarChar(Length::Max) | Self::VarBinary(Length::Max)
        )
    }

    /// How many characters a value takes at most as text; `None` when unlimited.
    ///
    /// These are the lengths that concatenation and CONCAT count an argument with.
    pub const fn display_length(&self) -> Option<u16> {
        if let Self::Decimal { precision, .. } | Self::Numeric { precision, .. } = self {
            return Some(*precision as u16 + 3);
        }
        if let Some(scale) = self.seconds_scale() {
            return Some(
                self.kind().display_base() + if scale == 0 { 0 } else { scale as u16 + 1 },
            );
        }
        match self.length() {
            Some(Length::N(n)) => Some(n),
            Some(Length::Max) => None,
            None => match self.kind() as u8 == Kind::Xml as u8 {
                true => None,
                false => Some(self.kind().display_base()),
            },
        }
    }
}

impl Kind {
    /// Digits of an integer or money as a decimal; 0 for other kinds.
    const fn digits(self) -> u8 {
        if matches!(self, Self::Bit) {
            return 1;
        }
        if matches!(self, Self::TinyInt) {
            return 3;
        }
        if matches!(self, Self::SmallInt) {
            return 5;
        }
        if matches!(self, Self::Int | Self::SmallMoney) {
            return 10;
        }
        if matches!(self, Self::BigInt | Self::Money) {
            return 19;
        }
        0
    }

    /// Characters that a value takes at most as text, without digits of a second.
    const fn display_base(self) -> u16 {
        let digits = self.digits() as u16;
        if self.is_integer() {
            return if digits < 4 { digits } else { digits + 1 };
        }
        if self.is_money() {
            return digits + 3;
        }
        if self.is_approximate() {
            return 53;
        }
        if matches!(self, Self::UniqueIdentifier) {
            return 36;
        }
        if matches!(self, Self::Date) {
            return 10;
        }
        if matches!(self, Self::Time) {
            return 8;
        }
        if matches!(self, Self::DateTimeOffset) {
            return 26;
        }
        if matches!(self, Self::RowVersion) {
            return 8;
        }
        if matches!(self, Self::SqlVariant) {
            return 8000;
        }
        19
    }
}

/// As T-SQL writes it: `decimal(9,2)`, `nvarchar(max)`, `datetime2(7)`.
impl fmt::Display for SqlType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        if let Self::Decimal { precision, scale } | Self::Numeric { precision, scale } = self {
            return write!(f, "({precision},{scale})");
        }
        if let Some(scale) = self.seconds_scale() {
            return write!(f, "({scale})");
        }
        match self.length() {
            Some(Length::N(n)) => write!(f, "({n})"),
            Some(Length::Max) if self.is_max() => f.write_str("(max)"),
            Some(Length::Max) | None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
