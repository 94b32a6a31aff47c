//! The views of the schema `catalog`, and the few of `internal` that the documentation tells
//! people to query: their columns, and their rows as a caller may see them.
//!
//! A [`View`] is data: names, types and order of its columns as documented, and the statement
//! below them. [`rows`] adds who may see what, the conditions and the order, so that neither can
//! be forgotten by whoever asks.
//!
//! Source: the page of each view.

mod execution_data;
mod internal;
mod objects;
mod operations;
mod query;
mod scale_out;

pub use query::{Compare, Condition, ViewQuery, rows};

/// Every view.
pub const VIEWS: &[&[View]] =
    &[objects::VIEWS, operations::VIEWS, execution_data::VIEWS, scale_out::VIEWS, internal::VIEWS];

/// The view with this name, in any case.
pub fn view_named(schema: &str, name: &str) -> Option<&'static View> {
    let same = |view: &&View| {
        view.schema.eq_ignore_ascii_case(schema) && view.name.eq_ignore_ascii_case(name)
    };
    VIEWS.iter().flat_map(|group| group.iter()).find(same)
}

/// A view.
pub struct View {
    /// `catalog` or `internal`.
    pub schema: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Its columns, in the documented order.
    pub columns: &'static [ViewColumn],
    /// Which columns identify a row, and order the rows that come in pages.
    pub key: &'static [usize],
    /// What stands behind `FROM`.
    from: &'static str,
    /// What stands behind `WHERE`, besides who may see what; empty for nothing.
    only: &'static str,
    /// Who sees which rows.
    visible: Visible,
}

/// A column of a [`View`].
pub struct ViewColumn {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub kind: ColumnKind,
    /// Whether it can be NULL.
    pub nullable: bool,
    /// What stands behind `SELECT`.
    sql: &'static str,
}

impl ViewColumn {
    const fn new(name: &'static str, kind: ColumnKind, sql: &'static str) -> Self {
        Self { name, kind, nullable: true, sql }
    }

    const fn not_null(self) -> Self {
        Self { nullable: false, ..self }
    }
}

/// The type of a column, and what its cell holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// `bigint`: a whole number.
    BigInt,
    /// `int`.
    Int,
    /// `smallint`.
    SmallInt,
    /// `bit`: 0 or 1.
    Bit,
    /// `datetimeoffset(7)`: microseconds UTC since 1970.
    Time,
    /// `uniqueidentifier`: text of 36 characters.
    Guid,
    /// `varbinary(n)`.
    Bytes(u16),
    /// `nvarchar(n)`.
    Text(u16),
    /// `nvarchar(max)`.
    LongText,
    /// `char(1)`.
    Char,
    /// `sql_variant`: text, as a value of the data type (`Int32`, ...) in the cell behind it. This
    /// column has two cells.
    Variant(&'static str),
}

impl ColumnKind {
    /// How many cells of a row belong to the column.
    pub const fn cells(self) -> usize {
        if matches!(self, Self::Variant(_)) { 2 } else { 1 }
    }

    /// Whether the store compares and orders the column as T-SQL does. Text it does not: the
    /// collation is T-SQL's.
    pub const fn is_comparable(self) -> bool {
        matches!(
            self,
            Self::BigInt | Self::Int | Self::SmallInt | Self::Bit | Self::Time | Self::Guid
        )
    }

    /// Whether the store's order of the column is that of T-SQL; that of GUIDs is not.
    pub const fn is_ordered(self) -> bool {
        self.is_comparable() && !matches!(self, Self::Guid)
    }
}

/// Who sees which rows of a view. The text is the column with the object's id.
enum Visible {
    /// Everybody sees all.
    All,
    /// Members of `ssis_admin` and `sysadmin` see all, others nothing.
    Admins,
    /// Those of [`Visible::Admins`], and `ssis_cluster_executor`.
    Executors,
    /// Who may READ the folder.
    Folder(&'static str),
    /// Who may READ the project, and members of `ssis_logreader`.
    Project(&'static str),
    /// Who may READ the project.
    ProjectDetail(&'static str),
    /// Who may READ the environment.
    Environment(&'static str),
    /// Who may READ the operation.
    Operation(&'static str),
}
