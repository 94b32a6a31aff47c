//! Values that go into statements and come out of rows.

use std::borrow::Cow;

use model::{
    AgentId, Attempt, ExecutionId, Fence, FolderId, ObjectType, OperationId, OperationStatus,
    OperationType, PermissionType, ProjectId, SecurableType, TaskId, Timestamp,
};
use uuid::Uuid;

use crate::error::CatalogError;

/// A value given to a statement.
#[derive(Clone, PartialEq)]
pub enum Param<'a> {
    /// NULL.
    Null,
    /// Any whole number, truth value, time or numeric id.
    Int(i64),
    /// A floating-point number.
    Real(f64),
    /// Text.
    Text(Cow<'a, str>),
    /// Bytes.
    Blob(Cow<'a, [u8]>),
}

impl Param<'_> {
    /// The same value, of its own.
    pub(crate) fn to_static(&self) -> Param<'static> {
        match self {
            Self::Null => Param::Null,
            Self::Int(number) => Param::Int(*number),
            Self::Real(number) => Param::Real(*number),
            Self::Text(text) => Param::Text(Cow::Owned(text.clone().into_owned())),
            Self::Blob(bytes) => Param::Blob(Cow::Owned(bytes.clone().into_owned())),
        }
    }
}

/// A value of a row.
#[derive(Clone, PartialEq)]
pub enum Cell {
    /// NULL.
    Null,
    /// Any whole number, truth value, time or numeric id.
    Int(i64),
    /// A floating-point number.
    Real(f64),
    /// Text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

/// One row of a result.
#[derive(Clone, PartialEq)]
pub struct Row(Vec<Cell>);

impl Row {
    /// A row of these cells.
    pub fn new(cells: Vec<Cell>) -> Self {
        Self(cells)
    }

    /// The cells, in the order of the statement.
    pub fn cells(&self) -> &[Cell] {
        &self.0
    }

    /// The cells, in the order of the statement.
    pub fn into_cells(self) -> Vec<Cell> {
        self.0
    }

    /// The cell in `column`, counted from 0, as the type wanted.
    pub fn get<T: FromCell>(&self, column: usize) -> Result<T, CatalogError> {
        let found = self.0.get(column).and_then(T::from_cell);
        found.ok_or(CatalogError::UnexpectedCell { column, expected: T::EXPECTED })
    }
}

/// A type that can be read from a row.
pub trait FromCell: Sized {
    /// What it is called in an error.
    const EXPECTED: &'static str;

    /// The value, when the cell holds one of this type.
    fn from_cell(cell: &Cell) -> Option<Self>;
}

impl<T: FromCell> FromCell for Option<T> {
    const EXPECTED: &'static str = T::EXPECTED;

    fn from_cell(cell: &Cell) -> Option<Self> {
        match cell {
            Cell::Null => Some(None),
            Cell::Int(_) | Cell::Real(_) | Cell::Text(_) | Cell::Blob(_) => {
                T::from_cell(cell).map(Some)
            }
        }
    }
}

impl FromCell for i64 {
    const EXPECTED: &'static str = "a whole number";

    fn from_cell(cell: &Cell) -> Option<Self> {
        if let Cell::Int(number) = cell { Some(*number) } else { None }
    }
}

impl FromCell for f64 {
    const EXPECTED: &'static str = "a number";

    fn from_cell(cell: &Cell) -> Option<Self> {
        if let Cell::Real(number) = cell { Some(*number) } else { None }
    }
}

impl FromCell for bool {
    const EXPECTED: &'static str = "0 or 1";

    fn from_cell(cell: &Cell) -> Option<Self> {
        match i64::from_cell(cell)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

impl FromCell for String {
    const EXPECTED: &'static str = "text";

    fn from_cell(cell: &Cell) -> Option<Self> {
        if let Cell::Text(text) = cell { Some(text.clone()) } else { None }
    }
}

impl FromCell for Vec<u8> {
    const EXPECTED: &'static str = "bytes";

    fn from_cell(cell: &Cell) -> Option<Self> {
        if let Cell::Blob(bytes) = cell { Some(bytes.clone()) } else { None }
    }
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl FromCell for $number {
            const EXPECTED: &'static str = "a whole number in range";

            fn from_cell(cell: &Cell) -> Option<Self> {
                i64::from_cell(cell)?.try_into().ok()
            }
        }
    )*};
}
numbers!(i16, i32, u32, u64);

macro_rules! number_ids {
    ($($id:ident($inner:ty)),*) => {$(
        impl FromCell for $id {
            const EXPECTED: &'static str = "an id";

            fn from_cell(cell: &Cell) -> Option<Self> {
                <$inner>::from_cell(cell).map($id)
            }
        }
    )*};
}
number_ids!(
    OperationId(i64),
    ExecutionId(i64),
    FolderId(i64),
    ProjectId(i64),
    Timestamp(i64),
    Attempt(u32),
    Fence(u64)
);

macro_rules! guid_ids {
    ($($id:ident),*) => {$(
        impl FromCell for $id {
            const EXPECTED: &'static str = "a GUID";

            fn from_cell(cell: &Cell) -> Option<Self> {
                if let Cell::Text(text) = cell { text.parse().ok() } else { None }
            }
        }

        impl From<$id> for Param<'_> {
            fn from(id: $id) -> Self {
                Self::from(id.0)
            }
        }
    )*};
}
guid_ids!(TaskId, AgentId);

macro_rules! codes {
    ($($code:ident),*) => {$(
        impl FromCell for $code {
            const EXPECTED: &'static str = "a documented code";

            fn from_cell(cell: &Cell) -> Option<Self> {
                i32::from_cell(cell)?.try_into().ok()
            }
        }

        impl From<$code> for Param<'_> {
            fn from(code: $code) -> Self {
                Self::Int(i64::from(code.number()))
            }
        }
    )*};
}
codes!(OperationStatus, OperationType, ObjectType, SecurableType, PermissionType);

macro_rules! int_params {
    ($($number:ty),*) => {$(
        impl From<$number> for Param<'_> {
            fn from(number: $number) -> Self {
                Self::Int(i64::from(number))
            }
        }
    )*};
}
int_params!(i64, i32, i16, u32, bool);

macro_rules! id_params {
    ($($id:ident),*) => {$(
        impl From<$id> for Param<'_> {
            fn from(id: $id) -> Self {
                Self::Int(i64::from(id.0))
            }
        }
    )*};
}
id_params!(OperationId, ExecutionId, FolderId, ProjectId, Timestamp, Attempt);

/// Numbers beyond what a database holds do not occur: they count changes and messages.
impl From<u64> for Param<'_> {
    fn from(number: u64) -> Self {
        Self::Int(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<Fence> for Param<'_> {
    fn from(fence: Fence) -> Self {
        Self::from(fence.0)
    }
}

impl From<Uuid> for Param<'_> {
    fn from(guid: Uuid) -> Self {
        Self::Text(Cow::Owned(guid.as_hyphenated().to_string()))
    }
}

impl<'a> From<&'a str> for Param<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl<'a> From<&'a String> for Param<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Param<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl<'a> From<&'a [u8]> for Param<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Blob(Cow::Borrowed(bytes))
    }
}

impl<'a> From<&'a Vec<u8>> for Param<'a> {
    fn from(bytes: &'a Vec<u8>) -> Self {
        Self::Blob(Cow::Borrowed(bytes))
    }
}

impl From<Vec<u8>> for Param<'_> {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Blob(Cow::Owned(bytes))
    }
}

impl<'a, T: Into<Param<'a>>> From<Option<T>> for Param<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// The parameters of a statement, converted from what they are.
macro_rules! params {
    ($($value:expr),* $(,)?) => { [$($crate::store::Param::from($value)),*] };
}
pub(crate) use params;
