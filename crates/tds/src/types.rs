//! The types of T-SQL and their values, as TDS carries them.
//!
//! Source: [MS-TDS] 2.2.5.4 (types), 2.2.5.5 (values), 2.2.5.6 (TYPE_INFO).
//!
//! Read `type_info.rs` first, then `value.rs`, then `codec.rs`.

mod calendar;
mod codec;
mod collation;
mod down_level;
mod numeric;
mod plp;
mod table;
mod temporal;
mod text;
mod type_info;
mod value;
mod variant;

pub(crate) use codec::decode;
pub use codec::{Place, decode_value, encode_value};
pub use collation::{CodePage, Collation};
pub use down_level::{down_level_type, down_level_value};
pub(crate) use table::CELLS_MAX;
pub use table::{TableColumn, TableOrder, TableType, TableUniqueness, TableValue};
pub(crate) use type_info::type_byte_of_table;
pub use type_info::{TypeInfo, VarLength, XmlSchema};
pub use value::{DateTime, Decimal, SmallDateTime, TICKS_PER_DAY, Value, Variant};

#[cfg(test)]
mod tests;
