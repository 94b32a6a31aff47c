//! Statements that changed something, kept so that they can be made again.

use super::{NewRow, Param};

/// A statement that changed something, with what it was given and how much it did.
#[derive(Clone, PartialEq)]
pub struct Change {
    /// The statement, in the words of all stores.
    pub sql: String,
    /// Its parameters.
    pub params: Vec<Param<'static>>,
    /// Whether it ends in `RETURNING`.
    pub returns_rows: bool,
    /// How many rows it changed; `None` where that was not counted.
    pub n_rows: Option<u64>,
}

impl Change {
    /// A statement that ran.
    pub(crate) fn new(sql: &str, params: &[Param<'_>], n_rows: Option<u64>) -> Self {
        let params = params.iter().map(Param::to_static).collect();
        Self { sql: sql.to_owned(), params, returns_rows: false, n_rows }
    }

    /// How much its parameters hold.
    pub(crate) fn n_bytes(&self) -> usize {
        let of = |param: &Param<'_>| match param {
            Param::Null | Param::Int(_) | Param::Real(_) => size_of::<i64>(),
            Param::Text(text) => text.len(),
            Param::Blob(bytes) => bytes.len(),
        };
        self.params.iter().map(of).sum()
    }

    /// A row that was inserted, under the id that it got.
    pub(crate) fn of_row(row: &NewRow<'_>, id: i64) -> Self {
        let row = NewRow { id: Some(id), ..*row };
        let mut change = Self::new(&row.statement(), row.params, Some(1));
        change.params.push(Param::Int(id));
        Self { returns_rows: true, ..change }
    }
}
