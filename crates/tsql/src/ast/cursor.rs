//! Cursors.

use super::{Expr, Ident, Query};

/// A cursor that exists: by name, or in a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CursorRef {
    /// By name.
    Name {
        /// The name.
        name: Ident,
        /// Whether `GLOBAL` was said.
        global: bool,
    },
    /// In a variable, with its sign.
    Variable(String),
}

/// `CURSOR options FOR query [FOR UPDATE ...]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CursorDefinition {
    /// The options, in the order they were said.
    pub options: Vec<CursorOption>,
    /// The rows.
    pub query: Query,
    /// What may be changed through it.
    pub update: Option<CursorUpdate>,
}

/// What may be changed through a cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CursorUpdate {
    /// `FOR READ ONLY`.
    ReadOnly,
    /// `FOR UPDATE [OF columns]`; empty for all.
    Columns(Vec<Ident>),
}

/// An option of a cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the words of the language")]
pub enum CursorOption {
    Local,
    Global,
    ForwardOnly,
    Scroll,
    Static,
    Keyset,
    Dynamic,
    FastForward,
    ReadOnly,
    ScrollLocks,
    Optimistic,
    TypeWarning,
    /// The older form, which stands before `CURSOR`.
    Insensitive,
}

/// `FETCH direction FROM cursor INTO variables`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetch {
    /// Which row.
    pub direction: FetchDirection,
    /// Of which cursor.
    pub cursor: CursorRef,
    /// Where its values go; empty to send them to the client.
    pub into: Vec<String>,
}

/// Which row of a cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FetchDirection {
    /// `NEXT`.
    Next,
    /// `PRIOR`.
    Prior,
    /// `FIRST`.
    First,
    /// `LAST`.
    Last,
    /// `ABSOLUTE n`.
    Absolute(Expr),
    /// `RELATIVE n`.
    Relative(Expr),
}
