//! Values as TDS carries them. No arithmetic, no conversion: that is T-SQL's.

use uuid::Uuid;

use super::type_info::TypeInfo;

/// Units of 100 ns in a day: a time of day is less.
pub const TICKS_PER_DAY: u64 = 864_000_000_000;

/// A value.
#[derive(Clone, PartialEq)]
pub enum Value {
    /// NULL of any type.
    Null,
    /// `bit`.
    Bit(bool),
    /// `tinyint`.
    TinyInt(u8),
    /// `smallint`.
    SmallInt(i16),
    /// `int`.
    Int(i32),
    /// `bigint`.
    BigInt(i64),
    /// `real`.
    Real(f32),
    /// `float`.
    Float(f64),
    /// `decimal` and `numeric`.
    Decimal(Decimal),
    /// `money` and `smallmoney`, in ten-thousandths.
    Money(i64),
    /// `datetime`.
    DateTime(DateTime),
    /// `smalldatetime`.
    SmallDateTime(SmallDateTime),
    /// `date`: days since 0001-01-01.
    Date(u32),
    /// `time`: units of 100 ns since midnight.
    Time(u64),
    /// `datetime2`.
    DateTime2 {
        /// Days since 0001-01-01.
        days: u32,
        /// Units of 100 ns since midnight.
        ticks: u64,
    },
    /// `datetimeoffset`.
    DateTimeOffset {
        /// Days since 0001-01-01, in UTC.
        days: u32,
        /// Units of 100 ns since midnight, in UTC.
        ticks: u64,
        /// Minutes that local time is ahead of UTC, −840 to 840.
        offset_minutes: i16,
    },
    /// `uniqueidentifier`.
    Guid(Uuid),
    /// `char`, `varchar`, `text`, `nchar`, `nvarchar`, `ntext` and `xml`.
    String(String),
    /// `binary`, `varbinary` and `image`.
    Binary(Vec<u8>),
    /// `sql_variant` that is not NULL.
    Variant(Box<Variant>),
}

/// A value that carries its own type.
#[derive(Clone, Debug, PartialEq)]
pub struct Variant {
    /// The type inside: a fixed-length type, or one of [MS-TDS] 2.2.5.5.4.
    pub base: TypeInfo,
    /// The value inside. Never NULL: that is [`Value::Null`] outside.
    pub value: Value,
}

/// A decimal number: ± magnitude ÷ 10^scale.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Decimal {
    negative: bool,
    scale: u8,
    /// In halves, so that a [`Value`] stays small.
    magnitude: [u64; 2],
}

impl Decimal {
    /// The largest magnitude: 38 digits.
    pub const LARGEST: u128 = 10u128.pow(38) - 1;

    /// A number, or `None` if it has over 38 digits or a scale over 38.
    pub fn new(negative: bool, magnitude: u128, scale: u8) -> Option<Decimal> {
        let fits = magnitude <= Decimal::LARGEST && scale <= 38;
        let halves = [(magnitude >> 64) as u64, magnitude as u64];
        fits.then_some(Decimal { negative: negative && magnitude != 0, scale, magnitude: halves })
    }

    /// Whether it is below zero.
    pub fn is_negative(self) -> bool {
        self.negative
    }

    /// The digits, without sign and point.
    pub fn magnitude(self) -> u128 {
        (u128::from(self.magnitude[0]) << 64) | u128::from(self.magnitude[1])
    }

    /// How many digits are behind the point.
    pub fn scale(self) -> u8 {
        self.scale
    }
}

/// Shows the number as T-SQL writes it.
impl std::fmt::Debug for Decimal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scale = usize::from(self.scale);
        let digits = format!("{:0>width$}", self.magnitude(), width = scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        let (sign, point) =
            (if self.negative { "-" } else { "" }, if scale > 0 { "." } else { "" });
        write!(f, "{sign}{whole}{point}{fraction}")
    }
}

/// `datetime`: [MS-TDS] 2.2.5.5.1.8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DateTime {
    /// Days since 1900-01-01; from −53690 (1753) to 2958463 (9999).
    pub days: i32,
    /// Three-hundredths of a second since midnight.
    pub ticks: u32,
}

/// `smalldatetime`: [MS-TDS] 2.2.5.5.1.8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SmallDateTime {
    /// Days since 1900-01-01.
    pub days: u16,
    /// Minutes since midnight.
    pub minutes: u16,
}

impl Value {
    /// What it is, for messages.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Null => "NULL",
            Value::Bit(_) => "bit",
            Value::TinyInt(_) => "tinyint",
            Value::SmallInt(_) => "smallint",
            Value::Int(_) => "int",
            Value::BigInt(_) => "bigint",
            Value::Real(_) => "real",
            Value::Float(_) => "float",
            Value::Decimal(_) => "decimal",
            Value::Money(_) => "money",
            Value::DateTime(_) => "datetime",
            Value::SmallDateTime(_) => "smalldatetime",
            Value::Date(_) => "date",
            Value::Time(_) => "time",
            Value::DateTime2 { .. } => "datetime2",
            Value::DateTimeOffset { .. } => "datetimeoffset",
            Value::Guid(_) => "uniqueidentifier",
            Value::String(_) => "nvarchar",
            Value::Binary(_) => "varbinary",
            Value::Variant(_) => "sql_variant",
        }
    }
}

/// Text and binary are shown by their length alone, because parameters carry passwords and keys.
impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Value::Null => f.write_str("NULL"),
            Value::Bit(value) => write!(f, "bit {}", u8::from(*value)),
            Value::TinyInt(value) => write!(f, "tinyint {value}"),
            Value::SmallInt(value) => write!(f, "smallint {value}"),
            Value::Int(value) => write!(f, "int {value}"),
            Value::BigInt(value) => write!(f, "bigint {value}"),
            Value::Real(value) => write!(f, "real {value}"),
            Value::Float(value) => write!(f, "float {value}"),
            Value::Decimal(value) => write!(f, "decimal {value:?}"),
            Value::Money(value) => write!(f, "money {value}/10000"),
            Value::DateTime(value) => write!(f, "datetime {}d+{}/300s", value.days, value.ticks),
            Value::SmallDateTime(value) => {
                write!(f, "smalldatetime {}d+{}min", value.days, value.minutes)
            }
            Value::Date(days) => write!(f, "date {days}d"),
            Value::Time(ticks) => write!(f, "time {ticks}x100ns"),
            Value::DateTime2 { days, ticks } => write!(f, "datetime2 {days}d+{ticks}x100ns"),
            Value::DateTimeOffset { days, ticks, offset_minutes } => {
                write!(f, "datetimeoffset {days}d+{ticks}x100ns{offset_minutes:+}min")
            }
            Value::Guid(value) => write!(f, "uniqueidentifier {value}"),
            Value::String(text) => write!(f, "text of {} bytes", text.len()),
            Value::Binary(bytes) => write!(f, "binary of {} bytes", bytes.len()),
            Value::Variant(variant) => write!(f, "sql_variant {:?}", variant.value),
        }
    }
}
