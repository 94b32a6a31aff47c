//! The format of a cache that lookups share.

use model::{DataType, Span};

/// The format of a cache that lookups share.
#[derive(Clone, Debug, Default)]
pub struct CacheFormat {
    /// Whether the cache is kept in the file that the connection string names.
    pub use_file: bool,
    /// Its columns.
    pub columns: Vec<CacheColumn>,
}

/// A column of a cache.
#[derive(Clone, Debug)]
pub struct CacheColumn {
    /// The column's name.
    pub name: String,
    /// `{GUID}`.
    pub id: String,
    /// Its type.
    pub data_type: DataType,
    /// Place in the key, from 1; 0 for a column that is not in the key.
    pub index_position: i32,
    /// Where it is in the document.
    pub span: Span,
}
